/** What is public of an opening now, asked every two seconds for as long as the page is open. */
import { type Ref, onBeforeUnmount, ref } from 'vue'
import { type Failure, asFailure } from '@/failure'
import { noteHallTime } from '@/wire/halltime'
import { type BroadcastCard, getCard } from './card'

const EVERY = 2_000

export function useBroadcast(opening: string): { readonly card: Ref<BroadcastCard | null>; readonly failure: Ref<Failure | null> } {
  const card = ref<BroadcastCard | null>(null)
  const failure = ref<Failure | null>(null)
  let timer: ReturnType<typeof setTimeout> | undefined
  let gone = false

  async function look(): Promise<void> {
    try {
      const found = await getCard(opening)
      noteHallTime(found.now)
      card.value = found
      failure.value = null
    } catch (thrown) {
      failure.value = asFailure(thrown)
    }
    if (!gone) timer = setTimeout(() => void look(), EVERY)
  }

  void look()
  onBeforeUnmount(() => {
    gone = true
    clearTimeout(timer)
  })
  return { card, failure }
}
