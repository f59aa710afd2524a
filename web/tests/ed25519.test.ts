/** Node's own Ed25519 as the oracle of the arithmetic that serves browsers without it. */
import { generateKeyPairSync, sign } from 'node:crypto'
import { expect, it } from 'vitest'
import { utf8 } from '@/crypto/bytes'
import { byHand } from '../verify/ed25519'

it('plain arithmetic takes good signatures and no others', async () => {
  for (const text of ['', 'checkpoint', 'x'.repeat(1000)]) {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519')
    const key = Uint8Array.from(publicKey.export({ type: 'spki', format: 'der' }).subarray(-32))
    const signature = Uint8Array.from(sign(null, utf8(text), privateKey))
    expect(await byHand(key, utf8(text), signature)).toBe(true)
    expect(await byHand(key, utf8(`${text}.`), signature)).toBe(false)
    for (const place of [0, 31, 32, 63]) {
      const other = signature.slice()
      other[place] = (other[place] ?? 0) ^ 1
      expect(await byHand(key, utf8(text), other)).toBe(false)
    }
  }
})
