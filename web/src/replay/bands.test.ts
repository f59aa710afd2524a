import { describe, expect, it } from 'vitest'
import { type IntervalView } from '@/wire/types.gen'
import { absenceIn, barsOf, extentOf, marksOf, momentAt, percent, windowOf } from './bands'

const shown = { from: 1_000_000, until: 1_100_000 }

describe('what the axis spans', () => {
  it('is everything recorded and what happened near it', () => {
    const spans = [{ from: 1_000_000, until: 1_050_000 }, { from: 1_060_000, until: 1_100_000 }]
    expect(extentOf(spans, [990_000, 1_100_500, 5_000_000])).toEqual({ from: 990_000, until: 1_100_500 })
    expect(extentOf([], [990_000])).toBeNull()
  })

  it('can be narrowed around the moment shown, and never leaves what there is', () => {
    expect(windowOf(shown, 0, 1_050_000)).toEqual(shown)
    expect(windowOf(shown, 60_000, 1_050_000)).toEqual({ from: 1_020_000, until: 1_080_000 })
    expect(windowOf(shown, 60_000, 1_000_000)).toEqual({ from: 1_000_000, until: 1_060_000 })
    expect(windowOf(shown, 60_000, 1_100_000)).toEqual({ from: 1_040_000, until: 1_100_000 })
    expect(windowOf(shown, 300_000, 1_050_000)).toEqual(shown)
  })

  it('turns moments into places and back', () => {
    expect(percent(shown, 1_025_000)).toBe(25)
    expect(momentAt(shown, 0.25)).toBe(1_025_000)
    expect(momentAt(shown, 1.7)).toBe(1_100_000)
  })

  it('is marked at round moments', () => {
    expect(marksOf(shown, 9)).toEqual([1_005_000, 1_020_000, 1_035_000, 1_050_000, 1_065_000, 1_080_000, 1_095_000])
  })
})

describe('the bars of a band', () => {
  it('are cut to what is shown, an endless gap too', () => {
    expect(barsOf(shown, [{ from: 900_000, until: 1_010_000 }, { from: 1_090_000, until: Infinity }, { from: 0, until: 900_000 }])).toEqual([
      { left: 0, width: 10 },
      { left: 90, width: 10 },
    ])
  })
})

describe('the absence behind a gap', () => {
  const away = (participant: string, start: number, end: number | null): IntervalView => ({ participant, start, end, state: 'offline', cause: 'network', confidence: 'high' })
  const gap = { from: 1_000, until: 5_000 }

  it('is the one of the same participant that lasts longest within it', () => {
    const absences = [away('bidder-1', 0, 1_500), away('bidder-1', 2_000, null), away('bidder-2', 0, 9_000), away('bidder-1', 8_000, 9_000)]
    expect(absenceIn(absences, 'bidder-1', gap)).toBe(absences[1])
    expect(absenceIn(absences, 'host', gap)).toBeNull()
  })
})
