/** A score sheet as its member fills it: points as people write them, sums, the digest that a correction names, and what is typed but not yet saved. */
import { hex, sha256, utf8 } from '@/crypto/bytes'
import { canonical } from '@/crypto/canonical'
import { type EvaluationBid, type EvaluationCriterion, type EvaluationItem, type EvaluationNext, type EvaluationSheet, type EvaluationView } from '@/wire/types.gen'

/** Hundredths of a point from what somebody typed, null where that is no number of points up to `most`. */
export function parsePoints(text: string, most: number): number | null {
  const found = /^(\d{1,4})(?:[.。](\d{1,2}))?$/.exec(text.trim())
  if (found === null) return null
  const hundredths = Number(found[1]) * 100 + Number((found[2] ?? '').padEnd(2, '0'))
  return hundredths <= most ? hundredths : null
}

/** `85.25`, and `40` for a whole number. */
export function pointsText(hundredths: number): string {
  return (hundredths / 100).toFixed(2).replace(/\.?0+$/, '')
}

export function sameItem(a: EvaluationNext, b: EvaluationNext): boolean {
  return a.lot === b.lot && a.bidder === b.bidder && a.criterion === b.criterion
}

export function itemOf(sheet: EvaluationSheet | null, lot: string, bidder: string, criterion: string): EvaluationItem | null {
  return sheet?.items.find((item) => sameItem(item, { lot, bidder, criterion })) ?? null
}

/** Points of one bid on a sheet, without those of the price. */
export function sumOf(sheet: EvaluationSheet, lot: string, bidder: string): number {
  return sheet.items.reduce((sum, item) => (item.lot === lot && item.bidder === bidder ? sum + (item.points ?? 0) : sum), 0)
}

export function lotsOf(view: EvaluationView): string[] {
  return [...new Set(view.bids.map(({ lot }) => lot))]
}

export function bidsOf(view: EvaluationView, lot: string): EvaluationBid[] {
  return view.bids.filter((bid) => bid.lot === lot)
}

export function nameOf(view: EvaluationView, lot: string, bidder: string): string {
  return view.bids.find((bid) => bid.lot === lot && bid.bidder === bidder)?.name ?? bidder
}

export function criterionOf(view: EvaluationView, key: string): EvaluationCriterion | null {
  return view.criteria.find((one) => one.key === key) ?? null
}

/** What members work through: the price is reckoned by the hall, and the lowest price has no points. */
export function workedCriteria(view: EvaluationView): EvaluationCriterion[] {
  return view.criteria.filter(({ kind }) => kind === 'review' || (kind === 'scored' && view.method === 'weighted_scoring'))
}

/** Digest of the sheet with one item's points changed, as `correct_item` names it. */
export async function correctedDigest(tender: string, sheet: EvaluationSheet, changed: EvaluationNext, points: number): Promise<string> {
  const items = sheet.items.map((item) => ({
    lot: item.lot,
    bidder: item.bidder,
    criterion: item.criterion,
    passed: item.passed,
    points: sameItem(item, changed) ? points : item.points,
    reason: item.reason,
  }))
  return hex(await sha256(utf8(canonical({ tender, member: sheet.member, items }))))
}

export interface Draft {
  readonly points: string
  readonly passed: boolean | null
  readonly reason: string
}

const EMPTY: Draft = { points: '', passed: null, reason: '' }

/** Where what is typed and not saved lies, on this computer alone. */
export function draftKey(tender: string, member: number, item: EvaluationNext): string {
  return `evaluation/${JSON.stringify([tender, member, item.lot, item.bidder, item.criterion])}`
}

export function draftAt(key: string): Draft | null {
  try {
    const found = JSON.parse(localStorage.getItem(key) ?? 'null') as Partial<Draft> | null
    return found === null ? null : { ...EMPTY, ...found }
  } catch {
    return null
  }
}

export function keepDraft(key: string, draft: Draft | null): void {
  if (draft === null || (draft.points === '' && draft.passed === null && draft.reason === '')) localStorage.removeItem(key)
  else localStorage.setItem(key, JSON.stringify(draft))
}
