/**
 * A PDF on disk, read by slices: its cross-reference sections (tables or streams), and single objects by their number. Never
 * the whole file, so its size does not matter. What is odd is refused, never repaired: two readers might repair it differently.
 */
import { Failure } from '@/failure'
import { type Bytes, blobBytes } from './bytes'
import { inflate, unpredict } from './pdfstream'
import { type Dict, type Ref, Scanner, Truncated, type Value, badPdf, binary, dict, natural } from './pdfsyntax'

/** Where an object lies: at a place of the file, or inside an object stream. */
type Place = { readonly offset: number; readonly generation: number } | { readonly stream: number; readonly index: number } | 'free'

interface Section {
  readonly trailer: Dict
  /** One more than the highest number it speaks of. */
  readonly end: number
  find(number: number): Place | undefined
}

const TAIL = 2048
const WINDOW = 8 * 1024
const MOST_WINDOW = 16 * 1024 * 1024
const MOST_SECTIONS = 1024
const MOST_ENTRIES = 4_000_000
const MOST_STREAM = 64 * 1024 * 1024

export class PdfFile {
  private readonly sections: Section[] = []
  private readonly streams = new Map<number, { text: string; numbers: number[]; offsets: number[] }>()
  /** Whether the newest section is a stream; what is appended must be of the same kind. */
  kind: 'table' | 'stream' = 'table'
  startxref = 0
  private newest: Dict = dict([])

  private constructor(readonly blob: Blob) {}

  /** Throws Failure: not_a_pdf, pdf_encrypted, pdf_not_signable(reason). */
  static async open(blob: Blob): Promise<PdfFile> {
    const file = new PdfFile(blob)
    if (!binary(await file.bytes(0, 8)).startsWith('%PDF-')) throw new Failure('not_a_pdf')
    await file.readSections()
    if (file.trailer.entries.has('Encrypt')) throw new Failure('pdf_encrypted')
    return file
  }

  /** The newest one. */
  get trailer(): Dict {
    return this.newest
  }

  /** The first number that no object has had yet. */
  get size(): number {
    return Math.max(...this.sections.map(({ end, trailer }) => Math.max(end, natural(trailer.entries.get('Size')) ?? 0)))
  }

  /** Follow a reference to what it stands for; what is no reference is given back. A missing object is null, as PDF has it. */
  async resolve(value: Value | undefined): Promise<Value | null> {
    let found: Value | null = value ?? null
    for (let steps = 0; found?.kind === 'ref'; steps++) {
      if (steps > 8) throw badPdf('reference_loop')
      found = await this.object(found)
    }
    return found?.kind === 'atom' && found.text === 'null' ? null : found
  }

  async dict(value: Value | undefined, what: string): Promise<Dict> {
    const found = await this.resolve(value)
    if (found?.kind !== 'dict') throw badPdf(what)
    return found
  }

  private async object({ number, generation }: Ref): Promise<Value | null> {
    const place = this.sections.map((section) => section.find(number)).find((found) => found !== undefined)
    if (place === undefined || place === 'free') return null
    if ('offset' in place) return place.generation === generation ? (await this.at(place.offset, { kind: 'ref', number, generation })).value : null
    return this.packed(place.stream, place.index, number)
  }

  /** The object written at `offset`; `after` is where its value ended. */
  private async at(offset: number, expected: Ref | null): Promise<{ value: Value; after: number; number: number }> {
    return this.scan(offset, (scanner) => {
      const number = scanner.integer()
      const generation = scanner.integer()
      scanner.keyword('obj')
      if (expected !== null && (number !== expected.number || generation !== expected.generation)) throw badPdf('xref')
      const value = scanner.value()
      return { value, after: offset + scanner.at, number }
    })
  }

  private async packed(stream: number, index: number, number: number): Promise<Value> {
    const { text, numbers, offsets } = this.streams.get(stream) ?? (await this.openPacked(stream))
    const offset = offsets[index]
    if (numbers[index] !== number || offset === undefined) throw badPdf('object_stream')
    try {
      return new Scanner(`${text} `, offset).value()
    } catch (thrown) {
      throw thrown instanceof Truncated ? badPdf('object_stream') : thrown
    }
  }

  private async openPacked(stream: number): Promise<{ text: string; numbers: number[]; offsets: number[] }> {
    const place = this.sections.map((section) => section.find(stream)).find((found) => found !== undefined)
    if (place === undefined || place === 'free' || !('offset' in place)) throw badPdf('object_stream')
    const { value, after } = await this.at(place.offset, { kind: 'ref', number: stream, generation: place.generation })
    if (value.kind !== 'dict') throw badPdf('object_stream')
    const count = natural(value.entries.get('N'))
    const first = natural(value.entries.get('First'))
    if (count === null || first === null || count > MOST_ENTRIES) throw badPdf('object_stream')
    const text = binary(await this.streamData(value, after))
    const head = new Scanner(`${text.slice(0, first)} `)
    const numbers: number[] = []
    const offsets: number[] = []
    for (let index = 0; index < count; index++) {
      numbers.push(head.integer())
      offsets.push(first + head.integer())
    }
    const opened = { text, numbers, offsets }
    this.streams.set(stream, opened)
    return opened
  }

  private async streamData(head: Dict, after: number): Promise<Bytes> {
    const length = natural((await this.resolve(head.entries.get('Length'))) ?? undefined)
    if (length === null || length > MOST_STREAM) throw badPdf('stream_length')
    const start = await this.scan(after, (scanner) => {
      scanner.keyword('stream')
      if (scanner.text.length - scanner.at < 2) throw new Truncated()
      if (scanner.take(/\r?\n/) === null) throw badPdf('stream')
      return after + scanner.at
    })
    const raw = await this.bytes(start, length)
    if (raw.length !== length) throw badPdf('stream_length')
    const filter = await this.resolve(head.entries.get('Filter'))
    const only = filter?.kind === 'list' && filter.items.length === 1 ? filter.items[0] : filter
    if (only === null || only === undefined) return raw
    if (only.kind !== 'name' || only.name !== 'FlateDecode') throw badPdf('stream_filter')
    const given = await this.resolve(head.entries.get('DecodeParms'))
    const parameters = given?.kind === 'list' ? await this.resolve(given.items[0]) : given
    const data = await inflate(raw, MOST_STREAM)
    if (parameters?.kind !== 'dict') return data
    return unpredict(data, natural(parameters.entries.get('Predictor')) ?? 1, natural(parameters.entries.get('Columns')) ?? 1)
  }

  private async readSections(): Promise<void> {
    const tail = binary(await this.bytes(Math.max(0, this.blob.size - TAIL), TAIL))
    const marks = [...tail.matchAll(/startxref[\0\t\n\f\r ]+([0-9]{1,15})[\0\t\n\f\r ]+%%EOF/g)]
    const newest = marks[marks.length - 1]
    if (newest === undefined) throw badPdf('no_end')
    this.startxref = Number(newest[1])
    const seen = new Set<number>()
    let next: number | null = this.startxref
    while (next !== null) {
      if (seen.has(next) || seen.size >= MOST_SECTIONS) throw badPdf('xref_loop')
      seen.add(next)
      const { section, kind }: { section: Section; kind: 'table' | 'stream' } = await this.section(next)
      if (seen.size === 1) {
        this.kind = kind
        this.newest = section.trailer
      }
      const { entries } = section.trailer
      // A hybrid file hides some objects from old readers, so it has two readings; pyHanko accepts no signature in one either.
      if (entries.has('XRefStm')) throw badPdf('hybrid')
      this.sections.push(section)
      next = offsetOf(entries.get('Prev'))
    }
  }

  private async section(offset: number): Promise<{ section: Section; kind: 'table' | 'stream' }> {
    const isTable = await this.scan(offset, (scanner) => {
      scanner.space()
      if (scanner.text.length - scanner.at < 4) throw new Truncated()
      return scanner.text.startsWith('xref', scanner.at)
    })
    return isTable ? { section: await this.table(offset), kind: 'table' } : { section: await this.stream(offset), kind: 'stream' }
  }

  private async table(offset: number): Promise<Section> {
    const parts: { first: number; lines: string }[] = []
    let at = await this.scan(offset, (scanner) => {
      scanner.keyword('xref')
      return offset + scanner.at
    })
    for (;;) {
      const begun = await this.scan(at, (scanner) => {
        scanner.space()
        if (scanner.text.length - scanner.at < 7) throw new Truncated()
        if (scanner.text.startsWith('trailer', scanner.at)) return null
        const first = scanner.integer()
        const count = scanner.integer()
        if (scanner.take(/ *(?:\r\n|\r|\n)/) === null) throw badPdf('xref')
        return { first, count, start: at + scanner.at }
      })
      if (begun === null) break
      const { first, count, start } = begun
      if (count > MOST_ENTRIES) throw badPdf('xref')
      const lines = binary(await this.bytes(start, 20 * count))
      if (lines.length !== 20 * count || !/^(?:[0-9]{10} [0-9]{5} [fn](?: \r| \n|\r\n))*$/.test(lines)) throw badPdf('xref')
      parts.push({ first, lines })
      at = start + lines.length
    }
    const trailer = await this.scan(at, (scanner) => {
      scanner.keyword('trailer')
      return scanner.value()
    })
    if (trailer.kind !== 'dict') throw badPdf('trailer')
    return {
      trailer,
      end: Math.max(0, ...parts.map(({ first, lines }) => first + lines.length / 20)),
      find(number) {
        const part = parts.find(({ first, lines }) => number >= first && number < first + lines.length / 20)
        if (part === undefined) return undefined
        const line = part.lines.slice(20 * (number - part.first), 20 * (number - part.first) + 18)
        return line.endsWith('n') ? { offset: Number(line.slice(0, 10)), generation: Number(line.slice(11, 16)) } : 'free'
      },
    }
  }

  private async stream(offset: number): Promise<Section> {
    const { value: head, after } = await this.at(offset, null)
    const type = head.kind === 'dict' ? head.entries.get('Type') : undefined
    if (head.kind !== 'dict' || type?.kind !== 'name' || type.name !== 'XRef') throw badPdf('xref')
    const numbers = (key: string): number[] | null => {
      const list = head.entries.get(key)
      if (list?.kind !== 'list') return null
      const found = list.items.map(natural)
      return found.every((one) => one !== null) ? (found as number[]) : null
    }
    const widths = numbers('W')
    const index = numbers('Index') ?? [0, natural(head.entries.get('Size')) ?? 0]
    if (widths?.length !== 3 || widths.some((width) => width > 8) || index.length % 2 !== 0) throw badPdf('xref')
    const data = await this.streamData(head, after)
    const width = widths.reduce((sum, one) => sum + one)
    const parts: { first: number; count: number; at: number }[] = []
    let at = 0
    for (let each = 0; each < index.length; each += 2) {
      const [first = 0, count = 0] = index.slice(each)
      parts.push({ first, count, at })
      at += count * width
    }
    if (width === 0 || data.length < at) throw badPdf('xref')
    return {
      trailer: head,
      end: Math.max(0, ...parts.map(({ first, count }) => first + count)),
      find(number) {
        const part = parts.find(({ first, count }) => number >= first && number < first + count)
        return part === undefined ? undefined : placeIn(data, part.at + (number - part.first) * width, widths)
      },
    }
  }

  /** Read something at `offset` from a window that grows until it is whole. */
  private async scan<T>(offset: number, read: (scanner: Scanner) => T): Promise<T> {
    if (offset < 0 || offset >= this.blob.size) throw badPdf('xref')
    for (let window = WINDOW; ; window *= 4) {
      const data = await this.bytes(offset, window)
      const scanner = new Scanner(binary(data))
      const whole = offset + data.length >= this.blob.size
      try {
        const found = read(scanner)
        if (whole || !scanner.needMore) return found
      } catch (thrown) {
        if (!(thrown instanceof Truncated)) throw thrown
        if (whole) throw badPdf('cut_off')
      }
      if (window >= MOST_WINDOW) throw badPdf('object_too_large')
    }
  }

  private bytes(start: number, length: number): Promise<Bytes> {
    return blobBytes(this.blob.slice(start, Math.min(this.blob.size, start + length)))
  }
}

function offsetOf(value: Value | undefined): number | null {
  if (value === undefined) return null
  const offset = natural(value)
  if (offset === null) throw badPdf('xref')
  return offset
}

function placeIn(data: Bytes, at: number, widths: readonly number[]): Place {
  const fields: number[] = []
  let from = at
  for (const width of widths) {
    fields.push(data.subarray(from, from + width).reduce((sum, byte) => sum * 256 + byte, 0))
    from += width
  }
  const [type = 0, second = 0, third = 0] = fields
  const kind = widths[0] === 0 ? 1 : type
  if (kind === 1) return { offset: second, generation: third }
  return kind === 2 ? { stream: second, index: third } : 'free'
}
