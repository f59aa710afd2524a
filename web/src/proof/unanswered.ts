/**
 * The hall does not answer: 10 seconds after a deposit or release was signed, this browser has its message stamped elsewhere and offers
 * a file that proves when it existed (clause 4.7). The body of a release holds a key and is never in it; its digest is signed.
 */
import { reactive } from 'vue'
import { type SignedAct, bodyDigest, signedBytes } from '@/crypto/act'
import { type Bytes, base64, concat, fromBase64 } from '@/crypto/bytes'
import { useHall } from '@/stores/hall'
import { hallNow } from '@/wire/halltime'
import { askForStamp } from './timestamp'

export const PATIENCE = 10_000

export interface Unanswered {
  readonly act: SignedAct
  state: 'waiting' | 'stamping' | 'stamped' | 'plain' | 'answered'
  /** Base64, "" without one. */
  token: string
  stampedAt: number
}

/** What waits for an answer now, or did, the newest last. */
export const unanswered = reactive<Unanswered[]>([])

/** What is stamped: the bytes that were signed, and the signature. */
export async function stampedBytes(act: SignedAct): Promise<Bytes> {
  return concat(await signedBytes(act), fromBase64(act.signature))
}

/**
 * Watch over one message that is about to be sent; call what it gives once the hall has answered, whatever it said. It is stamped after
 * 10 seconds in any case; `working`: milliseconds more that the hall may well need for its answer, before anybody is alarmed.
 */
export function watchOver(act: SignedAct, working = 0): () => void {
  const one = reactive<Unanswered>({ act, state: 'waiting', token: '', stampedAt: 0 })
  const timers = [setTimeout(() => void stamp(one), PATIENCE), setTimeout(() => unanswered.push(one), PATIENCE + working)]
  return () => {
    timers.forEach(clearTimeout)
    one.state = 'answered'
  }
}

async function stamp(one: Unanswered): Promise<void> {
  const url = useHall().info?.tsa_url ?? ''
  one.state = 'stamping'
  try {
    const token = await askForStamp(url, await stampedBytes(one.act))
    one.token = base64(token)
    one.stampedAt = hallNow()
    if (isWaiting(one)) one.state = 'stamped'
  } catch {
    // Nobody to be reached, or none named: the message itself is offered.
    if (isWaiting(one)) one.state = 'plain'
  }
}

function isWaiting(one: Unanswered): boolean {
  return one.state === 'stamping'
}

/** The file: the act without its body, and the token where there is one. */
export async function fileOf(one: Unanswered): Promise<Blob> {
  const act = { ...one.act, body_digest: await bodyDigest(one.act) }
  delete act.body
  const text = JSON.stringify({ v: 1, kind: 'unanswered', act, token: one.token }, null, 2)
  return new Blob([text], { type: 'application/json' })
}
