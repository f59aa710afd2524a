/** How an entry of an opening's timeline reads: what happened, to whom, and what belongs to it. */
import { useI18n } from 'vue-i18n'
import { nameOf, participantName } from '@/opening/agenda'
import { type TimelineEntry, type View } from '@/wire/types.gen'
import { dayAndTime, span } from '@/words'

export interface EntryWords {
  title(entry: TimelineEntry): string
  subject(entry: TimelineEntry): string
  detail(entry: TimelineEntry): string
}

/** Which words a detail's code is looked up in; details that are no code are shown as they are. */
const WORDS: Readonly<Record<string, readonly string[]>> = {
  IncidentRecorded: ['incidents'],
  Suspended: ['options.kind_'],
  ReliableTestDone: ['pause'],
  IdentityChecked: ['options.result_'],
  PresenceChanged: ['presence'],
  FloorGiven: ['told'],
  MicrophoneMuted: ['told'],
  RoomMuted: ['told'],
  FaceFlagged: ['told'],
  BidPdfChecked: ['paper.outcome'],
}
const NUMBERS = ['Said', 'MessageHidden', 'TextRead']
const MOMENTS = ['DeadlineMoved', 'OpeningPostponed', 'ResumptionAnnounced', 'Adjourned']

export function useEntryWords(view: () => View): EntryWords {
  const { t, te } = useI18n()

  function word(code: string, within: readonly string[]): string {
    for (const place of within) {
      const key = place.endsWith('_') ? `${place}${code}` : `${place}.${code}`
      if (te(key, 'zh-CN')) return t(key)
    }
    return code
  }

  return {
    title: ({ kind }) => (te(`timeline.${kind}`, 'zh-CN') ? t(`timeline.${kind}`) : kind),

    subject({ subject: who, lot }) {
      if (who === '') return ''
      const seen = view()
      if (who === seen.you.party) return seen.you.name
      const found = seen.lots.find((one) => one.lot === lot)
      const name = found === undefined ? who : nameOf(found, who)
      return name === who ? participantName(seen, who) : name
    },

    detail({ kind, detail: value }) {
      if (value === '') return ''
      if (kind === 'ClockAdvanced') return span(Number(value))
      if (MOMENTS.includes(kind)) return dayAndTime(Number(value))
      if (kind === 'TextRead') return view().texts.find(({ key }) => key === value)?.title ?? ''
      if (NUMBERS.includes(kind)) return `#${value}`
      if (kind === 'BidOpenFailed' || kind === 'ActRefused') return te(`codes.${value}.what`, 'zh-CN') ? t(`codes.${value}.what`) : value
      if (kind === 'CallLogged') {
        const [callee = '', outcome = ''] = value.split(':')
        return `${participantName(view(), callee)} · ${word(outcome, ['options.outcome_'])}`
      }
      if (kind === 'RemarkMade' || kind === 'ConsultationAnswered') {
        const [role = '', stance = ''] = value.split(':')
        return `${word(role, ['roles'])} · ${word(stance, ['options.stance_', 'consult.stances'])}`
      }
      return word(value, WORDS[kind] ?? ['status', 'roles'])
    },
  }
}
