import { beforeAll, describe, expect, it } from 'vitest'
import vector from '../../../tests/vectors/entrusted.json'
import { type Bytes, fromBase64, fromHex, hex, sha256 } from './bytes'
import { releaseTag } from './bidseal'
import { entrust, openEntrusted } from './entrusted'
import { type Identity } from './identity'
import { openP12 } from './p12'

const place = { tender: vector.tender, lot: vector.lot, bidder: vector.bidder, opening: vector.opening, salt: fromHex(vector.salt) }
const key = fromHex(vector.key)
const code = (promise: Promise<unknown>): Promise<string> => promise.then(() => 'no failure', (thrown: { code: string }) => thrown.code)
let supervisor: Identity
let notary: Identity

beforeAll(async () => {
  const [first, second] = await Promise.all(vector.custodians.map((p12) => openP12(fromBase64(p12), vector.password)))
  if (first === undefined || second === undefined) throw new Error('two custodians')
  supervisor = first
  notary = second
})

describe('a key entrusted to custodians', () => {
  it('opens as the hall’s own vector says, the supervisor first', async () => {
    const inner = await openEntrusted(fromBase64(vector.envelope), vector.inner, place, supervisor)
    expect(hex(await sha256(inner))).toBe(vector.inner)
    expect(hex(await openEntrusted(inner, '', place, notary))).toBe(vector.key)
    expect(hex(await releaseTag(key, place.salt))).toBe(vector.tag)
  })

  it('is made here as it is opened here', async () => {
    const made = await entrust(key, place, [supervisor.certificate, notary.certificate])
    const inner: Bytes = await openEntrusted(made.envelope, made.inner, place, supervisor)
    expect(hex(await openEntrusted(inner, '', place, notary))).toBe(vector.key)
    expect(await code(openEntrusted(made.envelope, made.inner, place, notary))).toBe('wrong_certificate')
  })

  it('cannot be moved to another lot, bidder or opening', async () => {
    const { envelope } = await entrust(key, place, [supervisor.certificate])
    for (const change of [{ lot: '2' }, { bidder: 'yi' }, { opening: 'other' }]) {
      expect(await code(openEntrusted(envelope, '', { ...place, ...change }, supervisor))).toBe('wrong_context')
    }
  })
})
