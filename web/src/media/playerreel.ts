/**
 * The media source under a player: all epochs of one kind of file, each appended at its own place in time, and what of them is
 * there. Touches the source buffer and nothing else of the page; what is appended and let go is decided elsewhere.
 */
import { type Bytes } from '@/crypto/bytes'
import { Failure, asFailure } from '@/failure'
import { type Epoch, type Wish } from './playerplan'

/** s, longer than any recording: a media source of unknown length could not be sought in. */
const ENDLESS = 1_000_000

export class Reel {
  readonly url: string
  private readonly media = new MediaSource()
  private buffer: SourceBuffer | null = null
  private current: Epoch | null = null
  private readonly appended = new Map<Epoch, Set<number>>()

  /** `kind`: the type of its first file. `base`: the moment of media time 0, ms UTC. */
  constructor(
    readonly kind: string,
    readonly base: number,
  ) {
    this.url = URL.createObjectURL(this.media)
  }

  /** Whether a fragment was appended and not removed since; that the browser found a picture in it is not said. */
  has(epoch: Epoch, index: number): boolean {
    return this.appended.get(epoch)?.has(index) ?? false
  }

  /** First and last moment of what is buffered, ms UTC; nothing lies between them while nothing is. */
  get extent(): readonly [number, number] {
    const ranges = this.buffer?.buffered
    if (ranges === undefined || ranges.length === 0) return [Infinity, -Infinity]
    return [this.base + ranges.start(0) * 1000, this.base + ranges.end(ranges.length - 1) * 1000]
  }

  /** Append some fragments of an epoch, before them its init segment where another epoch came last. Throws what the buffer refuses. */
  async append({ epoch, first, last }: Wish, init: Bytes, bytes: Bytes): Promise<void> {
    const buffer = this.buffer ?? (await this.opened(epoch.mime))
    if (this.current !== epoch) {
      buffer.abort()
      if (this.current !== null && this.current.mime !== epoch.mime) buffer.changeType(epoch.mime)
      buffer.timestampOffset = (epoch.utc - this.base) / 1000
      await settled(buffer, () => buffer.appendBuffer(init))
      this.current = epoch
    }
    await settled(buffer, () => buffer.appendBuffer(bytes))
    const indices = this.appended.get(epoch) ?? new Set()
    this.appended.set(epoch, indices)
    for (let index = first; index <= last; index++) indices.add(index)
  }

  /** Let go of everything between two moments. */
  async remove(from: number, until: number): Promise<void> {
    const { buffer } = this
    if (buffer === null) return
    await settled(buffer, () => buffer.remove(Math.max(0, (from - this.base) / 1000), (until - this.base) / 1000))
    for (const [epoch, indices] of this.appended) {
      for (const index of [...indices]) {
        const fragment = epoch.fragments[index]
        // What is cut in two counts as gone: appending it again does no harm.
        if (fragment === undefined || (fragment.utc < until && fragment.utc + fragment.duration > from)) indices.delete(index)
      }
    }
  }

  close(): void {
    URL.revokeObjectURL(this.url)
  }

  private async opened(mime: string): Promise<SourceBuffer> {
    if (this.media.readyState !== 'open') await new Promise((resolve) => this.media.addEventListener('sourceopen', resolve, { once: true }))
    this.media.duration = ENDLESS
    this.buffer = this.media.addSourceBuffer(mime)
    return this.buffer
  }
}

/** Do something to a source buffer and return when it is done. Rejects when the bytes were none that it can read. */
function settled(buffer: SourceBuffer, act: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const finish = (event: Event): void => {
      buffer.removeEventListener('updateend', finish)
      buffer.removeEventListener('error', finish)
      if (event.type === 'error') reject(new Failure('append_failed'))
      else resolve()
    }
    buffer.addEventListener('updateend', finish)
    buffer.addEventListener('error', finish)
    try {
      act()
    } catch (thrown) {
      buffer.removeEventListener('updateend', finish)
      buffer.removeEventListener('error', finish)
      reject(asFailure(thrown, 'append_failed'))
    }
  })
}
