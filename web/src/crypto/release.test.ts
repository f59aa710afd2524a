import { beforeAll, describe, expect, it } from 'vitest'
import { PASSWORD, makeP12 } from '../../tests/pki'
import { type ActContext, type SignedAct, ZERO_DIGEST, signAct, verifyAct } from './act'
import { type Sealed, commitment, seal } from './bidseal'
import { hex } from './bytes'
import { readHeader } from './header'
import { type Identity } from './identity'
import { openP12 } from './p12'
import { type ReleaseRequest, type ReleaseSituation, openForRelease } from './release'
import { memorySink } from './sink'

const MANIFEST = 'ab'.repeat(32)
const context: ActContext = {
  origin: 'http://bidder1.localhost:8080',
  tender: 'T1',
  lot: '1',
  opening: 'T1-opening',
  deadline: 1_000,
  epoch: 0,
  manifest: MANIFEST,
  tree_size: 0,
  tree_root: ZERO_DIGEST,
  server_nonce: '00'.repeat(16),
}
const situation: ReleaseSituation = {
  origin: context.origin,
  tender: 'T1',
  lot: '1',
  opening: 'T1-opening',
  bidder: 'jia',
  deadline: 1_000,
  epoch: 0,
  manifest: MANIFEST,
  suspended: false,
  now: 5_000,
  windowStart: 2_000,
  windowEnd: 2_000 + 60 * 60_000,
  own: false,
}
let bidder: Identity
let other: Identity
let entity: Identity
let sealed: Sealed
let request: ReleaseRequest

const said = (changes: object = {}): object => {
  const { size, sha256, commit, tagCommit, salt, recipient } = sealed
  return { size, sha256, commit, tag_commit: tagCommit, salt, recipient, ...changes }
}
const deposit = (identity: Identity, changes: object = {}): Promise<SignedAct> =>
  signAct(identity, 'deposit', { ...context, opening: '' }, said(changes) as never)
const command = (changes: Partial<ActContext> = {}, by = entity, minutes = 60): Promise<SignedAct> =>
  signAct(by, 'command_decryption', { ...context, ...changes }, { minutes })
const refusal = async (changes: Partial<ReleaseRequest>, seen: Partial<ReleaseSituation> = {}, identity = bidder): Promise<string> => {
  const checks: string[] = []
  const promise = openForRelease({ ...request, ...changes }, { ...situation, ...seen }, identity, (check) => checks.push(check))
  return promise.then(() => 'released', (thrown: { code: string }) => (checks.includes('envelope') ? 'too late' : thrown.code))
}

beforeAll(async () => {
  bidder = await openP12(makeP12('release-bidder', 'rsa'), PASSWORD)
  other = await openP12(makeP12('release-other', 'ec'), PASSWORD)
  entity = await openP12(makeP12('release-entity', 'ec'), PASSWORD)
  const sealing = { tender: 'T1', lot: '1', bidder: 'jia', name: 'bid.zip', plaintext: new Blob(['bid']) }
  sealed = (await seal(sealing, bidder, memorySink(), () => undefined)).sealed
  request = { head: sealed.header, statement: await deposit(bidder), command: await command(), pinned: [entity.certificate] }
})

describe('a release', () => {
  it('gives the content key when every check holds', async () => {
    const checks: string[] = []
    const cek = await openForRelease(request, situation, bidder, (check) => checks.push(check))
    const { header } = await readHeader(sealed.header)
    expect(hex(await commitment(cek, header.salt))).toBe(sealed.commit)
    expect(checks).toEqual(['statement', 'header', 'command', 'situation', 'certificate', 'envelope'])
  })

  it('by another certificate is refused before anything is unwrapped', async () => {
    expect(await refusal({}, {}, other)).toBe('wrong_certificate')
  })

  it('of a header that is not the deposited one is refused', async () => {
    for (const changes of [{ commit: ZERO_DIGEST }, { tag_commit: ZERO_DIGEST }, { salt: ZERO_DIGEST }, { recipient: ZERO_DIGEST }, { size: 1 }])
      expect(await refusal({ statement: await deposit(bidder, changes) })).toBe('not_the_deposit')
    expect(await refusal({ statement: { ...request.statement, body: request.statement.body?.replace('a', 'b') ?? '' } })).toBe('not_the_deposit')
    expect(await refusal({}, { tender: 'T2' })).toBe('not_the_deposit')
  })

  it('of a trial envelope dressed up as the deposit is refused', async () => {
    const sealing = { tender: 'T1', lot: '1', bidder: 'jia', name: 'bid.zip', plaintext: new Blob(['trial']) }
    const trial = (await seal(sealing, bidder, memorySink(), () => undefined)).sealed
    expect(await refusal({ head: trial.header })).toBe('not_the_deposit')
  })

  it.each([
    ['another opening', { opening: 'T1-other' }],
    ['another manifest', { manifest: 'cd'.repeat(32) }],
    ['a later epoch', { epoch: 1 }],
    ['another deadline', { deadline: 999 }],
    ['another lot', { lot: '2' }],
    ['another tender', { tender: 'T2' }],
    ['another origin', { origin: 'https://elsewhere.example' }],
  ])('on a command for %s is refused', async (_, changes) => {
    expect(await refusal({ command: await command(changes) })).toBe('command_invalid')
  })

  it('on a command that no pinned certificate signed is refused', async () => {
    expect(await refusal({ command: await command({}, other) })).toBe('command_invalid')
    expect(await refusal({ command: { ...request.command, deadline: 7 } })).toBe('command_invalid')
  })

  it('in a window that nobody commanded is refused; what a suspension gave back and what is left for one bidder is not', async () => {
    const end = (minutes: number): Partial<ReleaseSituation> => ({ windowEnd: situation.windowStart + minutes * 60_000 })
    expect(await refusal({}, end(59))).toBe('command_invalid')
    expect(await refusal({}, end(61))).toBe('command_invalid')
    expect(await refusal({}, { ...end(75), epoch: 1 })).toBe('released')
    expect(await refusal({}, { ...end(20), own: true })).toBe('released')
    expect(await refusal({}, { ...end(61), own: true })).toBe('command_invalid')
    expect(await refusal({ command: await command({}, entity, 90) })).toBe('command_invalid')
    expect(await refusal({}, { windowStart: 20_000, windowEnd: 20_000 + 60 * 60_000 })).toBe('command_invalid')
  })

  it('of a bid for another lot or bidder of the same certificate is refused', async () => {
    const sealing = { tender: 'T1', lot: '2', bidder: 'jia', name: 'bid.zip', plaintext: new Blob(['bid']) }
    const elsewhere = (await seal(sealing, bidder, memorySink(), () => undefined)).sealed
    expect(await refusal({ head: elsewhere.header })).toBe('not_the_deposit')
    expect(await refusal({}, { bidder: 'yi' })).toBe('not_the_deposit')
  })

  it('of a head with any one bit flipped never gives a key', async () => {
    for (let at = 12; at < sealed.header.length; at += 97) {
      const head = sealed.header.slice()
      head[at] = (head[at] ?? 0) ^ 1
      expect(await refusal({ head })).not.toBe('released')
    }
  })

  it('while suspended or after the window is refused, on its last millisecond it is not', async () => {
    expect(await refusal({}, { suspended: true })).toBe('suspended')
    expect(await refusal({}, { now: 2_001 + 60 * 60_000 })).toBe('window_closed')
    expect(await refusal({}, { now: 2_000 + 60 * 60_000 })).toBe('released')
  })
})

it('an act is verified by its own certificate only, and by none after a change', async () => {
  expect(await verifyAct(request.statement, bidder.certificate)).toBe(true)
  expect(await verifyAct(request.statement, other.certificate)).toBe(false)
  expect(await verifyAct({ ...request.statement, epoch: 1 }, bidder.certificate)).toBe(false)
})
