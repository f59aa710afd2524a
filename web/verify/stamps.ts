/**
 * Roots that bear the time of an authority, the twin of `hall/evidence/stamps.py`: whether the tokens hold, and what they say of rows.
 * A stamp over a checkpoint proves *not later than*, and nothing of *not earlier than*.
 */
import { hex, utf8 } from '@/crypto/bytes'
import { sha256hex } from './digest'
import { type Fault, type Mark, type Row, type Story, where } from './story'
import * as tokens from './tokens'

const STAMPS = 'proof/stamps'
/** Milliseconds by which an authority's clock and the hall's may differ before a stamp contradicts a row. */
export const SKEW = 60_000
/** A deposit of many bytes is journalled when it is hashed, with the time at which it had come. */
const HASHED = 600_000
const NAMED = 'stamp sha256:'
/** The hall's own authority's policy. */
const OWN = '2.25.302017339'

/** When an authority saw a checkpoint, ms UTC. */
type Time = readonly [at: number, mark: Mark]

/** inTime: each deposit that can be read lies under an outside stamp of before its deadline. */
export async function stamps(story: Story): Promise<{ faults: Fault[]; inTime: boolean }> {
  const faults: Fault[] = []
  const { times, outside } = await read(story, faults)
  times.sort((a, b) => a[1].size - b[1].size || a[0] - b[0])
  // In a rehearsal hall time may be moved, and an outside authority's is not.
  if (!(outside && story.anchors.mode === 'rehearsal')) faults.push(...order(times), ...between(story, times))
  const deposits = story.of('DepositReceived')
  return { faults, inTime: outside && deposits.length > 0 && deposits.every((row) => proved(story, row, times)) }
}

async function read(story: Story, faults: Fault[]): Promise<{ times: Time[]; outside: boolean }> {
  const times: Time[] = []
  const present = new Set<string>()
  const others = [...story.certificates.values()]
  const { caRoots } = story.anchors
  const apart = story.anchors.tsaRoots.filter((root) => !caRoots.some((ca) => hex(ca) === hex(root)))
  let outside = true
  for (const name of story.under(STAMPS)) {
    const token = await story.bytes(name)
    const digest = sha256hex(token)
    present.add(digest)
    if (name !== `${STAMPS}/${digest}.tst`) faults.push({ where: name, code: 'altered' })
    const over = tokens.imprint(token)
    const mark = over === null ? undefined : story.marks.get(hex(over))
    const said = mark === undefined ? null : await tokens.check(token, utf8(mark.text), story.tsaRoots, others)
    if (mark === undefined || said === null) {
      faults.push({ where: name, code: mark === undefined ? 'no_stamped_root' : 'bad_stamp' })
      continue
    }
    const named = [...story.marks.values()].some((one) => one.extensions.includes(NAMED + digest) && one.at >= mark.at)
    if (!named) faults.push({ where: name, code: 'unnamed_stamp' })
    times.push([said.at, mark])
    // One under the CA of the hall's own people could be the hall's, whatever policy it names.
    outside = outside && said.policy !== OWN && apart.length > 0 && (await tokens.check(token, utf8(mark.text), apart, others)) !== null
  }
  for (const mark of story.marks.values()) {
    const missing = mark.extensions.some((line) => line.startsWith(NAMED) && !present.has(line.slice(NAMED.length)))
    if (missing) faults.push({ where: `checkpoints.jsonl: ${String(mark.size)}`, code: 'missing' })
  }
  return { times, outside }
}

function order(times: readonly Time[]): Fault[] {
  const faults: Fault[] = []
  for (const [place, [at, mark]] of times.entries()) {
    const before = times[place - 1]
    if (before !== undefined && at < before[0] - SKEW) faults.push({ where: `checkpoints.jsonl: ${String(mark.size)}`, code: 'goes_back' })
    if (Math.abs(at - mark.at) > SKEW) faults.push({ where: `checkpoints.jsonl: ${String(mark.size)}`, code: 'clocks_apart' })
  }
  return faults
}

/** No row says that it came after a stamp that it stands under, or long before one that does not hold it yet. */
function between(story: Story, times: readonly Time[]): Fault[] {
  return story.rows.flatMap((row) => {
    const under = times.find(([, mark]) => mark.size > row.index)
    const above = times.filter(([, mark]) => mark.size <= row.index).map(([at]) => at)
    const after = under !== undefined && row.at > under[0] + SKEW
    const early = row.kind === 'DepositReceived' && above.length > 0 && row.at < Math.max(...above) - HASHED
    return after || early ? [{ where: where(row), code: 'beside_stamp' }] : []
  })
}

/** Whether a stamp that covers a deposit was given by the deadline as it stood then, by a clock that agrees with the hall's. */
function proved(story: Story, row: Row, times: readonly Time[]): boolean {
  const moved = story.of('DepositDeadlineMoved').filter((one) => one.index < row.index)
  const deadline = Number(moved[moved.length - 1]?.body['after'] ?? story.plan['bid_deadline'])
  return times.some(([at, mark]) => Math.abs(at - mark.at) <= SKEW && mark.size > row.index && at <= deadline)
}
