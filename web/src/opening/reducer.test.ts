import { describe, expect, it } from 'vitest'
import { bidder, lot, view } from '../../tests/view'
import { type TimelineEntry } from '@/wire/types.gen'
import { NOTHING, reduce } from './reducer'

const entry = (n: number): TimelineEntry => ({ n, at: n, kind: 'SealingAnswered', lot: '1', subject: '', detail: '' })
const entries = (from: number, to: number): TimelineEntry[] => Array.from({ length: to - from }, (_, index) => entry(from + index))
const three = reduce(NOTHING, { cursor: 0, view: view(), timeline: entries(0, 3), version: 1 })

describe('what a window knows of an opening', () => {
  it('grows by what follows its cursor', () => {
    const known = reduce(three, { cursor: 3, view: view({ stage: 'deadline' }), timeline: entries(3, 5), version: 1 })
    expect(known.timeline.map(({ n }) => n)).toEqual([0, 1, 2, 3, 4])
    expect(known.view?.stage).toBe('deadline')
  })

  it('takes a view that changed without an event', () => {
    const known = reduce(three, { cursor: 3, view: view({ recording: true }), timeline: [], version: 1 })
    expect(known.view?.recording).toBe(true)
    expect(known.timeline).toHaveLength(3)
  })

  it('says where it must ask again when entries are missing, and heals by the answer', () => {
    const gap = reduce(three, { cursor: 5, view: view(), timeline: entries(5, 6), version: 1 })
    expect(gap.askFrom).toBe(3)
    expect(gap.timeline).toHaveLength(3)
    const healed = reduce(gap, { cursor: 3, view: view(), timeline: entries(3, 6), version: 1 })
    expect(healed).toMatchObject({ askFrom: null })
    expect(healed.timeline.map(({ n }) => n)).toEqual([0, 1, 2, 3, 4, 5])
  })

  it('repeats nothing when an answer overlaps with what it has', () => {
    const known = reduce(three, { cursor: 1, view: view(), timeline: entries(1, 4), version: 1 })
    expect(known.timeline.map(({ n }) => n)).toEqual([0, 1, 2, 3])
  })

  it('is not turned back by an answer that was overtaken', () => {
    const late = reduce(three, { cursor: 0, view: view({ stage: 'scheduled' }), timeline: entries(0, 1), version: 1 })
    expect(late).toEqual(three)
  })

  it('begins anew for another opening', () => {
    const other = view({ opening: 'T2-opening' })
    expect(reduce(three, { cursor: 3, view: other, timeline: [], version: 1 }).askFrom).toBe(0)
    expect(reduce(three, { cursor: 0, view: other, timeline: entries(0, 1), version: 1 }).timeline).toHaveLength(1)
  })

  describe('told of changes', () => {
    const lots = [lot({ bidders: [bidder('jia'), bidder('yi')] }), lot({ lot: '2' })]
    const before = reduce(NOTHING, { cursor: 0, view: view({ lots }), timeline: entries(0, 3), version: 7 })

    it('replaces what changed and keeps the rest as it was', () => {
      const changes = [
        { path: 'lots/0/bidders/1/release', value: 'received' },
        { path: 'stage', value: 'opening' },
        { path: 'media/0', value: 'host' },
      ]
      const known = reduce(before, { version: 8, cursor: 3, timeline: entries(3, 4), changes })
      expect(known.view?.lots[0]?.bidders.map(({ release }) => release)).toEqual(['waiting', 'received'])
      expect([known.view?.stage, known.view?.media, known.timeline.length, known.version]).toEqual(['opening', ['host'], 4, 8])
      expect(known.view?.lots[1]).toBe(lots[1])
      expect(before.view?.lots[0]?.bidders[1]?.release).toBe('waiting')
    })

    it('asks again when it missed some before, or has no view yet', () => {
      const late = { version: 9, cursor: 3, timeline: [], changes: [{ path: 'stage', value: 'opening' }] }
      expect(reduce(before, late)).toEqual({ ...before, askFrom: 3 })
      expect(reduce(NOTHING, { ...late, version: 1 })).toEqual({ ...NOTHING, askFrom: 0 })
    })
  })
})
