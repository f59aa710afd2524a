/** Short words that appear at the screen's edge and go again: what the hall has just confirmed, or what is off. */
import { defineStore } from 'pinia'
import { ref } from 'vue'

export interface Notice {
  readonly id: number
  readonly text: string
  readonly kind: 'success' | 'warning'
}

const SHOWN = 6_000

export const useNotices = defineStore('notices', () => {
  const notices = ref<Notice[]>([])
  let last = 0

  function tell(text: string, kind: Notice['kind'] = 'success'): void {
    const notice = { id: ++last, text, kind }
    notices.value = [...notices.value, notice]
    setTimeout(() => {
      notices.value = notices.value.filter(({ id }) => id !== notice.id)
    }, SHOWN)
  }

  return { notices, tell }
})
