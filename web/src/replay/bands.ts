/**
 * The band beside each participant: where there is a recording, where there is none and why, and where the participant was away.
 * Pure; moments in ms UTC, places in percent of what is shown.
 */
import { type Span } from '@/media/playerplan'
import { type IntervalView } from '@/wire/types.gen'

/** Gaps from this length on are marked and named (clause 6.1: what is missing is shown as missing). */
export const NAMED_GAP = 2_000

export type Extent = Span

/** What the page spans: everything that was recorded and everything that happened. Null while there is nothing. */
export function extentOf(spans: readonly Span[], moments: readonly number[]): Extent | null {
  if (spans.length === 0) return null
  const from = Math.min(...spans.map((span) => span.from))
  const until = Math.max(...spans.map((span) => span.until))
  // What happened long before the first picture or after the last one would only press the rest together.
  const near = moments.filter((at) => at >= from - NEAR && at <= until + NEAR)
  return { from: Math.min(from, ...near), until: Math.max(until, ...near) }
}

const NEAR = 60_000

/** Widths that can be shown, in ms; 0 is everything. */
export const ZOOMS = [0, 1_800_000, 300_000, 60_000] as const

/** What of the extent is shown at a width: everything, or a window that has the moment in its middle where it can. */
export function windowOf(extent: Extent, zoom: number, utc: number): Extent {
  const whole = extent.until - extent.from
  if (zoom === 0 || zoom >= whole) return extent
  const from = Math.max(extent.from, Math.min(utc - zoom / 2, extent.until - zoom))
  return { from, until: from + zoom }
}

export const percent = (shown: Extent, utc: number): number => ((utc - shown.from) / Math.max(1, shown.until - shown.from)) * 100
export const momentAt = (shown: Extent, share: number): number => Math.round(shown.from + Math.max(0, Math.min(1, share)) * (shown.until - shown.from))

export interface Bar {
  readonly left: number
  readonly width: number
}

/** Spans as bars within what is shown; what lies outside is left out. */
export function barsOf(shown: Extent, spans: readonly Span[]): Bar[] {
  return spans
    .filter(({ from, until }) => until > shown.from && from < shown.until)
    .map((span) => {
      const left = Math.max(0, percent(shown, span.from))
      return { left, width: Math.min(100, percent(shown, span.until)) - left }
    })
}

/** The absence that best explains a gap: of this participant, and overlapping it the longest. */
export function absenceIn(absences: readonly IntervalView[], participant: string, gap: Span): IntervalView | null {
  let best: IntervalView | null = null
  let most = 0
  for (const one of absences) {
    if (one.participant !== participant) continue
    const shared = Math.min(gap.until, one.end ?? Infinity) - Math.max(gap.from, one.start)
    if (shared > most) {
      best = one
      most = shared
    }
  }
  return best
}

/** Marks along the time axis: round moments, not more than `most`. */
export function marksOf(shown: Extent, most: number): number[] {
  const step = STEPS.find((one) => (shown.until - shown.from) / one <= most) ?? 3_600_000
  const marks: number[] = []
  for (let at = Math.ceil(shown.from / step) * step; at <= shown.until; at += step) marks.push(at)
  return marks
}

const STEPS = [1_000, 2_000, 5_000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 900_000, 1_800_000, 3_600_000]
