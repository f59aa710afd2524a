/**
 * The envelope of a sealed bid: a standard RFC 5652 EnvelopedData for exactly one certificate, so that `openssl cms -decrypt` and
 * key middleware open it. RSA: OAEP with SHA-256. P-256: ephemeral ECDH, X9.63 KDF with SHA-256, AES-256 key wrap.
 */
import * as asn1js from 'asn1js'
import * as pkijs from 'pkijs'
import { Failure } from '@/failure'
import { type Bytes, concat, random, sha256, u32be } from './bytes'
import { keyKind, parseCertificate } from './certificate'
import { UNWRAP_ALGORITHM } from './identity'

const KEY_USAGE = '2.5.29.15'
const DATA = '1.2.840.113549.1.7.1'
const SHA256 = '2.16.840.1.101.3.4.2.1'
const AES256_CBC = '2.16.840.1.101.3.4.1.42'
const AES256_WRAP = '2.16.840.1.101.3.4.1.45'
const RSA_OAEP = '1.2.840.113549.1.1.7'
const MGF1 = '1.2.840.113549.1.1.8'
const EC_PUBLIC_KEY = '1.2.840.10045.2.1'
const P256 = '1.2.840.10045.3.1.7'
const ECDH_SHA256_KDF = '1.3.132.1.11.1'

/** Wrap `content` for the certificate's holder. Throws Failure('certificate_cannot_seal') where its key usage forbids it. */
export async function wrapEnvelope(certificateDer: Bytes, content: Bytes): Promise<Bytes> {
  const certificate = parseCertificate(certificateDer)
  if (!maySeal(certificate)) throw new Failure('certificate_cannot_seal')
  const contentKey = random(32)
  const iv = random(16)
  const cipherKey = await crypto.subtle.importKey('raw', contentKey, 'AES-CBC', false, ['encrypt'])
  const ciphertext = await crypto.subtle.encrypt({ name: 'AES-CBC', iv }, cipherKey, content)
  const rsa = keyKind(certificate) === 'rsa'
  const enveloped = sequence(
    integer(rsa ? 0 : 2),
    new asn1js.Set({ value: [await (rsa ? keyTransport(certificate, contentKey) : keyAgreement(certificate, contentKey))] }),
    sequence(
      oid(DATA),
      sequence(oid(AES256_CBC), octets(iv)),
      new asn1js.Primitive({ idBlock: { tagClass: 3, tagNumber: 0 }, valueHex: ciphertext }),
    ),
  )
  return new Uint8Array(sequence(oid(pkijs.ContentInfo.ENVELOPED_DATA), tagged(0, enveloped)).toBER(false))
}

// KeyTransRecipientInfo of RFC 5652 with RSAES-OAEP, SHA-256 for both of its hashes.
async function keyTransport(certificate: pkijs.Certificate, contentKey: Bytes): Promise<asn1js.Sequence> {
  const key = await importPublicKey(certificate, UNWRAP_ALGORITHM.rsa, ['encrypt'])
  const sha256 = (): asn1js.Sequence => sequence(oid(SHA256), new asn1js.Null())
  const parameters = sequence(tagged(0, sha256()), tagged(1, sequence(oid(MGF1), sha256())))
  const encryptedKey = await crypto.subtle.encrypt({ name: 'RSA-OAEP' }, key, contentKey)
  return sequence(integer(0), issuerAndSerial(certificate), sequence(oid(RSA_OAEP), parameters), octets(encryptedKey))
}

// KeyAgreeRecipientInfo of RFC 5753: an ephemeral key, no ukm, which some readers do not know.
async function keyAgreement(certificate: pkijs.Certificate, contentKey: Bytes): Promise<asn1js.Constructed> {
  const ephemeral = await crypto.subtle.generateKey(UNWRAP_ALGORITHM.ec, true, ['deriveBits'])
  const recipient = await importPublicKey(certificate, UNWRAP_ALGORITHM.ec, [])
  const wrap = (): asn1js.Sequence => sequence(oid(AES256_WRAP))
  const kek = await wrappingKey(ephemeral.privateKey, recipient, wrap(), 'wrapKey')
  const key = await crypto.subtle.importKey('raw', contentKey, 'AES-CBC', true, ['encrypt'])
  const encryptedKey = await crypto.subtle.wrapKey('raw', key, kek, 'AES-KW')
  const point = await crypto.subtle.exportKey('raw', ephemeral.publicKey)
  const originatorKey = tagged(1, sequence(oid(EC_PUBLIC_KEY), oid(P256)), new asn1js.BitString({ valueHex: point }))
  return tagged(
    1,
    integer(3),
    tagged(0, originatorKey),
    sequence(oid(ECDH_SHA256_KDF), wrap()),
    sequence(sequence(issuerAndSerial(certificate), octets(encryptedKey))),
  )
}

/** Open an envelope with the very key. Codes: malformed_cms, wrong_certificate, envelope_damaged. Only the checks of a release may call this. */
export async function unwrapEnvelope(der: Bytes, certificateDer: Bytes, unwrapKey: CryptoKey): Promise<Bytes> {
  const envelope = readEnvelope(der)
  const certificate = parseCertificate(certificateDer)
  if (!isFor(envelope, certificate)) throw new Failure('wrong_certificate')
  const { contentEncryptionAlgorithm: cipher } = envelope.encryptedContentInfo
  const iv: unknown = cipher.algorithmParams
  if (cipher.algorithmId !== AES256_CBC || !(iv instanceof asn1js.OctetString)) throw new Failure('envelope_damaged')
  try {
    const contentKey = await unwrapContentKey(envelope, unwrapKey)
    const key = await crypto.subtle.importKey('raw', contentKey, 'AES-CBC', false, ['decrypt'])
    const algorithm = { name: 'AES-CBC', iv: iv.getValue() }
    return new Uint8Array(await crypto.subtle.decrypt(algorithm, key, envelope.encryptedContentInfo.getEncryptedContent()))
  } catch {
    throw new Failure('envelope_damaged')
  }
}

async function unwrapContentKey(envelope: pkijs.EnvelopedData, unwrapKey: CryptoKey): Promise<ArrayBuffer> {
  const recipient: unknown = envelope.recipientInfos[0]?.value
  if (recipient instanceof pkijs.KeyTransRecipientInfo && recipient.keyEncryptionAlgorithm.algorithmId === RSA_OAEP) {
    return crypto.subtle.decrypt({ name: 'RSA-OAEP' }, unwrapKey, recipient.encryptedKey.getValue())
  }
  if (!(recipient instanceof pkijs.KeyAgreeRecipientInfo) || recipient.keyEncryptionAlgorithm.algorithmId !== ECDH_SHA256_KDF) {
    throw new Failure('envelope_damaged')
  }
  const { publicKey } = recipient.originator.value as pkijs.OriginatorPublicKey
  const wrap = recipient.keyEncryptionAlgorithm.algorithmParams as asn1js.AsnType
  const encryptedKey = recipient.recipientEncryptedKeys.encryptedKeys[0]?.encryptedKey.getValue() ?? new ArrayBuffer(0)
  const point = publicKey.valueBlock.valueHexView.slice()
  const sender = await crypto.subtle.importKey('raw', point, UNWRAP_ALGORITHM.ec, false, [])
  const kek = await wrappingKey(unwrapKey, sender, wrap, 'unwrapKey')
  const key = await crypto.subtle.unwrapKey('raw', encryptedKey, kek, 'AES-KW', 'AES-CBC', true, ['decrypt'])
  return crypto.subtle.exportKey('raw', key)
}

// RFC 5753: the X9.63 KDF over the shared secret; one block of SHA-256 is the whole wrapping key. `wrap` enters as it stands.
async function wrappingKey(own: CryptoKey, other: CryptoKey, wrap: asn1js.AsnType, usage: 'wrapKey' | 'unwrapKey'): Promise<CryptoKey> {
  const shared = new Uint8Array(await crypto.subtle.deriveBits({ name: 'ECDH', public: other }, own, 256))
  const sharedInfo = new Uint8Array(sequence(wrap, tagged(2, octets(u32be(256)))).toBER(false))
  return crypto.subtle.importKey('raw', await sha256(concat(shared, u32be(1), sharedInfo)), 'AES-KW', false, [usage])
}

/** Parse strictly: one ContentInfo, no trailing bytes, EnvelopedData, exactly one recipient. */
export function readEnvelope(der: Bytes): pkijs.EnvelopedData {
  const parsed = asn1js.fromBER(der)
  if (parsed.offset !== der.length) throw new Failure('malformed_cms')
  let envelope: pkijs.EnvelopedData
  try {
    const info = new pkijs.ContentInfo({ schema: parsed.result })
    if (info.contentType !== pkijs.ContentInfo.ENVELOPED_DATA) throw new Failure('malformed_cms')
    envelope = new pkijs.EnvelopedData({ schema: info.content })
  } catch {
    throw new Failure('malformed_cms')
  }
  // A hidden second recipient, or a second key of the same agreement, would be a second reader.
  if (envelope.recipientInfos.length !== 1) throw new Failure('malformed_cms')
  const recipient: unknown = envelope.recipientInfos[0]?.value
  if (recipient instanceof pkijs.KeyAgreeRecipientInfo && recipient.recipientEncryptedKeys.encryptedKeys.length !== 1) {
    throw new Failure('malformed_cms')
  }
  return envelope
}

function isFor(envelope: pkijs.EnvelopedData, certificate: pkijs.Certificate): boolean {
  const recipient: unknown = envelope.recipientInfos[0]?.value
  const matches = (id: unknown): boolean =>
    id instanceof pkijs.IssuerAndSerialNumber && id.issuer.isEqual(certificate.issuer) && id.serialNumber.isEqual(certificate.serialNumber)
  if (recipient instanceof pkijs.KeyTransRecipientInfo) return matches(recipient.rid)
  if (recipient instanceof pkijs.KeyAgreeRecipientInfo) {
    if (recipient.ukm !== undefined || !(recipient.originator.value instanceof pkijs.OriginatorPublicKey)) return false
    const keys = recipient.recipientEncryptedKeys.encryptedKeys
    return keys.length === 1 && matches(keys[0]?.rid.value)
  }
  return false
}

// keyEncipherment is bit 2, keyAgreement bit 4; a certificate without the extension may do both.
function maySeal(certificate: pkijs.Certificate): boolean {
  const usage = certificate.extensions?.find((extension) => extension.extnID === KEY_USAGE)
  if (usage === undefined) return true
  const bits = asn1js.fromBER(usage.extnValue.valueBlock.valueHexView).result
  if (!(bits instanceof asn1js.BitString)) return false
  const first = bits.valueBlock.valueHexView[0] ?? 0
  return (first & (keyKind(certificate) === 'rsa' ? 0b0010_0000 : 0b0000_1000)) !== 0
}

function importPublicKey(certificate: pkijs.Certificate, algorithm: object & { name: string }, usages: KeyUsage[]): Promise<CryptoKey> {
  return crypto.subtle.importKey('spki', certificate.subjectPublicKeyInfo.toSchema().toBER(false), algorithm, false, usages)
}

function issuerAndSerial(certificate: pkijs.Certificate): asn1js.Sequence {
  return sequence(certificate.issuer.toSchema() as asn1js.AsnType, certificate.serialNumber)
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

function octets(data: Bytes | ArrayBuffer): asn1js.OctetString {
  return new asn1js.OctetString({ valueHex: data })
}
