/** Warnings before a window ends (clause 5.3.3): at 30, 10, 5 and 1 minutes, each once, to who has not decrypted yet. Pure. */
import { type BidderView, type LotView, type View } from '@/wire/types.gen'
import { hasReleased } from './agenda'

export const WARN_AT = [30, 10, 5, 1] as const
const MINUTE = 60_000

/** The end of the window that runs for this viewer in the lot, ms UTC; null where none runs or its bid is released. */
export function endFor(view: View, lot: LotView): number | null {
  if (view.suspension !== null) return null
  const own = lot.bidders.find(({ bidder, status }) => view.you.role === 'bidder' && bidder === view.you.party && status !== 'without_deposit')
  if (own?.own_window?.closed_at === null) return own.own_window.closes_at
  if (lot.window === null || lot.window.closed_at !== null) return null
  return view.you.role === 'bidder' && !waits(own) ? null : lot.window.closes_at
}

function waits(own: BidderView | undefined): boolean {
  return own !== undefined && own.status === 'listed' && !own.held && !hasReleased(own)
}

/** The warning that is due: the smallest of WARN_AT that `left` (ms) has reached, or null before the first and after the end. */
export function warningAt(left: number): number | null {
  if (left <= 0) return null
  const reached = WARN_AT.filter((minutes) => left <= minutes * MINUTE)
  return reached[reached.length - 1] ?? null
}
