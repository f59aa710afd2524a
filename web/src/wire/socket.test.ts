import { expect, it } from 'vitest'
import { SleepWatch, retryDelay } from './socket'

it('comes back after half a second to three seconds, so that thousands do not come at once', () => {
  expect(retryDelay(0, 0)).toBe(500)
  expect(retryDelay(0, 1)).toBe(3_000)
})

it('waits twice as long each time, but never longer than ten seconds', () => {
  expect(retryDelay(1, 0)).toBe(1_000)
  expect(retryDelay(2, 0)).toBe(2_000)
  expect(retryDelay(20, 0)).toBe(10_000)
})

it('takes an ordinary second, and a slow one, for no sleep', () => {
  const watch = new SleepWatch(0, 1_000_000)
  expect(watch.tick(1_000, 1_001_000)).toBe(0)
  expect(watch.tick(5_900, 1_005_900)).toBe(0)
})

it('notices a sleep in which the monotonic clock stood still, and one in which it ran on', () => {
  const watch = new SleepWatch(0, 1_000_000)
  expect(watch.tick(1_000, 1_060_000)).toBe(60_000)
  expect(watch.tick(2_000, 1_061_000)).toBe(0)
  expect(watch.tick(32_000, 1_091_000)).toBe(30_000)
})

it('is not misled by a computer clock that is set back', () => {
  const watch = new SleepWatch(0, 1_000_000)
  expect(watch.tick(1_000, 400_000)).toBe(0)
  expect(watch.tick(2_000, 401_000)).toBe(0)
})
