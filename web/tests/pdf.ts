/** Small PDFs for the tests, written by hand: one page, a table of references, and as much ballast as a test wants. */
import { type Bytes, concat, utf8 } from '@/crypto/bytes'

export interface PdfOptions {
  /** Bytes of a stream that nothing refers to. */
  readonly ballast?: number
  /** What else stands in the catalogue, the page, the trailer. */
  readonly root?: string
  readonly page?: string
  readonly trailer?: string
  /** Objects from number 5 on. */
  readonly more?: readonly string[]
}

export function makePdf({ ballast = 100, root = '', page = '', trailer = '', more = [] }: PdfOptions = {}): Bytes {
  const objects = [
    `<</Type /Catalog /Pages 2 0 R ${root}>>`,
    '<</Type /Pages /Kids [3 0 R] /Count 1>>',
    `<</Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] ${page}>>`,
  ]
  const parts: Uint8Array[] = [utf8('%PDF-1.7\n')]
  const offsets: number[] = []
  let at = parts[0]?.length ?? 0
  const put = (data: Uint8Array): void => {
    parts.push(data)
    at += data.length
  }
  const object = (number: number, ...data: Uint8Array[]): void => {
    offsets.push(at)
    for (const part of [utf8(`${number} 0 obj\n`), ...data, utf8('\nendobj\n')]) put(part)
  }
  objects.forEach((body, index) => object(index + 1, utf8(body)))
  object(4, utf8(`<</Length ${ballast}>>\nstream\n`), new Uint8Array(ballast), utf8('\nendstream'))
  more.forEach((body, index) => object(index + 5, utf8(body)))
  const lines = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`)
  const start = at
  put(utf8(`xref\n0 ${lines.length + 1}\n0000000000 65535 f \n${lines.join('')}trailer\n<</Size ${lines.length + 1} /Root 1 0 R ${trailer}>>\nstartxref\n${start}\n%%EOF\n`))
  return concat(...parts)
}
