/** A detached CMS SignedData (RFC 5652) with CAdES' signing-certificate-v2, made by whoever holds the key. */
import * as asn1js from 'asn1js'
import * as pkijs from 'pkijs'
import { type Bytes, fromHex, sha256 } from './bytes'
import { parseCertificate } from './certificate'
import { type Identity, type Matter } from './identity'

const DATA = '1.2.840.113549.1.7.1'
const CONTENT_TYPE = '1.2.840.113549.1.9.3'
const MESSAGE_DIGEST = '1.2.840.113549.1.9.4'
const SIGNING_TIME = '1.2.840.113549.1.9.5'
const SIGNING_CERTIFICATE_V2 = '1.2.840.113549.1.9.16.2.47'
const SHA256 = '2.16.840.1.101.3.4.2.1'
const RSA_WITH_SHA256 = '1.2.840.113549.1.1.11'
const ECDSA_WITH_SHA256 = '1.2.840.10045.4.3.2'
const SET = 0x31

/** Sign a bid's summary without holding it: DER of a ContentInfo. `at` is hall time, ms UTC. */
export async function signDetached(identity: Identity, data: Bytes, at: number): Promise<Bytes> {
  if (identity.info.kind === 'sm2') return (await import('./gmcms')).signNational(identity, data, at)
  return signDigest(identity, await sha256(data), at, { kind: 'summary', summary: data })
}

/** The same for data of which the SHA-256 is known. `at` null: no time among the attributes, as PAdES demands. */
export async function signDigest(identity: Identity, digest: Bytes, at: number | null, matter: Matter): Promise<Bytes> {
  const certificate = parseCertificate(identity.certificate)
  const attributes = inDerOrder([
    attribute(CONTENT_TYPE, new asn1js.ObjectIdentifier({ value: DATA })),
    attribute(MESSAGE_DIGEST, new asn1js.OctetString({ valueHex: digest.buffer })),
    ...(at === null ? [] : [attribute(SIGNING_TIME, new asn1js.UTCTime({ valueDate: new Date(at) }))]),
    attribute(SIGNING_CERTIFICATE_V2, signingCertificate(identity)),
  ])
  const signedAttrs = new pkijs.SignedAndUnsignedAttributes({ type: 0, attributes })
  const toSign = new Uint8Array(signedAttrs.toSchema().toBER(false))
  toSign[0] = SET // Inside SignerInfo they are [0] IMPLICIT; what is signed is the SET itself.
  const signature = await signatureValue(identity, toSign, matter)
  const signed = new pkijs.SignedData({
    version: 1,
    digestAlgorithms: [new pkijs.AlgorithmIdentifier({ algorithmId: SHA256 })],
    encapContentInfo: new pkijs.EncapsulatedContentInfo({ eContentType: DATA }),
    certificates: [certificate, ...identity.chain.map(parseCertificate)],
    signerInfos: [
      new pkijs.SignerInfo({
        version: 1,
        sid: new pkijs.IssuerAndSerialNumber({ issuer: certificate.issuer, serialNumber: certificate.serialNumber }),
        digestAlgorithm: new pkijs.AlgorithmIdentifier({ algorithmId: SHA256 }),
        signedAttrs,
        signatureAlgorithm: signatureAlgorithm(identity),
        signature: new asn1js.OctetString({ valueHex: signature.buffer }),
      }),
    ],
  })
  const info = new pkijs.ContentInfo({ contentType: pkijs.ContentInfo.SIGNED_DATA, content: signed.toSchema(true) })
  return new Uint8Array(info.toSchema().toBER(false))
}

/** A signature as CMS and PDF want it: PKCS#1 v1.5 as it is, ECDSA as DER instead of WebCrypto's r|s. */
export async function signatureValue(identity: Identity, data: Bytes, matter: Matter): Promise<Bytes> {
  const raw = await identity.sign(data, matter)
  return identity.info.kind === 'rsa' ? raw : ecdsaToDer(raw)
}

export function ecdsaToDer(raw: Bytes): Bytes {
  const half = raw.length / 2
  const integer = (data: Bytes): asn1js.Integer => {
    const start = data.findIndex((byte) => byte !== 0)
    const digits = data.slice(start === -1 ? data.length - 1 : start)
    const positive = (digits[0] ?? 0) & 0x80 ? Uint8Array.of(0, ...digits) : digits
    return new asn1js.Integer({ valueHex: positive.buffer })
  }
  const sequence = new asn1js.Sequence({ value: [integer(raw.slice(0, half)), integer(raw.slice(half))] })
  return new Uint8Array(sequence.toBER(false))
}

function signatureAlgorithm(identity: Identity): pkijs.AlgorithmIdentifier {
  return identity.info.kind === 'rsa'
    ? new pkijs.AlgorithmIdentifier({ algorithmId: RSA_WITH_SHA256, algorithmParams: new asn1js.Null() })
    : new pkijs.AlgorithmIdentifier({ algorithmId: ECDSA_WITH_SHA256 })
}

// ESSCertIDv2 with its default hash algorithm, SHA-256, left out as DER demands.
function signingCertificate(identity: Identity): asn1js.Sequence {
  const hash = new asn1js.OctetString({ valueHex: fromHex(identity.fingerprint).buffer })
  const id = new asn1js.Sequence({ value: [hash] })
  return new asn1js.Sequence({ value: [new asn1js.Sequence({ value: [id] })] })
}

function attribute(type: string, value: asn1js.AsnType): pkijs.Attribute {
  return new pkijs.Attribute({ type, values: [value] })
}

// Strict verifiers encode the SET again, sorted; unsorted attributes would break the signature there.
function inDerOrder(attributes: pkijs.Attribute[]): pkijs.Attribute[] {
  const key = (item: pkijs.Attribute): Uint8Array => new Uint8Array(item.toSchema().toBER(false))
  return attributes
    .map((item) => ({ item, der: key(item) }))
    .sort((a, b) => {
      const at = a.der.findIndex((byte, index) => byte !== b.der[index])
      return at === -1 ? 0 : (a.der[at] ?? 0) - (b.der[at] ?? 0)
    })
    .map(({ item }) => item)
}
