import { beforeAll, expect, it } from 'vitest'
import { PASSWORD, makeP12 } from '../../tests/pki'
import { ZERO_DIGEST, signAct, verifyAct } from './act'
import { seal } from './bidseal'
import { hex, random } from './bytes'
import { readHeader } from './header'
import { borrow, lendByPort } from './holding'
import { type Identity, type Matter } from './identity'
import { openP12 } from './p12'
import { memorySink } from './sink'

const context = {
  origin: 'hall',
  tender: 'T1',
  lot: '1',
  opening: 'T1-opening',
  deadline: 1_000,
  epoch: 0,
  manifest: ZERO_DIGEST,
  tree_size: 0,
  tree_root: ZERO_DIGEST,
  server_nonce: '00'.repeat(16),
}
let one: Identity
let other: Identity

beforeAll(async () => {
  one = await openP12(makeP12('holding-one', 'ec'), PASSWORD)
  other = await openP12(makeP12('holding-other', 'ec'), PASSWORD)
})

it('keys lent by a port sign and unwrap there, and say what it is about', async () => {
  const told: Matter[] = []
  const { lent } = lendByPort({ ...one, sign: (data, matter) => (told.push(matter), one.sign(data, matter)) })
  const lender = borrow(lent)
  const act = await signAct(lender, 'login', context, { purpose: 'login' })
  expect(await verifyAct(act, one.certificate)).toBe(true)
  expect(told).toMatchObject([{ kind: 'act', act: { type: 'login', tender: 'T1' } }])
  const request = { tender: 'T1', lot: '1', bidder: 'jia', name: 'bid.zip', plaintext: new Blob(['bid']) }
  const { sealed } = await seal(request, lender, memorySink(), () => undefined)
  expect(sealed.recipient).toBe(one.fingerprint)
})

it('a refusal comes through the port with its code and facts', async () => {
  const request = { tender: 'T1', lot: '1', bidder: 'jia', name: 'bid.zip', plaintext: new Blob(['bid']) }
  const { sealed } = await seal(request, other, memorySink(), () => undefined)
  const { header, bytes } = await readHeader(sealed.header)
  const reason = { kind: 'self_test', head: bytes, cek: random(32) } as const
  await expect(borrow(lendByPort(one).lent).unwrap(header, reason)).rejects.toMatchObject({ code: 'wrong_certificate' })
  expect(hex(await other.unwrap(header, reason))).toHaveLength(64)
})
