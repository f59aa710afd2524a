/**
 * What a viewer has looked at, told to the hall in pieces so that it can journal each look: who was watched, from when to when.
 * Pure; `tell` hands a piece on.
 */
export interface Look {
  readonly participants: readonly string[]
  readonly from: number
  readonly to: number
}

/** A piece is told at the latest after so many ms: the hall takes what it gives out meanwhile for the same look. */
export const TELL_EVERY = 4 * 60_000
/** Who goes further than this from what it was watching looks at something else. */
const ELSEWHERE = 60_000

export class Looks {
  private participants: readonly string[] = []
  private from = 0
  private to = 0
  private told = -Infinity
  private news = false

  constructor(private readonly tell: (look: Look) => void) {}

  /** `participants` are shown at the moment `utc`; `now` is monotonic. */
  see(participants: readonly string[], utc: number, now: number): void {
    if (participants.length === 0) return
    const same = participants.join() === this.participants.join()
    const near = utc >= this.from - ELSEWHERE && utc <= this.to + ELSEWHERE
    if (!same || !near) {
      this.flush(now)
      this.participants = participants
      this.from = this.to = utc
      this.news = true
      this.flush(now)
      return
    }
    if (utc < this.from || utc > this.to) this.news = true
    this.from = Math.min(this.from, utc)
    this.to = Math.max(this.to, utc)
    if (now - this.told < TELL_EVERY) return
    this.flush(now)
    this.from = this.to = utc
  }

  /** Tell what was not told yet: the page is left, or something else is looked at. */
  flush(now: number): void {
    if (!this.news) return
    this.news = false
    this.told = now
    this.tell({ participants: this.participants, from: Math.floor(this.from), to: Math.ceil(this.to) })
  }
}
