import { expect, it } from 'vitest'
import { retryPause } from './retry'

it('tries again well within a second, then more slowly, and never all at the same moment', () => {
  expect(retryPause(0, 0)).toBeCloseTo(180)
  expect(retryPause(0, 0.999)).toBeLessThan(421)
  expect(retryPause(3, 0.5)).toBeCloseTo(2_400)
  expect(retryPause(50, 0.5)).toBeCloseTo(8_000)
  expect([0, 1, 2].map((n) => retryPause(n, 0.999)).reduce((a, b) => a + b)).toBeLessThan(3_000)
})
