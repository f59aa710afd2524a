/** How a gap reads: why there is no recording, and what is known of the participant at that time. */
import { useI18n } from 'vue-i18n'
import { type Gap } from '@/media/playerplan'
import { absenceIn } from './bands'
import { type Replay } from './useReplay'

export function useGapWords(replay: Replay): (participant: string, gap: Gap) => string {
  const { t, te } = useI18n()
  const word = (place: string, code: string): string => (te(`${place}.${code}`, 'zh-CN') ? t(`${place}.${code}`) : code)
  return (participant, gap) => {
    const why = word('replay.causes', gap.cause)
    const away = absenceIn(replay.view.value?.absences ?? [], participant, gap)
    if (away === null) return why
    const cause = away.cause === '' ? '' : t('replay.because', { cause: word('presence', away.cause) })
    return t('replay.away', { why, state: word('presence', away.state), cause })
  }
}
