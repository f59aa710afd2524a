/** A draw of a lot as one viewer lives it: which one runs, and what the viewer's own part in it is now. Pure: a lot in, names out. */
import { type DrawView, type LotView } from '@/wire/types.gen'

/** `aside`: takes no part. `late`: gave no commitment in time, or the draw was repeated without it. */
export type OwnPart = 'commit' | 'committed' | 'reveal' | 'revealed' | 'late' | 'aside'

/** The draw that is under way. An earlier one may have come to nothing, and never comes back. */
export function runningDraw(lot: LotView): DrawView | undefined {
  return lot.draws.find(({ over }) => !over)
}

/** Whether the hall draws once more without those who did not reveal; where too few are left it doesn't. */
export function repeated(lot: LotView, draw: DrawView): boolean {
  return draw.missing.length > 0 && lot.draws.some((one) => one.draw === draw.draw + 1)
}

/** `party`: a bidder's id, or `host`. */
export function ownPart(lot: LotView, draw: DrawView, party: string): OwnPart {
  if (!draw.parties.includes(party)) return lot.draws.some(({ missing }) => missing.includes(party)) ? 'late' : 'aside'
  if (draw.revealed.includes(party)) return 'revealed'
  const committed = draw.committed.includes(party)
  if (draw.reveal_by === null) return committed ? 'committed' : 'commit'
  return committed ? 'reveal' : 'late'
}
