/** The worker that signs a bid's PDF, puts the bid together, seals it and tests the seal; the window stays free. */
import '@/polyfills'
import { Failure, asFailure } from '@/failure'
import { type Keep, seal } from './bidseal'
import { type Bytes } from './bytes'
import { type Bid, buildBid } from './container'
import { sealedSize } from './header'
import { borrow } from './holding'
import { type Identity, type Lent } from './identity'
import { makeRecovery } from './recovery'
import { openSink } from './sink'
import { type SealAnswer } from './sealing'

export interface SealJob {
  readonly bid: Bid
  readonly identity: Lent
  /** Hall time, ms UTC. */
  readonly at: number
  /** The file on the private disk to write. */
  readonly name: string
  /** Of a recovery file; "" for none. */
  readonly passphrase: string
}

/** Bytes of a header, at most; the room asked of the disk need not be exact. */
const HEADER_ROOM = 16 * 1024
/** Bytes that the PDF's signature, the summary and the container add, at most. */
const SIGNATURE_ROOM = 1024 * 1024
/** Messages about progress that a person can tell apart. */
const STEPS = 500

const answer = (message: SealAnswer): void => self.postMessage(message)

self.onmessage = (event: MessageEvent<SealJob>): void => {
  const { identity, ...job } = event.data
  run(job, borrow(identity)).catch((thrown: unknown) => {
    const { code, facts } = changedMeanwhile(thrown) ? new Failure('input_changed') : asFailure(thrown)
    answer({ kind: 'failed', code, facts })
  })
}

async function run({ bid, at, name, passphrase }: Omit<SealJob, 'identity'>, identity: Identity): Promise<void> {
  const progress = telling()
  // Room is asked for first: a full disk is told before two gigabytes are read, and not after.
  const sink = await openSink(name, sealedSize(HEADER_ROOM, bid.pdf.size + SIGNATURE_ROOM))
  try {
    const plaintext = await buildBid(bid, identity, at, (fraction) => progress('signing', fraction))
    const { tender, lot, bidder } = bid
    let recovery: Bytes | null = null
    const keep: Keep = async (head, prefix, cek) => {
      if (passphrase !== '') recovery = await makeRecovery(head, prefix, cek, passphrase)
    }
    const { sealed, file } = await seal({ tender, lot, bidder, name: 'bid.zip', plaintext }, identity, sink, progress, keep)
    answer({ kind: 'sealed', sealed, file, kept: sink.kept, recovery })
  } catch (thrown) {
    sink.abandon()
    throw thrown
  }
}

function telling(): (part: 'signing' | 'sealing' | 'testing', fraction: number) => void {
  let last = ''
  return (part, fraction) => {
    const shown = `${part} ${Math.floor(fraction * STEPS)}`
    if (shown !== last) answer({ kind: 'progress', part, fraction })
    last = shown
  }
}

/** A chosen file that was changed or moved away since cannot be read any more. */
function changedMeanwhile(thrown: unknown): boolean {
  return thrown instanceof DOMException && (thrown.name === 'NotReadableError' || thrown.name === 'NotFoundError')
}
