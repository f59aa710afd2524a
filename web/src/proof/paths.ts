/** Proofs of RFC 9162: that a row stands in a history (2.1.3.2), and that a history continues another one (2.1.4.2). */
import { type Bytes, concat, equal, fromHex, sha256 } from '@/crypto/bytes'

const NODE = Uint8Array.of(1)
const DIGEST = /^[0-9a-f]{64}$/

/** Whether `path` proves that `leaf` stands at `index` among the `size` rows of `root`. All hashes hex. */
export async function isIncluded(leaf: string, index: number, size: number, path: readonly string[], root: string): Promise<boolean> {
  if (!(Number.isSafeInteger(index) && index >= 0 && index < size) || ![leaf, root, ...path].every((one) => DIGEST.test(one))) return false
  let [at, last, node] = [index, size - 1, fromHex(leaf)]
  for (const step of path.map(fromHex)) {
    if (last === 0) return false
    if (at % 2 === 1 || at === last) {
      node = await join(step, node)
      while (at > 0 && at % 2 === 0) [at, last] = [half(at), half(last)]
    } else node = await join(node, step)
    ;[at, last] = [half(at), half(last)]
  }
  return last === 0 && equal(node, fromHex(root))
}

/** Whether `path` proves that the history (second, secondRoot) begins with (first, firstRoot). All hashes hex. */
export async function isConsistent(first: number, second: number, path: readonly string[], firstRoot: string, secondRoot: string): Promise<boolean> {
  if (!(Number.isSafeInteger(second) && first > 0 && first <= second) || ![firstRoot, secondRoot, ...path].every((one) => DIGEST.test(one))) return false
  if (first === second) return path.length === 0 && firstRoot === secondRoot
  const steps = path.map(fromHex)
  if (isPower(first)) steps.unshift(fromHex(firstRoot))
  const [start, ...rest] = steps
  if (start === undefined) return false
  let [at, last] = [first - 1, second - 1]
  while (at % 2 === 1) [at, last] = [half(at), half(last)]
  let [before, after] = [start, start]
  for (const step of rest) {
    if (last === 0) return false
    if (at % 2 === 1 || at === last) {
      ;[before, after] = [await join(step, before), await join(step, after)]
      while (at > 0 && at % 2 === 0) [at, last] = [half(at), half(last)]
    } else after = await join(after, step)
    ;[at, last] = [half(at), half(last)]
  }
  return last === 0 && equal(before, fromHex(firstRoot)) && equal(after, fromHex(secondRoot))
}

const half = (value: number): number => Math.floor(value / 2)
const join = (left: Bytes, right: Bytes): Promise<Bytes> => sha256(concat(NODE, left, right))

function isPower(value: number): boolean {
  while (value % 2 === 0) value = half(value)
  return value === 1
}
