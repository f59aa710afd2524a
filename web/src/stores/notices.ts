/** Short words that appear at the screen's edge and go again: what the hall has just confirmed, or what is off. */
import { defineStore } from 'pinia'
import { ref } from 'vue'

export interface Notice {
  readonly id: number
  readonly text: string
  readonly kind: 'success' | 'warning'
}

/** Milliseconds; what is off is worth a second look. */
const SHOWN: Readonly<Record<Notice['kind'], number>> = { success: 6_000, warning: 12_000 }

export const useNotices = defineStore('notices', () => {
  const notices = ref<Notice[]>([])
  let last = 0

  /** The same words again are one notice that stays longer. */
  function tell(text: string, kind: Notice['kind'] = 'success'): void {
    const notice = { id: ++last, text, kind }
    notices.value = [...notices.value.filter((one) => one.text !== text || one.kind !== kind), notice]
    setTimeout(() => drop(notice.id), SHOWN[kind])
  }

  function drop(id: number): void {
    notices.value = notices.value.filter((one) => one.id !== id)
  }

  return { notices, tell, drop }
})
