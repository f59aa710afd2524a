/** The ZIP around a bundle, read where it lies: only stored members, plain names, each once. Nothing is unpacked. */
import { fromUtf8 } from '@/crypto/bytes'

export class NotABundle extends Error {}

export interface Member {
  readonly name: string
  readonly size: number
  /** The member's bytes in the file; empty where its local header is not the directory's. */
  readonly blob: Blob
}

const NAME = /^[A-Za-z0-9_-][A-Za-z0-9_.-]*(\/[A-Za-z0-9_-][A-Za-z0-9_.-]*)*$/
const MOST = 20_000
const END = 22
const FULL = 0xffffffff

/** The members of a bundle by name. Throws NotABundle. */
export async function readZip(file: Blob): Promise<Map<string, Member>> {
  const tail = await view(file, Math.max(0, file.size - END - 20), file.size)
  if (tail.byteLength < END || tail.getUint32(tail.byteLength - END, true) !== 0x06054b50) throw new NotABundle('end')
  const end = tail.byteLength - END
  let count = tail.getUint16(end + 10, true)
  let size = tail.getUint32(end + 12, true)
  let start = tail.getUint32(end + 16, true)
  if (count === 0xffff || size === FULL || start === FULL) {
    if (end < 20 || tail.getUint32(end - 20, true) !== 0x07064b50) throw new NotABundle('end')
    const at = whole(tail, end - 12)
    const long = await view(file, at, at + 56)
    if (long.byteLength < 56 || long.getUint32(0, true) !== 0x06064b50) throw new NotABundle('end')
    ;[count, size, start] = [whole(long, 32), whole(long, 40), whole(long, 48)]
  }
  if (count > MOST) throw new NotABundle('too_many_members')
  return members(file, await view(file, start, start + size), count)
}

async function members(file: Blob, directory: DataView, count: number): Promise<Map<string, Member>> {
  const found = new Map<string, Member>()
  let at = 0
  let sum = 0
  for (let n = 0; n < count; n++) {
    if (at + 46 > directory.byteLength || directory.getUint32(at, true) !== 0x02014b50) throw new NotABundle('directory')
    if (directory.getUint16(at + 10, true) !== 0) throw new NotABundle('compressed')
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((place) => directory.getUint16(at + place, true)) as [number, number, number]
    const name = text(directory, at + 46, nameLength)
    if (!NAME.test(name) || found.has(name)) throw new NotABundle('names')
    const [size, offset] = long(directory, at, nameLength, extraLength)
    sum += size
    if (sum > file.size) throw new NotABundle('sizes')
    found.set(name, { name, size, blob: await stored(file, name, offset, size, directory.getUint32(at + 16, true)) })
    at += 46 + nameLength + extraLength + commentLength
  }
  return found
}

/** A member's size and place, from the ZIP64 field where the plain ones are full. */
function long(directory: DataView, at: number, nameLength: number, extraLength: number): [number, number] {
  let size = directory.getUint32(at + 24, true)
  const packed = directory.getUint32(at + 20, true)
  let offset = directory.getUint32(at + 42, true)
  const stop = at + 46 + nameLength + extraLength
  for (let extra = at + 46 + nameLength; extra + 4 <= stop; extra += 4 + directory.getUint16(extra + 2, true)) {
    if (directory.getUint16(extra, true) !== 1) continue
    let place = extra + 4
    if (size === FULL) size = whole(directory, place)
    if (directory.getUint32(at + 24, true) === FULL) place += 8
    if (packed === FULL) place += 8
    if (offset === FULL) offset = whole(directory, place)
  }
  return [size, offset]
}

async function stored(file: Blob, name: string, offset: number, size: number, checksum: number): Promise<Blob> {
  const header = await view(file, offset, offset + 30 + name.length)
  const nothing = new Blob([])
  if (header.byteLength < 30 + name.length || header.getUint32(0, true) !== 0x04034b50) return nothing
  // Digests prove the bytes; a frame that contradicts itself is one that other programs would not open.
  if (header.getUint16(8, true) !== 0 || header.getUint32(14, true) !== checksum || header.getUint16(26, true) !== name.length || text(header, 30, name.length) !== name) return nothing
  const begin = offset + 30 + name.length + header.getUint16(28, true)
  return file.slice(begin, begin + size)
}

async function view(file: Blob, start: number, end: number): Promise<DataView> {
  return new DataView(await file.slice(start, end).arrayBuffer())
}

function text(from: DataView, at: number, length: number): string {
  try {
    return fromUtf8(new Uint8Array(from.buffer, from.byteOffset + at, length))
  } catch {
    throw new NotABundle('names')
  }
}

function whole(from: DataView, at: number): number {
  const found = from.getBigUint64(at, true)
  if (found > BigInt(Number.MAX_SAFE_INTEGER)) throw new NotABundle('sizes')
  return Number(found)
}
