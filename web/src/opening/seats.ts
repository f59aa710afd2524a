/** The order in which somebody with several openings wants to see them. Pure. */
import { type TenderCard } from '@/wire/api'
import { type View } from '@/wire/types.gen'
import { type Duty } from './duty'

export interface Seat {
  readonly tender: string
  readonly opening: string
  readonly role: string
  readonly card: TenderCard
  /** Null until it was looked at. */
  readonly view: View | null
  readonly duty: Duty | null
}

/** What waits for the person, then what is going on, then what comes next; what is over stands last, the latest first. */
export function sorted(seats: readonly Seat[], now: number): Seat[] {
  return [...seats].sort((a, b) => rank(a, now) - rank(b, now) || distance(a, now) - distance(b, now))
}

function rank({ duty, card }: Seat, now: number): number {
  if (card.stage === 'closed') return 3
  if (duty !== null) return 0
  return card.bid_deadline <= now ? 1 : 2
}

function distance({ card, duty }: Seat, now: number): number {
  return Math.abs((duty?.until ?? card.bid_deadline) - now)
}
