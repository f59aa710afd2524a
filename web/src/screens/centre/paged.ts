/** A list of the centre, fetched page by page. */
import { type Ref, ref, shallowRef } from 'vue'
import { type Failure, asFailure } from '@/failure'
import { get } from '@/wire/http'

export const PAGE = 50

export interface Paged<T> {
  readonly found: Ref<T | null>
  readonly failure: Ref<Failure | null>
  readonly page: Ref<number>
  load(): Promise<void>
}

/** path: of the list with its search, without the page. The last question asked is the one that is answered. */
export function usePaged<T>(path: () => string): Paged<T> {
  const found = shallowRef<T | null>(null)
  const failure = ref<Failure | null>(null)
  const page = ref(1)
  let asked = 0

  async function load(): Promise<void> {
    const mine = ++asked
    try {
      const address = path()
      const answer = await get<T>(`${address}${address.includes('?') ? '&' : '?'}page=${page.value}`)
      if (mine !== asked) return
      found.value = answer
      failure.value = null
    } catch (thrown) {
      if (mine === asked) failure.value = asFailure(thrown)
    }
  }

  return { found, failure, page, load }
}
