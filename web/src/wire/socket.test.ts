import { expect, it } from 'vitest'
import { retryDelay } from './socket'

it('comes back after half a second to three seconds, so that thousands do not come at once', () => {
  expect(retryDelay(0, 0)).toBe(500)
  expect(retryDelay(0, 1)).toBe(3_000)
})

it('waits twice as long each time, but never longer than ten seconds', () => {
  expect(retryDelay(1, 0)).toBe(1_000)
  expect(retryDelay(2, 0)).toBe(2_000)
  expect(retryDelay(20, 0)).toBe(10_000)
})
