import { describe, expect, it } from 'vitest'
import { asFailure } from '@/failure'
import { type Bytes, concat, hex, sha256, utf8 } from './bytes'
import { checkPreparedRecord, digestAround, placeholder, readAttributes } from './pdfdigest'

const certificate = utf8('a certificate')

const der = (tag: number, ...content: Uint8Array[]): Bytes => {
  const whole = concat(...content)
  return concat(whole.length < 128 ? Uint8Array.of(tag, whole.length) : Uint8Array.of(tag, 0x81, whole.length), whole)
}
const oid = (text: string): Bytes => der(0x06, Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16)))
const attribute = (type: string, value: Uint8Array): Bytes => der(0x30, oid(type), der(0x31, value))
const contentType = attribute('2a864886f70d010903', oid('2a864886f70d010701'))
const messageDigest = (digest: Bytes): Bytes => attribute('2a864886f70d010904', der(0x04, digest))
const certificateNamed = (hash: Bytes): Bytes =>
  attribute('2a864886f70d010910022f', der(0x30, der(0x30, der(0x30, der(0x04, hash)))))

/** A file with one waiting signature; `numbers` replaces its true range. */
function prepared(before = '%PDF-1.7 the record\n', numbers?: number[], gap = `<${'00'.repeat(64)}>`): Bytes {
  const width = 48
  const head = `${before}<< /Type /Sig /Contents `
  const tail = (range: string): string => ` /ByteRange ${range.padEnd(width)} >>\nstartxref\n1\n%%EOF\n`
  const end = head.length + gap.length
  const range = numbers ?? [0, head.length, end, tail('').length]
  return utf8(head + gap + tail(`[${range.join(' ')}]`))
}

async function attributesFor(pdf: Bytes, signer = certificate): Promise<{ announced: string; set: Bytes }> {
  const digest = await digestAround(pdf, placeholder(pdf))
  return { announced: hex(digest), set: der(0x31, contentType, messageDigest(digest), certificateNamed(await sha256(signer))) }
}

const refusal = (work: Promise<unknown>): Promise<string> =>
  work.then(() => 'accepted', (thrown: unknown) => `${asFailure(thrown).code} ${String(asFailure(thrown).facts['reason'])}`)
const rangeOf = (pdf: Bytes): Promise<string> => refusal(Promise.resolve().then(() => placeholder(pdf)))

describe('a prepared record', () => {
  it('is signed as the very attributes that name its digest and my certificate', async () => {
    const pdf = prepared()
    const { announced, set } = await attributesFor(pdf)
    expect(await checkPreparedRecord(pdf, announced, set, certificate)).toEqual(set)
    expect(set[0]).toBe(0x31)
  })

  it('is found behind an earlier signature', async () => {
    const first = prepared()
    const both = new TextDecoder().decode(first)
    const pdf = prepared(both)
    expect(placeholder(pdf).start).toBeGreaterThan(first.length)
    const { announced, set } = await attributesFor(pdf)
    expect(await refusal(checkPreparedRecord(pdf, announced, set, certificate))).toBe('accepted')
  })

  it('is not signed when one byte of it changed after the hall named its digest', async () => {
    const pdf = prepared()
    const { announced, set } = await attributesFor(pdf)
    const changed = pdf.slice()
    changed[12] = 0x21
    expect(await refusal(checkPreparedRecord(changed, announced, set, certificate))).toBe('digest_not_confirmed announced')
  })

  it('is not signed when the attributes speak of another document than the one shown', async () => {
    const pdf = prepared()
    const { announced } = await attributesFor(pdf)
    const { set } = await attributesFor(prepared('%PDF-1.7 another record\n'))
    expect(await refusal(checkPreparedRecord(pdf, announced, set, certificate))).toBe('digest_not_confirmed attributes')
  })

  it("is not signed in the name of somebody else's certificate", async () => {
    const pdf = prepared()
    const { announced, set } = await attributesFor(pdf, utf8('another certificate'))
    expect(await refusal(checkPreparedRecord(pdf, announced, set, certificate))).toBe('digest_not_confirmed certificate')
  })
})

describe('a byte range', () => {
  it.each([
    ['that leaves out the beginning', [5, 40, 170, 0]],
    ['that leaves out the end', [0, 44, 174, 20]],
    ['that leaves out more than the placeholder', [0, 20, 174, 0]],
    ['without a gap', [0, 174, 174, 0]],
  ])('%s is refused', async (_name, [first = 0, start = 0, end = 0, rest = 0]) => {
    const length = prepared().length
    const numbers = [first, start, end, rest === 0 ? length - end : rest]
    expect(await rangeOf(prepared(undefined, numbers))).toMatch(/^malformed_pdf /)
  })

  it('around anything but an empty placeholder is refused', async () => {
    expect(await rangeOf(prepared(undefined, undefined, `<${'ab'.repeat(64)}>`))).toBe('malformed_pdf not_a_placeholder')
    expect(await rangeOf(prepared(undefined, undefined, ' hidden page '))).toBe('malformed_pdf not_a_placeholder')
  })

  it('that exists twice, or not at all, is refused', async () => {
    const pdf = prepared()
    const range = /\/ByteRange \[[^\]]*\]/.exec(new TextDecoder().decode(pdf))?.[0] ?? ''
    expect(await rangeOf(concat(pdf.subarray(0, 0), utf8(range), pdf.subarray(range.length)))).toMatch(/^malformed_pdf /)
    expect(await rangeOf(utf8('%PDF-1.7\n%%EOF'))).toBe('malformed_pdf not_one_open_signature')
  })
})

describe('signed attributes', () => {
  const digest = new Uint8Array(32)
  const good = [contentType, messageDigest(digest), certificateNamed(digest)]

  it('are read when they are the three of a record', () => {
    expect(readAttributes(der(0x31, ...good)).messageDigest).toEqual(digest)
  })

  it.each([
    ['one missing', der(0x31, contentType, messageDigest(digest))],
    ['one twice', der(0x31, ...good, messageDigest(digest))],
    ['one more', der(0x31, ...good, attribute('2a864886f70d010905', der(0x17, utf8('261122010000Z'))))],
    ['two values', der(0x31, contentType, der(0x30, oid('2a864886f70d010904'), der(0x31, der(0x04, digest), der(0x04, digest))), certificateNamed(digest))],
    ['another content type', der(0x31, attribute('2a864886f70d010903', oid('2a864886f70d010702')), ...good.slice(1))],
    ['no set', der(0x30, ...good)],
    ['something behind', concat(der(0x31, ...good), Uint8Array.of(0))],
    ['a length cut off', der(0x31, ...good).slice(0, -1)],
    ['a long form of a short length', concat(Uint8Array.of(0x31, 0x82, 0, 0x80), new Uint8Array(0x80))],
    ['an endless length', Uint8Array.of(0x31, 0x80, 0, 0)],
    ['nothing', new Uint8Array(0)],
  ])('with %s are refused', async (_name, set) => {
    expect(await refusal(Promise.resolve().then(() => readAttributes(set)))).toBe('digest_not_confirmed attributes_malformed')
  })
})
