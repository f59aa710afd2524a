/** A sealed file in slices of 8 MiB with a digest each, resumable: the hall says how much it has, and the rest follows. */
import { blobBytes, hex, sha256 } from '@/crypto/bytes'
import { Failure, asFailure } from '@/failure'
import { beginUpload, putSlice } from './api'

const SLICE = 8 * 1024 * 1024
const PASSING = ['connection_lost', 'slice_damaged', 'wrong_offset', 'unavailable', 'http_status', 'body_incomplete']
/** Milliseconds between tries while the line is away. */
const SHORTEST = 1_000
const LONGEST = 10_000
/** Tries after refusals that a line that is away cannot explain. */
const MOST_REFUSALS = 40

export interface Watcher {
  progress(fraction: number): void
  /** The line is away (or back): nothing is lost, the rest follows by itself. */
  waiting(away: boolean): void
}

/**
 * Upload and give the upload's id. A lost line is waited for as long as it takes, as nothing but the deadline ends a deposit; any
 * refusal that will not pass is thrown.
 */
export async function uploadSealed(
  target: { readonly tender: string; readonly lot: string },
  file: Blob,
  digest: string,
  watcher: Watcher,
  begin = beginUpload,
): Promise<string> {
  let pause = SHORTEST
  let refusals = 0
  for (;;) {
    try {
      return await transfer(begin, target, file, digest, (fraction) => {
        pause = SHORTEST
        refusals = 0
        watcher.waiting(false)
        watcher.progress(fraction)
      })
    } catch (thrown) {
      const failure = asFailure(thrown)
      if (!PASSING.includes(failure.code)) throw failure
      if (failure.code !== 'connection_lost' && ++refusals > MOST_REFUSALS) throw failure
      watcher.waiting(true)
      await lineOr(pause)
      pause = Math.min(LONGEST, pause * 2)
    }
  }
}

/** Resolves after the pause, or as soon as the browser says that there is a line again. */
function lineOr(pause: number): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer)
      removeEventListener('online', done)
      resolve()
    }
    const timer = setTimeout(done, pause)
    addEventListener('online', done)
  })
}

async function transfer(
  begin: typeof beginUpload,
  { tender, lot }: { readonly tender: string; readonly lot: string },
  file: Blob,
  digest: string,
  progress: (fraction: number) => void,
): Promise<string> {
  const { upload, received } = await begin(tender, lot, file.size, digest)
  progress(received / file.size)
  let at = received
  while (at < file.size) {
    // The browser sends the slice from the disk by itself: bytes that a script hands over stay in its memory for a long while.
    const slice = file.slice(at, at + SLICE)
    const answer = await putSlice(upload, at, slice, hex(await sha256(await blobBytes(slice))))
    if (answer.received <= at) throw new Failure('wrong_offset')
    at = answer.received
    progress(at / file.size)
  }
  return upload
}
