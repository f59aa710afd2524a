/** The bidder's release from click to acknowledgement: gather, check everything, unwrap, sign, send. The key touches nothing else. */
import { ref, shallowRef } from 'vue'
import { type SignedAct } from '@/crypto/act'
import { type Bytes, base64, hex, sha256 } from '@/crypto/bytes'
import { releaseTag } from '@/crypto/bidseal'
import { type Json } from '@/crypto/canonical'
import { entrust } from '@/crypto/entrusted'
import { readHeader } from '@/crypto/header'
import { type Identity } from '@/crypto/identity'
import { openRecovery } from '@/crypto/recovery'
import { type ReleaseCheck, openForRelease } from '@/crypto/release'
import { formerly } from '@/crypto/renewed'
import { Failure, asFailure } from '@/failure'
import { recallDeposit } from '@/stores/deposits'
import { useLogin } from '@/stores/login'
import { useOpening } from '@/stores/opening'
import { getCertificate, getOwnDeposit, getOwnHeader } from '@/wire/api'
import { hallNow } from '@/wire/halltime'
import { type LotView, type View } from '@/wire/types.gen'
import { custodiansFor } from './stores/custody'
import { pinnedCommanders } from './stores/pins'

export const RELEASE_CHECKS = ['statement', 'header', 'command', 'situation', 'certificate', 'envelope', 'sending'] as const
export type ReleaseStep = ReleaseCheck | 'sending'

/** A release in the place of the certificate's key; the reason is read in the room. */
export interface Recovery {
  readonly file: Bytes
  readonly passphrase: string
  readonly reason: string
}

const CLAIMED = ['claimed', 'confirmed']

/** A standstill came between the click and the hall: nothing was lost, and the release is to be sent again when it goes on. */
const INTERRUPTED = ['suspended', 'act_for_another_history']

function placeOf(lot: string): string {
  return `release/${useOpening().view?.opening ?? ''}/${lot}`
}

export function useRelease(lotId: string) {
  const interrupted = ref(sessionStorage.getItem(placeOf(lotId)) !== null)
  const done = ref<ReleaseStep[]>([])
  const working = ref(false)
  const failure = shallowRef<Failure | null>(null)

  async function release(lot: string, recovery: Recovery | null = null): Promise<void> {
    done.value = []
    failure.value = null
    working.value = true
    try {
      await releaseLot(lot, (step) => (done.value = [...done.value, step]), recovery)
      keep(false)
    } catch (thrown) {
      const refused = asFailure(thrown)
      if (INTERRUPTED.includes(refused.code)) {
        keep(true)
        done.value = []
      } else {
        failure.value = refused
        // clause 5.3.3: once the act is on its way the hall keeps its own refusal; it hears of nothing before that.
        const signed = done.value.includes('envelope')
        if (!signed || refused.code === 'connection_lost') useOpening().attempted('release', lotId, refused.code)
      }
    } finally {
      working.value = false
    }
  }

  function keep(waits: boolean): void {
    interrupted.value = waits
    if (waits) sessionStorage.setItem(placeOf(lotId), '')
    else sessionStorage.removeItem(placeOf(lotId))
  }

  return { done, working, failure, interrupted, release }
}

async function releaseLot(lotId: string, onStep: (step: ReleaseStep) => void, recovery: Recovery | null): Promise<void> {
  const opening = useOpening()
  const identity = useLogin().key()
  const view = opening.view
  const lot = view?.lots.find(({ lot }) => lot === lotId)
  if (view === null || lot === undefined) throw new Failure('connection_lost')
  if (lot.command === null || lot.window === null) throw new Failure('too_early')
  const [statement, head, pinned] = await Promise.all([
    ownStatement(view, lot, identity.fingerprint),
    getOwnHeader(view.tender, lot.lot),
    commanderCertificates(view),
  ])
  const ownWindow = lot.bidders.find(({ bidder }) => bidder === view.you.party)?.own_window ?? null
  const own = ownWindow !== null && ownWindow.closed_at === null
  const window = own ? ownWindow : lot.window
  const situation = {
    origin: view.origin,
    tender: view.tender,
    lot: lot.lot,
    opening: view.opening,
    bidder: view.you.party,
    deadline: view.bid_deadline,
    epoch: view.epoch,
    manifest: view.manifest?.digest ?? '',
    suspended: view.suspension !== null,
    now: hallNow(),
    windowStart: window.opened_at,
    windowEnd: window.closes_at,
    own,
  }
  const request = { head, statement, command: lot.command as unknown as SignedAct, pinned }
  const custodians = await custodiansFor(view) // Before the key is out: nobody else may be named behind our back.
  const holder = recovery === null ? await holderOf(view, statement, identity) : await holderByFile(view, head, statement, identity, recovery)
  const cek = await openForRelease(request, situation, holder, onStep)
  const body = custodians.length === 0 ? { sha256: sealedDigest(statement), custody: 'hall', content_key: base64(cek) } : await entrusting(view, head, statement, cek, custodians)
  cek.fill(0)
  const remedy = lot.bidders.find(({ bidder }) => bidder === view.you.party)?.remedy ?? ''
  // Only now: whoever mistyped the passphrase has claimed nothing before the room.
  if (recovery !== null && !CLAIMED.includes(remedy)) await opening.act('claim_remedy', lot.lot, { kind: 'recovery_file', reason: recovery.reason })
  await opening.act('release', lot.lot, body)
  onStep('sending')
}

/** The certificate that the bid was sealed to, opened by the recovery file; what is signed, the login's certificate signs (clause 5.3.4). */
async function holderByFile(view: View, head: Bytes, statement: SignedAct, identity: Identity, { file, passphrase }: Recovery): Promise<Identity> {
  const certificate = statement.certificate === identity.fingerprint ? identity.certificate : await getCertificate(view.opening, statement.certificate)
  const fingerprint = hex(await sha256(certificate))
  const { header } = await readHeader(head)
  // Of a pair of SM2 certificates the own signed statement names the other one, and the file opens this head alone.
  const other = header.suite === 'GM' && header.signer === fingerprint ? { recipient: { certificate, fingerprint: header.recipient } } : {}
  return { ...identity, ...other, certificate, fingerprint, unwrap: () => openRecovery(file, head, passphrase) }
}

/** Whose certificate the bid was sealed to: the present one, or an earlier one of the same key (clause 5.2.3). */
async function holderOf(view: View, statement: SignedAct, identity: Identity): Promise<Identity> {
  if (statement.certificate === identity.fingerprint) return identity
  const earlier = await getCertificate(view.opening, statement.certificate).catch((thrown: unknown) => {
    const { code } = asFailure(thrown)
    throw code === 'connection_lost' ? thrown : new Failure('wrong_certificate', { needed: statement.certificate })
  })
  return formerly(identity, earlier)
}

/** The key in the custodians' envelopes, and the tag that proves the unwrap without telling anything about it (clause 4.11). */
async function entrusting(view: View, head: Bytes, statement: SignedAct, cek: Bytes, custodians: readonly Bytes[]): Promise<Json> {
  const { header } = await readHeader(head)
  const { tender, lot, bidder, salt } = header
  const { envelope, inner } = await entrust(cek, { tender, lot, bidder, opening: view.opening, salt }, custodians)
  const whom = await Promise.all(custodians.map(async (der) => hex(await sha256(der))))
  const tag = hex(await releaseTag(cek, salt, header.suite))
  return { sha256: sealedDigest(statement), custody: 'custodians', tag, envelope: base64(envelope), inner, custodians: whom }
}

/** This computer's own copy where it has the active deposit; else the hall's, which must bear this certificate's signature all the same. */
async function ownStatement(view: View, lot: LotView, certificate: string): Promise<SignedAct> {
  const kept = recallDeposit(view.tender, lot.lot, certificate)
  const active = lot.deposits.find(({ bidder }) => bidder === view.you.party)
  return kept !== null && kept.receipt.sha256 === active?.sha256 ? kept.act : getOwnDeposit(view.tender, lot.lot)
}

async function commanderCertificates(view: View): Promise<Bytes[]> {
  const pins = pinnedCommanders(view)
  const certificates = await Promise.all(pins.map((pin) => getCertificate(view.opening, pin)))
  const digests = await Promise.all(certificates.map(async (certificate) => hex(await sha256(certificate))))
  return certificates.filter((_, index) => digests[index] === pins[index])
}

function sealedDigest(statement: SignedAct): string {
  const { sha256: digest } = JSON.parse(statement.body ?? '{}') as { sha256?: string }
  return digest ?? ''
}
