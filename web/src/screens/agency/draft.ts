/** What the steps of preparing a tender share: their order, what is missing in each, and moments as people write them. */
import { type Json } from '@/crypto/canonical'
import { type NoticeMissingView, type NoticeView } from '@/wire/types.gen'

export const STEPS = ['tender', 'lots', 'rules', 'documents', 'checklist', 'criteria', 'staff', 'schedule', 'filing'] as const
export type Step = (typeof STEPS)[number]

/** The gaps of one step. */
export function gapsOf(view: NoticeView, step: Step): readonly NoticeMissingView[] {
  return view.missing.filter((one) => one.step === step)
}

/** Where the words of a gap stand: a vacant post and an open item of the tick-list are named by what they are. */
export function gapWords(gap: NoticeMissingView): { key: string; role: string } {
  if (gap.step === 'checklist') return { key: `agency.items.${gap.what}`, role: '' }
  if (gap.what.startsWith('post_')) return { key: 'agency.gaps.staff.post', role: gap.what.slice(5) }
  return { key: `agency.gaps.${gap.step}.${gap.what}`, role: '' }
}

/** Yuan with two decimals as the hall wants them; what is no amount stays as it is, and the hall says so. */
export function yuan(text: string): string {
  const plain = text.replace(/[,，\s]/g, '')
  return /^\d+$/.test(plain) ? `${plain}.00` : /^\d+\.\d$/.test(plain) ? `${plain}0` : plain
}

export function same(one: Json, other: Json): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}
