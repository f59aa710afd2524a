/**
 * The questions that every bundle is asked, each as docs/bundle-format.md states it. The twin of `hall/evidence/core.py`: a test
 * holds the two answers against each other. A predicate gives its faults, or null where nothing in the bundle speaks about it.
 */
import { canonical, type Json } from '@/crypto/canonical'
import { utf8 } from '@/crypto/bytes'
import { sha256hex } from './digest'
import { history } from './history'
import { oneHolder, remedied, renewed, sameName } from './holders'
import { isEdition, record, signed } from './record'
import { recordings } from './recordings'
import { type Body, type Fault, type Row, type Story, list, object, parsed, same, where } from './story'

export type Status = 'proved' | 'asserted' | 'failed' | 'not_covered'
export type Found = Fault[] | null

/** note: a word of `words` about what this page did not look at, "" where it looked at all of it. */
export interface Check {
  readonly check: string
  readonly clause: string
  readonly status: Status
  readonly faults: readonly Fault[]
  readonly note: string
}

const HOUR = 3_600_000
const DAY = 24 * HOUR
const OFFSET = 8 * HOUR
const STATED = ['size', 'sha256', 'commit', 'tag_commit', 'salt', 'recipient']

function signInWindow(story: Story): Found {
  const rows = story.of('BidderSignedIn')
  if (rows.length === 0) return null
  return rows.flatMap((row) => {
    const deadline = deadlineAt(story, row.index, ['DeadlineMoved', 'OpeningPostponed'])
    const midnight = Math.floor((deadline + OFFSET) / DAY) * DAY - OFFSET
    const inside = midnight <= row.at && row.at < deadline
    const signer = row.act?.certificate ?? ''
    const sealedTo = kept(story).filter((given) => given['bidder'] === row.body['bidder'])
    const own = !story.certificates.has(signer) || sealedTo.every((given) => sameName(story, signer, String(given['recipient'])))
    return [...unless(inside, row, 'outside_window'), ...acted(story, row, 'sign_in', '', deadline), ...unless(own, row, 'other_certificate')]
  })
}

function depositBeforeDeadline(story: Story): Found {
  const rows = story.of('DepositReceived')
  if (rows.length === 0) return null
  const faults = rows.flatMap((row) => {
    const given = part(row.body['deposit'])
    const deadline = deadlineAt(story, row.index, ['DepositDeadlineMoved'])
    const said = words(row)
    return [
      ...unless(row.at < deadline && given['received_at'] === row.at, row, 'late'),
      ...acted(story, row, 'deposit', String(given['lot']), deadline),
      ...unless(oneHolder(story, row.act?.certificate ?? '', String(given['recipient'])), row, 'other_certificate'),
      ...unless(STATED.every((key) => said[key] === given[key]), row, 'other_words'),
    ]
  })
  return [...faults, ...kept(story).flatMap((given) => sealed(story, given)), ...closedList(story)]
}

function sixtyMinutes(story: Story): Found {
  const rows = story.of('DecryptionCommanded')
  if (rows.length === 0) return null
  const window = Number(part(story.plan['rules'])['decryption_window'])
  const faults: Fault[] = window >= HOUR ? [] : [{ where: 'OpeningScheduled', code: 'short_window' }]
  for (const command of rows) {
    const [lot, start] = [String(command.body['lot']), Number(command.body['opened_at'])]
    const published = start === command.at && command.body['closes_at'] === start + window
    const closed = story.first('WindowClosed', { lot })
    faults.push(
      ...unless(published, command, 'other_window'),
      ...acted(story, command, 'command_decryption', lot),
      ...unless(words(command)['minutes'] === Math.floor(window / 60_000), command, 'other_words'),
      ...(closed === undefined ? [{ where: lot, code: 'never_closed' }] : unless(ended(story, closed, start, window), closed, 'not_60_minutes')),
      ...story.of('ReleaseReceived', { lot }).flatMap((release) => inside(story, release, command, closed)),
    )
  }
  return faults
}

function selfDecryption(story: Story): Found {
  const rows = story.of('ReleaseReceived')
  if (rows.length === 0) return null
  const secret = (part(story.plan['rules'])['custody'] ?? 'hall') === 'hall'
  const faults = rows.flatMap((row) => {
    const { lot, bidder } = row.body
    const sealedTo = kept(story).filter((given) => given['lot'] === lot && given['bidder'] === bidder)
    return [
      ...acted(story, row, 'release', String(lot)),
      ...unless(sealedTo.length === 1 && opened(story, row, String(bidder), String(sealedTo[0]?.['recipient'])), row, 'other_certificate'),
      // Under custody of the hall the signed body holds the content key, and is withheld from the journal.
      ...unless((!secret || row.act?.body === null) && row.act?.body_digest === row.body['release'], row, 'other_words'),
    ]
  })
  for (const row of story.of(['BidOpened', 'BidOpenFailed'])) {
    const own = story.first('ReleaseReceived', { lot: row.body['lot'] as Json, bidder: row.body['bidder'] as Json })
    const readable = story.whole || row.body['bidder'] === story.holder
    if (readable && (own === undefined || own.index > row.index)) faults.push({ where: where(row), code: 'opened_unreleased' })
  }
  return faults
}

function opened(story: Story, row: Row, bidder: string, recipient: string): boolean {
  return oneHolder(story, row.act?.certificate ?? '', recipient) || renewed(story, row, bidder, recipient) || remedied(story, row, bidder, recipient)
}

function disclosureAfterAll(story: Story): Found {
  const rows = story.of('PricesDisclosed')
  return rows.length === 0 ? null : rows.flatMap((row) => disclosed(story, row))
}

function presence(story: Story): Found {
  const rows = story.of('PresenceChanged')
  if (rows.length === 0) return null
  const faults: Fault[] = []
  const last = new Map<string, Row>()
  for (const row of rows) {
    const { participant = '', connection = 0, state, end = null } = row.body
    const start = Number(row.body['start'])
    const early = start > row.at || (end !== null && !(start <= Number(end) && Number(end) <= row.at))
    if (early || !['online', 'suspect', 'offline'].includes(String(state))) faults.push({ where: where(row), code: 'no_interval' })
    last.set(JSON.stringify([participant, connection, start]), row)
  }
  const participants = new Set([...last.values()].map((row) => row.body['participant']))
  for (const one of participants) {
    const spans = [...last.values()]
      .filter((row) => row.body['participant'] === one && row.body['end'] !== null)
      .map((row) => [Number(row.body['start']), Number(row.body['end'])] as const)
      .sort((a, b) => a[0] - b[0] || a[1] - b[1])
    if (spans.some((span, place) => place > 0 && span[0] < (spans[place - 1]?.[1] ?? 0))) faults.push({ where: String(one), code: 'overlap' })
  }
  return faults
}

interface Asked {
  readonly check: string
  readonly clause: string
  readonly best: Status
  readonly ask: (story: Story) => Found | Promise<Found>
  readonly note?: string
}

const ASKED: readonly Asked[] = [
  { check: 'integrity', clause: 'integrity', best: 'proved', ask: (story) => story.faults },
  { check: 'sign_in_window', clause: '5.3.3', best: 'asserted', ask: signInWindow },
  { check: 'deposit_before_deadline', clause: '5.2.2', best: 'asserted', ask: depositBeforeDeadline },
  { check: 'sixty_minutes', clause: '5.3.3', best: 'asserted', ask: sixtyMinutes },
  { check: 'self_decryption', clause: '4.11', best: 'proved', ask: selfDecryption },
  { check: 'disclosure_after_all', clause: '5.3.4', best: 'asserted', ask: disclosureAfterAll },
  // Its pages are not drawn a second time here, as the program does: so it can't be better than asserted.
  { check: 'record_equals_journal', clause: '5.5.2', best: 'asserted', ask: record, note: 'pages' },
  { check: 'signatures', clause: '5.5.3', best: 'proved', ask: signed },
  { check: 'recordings', clause: '6.1', best: 'proved', ask: recordings },
  { check: 'presence', clause: '4.6', best: 'asserted', ask: presence },
]

/** The answers. trusted: the anchors came from outside; without them nothing is better than asserted. */
export async function checks(story: Story, trusted: boolean): Promise<Check[]> {
  const answers: Check[] = []
  const shown = await history(story)
  const limited = (best: Status): Status => (best === 'proved' && !trusted ? 'asserted' : best)
  for (const { check, clause, best, ask, note } of ASKED) {
    let faults: Found
    try {
      faults = await ask(story)
    } catch {
      faults = [{ where: check, code: 'unreadable' }]
    }
    // An outside authority saw each deposit before its deadline, so the time is no more the hall's word.
    const good = limited(check === 'deposit_before_deadline' && shown.inTime ? 'proved' : best)
    const status = faults === null ? 'not_covered' : faults.length > 0 ? 'failed' : good
    answers.push({ check, clause, status, faults: faults ?? [], note: status !== good || note === undefined ? '' : isEdition(story) ? 'edition' : note })
  }
  const best = limited(shown.cosigned ? 'proved' : 'asserted')
  answers.splice(1, 0, { check: 'history', clause: 'history', status: shown.faults.length > 0 ? 'failed' : best, faults: shown.faults, note: '' })
  return answers
}

function unless(good: boolean, row: Row, code: string): Fault[] {
  return good ? [] : [{ where: where(row), code }]
}

export const part = (value: Json | undefined): Body => object(value) ?? {}

function deadlineAt(story: Story, index: number, moves: readonly string[]): number {
  const moved = story.of(moves).filter((row) => row.index < index)
  return Number(moved[moved.length - 1]?.body['after'] ?? story.plan['bid_deadline'])
}

/** The row's act is of this type, for this opening and lot, and signed. */
function acted(story: Story, row: Row, type: string, lot = '', deadline?: number): Fault[] {
  const { act } = row
  const { plan } = story
  if (act === null || row.holds !== true || act.type !== type) return [{ where: where(row), code: 'not_signed' }]
  const opening = act.opening === plan['opening'] || (type === 'deposit' && act.opening === '')
  const place = act.origin === plan['origin'] && act.tender === plan['tender'] && act.lot === lot && opening
  return [...unless(place, row, 'other_place'), ...unless(deadline === undefined || act.deadline === deadline, row, 'other_deadline')]
}

function words(row: Row): Body {
  const body = row.act?.body
  return typeof body === 'string' ? (object(parsed(utf8(body))) ?? {}) : {}
}

function kept(story: Story): Body[] {
  const found = new Map<string, Body>()
  for (const row of story.of(['DepositReceived', 'DepositWithdrawn'])) {
    const given = object(row.body['deposit']) ?? row.body
    const key = JSON.stringify([given['lot'], given['bidder']])
    found.delete(key)
    if (row.kind === 'DepositReceived') found.set(key, given)
  }
  return [...found.values()]
}

function sealed(story: Story, given: Body): Fault[] {
  const { lot, bidder } = given
  const name = `sealed/${String(lot)}/${String(bidder)}.bid`
  const looks = [
    ...story.of('SealingRechecked').flatMap((row) => list(row.body['items']).map((item) => [row.body['lot'], part(item)] as const)),
    ...story.of('AdjournmentRechecked').flatMap((row) =>
      list(row.body['lots']).flatMap((one) => list(part(one)['items']).map((item) => [part(one)['lot'], part(item)] as const)),
    ),
    ...story.of('RehashShown').map((row) => [row.body['lot'], row.body] as const),
  ]
  // clause 4.7 b: what the hall itself told that it had damaged contradicts nothing here
  const told =
    looks.some(([place, item]) => place === lot && item['bidder'] === bidder && item['intact'] === false) ||
    story.first('BidOpenFailed', { lot: lot as Json, bidder: bidder as Json, code: 'not_the_deposit' }) !== undefined
  const intact = story.digests.get(name) === given['sha256'] && story.members.get(name)?.size === given['size']
  return intact || told ? [] : [{ where: name, code: 'other_bytes' }]
}

function closedList(story: Story): Fault[] {
  const closed = story.first('DepositsClosed')
  if (closed === undefined) return []
  const listed = list(closed.body['deposits'])
  const mine = (given: Body): boolean => story.whole || given['bidder'] === story.holder
  const standing = listed.map(part).filter((given) => given['superseded'] === false && mine(given))
  return [
    ...unless(sha256hex(utf8(canonical(listed))) === closed.body['manifest'], closed, 'other_manifest'),
    ...unless(same(standing, kept(story).filter(mine)), closed, 'other_list'),
    ...story.of('DecryptionCommanded').flatMap((command) => unless(command.act?.manifest === closed.body['manifest'], command, 'other_manifest')),
  ]
}

interface Stop {
  readonly since: number
  readonly at: number
  readonly ended: number
}

function stops(story: Story): Stop[] {
  const last = Math.max(0, ...story.rows.map((row) => row.at))
  return story.of('Suspended').map((row) => {
    const suspension = row.body['suspension'] as Json
    const dated = story.of(['SuspensionExtended', 'SuspensionReasoned'], { suspension }).map((one) => Number(one.body['since']))
    const ends = story.first(['Resumed', 'SuspensionLifted'], { suspension })
    return { since: Math.min(Number(row.body['since']), ...dated), at: row.at, ended: Number(ends?.body['at'] ?? last) }
  })
}

/** How many milliseconds of [start, end) count. */
function ran(story: Story, start: number, end: number): number {
  let [counted, reached] = [0, start]
  const within = stops(story).filter((stop) => stop.at < end)
  for (const stop of within.sort((a, b) => a.since - b.since || a.at - b.at)) {
    counted += Math.max(0, Math.min(stop.since, end) - reached)
    reached = Math.max(reached, Math.min(stop.ended, end))
  }
  return counted + Math.max(0, end - reached)
}

function ended(story: Story, closed: Row, start: number, window: number): boolean {
  const at = Number(closed.body['at'])
  const had = ran(story, start, at)
  return closed.body['early'] === true ? had <= window && at <= closed.at : had === window && closed.at > at
}

function inside(story: Story, release: Row, command: Row, closed: Row | undefined): Fault[] {
  const place = { lot: release.body['lot'] as Json, bidder: release.body['bidder'] as Json }
  let start = Number(command.body['opened_at'])
  let length = Number(part(story.plan['rules'])['decryption_window'])
  let over = closed?.index ?? Infinity
  for (const own of story.of('OwnWindowOpened', place).filter((row) => row.index < release.index)) {
    start = Number(own.body['opened_at'])
    length = Number(own.body['closes_at']) - start
    over = story.of('OwnWindowClosed', place).find((row) => row.index > own.index)?.index ?? Infinity
  }
  const good = release.index < over && release.at >= start && ran(story, start, release.at) <= length
  const still = stops(story).some((stop) => stop.at <= release.at && release.at < stop.ended)
  return [...unless(good, release, 'outside_window'), ...unless(!still, release, 'stood_still')]
}

function disclosed(story: Story, told: Row): Fault[] {
  const lot = told.body['lot'] as Json
  const faults: Fault[] = []
  for (const command of story.of('DecryptionCommanded')) {
    const closed = story.first('WindowClosed', { lot: command.body['lot'] as Json })
    const before = closed !== undefined && closed.index < told.index && Number(closed.body['at']) <= told.at
    faults.push(...unless(before, told, 'window_open'))
  }
  for (const own of story.of('OwnWindowOpened').filter((row) => row.index < told.index)) {
    const place = { lot: own.body['lot'] as Json, bidder: own.body['bidder'] as Json }
    const over = story.of('OwnWindowClosed', place).some((row) => own.index < row.index && row.index < told.index)
    faults.push(...unless(over, told, 'window_open'))
  }
  const opened = new Map(story.of('BidOpened', { lot }).map((row) => [String(row.body['bidder']), row]))
  const bids = list(told.body['bids']).map(part)
  const names = bids.map((bid) => String(bid['bidder']))
  faults.push(...unless(same([...opened.keys()].sort(), [...names].sort()), told, 'other_bids'))
  faults.push(...unless([...opened.values()].every((row) => row.index < told.index), told, 'opened_later'))
  const announced = story.first(['BiddersAnnounced', 'LotLocked'], { lot })
  for (const bidder of [...list(announced?.body['bidders']), ...list(announced?.body['not_signed_in'])]) {
    const causes = story.of('CauseDecided', { lot, bidder }).filter((row) => row.index < told.index)
    const decided = causes.length > 0 && causes[causes.length - 1]?.body['cause'] !== 'platform_fault'
    faults.push(...unless(opened.has(String(bidder)) || decided, told, 'undecided'))
  }
  for (const bid of bids) {
    const summary = { v: 1, tender: story.plan['tender'] as Json, lot, ...bid }
    const digest = sha256hex(utf8(canonical(summary)))
    faults.push(...unless(opened.get(String(bid['bidder']))?.body['summary'] === digest, told, 'other_columns'))
  }
  return faults
}
