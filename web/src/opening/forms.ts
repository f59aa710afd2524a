/**
 * Acts that are filled in by hand: their fields, as data. One form shows them all (`ActForm.vue`), one list offers to each
 * viewer those that the hall would take from it now. Pure.
 */
import { type ActType } from '@/crypto/act'
import { type Json } from '@/crypto/canonical'

export type Field =
  | { readonly name: string; readonly kind: 'text' | 'long' | 'time' | 'bidder' | 'participant' | 'post' | 'person' | 'filled' | 'file' | 'lines'; readonly optional?: true }
  | { readonly name: string; readonly kind: 'choice'; readonly options: readonly string[]; readonly by?: Readonly<Record<string, readonly string[]>> }
  | { readonly name: string; readonly kind: 'number'; readonly least: number; readonly start?: number }
  | { readonly name: string; readonly kind: 'fixed'; readonly value: Json }

const REASON: Field = { name: 'reason', kind: 'long' }
const LETTERS = ['', 'a', 'b', 'c', 'd', 'e', 'f'] as const

export const FORMS: Partial<Record<ActType, readonly Field[]>> = {
  make_announcement: [{ name: 'text', kind: 'long' }],
  log_call: [
    { name: 'callee', kind: 'participant' },
    { name: 'outcome', kind: 'choice', options: ['reached', 'no_answer', 'wrong_number'] },
    { name: 'text', kind: 'long', optional: true },
  ],
  suspend: [
    // clause 4.8: an order is the regulator's, and its only kind.
    { name: 'kind', kind: 'choice', options: ['system', 'network', 'dispute', 'person'], by: { regulator: ['order'] } },
    { name: 'clause', kind: 'choice', options: LETTERS },
    REASON,
  ],
  reason_suspension: [REASON, { name: 'since', kind: 'time', optional: true }],
  request_test: [],
  resume: [{ name: 'minutes', kind: 'number', least: 0, start: 5 }],
  declare_split: [
    { name: 'opens_at', kind: 'time', optional: true },
    { name: 'continues_at', kind: 'time', optional: true },
  ],
  adjourn: [{ name: 'resumes_at', kind: 'time' }, REASON],
  move_deadline: [{ name: 'deadline', kind: 'time' }, REASON],
  confirm_deadline: [REASON],
  make_remark: [
    { name: 'stance', kind: 'choice', options: ['seen', 'objects'] },
    { name: 'about', kind: 'text' },
    { name: 'text', kind: 'long', optional: true },
  ],
  check_identity: [
    { name: 'bidder', kind: 'bidder' },
    { name: 'result', kind: 'choice', options: ['same_person', 'not_the_same', 'no_camera'] },
    { name: 'text', kind: 'long', optional: true },
  ],
  record_incident: [
    { name: 'kind', kind: 'choice', options: ['note', 'overstepping', 'dispute', 'identity', 'other'] },
    // clause 4.7: what frees the parties is the project owner's to state, or its clerk's.
    { name: 'clause', kind: 'choice', options: [''], by: { procuring_entity: LETTERS, clerk: LETTERS } },
    { name: 'subject', kind: 'participant', optional: true },
    { name: 'scope', kind: 'fixed', value: [] },
    { name: 'text', kind: 'long' },
    { name: 'corrects', kind: 'number', least: 0 },
    { name: 'start', kind: 'time', optional: true },
  ],
  report_fault: [{ name: 'text', kind: 'long', optional: true }],
  take_post: [],
  appoint_substitute: [
    { name: 'role', kind: 'post' },
    // Who is chosen brings its id and its name along; the name as the record is to say it can still be put right.
    { name: 'certificate', kind: 'person' },
    { name: 'party', kind: 'filled' },
    { name: 'name', kind: 'text' },
    { name: 'unit', kind: 'text' },
    REASON,
  ],
  name_recording: [{ name: 'name', kind: 'text' }, { name: 'place', kind: 'text' }, REASON],
  mark_notary_absent: [REASON],
  state_base_price: [{ name: 'price', kind: 'text' }],
  request_rehash: [{ name: 'bidder', kind: 'bidder' }],
  go_on_with_fewer: [REASON, { name: 'approval', kind: 'file' }],
  refuse_signature: [REASON],
  note_unsigned: [{ name: 'role', kind: 'post' }, REASON],
  open_quotes: [{ name: 'minutes', kind: 'number', least: 1, start: 15 }],
  open_draw: [
    { name: 'purpose', kind: 'text' },
    { name: 'values', kind: 'lines' },
  ],
}

/** What the person at the screen may need beside the agenda, the most urgent first. */
export const TOOLS: readonly ActType[] = [
  'suspend',
  'reason_suspension',
  'make_announcement',
  'log_call',
  'record_incident',
  'make_remark',
  'check_identity',
  'mark_notary_absent',
  'name_recording',
  'appoint_substitute',
  'move_deadline',
  'adjourn',
  'state_base_price',
  'go_on_with_fewer',
  'open_quotes',
  'open_draw',
]

/**
 * The form of the split for who is there (clause 4.8 b): the undecrypted need their moment, the decrypted theirs; both at once
 * leave the second open, for rules under which one undecrypted bid makes it a new opening for all.
 */
export function splitFields(decrypted: number, undecrypted: number): Field[] {
  const none = (name: string): Field => ({ name, kind: 'fixed', value: 0 })
  const opens: Field = undecrypted > 0 ? { name: 'opens_at', kind: 'time' } : none('opens_at')
  if (decrypted === 0) return [opens, none('continues_at')]
  return [opens, undecrypted > 0 ? { name: 'continues_at', kind: 'time', optional: true } : { name: 'continues_at', kind: 'time' }]
}

/** What stands in a form: text as typed, times as `2026-11-22T09:30`, files by their SHA-256. */
export type Draft = Record<string, string>

export function emptyDraft(fields: readonly Field[], role = ''): Draft {
  return Object.fromEntries(fields.map((field) => [field.name, field.kind === 'number' ? String(field.start ?? field.least) : field.kind === 'choice' ? (optionsOf(field, role)[0] ?? '') : '']))
}

/** What a role may choose. */
export function optionsOf(field: Field, role: string): readonly string[] {
  return field.kind === 'choice' ? (field.by?.[role] ?? field.options) : []
}

/** Fields that the person sees: what is settled already, or leaves it no choice, is not asked. */
export function askedOf(fields: readonly Field[], role: string): Field[] {
  return fields.filter((field) => field.kind !== 'fixed' && field.kind !== 'filled' && (field.kind !== 'choice' || optionsOf(field, role).length > 1))
}

/** Hall time as a `datetime-local` value in China's one zone, to the minute. */
export function inputOf(at: number): string {
  return new Date(at + 8 * 3_600_000).toISOString().slice(0, 16)
}

/** Hall time (ms UTC) of a `datetime-local` value, read in China's one zone; null for what is no time. */
export function timeOf(value: string): number | null {
  const at = Date.parse(`${value.length === 16 ? `${value}:00` : value}+08:00`)
  return Number.isNaN(at) ? null : at
}

/** Whether the draft can be sent: everything asked for is there, and is what it should be. */
export function complete(fields: readonly Field[], draft: Draft): boolean {
  return fields.every((field) => {
    const value = (draft[field.name] ?? '').trim()
    if (field.kind === 'fixed' || field.kind === 'choice') return true
    if (value === '') return 'optional' in field && field.optional
    if (field.kind === 'time') return timeOf(value) !== null
    if (field.kind === 'lines') return linesOf(value).length > 1
    if (field.kind === 'number') return /^\d+$/.test(value) && Number(value) >= field.least
    return true
  })
}

/** What stands in a field of lines; one alone is nothing to choose among. */
export function linesOf(value: string): string[] {
  return value.split('\n').map((line) => line.trim()).filter((line) => line !== '')
}

export function bodyOf(fields: readonly Field[], draft: Draft): Json {
  return Object.fromEntries(
    fields.map((field) => {
      const value = (draft[field.name] ?? '').trim()
      if (field.kind === 'fixed') return [field.name, field.value]
      if (field.kind === 'number') return [field.name, Number(value)]
      if (field.kind === 'time') return [field.name, value === '' ? 0 : (timeOf(value) ?? 0)]
      if (field.kind === 'lines') return [field.name, linesOf(value)]
      return [field.name, value]
    }),
  )
}
