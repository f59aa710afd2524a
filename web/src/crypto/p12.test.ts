import { describe, expect, it } from 'vitest'
import { PASSWORD, makeP12 } from '../../tests/pki'
import { utf8 } from './bytes'
import { verifySignature } from './certificate'
import { openP12 } from './p12'

const rsa = makeP12('rsa', 'rsa')
const ec = makeP12('ec', 'ec')
const code = (promise: Promise<unknown>): Promise<string> => promise.then(() => 'no failure', (thrown: { code: string }) => thrown.code)

describe('a PKCS#12 file', () => {
  it.each([['rsa', rsa], ['ec', ec]] as const)('with a %s key gives keys that sign and cannot be taken out', async (kind, file) => {
    const identity = await openP12(file, PASSWORD)
    expect(identity.info.kind).toBe(kind)
    expect(identity.info.name).toBe(`甲建设 ${kind}`)
    const { lent } = identity.lend()
    if (lent.kind !== 'file') throw new Error('the keys of a file go along')
    expect(lent.keys.signKey.extractable || lent.keys.unwrapKey.extractable).toBe(false)
    await expect(crypto.subtle.exportKey('pkcs8', lent.keys.signKey)).rejects.toThrow()
    const signature = await identity.sign(utf8('x'), { kind: 'pdf', name: 'x' })
    expect(await verifySignature(identity.certificate, utf8('x'), signature)).toBe(true)
  })

  it.each(['rsa', 'ec'] as const)('in the old 3DES form with a %s key still opens', async (kind) => {
    const file = makeP12(`old-${kind}`, kind, '-keypbe', 'PBE-SHA1-3DES', '-certpbe', 'PBE-SHA1-3DES', '-macalg', 'sha1')
    expect((await openP12(file, PASSWORD)).info.kind).toBe(kind)
    expect(await code(openP12(file, 'falsch'))).toBe('wrong_password')
  })

  it.each(['rsa', 'ec'] as const)('in the oldest form (RC2 for the certificate) with a %s key still opens', async (kind) => {
    const file = makeP12(`rc2-${kind}`, kind, '-legacy', '-keypbe', 'PBE-SHA1-3DES', '-certpbe', 'PBE-SHA1-RC2-40', '-macalg', 'sha1')
    expect((await openP12(file, PASSWORD)).info.kind).toBe(kind)
    expect(await code(openP12(file, 'falsch'))).toBe('wrong_password')
  })

  it('with the wrong password says so', async () => {
    expect(await code(openP12(rsa, 'not this'))).toBe('wrong_password')
    expect(await code(openP12(ec, ''))).toBe('wrong_password')
  })

  it('that is cut off, empty or something else is called damaged', async () => {
    expect(await code(openP12(rsa.slice(0, 900), PASSWORD))).toBe('damaged_certificate_file')
    expect(await code(openP12(new Uint8Array(0), PASSWORD))).toBe('damaged_certificate_file')
    expect(await code(openP12(utf8('-----BEGIN CERTIFICATE-----'), PASSWORD))).toBe('damaged_certificate_file')
  })
})
