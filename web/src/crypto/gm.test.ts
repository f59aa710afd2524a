/** The national algorithms by the vectors that hall and browser share; and what the library would let pass. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type Bytes, fromBase64, fromHex, hex } from './bytes'
import { gm } from './gm'

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
    expect(fromBase64(vectors.bid.recipient).length).toBeGreaterThan(0)
  })
})
