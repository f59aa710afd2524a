/** What the hall tells everybody of an opening, and how a player reads what is on the air. */
import { type IndexPart, type Source } from '@/media/playersource'
import { get, getRange, getWhile } from '@/wire/http'

export interface OnAir {
  readonly participant: string
  readonly kind: 'host' | 'camera' | 'bidder' | 'post'
  /** Of hall cameras and announced bidders; empty for a post, whose id says what it is. */
  readonly name: string
  /** ms UTC; another one when it was off the air in between. */
  readonly since: number
  readonly files: readonly { readonly file: string; readonly mime: string; readonly until: number }[]
}

export interface BroadcastCard {
  readonly opening: string
  readonly tender_name: string
  readonly tender_number: string
  readonly now: number
  readonly stage: string
  readonly phase: 'before' | 'live' | 'suspended' | 'adjourned' | 'over'
  readonly bid_deadline: number
  /** Whether the public's bundle can be had. */
  readonly bundle: boolean
  readonly lots: readonly { readonly lot: string; readonly name: string; readonly stage: string; readonly closes_at: number | null }[]
  readonly on_air: readonly OnAir[]
}

const path = (...parts: readonly string[]): string => `/api/broadcast/${parts.map(encodeURIComponent).join('/')}`

export const getCard = (opening: string): Promise<BroadcastCard> => get(path(opening, 'index.json'))

/** For players that take HLS themselves. */
export const playlistOf = (opening: string, participant: string): string => path(opening, participant, 'live.m3u8')

/** A participant on the air. files: those that the last card named; patience: ms for which the hall may be asked to wait for news. */
export function sourceOf(opening: string, participant: string, files: () => readonly string[], patience: number): Source {
  const at = (file: string): string => path(opening, participant, file)
  return {
    patience,
    epochs: () => Promise.resolve(files()),
    index: (file, after, wait, signal) => getWhile<IndexPart>(`${at(file)}/index?after=${after}&wait=${wait}`, signal),
    bytes: (file, offset, length, signal) => getRange(at(file), offset, length, signal),
  }
}

/**
 * Whom to show large, and who stands beside: the host first, unless there is no picture of it and one of somebody else; beside
 * it who has the floor before the cameras of the hall.
 */
export function arranged(onAir: readonly OnAir[]): { readonly main: OnAir | null; readonly beside: readonly OnAir[] } {
  const main = onAir.find(({ files }) => files.length > 0) ?? onAir[0] ?? null
  const others = onAir.filter((one) => one !== main)
  const speaks = ({ kind }: OnAir): boolean => kind === 'bidder' || kind === 'post'
  return { main, beside: [...others.filter(speaks), ...others.filter((one) => !speaks(one) && one.files.length > 0)] }
}
