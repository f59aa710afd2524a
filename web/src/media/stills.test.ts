import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { type StillPicture, watchStills } from './stills'

/** A hall with a picture of each participant, and how often it was asked for which tag. */
const hall = { tag: 1, status: 200, asked: [] as (string | undefined)[], waiting: [] as (() => void)[], slow: false }
const tab = { hidden: false }

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('document', tab)
  vi.stubGlobal('URL', { createObjectURL: () => `blob:${String(hall.tag)}`, revokeObjectURL: () => undefined })
  vi.stubGlobal('fetch', async (_: string, { headers }: { headers: Record<string, string> }) => {
    hall.asked.push(headers['If-None-Match'])
    if (hall.slow) await new Promise<void>((go) => hall.waiting.push(go))
    const etag = `"${String(hall.tag)}"`
    const status = hall.status === 200 && headers['If-None-Match'] === etag ? 304 : hall.status
    return new Response(status === 200 ? 'jpeg' : null, { status, headers: { ETag: etag, 'X-Taken-At': String(hall.tag * 1000) } })
  })
  Object.assign(hall, { tag: 1, status: 200, asked: [], waiting: [], slow: false })
  tab.hidden = false
})

afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

it('asks every two seconds with the tag of what it has, and shows what is new', async () => {
  const shown: (StillPicture | null)[] = []
  const stop = watchStills('O1', 'bidder-b1', (picture) => shown.push(picture))
  await vi.advanceTimersByTimeAsync(500)
  expect(shown).toEqual([{ url: 'blob:1', takenAt: 1000 }])
  await vi.advanceTimersByTimeAsync(2_000)
  hall.tag = 2
  await vi.advanceTimersByTimeAsync(2_000)
  expect(hall.asked).toEqual([undefined, '"1"', '"1"'])
  expect(shown).toEqual([{ url: 'blob:1', takenAt: 1000 }, { url: 'blob:2', takenAt: 2000 }])
  hall.status = 204
  await vi.advanceTimersByTimeAsync(2_000)
  expect(shown[2]).toBeNull()
  stop()
  await vi.advanceTimersByTimeAsync(10_000)
  expect(hall.asked).toHaveLength(4)
})

it('asks for nothing while the tab is hidden, and goes on when it is seen again', async () => {
  const stop = watchStills('O1', 'bidder-b1', () => undefined)
  tab.hidden = true
  await vi.advanceTimersByTimeAsync(20_000)
  expect(hall.asked).toEqual([])
  tab.hidden = false
  await vi.advanceTimersByTimeAsync(300)
  expect(hall.asked).toHaveLength(1)
  stop()
})

it('asks for a few at a time, however many are on the wall', async () => {
  hall.slow = true
  const stops = Array.from({ length: 50 }, (_, n) => watchStills('O1', `bidder-b${String(n)}`, () => undefined))
  await vi.advanceTimersByTimeAsync(3_000)
  expect(hall.asked).toHaveLength(5)
  for (const go of hall.waiting.splice(0)) go()
  await vi.advanceTimersByTimeAsync(300)
  expect(hall.asked).toHaveLength(10)
  for (const stop of stops) stop()
  for (const go of hall.waiting.splice(0)) go()
  await vi.advanceTimersByTimeAsync(10)
})

it('shows fifty tiles a new picture each every two seconds', async () => {
  const stops = Array.from({ length: 50 }, (_, n) => watchStills('O1', `bidder-b${String(n)}`, () => undefined))
  await vi.advanceTimersByTimeAsync(1_900)
  expect(hall.asked).toHaveLength(50)
  await vi.advanceTimersByTimeAsync(2_000)
  expect(hall.asked).toHaveLength(100)
  for (const stop of stops) stop()
})

it('asks once for two tiles that show the same person', async () => {
  const shown = [0, 0]
  const stops = [0, 1].map((n) => watchStills('O1', 'bidder-b1', () => (shown[n] = (shown[n] ?? 0) + 1)))
  await vi.advanceTimersByTimeAsync(500)
  expect([hall.asked.length, shown]).toEqual([1, [1, 1]])
  stops[0]?.()
  hall.tag = 2
  await vi.advanceTimersByTimeAsync(2_500)
  expect(shown).toEqual([1, 2])
  stops[1]?.()
})
