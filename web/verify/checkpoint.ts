/** Signed checkpoints (C2SP tlog-checkpoint): a tree's size and root under the hall's log key. */
import { type Bytes, equal, fromBase64, hex, utf8 } from '@/crypto/bytes'
import { sha256 } from './digest'
import { verifies } from './ed25519'

export interface SignedRoot {
  readonly size: number
  readonly root: string
  readonly extensions: readonly string[]
}

/** Read a note that must bear a good signature of `key` under the name `origin`; null for any other. */
export async function readNote(note: string, origin: string, key: Bytes): Promise<SignedRoot | null> {
  const gap = note.lastIndexOf('\n\n')
  if (gap < 0 || !note.endsWith('\n')) return null
  const text = note.slice(0, gap + 1)
  const lines = text.slice(0, -1).split('\n')
  const [name, size, root, ...extensions] = lines
  if (name !== origin || size === undefined || root === undefined || !/^(0|[1-9][0-9]{0,15})$/.test(size)) return null
  const digest = decoded(root)
  if (digest?.length !== 32 || lines.some((line) => line === '')) return null
  const id = sha256(utf8(`${origin}\n`), Uint8Array.of(1), key).slice(0, 4)
  let good = false
  for (const line of note.slice(gap + 2, -1).split('\n')) {
    const parts = /^\u2014 (\S+) (\S+)$/.exec(line)
    const blob = parts === null ? null : decoded(parts[2] as string)
    if (parts === null || blob === null || blob.length < 5) return null
    if (parts[1] !== origin || !equal(blob.slice(0, 4), id)) continue
    if (!(await verifies(key, utf8(text), blob.slice(4)))) return null
    good = true
  }
  return good ? { size: Number(size), root: hex(digest), extensions } : null
}

function decoded(text: string): Bytes | null {
  try {
    return fromBase64(text)
  } catch {
    return null
  }
}
