/**
 * Sealing a bid and proving at once that the seal opens: `bidseal/1`, payload in Google Tink's AES256-GCM-HKDF-1MB streaming format.
 * Runs in a worker; knows no screen and no network.
 */
import { createSHA256 } from 'hash-wasm'
import { Failure } from '@/failure'
import { type Bytes, base64, blobBytes, concat, equal, hex, lengthPrefixed, random, sha256, utf8 } from './bytes'
import { unwrapEnvelope, wrapEnvelope } from './envelope'
import { type BidHeader, type ReadHeader, SEGMENT, STREAM_HEADER, type Suite, readHeader, readSealed, segmentCount, segmentStart, writeHeader } from './header'
import { type Identity, recipientOf, suiteOf } from './identity'
import { hkdf, payloadCipher } from './suite'

export interface SealRequest {
  readonly tender: string
  readonly lot: string
  readonly bidder: string
  /** File name of the plaintext. */
  readonly name: string
  readonly plaintext: Blob
}

export interface Sealed {
  /** SHA-256 of the whole sealed file, hex. */
  readonly sha256: string
  readonly size: number
  /** Everything before the payload. */
  readonly header: Bytes
  /** Hex, as the deposit statement repeats them from the header. */
  readonly commit: string
  readonly tagCommit: string
  readonly salt: string
  readonly recipient: string
}

/** Takes the sealed bytes in order, and gives them back as a file when all are there. */
export interface Sink {
  write(data: Bytes): Promise<void> | void
  finish(): Promise<Blob>
  /** Let go of what was written: something failed. */
  abandon(): void
}

export type Progress = (part: 'sealing' | 'testing', fraction: number) => void

const COMMIT = utf8('bidseal/1 commit')
const RELEASE_TAG = utf8('bidseal/1 release tag')
const CONTENT_PREFIX = utf8('bidseal/1 cek\0')

/** What stands before the content key inside the envelope: it ties the key to one tender, lot, bidder and file. */
export async function contentPrefix(tender: string, lot: string, bidder: string, salt: Bytes): Promise<Bytes> {
  return concat(CONTENT_PREFIX, await sha256(lengthPrefixed(utf8(tender), utf8(lot), utf8(bidder), salt)))
}

export function commitment(cek: Bytes, salt: Bytes, suite: Suite = 'INTL'): Promise<Bytes> {
  return hkdf(suite, cek, salt, COMMIT, 32)
}

export function releaseTag(cek: Bytes, salt: Bytes, suite: Suite = 'INTL'): Promise<Bytes> {
  return hkdf(suite, cek, salt, RELEASE_TAG, 32)
}

/** Whether a release's tag and a deposit's commitment (hex) are of this content key, in one suite: which one, the header alone says. */
export async function isCommittedTo(cek: Bytes, salt: Bytes, tag: string, commit: string): Promise<boolean> {
  for (const suite of ['INTL', 'GM'] as const) {
    if (hex(await releaseTag(cek, salt, suite)) === tag) return hex(await commitment(cek, salt, suite)) === commit
  }
  return false
}

/** Makes what the bidder keeps of a content key (a recovery file); prefix: of the payload's nonces. */
export type Keep = (head: Bytes, prefix: Bytes, cek: Bytes) => Promise<void>

const keepNothing: Keep = () => Promise.resolve()

/** Seal to the identity's own certificate, then open everything again with the very key. The bytes end in `sink`. */
export async function seal(request: SealRequest, identity: Identity, sink: Sink, progress: Progress, keep: Keep = keepNothing): Promise<{ sealed: Sealed; file: Blob }> {
  const cek = random(32)
  const salt = random(32)
  const head = await makeHead(request, identity, cek, salt)
  const cipher = await payloadCipher(suiteOf(identity), cek, salt, await sha256(head))
  const prefix = random(7)
  const hasher = await createSHA256()
  let size = 0
  const emit = async (data: Bytes): Promise<void> => {
    hasher.update(data)
    size += data.length
    await sink.write(data)
  }
  await emit(concat(head, Uint8Array.of(STREAM_HEADER), salt, prefix))
  const count = segmentCount(request.plaintext.size)
  for await (const { first, parts } of blocks(request.plaintext, count, (segment) => segmentStart(segment, request.plaintext.size))) {
    const sealed = await Promise.all(
      parts.map((part, index) => cipher.seal(nonce(prefix, first + index, first + index === count - 1), part)),
    )
    for (const segment of sealed) await emit(segment)
    progress('sealing', (first + parts.length) / count)
  }
  const file = await sink.finish()
  const digest = hasher.digest('hex')
  await selfTest(file, digest, request, identity, cek, (fraction) => progress('testing', fraction))
  await keep(head, prefix, cek)
  const { header } = await readHeader(head)
  return {
    sealed: {
      sha256: digest,
      size,
      header: head,
      commit: hex(header.commit),
      tagCommit: hex(header.tagCommit),
      salt: hex(header.salt),
      recipient: header.recipient,
    },
    file,
  }
}

/**
 * Read the sealed file back, unwrap its envelope with the very key, open every segment and compare it with the plaintext.
 * Throws Failure('self_test_failed', {step}) where anything does not hold: then the file must not be deposited.
 */
export async function selfTest(
  file: Blob,
  digest: string,
  request: SealRequest,
  identity: Identity,
  sealedWith: Bytes,
  progress: (fraction: number) => void,
): Promise<void> {
  const { header, bytes, aad } = await readSealed(file)
  if (header.recipient !== recipientOf(identity).fingerprint) throw new Failure('wrong_certificate')
  const cek = await identity.unwrap(header, { kind: 'self_test', head: bytes, cek: sealedWith })
  const hasher = await createSHA256()
  let at = 0
  await openPayload(file, { header, bytes, aad }, cek, (data) => hasher.update(data), async (plain, fraction) => {
    const expected = await blobBytes(request.plaintext.slice(at, at + plain.length))
    if (!equal(plain, expected)) throw new Failure('self_test_failed', { step: 'plaintext' })
    at += plain.length
    progress(fraction)
  })
  if (at !== request.plaintext.size) throw new Failure('self_test_failed', { step: 'length' })
  if (hasher.digest('hex') !== digest) throw new Failure('self_test_failed', { step: 'digest' })
}

/**
 * Unwrap a header's envelope with a key in this window and check that the content is this bid's key: prefix, length, commitment, tag commitment.
 * Not a door for the hall: only an identity of a file calls it, for the self-test of an own file and after the checks of a release.
 */
export async function openEnvelope(header: BidHeader, certificate: Bytes, unwrapKey: CryptoKey): Promise<Bytes> {
  return contentKey(header, await unwrapEnvelope(header.envelope, certificate, unwrapKey))
}

/** The content key that an envelope held, if it is this header's: wrong_context, commit_mismatch. */
export async function contentKey(header: BidHeader, content: Bytes): Promise<Bytes> {
  const prefix = await contentPrefix(header.tender, header.lot, header.bidder, header.salt)
  if (content.length !== prefix.length + 32 || !equal(content.slice(0, prefix.length), prefix)) throw new Failure('wrong_context')
  const cek = content.slice(prefix.length)
  if (!equal(await commitment(cek, header.salt, header.suite), header.commit)) throw new Failure('commit_mismatch')
  if (!equal(await sha256(await releaseTag(cek, header.salt, header.suite)), header.tagCommit)) throw new Failure('commit_mismatch')
  return cek
}

/** Open every segment of a sealed file in order. Throws Failure('ciphertext_damaged', {segment}). */
export async function openPayload(
  file: Blob,
  { header, bytes, aad }: ReadHeader,
  cek: Bytes,
  onBytes: (data: Bytes) => void,
  onPlain: (data: Bytes, fraction: number) => Promise<void>,
): Promise<void> {
  const start = await blobBytes(file.slice(0, bytes.length + STREAM_HEADER))
  onBytes(start)
  const stream = start.slice(bytes.length)
  if (stream[0] !== STREAM_HEADER || !equal(stream.slice(1, 33), header.salt)) throw new Failure('ciphertext_damaged', { segment: 0 })
  const cipher = await payloadCipher(header.suite, cek, header.salt, aad)
  const count = segmentCount(header.size)
  const from = (segment: number): number => (segment === 0 ? start.length : Math.min(file.size, bytes.length + segment * SEGMENT))
  for await (const { first, parts } of blocks(file, count, from)) {
    const opened = await Promise.all(
      parts.map(async (part, index) => {
        const iv = nonce(stream.slice(33), first + index, first + index === count - 1)
        return cipher.open(iv, part).catch(() => null)
      }),
    )
    for (const [index, plain] of opened.entries()) {
      if (plain === null) throw new Failure('ciphertext_damaged', { segment: first + index })
      onBytes(parts[index] as Bytes)
      await onPlain(plain, (first + index + 1) / count)
    }
  }
}

/** Segments read, and worked on together, at a time: one by one costs half the speed, and more costs memory only. */
const BLOCK = 8

/** The segments of a file in blocks; while one block is worked on, the next one is read. `from` tells where a segment begins. */
async function* blocks(file: Blob, count: number, from: (segment: number) => number): AsyncGenerator<{ first: number; parts: Bytes[] }> {
  const read = (first: number): Promise<Bytes> => {
    const block = blobBytes(file.slice(from(first), from(Math.min(count, first + BLOCK))))
    block.catch(() => undefined) // Whoever waits for it hears of it; who has given up meanwhile does not.
    return block
  }
  let ahead = read(0)
  for (let first = 0; first < count; first += BLOCK) {
    const block = await ahead
    if (first + BLOCK < count) ahead = read(first + BLOCK)
    const parts = Array.from({ length: Math.min(BLOCK, count - first) }, (_, index) =>
      block.subarray(from(first + index) - from(first), from(first + index + 1) - from(first)),
    )
    yield { first, parts }
  }
}

async function makeHead(request: SealRequest, identity: Identity, cek: Bytes, salt: Bytes): Promise<Bytes> {
  const prefix = await contentPrefix(request.tender, request.lot, request.bidder, salt)
  const suite = suiteOf(identity)
  const recipient = recipientOf(identity)
  const wrap = suite === 'GM' ? (await import('./gmcms')).wrapNational : wrapEnvelope
  return writeHeader({
    v: 1,
    suite,
    tender: request.tender,
    lot: request.lot,
    bidder: request.bidder,
    name: request.name,
    size: request.plaintext.size,
    recipient: recipient.fingerprint,
    signer: identity.fingerprint,
    salt: base64(salt),
    envelope: base64(await wrap(recipient.certificate, concat(prefix, cek))),
    commit: base64(await commitment(cek, salt, suite)),
    tag_commit: base64(await sha256(await releaseTag(cek, salt, suite))),
  })
}

function nonce(prefix: Bytes, index: number, last: boolean): Bytes {
  const iv = new Uint8Array(12)
  iv.set(prefix)
  new DataView(iv.buffer).setUint32(7, index)
  iv[11] = last ? 1 : 0
  return iv
}
