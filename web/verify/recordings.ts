/** Recordings equal their heads: every stored byte under its index, every index under each journalled head. */
import { type Bytes, fromUtf8, hex, utf8 } from '@/crypto/bytes'
import { canonical } from '@/crypto/canonical'
import { sha256hex } from './digest'
import { type Body, type Fault, type Story, list, object, parsed } from './story'

const INDEX = '.index.jsonl'
const MEDIA = ['.mp4', '.webm', '.mjpeg', '.bin']
const CAUSES = ['start', 'reconnect', 'parameters', 'clock_advanced', 'timestamps', 'disk_refused']
const SCHEMES = ['none', 'aes-256-ctr']
const COMMON = { kind: 'string', chain: 'string' }
const BYTES = { offset: 'number', length: 'number', utc: 'number', stored: 'string', plain: 'string' }
const SHAPES: Record<string, Record<string, string>> = {
  init: { ...COMMON, ...BYTES, v: 'number', opening: 'string', participant: 'string', epoch: 'number', file: 'string', mime: 'string', codec: 'string', width: 'number', height: 'number', cause: 'string', scheme: 'string' },
  fragment: { ...COMMON, ...BYTES, n: 'number', duration: 'number', keyframe: 'boolean', video: 'number', audio: 'number' },
  end: { ...COMMON, utc: 'number', cause: 'string', fragments: 'number' },
}

/** What an index says: chains[n] stands behind n fragments, `end` behind the end line. */
interface Index {
  readonly faults: string[]
  init: Body | null
  chains: string[]
  end: string | null
}

export async function recordings(story: Story): Promise<Fault[] | null> {
  const names = story.under('recordings')
  if (names.length === 0) return null
  const erased = story.first('RecordingsErased') !== undefined
  const faults: Fault[] = []
  const files = new Map<string, Index>()
  for (const name of names) {
    const stem = name.endsWith(INDEX) ? name.slice(0, -INDEX.length) : name.slice(0, name.lastIndexOf('.'))
    if (!name.endsWith(INDEX)) {
      if (!story.members.has(stem + INDEX)) faults.push({ where: name, code: 'no_index' })
      continue
    }
    const own = MEDIA.map((suffix) => stem + suffix).filter((one) => story.members.has(one))
    const media = own.length === 1 ? (story.members.get(own[0] as string)?.blob ?? null) : null
    const found = await readIndex(await story.bytes(name), media ?? new Blob([]), erased && own.length === 0)
    faults.push(...found.faults.map((code) => ({ where: name, code })))
    const file = String(found.init?.['file'])
    const path = `recordings/${String(found.init?.['participant'])}/${file}`
    if (found.init === null || path.slice(0, path.lastIndexOf('.')) !== stem) faults.push({ where: name, code: 'other_recording' })
    else files.set(`${String(found.init['participant'])}/${file}`, found)
  }
  return [...faults, ...heads(story, files)]
}

function heads(story: Story, files: ReadonlyMap<string, Index>): Fault[] {
  const faults: Fault[] = []
  const seen = new Set([...files.keys()].map((key) => key.slice(0, key.indexOf('/'))))
  const mine = (head: Body): boolean => story.whole || seen.has(String(head['participant']))
  const told = (row: { body: Body }): Body[] => list(row.body['heads']).map((head) => object(head) ?? {}).filter(mine)
  for (const row of story.of('RecordingHeads')) {
    for (const head of told(row)) {
      const key = `${String(head['participant'])}/${String(head['file'])}`
      if (!stands(files.get(key), Number(head['fragments']), String(head['chain']))) faults.push({ where: key, code: 'other_head' })
    }
  }
  const final = story.first('RecordingHeads', { final: true })
  const last = new Map((final === undefined ? [] : told(final)).map((head) => [`${String(head['participant'])}/${String(head['file'])}`, head['fragments']]))
  const same = last.size === files.size && [...files].every(([key, found]) => last.get(key) === found.chains.length - 1)
  return same ? faults : [...faults, { where: 'recordings/', code: 'other_files' }]
}

function stands(found: Index | undefined, fragments: number, chain: string): boolean {
  if (found === undefined || fragments < 0 || fragments >= found.chains.length) return false
  return chain === found.chains[fragments] || (chain === found.end && fragments === found.chains.length - 1)
}

/** Hold a media file against its index. gone: it was erased in its time. */
async function readIndex(index: Bytes, media: Blob, gone: boolean): Promise<Index> {
  const found: Index = { faults: [], init: null, chains: [], end: null }
  let [chain, offset, until] = ['0'.repeat(64), 0, 0]
  let text: string
  try {
    text = fromUtf8(index)
  } catch {
    text = ''
  }
  const lines = text.split('\n')
  if (lines.pop() !== '' || lines.length === 0) found.faults.push('torn')
  for (const [place, raw] of lines.entries()) {
    const line = shaped(raw)
    if (line === null) {
      found.faults.push('no_index_line')
      continue
    }
    const { chain: given, ...bare } = line
    const own = String(given)
    if (sha256hex(utf8(chain), utf8(canonical(bare))) !== own || found.end !== null) found.faults.push('broken_chain')
    chain = own
    const [kind, utc] = [String(line['kind']), Number(line['utc'])]
    if ((kind === 'init') !== (place === 0)) found.faults.push('broken_chain')
    if (kind === 'end') {
      found.end = chain
      if (line['fragments'] !== found.chains.length - 1 || utc < until) found.faults.push('broken_chain')
      continue
    }
    if (kind === 'init' && (line['v'] !== 1 || !CAUSES.includes(String(line['cause'])) || !SCHEMES.includes(String(line['scheme'])))) found.faults.push('no_index_line')
    if (kind === 'init') found.init = line
    else if (line['n'] !== found.chains.length || utc < until) found.faults.push('broken_chain')
    found.chains.push(chain)
    until = kind === 'init' ? utc : utc + Number(line['duration'])
    if (line['offset'] !== offset) found.faults.push('broken_chain')
    offset = Number(line['offset']) + Number(line['length'])
    if (!gone && !(await stored(line, media, found.init))) found.faults.push('other_bytes')
  }
  if (offset < media.size) found.faults.push('other_bytes')
  return found
}

async function stored(line: Body, media: Blob, init: Body | null): Promise<boolean> {
  const [start, length] = [Number(line['offset']), Number(line['length'])]
  if (start + length > media.size) return false
  const bytes = await media.slice(start, start + length).arrayBuffer()
  const digest = hex(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)))
  return digest === line['stored'] && (init?.['scheme'] !== 'none' || line['plain'] === line['stored'])
}

function shaped(raw: string): Body | null {
  const line = object(parsed(utf8(raw)))
  const shape = SHAPES[String(line?.['kind'])]
  if (line === null || shape === undefined || Object.keys(line).length !== Object.keys(shape).length) return null
  if (!Object.entries(shape).every(([key, kind]) => typeof line[key] === kind)) return null
  return Object.values(line).every((value) => typeof value !== 'number' || value >= 0) ? line : null
}
