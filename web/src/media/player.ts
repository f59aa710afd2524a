/**
 * One participant's recording in one media element, by Media Source: fragments are fetched by ranges, shown at their own moment
 * of hall time, and forgotten again. What is not there is said, never papered over with the last picture. The decisions are
 * `playerplan`'s; what is here touches the element, the source buffer and the line.
 */
import { type Bytes } from '@/crypto/bytes'
import { Failure, asFailure } from '@/failure'
import { ReplayClock } from './playerclock'
import { type Epoch, type Gap, NOT_YET, type Place, type Wish, beginOf, correction, emptyUntil, gapAt, hasPicture, placeAfter, placeAt, sameKind, wishFor } from './playerplan'
import { Reel } from './playerreel'
import { Footage, type Source, baseOf, pause } from './playersource'

/** What a tile has to show: the picture, or why there is none. */
export type Shown =
  | { readonly kind: 'loading' }
  | { readonly kind: 'picture' }
  | { readonly kind: 'sound' }
  | { readonly kind: 'gap'; readonly gap: Gap }
  | { readonly kind: 'failed'; readonly code: string }

/** Bytes of a fragment came but no picture was among them: the sender's camera or line was still. */
export const NO_PICTURE = 'no_picture'

const TICK = 100
const AHEAD = 8_000
const BEHIND = 6_000
const LIVE_WAIT = 3_000
/** ms of the clock after which a jump that has not arrived is tried again. */
const AGAIN = 2_000
const RETRY = 2_000
/** Chromium shows the picture before the one whose time is asked for exactly. */
const INTO_FRAME = 0.001
/** s: how much sooner than the picture the sound of a file may end, and how far before the end the last picture lies for sure. */
const UNEVEN = 0.25
const LAST_PICTURE = 0.02
export interface PlayerOptions {
  /** Several players that share a clock play in step; without one the player has its own. */
  readonly clock?: ReplayClock
  readonly shown?: (shown: Shown) => void
  /** More of the recording is known. */
  readonly known?: (footage: Footage) => void
  /** Whether more may come after the last file has ended. */
  readonly follows?: () => boolean
}

export class Player {
  readonly clock: ReplayClock
  readonly footage: Footage
  private shown: Shown = { kind: 'loading' }
  private reel: Reel | null = null
  private readonly inits = new Map<Epoch, Bytes>()
  private readonly ending = new AbortController()
  private fetching: { readonly asking: AbortController; readonly wish: Wish } | null = null
  private pumping = false
  private sought: number | null = null
  private frame: number | null = null
  private fault = ''
  private readonly timer: ReturnType<typeof setInterval>

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly source: Source,
    private readonly options: PlayerOptions = {},
  ) {
    this.clock = options.clock ?? new ReplayClock()
    this.clock.hold(this)
    const known = (footage: Footage): void => {
      if (footage.growing) this.clock.reached(this, footage.until)
      else this.clock.forget(this)
      this.fault = ''
      options.known?.(footage)
      this.tick()
    }
    this.footage = new Footage(source, known, (code) => this.fails(code))
    void this.footage.read(options.follows ?? (() => false))
    video.preservesPitch = true
    video.addEventListener('error', this.broken)
    this.watchFrames()
    this.timer = setInterval(() => this.tick(), TICK)
  }

  // what a viewer does; with a shared clock all players follow

  seek(utc: number): void {
    this.clock.set(utc)
    this.tick()
  }

  play(): void {
    this.clock.play()
    this.tick()
  }

  pause(): void {
    this.clock.pause()
    this.tick()
  }

  get rate(): number {
    return this.clock.rate
  }

  set rate(rate: number) {
    this.clock.rate = rate
    this.tick()
  }

  /** Stay close behind what is being recorded. */
  live(): void {
    this.clock.live()
    this.tick()
  }

  close(): void {
    clearInterval(this.timer)
    this.ending.abort()
    this.fetching?.asking.abort()
    this.footage.close()
    this.clock.forget(this)
    this.video.removeEventListener('error', this.broken)
    this.drop()
  }

  /** The moment that the element shows, ms UTC; null while it shows none. */
  get utc(): number | null {
    return this.reel === null || !this.visible ? null : momentIn(this.reel, this.video.currentTime)
  }

  /** The moment of the very picture that was put on the screen last, where the browser tells. */
  get frameUtc(): number | null {
    return this.visible ? this.frame : null
  }

  get state(): Shown {
    return this.shown
  }

  private get visible(): boolean {
    return this.shown.kind === 'picture' || this.shown.kind === 'sound'
  }

  // ten times a second

  private tick(): void {
    if (this.ending.signal.aborted) return
    this.clock.chase()
    const { utc } = this.clock
    const { epochs } = this.footage
    const place = this.footage.known ? placeAt(epochs, utc) : null
    if (place !== null) this.follow(place, utc)
    else if (!this.footage.known) this.show(this.fault === '' ? { kind: 'loading' } : { kind: 'failed', code: this.fault })
    else this.standIn(gapAt(epochs, utc), utc)
    void this.pump()
  }

  /** Something was recorded at this moment: show it, in step with the clock. */
  private follow(place: Place, utc: number): void {
    const reel = this.reelFor(place.epoch)
    if (reel === null) return
    const range = rangeAround(this.video.buffered, (utc - reel.base) / 1000)
    if (range === null) {
      if (reel.has(place.epoch, place.index)) this.standIn(this.hole(reel, utc), utc)
      else this.show(this.waiting)
      return
    }
    const at = Math.min((utc - reel.base) / 1000, range[1] - LAST_PICTURE)
    const ready = this.video.readyState >= 2 && !this.video.seeking
    if (ready) this.sought = null
    else if (this.sought === null) this.jump(at, utc)
    const drift = (this.video.currentTime - INTO_FRAME - at) * 1000
    if (!this.clock.playing) {
      if (Math.abs(drift) > 0.5 && this.sought !== utc) this.jump(at, utc)
    } else {
      const step = correction(drift, this.clock.pace)
      if (!step.seek) this.pace(step.rate)
      else if (this.sought === null || Math.abs(this.sought - utc) > AGAIN * Math.max(1, this.clock.rate)) this.jump(at, utc)
    }
    this.run(this.clock.running)
    const arrived = ready && this.sought === null
    this.show(arrived ? { kind: hasPicture(place) ? 'picture' : 'sound' } : this.waiting)
  }

  private pace(rate: number): void {
    if (this.video.playbackRate !== rate) this.video.playbackRate = rate
  }

  private run(now: boolean): void {
    if (!now) this.video.pause()
    else if (this.video.paused) void this.video.play().catch(() => undefined) // Refused without a gesture: the next one plays.
  }

  private jump(at: number, utc: number): void {
    this.sought = utc
    this.video.currentTime = at + INTO_FRAME
  }

  /** Nothing was recorded: the element stands still behind what is said instead. */
  private standIn(gap: Gap, utc: number): void {
    this.video.pause()
    this.sought = null
    // Written a moment ago and not told yet: no gap before it has lasted.
    const soon = gap.cause === NOT_YET && utc - gap.from < LIVE_WAIT
    this.show(soon ? this.waiting : { kind: 'gap', gap })
  }

  /** Fragments are there and the browser found no picture in them. */
  private hole(reel: Reel, utc: number): Gap {
    const [before, after] = around(this.video.buffered, (utc - reel.base) / 1000)
    return { from: momentIn(reel, before), until: momentIn(reel, after), cause: NO_PICTURE }
  }

  private get waiting(): Shown {
    return this.fault === '' ? { kind: 'loading' } : { kind: 'failed', code: this.fault }
  }

  private show(shown: Shown): void {
    if (shown.kind === 'loading') this.clock.hold(this)
    else this.clock.release(this)
    const before = this.shown
    if (JSON.stringify(before) === JSON.stringify(shown)) return
    this.shown = shown
    this.options.shown?.(shown)
  }

  private fails(code: string): void {
    this.fault = code
    this.tick()
  }

  private readonly broken = (): void => {
    if (this.reel === null || this.video.error === null) return
    this.drop() // A decoder that gave up begins again with the next tick; what broke it is fetched anew.
  }

  private watchFrames(): void {
    if (!('requestVideoFrameCallback' in this.video)) return // Firefox learned it late.
    const told = (_: number, { mediaTime }: VideoFrameCallbackMetadata): void => {
      if (this.reel !== null) this.frame = momentIn(this.reel, mediaTime)
      if (!this.ending.signal.aborted) this.video.requestVideoFrameCallback(told)
    }
    this.video.requestVideoFrameCallback(told)
  }

  // bytes

  private get ahead(): number {
    return AHEAD * Math.max(1, this.clock.rate)
  }

  /** Fetch and append until what is needed now is there. One at a time; a jump aborts what it no longer needs. */
  private async pump(): Promise<void> {
    if (this.pumping) {
      this.abortUseless()
      return
    }
    this.pumping = true
    for (let wish = this.nextWish(); wish !== null && !this.ending.signal.aborted; wish = this.nextWish()) {
      const asking = new AbortController()
      this.fetching = { asking, wish }
      try {
        await this.grant(wish, asking.signal)
        this.fault = ''
      } catch (thrown) {
        if (asking.signal.aborted || this.ending.signal.aborted) continue
        this.fault = asFailure(thrown).code
        await pause(RETRY, this.ending.signal)
      }
    }
    this.fetching = null
    this.pumping = false
  }

  private async grant(wish: Wish, signal: AbortSignal): Promise<void> {
    const { epoch, first, last } = wish
    const reel = this.reelFor(epoch)
    const [begin, end] = [epoch.fragments[first], epoch.fragments[last]]
    if (reel === null || begin === undefined || end === undefined) throw new Failure('type_not_playable')
    const bytes = await this.source.bytes(epoch.key, begin.offset, end.offset + end.length - begin.offset, signal)
    if (reel !== this.reel) return
    await reel.append(wish, await this.initOf(epoch), bytes)
    await this.empty(reel)
  }

  private nextWish(): Wish | null {
    const { epochs } = this.footage
    const { utc } = this.clock
    const place = placeAt(epochs, utc) ?? placeAfter(epochs, utc)
    if (place === null || beginOf(place) > utc + this.ahead) return null
    const has = (epoch: Epoch, index: number): boolean => this.reel?.has(epoch, index) ?? false
    return wishFor(epochs, place, has, this.ahead)
  }

  /** After a jump what is on its way is seldom what is needed first. */
  private abortUseless(): void {
    if (this.fetching === null) return
    const { asking, wish } = this.fetching
    const now = this.nextWish()
    if (now !== null && (now.epoch !== wish.epoch || now.first > wish.last || now.last < wish.first)) asking.abort()
  }

  private async initOf(epoch: Epoch): Promise<Bytes> {
    const init = this.inits.get(epoch) ?? (await this.source.bytes(epoch.key, epoch.init.offset, epoch.init.length, this.ending.signal))
    this.inits.set(epoch, init)
    return init
  }

  /** Let go of what was shown long ago and of what a jump left far ahead. */
  private async empty(reel: Reel): Promise<void> {
    const { utc } = this.clock
    const early = emptyUntil(this.footage.epochs, utc, BEHIND)
    const late = utc + 3 * this.ahead
    const [first, last] = reel.extent
    if (first < early - AHEAD) await reel.remove(-Infinity, early)
    if (last > late) await reel.remove(late, Infinity)
  }

  // reels

  /** The media source that takes this kind of file; null when the browser can't play it. */
  private reelFor({ mime }: Epoch): Reel | null {
    if (this.reel !== null && sameKind(this.reel.kind, mime)) return this.reel
    if (!MediaSource.isTypeSupported(mime)) {
      this.show({ kind: 'failed', code: 'type_not_playable' })
      return null
    }
    this.drop()
    this.reel = new Reel(mime, baseOf(this.footage.epochs, mime))
    this.video.src = this.reel.url
    return this.reel
  }

  private drop(): void {
    if (this.reel === null) return
    this.fetching?.asking.abort()
    this.reel.close()
    this.reel = null
    this.sought = null
    this.frame = null
    this.video.removeAttribute('src')
    this.video.load()
  }
}

const momentIn = ({ base }: Reel, seconds: number): number => base + seconds * 1000

/** The range that holds a media time, in seconds; sound and picture do not end together, so its end is not taken to the letter. */
function rangeAround(ranges: TimeRanges, at: number): [number, number] | null {
  for (let i = 0; i < ranges.length; i++) if (ranges.start(i) <= at + INTO_FRAME && at < ranges.end(i) + UNEVEN) return [ranges.start(i), ranges.end(i)]
  return null
}

function around(ranges: TimeRanges, at: number): [number, number] {
  let before = 0
  for (let i = 0; i < ranges.length; i++) {
    if (ranges.start(i) > at) return [before, ranges.start(i)]
    before = ranges.end(i)
  }
  return [before, Infinity]
}
