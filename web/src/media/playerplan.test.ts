import { describe, expect, it } from 'vitest'
import { AT_ONCE, type Epoch, correction, emptyUntil, gapAt, gapsOf, hasPicture, keyframeBefore, mediaTime, momentOf, placeAfter, placeAt, sameKind, spansOf, wishFor } from './playerplan'

const MP4 = 'video/mp4; codecs="avc1.42c01f,opus"'
const WEBM = 'video/webm; codecs="vp8,opus"'
const NINE = 1_795_309_200_000

/** Fragments of half a second from `from` to `until` (ms after nine), a keyframe in every fourth. */
function epoch(key: string, from: number, until: number, end: string | null, mime = MP4, length = 30_000): Epoch {
  const fragments = Array.from({ length: (until - from) / 500 }, (_, i) => ({
    n: i + 1,
    offset: 1_000 + i * length,
    length,
    utc: NINE + from + i * 500,
    duration: 500,
    keyframe: i % 4 === 0,
  }))
  return { key, mime, utc: NINE + from, cause: 'start', init: { offset: 0, length: 1_000 }, fragments, end: end === null ? null : { utc: NINE + until, cause: end } }
}

const first = epoch('001', 0, 10_000, 'worker_lost')
const second = epoch('002', 13_000, 20_000, 'closed')
const both = [first, second]
const nothing = (): boolean => false

describe('where a moment lies', () => {
  it('finds the fragment that shows it, and nothing in a gap', () => {
    expect(placeAt(both, NINE)).toEqual({ epoch: first, index: 0 })
    expect(placeAt(both, NINE + 4_999)).toEqual({ epoch: first, index: 9 })
    expect(placeAt(both, NINE + 13_000)).toEqual({ epoch: second, index: 0 })
    for (const missing of [-1, 10_000, 12_999, 20_000]) expect(placeAt(both, NINE + missing)).toBeNull()
  })

  it('takes the later file where somebody came again before the earlier one had ended', () => {
    const again = epoch('003', 9_000, 12_000, null)
    expect(placeAt([first, again], NINE + 9_400)?.epoch).toBe(again)
  })

  it('counts media time from the begin of each file', () => {
    expect(mediaTime(second, NINE + 14_250)).toBe(1_250)
    expect(momentOf(second, 1_250)).toBe(NINE + 14_250)
  })

  it('goes back to the keyframe that a fragment leans on', () => {
    expect(keyframeBefore(first.fragments, 7)).toBe(4)
    expect(keyframeBefore(first.fragments, 8)).toBe(8)
  })
})

describe('a picture', () => {
  it('is there from the first keyframe on, and never where only sound was recorded', () => {
    const late = { ...first, fragments: first.fragments.map((one) => ({ ...one, keyframe: one.n === 3 })) }
    expect([0, 1, 2, 9].map((index) => hasPicture({ epoch: late, index }))).toEqual([false, false, true, true])
    expect(hasPicture({ epoch: { ...first, mime: 'audio/mp4; codecs="opus"' }, index: 3 })).toBe(false)
  })
})

describe('what is missing', () => {
  it('is said with its cause, at the begin, between, and after the end', () => {
    expect(gapAt(both, NINE - 5_000)).toEqual({ from: -Infinity, until: NINE, cause: 'not_started' })
    expect(gapAt(both, NINE + 11_000)).toEqual({ from: NINE + 10_000, until: NINE + 13_000, cause: 'worker_lost' })
    expect(gapAt(both, NINE + 30_000)).toEqual({ from: NINE + 20_000, until: Infinity, cause: 'over' })
    expect(gapAt([epoch('1', 0, 1_000, null)], NINE + 1_200).cause).toBe('running')
  })

  it('is found inside of a file too', () => {
    const [a, b] = [epoch('1', 0, 2_000, null), epoch('1', 5_000, 6_000, null)]
    const holed = { ...a, fragments: [...a.fragments, ...b.fragments] }
    expect(gapAt([holed], NINE + 3_000)).toEqual({ from: NINE + 2_000, until: NINE + 5_000, cause: 'silence' })
  })

  it('is what the spans leave over; seams of some milliseconds are none', () => {
    const seamed = { ...first, fragments: first.fragments.map((one) => ({ ...one, duration: 420 })) }
    expect(spansOf([seamed, second])).toEqual([
      { from: NINE, until: NINE + 9_920 },
      { from: NINE + 13_000, until: NINE + 20_000 },
    ])
    expect(gapsOf(both, NINE - 1_000, NINE + 21_000)).toEqual([
      { from: NINE - 1_000, until: NINE, cause: 'not_started' },
      { from: NINE + 10_000, until: NINE + 13_000, cause: 'worker_lost' },
      { from: NINE + 20_000, until: NINE + 21_000, cause: 'over' },
    ])
    expect(gapsOf(both, NINE + 1_000, NINE + 9_000)).toEqual([])
  })

  it('ends where the next was recorded', () => {
    expect(placeAfter(both, NINE + 11_000)).toEqual({ epoch: second, index: 0 })
    expect(placeAfter(both, NINE + 20_000)).toBeNull()
  })
})

describe('what to fetch', () => {
  it('asks first for what the moment itself needs: from its keyframe on', () => {
    expect(wishFor(both, { epoch: first, index: 6 }, nothing, 8_000)).toEqual({ epoch: first, first: 4, last: 7 })
  })

  it('asks then for what lies ahead, and for no more', () => {
    const has = (_: Epoch, index: number): boolean => index >= 4 && index <= 7
    expect(wishFor([first], { epoch: first, index: 6 }, has, 2_000)).toEqual({ epoch: first, first: 8, last: 10 })
    expect(wishFor([first], { epoch: first, index: 6 }, () => true, 2_000)).toBeNull()
  })

  it('asks for some seconds of a big picture at a time', () => {
    const big = epoch('1', 0, 10_000, null, MP4, AT_ONCE / 2)
    expect(wishFor([big], { epoch: big, index: 0 }, (_, index) => index < 2, 8_000)).toEqual({ epoch: big, first: 2, last: 3 })
  })

  it('goes on into the next file of the same kind, and stops before another kind', () => {
    const has = (one: Epoch): boolean => one === first
    expect(wishFor(both, { epoch: first, index: 18 }, has, 8_000)).toEqual({ epoch: second, first: 0, last: 8 })
    const other = epoch('002', 13_000, 20_000, null, WEBM)
    expect(wishFor([first, other], { epoch: first, index: 18 }, has, 8_000)).toBeNull()
  })

  it('knows that a profile makes no other kind, and that a codec or a missing track does', () => {
    expect(sameKind(MP4, 'video/mp4; codecs="avc1.42e01f,opus"')).toBe(true)
    for (const other of [WEBM, 'audio/mp4; codecs="opus"', 'video/mp4; codecs="avc1.42c01f"']) expect(sameKind(MP4, other)).toBe(false)
  })

  it('lets go of what is long past, up to a keyframe', () => {
    expect(emptyUntil([first], NINE + 9_000, 6_000)).toBe(NINE + 2_000)
    expect(emptyUntil([first], NINE + 1_000, 6_000)).toBe(NINE)
  })
})

describe('in step', () => {
  it('jumps over a large difference, makes a small one good, and leaves a tiny one', () => {
    expect(correction(401, 1)).toEqual({ seek: true })
    expect(correction(-401, 0.5)).toEqual({ seek: true })
    expect(correction(-1_201, 8)).toEqual({ seek: true })
    expect(correction(1_000, 4)).toEqual({ seek: false, rate: 3.4 })
    expect(correction(50, 1)).toEqual({ seek: false, rate: 0.9 })
    expect(correction(-25, 1)).toEqual({ seek: false, rate: 1.05 })
    expect(correction(-390, 1)).toEqual({ seek: false, rate: 1.15 })
    expect(correction(8, 1)).toEqual({ seek: false, rate: 1 })
  })
})
