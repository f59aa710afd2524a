/**
 * The checks of a release (clauses 4.11, 5.3.3). The client never unwraps an envelope as such: else the hall could ask for the key of a
 * real bid under the name of a test. Every failure here is a local code, and nothing derived from the key leaves before all hold.
 */
import { Failure } from '@/failure'
import { type SignedAct, actBody, verifyAct } from './act'
import { type Bytes, hex } from './bytes'
import { readHeader, sealedSize } from './header'
import { type Identity, recipientOf } from './identity'

export interface ReleaseRequest {
  /** The head of the sealed file as the hall (or anyone) gave it. */
  readonly head: Bytes
  /** The deposit act this very certificate signed. */
  readonly statement: SignedAct
  /** The decrypt command as the hall showed it. */
  readonly command: SignedAct
  /** Certificates (DER) that the published tender names for the decrypt command. */
  readonly pinned: readonly Bytes[]
}

/** What this window has itself seen of the opening. */
export interface ReleaseSituation {
  readonly origin: string
  readonly tender: string
  readonly lot: string
  readonly opening: string
  readonly bidder: string
  /** The scheduled deadline of the deposit, ms UTC. */
  readonly deadline: number
  readonly epoch: number
  readonly manifest: string
  readonly suspended: boolean
  /** Hall time, ms UTC. */
  readonly now: number
  readonly windowStart: number
  /** The window is this bidder's own: the unused rest of the 60 minutes (clause 5.3.4). */
  readonly own: boolean
  /** Last millisecond in which a release counts, as the hall shows it. */
  readonly windowEnd: number
}

/** One line of the list that the person sees being ticked off. */
export type ReleaseCheck = 'statement' | 'header' | 'command' | 'situation' | 'certificate' | 'envelope'

/**
 * Make every check in turn, then unwrap: gives the content key, which only the release act may carry.
 * Codes: not_the_deposit, wrong_certificate, malformed_header, command_invalid, too_early, window_closed, suspended, commit_mismatch.
 */
export async function openForRelease(
  request: ReleaseRequest,
  situation: ReleaseSituation,
  identity: Identity,
  onCheck: (check: ReleaseCheck) => void,
): Promise<Bytes> {
  const statement = await checkStatement(request.statement, situation, identity)
  onCheck('statement')
  const { header, bytes } = await readHeader(request.head)
  // First of all the certificate: its name is what the person needs to hear.
  if (header.recipient !== recipientOf(identity).fingerprint) throw new Failure('wrong_certificate', { needed: header.recipient })
  if (header.tender !== situation.tender || header.lot !== situation.lot || header.bidder !== situation.bidder) throw new Failure('not_the_deposit')
  const found = {
    size: sealedSize(bytes.length, header.size),
    commit: hex(header.commit),
    tag_commit: hex(header.tagCommit),
    salt: hex(header.salt),
    recipient: header.recipient,
  }
  if (Object.entries(found).some(([name, value]) => statement[name] !== value)) throw new Failure('not_the_deposit')
  onCheck('header')
  await checkCommand(request, situation)
  onCheck('command')
  if (situation.suspended) throw new Failure('suspended')
  if (situation.now > situation.windowEnd) throw new Failure('window_closed')
  onCheck('situation')
  if (situation.now > identity.info.notAfter) throw new Failure('certificate_expired')
  onCheck('certificate')
  const cek = await identity.unwrap(header, { kind: 'release', request, situation })
  onCheck('envelope')
  return cek
}

async function checkStatement(act: SignedAct, situation: ReleaseSituation, identity: Identity): Promise<Readonly<Record<string, unknown>>> {
  if (act.certificate !== identity.fingerprint) throw new Failure('wrong_certificate', { needed: act.certificate })
  const own = act.type === 'deposit' && act.tender === situation.tender && act.lot === situation.lot && act.origin === situation.origin
  if (!own || !(await verifyAct(act, identity.certificate))) throw new Failure('not_the_deposit')
  return actBody(act)
}

async function checkCommand({ command, pinned }: ReleaseRequest, situation: ReleaseSituation): Promise<void> {
  const invalid = (reason: string): Failure => new Failure('command_invalid', { reason })
  if (command.type !== 'command_decryption') throw invalid('type')
  if (command.origin !== situation.origin) throw invalid('origin')
  if (command.tender !== situation.tender) throw invalid('tender')
  if (command.lot !== '' && command.lot !== situation.lot) throw invalid('lot')
  if (command.opening !== situation.opening) throw invalid('opening')
  // A command counts in its own epoch and, after a suspension, in later ones of the same opening; never in an earlier one.
  if (command.epoch > situation.epoch) throw invalid('epoch')
  if (command.manifest !== situation.manifest) throw invalid('manifest')
  if (command.deadline !== situation.deadline) throw invalid('deadline')
  const signed = await Promise.all(pinned.map((certificate) => verifyAct(command, certificate)))
  if (!signed.includes(true)) throw invalid('signature')
  const { minutes } = await actBody(command)
  if (typeof minutes !== 'number' || !commanded(situation, command.epoch, minutes * 60_000)) throw invalid('window')
}

/** A client reckons hall time from heartbeats, ms: it may be behind the hall by their way through the network. */
const CLOCKS_APART = 5_000

/**
 * Whether the window that the hall shows is the one that the host commanded. clause 5.3.3: never shorter, and longer only by what a
 * suspension since the command gave back; an own window is what was left of it.
 */
function commanded({ windowStart, windowEnd, own, epoch, now }: ReleaseSituation, since: number, length: number): boolean {
  const shown = windowEnd - windowStart
  const right = shown === length || (epoch > since && shown > length) || (own && shown > 0 && shown < length)
  return right && now >= windowStart - CLOCKS_APART
}
