/**
 * The head of a sealed bid, `bidseal/1`: "BIDSEAL1" | u32be length | header JSON, hashed as bytes, and the arithmetic of what follows.
 * One strict reader, fed with the same vectors as the hall's: a lax one gave one file two meanings.
 */
import { Failure } from '@/failure'
import { type Bytes, blobBytes, concat, fromBase64, sha256, u32be, utf8 } from './bytes'
import { canonicalBytes, readFlat } from './canonical'

/** RSA or P-256 with SHA-256 and AES; or the national algorithms (`gm`). The tender decides. */
export type Suite = 'INTL' | 'GM'

export interface BidHeader {
  readonly v: 1
  readonly suite: Suite
  readonly tender: string
  readonly lot: string
  readonly bidder: string
  readonly name: string
  /** Bytes of the plaintext. */
  readonly size: number
  /** SHA-256 of the certificate whose key opens the envelope, hex. */
  readonly recipient: string
  readonly signer: string
  readonly salt: Bytes
  readonly envelope: Bytes
  readonly commit: Bytes
  readonly tagCommit: Bytes
}

export interface ReadHeader {
  readonly header: BidHeader
  /** Everything before the payload. */
  readonly bytes: Bytes
  /** SHA-256 of `bytes`: the payload's associated data. */
  readonly aad: Bytes
}

export const SEGMENT = 1024 * 1024
export const STREAM_HEADER = 40
export const TAG = 16

const MAGIC = utf8('BIDSEAL1')
const MAX_HEADER = 64 * 1024
const MAX_SIZE = 2 ** 40
const MAX_TEXT = 256
// Control characters, line ends, marks that turn the reading direction: they could make one name look like another.
// eslint-disable-next-line no-control-regex -- control characters are what it looks for
const NOT_PLAIN = /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069\ufeff]|\p{Surrogate}/u
const KEYS = ['v', 'suite', 'tender', 'lot', 'bidder', 'name', 'size', 'recipient', 'signer', 'salt', 'envelope', 'commit', 'tag_commit']

const malformed = (field: string): Failure => new Failure('malformed_header', { field })

/** Read the head of a sealed file; `head` may be longer than the header. Codes: not_a_sealed_bid, malformed_header. */
export async function readHeader(head: Bytes): Promise<ReadHeader> {
  if (head.length < 12 || !MAGIC.every((byte, index) => head[index] === byte)) throw new Failure('not_a_sealed_bid')
  const length = new DataView(head.buffer, head.byteOffset).getUint32(8)
  if (length === 0 || length > MAX_HEADER) throw malformed('length')
  if (head.length < 12 + length) throw malformed('length')
  const bytes = head.slice(0, 12 + length)
  return { header: parseHeader(bytes.subarray(12)), bytes, aad: await sha256(bytes) }
}

/** Read the head of a sealed file and check that the file is exactly as long as its header says, else malformed_payload. */
export async function readSealed(file: Blob): Promise<ReadHeader> {
  const read = await readHeader(await blobBytes(file.slice(0, 12 + MAX_HEADER)))
  if (file.size !== sealedSize(read.bytes.length, read.header.size)) throw new Failure('malformed_payload')
  return read
}

/** Write the head of a sealed file. */
export function writeHeader(header: Record<string, string | number>): Bytes {
  const json = canonicalBytes(header)
  if (json.length > MAX_HEADER) throw malformed('length')
  return concat(MAGIC, u32be(json.length), json)
}

/** Plaintext bytes in segment `index`: the first one shares its 1 MiB with the stream's header. */
export function segmentCapacity(index: number): number {
  return SEGMENT - TAG - (index === 0 ? STREAM_HEADER : 0)
}

export function segmentCount(size: number): number {
  return size <= segmentCapacity(0) ? 1 : 1 + Math.ceil((size - segmentCapacity(0)) / segmentCapacity(1))
}

/** Where segment `index` begins in a plaintext of `size` bytes; behind the last one it is `size`. */
export function segmentStart(index: number, size: number): number {
  return index === 0 ? 0 : Math.min(size, segmentCapacity(0) + (index - 1) * segmentCapacity(1))
}

/** Bytes of the whole sealed file: head, stream header, plaintext and one tag for each segment. */
export function sealedSize(headLength: number, size: number): number {
  return headLength + STREAM_HEADER + size + TAG * segmentCount(size)
}

function parseHeader(json: Bytes): BidHeader {
  const flat = readFlat(json, KEYS, 'malformed_header')
  const text = (key: string): string => {
    const value = flat[key]
    if (typeof value !== 'string') throw malformed(key)
    return value
  }
  const name = (key: string): string => {
    const value = text(key)
    if (value === '' || NOT_PLAIN.test(value) || utf8(value).length > MAX_TEXT) throw malformed(key)
    return value
  }
  const digest = (key: string): string => {
    if (!/^[0-9a-f]{64}$/.test(text(key))) throw malformed(key)
    return text(key)
  }
  const data = (key: string, length?: number): Bytes => {
    let value: Bytes
    try {
      value = fromBase64(text(key))
    } catch {
      throw malformed(key)
    }
    if (length === undefined ? value.length === 0 : value.length !== length) throw malformed(key)
    return value
  }
  const size = flat['size']
  if (flat['v'] !== 1) throw malformed('v')
  const suite = flat['suite']
  if (suite !== 'INTL' && suite !== 'GM') throw malformed('suite')
  if (typeof size !== 'number' || size <= 0 || size > MAX_SIZE) throw malformed('size')
  const recipient = digest('recipient')
  const signer = digest('signer')
  // One certificate for both in INTL, a pair in GM.
  if ((recipient !== signer) !== (suite === 'GM')) throw malformed('signer')
  return {
    v: 1,
    suite,
    tender: name('tender'),
    lot: name('lot'),
    bidder: name('bidder'),
    name: name('name'),
    size,
    recipient,
    signer,
    salt: data('salt', 32),
    envelope: data('envelope'),
    commit: data('commit', 32),
    tagCommit: data('tag_commit', 32),
  }
}

