/**
 * A pair of SM2 certificates with their keys from one PEM file, for rehearsals: both certificates, both keys as ENCRYPTED PRIVATE KEY
 * (PKCS#8 in PBES2, one password), issuers beside them. WebCrypto knows no SM2, so these keys lie readable in this window's memory; in
 * production they stay in a token.
 */
import * as asn1js from 'asn1js'
import type * as pkijs from 'pkijs'
import { Failure } from '@/failure'
import { contentKey } from './bidseal'
import { type Bytes, equal, fromBase64, fromHex, hex, sha256, utf8 } from './bytes'
import { certificateInfo, parseCertificate } from './certificate'
import { gm } from './gm'
import { pointOf, unwrapNational } from './gmcms'
import { lendByPort } from './holding'
import { type Identity } from './identity'

interface KeyPair {
  readonly secret: Bytes
  readonly point: Bytes
}

interface Held {
  readonly der: Bytes
  readonly certificate: pkijs.Certificate
  readonly key: KeyPair
}

const PBES2 = '1.2.840.113549.1.5.13'
const PBKDF2 = '1.2.840.113549.1.5.12'
const HMAC_SHA256 = '1.2.840.113549.2.9'
const AES256_CBC = '2.16.840.1.101.3.4.1.42'
const KEY_USAGE = '2.5.29.15'
/** PKCS#8 of an SM2 key has one form here: curve by name, key and point inside (RFC 5915). So it needs no parser. */
const HEAD = fromHex('308187020100301306072a8648ce3d020106082a811ccf5501822d046d306b0201010420')
const MIDDLE = fromHex('a14403420004')
const MOST_ROUNDS = 10_000_000

/** Open it. Codes: wrong_password, damaged_certificate_file, unsupported_key. */
export async function openPair(file: Bytes, password: string): Promise<Identity> {
  const national = await gm()
  const keys = await Promise.all(blocks(file, 'ENCRYPTED PRIVATE KEY').map((der) => decrypted(der, password)))
  const certificates = blocks(file, 'CERTIFICATE')
  const held = certificates.flatMap((der): Held[] => {
    const certificate = parseCertificate(der)
    const key = keys.find(({ point }) => equal(point, pointOf(certificate)))
    return key === undefined ? [] : [{ der, certificate, key }]
  })
  const signer = held.find(({ certificate }) => uses(certificate, 0b1000_0000))
  const other = held.find((one) => one !== signer && uses(one.certificate, 0b0011_1000) && signer?.certificate.subject.isEqual(one.certificate.subject))
  if (signer === undefined || other === undefined) throw new Failure('damaged_certificate_file')
  const probe = utf8('bidhall/1 key pair')
  for (const { key } of [signer, other]) {
    if (!national.verify(key.point, probe, national.sign(key.secret, key.point, probe))) throw new Failure('damaged_certificate_file')
  }
  const identity: Identity = {
    certificate: signer.der,
    fingerprint: hex(await sha256(signer.der)),
    chain: certificates.filter((der) => der !== signer.der && der !== other.der),
    info: certificateInfo(signer.der),
    recipient: { certificate: other.der, fingerprint: hex(await sha256(other.der)) },
    sign: (data) => Promise.resolve(national.sign(signer.key.secret, signer.key.point, data)),
    unwrap: async (header) => contentKey(header, await unwrapNational(header.envelope, other.der, other.key.secret)),
    openEntrusted: (envelope) => unwrapNational(envelope, other.der, other.key.secret),
    lend: () => lendByPort(identity),
  }
  return identity
}

function blocks(file: Bytes, name: string): Bytes[] {
  const text = new TextDecoder('latin1').decode(file)
  const pattern = new RegExp(`-----BEGIN ${name}-----([A-Za-z0-9+/=\\s]+)-----END ${name}-----`, 'g')
  try {
    return [...text.matchAll(pattern)].map((block) => fromBase64((block[1] ?? '').replace(/\s+/g, '')))
  } catch {
    throw new Failure('damaged_certificate_file')
  }
}

async function decrypted(der: Bytes, password: string): Promise<KeyPair> {
  const { salt, rounds, iv, sealed } = scheme(der)
  const secret = await crypto.subtle.importKey('raw', utf8(password), 'PBKDF2', false, ['deriveKey'])
  const how = { name: 'PBKDF2', hash: 'SHA-256', salt, iterations: rounds }
  const key = await crypto.subtle.deriveKey(how, secret, { name: 'AES-CBC', length: 256 }, false, ['decrypt'])
  const plain = await crypto.subtle.decrypt({ name: 'AES-CBC', iv }, key, sealed).catch(() => {
    throw new Failure('wrong_password')
  })
  const data = new Uint8Array(plain)
  const end = HEAD.length + 32
  if (!equal(data.slice(0, HEAD.length), HEAD) || !equal(data.slice(end, end + MIDDLE.length), MIDDLE)) throw new Failure('unsupported_key')
  return { secret: data.slice(HEAD.length, end), point: data.slice(end + MIDDLE.length) }
}

function scheme(der: Bytes): { salt: Bytes; rounds: number; iv: Bytes; sealed: Bytes } {
  const whole = asn1js.fromBER(der).result
  const at = (...path: number[]): unknown => path.reduce((item: unknown, index) => (item as asn1js.Constructed).valueBlock.value[index], whole)
  const named = (name: string, ...path: number[]): boolean => {
    const found = at(...path)
    return found instanceof asn1js.ObjectIdentifier && found.getValue() === name
  }
  const octets = (...path: number[]): Bytes => Uint8Array.from((at(...path) as asn1js.OctetString).valueBlock.valueHexView)
  try {
    const kdf = [0, 1, 0] as const
    const parameters = at(...kdf, 1) as asn1js.Sequence
    const last = parameters.valueBlock.value.length - 1
    const known = named(PBES2, 0, 0) && named(PBKDF2, ...kdf, 0) && named(HMAC_SHA256, ...kdf, 1, last, 0) && named(AES256_CBC, 0, 1, 1, 0)
    const rounds = (at(...kdf, 1, 1) as asn1js.Integer).valueBlock.valueDec
    if (!known || rounds < 1 || rounds > MOST_ROUNDS) throw new Failure('damaged_certificate_file')
    return { salt: octets(...kdf, 1, 0), rounds, iv: octets(0, 1, 1, 1), sealed: octets(1) }
  } catch {
    throw new Failure('damaged_certificate_file')
  }
}

/** Whether the first byte of the key usage has one of these bits; bit 0 (digitalSignature) is the highest. */
function uses(certificate: pkijs.Certificate, bits: number): boolean {
  const usage = certificate.extensions?.find((extension) => extension.extnID === KEY_USAGE)
  if (usage === undefined) return false
  const found = asn1js.fromBER(usage.extnValue.valueBlock.valueHexView).result
  return found instanceof asn1js.BitString && ((found.valueBlock.valueHexView[0] ?? 0) & bits) !== 0
}
