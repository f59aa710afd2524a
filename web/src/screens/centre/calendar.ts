/** The days of a year as the calendar editor shows them. Pure: days are ISO text, and no clock or time zone is asked. */

export interface Day {
  readonly iso: string
  readonly day: number
  readonly weekend: boolean
}

/** The twelve months, each with how many empty cells stand before its first day (weeks begin on Monday). */
export function monthsOf(year: number): readonly { readonly month: number; readonly before: number; readonly days: readonly Day[] }[] {
  return Array.from({ length: 12 }, (_, month) => {
    const first = weekday(year, month, 1)
    const length = new Date(Date.UTC(year, month + 1, 0)).getUTCDate()
    const days = Array.from({ length }, (__, at) => ({ iso: iso(year, month, at + 1), day: at + 1, weekend: weekday(year, month, at + 1) > 4 }))
    return { month: month + 1, before: first, days }
  })
}

/** 0 is Monday. */
function weekday(year: number, month: number, day: number): number {
  return (new Date(Date.UTC(year, month, day)).getUTCDay() + 6) % 7
}

function iso(year: number, month: number, day: number): string {
  return `${year}-${String(month + 1).padStart(2, '0')}-${String(day).padStart(2, '0')}`
}
