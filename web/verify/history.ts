/**
 * Whether everybody was shown one history, the twin of `hall/evidence/one_history.py`: co-signatures, stamped roots, messages that were
 * handed in. What clients kept is for `hall verify --kept`.
 */
import { signedBytes, verifyAct } from '@/crypto/act'
import { type Bytes, concat, equal, fromBase64, fromHex, u64be, utf8 } from '@/crypto/bytes'
import { verifySignature } from '@/crypto/certificate'
import { Chains } from './chains'
import { sha256, sha256hex } from './digest'
import { SKEW, stamps } from './stamps'
import { type Body, type Fault, type Mark, type StoredAct, type Story, list, object, parsed, split } from './story'
import * as tokens from './tokens'

const COSIGNATURES = 'proof/cosignatures.jsonl'
const HANDED_IN = 'proof/handed_in'
const COSIGNERS = ['notary', 'supervisor']
const KEY_TYPE = concat(Uint8Array.of(0xff), utf8('bidhall/1 x509\n'))
const HEAD = 12

/** cosigned: somebody else than the hall stands for the history; inTime: outside stamps prove that deposits came in time. */
export interface History {
  readonly faults: readonly Fault[]
  readonly cosigned: boolean
  readonly inTime: boolean
}

export async function history(story: Story): Promise<History> {
  const faults: Fault[] = []
  let [cosigned, inTime] = [false, false]
  try {
    cosigned = await cosignatures(story, faults)
    const stamped = await stamps(story)
    faults.push(...stamped.faults, ...(await handedIn(story)))
    inTime = stamped.inTime
  } catch {
    faults.push({ where: 'proof/', code: 'unreadable' })
  }
  return { faults, cosigned, inTime: inTime && faults.length === 0 }
}

async function cosignatures(story: Story, faults: Fault[]): Promise<boolean> {
  if (!story.members.has(COSIGNATURES)) return false
  const chains = new Chains(story.anchors.caRoots, story.certificates.values())
  let cosigned = false
  for (const [index, line] of (split(await story.bytes(COSIGNATURES)) ?? [new Uint8Array()]).entries()) {
    const told = object(parsed(line))
    const code = told === null ? 'unreadable' : await refused(story, told, chains)
    if (code === '') cosigned = true
    else faults.push({ where: `${COSIGNATURES} ${String(index + 1)}`, code })
  }
  return cosigned
}

/** Why a co-signature does not count, "" where it does. */
async function refused(story: Story, told: Body, chains: Chains): Promise<string> {
  const mark = story.marks.get(String(told['checkpoint']))
  const line = read(String(told['line']))
  if (line === null) return 'unreadable'
  if (mark === undefined) return 'no_stamped_root'
  const [role, at] = [String(told['role']), line.at * 1000]
  const der = story.certificates.get(line.certificate)
  if (der === undefined || !COSIGNERS.includes(role) || !holders(story, role, mark, at).has(line.certificate)) return 'no_cosigner'
  if (at < mark.at - SKEW) return 'goes_back'
  if (!(await verifySignature(der, utf8(`cosignature/v1\ntime ${String(line.at)}\n${mark.text}`), line.signature))) return 'bad_signature'
  return (await chains.leadsToRoot(der, mark.at)) ? '' : 'no_chain'
}

/** A line of a co-signature; at: POSIX seconds. */
function read(line: string): { certificate: string; at: number; signature: Bytes } | null {
  const found = /^\u2014 cosigner\/([0-9a-f]{64}) ([A-Za-z0-9+/]+={0,2})\n$/.exec(line)
  if (found === null) return null
  const certificate = found[1] as string
  try {
    const blob = fromBase64(found[2] as string)
    const at = blob.slice(4, HEAD).reduce((sum, byte) => sum * 256 + byte, 0)
    const id = sha256(utf8(`cosigner/${certificate}\n`), KEY_TYPE, fromHex(certificate)).slice(0, 4)
    const whole = Number.isSafeInteger(at) && equal(blob.slice(0, HEAD), concat(id, u64be(at)))
    return whole && blob.length > HEAD ? { certificate, at, signature: blob.slice(HEAD) } : null
  } catch {
    return null
  }
}

/** Certificates of who held the post as the rows under the checkpoint tell, and of who took it from then until it was signed. */
function holders(story: Story, role: string, mark: Mark, at: number): Set<string> {
  let held = new Set<string>()
  for (const one of list(story.plan['staff']).map((post) => object(post) ?? {})) if (one['role'] === role) held.add(String(one['certificate']))
  for (const row of story.of(['PostTaken', 'SubstituteAppointed'])) {
    const post = object(row.body['post']) ?? {}
    if (post['role'] !== role) continue
    if (row.index < mark.size || row.at < at - SKEW) held = new Set([String(post['certificate'])])
    else if (row.at <= at + SKEW) held.add(String(post['certificate']))
  }
  return held
}

/** Messages that were stamped elsewhere in time and that the journal lacks must be in the register (clause 4.7). */
async function handedIn(story: Story): Promise<Fault[]> {
  const faults: Fault[] = []
  const journalled = new Set(story.rows.flatMap(({ act }) => (act === null ? [] : [`${act.certificate} ${act.client_nonce}`])))
  const entered = story.of('IncidentRecorded').map((row) => String(row.body['detail'] ?? '')).join(' ')
  for (const name of story.under(HANDED_IN)) {
    const data = await story.bytes(name)
    const digest = sha256hex(data)
    const told = object(parsed(data))
    const act = object(told?.['act']) as unknown as StoredAct | null
    if (told === null || act === null || name !== `${HANDED_IN}/${digest}.json`) {
      faults.push({ where: name, code: 'unreadable' })
      continue
    }
    const { body, ...rest } = act
    const signed = typeof body === 'string' ? { ...rest, body } : rest
    const covered = concat(await signedBytes(signed), fromBase64(act.signature))
    const said = await tokens.check(fromBase64(String(told['token'])), covered, story.tsaRoots, [])
    if (said === null) faults.push({ where: name, code: 'bad_stamp' })
    else if (!(await verifyAct(signed, story.certificates.get(act.certificate) ?? new Uint8Array()))) faults.push({ where: name, code: 'bad_signature' })
    else if (!journalled.has(`${act.certificate} ${act.client_nonce}`) && said.at <= ends(story, act) && !entered.includes(digest)) faults.push({ where: name, code: 'unanswered' })
  }
  return faults
}

function ends(story: Story, act: StoredAct): number {
  if (act.type === 'deposit') return Number(story.plan['bid_deadline'] ?? 0)
  const rows = story.of(['DecryptionCommanded', 'OwnWindowOpened'], { lot: act.lot })
  return Math.max(0, ...rows.map((row) => Number(row.body['closes_at'] ?? 0)))
}
