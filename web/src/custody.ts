/** The custodian's part: look, open everything that was entrusted to this certificate in a lot, hand it over by one signed act. */
import { ref, shallowRef } from 'vue'
import { type SignedAct, actBody, verifyAct } from '@/crypto/act'
import { isCommittedTo } from '@/crypto/bidseal'
import { type Bytes, base64, fromBase64, fromHex, hex, sha256 } from '@/crypto/bytes'
import { openEntrusted } from '@/crypto/entrusted'
import { type Identity } from '@/crypto/identity'
import { Failure, asFailure } from '@/failure'
import { useLogin } from '@/stores/login'
import { useOpening } from '@/stores/opening'
import { pinnedCommanders } from '@/stores/pins'
import { getCertificate, getEntrusted } from '@/wire/api'
import { hallNow } from '@/wire/halltime'
import { type EntrustedView, type View } from '@/wire/types.gen'

const WINDOWS = ['check', 'checked', 'decryption', 'results']
/** What is the bidder's own: told to the hall in the place of the key, so that its cause can be decided. */
export const UNOPENABLE = ['envelope_damaged', 'wrong_context', 'entrusted_mismatch']

export function useCustody(lot: string) {
  const opened = ref(0)
  const all = ref(0)
  const working = ref(false)
  const done = ref(false)
  const failure = shallowRef<Failure | null>(null)

  async function open(): Promise<void> {
    opened.value = all.value = 0
    failure.value = null
    working.value = true
    try {
      await openLot(lot, (count, of) => {
        opened.value = count
        all.value = of
      })
      done.value = true
    } catch (thrown) {
      failure.value = asFailure(thrown)
    } finally {
      working.value = false
    }
  }

  return { opened, all, working, done, failure, open }
}

async function openLot(lot: string, onProgress: (opened: number, all: number) => void): Promise<void> {
  const opening = useOpening()
  const identity = useLogin().key()
  const { view } = opening
  if (view === null) throw new Failure('connection_lost')
  await checkTime(view, lot)
  const items = await getEntrusted(view.opening, lot)
  checkEarly(view, lot, new Set(items.map(({ bidder }) => bidder)))
  const keys: { bidder: string; content: string; code: string }[] = []
  for (const item of items) {
    onProgress(keys.length, items.length)
    keys.push(await handed(view, lot, item, identity))
  }
  onProgress(keys.length, items.length)
  await opening.act('open_entrusted', lot, { keys })
}

/** Every window is over, as this page sees it itself, by a command that the host signed (clause 5.3.4). */
async function checkTime(view: View, lotId: string): Promise<void> {
  const locked = (reason: string): Failure => new Failure('disclosure_locked', { reason })
  const lot = view.lots.find((one) => one.lot === lotId)
  if (lot?.stage !== 'disclosure' || view.suspension !== null) throw locked('stage')
  const running = view.lots.some((one) => WINDOWS.includes(one.stage) || one.bidders.some(({ own_window }) => own_window?.closed_at === null))
  if (running) throw locked('window')
  const command = lot.command as unknown as SignedAct | null
  const here = command !== null && command.type === 'command_decryption' && command.opening === view.opening && command.tender === view.tender
  if (!here || command.lot !== lotId || !(await byHost(view, command))) throw locked('command')
  const { window } = lot
  if (window === null || window.closed_at === null || hallNow() < window.closed_at || (!window.early && hallNow() < window.closes_at)) throw locked('window')
}

async function byHost(view: View, command: SignedAct): Promise<boolean> {
  if (!pinnedCommanders(view).includes(command.certificate)) return false
  const certificate = await getCertificate(view.opening, command.certificate)
  return hex(await sha256(certificate)) === command.certificate && verifyAct(command, certificate)
}

/** clause 5.3.3: a window ends early only when every listed bidder has released or declined. */
function checkEarly(view: View, lotId: string, released: ReadonlySet<string>): void {
  const lot = view.lots.find((one) => one.lot === lotId)
  if (lot?.window?.early !== true) return
  for (const { bidder, status, release, held, own_window } of lot.bidders) {
    const over = released.has(bidder) || ['declined', 'opened', 'failed'].includes(release)
    if (status === 'listed' && !held && !over && own_window === null) throw new Failure('disclosure_locked', { reason: 'early' })
  }
}

async function handed(view: View, lot: string, item: EntrustedView, identity: Identity): Promise<{ bidder: string; content: string; code: string }> {
  try {
    return { bidder: item.bidder, content: base64(await openItem(view, lot, item, identity)), code: '' }
  } catch (thrown) {
    const { code } = asFailure(thrown)
    if (!UNOPENABLE.includes(code)) throw thrown
    return { bidder: item.bidder, content: '', code }
  }
}

/** What lies in one envelope, if a bidder's own signed release entrusted it to this certificate, for this very lot. */
export async function openItem(view: View, lot: string, item: EntrustedView, identity: Identity): Promise<Bytes> {
  const invalid = new Failure('entrusted_invalid', { bidder: item.bidder })
  const act = item.release as unknown as SignedAct
  const certificate = await getCertificate(view.opening, act.certificate)
  const signed = hex(await sha256(certificate)) === act.certificate && (await verifyAct(act, certificate))
  const here = act.type === 'release' && act.origin === view.origin && act.tender === view.tender && act.opening === view.opening && act.lot === lot
  if (!signed || !here) throw invalid
  const said = await actBody(act)
  const whom = Array.isArray(said['custodians']) ? said['custodians'].map(String) : []
  const envelope = fromBase64(item.envelope)
  const first = whom[0] === identity.fingerprint && item.envelope === said['envelope'] && item.inner === said['inner']
  const handedOn = hex(await sha256(envelope)) === said['inner'] && item.inner === '' && whom[whom.length - 1] === identity.fingerprint
  if (!first && !handedOn) throw invalid
  const salt = fromHex(item.salt)
  const content = await openEntrusted(envelope, item.inner, { tender: view.tender, lot, bidder: item.bidder, opening: view.opening, salt }, identity)
  if (item.inner === '') {
    // The tag stands under the bidder's own signature: the hall can't pass another commitment off as its.
    if (!(await isCommittedTo(content, salt, String(said['tag']), item.commit))) throw new Failure('entrusted_mismatch')
  }
  return content
}
