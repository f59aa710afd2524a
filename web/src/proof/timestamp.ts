/**
 * A time stamp (RFC 3161) that this browser asks for itself, past the hall: the request is a few bytes of DER, and of the answer it
 * looks only whether it was granted and over what. Whoever judges it later checks its signature.
 */
import { type Bytes, concat, equal, random, sha256 } from '@/crypto/bytes'
import { Failure } from '@/failure'

const SHA256_ID = Uint8Array.of(0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00)

/** TimeStampReq: version 1, the SHA-256 of `data`, a nonce, certificates wanted. */
export async function stampRequest(data: Bytes, nonce: Bytes = random(8)): Promise<Bytes> {
  const imprint = der(0x30, der(0x30, SHA256_ID), der(0x04, await sha256(data)))
  const number = der(0x02, concat(Uint8Array.of(0), nonce.map((byte, at) => (at === 0 ? byte | 0x80 : byte))))
  return der(0x30, Uint8Array.of(0x02, 0x01, 0x01), imprint, number, Uint8Array.of(0x01, 0x01, 0xff))
}

/** The token of a granted TimeStampResp over `data`. Throws Failure `stamp_refused`, `stamp_does_not_fit`. */
export async function tokenOf(response: Bytes, data: Bytes): Promise<Bytes> {
  const [answer] = read(response, 0)
  const [status, token] = children(answer.body)
  const [code] = status === undefined ? [] : children(status.body)
  if (token === undefined || code === undefined || code.tag !== 0x02 || (code.body[code.body.length - 1] ?? 9) > 1) throw new Failure('stamp_refused')
  const digest = await sha256(data)
  // The imprint stands in the clear inside of what is signed.
  if (!contains(token.whole, der(0x04, digest))) throw new Failure('stamp_does_not_fit')
  return token.whole
}

/** Ask an authority. Throws Failure: nobody there, refused, or over something else. */
export async function askForStamp(url: string, data: Bytes): Promise<Bytes> {
  const response = await fetch(url, { method: 'POST', body: await stampRequest(data), headers: { 'Content-Type': 'application/timestamp-query' }, credentials: 'omit' })
  if (!response.ok) throw new Failure('stamp_refused', { status: response.status })
  return tokenOf(new Uint8Array(await response.arrayBuffer()), data)
}

interface Part {
  readonly tag: number
  readonly body: Bytes
  readonly whole: Bytes
}

function der(tag: number, ...parts: readonly Bytes[]): Bytes {
  const body = concat(...parts)
  if (body.length > 127) throw new RangeError('longer than a request is')
  return concat(Uint8Array.of(tag, body.length), body)
}

function read(data: Bytes, at: number): [Part, number] {
  const tag = data[at]
  let length = data[at + 1]
  let start = at + 2
  if (tag === undefined || length === undefined) throw new Failure('stamp_malformed')
  if (length > 0x80) {
    const count = length - 0x80
    length = data.slice(start, start + count).reduce((sum, byte) => sum * 256 + byte, 0)
    start += count
  }
  const end = start + length
  if (length === 0x80 || end > data.length) throw new Failure('stamp_malformed')
  return [{ tag, body: data.slice(start, end), whole: data.slice(at, end) }, end]
}

function children(data: Bytes): Part[] {
  const found: Part[] = []
  for (let at = 0; at < data.length; ) {
    const [part, next] = read(data, at)
    found.push(part)
    at = next
  }
  return found
}

function contains(data: Bytes, wanted: Bytes): boolean {
  for (let at = 0; at + wanted.length <= data.length; at++) if (equal(data.slice(at, at + wanted.length), wanted)) return true
  return false
}
