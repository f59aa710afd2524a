/**
 * The words of an opening in the order they fell: the journal's entries as this viewer may see them, with what was said, read,
 * objected and answered beside them. Pure: a view, a timeline and the words of a language in, lines and findings out.
 */
import { type EntryWords } from '@/entries'
import { participantName } from '@/opening/agenda'
import { type TimelineEntry, type View } from '@/wire/types.gen'
import { clockTime } from '@/words'

export type Group = 'course' | 'speech' | 'objections' | 'trouble' | 'presence'

export interface Line {
  readonly n: number
  readonly at: number
  readonly kind: string
  readonly group: Group
  /** What happened, to whom, and what was said. */
  readonly what: string
  readonly who: string
  readonly text: string
}

const GROUPS: Readonly<Record<Exclude<Group, 'course'>, readonly string[]>> = {
  speech: ['Said', 'MessageHidden', 'AnnouncementMade', 'TextRead', 'RemarkMade', 'CallLogged', 'HandRaised', 'HandLowered', 'FloorGiven', 'MicrophoneMuted', 'RoomMuted'],
  objections: ['ObjectionsOpened', 'ObjectionRaised', 'ObjectionAnswered', 'ObjectionsClosed'],
  trouble: ['IncidentRecorded', 'Suspended', 'SuspensionLifted', 'Resumed', 'Adjourned', 'ActRefused', 'AttemptNoted', 'BidOpenFailed', 'FaultEnded', 'DeadlineHeld', 'ReliableTestDone', 'FaceFlagged', 'SplitDeclared'],
  presence: ['PresenceChanged', 'ConnectionTaken', 'OperatorSeen'],
}

export function groupOf(kind: string): Group {
  const found = Object.entries(GROUPS).find(([, kinds]) => kinds.includes(kind))
  return (found?.[0] ?? 'course') as Group
}

export function linesOf(view: View, timeline: readonly TimelineEntry[], words: EntryWords): Line[] {
  const said = texts(view, timeline)
  return timeline.map((entry) => {
    const { n, at, kind } = entry
    const message = kind === 'Said' || kind === 'MessageHidden' ? view.messages.find((one) => one.message === Number(entry.detail)) : undefined
    const who = message === undefined ? words.subject(entry) : participantName(view, message.speaker)
    const own = said.get(n) ?? message?.text ?? ''
    const detail = words.detail(entry)
    return { n, at, kind, group: groupOf(kind), what: words.title(entry), who, text: own === '' ? detail : [detail.startsWith('#') ? '' : detail, own].filter((one) => one !== '' && one !== own).concat(own).join(' · ') }
  })
}

/**
 * Texts that an entry does not carry itself, by the entry's number. The k-th entry of a kind is the k-th of the view's list; where
 * the two do not count the same nothing is said, for a wrong text would be worse than none.
 */
function texts(view: View, timeline: readonly TimelineEntry[]): Map<number, string> {
  const found = new Map<number, string>()
  const pair = (kind: string, all: readonly string[]): void => {
    const entries = timeline.filter((entry) => entry.kind === kind)
    if (entries.length === all.length) entries.forEach(({ n }, k) => found.set(n, all[k] ?? ''))
  }
  pair('RemarkMade', view.remarks.map(({ text }) => text))
  pair('CallLogged', view.calls.map(({ text }) => text))
  pair('IncidentRecorded', view.incidents.map(({ detail, explanation }) => [detail, explanation].filter(Boolean).join(' · ')))
  for (const { lot, objections } of view.lots) {
    const answered = objections.filter(({ answer }) => answer !== '')
    const entries = timeline.filter((entry) => entry.kind === 'ObjectionAnswered' && entry.lot === lot)
    if (entries.length === answered.length && answered.length === 1) found.set(entries[0]?.n ?? -1, answered[0]?.answer ?? '')
  }
  for (const { n, kind, detail } of timeline) {
    if (kind === 'TextRead') found.set(n, view.texts.find(({ key }) => key === detail)?.text ?? '')
  }
  return found
}

/** Lines in which every word of the question stands, in any part, whatever its width or case; a time of day finds its minute. */
export function found(lines: readonly Line[], question: string): Line[] {
  const terms = plain(question).split(/\s+/).filter(Boolean)
  return lines.filter((line) => {
    const all = plain([clockTime(line.at), line.what, line.who, line.text].join(' '))
    return terms.every((term) => all.includes(term))
  })
}

const plain = (text: string): string => text.normalize('NFKC').toLowerCase()

/** Index of the last line at or before a moment, or -1. Lines stand in the order of time. */
export function lineAt(lines: readonly Line[], utc: number): number {
  let low = 0
  let high = lines.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((lines[middle]?.at ?? Infinity) <= utc) low = middle + 1
    else high = middle
  }
  return low - 1
}

/** The moment of the next or previous line; null when there is none. A little past a line, "previous" is that line's own moment. */
export function neighbour(lines: readonly Line[], utc: number, step: 1 | -1): number | null {
  if (step === 1) return lines.find(({ at }) => at > utc)?.at ?? null
  const before = lines.filter(({ at }) => at < utc - LINGER)
  return before[before.length - 1]?.at ?? null
}

/** ms after an event within which "previous" means the one before it. */
const LINGER = 1_500

/** `9:3`, `09:03`, `09:03:12`, `09:03:12.4` as a moment on the day of `near` in the hall's zone (UTC+8); null when it is no time. */
export function momentFrom(typed: string, near: number): number | null {
  const match = /^(\d{1,2})[:：](\d{1,2})(?:[:：](\d{1,2})(?:[.．](\d{1,3}))?)?$/.exec(typed.trim().normalize('NFKC'))
  if (match === null) return null
  const [hours, minutes, seconds] = [match[1], match[2], match[3]].map((part) => Number(part ?? 0)) as [number, number, number]
  if (hours > 23 || minutes > 59 || seconds > 59) return null
  const midnight = Math.floor((near + ZONE) / DAY) * DAY - ZONE
  return midnight + ((hours * 60 + minutes) * 60 + seconds) * 1000 + Number((match[4] ?? '').padEnd(3, '0'))
}

const ZONE = 8 * 3_600_000
const DAY = 24 * 3_600_000
