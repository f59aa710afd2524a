/**
 * What a player decides, without a browser: where a moment lies in a recording, what is missing and why, what to fetch, what to
 * let go, how to stay in step. Pure. Moments are hall time in ms UTC; media time is in ms too and begins anew in each epoch.
 */

/** One line of a recording's index: `length` bytes at `offset` of the epoch's file, shown from `utc` on. */
export interface Fragment {
  readonly n: number
  readonly offset: number
  readonly length: number
  readonly utc: number
  readonly duration: number
  readonly keyframe: boolean
}

/** One file. `utc` is the moment of its media time 0; `end` is null while it is still being written. */
export interface Epoch {
  readonly key: string
  readonly mime: string
  readonly utc: number
  readonly cause: string
  readonly init: { readonly offset: number; readonly length: number }
  readonly fragments: readonly Fragment[]
  readonly end: { readonly utc: number; readonly cause: string } | null
}

export interface Span {
  readonly from: number
  readonly until: number
}

/** A time of which nothing was recorded. `cause`: why the epoch before it ended, or one of this file's own words below. */
export interface Gap extends Span {
  readonly cause: string
}

/** Before anything was recorded, after the last of it, inside of a file, and what is not written yet. */
export const NOT_BEGUN = 'not_started'
export const OVER = 'over'
export const SILENT = 'silence'
export const NOT_YET = 'running'

/** Fragments that follow each other within this are one; packets of sound do not end where pictures do. */
export const SEAM = 120

export interface Place {
  readonly epoch: Epoch
  readonly index: number
}

/** Media time of a moment in an epoch, and back. */
export const mediaTime = (epoch: Epoch, utc: number): number => utc - epoch.utc
export const momentOf = (epoch: Epoch, media: number): number => epoch.utc + media

/** Index of the last fragment that begins at or before `utc`, or -1. */
export function lastBefore(fragments: readonly Fragment[], utc: number): number {
  let low = 0
  let high = fragments.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (fragmentAt(fragments, middle).utc <= utc) low = middle + 1
    else high = middle
  }
  return low - 1
}

/** When the fragment ceases to be shown: where the next begins, if that is at once. */
function shownUntil(fragments: readonly Fragment[], index: number): number {
  const { utc, duration } = fragmentAt(fragments, index)
  const next = fragments[index + 1]
  return next !== undefined && next.utc - utc - duration <= SEAM ? next.utc : utc + duration
}

/** What was recorded at a moment; null in a gap. Where two files overlap (somebody came again) the later one counts. */
export function placeAt(epochs: readonly Epoch[], utc: number): Place | null {
  for (const epoch of [...epochs].reverse()) {
    const index = lastBefore(epoch.fragments, utc)
    if (index >= 0 && utc < shownUntil(epoch.fragments, index)) return { epoch, index }
  }
  return null
}

/** The first that was recorded after a moment. */
export function placeAfter(epochs: readonly Epoch[], utc: number): Place | null {
  let found: Place | null = null
  for (const epoch of epochs) {
    const index = lastBefore(epoch.fragments, utc) + 1
    const fragment = epoch.fragments[index]
    if (fragment !== undefined && (found === null || fragment.utc < beginOf(found))) found = { epoch, index }
  }
  return found
}

export function beginOf({ epoch, index }: Place): number {
  return fragmentAt(epoch.fragments, index).utc
}

/** What is covered, in order, without seams. */
export function spansOf(epochs: readonly Epoch[]): Span[] {
  const spans: { from: number; until: number }[] = []
  for (const epoch of epochs) {
    epoch.fragments.forEach(({ utc }, index) => {
      const until = shownUntil(epoch.fragments, index)
      const last = spans[spans.length - 1]
      if (last !== undefined && utc - last.until <= SEAM) last.until = Math.max(last.until, until)
      else spans.push({ from: utc, until })
    })
  }
  return spans
}

/** What is missing between two moments, and why. */
export function gapsOf(epochs: readonly Epoch[], from: number, until: number): Gap[] {
  const gaps: Gap[] = []
  let at = from
  for (const span of spansOf(epochs)) {
    if (span.until <= from) continue
    if (span.from >= until) break
    if (span.from > at) gaps.push({ from: at, until: span.from, cause: causeOf(epochs, at) })
    at = Math.max(at, span.until)
  }
  if (at < until) gaps.push({ from: at, until, cause: causeOf(epochs, at) })
  return gaps
}

/** The gap around a moment at which nothing was recorded. Infinite where nothing ever was before or after. */
export function gapAt(epochs: readonly Epoch[], utc: number): Gap {
  let from = -Infinity
  for (const { fragments } of epochs) {
    const index = lastBefore(fragments, utc)
    if (index >= 0) from = Math.max(from, shownUntil(fragments, index))
  }
  const after = placeAfter(epochs, utc)
  return { from, until: after === null ? Infinity : beginOf(after), cause: causeOf(epochs, utc) }
}

/** Why there is nothing at a moment. */
function causeOf(epochs: readonly Epoch[], utc: number): string {
  const begun = epochs.filter(({ fragments }) => fragments[0] !== undefined && fragments[0].utc <= utc)
  const last = begun[begun.length - 1]
  if (last === undefined) return NOT_BEGUN
  const more = lastBefore(last.fragments, utc) + 1 < last.fragments.length
  if (more) return SILENT
  if (last.end === null) return NOT_YET
  return placeAfter(epochs, utc) === null && (last.end.cause === 'closed' || last.end.cause === 'stopped') ? OVER : last.end.cause
}

/** Where decoding has to begin so that the fragment can be shown. */
export function keyframeBefore(fragments: readonly Fragment[], index: number): number {
  for (let at = index; at > 0; at--) if (fragmentAt(fragments, at).keyframe) return at
  return 0
}

/** Whether there is a picture at a place: a file of picture and sound may begin with sound alone, until the first keyframe. */
export function hasPicture({ epoch, index }: Place): boolean {
  return epoch.mime.startsWith('video/') && epoch.fragments.slice(0, index + 1).some(({ keyframe }) => keyframe)
}

/** Epochs that one media element can play on through without a break: the same container, the same sorts of tracks. */
export function sameKind(one: string, other: string): boolean {
  return family(one) === family(other)
}

/** `video/mp4 avc1,opus` of `video/mp4; codecs="avc1.42c01f,opus"`. */
function family(mime: string): string {
  const [container = '', codecs = ''] = mime.split(';')
  const names = codecs.replace(/^\s*codecs="|"\s*$/g, '').split(',')
  return `${container} ${names.map((name) => name.trim().replace(/\..*/, '')).join()}`
}

/** Fragments `first` to `last` of an epoch, which lie together in its file. */
export interface Wish {
  readonly epoch: Epoch
  readonly first: number
  readonly last: number
}

/** Most bytes asked for at once: some seconds of picture, so that a jump never waits long for what it no longer needs. */
export const AT_ONCE = 512 * 1024

/**
 * What to fetch next so that `place` can be shown and the `ahead` ms after it. A place that can't be shown yet asks for itself
 * alone; what lies ahead comes after it. Null when everything is there.
 */
export function wishFor(epochs: readonly Epoch[], place: Place, has: (epoch: Epoch, index: number) => boolean, ahead: number): Wish | null {
  const horizon = beginOf(place) + ahead
  const from = keyframeBefore(place.epoch.fragments, place.index)
  const urgent = firstMissing(place.epoch, from, has)
  if (urgent !== null && urgent <= place.index) return stretch(place.epoch, urgent, place.index + 1, has)
  for (const epoch of epochs.slice(epochs.indexOf(place.epoch))) {
    if (!sameKind(epoch.mime, place.epoch.mime)) break
    const missing = firstMissing(epoch, epoch === place.epoch ? place.index : 0, has)
    if (missing === null) continue
    if (fragmentAt(epoch.fragments, missing).utc >= horizon) return null
    return stretch(epoch, missing, lastBefore(epoch.fragments, horizon), has)
  }
  return null
}

function firstMissing(epoch: Epoch, from: number, has: (epoch: Epoch, index: number) => boolean): number | null {
  for (let index = from; index < epoch.fragments.length; index++) if (!has(epoch, index)) return index
  return null
}

function stretch(epoch: Epoch, first: number, most: number, has: (epoch: Epoch, index: number) => boolean): Wish {
  let last = first
  let bytes = fragmentAt(epoch.fragments, first).length
  for (let next = first + 1; next <= most; next++) {
    const fragment = epoch.fragments[next]
    if (fragment === undefined || has(epoch, next) || bytes + fragment.length > AT_ONCE) break
    bytes += fragment.length
    last = next
  }
  return { epoch, first, last }
}

/**
 * Up to which moment a buffer may be emptied when `utc` is shown: a keyframe at least `behind` ms before it, because a browser
 * that loses a keyframe loses what leans on it. -Infinity when nothing may go.
 */
export function emptyUntil(epochs: readonly Epoch[], utc: number, behind: number): number {
  const place = placeAt(epochs, utc - behind)
  if (place === null) {
    const after = placeAfter(epochs, utc - behind)
    return after === null || beginOf(after) > utc ? utc - behind : beginOf(after)
  }
  const { fragments } = place.epoch
  return fragmentAt(fragments, keyframeBefore(fragments, place.index)).utc
}

/** Correction of a picture that is `drift` ms ahead (positive) or behind of the clock that runs at `rate`. */
export type Correction = { readonly seek: true } | { readonly seek: false; readonly rate: number }

const HARD = 400
/** A computer that can't keep up with a high speed is waited for, and not left seconds behind. */
const FAST = 3
const CLOSE = 12
/** ms within which a difference would be gone at the rate it begins to be made good with. */
const GOOD_WITHIN = 500
const STRONGEST = 0.15

/** A large difference is jumped over, a small one is made good within a second by a rate that nobody hears. */
export function correction(drift: number, rate: number): Correction {
  if (Math.abs(drift) > HARD * Math.max(1, Math.min(FAST, rate))) return { seek: true }
  if (Math.abs(drift) < CLOSE * Math.max(1, rate)) return { seek: false, rate }
  const share = Math.max(-STRONGEST, Math.min(STRONGEST, drift / (GOOD_WITHIN * rate)))
  return { seek: false, rate: Math.round(rate * (1 - share) * 200) / 200 }
}

function fragmentAt(fragments: readonly Fragment[], index: number): Fragment {
  const found = fragments[index]
  if (found === undefined) throw new RangeError(`no fragment ${index}`)
  return found
}
