/** Who has a place on the wall, and what is to be seen there. Pure: a view in, seats out. */
import { participantName } from '@/opening/agenda'
import { type View } from '@/wire/types.gen'

/** `live`: packets arrive; `stills`: pictures come one by one over the line; `none`: nobody sees this person. */
export type Picture = 'live' | 'stills' | 'none'

export interface Seat {
  readonly participant: string
  readonly name: string
  readonly picture: Picture
  /** online, suspect, offline, or '' where the hall says nothing. */
  readonly presence: string
  readonly since: number
  /** How often, and for how many ms in all, this person was away so far. */
  readonly absences: number
  readonly away: number
  /** Place in the row of raised hands, from 1; 0 for no hand. */
  readonly hand: number
  readonly floor: boolean
  readonly muted: boolean
  /** The look at the representative that is due (clause 5.3.7): decryption, price, objection, or ''. */
  readonly check: string
  /** The bidder whose reference picture there is, and that is to be compared now; '' otherwise. */
  readonly compare: string
}

/** Every listed bidder has its place, with a picture or without: who has none must be noticed. `now`: hall time, ms. */
export function seatsOf(view: View, now: number): Seat[] {
  const listed = view.lots.flatMap(({ bidders }) => bidders.filter(({ status }) => status === 'listed').map(({ bidder }) => `bidder-${bidder}`))
  const others = [...view.media, ...view.stills].filter((participant) => participant.startsWith('bidder-'))
  return [...new Set([...listed, ...others])].map((participant) => seatOf(view, participant, now))
}

/** One seat, whoever sits there. */
export function seatOf(view: View, participant: string, now: number): Seat {
  const presence = view.presence.find((one) => one.participant === participant)
  const gone = view.absences.filter((one) => one.participant === participant && one.state === 'offline')
  const bidder = view.lots.flatMap(({ bidders }) => bidders).find((one) => `bidder-${one.bidder}` === participant && one.representative !== '')
  const check = view.checks_due.find((one) => one.participant === participant)?.moment ?? ''
  return {
    participant,
    name: participantName(view, participant),
    picture: pictureOf(view, participant),
    presence: presence?.state ?? '',
    since: presence?.since ?? 0,
    absences: gone.length,
    away: gone.reduce((sum, { start, end }) => sum + Math.max(0, (end ?? now) - start), 0),
    hand: view.hands.indexOf(participant) + 1,
    floor: view.floor === participant,
    muted: view.muted.includes(participant),
    check,
    compare: bidder !== undefined && bidder.reference !== '' && (check !== '' || bidder.identity === '') ? bidder.bidder : '',
  }
}

/** Whether so many are on the wall that they stand close together, or nobody sees them all at one look. */
export function areMany(seats: readonly Seat[], telephone: boolean): boolean {
  return seats.length > (telephone ? 4 : 12)
}

/** Whether, among many, what is to be checked stands beside this one. `sought`: the participant whom the viewer looks up, or ''. */
export function liesOpen({ check, participant }: Seat, sought: string): boolean {
  return check !== '' || participant === sought
}

export function pictureOf(view: View, participant: string): Picture {
  if (view.stills.includes(participant)) return 'stills'
  return view.media.includes(participant) ? 'live' : 'none'
}
