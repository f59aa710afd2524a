import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { useNotices } from './notices'

beforeEach(() => {
  vi.useFakeTimers()
  setActivePinia(createPinia())
})

afterEach(() => vi.useRealTimers())

const shown = (): string[] => useNotices().notices.map(({ text }) => text)

it('takes a confirmation away after a while, and a warning later', () => {
  useNotices().tell('signed in')
  useNotices().tell('the line is lost', 'warning')
  vi.advanceTimersByTime(6_000)
  expect(shown()).toEqual(['the line is lost'])
  vi.advanceTimersByTime(6_000)
  expect(shown()).toEqual([])
})

it('does not pile up what it says again, and leaves it as long as if it were new', () => {
  useNotices().tell('saved')
  vi.advanceTimersByTime(5_000)
  useNotices().tell('saved')
  expect(shown()).toEqual(['saved'])
  vi.advanceTimersByTime(5_000)
  expect(shown()).toEqual(['saved'])
})

it('goes when it is sent away', () => {
  useNotices().tell('saved')
  useNotices().drop(useNotices().notices[0]?.id ?? 0)
  expect(shown()).toEqual([])
})
