/** The party's notices: fetched when somebody is logged in, again every half minute, and whenever the person looks or comes back. */
import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { ZERO_DIGEST, signAct } from '@/crypto/act'
import { Failure } from '@/failure'
import { type Notice, getInbox, getNonce, readNotice } from '@/wire/api'
import { useHall } from './hall'
import { useLogin } from './login'

const INTERVAL = 30_000

export const useInbox = defineStore('inbox', () => {
  const notices = ref<readonly Notice[]>([])
  const loaded = ref(false)
  const unread = computed(() => notices.value.filter(({ read_at }) => read_at === null).length)
  let timer: ReturnType<typeof setInterval> | undefined

  async function load(): Promise<void> {
    notices.value = await getInbox()
    loaded.value = true
  }

  function turn(): void {
    if (!document.hidden) void load().catch(() => undefined)
  }

  /** Begin or end with the login. What cannot be fetched now is fetched at the next turn; no notice is lost by it. */
  function follow(loggedIn: boolean): void {
    clearInterval(timer)
    document.removeEventListener('visibilitychange', turn)
    window.removeEventListener('online', turn)
    notices.value = []
    loaded.value = false
    if (!loggedIn) return
    turn()
    timer = setInterval(turn, INTERVAL)
    document.addEventListener('visibilitychange', turn)
    window.addEventListener('online', turn)
  }

  /** The person opened it. */
  async function opened(notice: Notice): Promise<void> {
    if (notice.read_at !== null) return
    await readNotice(notice.notice, null)
    await load()
  }

  /** The person confirms by its signature that it received exactly these words. */
  async function sign(notice: Notice): Promise<void> {
    const identity = useLogin().key()
    const info = await useHall().load() // A tender may have come since this page was opened.
    const card = info.tenders.find(({ opening }) => opening === notice.opening)
    if (notice.opening !== '' && card === undefined) throw new Failure('connection_lost')
    const context = {
      origin: info.origin,
      tender: notice.tender,
      lot: '',
      opening: notice.opening,
      deadline: card?.bid_deadline ?? 0,
      epoch: 0,
      manifest: ZERO_DIGEST,
      tree_size: 0,
      tree_root: ZERO_DIGEST,
      server_nonce: await getNonce(identity.fingerprint),
    }
    await readNotice(notice.notice, await signAct(identity, 'read_notice', context, { notice: notice.notice, sha256: notice.sha256 }))
    await load()
  }

  return { notices, loaded, unread, load, follow, opened, sign }
})
