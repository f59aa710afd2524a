import { expect, it } from 'vitest'
import { dayAndTime, endOf, grouped, inGroups, megabytes, moment, span, written } from './words'

it('shows China’s time whatever this computer’s zone is', () => {
  expect(dayAndTime(Date.UTC(2026, 10, 22, 1, 0, 5))).toBe('2026-11-22 09:00:05')
  expect(dayAndTime(Date.UTC(2026, 10, 21, 16, 0, 0))).toBe('2026-11-22 00:00:00')
})

it('rounds what is left up, so that 00:00 means that it is over', () => {
  expect(span(3_600_000)).toBe('1:00:00')
  expect(span(59_001)).toBe('01:00')
  expect(span(1)).toBe('00:01')
  expect(span(0)).toBe('00:00')
  expect(span(-5)).toBe('00:00')
})

it('groups amounts and digests for the eye', () => {
  expect(grouped('12345678.90')).toBe('12,345,678.90')
  expect(grouped('999')).toBe('999')
  expect(inGroups('0123456789abcdef')).toBe('01234567 89abcdef')
})

it('reads and writes moments in China’s zone, wherever this computer stands', () => {
  expect(moment('2026-12-01 09:30')).toBe(Date.UTC(2026, 11, 1, 1, 30))
  expect(written(moment('2026-12-01 09:30'))).toBe('2026-12-01 09:30')
  expect([moment(''), written(0)]).toEqual([0, ''])
})

it('tells no file as 0.00 MB', () => {
  expect([megabytes(512), megabytes(42_000), megabytes(2_500_000), megabytes(1.5e9)]).toEqual(['0.51 KB', '42.0 KB', '2.50 MB', '1.50 GB'])
})

it('names the end of a limit by the day that it ends', () => {
  expect(endOf(Date.parse('2026-11-26T00:00+08:00'))).toBe('2026-11-25 24:00')
  expect(endOf(Date.parse('2026-11-26T00:01+08:00'))).toBe('2026-11-26 00:01:00')
})
