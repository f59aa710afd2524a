/**
 * Still pictures of many participants, each every two seconds while somebody can see it: one `Stills` a page, so that fifty
 * tiles make no more than a few requests at a time, and none while the tab is hidden.
 */
import { hallTime } from '@/wire/halltime'

export interface StillPicture {
  /** An object URL; good until the next one comes. */
  readonly url: string
  /** Hall time of the picture, ms. */
  readonly takenAt: number
}

const EVERY = 2_000
const BEAT = 250
/** A browser keeps six lines to one hall where it speaks HTTP/1.1: one stays free for what the person does. */
const AT_A_TIME = 5

interface Wanted {
  readonly path: string
  readonly shown: Set<(picture: StillPicture | null) => void>
  due: number
  asking: boolean
  etag: string
  picture: StillPicture | null
}

const wanted = new Map<string, Wanted>()
let timer: ReturnType<typeof setInterval> | undefined
let running = 0

/** Call `shown` with each new picture, and with null when there is none any more; gives how to stop. */
export function watchStills(opening: string, participant: string, shown: (picture: StillPicture | null) => void): () => void {
  const path = `/api/openings/${encodeURIComponent(opening)}/stills/${encodeURIComponent(participant)}`
  // Pictures of many tiles come spread over the two seconds.
  const one: Wanted = wanted.get(path) ?? { path, shown: new Set(), due: 0, asking: false, etag: '', picture: null }
  wanted.set(path, one)
  one.shown.add(shown)
  if (one.picture !== null) shown(one.picture)
  timer ??= setInterval(beat, BEAT)
  return () => {
    one.shown.delete(shown)
    if (one.shown.size > 0) return
    wanted.delete(path)
    if (one.picture !== null) URL.revokeObjectURL(one.picture.url)
    one.picture = null
    if (wanted.size === 0) {
      clearInterval(timer)
      timer = undefined
    }
  }
}

function beat(): void {
  if (document.hidden) return
  const now = performance.now()
  const due = [...wanted.values()].filter((one) => !one.asking && one.due <= now).sort((a, b) => a.due - b.due)
  for (const one of due.slice(0, Math.max(0, AT_A_TIME - running))) void ask(one, now)
}

async function ask(one: Wanted, now: number): Promise<void> {
  one.asking = true
  one.due = now + EVERY
  running++
  try {
    const headers: Record<string, string> = one.etag === '' ? {} : { 'If-None-Match': one.etag }
    const response = await fetch(one.path, { headers, credentials: 'same-origin', cache: 'no-store' })
    if (response.status === 200) {
      const blob = await response.blob()
      one.etag = response.headers.get('ETag') ?? ''
      show(one, { url: URL.createObjectURL(blob), takenAt: Number(response.headers.get('X-Taken-At') ?? hallTime.now) })
    } else if (response.status !== 304 && response.status < 500) {
      one.etag = ''
      show(one, null)
    }
  } catch {
    // The line is gone; what was there is shown on, with its age beside it.
  } finally {
    one.asking = false
    running--
    if (wanted.size > AT_A_TIME) beat()
  }
}

function show(one: Wanted, picture: StillPicture | null): void {
  const before = one.picture
  if (picture === null && before === null) return
  if (one.shown.size === 0) {
    if (picture !== null) URL.revokeObjectURL(picture.url)
    return
  }
  one.picture = picture
  for (const shown of one.shown) shown(picture)
  // The old one may be on screen until the new one is decoded.
  if (before !== null) setTimeout(() => URL.revokeObjectURL(before.url), EVERY)
}
