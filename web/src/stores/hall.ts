/** What the hall says of itself, and its time. */
import { defineStore } from 'pinia'
import { ref } from 'vue'
import { type HallInfo, getHall, getTime } from '@/wire/api'
import { keepMeasuring, noteHallTime } from '@/wire/halltime'

export const useHall = defineStore('hall', () => {
  const info = ref<HallInfo | null>(null)
  let measuring = false

  async function load(): Promise<HallInfo> {
    const found = await getHall()
    info.value = found
    noteHallTime(found.now)
    if (!measuring) {
      measuring = true
      keepMeasuring(getTime)
    }
    return found
  }

  return { info, load }
})
