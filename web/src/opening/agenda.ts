/** Where an opening stands, for the bar of steps and for staff who must read the next one out. Pure: a view in, names out. */
import { type BidderView, type LotView, type PriceView, type StaffView, type View } from '@/wire/types.gen'

export const STEPS = ['sign_in', 'list', 'check', 'decryption', 'read_out', 'objections', 'record', 'close'] as const

const STAGE_STEP: Readonly<Record<string, number>> = { new: 0, scheduled: 0, sign_in: 0, held: 0, deadline: 1, record: 6, leaving: 7, closed: 8 }
const LOT_STEP: Readonly<Record<string, number>> = {
  sealed: 1,
  locked: 1,
  check: 2,
  checked: 3,
  decryption: 3,
  results: 3,
  disclosure: 3,
  read_out: 4,
  objections: 5,
  done: 6,
  failed: 6,
}

/** Index into STEPS of the step that is going on; the lot that is furthest behind counts. */
export function currentStep(view: View): number {
  const whole = STAGE_STEP[view.stage]
  if (whole !== undefined) return whole
  return Math.min(...view.lots.map((lot) => LOT_STEP[lot.stage] ?? 0))
}

/** The lot that the banner speaks of, else the first that is not settled, else the first. */
export function currentLot(view: View): LotView | undefined {
  const named = view.lots.find(({ lot }) => lot === view.waiting?.lot)
  return named ?? view.lots.find(({ stage }) => stage !== 'done' && stage !== 'failed') ?? view.lots[0]
}

export function listed(lot: LotView): BidderView[] {
  return lot.bidders.filter(({ status }) => status === 'listed')
}

/** The viewer itself in a lot's list, where it stands in it. */
export function own(view: View, lot: LotView): BidderView | undefined {
  return lot.bidders.find(({ bidder }) => bidder === view.you.party)
}

export function nameOf(lot: LotView, bidder: string): string {
  return lot.bidders.find((one) => one.bidder === bidder)?.name ?? bidder
}

/** What stands in a column of the read-out other than the price. */
export function columnOf(price: PriceView, key: string): string {
  return key === 'period' || key === 'quality' || key === 'manager' || key === 'security' ? price[key] : ''
}

/** The name of a participant id (`host`, `bidder-<id>`, `procuring-entity`) as far as this viewer may know it. */
export function participantName(view: View, participant: string): string {
  if (participant.startsWith('bidder-')) {
    const id = participant.slice('bidder-'.length)
    const found = view.lots.flatMap(({ bidders }) => bidders).find(({ bidder }) => bidder === id)
    return found?.name ?? id
  }
  return staffOf(view, participant)?.name ?? participant
}

/** The member of staff behind a participant id. */
export function staffOf(view: View, participant: string): StaffView | undefined {
  return view.staff.find(({ role }) => role.replace(/_/g, '-') === participant)
}

/** Released, opened or failed: the hall has the bidder's key. */
export function hasReleased(bidder: BidderView): boolean {
  return bidder.release === 'received' || bidder.release === 'opened' || bidder.release === 'failed'
}

/** Whose cause is to be decided: missing sign-ins of a locked lot (clause 5.3.2), else listed bids that were not opened (5.3.4). */
export function undecided(lot: LotView): BidderView[] {
  if (lot.stage === 'locked') return lot.bidders.filter(({ status, cause }) => status === 'absent' && cause === '')
  // clause 5.3.4: who deposited and did not sign in is undecided as well
  const asked = lot.bidders.filter(({ status }) => status === 'listed' || status === 'absent')
  return asked.filter(({ release, cause, own_window }) => release !== 'opened' && release !== 'received' && cause === '' && own_window?.closed_at !== null)
}
