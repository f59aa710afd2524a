import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { PASSWORD, makeP12 } from '../../tests/pki'
import { view } from '../../tests/view'
import { type ActContext, type ActType, type SignedAct, ZERO_DIGEST, signAct } from '@/crypto/act'
import { type Json } from '@/crypto/canonical'
import { type Identity } from '@/crypto/identity'
import { openP12 } from '@/crypto/p12'
import { type View } from '@/wire/types.gen'
import { custodiansFor, pinCustody } from './custody'

const context: ActContext = {
  origin: 'hall.example',
  tender: 'T1',
  lot: '',
  opening: 'T1-opening',
  deadline: 1_000,
  epoch: 0,
  manifest: 'ab'.repeat(32),
  tree_size: 0,
  tree_root: ZERO_DIGEST,
  server_nonce: '00'.repeat(16),
}
const people: Record<string, Identity> = {}
const of = (name: string): Identity => people[name] as Identity
const act = (by: string, type: ActType, body: Json, changes: Partial<ActContext> = {}): Promise<SignedAct> => signAct(of(by), type, { ...context, ...changes }, body)
const named = (by: string): Promise<SignedAct> => act(by, 'name_custodians', { custodians: [of('other').fingerprint], reason: '遗失' })
const appointed = (by: string, whom: string, role = 'procuring_entity', changes: Partial<ActContext> = {}): Promise<SignedAct> =>
  act(by, 'appoint_substitute', { role, party: 'p', name: 'n', unit: 'u', certificate: of(whom).fingerprint, reason: '换班' }, changes)
const taken = (by: string): Promise<SignedAct> => act(by, 'take_post', {})

function shown(keeper: string, naming: SignedAct | null = null, passed: readonly SignedAct[] = []): View {
  const custody = { rule: 'custodians', custodians: [{ role: 'supervisor', name: '', certificate: of(keeper).fingerprint }], successors: [], owner: of('owner').fingerprint }
  const deputies = [{ role: 'procuring_entity', name: '', unit: '', certificate: of('deputy').fingerprint }]
  const { origin, tender, opening } = context
  return view({ origin, tender, opening, deputies, custody: { ...custody, named: naming as never, owner_passed: passed as never } })
}

/** Whom this page would entrust a key to, or the code of its refusal. */
async function believes(naming: SignedAct | null, ...passed: SignedAct[]): Promise<string> {
  pinCustody(shown('keeper'))
  return custodiansFor(shown('other', naming, passed)).then(
    (found) => `${String(found.length)} custodian`,
    (thrown: { code: string }) => thrown.code,
  )
}

beforeAll(async () => {
  for (const name of ['owner', 'heir', 'deputy', 'keeper', 'other']) people[name] = await openP12(makeP12(`custody-${name}`, 'ec'), PASSWORD)
  vi.stubGlobal('fetch', (path: string) => {
    const found = Object.values(people).find(({ fingerprint }) => path.endsWith(fingerprint))
    return Promise.resolve(new Response(found?.certificate ?? null, { status: found === undefined ? 404 : 200 }))
  })
})

beforeEach(() => {
  const kept = new Map<string, string>()
  vi.stubGlobal('localStorage', { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => void kept.set(key, value) })
})

describe('another custodian (clauses 4.7, 4.11)', () => {
  it('is believed by the signature of whom the tender named as its owner', async () => {
    expect(await believes(await named('owner'))).toBe('1 custodian')
    expect(await believes(null)).toBe('custody_changed')
  })

  it('is believed by who took the owner’s post over by signed hand-overs', async () => {
    expect(await believes(await named('heir'), await appointed('owner', 'heir'))).toBe('1 custodian')
    expect(await believes(await named('deputy'), await taken('deputy'))).toBe('1 custodian')
    expect(await believes(await named('heir'), await taken('deputy'), await appointed('deputy', 'heir'))).toBe('1 custodian')
    expect(await believes(await named('owner'), await appointed('owner', 'heir'))).toBe('1 custodian')
  })

  it('is not believed where a hand-over is missing, or somebody else signed it', async () => {
    const naming = await named('heir')
    expect(await believes(naming)).toBe('custody_changed')
    expect(await believes(naming, await appointed('heir', 'heir'))).toBe('custody_changed')
    expect(await believes(naming, await appointed('owner', 'heir', 'supervisor'))).toBe('custody_changed')
    expect(await believes(naming, await appointed('owner', 'heir', 'procuring_entity', { opening: 'O-2' }))).toBe('custody_changed')
    expect(await believes(naming, await taken('heir'))).toBe('custody_changed')
    expect(await believes(naming, await taken('deputy'), await appointed('owner', 'heir'))).toBe('custody_changed')
    expect(await believes(naming, { ...(await appointed('other', 'heir')), certificate: of('owner').fingerprint })).toBe('custody_changed')
  })
})
