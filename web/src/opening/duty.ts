/** What this viewer itself has to do now, and in which seat it sits. Pure: a view and a moment in, names out. */
import { type ConsultationView, type StaffView, type SuspensionView, type View } from '@/wire/types.gen'

export interface Duty {
  readonly act: string
  readonly lot: string
  readonly until: number | null
}

/** Consultations in which the viewer's role has not spoken yet. A late answer is taken too, in the place of "no answer". */
export function asked(view: View): ConsultationView[] {
  if (!view.may.includes('consult')) return []
  return view.consultations.filter(({ answers }) => !answers.some(({ role, stance }) => role === view.you.role && stance !== 'no_answer'))
}

/** Whether the three hours of clause 4.8 are over without a solution, and the split has to be declared. */
export function unsolved(pause: SuspensionView | null, now: number): boolean {
  return pause !== null && pause.solve_by !== null && now > pause.solve_by && pause.split === null && pause.adjourned_until === null
}

/**
 * The viewer's own next duty, or null. The banner names one party that all wait for; others may be asked at the same time, and
 * each must find its own duty first.
 */
export function ownDuty(view: View, now: number): Duty | null {
  // A key is for a certificate: whoever keeps some opens them, though the post has gone to somebody else (clause 4.11).
  if (seatOf(view) !== 'holder' && view.waiting?.act !== 'open_entrusted') return null
  const consultation = asked(view).find(({ answer_by }) => answer_by >= now)
  if (consultation !== undefined) return { act: 'consult', lot: consultation.lot, until: consultation.answer_by }
  const pause = view.suspension
  if (typeof pause?.reason_by === 'number' && view.may.includes('reason_suspension')) return { act: 'reason_suspension', lot: '', until: pause.reason_by }
  if (unsolved(pause, now) && view.may.includes('declare_split')) return { act: 'declare_split', lot: '', until: null }
  const drawing = drawDuty(view)
  if (drawing !== null) return drawing
  const { waiting } = view
  if (waiting?.role !== view.you.role) return null
  const mine = view.may.includes(waiting.act) || view.may.includes(`${waiting.act}:${waiting.lot}`) || waiting.act === 'leave'
  return mine ? { act: waiting.act, lot: waiting.lot, until: waiting.until } : null
}

/** A draw asks bidders and host at the same time; the banner can name only one of them. */
function drawDuty(view: View): Duty | null {
  for (const { lot, draws } of view.lots) {
    const act = (['commit_draw', 'reveal_draw'] as const).find((one) => view.may.includes(`${one}:${lot}`))
    const draw = draws.find(({ over }) => !over)
    if (act !== undefined && draw !== undefined) return { act, lot, until: draw.reveal_by ?? draw.commit_by }
  }
  return null
}

/**
 * `holder`: the viewer's acts count. `deputy`: it is named for the post and looks on until it takes it (clause 5.3.1).
 * `relieved`: it held the post until somebody else was given it.
 */
export function seatOf(view: View): 'holder' | 'deputy' | 'relieved' {
  const { role, certificate } = view.you
  const holder = holderOf(view, role)
  if (role === 'bidder' || holder === undefined || holder.certificate === certificate) return 'holder'
  return view.deputies.some((one) => one.role === role && one.certificate === certificate) ? 'deputy' : 'relieved'
}

export function holderOf(view: View, role: string): StaffView | undefined {
  return view.staff.find((one) => one.role === role)
}

/** A disagreement of a consultation has to be read out like a prepared text (clause 4.8); its key names number and role. */
export interface Readable {
  readonly key: string
  readonly title: string
  readonly text: string
  readonly read: boolean
  /** Where it is a disagreement: who disagreed in which consultation. */
  readonly disagreement: { readonly role: string; readonly number: number } | null
}

/** Everything the host has to read out: the prepared texts, then each disagreement that is still unread. */
export function readables(view: View): Readable[] {
  const unread = new Set(view.gaps.filter(({ code }) => code === 'disagreement_unread').map(({ subject }) => subject))
  const disagreements = view.consultations.flatMap(({ number, answers }) =>
    answers.filter(({ stance }) => stance === 'disagrees').map(({ role, reason }) => ({ key: `disagreement-${number}-${role}`, title: '', text: reason, read: false, disagreement: { role, number } })),
  )
  return [...view.texts.map((text) => ({ ...text, disagreement: null })), ...disagreements.filter(({ key }) => unread.has(key))]
}

/** Signers of the record in their order (clause 5.5.3). */
export const SIGNERS = ['procuring_entity', 'scrutineer', 'clerk'] as const

/** Whose signature comes next: neither given, nor refused, nor noted as missing; also after the close, while it may follow. */
export function nextSigner(view: View): string {
  const { record } = view
  if (record === null || record.completed) return ''
  const settled = [...record.signed, ...record.unsigned.map(({ role }) => role)]
  return SIGNERS.find((role) => !settled.includes(role)) ?? ''
}
