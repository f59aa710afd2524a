/** The window's side of the sealing worker. */
import { Failure, type Facts } from '@/failure'
import { type Progress, type Sealed } from './bidseal'
import { type Identity } from './identity'
import { type SealJob } from './seal.worker'

export type SealAnswer =
  | { readonly kind: 'progress'; readonly part: 'sealing' | 'testing'; readonly fraction: number }
  | { readonly kind: 'sealed'; readonly sealed: Sealed; readonly file: Blob }
  | { readonly kind: 'failed'; readonly code: string; readonly facts: Facts }

/** Build, seal and test a bid in a worker of its own. Throws the worker's Failure. */
export function sealInWorker(job: Omit<SealJob, 'identity'> & { readonly identity: Identity }, progress: Progress): Promise<{ sealed: Sealed; file: Blob }> {
  const worker = new Worker(new URL('./seal.worker.ts', import.meta.url), { type: 'module' })
  return new Promise<{ sealed: Sealed; file: Blob }>((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<SealAnswer>): void => {
      if (data.kind === 'progress') progress(data.part, data.fraction)
      else if (data.kind === 'sealed') resolve({ sealed: data.sealed, file: data.file })
      else reject(new Failure(data.code, data.facts))
    }
    worker.onerror = (event): void => reject(new Failure('unexpected', { detail: event.message }))
    const { lent, transfer } = job.identity.lend()
    worker.postMessage({ ...job, identity: lent } satisfies SealJob, transfer)
  }).finally(() => worker.terminate())
}
