/** The vectors that hall and browser share (tests/vectors): both sides read the same bytes the same way. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type SignedAct, signedBytes, verifyAct } from './act'
import { commitment, contentPrefix, openPayload, releaseTag } from './bidseal'
import { type Bytes, concat, fromBase64, fromHex, hex, sha256 } from './bytes'
import { readEnvelope } from './envelope'
import { readHeader, readSealed, sealedSize, segmentCount } from './header'

interface Valid {
  readonly name: string
  readonly cek: string
  readonly salt: string
  readonly content: string
  readonly aad: string
  readonly commit: string
  readonly tag: string
  readonly tag_commit: string
  readonly header: string
  readonly payload: string
  readonly plaintext: string
  readonly sha256: string
  readonly file_length: number
}

interface SealVectors {
  readonly valid: readonly Valid[]
  readonly damaged: readonly { name: string; file: string; code: string; segment?: number }[]
  readonly malformed: readonly { name: string; prefix: string; code: string }[]
  readonly malformed_envelopes: readonly { name: string; prefix: string }[]
  readonly lengths: readonly { header_len: number; size: number; segments: number; file_length: number }[]
}

interface ActVectors {
  readonly valid: readonly { name: string; act: SignedAct; signed_bytes: string; certificate: string }[]
}

function vectors<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../../../tests/vectors/${name}.json`, import.meta.url), 'utf-8')) as T
}

const seals = vectors<SealVectors>('bidseal')
const acts = vectors<ActVectors>('acts')
const bytes = (text: string): Bytes => fromBase64(text)
const first = (): Valid => seals.valid[0] as Valid

describe('a sealed bid of the vectors', () => {
  it.each(seals.valid)('is read: $name', async (vector) => {
    const { header, aad } = await readHeader(concat(bytes(vector.header), bytes(vector.payload)))
    expect(hex(header.salt)).toBe(vector.salt)
    expect(hex(header.commit)).toBe(vector.commit)
    expect(hex(header.tagCommit)).toBe(vector.tag_commit)
    expect(hex(aad)).toBe(vector.aad)
    const cek = fromHex(vector.cek)
    const prefix = await contentPrefix(header.tender, header.lot, header.bidder, header.salt)
    expect(hex(concat(prefix, cek))).toBe(vector.content)
    expect(hex(await commitment(cek, header.salt))).toBe(vector.commit)
    expect(hex(await releaseTag(cek, header.salt))).toBe(vector.tag)
    expect(hex(await sha256(await releaseTag(cek, header.salt)))).toBe(vector.tag_commit)
  })

  it.each(seals.valid)('opens to its plaintext: $name', async (vector) => {
    const whole = concat(bytes(vector.header), bytes(vector.payload))
    expect(whole.length).toBe(vector.file_length)
    expect(hex(await sha256(whole))).toBe(vector.sha256)
    const file = new Blob([whole])
    const parts: Bytes[] = []
    await openPayload(file, await readSealed(file), fromHex(vector.cek), () => undefined, (plain) => {
      parts.push(plain)
      return Promise.resolve()
    })
    expect(concat(...parts)).toEqual(bytes(vector.plaintext))
  })

  it.each(seals.damaged)('is refused when damaged: $name', async ({ file, code, segment }) => {
    const blob = new Blob([bytes(file)])
    const opened = readSealed(blob).then((read) =>
      openPayload(blob, read, fromHex(first().cek), () => undefined, () => Promise.resolve()),
    )
    await expect(opened).rejects.toMatchObject(segment === undefined ? { code } : { code, facts: { segment } })
  })

  it.each(seals.malformed)('with a malformed header is refused: $name', async ({ prefix, code }) => {
    await expect(readHeader(bytes(prefix))).rejects.toMatchObject({ code })
  })

  it.each(seals.malformed_envelopes)('with another envelope than for one recipient is refused: $name', async ({ prefix }) => {
    const { header } = await readHeader(bytes(prefix))
    expect(() => readEnvelope(header.envelope)).toThrow(expect.objectContaining({ code: 'malformed_cms' }))
  })

  it.each(seals.lengths)('has the one length its header allows: $size bytes', ({ header_len, size, segments, file_length }) => {
    expect(segmentCount(size)).toBe(segments)
    expect(sealedSize(12 + header_len, size)).toBe(file_length)
  })
})

describe('an act of the vectors', () => {
  it.each(acts.valid)('has the same bytes here, and a right signature: $name', async ({ act, signed_bytes, certificate }) => {
    expect(hex(await signedBytes(act))).toBe(signed_bytes)
    expect(await verifyAct(act, bytes(certificate))).toBe(true)
    expect(await verifyAct({ ...act, deadline: act.deadline + 1 }, bytes(certificate))).toBe(false)
  })
})
