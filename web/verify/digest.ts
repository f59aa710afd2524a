/** SHA-256 as this page needs it: at once for small things, in pieces for members of any size. */
import { createSHA256 } from 'hash-wasm'
import { type Bytes, hex } from '@/crypto/bytes'

export const PIECE = 4 * 1024 * 1024

const hasher = await createSHA256()

/** Digest of the parts, one after another. */
export function sha256(...parts: readonly Uint8Array[]): Bytes {
  hasher.init()
  for (const part of parts) hasher.update(part)
  return new Uint8Array(hasher.digest('binary'))
}

export const sha256hex = (...parts: readonly Uint8Array[]): string => hex(sha256(...parts))

/** Digest of a file's part, hex, read piece by piece. `read` is told how many bytes each time. */
export async function digestOf(blob: Blob, read: (bytes: number) => void): Promise<string> {
  const own = await createSHA256()
  for (let at = 0; at < blob.size; at += PIECE) {
    const piece = new Uint8Array(await blob.slice(at, at + PIECE).arrayBuffer())
    own.update(piece)
    read(piece.length)
  }
  return own.digest('hex')
}
