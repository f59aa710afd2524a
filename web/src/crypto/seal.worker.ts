/** The worker that puts a bid together, seals it and tests the seal; the window stays free. */
import '@/polyfills'
import { asFailure } from '@/failure'
import { seal } from './bidseal'
import { type Bid, buildBid } from './container'
import { borrow } from './holding'
import { type Identity, type Lent } from './identity'
import { openSink } from './sink'
import { type SealAnswer } from './sealing'

export interface SealJob {
  readonly bid: Bid
  readonly identity: Lent
  /** Hall time, ms UTC. */
  readonly at: number
}

const answer = (message: SealAnswer): void => self.postMessage(message)

self.onmessage = (event: MessageEvent<SealJob>): void => {
  const { bid, identity, at } = event.data
  run(bid, borrow(identity), at).catch((thrown: unknown) => {
    const { code, facts } = asFailure(thrown)
    answer({ kind: 'failed', code, facts })
  })
}

async function run(bid: Bid, identity: Identity, at: number): Promise<void> {
  const plaintext = await buildBid(bid, identity, at)
  const { tender, lot, bidder } = bid
  const { sealed, file } = await seal({ tender, lot, bidder, name: 'bid.zip', plaintext }, identity, await openSink(), (part, fraction) =>
    answer({ kind: 'progress', part, fraction }),
  )
  answer({ kind: 'sealed', sealed, file })
}
