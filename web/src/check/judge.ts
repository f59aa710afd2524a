/** What each finding of a self-check is worth (clause 4.9): green, amber or red, with the code of the words that say what to do. Pure. */
import { type DeviceState } from '@/media/camera'

export const CHECKS = ['browser', 'secure', 'storage', 'camera', 'microphone', 'network', 'media', 'relay', 'clock', 'certificate', 'revocation', 'validity', 'deposit', 'signing', 'decryption', 'sealing'] as const
export type Check = (typeof CHECKS)[number]
export type Level = 'green' | 'amber' | 'red'

export interface Result {
  readonly check: Check
  readonly level: Level
  /** A code or a whole number, '' for none. */
  readonly fact: string
}

/** What the hall knows of this party, `GET /api/self-check`. */
export interface HallFacts {
  readonly at: number
  readonly opening: string
  readonly bid_deadline: number
  readonly code: string
  readonly revocation: string
  readonly lasting: string
  readonly deposits: readonly { readonly lot: string; readonly recipient: string; readonly trouble: string }[]
}

const GREEN = 'green'
const SEEN_AND_HEARD: readonly Check[] = ['camera', 'microphone', 'media', 'relay']
const MB = 1024 ** 2

export function result(check: Check, level: Level, fact: string | number = ''): Result {
  return { check, level, fact: String(fact) }
}

/** What this browser lacks, by name, in the order of its weight. */
export function judgeBrowser(missing: readonly string[]): Result {
  return missing[0] === undefined ? result('browser', GREEN) : result('browser', 'red', missing[0])
}

/** free: bytes that the browser still gives this site, null where it does not say; disk: whether it has a private disk. */
export function judgeStorage(free: number | null, disk: boolean): Result {
  if (!disk) return result('storage', 'amber', 'no_disk')
  if (free === null) return result('storage', GREEN)
  const megabytes = Math.floor(free / MB)
  return result('storage', megabytes < 100 ? 'red' : megabytes < 2200 ? 'amber' : GREEN, megabytes)
}

/** What became of a device; standIn: it works, and is not the one that was chosen at the last visit. */
export function judgeDevice(check: 'camera' | 'microphone', state: DeviceState, standIn: boolean): Result {
  if (state !== 'on') return result(check, 'red', state)
  return standIn ? result(check, 'amber', 'other') : result(check, GREEN)
}

/** times: milliseconds of each question that was answered. */
export function judgeNetwork(times: readonly number[]): Result {
  const middle = [...times].sort((a, b) => a - b)[Math.floor(times.length / 2)]
  if (middle === undefined) return result('network', 'red', 'unreachable')
  return result('network', middle > 1500 ? 'red' : middle > 400 ? 'amber' : GREEN, Math.round(middle))
}

/** kinds: of the ICE candidates that were found ("host udp", "relay tcp"); relays: how many servers the hall offers. */
export function judgeMedia(kinds: readonly string[], relays: number): readonly [Result, Result] {
  const udp = kinds.some((kind) => kind.endsWith(' udp'))
  const media = kinds.length === 0 ? result('media', 'red', 'no_way') : udp ? result('media', GREEN) : result('media', 'amber', 'tcp_only')
  if (relays === 0) return [media, result('relay', GREEN, 'not_offered')]
  return [media, kinds.some((kind) => kind.startsWith('relay')) ? result('relay', GREEN) : result('relay', 'red', 'no_answer')]
}

/** ahead: how many ms the computer's own clock is ahead of the hall's. */
export function judgeClock(ahead: number): Result {
  const seconds = Math.round(Math.abs(ahead) / 1000)
  return result('clock', seconds > 60 ? 'amber' : GREEN, seconds)
}

export function judgeCertificate(facts: HallFacts): readonly Result[] {
  const worst = facts.deposits.map(({ trouble }) => trouble).find((trouble) => trouble !== '') ?? ''
  return [
    facts.code === '' ? result('certificate', GREEN) : result('certificate', 'red', facts.code),
    facts.revocation === 'good' ? result('revocation', GREEN) : facts.revocation === 'revoked' ? result('revocation', 'red', 'revoked') : result('revocation', 'amber', 'unknown'),
    facts.lasting === '' ? result('validity', GREEN) : result('validity', 'red', 'too_short'),
    facts.deposits.length === 0 ? result('deposit', GREEN, 'none') : worst === '' ? result('deposit', GREEN) : result('deposit', 'red', worst),
  ]
}

/** As the act `self_check` says it. */
export function texts(results: readonly Result[]): string[] {
  return results.map(({ check, level, fact }) => [check, level, fact].filter((part) => part !== '').join(' '))
}

/** Red, and still nothing that keeps anybody from sign-in and release: who is not seen or heard takes part by telephone. */
export function takesPart(results: readonly Result[]): boolean {
  return results.every(({ check, level }) => level !== 'red' || SEEN_AND_HEARD.includes(check))
}

export function worst(results: readonly Result[]): Level {
  return results.some(({ level }) => level === 'red') ? 'red' : results.some(({ level }) => level === 'amber') ? 'amber' : GREEN
}
