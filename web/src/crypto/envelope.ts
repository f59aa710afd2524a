/**
 * The envelope of a sealed bid: a standard RFC 5652 EnvelopedData for exactly one certificate, so that `openssl cms -decrypt` and
 * key middleware open it. RSA: OAEP with SHA-256. P-256: ephemeral ECDH, X9.63 KDF with SHA-256, AES-256 key wrap.
 */
import * as asn1js from 'asn1js'
import * as pkijs from 'pkijs'
import { Failure } from '@/failure'
import { type Bytes } from './bytes'
import { keyKind, parseCertificate } from './certificate'
import { type Identity } from './identity'

const KEY_USAGE = '2.5.29.15'
const CONTENT_CIPHER = { name: 'AES-CBC', length: 256 } as const

/** Wrap `content` for the certificate's holder. Throws Failure('certificate_cannot_seal') where its key usage forbids it. */
export async function wrapEnvelope(certificateDer: Bytes, content: Bytes): Promise<Bytes> {
  const certificate = parseCertificate(certificateDer)
  if (!maySeal(certificate)) throw new Failure('certificate_cannot_seal')
  const envelope = new pkijs.EnvelopedData()
  const parameters = { oaepHashAlgorithm: 'SHA-256', kdfAlgorithm: 'SHA-256', kekEncryptionLength: 256 }
  envelope.addRecipientByCertificate(certificate, parameters)
  await envelope.encrypt(CONTENT_CIPHER, content.buffer)
  const info = new pkijs.ContentInfo({ contentType: pkijs.ContentInfo.ENVELOPED_DATA, content: envelope.toSchema() })
  return new Uint8Array(info.toSchema().toBER(false))
}

/** Open an envelope with the very key. Codes: envelope_malformed, wrong_certificate. Only the checks of a release may call this. */
export async function unwrapEnvelope(der: Bytes, identity: Identity): Promise<Bytes> {
  const envelope = readEnvelope(der)
  const certificate = parseCertificate(identity.certificate)
  if (!isFor(envelope, certificate)) throw new Failure('wrong_certificate')
  try {
    const content = await envelope.decrypt(0, { recipientCertificate: certificate, recipientPrivateKey: identity.unwrapKey })
    return new Uint8Array(content)
  } catch {
    throw new Failure('wrong_certificate')
  }
}

/** Parse strictly: one ContentInfo, no trailing bytes, EnvelopedData, exactly one recipient. */
export function readEnvelope(der: Bytes): pkijs.EnvelopedData {
  const parsed = asn1js.fromBER(der)
  if (parsed.offset !== der.length) throw new Failure('envelope_malformed')
  let envelope: pkijs.EnvelopedData
  try {
    const info = new pkijs.ContentInfo({ schema: parsed.result })
    if (info.contentType !== pkijs.ContentInfo.ENVELOPED_DATA) throw new Failure('envelope_malformed')
    envelope = new pkijs.EnvelopedData({ schema: info.content })
  } catch {
    throw new Failure('envelope_malformed')
  }
  // A hidden second recipient would be a second reader.
  if (envelope.recipientInfos.length !== 1) throw new Failure('envelope_malformed')
  return envelope
}

function isFor(envelope: pkijs.EnvelopedData, certificate: pkijs.Certificate): boolean {
  const recipient: unknown = envelope.recipientInfos[0]?.value
  const matches = (id: unknown): boolean =>
    id instanceof pkijs.IssuerAndSerialNumber && id.issuer.isEqual(certificate.issuer) && id.serialNumber.isEqual(certificate.serialNumber)
  if (recipient instanceof pkijs.KeyTransRecipientInfo) return matches(recipient.rid)
  if (recipient instanceof pkijs.KeyAgreeRecipientInfo) {
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
