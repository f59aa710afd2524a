import { expect, test } from 'vitest'
import { monthsOf } from './calendar'

test('October 2026 begins on a Thursday and its tenth is a Saturday', () => {
  const october = monthsOf(2026)[9]
  expect(october?.before).toBe(3)
  expect(october?.days[9]).toEqual({ iso: '2026-10-10', day: 10, weekend: true })
  expect(october?.days).toHaveLength(31)
})

test('a leap year has its 29 February', () => {
  expect(monthsOf(2028)[1]?.days[28]?.iso).toBe('2028-02-29')
  expect(monthsOf(2026)[1]?.days).toHaveLength(28)
})
