/** Reading X.509 certificates for screens and checks, and verifying what they signed. Chains are the hall's business. */
import * as asn1js from 'asn1js'
import * as pkijs from 'pkijs'
import { Failure } from '@/failure'
import { type Bytes } from './bytes'

/** The two kinds of keys of the suite INTL, and the one of GM. */
export type KeyKind = 'rsa' | 'ec' | 'sm2'

export interface CertificateInfo {
  /** Common name, else the organisation. */
  readonly name: string
  readonly organisation: string
  readonly issuer: string
  readonly serial: string
  readonly notBefore: number
  readonly notAfter: number
  readonly kind: KeyKind
}

const COMMON_NAME = '2.5.4.3'
const ORGANISATION = '2.5.4.10'
const RSA = '1.2.840.113549.1.1.1'
const EC = '1.2.840.10045.2.1'
const P256 = '1.2.840.10045.3.1.7'
const SM2 = '1.2.156.10197.1.301'

/** Parse DER. Throws Failure('damaged_certificate_file'). */
export function parseCertificate(der: Bytes): pkijs.Certificate {
  try {
    return pkijs.Certificate.fromBER(der)
  } catch {
    throw new Failure('damaged_certificate_file')
  }
}

/** The certificate's key, or Failure('unsupported_key') where it is neither RSA nor on P-256 or SM2's curve. */
export function keyKind(certificate: pkijs.Certificate): KeyKind {
  const { algorithmId, algorithmParams } = certificate.subjectPublicKeyInfo.algorithm
  if (algorithmId === RSA) return 'rsa'
  const curve = algorithmId === EC && algorithmParams instanceof asn1js.ObjectIdentifier ? algorithmParams.getValue() : ''
  if (curve === P256) return 'ec'
  if (curve === SM2) return 'sm2'
  throw new Failure('unsupported_key')
}

export function certificateInfo(der: Bytes): CertificateInfo {
  const certificate = parseCertificate(der)
  const organisation = attribute(certificate.subject, ORGANISATION)
  return {
    name: attribute(certificate.subject, COMMON_NAME) || organisation,
    organisation,
    issuer: attribute(certificate.issuer, COMMON_NAME) || attribute(certificate.issuer, ORGANISATION),
    serial: certificate.serialNumber.valueBlock.toString(),
    notBefore: certificate.notBefore.value.getTime(),
    notAfter: certificate.notAfter.value.getTime(),
    kind: keyKind(certificate),
  }
}

/** Check a raw signature (PKCS#1 v1.5 for RSA, r|s for P-256 and SM2) with the certificate's key. */
export async function verifySignature(der: Bytes, data: Bytes, signature: Bytes): Promise<boolean> {
  const certificate = parseCertificate(der)
  const spki = certificate.subjectPublicKeyInfo.toSchema().toBER(false)
  if (keyKind(certificate) === 'sm2') {
    const { gm, sm2Point } = await import('./gm')
    const point = sm2Point(new Uint8Array(spki))
    return point !== null && (await gm()).verify(point, data, signature)
  }
  if (keyKind(certificate) === 'rsa') {
    const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
    const key = await crypto.subtle.importKey('spki', spki, algorithm, false, ['verify'])
    return crypto.subtle.verify(algorithm, key, signature, data)
  }
  const key = await crypto.subtle.importKey('spki', spki, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['verify'])
  return crypto.subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, key, signature, data)
}

/** An attribute of a name by its object identifier, '' where it has none. */
export function attribute(name: pkijs.RelativeDistinguishedNames, type: string): string {
  const found = name.typesAndValues.find((item) => item.type === type)
  return found === undefined ? '' : String(found.value.valueBlock.value)
}
