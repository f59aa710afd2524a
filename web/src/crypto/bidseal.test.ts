import { beforeAll, describe, expect, it } from 'vitest'
import { PASSWORD, bytesOf, makeP12, openssl, put } from '../../tests/pki'
import { type Sealed, commitment, contentPrefix, openPayload, seal, selfTest } from './bidseal'
import { blobBytes, concat, equal, hex, random } from './bytes'
import { readHeader, readSealed, sealedSize, segmentCount } from './header'
import { type Identity } from './identity'
import { openP12 } from './p12'
import { memorySink } from './sink'

const SEGMENT = 1024 * 1024
const identities: Record<string, Identity> = {}
const request = (plaintext: Blob) => ({ tender: 'T1', lot: '1', bidder: 'jia', name: 'bid.zip', plaintext })
const sealed = (plaintext: Blob, who: string): Promise<{ sealed: Sealed; file: Blob }> =>
  seal(request(plaintext), identities[who] as Identity, memorySink(), () => undefined)
const code = (promise: Promise<unknown>): Promise<string> => promise.then(() => 'no failure', (thrown: { code: string }) => thrown.code)

beforeAll(async () => {
  identities['rsa'] = await openP12(makeP12('seal-rsa', 'rsa'), PASSWORD)
  identities['ec'] = await openP12(makeP12('seal-ec', 'ec'), PASSWORD)
})

describe.each(['rsa', 'ec'])('a bid sealed to an %s certificate', (who) => {
  it('has an envelope that openssl opens and whose key matches the commitment', async () => {
    const { file } = await sealed(new Blob([random(1000)]), who)
    const { header } = await readSealed(file)
    put('envelope.der', header.envelope)
    openssl('cms', '-decrypt', '-inform', 'DER', '-in', 'envelope.der', '-inkey', `seal-${who}.key`, '-recip', `seal-${who}.pem`, '-out', 'content', '-binary')
    const content = bytesOf('content')
    const prefix = await contentPrefix('T1', '1', 'jia', header.salt)
    expect(hex(content.slice(0, prefix.length))).toBe(hex(prefix))
    expect(hex(await commitment(content.slice(prefix.length), header.salt))).toBe(hex(header.commit))
  })

  it.each([1, 2, SEGMENT - 57, SEGMENT - 56, SEGMENT - 55, 2 * SEGMENT - 72, 2 * SEGMENT - 71])('of %i bytes passes its own test', async (size) => {
    const { sealed: result, file } = await sealed(new Blob([new Uint8Array(size).fill(7)]), who)
    expect(file.size).toBe(result.size)
    expect(file.size).toBe(sealedSize(result.header.length, size))
    expect(hex(new Uint8Array(await crypto.subtle.digest('SHA-256', await file.arrayBuffer())))).toBe(result.sha256)
  })

  it('fails its own test after any one byte has changed', async () => {
    const plaintext = new Blob([new Uint8Array(SEGMENT + 5).fill(3)])
    const { sealed: result, file } = await sealed(plaintext, who)
    const whole = await blobBytes(file)
    for (const at of [20, result.header.length + 2, result.header.length + 60, whole.length - 1]) {
      const changed = whole.slice()
      changed[at] = (changed[at] as number) ^ 1
      expect(await code(selfTest(new Blob([changed]), result.sha256, request(plaintext), identities[who] as Identity, random(32), () => undefined))).not.toBe('no failure')
    }
  })

  it('is refused under another key before anything is unwrapped', async () => {
    const plaintext = new Blob([random(10)])
    const { sealed: result, file } = await sealed(plaintext, who)
    const other = identities[who === 'rsa' ? 'ec' : 'rsa'] as Identity
    expect(await code(selfTest(file, result.sha256, request(plaintext), other, random(32), () => undefined))).toBe('wrong_certificate')
  })
})

describe('the file', () => {
  it('with one byte more or less is refused', async () => {
    const { file } = await sealed(new Blob([random(10)]), 'ec')
    const whole = await blobBytes(file)
    expect(await code(readSealed(new Blob([whole.slice(0, -1)])))).toBe('malformed_payload')
    expect(await code(readSealed(new Blob([concat(whole, new Uint8Array(1))])))).toBe('malformed_payload')
  })

  it('names the segment that is damaged', async () => {
    const { file } = await sealed(new Blob([new Uint8Array(2 * SEGMENT)]), 'ec')
    const whole = await blobBytes(file)
    const read = await readHeader(whole)
    whole[read.bytes.length + SEGMENT + 9] = (whole[read.bytes.length + SEGMENT + 9] as number) ^ 1
    const identity = identities['ec'] as Identity
    const cek = await identity.unwrap(read.header, { kind: 'self_test', head: read.bytes, cek: random(32) })
    const opened = openPayload(new Blob([whole]), read, cek, () => undefined, () => Promise.resolve())
    await expect(opened).rejects.toMatchObject({ code: 'ciphertext_damaged', facts: { segment: 1 } })
  })

  it('counts segments as Tink does', () => {
    expect([0, SEGMENT - 56, SEGMENT - 55, 2 * SEGMENT - 72, 2 * SEGMENT - 71].map(segmentCount)).toEqual([1, 1, 2, 2, 3])
  })

  it('never gives two bids the same salt', async () => {
    const salts = await Promise.all([1, 2].map(async () => (await readSealed((await sealed(new Blob(['x']), 'ec')).file)).header.salt))
    expect(equal(salts[0] as Uint8Array, salts[1] as Uint8Array)).toBe(false)
  })
})
