/** How values read on screens: times in the hall's zone, spans, amounts, digests, and the words of failures. */
import { useI18n } from 'vue-i18n'
import { type Facts, type Failure } from './failure'

const ZONE = 'Asia/Shanghai'
const time = new Intl.DateTimeFormat('zh-CN', { timeZone: ZONE, hourCycle: 'h23', hour: '2-digit', minute: '2-digit', second: '2-digit' })
const day = new Intl.DateTimeFormat('sv-SE', { timeZone: ZONE, year: 'numeric', month: '2-digit', day: '2-digit' })

/** `09:00:00` in China's one zone, whatever this computer's zone is. */
export function clockTime(at: number): string {
  return time.format(at)
}

export function dayOf(at: number): string {
  return day.format(at)
}

export function dayAndTime(at: number): string {
  return `${dayOf(at)} ${clockTime(at)}`
}

/** When a limit ends: midnight is 24:00 of the day that it ends, as people and the law say (Civil Code art. 203); letters and papers too. */
export function endOf(at: number): string {
  return (at + 28_800_000) % 86_400_000 === 0 ? `${dayOf(at - 1)} 24:00` : dayAndTime(at)
}

/** Bytes for people: KB below a tenth of a MB, MB with one decimal, GB from a thousand on. */
export function megabytes(bytes: number): string {
  if (bytes < 1e5) return `${(bytes / 1e3).toFixed(bytes < 1e4 ? 2 : 1)} KB`
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(bytes < 1e7 ? 2 : 1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`
}

/** A span as `59:03` or `1:00:00`, rounded up so that 0:00 is shown only when it is over. */
export function span(milliseconds: number): string {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000))
  const hours = Math.floor(seconds / 3600)
  const parts = [Math.floor(seconds / 60) % 60, seconds % 60].map((part) => String(part).padStart(2, '0'))
  return hours > 0 ? `${hours}:${parts.join(':')}` : parts.join(':')
}

/** `1,234,567.80` of a decimal string. */
export function grouped(amount: string): string {
  const [whole = '', decimals] = amount.split('.')
  const digits = whole.replace(/\B(?=(\d{3})+$)/g, ',')
  return decimals === undefined ? digits : `${digits}.${decimals}`
}

/** A digest in groups of eight, for the eye. */
export function inGroups(digest: string): string {
  return digest.match(/.{1,8}/g)?.join(' ') ?? ''
}

/** `2026-12-01 09:30` in China's one zone, "" for no moment. */
export function written(at: number): string {
  return at === 0 ? '' : dayAndTime(at).slice(0, 16)
}

/** The moment of such a text in ms UTC, whatever this computer's zone is; 0 for none. */
export function moment(text: string): number {
  const at = Date.parse(`${text.replace(' ', 'T')}:00+08:00`)
  return Number.isNaN(at) ? 0 : at
}

const TIMES = ['until', 'at', 'earliest', 'latest', 'since', 'deadline', 'start']

/** Facts of a refusal as people read them: moments by the clock, spans in minutes. */
function shown(facts: Facts): Facts {
  return Object.fromEntries(
    Object.entries(facts).map(([name, value]) => {
      if (typeof value !== 'number') return [name, value]
      if (TIMES.includes(name)) return [name, dayAndTime(value)]
      return [name, name === 'left_ms' ? span(value) : value]
    }),
  )
}

/** `投诉第 2 号` of a case's id such as `complaint-2`. */
export function useCaseWords(): (id: string) => string {
  const { t } = useI18n()
  return (id) => {
    const [kind = '', n = ''] = id.split('-')
    return n === '' ? id : t('supervision.number', { kind: t(`supervision.kinds.${kind}`), n })
  }
}

/** What happened and what can be done now, for any code; an unknown one is shown as it is. */
export function useFailureWords(): (failure: Failure) => { what: string; do: string } {
  const { t, te } = useI18n()
  return ({ code, facts }) => {
    const known = te(`codes.${code}.what`, 'zh-CN') ? code : 'unknown'
    const setting = typeof facts['setting'] === 'string' ? `centre.settings.${facts['setting']}` : ''
    const named = { code, ...shown(facts), ...(setting && te(setting, 'zh-CN') ? { setting: t(setting) } : {}) }
    return { what: t(`codes.${known}.what`, named), do: t(`codes.${known}.do`, named) }
  }
}
