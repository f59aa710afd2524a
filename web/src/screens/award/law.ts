/** The words of an award by the law that its tender follows: government procurement says some of them otherwise. */
import { useI18n } from 'vue-i18n'

/** Where the words of `key` (below `award`) stand; has: whether there are words of that name. */
export function keyOf(law: string, key: string, has: (name: string) => boolean): string {
  const own = `award.procurement.${key}`
  return law === 'procurement_law' && has(own) ? own : `award.${key}`
}

export function useLawWords(law: () => string): (key: string, facts?: Record<string, unknown>) => string {
  const { t, te } = useI18n()
  return (key, facts = {}) => t(keyOf(law(), key, (name) => te(name, 'zh-CN')), facts)
}
