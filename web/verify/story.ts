/**
 * A bundle read without the hall, the twin of the program's `hall/evidence/story.py`: members, leaves, links, checkpoints,
 * signatures. docs/bundle-format.md says what each rule is; nothing of a bundle is believed before its rule held.
 */
import { type SignedAct, verifyAct } from '@/crypto/act'
import { type Bytes, fromBase64, fromHex, fromUtf8, hex, utf8 } from '@/crypto/bytes'
import { type Json, canonical } from '@/crypto/canonical'
import { Chains } from './chains'
import { readNote } from './checkpoint'
import { digestOf, sha256, sha256hex } from './digest'
import { Tree } from './tree'
import { type Member, NotABundle, readZip } from './zip'

export type Body = Readonly<Record<string, Json>>

/** What contradicts a rule: where, and which (`words` has the text). */
export interface Fault {
  readonly where: string
  readonly code: string
}

export interface StoredAct extends Omit<SignedAct, 'body' | 'body_digest'> {
  readonly body: string | null
  readonly body_digest: string
}

/** One row that can be read. `holds`: whether the signature of its act does; null where its certificate is withheld. */
export interface Row {
  readonly index: number
  readonly stream: string
  readonly seq: number
  readonly at: number
  readonly actor: string
  readonly kind: string
  readonly body: Body
  readonly act: StoredAct | null
  readonly holds: boolean | null
}

/** A signed checkpoint. `text`: what its signatures cover; `at`: ms UTC. */
export interface Mark {
  readonly text: string
  readonly size: number
  readonly extensions: readonly string[]
  readonly at: number
}

export interface Anchors {
  readonly origin: string
  readonly mode: string
  readonly logKey: Bytes
  readonly caRoots: readonly Bytes[]
  readonly tsaRoots: readonly Bytes[]
  readonly shown: Body
}

export type Entitlement = 'regulator' | 'bidder' | 'public'

const ROW_TYPES = {
  stream: 'string',
  seq: 'number',
  received_at: 'number',
  actor: 'string',
  nonce: 'string',
  kind: 'string',
  version: 'number',
  prev: 'string',
  body: 'object',
} as const
const ANCHORS = ['origin', 'mode', 'log_key', 'ca_roots', 'tsa_roots'] as const
const HEAD = ['v', 'tender', 'opening', 'members', ...ANCHORS]

export class Story {
  readonly rows: Row[] = []
  readonly faults: Fault[] = []
  readonly unsigned: Fault[] = []
  readonly certificates = new Map<string, Bytes>()
  readonly digests = new Map<string, string>()
  readonly tree = new Tree()
  /** Signed checkpoints by the SHA-256 of their text, hex. */
  readonly marks = new Map<string, Mark>()
  withheld = 0
  checkpoints = 0

  constructor(
    readonly members: ReadonlyMap<string, Member>,
    readonly head: Body,
    readonly entitlement: Entitlement,
    readonly holder: string,
    readonly anchors: Anchors,
  ) {}

  /** What time stamps must lead to: the roots of the people where none are named. */
  get tsaRoots(): readonly Bytes[] {
    return this.anchors.tsaRoots.length > 0 ? this.anchors.tsaRoots : this.anchors.caRoots
  }

  get whole(): boolean {
    return this.entitlement === 'regulator'
  }

  /** Rows of these kinds whose body has these values. */
  of(kinds: string | readonly string[], wanted: Body = {}): Row[] {
    const list = typeof kinds === 'string' ? [kinds] : kinds
    return this.rows.filter((row) => list.includes(row.kind) && Object.entries(wanted).every(([key, value]) => row.body[key] === value))
  }

  first(kinds: string | readonly string[], wanted: Body = {}): Row | undefined {
    return this.of(kinds, wanted)[0]
  }

  get plan(): Body {
    return this.first('OpeningScheduled')?.body ?? {}
  }

  async bytes(name: string): Promise<Bytes> {
    const member = this.members.get(name)
    return new Uint8Array(member === undefined ? new ArrayBuffer(0) : await member.blob.arrayBuffer())
  }

  under(folder: string): string[] {
    return [...this.members.keys()].filter((name) => name.startsWith(`${folder}/`)).sort()
  }
}

export const where = (row: Row): string => `journal.jsonl ${String(row.index + 1)} (${row.kind})`

/** Read anchors from trust.json or a bundle's head; null where they are none. */
export function readAnchors(found: unknown): Anchors | null {
  const head = object(found)
  if (head === null) return null
  try {
    const roots = [list(head['ca_roots']), list(head['tsa_roots'])].map((ders) => ders.map((der) => fromBase64(String(der))))
    const logKey = fromBase64(String(head['log_key']))
    if (typeof head['origin'] !== 'string' || typeof head['mode'] !== 'string' || logKey.length !== 32) return null
    const shown = Object.fromEntries(ANCHORS.map((key) => [key, head[key] as Json]))
    return { origin: head['origin'], mode: head['mode'], logKey, caRoots: roots[0] as Bytes[], tsaRoots: roots[1] as Bytes[], shown }
  } catch {
    return null
  }
}

/**
 * Read a bundle. trust: the anchors published with the tender, null for the bundle's own. progress: told bytes read and in all.
 * Throws NotABundle.
 */
export async function readStory(file: Blob, trust: Anchors | null, progress: (read: number, all: number) => void): Promise<Story> {
  const members = await readZip(file)
  const story = await opened(members, trust)
  await digests(story, progress)
  if (trust !== null)
    for (const key of ANCHORS) if (same(story.head[key], trust.shown[key])) continue
      else story.faults.push({ where: `bundle.json: ${key}`, code: 'other_anchors' })
  for (const name of story.under('certificates')) {
    const der = await story.bytes(name)
    if (name !== `certificates/${sha256hex(der)}.der`) story.faults.push({ where: name, code: 'altered' })
    story.certificates.set(sha256hex(der), der)
  }
  await readLines(story)
  if (story.first('OpeningScheduled') === undefined) throw new NotABundle('no_opening')
  await readCheckpoints(story)
  checkWhose(story)
  await checkChains(story)
  return story
}

async function opened(members: Map<string, Member>, trust: Anchors | null): Promise<Story> {
  const head = object(parsed(new Uint8Array((await members.get('bundle.json')?.blob.arrayBuffer()) ?? new ArrayBuffer(0))))
  if (head?.['v'] !== 1) throw new NotABundle('head')
  const entitlement = head['entitlement'] ?? 'regulator'
  const holder = head['holder'] ?? ''
  if (entitlement !== 'regulator' && entitlement !== 'bidder' && entitlement !== 'public') throw new NotABundle('entitlement')
  const more = entitlement === 'bidder' ? ['entitlement', 'holder'] : ['entitlement']
  const known = Object.keys(head).every((key) => HEAD.includes(key) || more.includes(key))
  if (!known || typeof holder !== 'string' || (holder !== '') !== (entitlement === 'bidder')) throw new NotABundle('head')
  const anchors = trust ?? readAnchors(head)
  if (anchors === null) throw new NotABundle('anchors')
  return new Story(members, head, entitlement, holder, anchors)
}

/** Every member has the digest that the head names, and no other member is there. */
async function digests(story: Story, progress: (read: number, all: number) => void): Promise<void> {
  const listed = new Map(list(story.head['members']).map((item) => [String(object(item)?.['path']), object(item)]))
  const all = [...story.members.values()].reduce((sum, member) => sum + member.size, 0)
  let read = 0
  for (const [name, member] of story.members) {
    if (name === 'bundle.json') continue
    const digest = await digestOf(member.blob, (bytes) => {
      progress((read += bytes), all)
    })
    story.digests.set(name, digest)
    const named = listed.get(name)
    if (named?.['sha256'] !== digest || named['size'] !== member.blob.size) story.faults.push({ where: name, code: 'altered' })
  }
  for (const name of listed.keys()) if (!story.members.has(name)) story.faults.push({ where: name, code: 'missing' })
}

async function readLines(story: Story): Promise<void> {
  const leaves = new Set<string>()
  const last = new Map<string, { seq: number; leaf: string }>()
  const lines = split(await story.bytes('journal.jsonl'))
  if (lines === null) story.faults.push({ where: 'journal.jsonl', code: 'torn' })
  for (const [index, line] of (lines ?? []).entries()) {
    const place = `journal.jsonl ${String(index + 1)}`
    const found = readLine(line)
    if (found === null) story.faults.push({ where: place, code: 'no_row' })
    const { leaf, row } = found ?? { leaf: sha256(Uint8Array.of(0), line), row: null }
    story.tree.append(leaf)
    if (row === null) story.withheld += found === null ? 0 : 1
    else if (!isOf(String(row['stream']), story.head)) story.faults.push({ where: place, code: 'other_stream' })
    else {
      const stream = String(row['stream'])
      if (!follows(row, last.get(stream), leaves, story.whole)) story.faults.push({ where: place, code: 'no_link' })
      last.set(stream, { seq: Number(row['seq']), leaf: hex(leaf) })
      story.rows.push(await told(story, index, row))
    }
    leaves.add(hex(leaf))
  }
  if (story.whole && story.withheld > 0) story.faults.push({ where: 'journal.jsonl', code: 'withheld' })
}

/** Whether a stream is of the bundle's opening, or one that its tender has, whatever a tender will have one day. */
function isOf(stream: string, head: Body): boolean {
  const [, domain, whose] = /^([a-z]+)\/(.*)$/.exec(stream) ?? []
  return domain !== undefined && whose === head[domain === 'opening' || domain === 'keeping' ? 'opening' : 'tender']
}

function follows(row: Body, last: { seq: number; leaf: string } | undefined, leaves: ReadonlySet<string>, whole: boolean): boolean {
  const [seq, prev] = [Number(row['seq']), String(row['prev'])]
  const before = last ?? { seq: 0, leaf: '0'.repeat(64) }
  if (seq === before.seq + 1) return prev === before.leaf
  return !whole && seq > before.seq + 1 && leaves.has(prev)
}

function readLine(line: Bytes): { leaf: Bytes; row: Body | null } | null {
  const found = object(parsed(line))
  if (found === null) return null
  const keys = Object.keys(found).sort().join()
  if (keys === 'leaf') return /^[0-9a-f]{64}$/.test(String(found['leaf'])) ? { leaf: fromHex(String(found['leaf'])), row: null } : null
  const row = object(found['row'])
  if (keys !== 'row,salt' || row === null || !/^[0-9a-f]{32}$/.test(String(found['salt']))) return null
  const names = Object.entries(ROW_TYPES)
  if (Object.keys(row).length !== names.length || !names.every(([key, kind]) => typeof row[key] === kind)) return null
  if (object(row['body']) === null) return null
  return { leaf: sha256(Uint8Array.of(0), fromHex(String(found['salt'])), utf8(canonical(row))), row }
}

async function told(story: Story, index: number, row: Body): Promise<Row> {
  const body = row['body'] as Body
  const act = object(body['act']) as unknown as StoredAct | null
  const actor = String(row['actor'])
  return {
    index,
    stream: String(row['stream']),
    seq: Number(row['seq']),
    at: Number(row['received_at']),
    actor,
    kind: String(row['kind']),
    body,
    act,
    holds: act === null ? null : await holds(story, act, actor, `journal.jsonl ${String(index + 1)} (${String(row['kind'])})`),
  }
}

async function holds(story: Story, act: StoredAct, actor: string, place: string): Promise<boolean | null> {
  const { tree } = story
  if (act.tree_size !== 0 && (act.tree_size >= tree.size || tree.root(act.tree_size) !== act.tree_root)) story.unsigned.push({ where: place, code: 'other_history' })
  const der = story.certificates.get(act.certificate)
  if (der === undefined) {
    if (!story.whole && actor.startsWith('bidder:') && actor !== `bidder:${story.holder}`) return null
    story.unsigned.push({ where: place, code: 'no_certificate' })
    return false
  }
  const { body, ...rest } = act
  let good = body === null || sha256hex(utf8(body)) === act.body_digest
  try {
    good = good && (await verifyAct(rest, der))
  } catch {
    good = false // also a key of a kind that no act is signed with
  }
  if (!good) story.unsigned.push({ where: place, code: 'bad_signature' })
  return good
}

async function readCheckpoints(story: Story): Promise<void> {
  const { anchors } = story
  const tender = String(story.head['tender'])
  const origin = anchors.mode === 'rehearsal' ? `${anchors.origin}/rehearsal/${tender}` : `${anchors.origin}/${tender}`
  let [sizeBefore, atBefore] = [0, 0]
  for (const [index, line] of (split(await story.bytes('checkpoints.jsonl')) ?? []).entries()) {
    const place = `checkpoints.jsonl ${String(index + 1)}`
    const found = object(parsed(line))
    const at = found?.['at']
    const shaped = found !== null && Object.keys(found).length === 2 && typeof found['note'] === 'string' && typeof at === 'number'
    const signed = shaped ? await readNote(String(found['note']), origin, anchors.logKey) : null
    if (signed === null || signed.extensions[0] !== `at ${String(at)}`) {
      story.faults.push({ where: place, code: 'no_checkpoint' })
      continue
    }
    const note = String(found?.['note'])
    const text = note.slice(0, note.lastIndexOf('\n\n') + 1)
    story.marks.set(sha256hex(utf8(text)), { text, size: signed.size, extensions: signed.extensions, at: Number(at) })
    if (story.tree.root(signed.size) !== signed.root) story.faults.push({ where: place, code: 'other_root' })
    if (signed.size < sizeBefore || Number(at) < atBefore) story.faults.push({ where: place, code: 'goes_back' })
    ;[sizeBefore, atBefore] = [signed.size, Number(at)]
    story.checkpoints += 1
  }
  if (sizeBefore !== story.tree.size) story.faults.push({ where: 'journal.jsonl', code: 'no_last_checkpoint' })
}

function checkWhose(story: Story): void {
  for (const key of ['tender', 'opening', 'origin', 'mode']) {
    if (story.plan[key] !== story.head[key]) story.faults.push({ where: `bundle.json: ${key}`, code: 'other_opening' })
  }
  const holder = `bidder:${story.holder}`
  if (story.holder !== '' && !story.rows.some((row) => row.actor === holder)) story.faults.push({ where: 'bundle.json: holder', code: 'nobody' })
}

async function checkChains(story: Story): Promise<void> {
  const chains = new Chains(story.anchors.caRoots, story.certificates.values())
  const seen = new Map<string, number>()
  for (const row of story.rows) {
    const digest = row.act !== null && row.holds !== null ? row.act.certificate : row.kind === 'RecordSigned' ? String(row.body['certificate']) : null
    if (digest !== null && !seen.has(digest)) seen.set(digest, row.at)
  }
  for (const [digest, at] of seen) {
    const der = story.certificates.get(digest)
    if (der === undefined || (await chains.leadsToRoot(der, at))) continue
    story.unsigned.push({ where: `certificates/${digest.slice(0, 16)}…`, code: 'no_chain' })
  }
}

/** Canonical JSON, or undefined. */
export function parsed(data: Bytes): Json | undefined {
  try {
    const text = fromUtf8(data)
    const value = JSON.parse(text) as Json
    return canonical(value) === text ? value : undefined
  } catch {
    return undefined
  }
}

export function object(value: unknown): Body | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Body) : null
}

export function list(value: unknown): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : []
}

export function same(a: Json | undefined, b: Json | undefined): boolean {
  return a !== undefined && b !== undefined && canonical(a) === canonical(b)
}

/** The lines of a JSONL member; null where the last one is torn. */
export function split(data: Bytes): Bytes[] | null {
  const lines: Bytes[] = []
  let start = 0
  for (let end = data.indexOf(10); end >= 0; end = data.indexOf(10, start)) {
    lines.push(data.slice(start, end))
    start = end + 1
  }
  return start === data.length && data.length > 0 ? lines : null
}
