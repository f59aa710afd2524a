/** One run of the self-check: line after line, then the signed result with the hall's acknowledgement as its receipt. */
import { computed, ref, shallowRef } from 'vue'
import { ZERO_DIGEST, type SignedAct, bodyDigest, signAct } from '@/crypto/act'
import { type Identity } from '@/crypto/identity'
import { Failure, asFailure } from '@/failure'
import { useHall } from '@/stores/hall'
import { useLogin } from '@/stores/login'
import { getNonce, getUpdate, postAct } from '@/wire/api'
import { type Ack, type View } from '@/wire/types.gen'
import { CHECKS, type Check, type HallFacts, type Level, type Result, judgeCertificate, result, takesPart, texts, worst } from './judge'
import * as probes from './probes'

const PROFILE = { width: 640, height: 360, rate: 15 }

export interface Line {
  readonly check: Check
  readonly level: Level | 'running' | 'waiting'
  readonly fact: string
}

export interface CheckReceipt {
  readonly v: 1
  readonly kind: 'self_check'
  readonly act: SignedAct
  readonly ack: Ack
}

export function useCheck() {
  const login = useLogin()
  const found = ref<Partial<Record<Check, Result>>>({})
  const now = ref<readonly Check[]>([])
  const busy = ref(false)
  const done = ref(false)
  const failure = shallowRef<Failure | null>(null)
  const receipt = shallowRef<CheckReceipt | null>(null)
  const unsent = ref(false)
  /** Certificates (SHA-256) that own deposits are sealed to and that the present one does not stand for. */
  const earlier = ref<readonly string[]>([])

  const lines = computed<Line[]>(() => CHECKS.map((check) => found.value[check] ?? { check, level: now.value.includes(check) ? 'running' : 'waiting', fact: '' }))
  const results = computed<Result[]>(() => CHECKS.flatMap((check) => found.value[check] ?? []))
  const total = computed<Level>(() => worst(results.value))
  /** What is red keeps nobody from sign-in and release. */
  const able = computed(() => takesPart(results.value))

  async function look(checks: readonly Check[], probe: () => Promise<readonly Result[]>): Promise<void> {
    now.value = checks
    const seen = await probe()
    found.value = { ...found.value, ...Object.fromEntries(seen.map((one) => [one.check, one])) }
  }

  /** opening: for which one; '' where nobody is logged in: then the computer alone is checked. */
  async function run(opening: string): Promise<void> {
    busy.value = true
    done.value = false
    failure.value = null
    receipt.value = null
    unsent.value = false
    found.value = {}
    try {
      await look(['browser', 'secure'], () => Promise.resolve([probes.browser(), probes.secure()]))
      await look(['storage'], async () => [await probes.storage()])
      await look(['camera', 'microphone'], () => probes.devices(useHall().info?.video ?? PROFILE))
      await look(['network', 'clock'], () => probes.network(useHall().info?.mode === 'rehearsal'))
      await look(['media', 'relay'], () => probes.media(opening))
      if (opening !== '' && login.identity !== null) await withCertificate(opening)
    } catch (thrown) {
      failure.value = asFailure(thrown)
    } finally {
      now.value = []
      busy.value = false
      done.value = true
    }
  }

  async function withCertificate(opening: string): Promise<void> {
    const facts = await probes.hallFacts(opening)
    earlier.value = replacedIn(facts)
    await look(['certificate', 'revocation', 'validity', 'deposit'], () => Promise.resolve(judgeCertificate(facts)))
    await look(['decryption', 'sealing'], () => probes.sealing(login.key()))
    await look(['signing'], async () => [await sign(opening)])
  }

  /** Sign what was found. A hall that takes no checks now leaves the signature itself as what was tried. */
  async function sign(opening: string): Promise<Result> {
    const signed = result('signing', 'green')
    let act: SignedAct
    try {
      const { view } = await getUpdate(opening, 0)
      act = await acted(view, 'self_check', { results: texts(CHECKS.flatMap((check) => (check === 'signing' ? [signed] : (found.value[check] ?? [])))) })
      if (!view.may.includes('self_check')) {
        unsent.value = true
        return signed
      }
    } catch (thrown) {
      return result('signing', 'red', asFailure(thrown).code)
    }
    const ack = await postAct(opening, act)
    if (ack.body_digest !== (await bodyDigest(act))) throw new Failure('receipt_mismatch')
    receipt.value = { v: 1, kind: 'self_check', act, ack }
    return signed
  }

  /** clause 5.2.3: which certificates are still to be shown; asked for at once, without a run of the checks. */
  async function lookEarlier(opening: string): Promise<void> {
    earlier.value = opening === '' || login.me === null ? [] : replacedIn(await probes.hallFacts(opening))
  }

  return { lookEarlier, earlier, lines, total, able, busy, done, failure, receipt, unsent, run }
}

function replacedIn({ deposits }: HallFacts): string[] {
  return [...new Set(deposits.filter(({ trouble }) => trouble === 'replaced').map(({ recipient }) => recipient))]
}

/** Sign an act for an opening from outside of its room; `identity`: the login's, or an earlier certificate's that consents. */
export async function acted(
  view: View,
  type: 'self_check' | 'show_certificate' | 'hand_over_certificate',
  body: Parameters<typeof signAct>[3],
  identity: Identity = useLogin().key(),
): Promise<SignedAct> {
  if (useHall().info === null) throw new Failure('connection_lost')
  const context = {
    origin: view.origin,
    tender: view.tender,
    lot: '',
    opening: view.opening,
    deadline: view.bid_deadline,
    epoch: view.epoch,
    manifest: view.manifest?.digest ?? ZERO_DIGEST,
    tree_size: 0,
    tree_root: ZERO_DIGEST,
    server_nonce: await getNonce(identity.fingerprint),
  }
  return signAct(identity, type, context, body)
}
