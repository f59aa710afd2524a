/**
 * The bidder's own signature inside its bid's PDF (PAdES-B-B), made where the key is: one revision more at the end of the file, which
 * is read by slices and hashed as it streams by, so that it never lies in memory as a whole. The twin of the hall's `bid_pdf.py`.
 *
 * What stands in the file already, signatures of others among it, stays as it is, byte for byte.
 */
import { createCRC32, createSHA256 } from 'hash-wasm'
import { Failure } from '@/failure'
import { type Bytes, blobBytes, fromHex, hex, utf8 } from './bytes'
import { signDigest } from './cms'
import { type Identity } from './identity'
import { PdfFile } from './pdffile'
import { type Dict, type Ref, type Value, atom, badPdf, bytesOfBinary, dict, name, natural, withEntries, write } from './pdfsyntax'

/** A signed PDF: the file as it was and what was added; its digest and checksum, known without reading it again. */
export interface SignedPdf {
  readonly blob: Blob
  /** SHA-256, hex. */
  readonly sha256: string
  readonly crc: number
}

const FIELD = 'BidSignature'
const CHUNK = 4 * 1024 * 1024
const MOST_KIDS = 64
/** Room for what CMS adds around the certificates: attributes, signature value, structure. */
const CMS_ROOM = 4096
const DIGITS = 10

/**
 * Sign with one more revision. `title` is the file's name, as a token's dialogue shows it; `at` is the signer's own statement of time, ms UTC; no service is asked for one, as that would tell
 * who bids. With an SM2 key the file stays as it is: such a signature would be none that PDF readers know, and the signed summary names
 * the file's digest. Throws Failure: not_a_pdf, pdf_encrypted, pdf_locked (a certification that forbids changes), pdf_not_signable(reason).
 */
export async function signBidPdf(
  pdf: Blob,
  title: string,
  identity: Identity,
  at: number,
  progress: (fraction: number) => void = () => undefined,
): Promise<SignedPdf> {
  const file = await PdfFile.open(pdf)
  const update = identity.info.kind === 'sm2' ? null : layOut(await revise(file, identity, at), pdf.size)
  const sha256 = await createSHA256()
  const crc = await createCRC32()
  for (let from = 0; from < pdf.size; from += CHUNK) {
    const data = await blobBytes(pdf.slice(from, from + CHUNK))
    sha256.update(data)
    crc.update(data)
    progress(Math.min(1, (from + data.length) / pdf.size))
  }
  if (update === null) return { blob: pdf, sha256: sha256.digest('hex'), crc: parseInt(crc.digest('hex'), 16) }
  // The same bytes begin the whole file and what is signed of it: hashed once, gone on with twice.
  const state = sha256.save()
  const covered = sha256.update(update.bytes.subarray(0, update.gap.start)).update(update.bytes.subarray(update.gap.end)).digest('hex')
  const signature = await signDigest(identity, fromHex(covered), null, { kind: 'pdf', name: title })
  const digits = utf8(hex(signature))
  if (digits.length > update.gap.end - update.gap.start - 2) throw badPdf('signature_too_long')
  update.bytes.set(digits, update.gap.start + 1)
  sha256.load(state)
  return {
    blob: new Blob([pdf, update.bytes], { type: 'application/pdf' }),
    sha256: sha256.update(update.bytes).digest('hex'),
    crc: parseInt(crc.update(update.bytes).digest('hex'), 16),
  }
}

interface Revision {
  /** New and rewritten objects, in the order of their numbers. */
  readonly objects: readonly { readonly ref: Ref; readonly text: string }[]
  readonly trailer: Dict
  readonly kind: 'table' | 'stream'
}

/** The objects of the new revision; places and digests are still empty. */
async function revise(file: PdfFile, identity: Identity, at: number): Promise<Revision> {
  const { trailer } = file
  const rootRef = trailer.entries.get('Root')
  if (rootRef?.kind !== 'ref') throw badPdf('root')
  const root = await file.dict(rootRef, 'root')
  await demandOpen(file, root)
  const { ref: pageRef, page } = await firstPage(file, root)
  const size = file.size
  const signature: Ref = { kind: 'ref', number: size, generation: 0 }
  const field: Ref = { kind: 'ref', number: size + 1, generation: 0 }
  const formValue = root.entries.get('AcroForm')
  const form = formValue === undefined ? dict([]) : await file.dict(formValue, 'form')
  const fields = await listOf(file, form.entries.get('Fields'))
  const annotations = await listOf(file, page.entries.get('Annots'))
  const newForm = withEntries(form, [
    ['Fields', { kind: 'list', items: [...fields, field] }],
    ['SigFlags', atom(3)],
  ])
  const widget = dict([
    ['Type', name('Annot')],
    ['Subtype', name('Widget')],
    ['FT', name('Sig')],
    ['T', text(await freeName(file, fields))],
    ['V', signature],
    ['P', pageRef],
    ['Rect', { kind: 'list', items: ['0', '0', '0', '0'].map(atom) }],
    ['F', atom(130)], // hidden and locked, as who signs a file of its own needs no picture of it
  ])
  const objects = [
    { ref: signature, text: signatureText(identity, at) },
    { ref: field, text: write(widget) },
    { ref: pageRef, text: write(withEntries(page, [['Annots', { kind: 'list', items: [...annotations, field] }]])) },
    formValue?.kind === 'ref' ? { ref: formValue, text: write(newForm) } : { ref: rootRef, text: write(withEntries(root, [['AcroForm', newForm]])) },
  ]
  if (new Set(objects.map(({ ref }) => ref.number)).size !== objects.length) throw badPdf('objects_shared')
  const kept = ['Root', 'Info', 'ID'].flatMap((key) => {
    const value = trailer.entries.get(key)
    return value === undefined ? [] : [[key, value] as const]
  })
  const count = size + (file.kind === 'stream' ? 3 : 2)
  const newTrailer = dict([...kept, ['Size', atom(count)], ['Prev', atom(file.startxref)]])
  return { objects: objects.sort((a, b) => a.ref.number - b.ref.number), trailer: newTrailer, kind: file.kind }
}

/** A certification (DocMDP) of level 1 forbids every change, a further signature among them. */
async function demandOpen(file: PdfFile, root: Dict): Promise<void> {
  const permissions = await file.resolve(root.entries.get('Perms'))
  if (permissions?.kind !== 'dict' || !permissions.entries.has('DocMDP')) return
  const certification = await file.dict(permissions.entries.get('DocMDP'), 'certification')
  for (const item of await listOf(file, certification.entries.get('Reference'))) {
    const parameters = await file.resolve((await file.dict(item, 'certification')).entries.get('TransformParams'))
    if (parameters?.kind === 'dict' && natural((await file.resolve(parameters.entries.get('P'))) ?? undefined) === 1) throw new Failure('pdf_locked')
  }
}

async function firstPage(file: PdfFile, root: Dict): Promise<{ ref: Ref; page: Dict }> {
  let left = MOST_KIDS
  const search = async (value: Value | undefined, depth: number): Promise<{ ref: Ref; page: Dict } | null> => {
    if (value?.kind !== 'ref' || depth > MOST_KIDS || left-- <= 0) throw badPdf('pages')
    const node = await file.dict(value, 'pages')
    if (!node.entries.has('Kids')) return { ref: value, page: node }
    for (const kid of await listOf(file, node.entries.get('Kids'))) {
      const found = await search(kid, depth + 1)
      if (found !== null) return found
    }
    return null
  }
  const found = await search(root.entries.get('Pages'), 0)
  if (found === null) throw badPdf('pages')
  return found
}

async function listOf(file: PdfFile, value: Value | undefined): Promise<readonly Value[]> {
  const found = await file.resolve(value)
  if (found === null) return []
  if (found.kind !== 'list') throw badPdf('list')
  return found.items
}

/** A field's name that no other field has. */
async function freeName(file: PdfFile, fields: readonly Value[]): Promise<string> {
  const taken = new Set<string>()
  for (const field of fields) {
    const entries = (await file.resolve(field)) as Dict | null
    const title = entries?.kind === 'dict' ? await file.resolve(entries.entries.get('T')) : null
    if (title?.kind === 'atom') taken.add(title.text)
  }
  for (let number = 1; ; number++) {
    const candidate = number === 1 ? FIELD : `${FIELD}${number}`
    if (!taken.has(`(${candidate})`) && !taken.has(hexText(candidate))) return candidate
  }
}

function signatureText(identity: Identity, at: number): string {
  const certificates = [identity.certificate, ...identity.chain].reduce((sum, one) => sum + one.length, 0)
  const range = ['0', ...Array.from({ length: 3 }, () => ' '.repeat(DIGITS))].join(' ')
  return [
    '<</Type /Sig\n/Filter /Adobe.PPKLite\n/SubFilter /ETSI.CAdES.detached',
    `/Name ${hexText(identity.info.organisation || identity.info.name)}`,
    `/M (${pdfTime(at)})`,
    `/ByteRange [${range}]`,
    `/Contents <${'0'.repeat(2 * (certificates + CMS_ROOM))}>>>`,
  ].join('\n')
}

/** The bytes to be appended, with every place filled in but the signature's; `gap` is the signature's, within them. */
function layOut({ objects, trailer, kind }: Revision, before: number): { bytes: Bytes; gap: { start: number; end: number } } {
  let body = '\n'
  const places: { number: number; generation: number; offset: number }[] = []
  for (const { ref, text: value } of objects) {
    places.push({ number: ref.number, generation: ref.generation, offset: before + body.length })
    body += `${ref.number} ${ref.generation} obj\n${value}\nendobj\n`
  }
  const startxref = before + body.length
  body += kind === 'table' ? tableText(places, trailer) : streamText(places, trailer, startxref)
  body += `startxref\n${startxref}\n%%EOF\n`
  const start = body.indexOf('/Contents <') + '/Contents '.length
  const end = body.indexOf('>', start) + 1
  const range = body.indexOf('/ByteRange [0 ') + '/ByteRange [0 '.length
  const numbers = [before + start, before + end, body.length - end].map((number) => String(number).padEnd(DIGITS)).join(' ')
  return { bytes: bytesOfBinary(body.slice(0, range) + numbers + body.slice(range + numbers.length)), gap: { start, end } }
}

interface Entry {
  readonly number: number
  readonly generation: number
  readonly offset: number
}

function tableText(places: readonly Entry[], trailer: Dict): string {
  const digits = (value: number, length: number): string => String(value).padStart(length, '0')
  const lines = places.map(({ number, generation, offset }) => `${number} 1\n${digits(offset, 10)} ${digits(generation, 5)} n \n`)
  return `xref\n${lines.join('')}trailer\n${write(trailer)}\n`
}

/** A cross-reference stream without compression; it lists itself, too. */
function streamText(places: readonly Entry[], trailer: Dict, startxref: number): string {
  const number = (natural(trailer.entries.get('Size')) ?? 1) - 1
  const all = [...places, { number, generation: 0, offset: startxref }]
  const bytes = (value: number, length: number): string =>
    Array.from({ length }, (_, index) => String.fromCharCode(Math.floor(value / 256 ** (length - 1 - index)) % 256)).join('')
  const data = all.map((entry) => `\u0001${bytes(entry.offset, 8)}${bytes(entry.generation, 2)}`).join('')
  const index = all.flatMap((entry) => [atom(entry.number), atom(1)])
  const head = withEntries(trailer, [
    ['Type', name('XRef')],
    ['W', { kind: 'list', items: [1, 8, 2].map(atom) }],
    ['Index', { kind: 'list', items: index }],
    ['Length', atom(data.length)],
  ])
  return `${number} 0 obj\n${write(head)}\nstream\n${data}\nendstream\nendobj\n`
}

function text(value: string): Value {
  return atom(`(${value})`)
}

/** A text string in UTF-16BE with its mark, as hex: any name can be written so. */
function hexText(value: string): string {
  const units = Array.from({ length: value.length }, (_, index) => value.charCodeAt(index).toString(16).padStart(4, '0'))
  return `<feff${units.join('')}>`
}

function pdfTime(at: number): string {
  return `D:${new Date(at).toISOString().slice(0, 19).replace(/[-T:]/g, '')}+00'00'`
}
