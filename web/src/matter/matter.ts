/**
 * One matter of a tender as this window sees it: its view, fetched again every few seconds and after each own act, and the acts
 * that the person signs in it. What an act means and who may see what is the hall's business.
 */
import { type Ref, onUnmounted, ref, shallowRef, toValue } from 'vue'
import { type ActType, ZERO_DIGEST, bodyDigest, signAct } from '@/crypto/act'
import { type Bytes, hex, sha256 } from '@/crypto/bytes'
import { type Json } from '@/crypto/canonical'
import { Failure, asFailure } from '@/failure'
import { useHall } from '@/stores/hall'
import { useLogin } from '@/stores/login'
import { getNonce } from '@/wire/api'
import { get, getBytes, post, put } from '@/wire/http'
import { type Ack } from '@/wire/types.gen'

const EVERY = 5_000

export interface Matter<T> {
  readonly view: Ref<T | null>
  /** Why the last look failed; null while it shows what is. */
  readonly failure: Ref<Failure | null>
  load(): Promise<void>
  act(type: ActType, body: Json, lot?: string): Promise<Ack>
}

/** Follow a matter while the component that asks for it lives. */
export function useMatter<T>(tender: string | (() => string), name: string): Matter<T> {
  const view = shallowRef<T | null>(null)
  const failure = ref<Failure | null>(null)
  const base = (): string => matterPath(toValue(tender), name)

  async function load(): Promise<void> {
    try {
      const found = await get<T>(base())
      // The same words again change nothing on the screen, so nobody's typing is disturbed.
      if (JSON.stringify(found) !== JSON.stringify(view.value)) view.value = found
      failure.value = null
    } catch (thrown) {
      failure.value = asFailure(thrown)
    }
  }

  async function act(type: ActType, body: Json, lot = ''): Promise<Ack> {
    const ack = await signMatterAct(toValue(tender), name, type, body, lot)
    await load()
    return ack
  }

  void load()
  const timer = setInterval(() => void load(), EVERY)
  onUnmounted(() => clearInterval(timer))
  return { view, failure, load, act }
}

/** Sign an act in a matter and hand it in. Throws Failure. */
export async function signMatterAct(tender: string, name: string, type: ActType, body: Json, lot = ''): Promise<Ack> {
  const { info } = useHall()
  if (info === null) throw new Failure('connection_lost')
  const identity = useLogin().key()
  const context = {
    origin: info.origin,
    tender,
    lot,
    opening: '',
    deadline: 0,
    epoch: 0,
    manifest: ZERO_DIGEST,
    tree_size: 0,
    tree_root: ZERO_DIGEST,
    server_nonce: await getNonce(identity.fingerprint),
  }
  const signed = await signAct(identity, type, context, body)
  const ack = await post<Ack>(`${matterPath(tender, name)}/acts`, { act: signed })
  if (ack.body_digest !== (await bodyDigest(signed))) throw new Failure('receipt_mismatch')
  return ack
}

/** Hand a file in that an act will name; gives its SHA-256. */
export async function handInFile(tender: string, bytes: Bytes): Promise<string> {
  const digest = hex(await sha256(bytes))
  const shown = await put<{ sha256: string }>(`/api/tenders/${encodeURIComponent(tender)}/files`, bytes, { 'Content-Type': 'application/octet-stream' })
  if (shown.sha256 !== digest) throw new Failure('digest_mismatch')
  return digest
}

/** A file by its digest; whatever the hall sends, it has it. */
export async function matterFile(tender: string, digest: string): Promise<Bytes> {
  const bytes = await getBytes(`/api/tenders/${encodeURIComponent(tender)}/files/${digest}`)
  if (hex(await sha256(bytes)) !== digest) throw new Failure('digest_mismatch')
  return bytes
}

function matterPath(tender: string, name: string): string {
  return `/api/tenders/${encodeURIComponent(tender)}/${name}`
}
