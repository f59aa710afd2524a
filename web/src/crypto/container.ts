/**
 * The plaintext of a bid: a ZIP of exactly three stored entries, bid.pdf, summary.json, summary.p7s, so plain that it has one
 * reading: no compression, comment, extra field or gap, local and central headers equal.
 */
import { createCRC32 } from 'hash-wasm'
import { Failure } from '@/failure'
import { type Bytes, concat, utf8 } from './bytes'
import { canonicalBytes } from './canonical'
import { signDetached } from './cms'
import { type Identity } from './identity'
import { signBidPdf } from './pdfsign'

/** The read-out columns as the bidder fills them in. */
export interface SummaryColumns {
  /** Decimal string in yuan. */
  readonly price: string
  readonly period: string
  readonly quality: string
  readonly manager: string
  readonly security: string
}

export interface Bid {
  readonly tender: string
  readonly lot: string
  readonly bidder: string
  readonly columns: SummaryColumns
  readonly pdf: Blob
  /** The PDF's file name, for the person alone. */
  readonly pdfName: string
}

interface Entry {
  readonly name: string
  readonly data: Blob
  readonly crc: number
}

/** Bytes of the largest bid, before its signature: what this hall promises to carry (2 GB and some room). */
const MAX_PDF = 2 * 1024 ** 3 + 64 * 1024 ** 2
const MAX_ENTRY = 0xffff_fffe // Without ZIP64, whose extra fields would allow a second reading.
// 1980-01-01 00:00: a container tells nothing about when it was made.
const DOS_DATE = 0x0021

/**
 * Put a bid together: its PDF and its summary signed with the bidder's own certificate. `at` is hall time, ms UTC. The PDF is read by
 * slices and stays where it is. Throws what `signBidPdf` throws.
 */
export async function buildBid(bid: Bid, identity: Identity, at: number, progress?: (fraction: number) => void): Promise<Blob> {
  if (bid.pdf.size > MAX_PDF) throw new Failure('bid_too_large', { limit: MAX_PDF })
  const pdf = await signBidPdf(bid.pdf, bid.pdfName, identity, at, progress)
  const summary = canonicalBytes({
    v: 1,
    tender: bid.tender,
    lot: bid.lot,
    bidder: bid.bidder,
    bid_sha256: pdf.sha256,
    price: bid.columns.price,
    period: bid.columns.period,
    quality: bid.columns.quality,
    manager: bid.columns.manager,
    security: bid.columns.security,
  })
  const signature = await signDetached(identity, summary, at)
  return storedZip([
    { name: 'bid.pdf', data: pdf.blob, crc: pdf.crc },
    { name: 'summary.json', data: new Blob([summary]), crc: await crc32(summary) },
    { name: 'summary.p7s', data: new Blob([signature]), crc: await crc32(signature) },
  ])
}

export function storedZip(entries: readonly Entry[]): Blob {
  const parts: BlobPart[] = []
  const directory: Bytes[] = []
  let at = 0
  for (const entry of entries) {
    const name = utf8(entry.name)
    const common = commonFields(entry, name.length)
    const local = concat(u32(0x04034b50), common, name)
    directory.push(concat(u32(0x02014b50), u16(20), common, u16(0), u16(0), u16(0), u32(0), u32(at), name))
    parts.push(local, entry.data)
    at += local.length + entry.data.size
  }
  const central = concat(...directory)
  const end = concat(u32(0x06054b50), u16(0), u16(0), u16(entries.length), u16(entries.length), u32(central.length), u32(at), u16(0))
  return new Blob([...parts, central, end], { type: 'application/zip' })
}

// Everything that stands alike in the local and the central header: version to extra length.
function commonFields(entry: Entry, nameLength: number): Bytes {
  if (entry.data.size > MAX_ENTRY) throw new Failure('bid_too_large', { limit: MAX_ENTRY })
  const size = u32(entry.data.size)
  return concat(u16(20), u16(0), u16(0), u16(0), u16(DOS_DATE), u32(entry.crc), size, size, u16(nameLength), u16(0))
}

async function crc32(data: Bytes): Promise<number> {
  const crc = await createCRC32()
  return parseInt(crc.update(data).digest('hex'), 16)
}

function u16(value: number): Bytes {
  return Uint8Array.of(value & 0xff, value >>> 8)
}

function u32(value: number): Bytes {
  return Uint8Array.of(value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24)
}
