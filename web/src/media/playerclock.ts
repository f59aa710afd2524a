/**
 * The one clock that players follow: which moment of hall time is shown now. It stands while somebody who follows it is not
 * ready, so that nobody runs ahead, and it can stay close behind the live edge. Pure but for the monotonic time it is given.
 */

/** Speeds that a viewer may choose. */
export const RATES = [0.5, 1, 1.5, 2, 4, 8] as const

/** How far behind the newest fragment the clock stays when live: a fragment lasts half a second, its way here is not even. */
const CUSHION = 900
const JUMP = 4_000
const DEAD_ZONE = 80
const WINDOW = 10_000

export class ReplayClock {
  private base = 0
  private since = 0
  private wanted = false
  private speed = 1
  private trim = 1
  private chasing = false
  private readonly waiting = new Set<object>()
  private readonly edges = new Map<object, EdgeMeter>()

  constructor(private readonly monotonic: () => number = () => performance.now()) {
    this.since = monotonic()
  }

  /** The moment shown now, ms UTC. */
  get utc(): number {
    return this.running ? this.base + (this.monotonic() - this.since) * this.speed * this.trim : this.base
  }

  /** Whether the moment moves; it does not while somebody is waited for. */
  get running(): boolean {
    return this.wanted && this.waiting.size === 0
  }

  /** Whether the viewer wants it to move. */
  get playing(): boolean {
    return this.wanted
  }

  get waits(): boolean {
    return this.waiting.size > 0
  }

  get rate(): number {
    return this.speed
  }

  set rate(rate: number) {
    this.settle(() => (this.speed = rate))
  }

  /** The rate with which pictures have to be shown to follow. */
  get pace(): number {
    return this.speed * this.trim
  }

  get isLive(): boolean {
    return this.chasing
  }

  /** Go to a moment; the live edge is left. */
  set(utc: number): void {
    this.chasing = false
    this.trim = 1
    this.base = utc
    this.since = this.monotonic()
  }

  play(): void {
    this.settle(() => (this.wanted = true))
  }

  /** Who pauses is no longer live: what goes on meanwhile is not skipped. */
  pause(): void {
    this.settle(() => {
      this.wanted = false
      this.chasing = false
      this.trim = 1
    })
  }

  /** Somebody is not ready to show the moment: it is held until he is. */
  hold(who: object): void {
    if (!this.waiting.has(who)) this.settle(() => this.waiting.add(who))
  }

  release(who: object): void {
    if (this.waiting.has(who)) this.settle(() => this.waiting.delete(who))
  }

  /** Follow the newest that there is, at its own speed. */
  live(): void {
    this.settle(() => {
      this.chasing = true
      this.speed = 1
      this.wanted = true
    })
    this.chase()
  }

  /** Something was recorded up to `until` and is known of now. */
  reached(who: object, until: number): void {
    const meter = this.edges.get(who) ?? new EdgeMeter()
    this.edges.set(who, meter)
    meter.note(until, this.monotonic())
  }

  /** Who records no longer, or is no longer watched, has no edge. */
  forget(who: object): void {
    this.edges.delete(who)
    this.release(who)
  }

  /** The newest moment that all can show; null when nothing is being recorded. */
  get edge(): number | null {
    const now = this.monotonic()
    const found = [...this.edges.values()].map((meter) => meter.at(now))
    return found.length === 0 ? null : Math.min(...found)
  }

  /** To be called some times a second: keeps a live clock behind the edge. */
  chase(): void {
    const { edge } = this
    if (edge === null) return
    // Who was faster than what is recorded has caught up with it, and goes on at its pace.
    if (!this.chasing && this.wanted && this.speed > 1 && this.utc >= edge - CUSHION) {
      this.set(edge - CUSHION)
      this.speed = 1
      this.chasing = true
    }
    if (!this.chasing) return
    const behind = edge - CUSHION - this.utc
    if (Math.abs(behind) > JUMP) {
      this.base = edge - CUSHION
      this.since = this.monotonic()
      this.trim = 1
    } else {
      const share = Math.abs(behind) < DEAD_ZONE ? 0 : Math.max(-0.08, Math.min(0.12, behind / 4_000))
      this.settle(() => (this.trim = 1 + Math.round(share * 100) / 100))
    }
  }

  /** Change how it runs from now on, and leave what has passed as it was. */
  private settle(change: () => void): void {
    this.base = this.utc
    this.since = this.monotonic()
    change()
  }
}

/**
 * Where the live edge is between two fragments: what is known grows in steps, the edge itself moves evenly. The step that came
 * soonest within the last one to two windows says where it is.
 */
export class EdgeMeter {
  private current = -Infinity
  private previous = -Infinity
  private since = 0

  note(until: number, now: number): void {
    if (now - this.since >= WINDOW) {
      this.previous = this.current
      this.current = -Infinity
      this.since = now
    }
    this.current = Math.max(this.current, until - now)
  }

  at(now: number): number {
    return Math.max(this.current, this.previous) + now
  }
}
