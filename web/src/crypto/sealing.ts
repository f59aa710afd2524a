/** The window's side of the sealing worker. */
import { Failure, type Facts } from '@/failure'
import { type Sealed } from './bidseal'
import { type Bytes } from './bytes'
import { type Identity } from './identity'
import { type SealJob } from './seal.worker'

export type SealStep = 'signing' | 'sealing' | 'testing'

export interface SealedFile {
  readonly sealed: Sealed
  readonly file: Blob
  /** Whether it lies on this computer's disk, and not in this page's memory alone. */
  readonly kept: boolean
  /** The recovery file, where one was asked for. */
  readonly recovery: Bytes | null
}

export type SealAnswer =
  | { readonly kind: 'progress'; readonly part: SealStep; readonly fraction: number }
  | { readonly kind: 'sealed'; readonly sealed: Sealed; readonly file: Blob; readonly kept: boolean; readonly recovery: Bytes | null }
  | { readonly kind: 'failed'; readonly code: string; readonly facts: Facts }

/** Sign, build, seal and test a bid in a worker of its own. Throws the worker's Failure. */
export function sealInWorker(
  job: Omit<SealJob, 'identity'> & { readonly identity: Identity },
  progress: (step: SealStep, fraction: number) => void,
): Promise<SealedFile> {
  const worker = new Worker(new URL('./seal.worker.ts', import.meta.url), { type: 'module' })
  return new Promise<SealedFile>((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<SealAnswer>): void => {
      if (data.kind === 'progress') progress(data.part, data.fraction)
      else if (data.kind === 'sealed') resolve({ sealed: data.sealed, file: data.file, kept: data.kept, recovery: data.recovery })
      else reject(new Failure(data.code, data.facts))
    }
    worker.onerror = (event): void => reject(new Failure('unexpected', { detail: event.message }))
    const { lent, transfer } = job.identity.lend()
    worker.postMessage({ ...job, identity: lent } satisfies SealJob, transfer)
  }).finally(() => worker.terminate())
}
