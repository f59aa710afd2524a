import { expect, it } from 'vitest'
import { bidder, lot, view } from '../../tests/view'
import { endFor, warningAt } from './warnings'

const MINUTE = 60_000
const running = { opened_at: 0, closes_at: 60 * MINUTE, closed_at: null, early: false }

it('test_clause_5_3_3 warns at 30, 10, 5 and 1 minutes, and not before or after', () => {
  expect(warningAt(30 * MINUTE + 1)).toBeNull()
  expect(warningAt(30 * MINUTE)).toBe(30)
  expect(warningAt(10 * MINUTE + 1)).toBe(30)
  expect(warningAt(10 * MINUTE)).toBe(10)
  expect(warningAt(5 * MINUTE)).toBe(5)
  expect(warningAt(MINUTE)).toBe(1)
  expect(warningAt(1)).toBe(1)
  expect(warningAt(0)).toBeNull()
})

it('warns a bidder that has not decrypted, and staff; nobody whose time stands still or who is done', () => {
  const open = lot({ stage: 'decryption', window: running, bidders: [bidder('jia')] })
  expect(endFor(view(), open)).toBe(60 * MINUTE)
  expect(endFor(view(), { ...open, bidders: [bidder('jia', { release: 'received' })] })).toBeNull()
  expect(endFor(view(), { ...open, window: { ...running, closed_at: 5 } })).toBeNull()
  const staff = view({ you: { role: 'host', party: 'host', name: '', certificate: '', participant: 'host' } })
  expect(endFor(staff, open)).toBe(60 * MINUTE)
  const own = bidder('jia', { own_window: { ...running, closes_at: 7 } })
  expect(endFor(view(), { ...open, window: { ...running, closed_at: 5 }, bidders: [own] })).toBe(7)
})
