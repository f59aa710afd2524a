/** Whether a certificate leads to a root. Revocation is not looked at here. */
import * as pkijs from 'pkijs'
import { type Bytes, equal, hex } from '@/crypto/bytes'
import { parseCertificate, verifySignature } from '@/crypto/certificate'
import { sm2Point } from '@/crypto/gm'
import { rawOf } from './der'
import { sha256 } from './digest'

const DEEPEST = 6
const BASIC_CONSTRAINTS = '2.5.29.19'

interface Known {
  readonly der: Bytes
  readonly certificate: pkijs.Certificate
}

export class Chains {
  private readonly roots: readonly Known[]
  private readonly known: readonly Known[]
  private readonly issued = new Map<string, Promise<boolean>>()

  constructor(roots: readonly Bytes[], others: Iterable<Bytes>) {
    this.roots = readable(roots)
    this.known = [...this.roots, ...readable([...others])]
  }

  /** Whether the certificate was valid at `at` (ms UTC) and was issued, by authorities alone, under one of the roots. */
  async leadsToRoot(der: Bytes, at: number): Promise<boolean> {
    const [one] = readable([der])
    return one !== undefined && this.climbs(one, at, 0)
  }

  private async climbs(one: Known, at: number, depth: number): Promise<boolean> {
    const { notBefore, notAfter } = one.certificate
    if (at < notBefore.value.getTime() || at > notAfter.value.getTime() || depth > DEEPEST) return false
    if (this.roots.some((root) => equal(root.der, one.der))) return true
    for (const [place, issuer] of this.known.entries()) {
      if (equal(issuer.der, one.der) || !one.certificate.issuer.isEqual(issuer.certificate.subject)) continue
      if ((await this.isIssuer(one, issuer, place)) && (await this.climbs(issuer, at, depth + 1))) return true
    }
    return false
  }

  private isIssuer(one: Known, issuer: Known, place: number): Promise<boolean> {
    const key = `${String(place)} ${hex(sha256(one.der))}`
    const found = this.issued.get(key) ?? issues(one, issuer)
    this.issued.set(key, found)
    return found
  }
}

async function issues(one: Known, issuer: Known): Promise<boolean> {
  const constraints = issuer.certificate.extensions?.find((item) => item.extnID === BASIC_CONSTRAINTS)
  if (!(constraints?.parsedValue instanceof pkijs.BasicConstraints) || !constraints.parsedValue.cA) return false
  try {
    // The library knows no SM2: GB/T 32918 over the same bytes, the signature as two numbers.
    const national = sm2Point(new Uint8Array(issuer.certificate.subjectPublicKeyInfo.toSchema().toBER(false))) !== null
    if (!national) return await one.certificate.verify(issuer.certificate)
    const signature = rawOf(new Uint8Array(one.certificate.signatureValue.valueBlock.valueHexView), 32)
    return await verifySignature(issuer.der, new Uint8Array(one.certificate.tbsView), signature)
  } catch {
    return false
  }
}

function readable(ders: readonly Bytes[]): Known[] {
  return ders.flatMap((der) => {
    try {
      return [{ der, certificate: parseCertificate(der) }]
    } catch {
      return []
    }
  })
}
