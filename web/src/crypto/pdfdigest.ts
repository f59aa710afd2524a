/**
 * What a signer's browser checks before it signs the opening record: that the attributes it is about to sign speak of this very
 * PDF and of its own certificate. The twin of `prepare` in the server's pdf_signer; refuses everything that server never writes.
 */
import { Failure } from '@/failure'
import { type Bytes, equal, hex, sha256 } from './bytes'

const CONTENT_TYPE = '2a864886f70d010903'
const MESSAGE_DIGEST = '2a864886f70d010904'
const SIGNING_CERTIFICATE_V2 = '2a864886f70d010910022f'
const DATA = '2a864886f70d010701'

const SEQUENCE = 0x30
const SET = 0x31
const OCTET_STRING = 0x04
const OBJECT_IDENTIFIER = 0x06

/** Bytes of a file left out of a signature, from `<` to `>` of its placeholder; `start` inclusive, `end` exclusive. */
export interface Gap {
  readonly start: number
  readonly end: number
}

/**
 * Check a prepared record against what the hall says of it and asks to be signed; give the bytes to be signed.
 * announced: the hall's digest, hex; signedAttributes: the DER SET; certificate: this signer's own, DER.
 * Throws Failure malformed_pdf, and digest_not_confirmed with the reason.
 */
export async function checkPreparedRecord(
  pdf: Bytes,
  announced: string,
  signedAttributes: Bytes,
  certificate: Bytes,
): Promise<Bytes> {
  const digest = await digestAround(pdf, placeholder(pdf))
  if (hex(digest) !== announced) throw new Failure('digest_not_confirmed', { reason: 'announced' })
  const said = readAttributes(signedAttributes)
  if (!equal(said.messageDigest, digest)) throw new Failure('digest_not_confirmed', { reason: 'attributes' })
  if (!equal(said.certificate, await sha256(certificate))) throw new Failure('digest_not_confirmed', { reason: 'certificate' })
  return signedAttributes
}

/** SHA-256 of everything but the gap. */
export async function digestAround(pdf: Bytes, gap: Gap): Promise<Bytes> {
  const covered = new Uint8Array(pdf.length - (gap.end - gap.start))
  covered.set(pdf.subarray(0, gap.start))
  covered.set(pdf.subarray(gap.end), gap.start)
  return sha256(covered)
}

/**
 * The gap of the one signature that reaches to the end of the file. Its range must cover all but an empty placeholder: a range
 * that left out more would let the rest of the file be changed after signing.
 */
export function placeholder(pdf: Bytes): Gap {
  const text = new TextDecoder('latin1').decode(pdf)
  const ranges = [...text.matchAll(/\/ByteRange\s*\[\s*(\d{1,10})\s+(\d{1,10})\s+(\d{1,10})\s+(\d{1,10})\s*\]/g)]
  const open = ranges
    .map((found) => ({ at: found.index, numbers: found.slice(1).map(Number) }))
    .filter(({ numbers: [, , third = 0, fourth = 0] }) => third + fourth === pdf.length)
  const only = open[0]
  if (open.length !== 1 || only === undefined) throw new Failure('malformed_pdf', { reason: 'not_one_open_signature' })
  const [first = 1, start = 0, end = 0] = only.numbers
  if (first !== 0 || start >= end || end >= pdf.length) throw new Failure('malformed_pdf', { reason: 'not_from_start_to_end' })
  if (only.at < lastEnd(ranges, pdf.length)) throw new Failure('malformed_pdf', { reason: 'not_the_newest_signature' })
  if (!/^<(?:00)+>$/.test(text.slice(start, end))) throw new Failure('malformed_pdf', { reason: 'not_a_placeholder' })
  if (!/\/Contents\s*$/.test(text.slice(Math.max(0, start - 16), start))) {
    throw new Failure('malformed_pdf', { reason: 'not_the_contents' })
  }
  return { start, end }
}

/** How far the furthest of the earlier signatures reaches. */
function lastEnd(ranges: readonly RegExpMatchArray[], length: number): number {
  const ends = ranges.map((found) => Number(found[3]) + Number(found[4]))
  return Math.max(0, ...ends.filter((end) => end !== length))
}

interface Attributes {
  readonly messageDigest: Uint8Array
  readonly certificate: Uint8Array
}

/** Read the SET that is signed: exactly content-type (data), message-digest and signing-certificate-v2, once each. */
export function readAttributes(der: Bytes): Attributes {
  const found = new Map<string, Uint8Array>()
  for (const attribute of children(only(der, SET))) {
    const [type, values, more] = children(body(attribute, SEQUENCE))
    if (type === undefined || values === undefined || more !== undefined) throw malformed()
    const name = hex(body(type, OBJECT_IDENTIFIER))
    const [value, second] = children(body(values, SET))
    if (value === undefined || second !== undefined || found.has(name)) throw malformed()
    found.set(name, value.whole)
  }
  const contentType = found.get(CONTENT_TYPE)
  const digest = found.get(MESSAGE_DIGEST)
  const certificate = found.get(SIGNING_CERTIFICATE_V2)
  // What is not understood is not signed.
  if (!contentType || !digest || !certificate || found.size !== 3) throw malformed()
  if (hex(only(contentType, OBJECT_IDENTIFIER)) !== DATA) throw malformed()
  return { messageDigest: only(digest, OCTET_STRING), certificate: certificateHash(certificate) }
}

/** SigningCertificateV2 ::= { certs { ESSCertIDv2 { hash (SHA-256 by default) } } }, with one certificate and no more. */
function certificateHash(der: Uint8Array): Uint8Array {
  let inside: Uint8Array = der
  for (let depth = 0; depth < 3; depth++) inside = only(inside, SEQUENCE)
  return only(inside, OCTET_STRING)
}

interface Element {
  readonly tag: number
  readonly content: Uint8Array
  readonly whole: Uint8Array
}

/** The content of the one element that `der` is. */
function only(der: Uint8Array, tag: number): Uint8Array {
  const [element, second] = children(der)
  if (element === undefined || second !== undefined) throw malformed()
  return body(element, tag)
}

function body(element: Element, tag: number): Uint8Array {
  if (element.tag !== tag) throw malformed()
  return element.content
}

/** The elements that lie one after another in `der`; lengths in their shortest form only. */
function children(der: Uint8Array): Element[] {
  const found: Element[] = []
  for (let at = 0; at < der.length; ) {
    const tag = der[at] ?? 0
    const first = der[at + 1] ?? 0xff
    const digits = first < 0x80 ? 0 : first & 0x7f
    if (first === 0x80 || digits > 3 || at + 2 + digits > der.length) throw malformed()
    const length = digits === 0 ? first : der.subarray(at + 2, at + 2 + digits).reduce((sum, byte) => sum * 256 + byte, 0)
    if (digits > 0 && (length < 0x80 || length < 256 ** (digits - 1))) throw malformed()
    const start = at + 2 + digits
    if (start + length > der.length) throw malformed()
    found.push({ tag, content: der.subarray(start, start + length), whole: der.subarray(at, start + length) })
    at = start + length
  }
  return found
}

function malformed(): Failure {
  return new Failure('digest_not_confirmed', { reason: 'attributes_malformed' })
}
