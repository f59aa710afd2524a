/**
 * Where a player's bytes come from, and what is known of one participant's recording. A source is asked for files, for their
 * indices and for ranges of bytes; `Footage` puts the answers together and follows what is still being written.
 */
import { type Bytes } from '@/crypto/bytes'
import { asFailure } from '@/failure'
import { type Epoch, type Fragment, sameKind } from './playerplan'

/** A fragment as the hall writes it: n, offset, length, utc, duration, keyframe. */
export type IndexLine = readonly [n: number, offset: number, length: number, utc: number, duration: number, keyframe: boolean | number, ...rest: unknown[]]

export interface IndexPart {
  /** Null as long as the file has no first line yet. */
  readonly init: { readonly offset: number; readonly length: number; readonly utc: number; readonly mime: string; readonly cause: string } | null
  readonly fragments: readonly IndexLine[]
  readonly end: { readonly utc: number; readonly cause: string } | null
}

/** Anything that can be played: the hall's own recordings, the public broadcast. */
export interface Source {
  /** Keys of the files there are now, in the order they were begun. */
  epochs(signal: AbortSignal): Promise<readonly string[]>
  /** What follows fragment `after` of a file. The hall may take up to `wait` ms for something new. */
  index(key: string, after: number, wait: number, signal: AbortSignal): Promise<IndexPart>
  bytes(key: string, offset: number, length: number, signal: AbortSignal): Promise<Bytes>
  /** How long the hall may be asked to wait for news; 0 where many are watched at once, for each question keeps a line busy. */
  readonly patience: number
}

const PAUSE = 700
const AFTER_FAILURE = 2_000
const LOOK_FOR_FILES = 2_000

interface Growing extends Epoch {
  fragments: Fragment[]
  end: Epoch['end']
}

/** One participant's recording as far as it is known here. */
export class Footage {
  readonly epochs: Growing[] = []
  /** Whether everything that existed when it was first asked for is known. */
  known = false
  private readonly ending = new AbortController()
  private looked = -Infinity

  /**
   * changed: something new is known. failed: the hall refused, or nothing answered; it is asked again.
   */
  constructor(
    private readonly source: Source,
    private readonly changed: (footage: Footage) => void = () => undefined,
    private readonly failed: (code: string) => void = () => undefined,
  ) {}

  /** Up to where something is known to be recorded, or -Infinity. */
  get until(): number {
    return Math.max(-Infinity, ...this.epochs.flatMap(({ fragments }) => fragments.slice(-1)).map(({ utc, duration }) => utc + duration))
  }

  get from(): number {
    return Math.min(Infinity, ...this.epochs.flatMap(({ fragments }) => fragments.slice(0, 1)).map(({ utc }) => utc))
  }

  /** Whether the last file is still being written. */
  get growing(): boolean {
    const last = this.epochs[this.epochs.length - 1]
    return last !== undefined && last.end === null
  }

  /** Ask until closed: first for everything there is, then for what is added, as long as `follows` says that more may come. */
  async read(follows: () => boolean): Promise<void> {
    const { signal } = this.ending
    while (!signal.aborted) {
      try {
        const news = await this.round(signal)
        if (!this.known) {
          this.known = true
          this.changed(this)
        }
        if (!follows() && !this.growing) return
        if (!news || this.source.patience === 0) await pause(PAUSE, signal)
      } catch (thrown) {
        if (signal.aborted) return
        this.failed(asFailure(thrown).code)
        await pause(AFTER_FAILURE, signal)
      }
    }
  }

  close(): void {
    this.ending.abort()
  }

  /** One look at everything that may have grown; whether anything was asked that had time to wait for news. */
  private async round(signal: AbortSignal): Promise<boolean> {
    if (!this.growing || performance.now() - this.looked > LOOK_FOR_FILES) {
      this.looked = performance.now()
      const keys = await this.source.epochs(signal)
      for (const key of keys.filter((one) => this.epochs.every((epoch) => epoch.key !== one))) await this.grow(key, 0, signal)
    }
    const open = this.epochs.filter(({ end }) => end === null)
    for (const epoch of open) await this.grow(epoch.key, this.known && epoch === open[open.length - 1] ? this.source.patience : 0, signal)
    return open.length > 0
  }

  /** Ask what a file has more. An index comes in parts; the first time all of them are read. */
  private async grow(key: string, wait: number, signal: AbortSignal): Promise<void> {
    for (let first = true; ; first = false) {
      const epoch = this.epochs.find((one) => one.key === key)
      const after = epoch?.fragments[epoch.fragments.length - 1]?.n ?? 0
      const { init, fragments, end } = await this.source.index(key, after, first ? wait : 0, signal)
      const fresh = fragments.filter(([n]) => n > after).map(fragment)
      if (epoch !== undefined) {
        epoch.fragments.push(...fresh)
        epoch.end = end
      } else if (init !== null) {
        this.epochs.push({ key, mime: init.mime, utc: init.utc, cause: init.cause, init, fragments: fresh, end })
        this.epochs.sort((a, b) => a.utc - b.utc)
      }
      const news = fresh.length > 0 || end !== null
      if (this.known && news) this.changed(this)
      if (this.known || init === null || end !== null || fresh.length === 0) return
    }
  }
}

/** The first epoch of a kind: media time of all of that kind is counted from it. */
export function baseOf(epochs: readonly Epoch[], kind: string): number {
  return epochs.find(({ mime }) => sameKind(mime, kind))?.utc ?? 0
}

function fragment([n, offset, length, utc, duration, keyframe]: IndexLine): Fragment {
  return { n, offset, length, utc, duration, keyframe: Boolean(keyframe) }
}

export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    }, { once: true })
  })
}
