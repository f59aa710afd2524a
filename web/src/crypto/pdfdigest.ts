/** The digest of what a PDF signature covers, computed here and compared: a prepared record is never signed on the hall's word alone. */
import { Failure } from '@/failure'
import { type Bytes, concat, hex, sha256 } from './bytes'

/** Throws Failure('malformed_pdf') or Failure('digest_not_confirmed'). `attributes`: the CMS attributes that are about to be signed. */
export async function checkPreparedRecord(pdf: Bytes, digest: string, attributes: Bytes): Promise<void> {
  const [first, gap] = byteRange(pdf)
  const computed = await sha256(concat(pdf.subarray(0, first), pdf.subarray(gap)))
  if (hex(computed) !== digest || !hex(attributes).includes(`0420${digest}`)) throw new Failure('digest_not_confirmed')
}

// The last ByteRange belongs to the signature in preparation: it starts at the first byte and ends at the last.
function byteRange(pdf: Bytes): [number, number] {
  const text = new TextDecoder('latin1').decode(pdf)
  const found = [...text.matchAll(/\/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*\]/g)].map((match) => match.slice(1).map(Number))
  const [start, length, gap, rest] = found.find((range) => (range[2] ?? 0) + (range[3] ?? 0) === pdf.length) ?? []
  if (start !== 0 || length === undefined || gap === undefined || rest === undefined || gap <= length) throw new Failure('malformed_pdf')
  return [length, gap]
}
