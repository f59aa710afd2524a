/** A sealed file in slices of 8 MiB with a digest each, resumable: the hall says how much it has, and the rest follows. */
import { blobBytes, hex, sha256 } from '@/crypto/bytes'
import { Failure, asFailure } from '@/failure'
import { beginUpload, putSlice } from './api'

const SLICE = 8 * 1024 * 1024
const PAUSE = 1_500
const PATIENCE = 40

/** Upload and give the upload's id. A lost line is waited for and resumed; any other refusal is thrown. */
export async function uploadSealed(
  target: { readonly tender: string; readonly lot: string },
  file: Blob,
  digest: string,
  progress: (fraction: number) => void,
): Promise<string> {
  let failures = 0
  for (;;) {
    try {
      return await transfer(target, file, digest, (fraction) => {
        failures = 0
        progress(fraction)
      })
    } catch (thrown) {
      const failure = asFailure(thrown)
      const passing = ['connection_lost', 'slice_damaged', 'wrong_offset', 'unavailable'].includes(failure.code)
      if (!passing || ++failures > PATIENCE) throw failure
      await new Promise((resolve) => setTimeout(resolve, PAUSE))
    }
  }
}

async function transfer(
  { tender, lot }: { readonly tender: string; readonly lot: string },
  file: Blob,
  digest: string,
  progress: (fraction: number) => void,
): Promise<string> {
  const { upload, received } = await beginUpload(tender, lot, file.size, digest)
  let at = received
  while (at < file.size) {
    const slice = await blobBytes(file.slice(at, at + SLICE))
    const answer = await putSlice(upload, at, slice, hex(await sha256(slice)))
    if (answer.received <= at) throw new Failure('wrong_offset')
    at = answer.received
    progress(at / file.size)
  }
  return upload
}
