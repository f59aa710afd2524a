/** The hall's recordings as a source that players can read. */
import { type Bytes } from '@/crypto/bytes'
import { type IndexPart, type Source } from '@/media/playersource'
import { getRange, getWhile } from '@/wire/http'
import { recordingPath } from '@/wire/api'

/** One participant of one opening. `files` gives its files in order; many participants may share one question for them. */
export class HallSource implements Source {
  constructor(
    private readonly opening: string,
    private readonly participant: string,
    private readonly files: (participant: string, signal: AbortSignal) => Promise<readonly string[]>,
    readonly patience: number,
  ) {}

  epochs(signal: AbortSignal): Promise<readonly string[]> {
    return this.files(this.participant, signal)
  }

  index(file: string, after: number, wait: number, signal: AbortSignal): Promise<IndexPart> {
    return getWhile(`${this.path(file)}/index?after=${after}&wait=${wait}`, signal)
  }

  bytes(file: string, offset: number, length: number, signal: AbortSignal): Promise<Bytes> {
    return getRange(this.path(file), offset, length, signal)
  }

  private path(file: string): string {
    return recordingPath(this.opening, this.participant, file)
  }
}
