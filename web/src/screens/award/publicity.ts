/** When a publicity ends that begins now: after its days, never on a day off (Civil Code art. 203). Times are ms UTC. */

const DAY = 86_400_000
const SHANGHAI = 8 * 3_600_000

/** holidays, extra: weekdays off and weekend days that are worked, as ISO text, by the calendar of the trading centre. */
export function publicUntil(now: number, days: number, holidays: readonly string[], extra: readonly string[]): number {
  let last = Math.floor((now + SHANGHAI) / DAY) + days
  while (!works(last, holidays, extra)) last += 1
  return (last + 1) * DAY - SHANGHAI
}

/** day: counted from 1 January 1970, a Thursday. */
function works(day: number, holidays: readonly string[], extra: readonly string[]): boolean {
  const iso = new Date(day * DAY).toISOString().slice(0, 10)
  return extra.includes(iso) || ((day + 3) % 7 < 5 && !holidays.includes(iso))
}
