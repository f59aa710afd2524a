/** The national algorithms by the vectors that hall and browser share; and what the library would let pass. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { commitment, contentKey, isCommittedTo, openPayload, releaseTag, seal } from './bidseal'
import { type Bytes, concat, fromBase64, fromHex, hex, sha256 } from './bytes'
import { certificateInfo, verifySignature } from './certificate'
import { gm } from './gm'
import { signNational, unwrapNational } from './gmcms'
import { readHeader, readSealed } from './header'
import { type Identity } from './identity'
import { memorySink } from './sink'

interface Vectors {
  readonly sm3: readonly { data: string; digest: string }[]
  readonly hkdf: readonly { key: string; salt: string; info: string; length: number; out: string }[]
  readonly sm4_gcm: readonly { key: string; nonce: string; plain: string; sealed: string }[]
  readonly sm2: {
    readonly secret: string
    readonly public: string
    readonly signed: readonly { data: string; signature: string }[]
    readonly encrypted: readonly { plain: string; cipher: string }[]
  }
  readonly bid: Record<'signer' | 'recipient' | 'cek' | 'content' | 'tag' | 'plaintext' | 'file' | 'sha256' | 'summary_p7s', string>
}

const vectors = JSON.parse(readFileSync(new URL('../../../tests/vectors/gm.json', import.meta.url), 'utf-8')) as Vectors
const secret = fromHex(vectors.sm2.secret)
const point = fromHex(vectors.sm2.public)
const flipped = (data: Bytes, at: number): Bytes => data.map((byte, index) => (index === at ? byte ^ 1 : byte))

describe('the national algorithms', () => {
  it('give the digests and derived keys of the vectors', async () => {
    const one = await gm()
    expect(vectors.sm3.map(({ data }) => hex(one.sm3(fromHex(data))))).toEqual(vectors.sm3.map(({ digest }) => digest))
    expect(vectors.hkdf.map((v) => hex(one.hkdf(fromHex(v.key), fromHex(v.salt), fromHex(v.info), v.length)))).toEqual(vectors.hkdf.map(({ out }) => out))
  })

  it('seal and open as the vectors, and find one changed bit', async () => {
    const one = await gm()
    for (const { key, nonce, plain, sealed } of vectors.sm4_gcm) {
      expect(hex(one.seal(fromHex(key), fromHex(nonce), fromHex(plain)))).toBe(sealed)
      expect(hex(one.open(fromHex(key), fromHex(nonce), fromHex(sealed)))).toBe(plain)
      for (const at of [0, sealed.length / 2 - 1]) expect(() => one.open(fromHex(key), fromHex(nonce), flipped(fromHex(sealed), at))).toThrow()
    }
    expect(() => one.open(fromHex('00'.repeat(16)), fromHex('00'.repeat(12)), new Uint8Array(15))).toThrow()
  })

  it('verify the signatures of the vectors and nothing else', async () => {
    const one = await gm()
    for (const { data, signature } of vectors.sm2.signed) {
      expect(one.verify(point, fromHex(data), fromHex(signature))).toBe(true)
      expect(one.verify(point, fromHex(data), flipped(fromHex(signature), 40))).toBe(false)
      expect(one.verify(point, fromHex(`${data}00`), fromHex(signature))).toBe(false)
    }
    for (const wrong of ['', '00'.repeat(64), 'ff'.repeat(64)]) expect(one.verify(point, secret, fromHex(wrong))).toBe(false)
  })

  it('sign with another nonce each time', async () => {
    const one = await gm()
    const data = fromHex('616263')
    const signatures = [1, 2, 3].map(() => one.sign(secret, point, data))
    expect(signatures.every((signature) => one.verify(point, data, signature))).toBe(true)
    expect(new Set(signatures.map((signature) => hex(signature.slice(0, 32)))).size).toBe(3)
  })

  it('decrypt what the hall encrypted, with its own key alone', async () => {
    const one = await gm()
    for (const { plain, cipher } of vectors.sm2.encrypted) {
      expect(hex(one.decrypt(secret, fromHex(cipher)))).toBe(plain)
      expect(hex(one.decrypt(secret, one.encrypt(point, fromHex(plain))))).toBe(plain)
      expect(() => one.decrypt(one.generate().secret, fromHex(cipher))).toThrow()
    }
  })
})

/** Whoever holds the published example key of GB/T 32918.5; the other key of the pair is made anew. */
async function holder(): Promise<Identity> {
  const national = await gm()
  const signer = fromBase64(vectors.bid.signer)
  const recipient = fromBase64(vectors.bid.recipient)
  return {
    certificate: signer,
    fingerprint: hex(await sha256(signer)),
    chain: [],
    info: certificateInfo(signer),
    recipient: { certificate: recipient, fingerprint: hex(await sha256(recipient)) },
    sign: (data) => Promise.resolve(national.sign(secret, point, data)),
    unwrap: async (header) => contentKey(header, await unwrapNational(header.envelope, recipient, secret)),
    openEntrusted: (envelope) => unwrapNational(envelope, recipient, secret),
    lend: () => {
      throw new Error('no worker here')
    },
  }
}

describe('a bid of the suite GM', () => {
  it('that the hall sealed opens here, whole', async () => {
    const file = new Blob([fromBase64(vectors.bid.file)])
    const read = await readSealed(file)
    const cek = await (await holder()).unwrap(read.header, { kind: 'self_test', head: read.bytes, cek: fromHex(vectors.bid.cek) })
    const parts: Bytes[] = []
    await openPayload(file, read, cek, () => undefined, (plain) => Promise.resolve(void parts.push(plain.slice())))
    expect(read.header.suite).toBe('GM')
    expect(hex(cek)).toBe(vectors.bid.cek)
    expect(hex(await releaseTag(cek, read.header.salt, 'GM'))).toBe(vectors.bid.tag)
    expect(hex(await commitment(cek, read.header.salt, 'GM'))).toBe(hex(read.header.commit))
    expect(hex(concat(...parts))).toBe(hex(fromBase64(vectors.bid.plaintext)))
  })

  it('has a key that a custodian can hold against its tag and its commitment', async () => {
    const { header } = await readSealed(new Blob([fromBase64(vectors.bid.file)]))
    const cek = fromHex(vectors.bid.cek)
    const commit = hex(header.commit)
    expect(await isCommittedTo(cek, header.salt, vectors.bid.tag, commit)).toBe(true)
    const ofTheOther = hex(await commitment(cek, header.salt, 'INTL'))
    expect(await isCommittedTo(cek, header.salt, vectors.bid.tag, ofTheOther)).toBe(false)
    expect(await isCommittedTo(cek.map((byte) => byte ^ 1), header.salt, vectors.bid.tag, commit)).toBe(false)
  })

  it('is sealed here in segments and passes its own test', async () => {
    const plaintext = new Blob([new Uint8Array(1024 * 1024 + 5).fill(3)])
    const request = { tender: 'T1', lot: '1', bidder: 'jia', name: 'bid.zip', plaintext }
    const { sealed, file } = await seal(request, await holder(), memorySink(), () => undefined)
    const { header } = await readHeader(sealed.header)
    expect([header.suite, file.size]).toEqual(['GM', sealed.size])
    expect(header.recipient).not.toBe(header.signer)
    const broken = new Uint8Array(await file.arrayBuffer())
    broken[broken.length - 1] = (broken[broken.length - 1] as number) ^ 1
    const read = await readSealed(new Blob([broken]))
    const cek = await (await holder()).unwrap(read.header, { kind: 'self_test', head: read.bytes, cek: new Uint8Array(32) })
    const opened = openPayload(new Blob([broken]), read, cek, () => undefined, () => Promise.resolve())
    await expect(opened).rejects.toMatchObject({ code: 'ciphertext_damaged', facts: { segment: 1 } })
  })

  it('has an envelope that another key does not open, and none that was changed', async () => {
    const { header } = await readHeader(fromBase64(vectors.bid.file))
    const recipient = fromBase64(vectors.bid.recipient)
    const other = (await gm()).generate()
    await expect(unwrapNational(header.envelope, recipient, other.secret)).rejects.toMatchObject({ code: 'envelope_damaged' })
    await expect(unwrapNational(header.envelope, fromBase64(vectors.bid.signer), secret)).rejects.toMatchObject({ code: 'wrong_certificate' })
    await expect(unwrapNational(concat(header.envelope, new Uint8Array(1)), recipient, secret)).rejects.toMatchObject({ code: 'malformed_cms' })
    expect(hex(await unwrapNational(header.envelope, recipient, secret))).toBe(vectors.bid.content)
  })

  it('has a summary signed with SM2', async () => {
    const identity = await holder()
    const data = fromHex('616263')
    const signed = await signNational({ ...identity, certificate: fromBase64(vectors.bid.recipient) }, data, 1_795_309_200_000)
    expect(signed.length).toBeGreaterThan(600)
    expect(await verifySignature(fromBase64(vectors.bid.recipient), data, (await gm()).sign(secret, point, data))).toBe(true)
    expect(await verifySignature(fromBase64(vectors.bid.signer), data, (await gm()).sign(secret, point, data))).toBe(false)
  })
})
