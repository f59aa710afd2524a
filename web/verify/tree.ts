/** The Merkle tree of RFC 9162 over the journal's leaves: every earlier root at any time. */
import { type Bytes, hex } from '@/crypto/bytes'
import { sha256 } from './digest'

const NODE = Uint8Array.of(1)

export class Tree {
  // Level k holds the roots of the complete subtrees of 2^k leaves.
  private readonly levels: Bytes[][] = [[]]

  get size(): number {
    return (this.levels[0] as Bytes[]).length
  }

  append(leaf: Bytes): void {
    let node = leaf
    for (let level = 0; ; level++) {
      const row = (this.levels[level] ??= [])
      row.push(node)
      if (row.length % 2 === 1) return
      node = sha256(NODE, row[row.length - 2] as Bytes, node)
    }
  }

  /** Root over the first `size` leaves, hex; "" where there are not so many. */
  root(size: number): string {
    if (size < 0 || size > this.size) return ''
    if (size === 0) return hex(sha256())
    let root: Bytes | null = null
    for (let level = 0; 2 ** level <= size; level++) {
      if (Math.floor(size / 2 ** level) % 2 === 0) continue
      const node = (this.levels[level] as Bytes[])[Math.floor(size / 2 ** level) - 1] as Bytes
      root = root === null ? node : sha256(NODE, node, root)
    }
    return hex(root as Bytes)
  }
}
