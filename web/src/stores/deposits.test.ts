import { beforeEach, expect, it } from 'vitest'
import { type SignedAct } from '@/crypto/act'
import { type Receipt } from '@/wire/types.gen'
import { recallDeposit, rememberDeposit } from './deposits'

beforeEach(() => {
  const kept = new Map<string, string>()
  const storage = { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => void kept.set(key, value) }
  Object.assign(globalThis, { localStorage: storage })
})

it('finds a deposit of a pair by the certificate that signed it and by the one it is sealed to', () => {
  const act = { tender: 'T1', lot: '1', certificate: 'signs' } as SignedAct
  const receipt = { recipient: 'sealed to', sha256: 'ab' } as Receipt
  rememberDeposit({ act, receipt, file: 'one.bid' })
  for (const certificate of ['signs', 'sealed to']) expect(recallDeposit('T1', '1', certificate)?.file).toBe('one.bid')
  expect(recallDeposit('T1', '2', 'signs')).toBeNull()
  expect(recallDeposit('T1', '1', 'another')).toBeNull()
})
