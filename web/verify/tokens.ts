/** Time-stamp tokens (RFC 3161) checked offline, the twin of `hall/signing/tokens.py`: over which bytes, when, by whose certificate. */
import * as asn1js from 'asn1js'
import * as pkijs from 'pkijs'
import { type Bytes, equal } from '@/crypto/bytes'
import { Chains } from './chains'
import { rawOf } from './der'

/** What a good token says. `at`: ms UTC; `policy`: its object identifier. */
export interface Stamped {
  readonly at: number
  readonly policy: string
}

interface Token {
  readonly signed: pkijs.SignedData
  readonly info: pkijs.TSTInfo
  /** The TSTInfo as it was signed. */
  readonly content: Bytes
}

const SIGNED_DATA = '1.2.840.113549.1.7.2'
const TST_INFO = '1.2.840.113549.1.9.16.1.4'
const CONTENT_TYPE = '1.2.840.113549.1.9.3'
const MESSAGE_DIGEST = '1.2.840.113549.1.9.4'
const PURPOSES = '2.5.29.37'
const KEY_NAME = '2.5.29.14'
const TIME_STAMPING = '1.3.6.1.5.5.7.3.8'
const RSA = '1.2.840.113549.1.1.1'
const HASHES: Record<string, string> = {
  '2.16.840.1.101.3.4.2.1': 'SHA-256',
  '2.16.840.1.101.3.4.2.2': 'SHA-384',
  '2.16.840.1.101.3.4.2.3': 'SHA-512',
}
const CURVES: Record<string, readonly [name: string, size: number]> = {
  '1.2.840.10045.3.1.7': ['P-256', 32],
  '1.3.132.0.34': ['P-384', 48],
  '1.3.132.0.35': ['P-521', 66],
}

/** Whether a CMS is a time stamp, whatever it is worth. */
export function isToken(der: Bytes): boolean {
  return read(der) !== null
}

/** The digest that a token was made over; null for what is no token. */
export function imprint(der: Bytes): Bytes | null {
  const hashed = read(der)?.info.messageImprint.hashedMessage
  return hashed === undefined ? null : new Uint8Array(hashed.getValue())
}

/** Check a token (DER ContentInfo) over `data`; roots: DER that its signer must lead to; others: issuers, DER. Null: it does not hold. */
export async function check(der: Bytes, data: Bytes, roots: readonly Bytes[], others: Iterable<Bytes>): Promise<Stamped | null> {
  const token = read(der)
  const hash = HASHES[token?.info.messageImprint.hashAlgorithm.algorithmId ?? '']
  if (token === null || hash === undefined) return null
  const said = new Uint8Array(token.info.messageImprint.hashedMessage.getValue())
  if (!equal(said, await digest(hash, data))) return null
  try {
    const brought = (token.signed.certificates ?? []).filter((one) => one instanceof pkijs.Certificate)
    const own = await signer(token, brought)
    const at = token.info.genTime.getTime()
    if (own === null || !isForTimeStamps(own)) return null
    const chains = new Chains(roots, [...brought.map(derOf), ...others])
    return (await chains.leadsToRoot(derOf(own), at)) ? { at, policy: token.info.policy } : null
  } catch {
    return null // whatever a hostile token makes the readers raise
  }
}

function read(der: Bytes): Token | null {
  try {
    const { offset, result } = asn1js.fromBER(der)
    if (offset !== der.length) return null
    const outer = new pkijs.ContentInfo({ schema: result })
    if (outer.contentType !== SIGNED_DATA) return null
    const signed = new pkijs.SignedData({ schema: outer.content as unknown })
    const { eContentType, eContent } = signed.encapContentInfo
    if (eContentType !== TST_INFO || eContent === undefined) return null
    const content = new Uint8Array(eContent.getValue())
    return { signed, info: pkijs.TSTInfo.fromBER(content), content }
  } catch {
    return null
  }
}

/** The certificate whose key made the one signature, among those that came along; null where it does not hold. */
async function signer(token: Token, brought: readonly pkijs.Certificate[]): Promise<pkijs.Certificate | null> {
  const [info] = token.signed.signerInfos
  const hash = HASHES[info?.digestAlgorithm.algorithmId ?? '']
  if (info?.signedAttrs === undefined || hash === undefined || token.signed.signerInfos.length !== 1) return null
  const own = brought.find((one) => names(info.sid as unknown, one))
  const [type, covered] = [CONTENT_TYPE, MESSAGE_DIGEST].map((kind) => info.signedAttrs?.attributes.find((one) => one.type === kind)?.values[0] as unknown)
  if (own === undefined || !(type instanceof asn1js.ObjectIdentifier) || !(covered instanceof asn1js.OctetString)) return null
  if (type.getValue() !== TST_INFO || !equal(new Uint8Array(covered.getValue()), await digest(hash, token.content))) return null
  const attributes = new Uint8Array(info.signedAttrs.encodedValue)
  return (await verifies(own, hash, attributes, new Uint8Array(info.signature.getValue()))) ? own : null
}

function names(sid: unknown, one: pkijs.Certificate): boolean {
  if (sid instanceof pkijs.IssuerAndSerialNumber) return one.serialNumber.isEqual(sid.serialNumber) && one.issuer.isEqual(sid.issuer)
  const own = one.extensions?.find((item) => item.extnID === KEY_NAME)?.parsedValue as unknown
  if (!(sid instanceof asn1js.Primitive) || !(own instanceof asn1js.OctetString)) return false
  return equal(new Uint8Array(sid.valueBlock.valueHexView), new Uint8Array(own.getValue()))
}

async function verifies(own: pkijs.Certificate, hash: string, data: Bytes, signature: Bytes): Promise<boolean> {
  const spki = own.subjectPublicKeyInfo.toSchema().toBER(false)
  const { algorithmId, algorithmParams } = own.subjectPublicKeyInfo.algorithm
  if (algorithmId === RSA) {
    const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash }
    return crypto.subtle.verify(algorithm.name, await crypto.subtle.importKey('spki', spki, algorithm, false, ['verify']), signature, data)
  }
  const curve = CURVES[algorithmParams instanceof asn1js.ObjectIdentifier ? algorithmParams.getValue() : '']
  if (curve === undefined) return false
  const key = await crypto.subtle.importKey('spki', spki, { name: 'ECDSA', namedCurve: curve[0] }, false, ['verify'])
  return crypto.subtle.verify({ name: 'ECDSA', hash }, key, rawOf(signature, curve[1]), data)
}

/** The certificate serves for time stamps and for nothing else. */
function isForTimeStamps(own: pkijs.Certificate): boolean {
  const usage = own.extensions?.find((item) => item.extnID === PURPOSES)?.parsedValue as unknown
  return usage instanceof pkijs.ExtKeyUsage && usage.keyPurposes.join() === TIME_STAMPING
}

const derOf = (one: pkijs.Certificate): Bytes => new Uint8Array(one.toSchema(false).toBER(false))

async function digest(hash: string, data: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest(hash, data))
}
