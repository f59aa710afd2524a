/** Files with a pair of SM2 keys, made by OpenSSL where it can and by hand where it can't. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { base64, fromBase64, fromHex, utf8 } from './bytes'
import { verifySignature } from './certificate'
import { openPair } from './gmkeys'
import { readHeader } from './header'

const vectors = JSON.parse(readFileSync(new URL('../../../tests/vectors/gm.json', import.meta.url), 'utf-8')) as {
  pair: { file: string; password: string; data: string }
  bid: { file: string; cek: string }
}
const file = fromBase64(vectors.pair.file)
const code = (promise: Promise<unknown>): Promise<string> => promise.then(() => 'no failure', (thrown: { code: string }) => thrown.code)

describe('a file with a pair of SM2 keys', () => {
  it('opens with its password and signs with the first certificate', async () => {
    const identity = await openPair(file, vectors.pair.password)
    const data = utf8(vectors.pair.data)
    const signature = await identity.sign(data, { kind: 'summary', summary: data })
    expect(await verifySignature(identity.certificate, data, signature)).toBe(true)
    expect(identity.info.kind).toBe('sm2')
    expect(identity.recipient?.fingerprint).not.toBe(identity.fingerprint)
  })

  it('unwraps with the second one', async () => {
    const identity = await openPair(file, vectors.pair.password)
    const { header, bytes } = await readHeader(fromBase64(vectors.bid.file))
    const cek = await identity.unwrap(header, { kind: 'self_test', head: bytes, cek: fromHex(vectors.bid.cek) })
    expect(base64(cek)).toBe(base64(fromHex(vectors.bid.cek)))
  })

  it('says what is wrong with another', async () => {
    expect(await code(openPair(file, 'another'))).toBe('wrong_password')
    expect(await code(openPair(utf8('nothing'), 'demo1234'))).toBe('damaged_certificate_file')
    const text = new TextDecoder().decode(file)
    const firstKey = text.slice(0, text.indexOf('-----END ENCRYPTED PRIVATE KEY-----') + 36)
    expect(await code(openPair(utf8(firstKey), vectors.pair.password))).toBe('damaged_certificate_file')
  })
})
