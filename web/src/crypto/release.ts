/**
 * The checks of a release (clauses 4.11, 5.3.3). The client never unwraps an envelope as such: else the hall could ask for the key of a
 * real bid under the name of a test. Every failure here is a local code, and nothing derived from the key leaves before all hold.
 */
import { Failure } from '@/failure'
import { type SignedAct, actBody, verifyAct } from './act'
import { type Bytes, hex } from './bytes'
import { readHeader } from './header'
import { type Identity } from './identity'

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
  const { header } = await readHeader(request.head)
  // First of all the certificate: its name is what the person needs to hear.
  if (header.recipient !== identity.fingerprint) throw new Failure('wrong_certificate', { needed: header.recipient })
  const same =
    header.tender === situation.tender &&
    header.lot === situation.lot &&
    header.bidder === situation.bidder &&
    hex(header.commit) === statement['commit'] &&
    header.recipient === statement['recipient']
  if (!same) throw new Failure('not_the_deposit')
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
  for (const certificate of pinned) {
    if (await verifyAct(command, certificate)) return
  }
  throw invalid('signature')
}
