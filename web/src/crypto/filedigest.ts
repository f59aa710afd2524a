/** The digest of a file that may be larger than a browser's memory: it is read piece by piece. */
import { createSHA256 } from 'hash-wasm'

const PIECE = 4 << 20

/** SHA-256 in hexadecimal. `told`: how much of it was read so far, 0 to 1. */
export async function digestOfFile(file: Blob, told: (share: number) => void = () => undefined): Promise<string> {
  const hasher = await createSHA256()
  for (let at = 0; at < file.size; at += PIECE) {
    hasher.update(new Uint8Array(await file.slice(at, at + PIECE).arrayBuffer()))
    told(Math.min(1, (at + PIECE) / file.size))
  }
  return hasher.digest('hex')
}
