/**
 * Envelope and detached signature of the suite GM: CMS with the object identifiers of GM/T 0010, each in its one encoding, as
 * `hall/signing/gm_cms.py` has them.
 */
import * as asn1js from 'asn1js'
import type * as pkijs from 'pkijs'
import { Failure } from '@/failure'
import { type Bytes, equal, random } from './bytes'
import { parseCertificate } from './certificate'
import { ecdsaToDer } from './cms'
import { gm, sm2Point } from './gm'
import { type Identity } from './identity'

const DATA = '1.2.156.10197.6.1.4.2.1'
const SIGNED = '1.2.156.10197.6.1.4.2.2'
const ENVELOPED = '1.2.156.10197.6.1.4.2.3'
const SM3 = '1.2.156.10197.1.401'
const SM2_SIGNATURE = '1.2.156.10197.1.301.1'
const SM2_ENCRYPTION = '1.2.156.10197.1.301.3'
const SM4_CBC = '1.2.156.10197.1.104.2'
const CONTENT_TYPE = '1.2.840.113549.1.9.3'
const MESSAGE_DIGEST = '1.2.840.113549.1.9.4'
const SIGNING_TIME = '1.2.840.113549.1.9.5'

/** The point of a certificate's SM2 key, or Failure('unsupported_key'). */
export function pointOf(certificate: pkijs.Certificate): Bytes {
  const point = sm2Point(new Uint8Array(certificate.subjectPublicKeyInfo.toSchema().toBER(false)))
  if (point === null) throw new Failure('unsupported_key')
  return point
}

/** Wrap `content` for the holder of an SM2 encryption certificate. */
export async function wrapNational(certificateDer: Bytes, content: Bytes): Promise<Bytes> {
  const national = await gm()
  const certificate = parseCertificate(certificateDer)
  const key = random(16)
  const iv = random(16)
  return envelope(certificate, national.encrypt(pointOf(certificate), key), iv, national.cbcEncrypt(key, iv, content))
}

/** Open an envelope with the very key. Codes: malformed_cms, wrong_certificate, envelope_damaged. */
export async function unwrapNational(der: Bytes, certificateDer: Bytes, secret: Bytes): Promise<Bytes> {
  const certificate = parseCertificate(certificateDer)
  const { encryptedKey, iv, ciphertext } = partsOf(der)
  // Object identifiers, versions, the one recipient, nothing beside: all of it stands in this comparison.
  if (!equal(envelope(certificate, encryptedKey, iv, ciphertext), der)) throw new Failure('wrong_certificate')
  try {
    const national = await gm()
    return national.cbcDecrypt(national.decrypt(secret, encryptedKey), iv, ciphertext)
  } catch {
    throw new Failure('envelope_damaged')
  }
}

/** Sign a bid's summary without holding it, with SM2 and SM3. `at` is hall time, ms UTC. */
export async function signNational(identity: Identity, data: Bytes, at: number): Promise<Bytes> {
  const certificate = parseCertificate(identity.certificate)
  const digest = (await gm()).sm3(data)
  const attributes = [
    attribute(CONTENT_TYPE, oid(DATA)),
    attribute(MESSAGE_DIGEST, octets(digest)),
    attribute(SIGNING_TIME, new asn1js.UTCTime({ valueDate: new Date(at) })),
  ].sort((a, b) => compare(encoded(a), encoded(b)))
  const covered = encoded(new asn1js.Set({ value: attributes }))
  const signature = ecdsaToDer(await identity.sign(covered, { kind: 'summary', summary: data }))
  const signer = sequence(
    integer(1),
    issuerAndSerial(certificate),
    sequence(oid(SM3)),
    tagged(0, ...attributes),
    sequence(oid(SM2_SIGNATURE)),
    octets(signature),
  )
  const signed = sequence(
    integer(1),
    new asn1js.Set({ value: [sequence(oid(SM3))] }),
    sequence(oid(DATA)),
    tagged(0, read(identity.certificate)),
    new asn1js.Set({ value: [signer] }),
  )
  return encoded(sequence(oid(SIGNED), tagged(0, signed)))
}

function envelope(certificate: pkijs.Certificate, encryptedKey: Bytes, iv: Bytes, ciphertext: Bytes): Bytes {
  const recipient = sequence(integer(1), issuerAndSerial(certificate), sequence(oid(SM2_ENCRYPTION)), octets(encryptedKey))
  const content = sequence(
    oid(DATA),
    sequence(oid(SM4_CBC), octets(iv)),
    new asn1js.Primitive({ idBlock: { tagClass: 3, tagNumber: 0 }, valueHex: ciphertext }),
  )
  return encoded(sequence(oid(ENVELOPED), tagged(0, sequence(integer(1), new asn1js.Set({ value: [recipient] }), content))))
}

/** What varies in an envelope, found by its place; whoever calls builds the envelope anew and compares. */
function partsOf(der: Bytes): { encryptedKey: Bytes; iv: Bytes; ciphertext: Bytes } {
  const whole = read(der)
  const at = (...path: number[]): Bytes => {
    let item: unknown = whole
    for (const index of path) item = (item as asn1js.Constructed).valueBlock.value[index]
    return Uint8Array.from((item as asn1js.Primitive).valueBlock.valueHexView)
  }
  try {
    return { encryptedKey: at(1, 0, 1, 0, 3), iv: at(1, 0, 2, 1, 1), ciphertext: at(1, 0, 2, 2) }
  } catch {
    throw new Failure('malformed_cms')
  }
}

function read(der: Bytes): asn1js.AsnType {
  const parsed = asn1js.fromBER(der)
  if (parsed.offset !== der.length) throw new Failure('malformed_cms')
  return parsed.result
}

function issuerAndSerial(certificate: pkijs.Certificate): asn1js.Sequence {
  return sequence(certificate.issuer.toSchema() as asn1js.AsnType, certificate.serialNumber)
}

function attribute(type: string, value: asn1js.AsnType): asn1js.Sequence {
  return sequence(oid(type), new asn1js.Set({ value: [value] }))
}

function encoded(item: asn1js.AsnType): Bytes {
  return new Uint8Array(item.toBER(false))
}

function compare(a: Bytes, b: Bytes): number {
  const at = a.findIndex((byte, index) => byte !== b[index])
  return at === -1 ? 0 : (a[at] ?? 0) - (b[at] ?? 0)
}

function sequence(...value: asn1js.AsnType[]): asn1js.Sequence {
  return new asn1js.Sequence({ value })
}

function tagged(tagNumber: number, ...value: asn1js.AsnType[]): asn1js.Constructed {
  return new asn1js.Constructed({ idBlock: { tagClass: 3, tagNumber }, value })
}

function oid(value: string): asn1js.ObjectIdentifier {
  return new asn1js.ObjectIdentifier({ value })
}

function integer(value: number): asn1js.Integer {
  return new asn1js.Integer({ value })
}

function octets(data: Bytes): asn1js.OctetString {
  return new asn1js.OctetString({ valueHex: data })
}
