/** Ed25519 (RFC 8032): by the browser where it can, else by plain arithmetic, for browsers some years old. */
import { type Bytes, concat, equal } from '@/crypto/bytes'

const P = 2n ** 255n - 19n
const L = 2n ** 252n + 27742317777372353535851937790883648493n
const D = mod(-121665n * power(121666n, P - 2n))
const ROOT = power(2n, (P - 1n) / 4n)

type Point = readonly [bigint, bigint, bigint, bigint]

/** Whether `signature` over `data` is good under the key of 32 raw bytes. */
export async function verifies(key: Bytes, data: Bytes, signature: Bytes): Promise<boolean> {
  if (signature.length !== 64 || key.length !== 32) return false
  try {
    const imported = await crypto.subtle.importKey('raw', key, { name: 'Ed25519' }, false, ['verify'])
    return await crypto.subtle.verify({ name: 'Ed25519' }, imported, signature, data)
  } catch {
    return byHand(key, data, signature)
  }
}

/** The same without the browser's help. */
export async function byHand(key: Bytes, data: Bytes, signature: Bytes): Promise<boolean> {
  const [a, r] = [decode(key), decode(signature.slice(0, 32))]
  const s = little(signature.slice(32))
  if (a === null || r === null || s >= L) return false
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-512', concat(signature.slice(0, 32), key, data)))
  const left = encode(times(s, base()))
  return equal(left, encode(add(r, times(little(digest) % L, a))))
}

function base(): Point {
  const y = mod(4n * power(5n, P - 2n))
  const x = recover(y, 0n) as bigint
  return [x, y, 1n, mod(x * y)]
}

function add([x1, y1, z1, t1]: Point, [x2, y2, z2, t2]: Point): Point {
  const a = mod((y1 - x1) * (y2 - x2))
  const b = mod((y1 + x1) * (y2 + x2))
  const c = mod(2n * t1 * t2 * D)
  const d = mod(2n * z1 * z2)
  const [e, f, g, h] = [b - a, d - c, d + c, b + a]
  return [mod(e * f), mod(g * h), mod(f * g), mod(e * h)]
}

function times(factor: bigint, point: Point): Point {
  let sum: Point = [0n, 1n, 1n, 0n]
  for (let rest = factor, at = point; rest > 0n; rest >>= 1n, at = add(at, at)) if (rest & 1n) sum = add(sum, at)
  return sum
}

function decode(data: Bytes): Point | null {
  const packed = little(data)
  const y = packed & (2n ** 255n - 1n)
  const x = y < P ? recover(y, packed >> 255n) : null
  return x === null ? null : [x, y, 1n, mod(x * y)]
}

function recover(y: bigint, sign: bigint): bigint | null {
  const square = mod((y * y - 1n) * power(mod(D * y * y + 1n), P - 2n))
  let x = power(square, (P + 3n) / 8n)
  if (mod(x * x - square) !== 0n) x = mod(x * ROOT)
  if (mod(x * x - square) !== 0n || (x === 0n && sign === 1n)) return null
  return (x & 1n) === sign ? x : P - x
}

function encode([x, y, z]: Point): Bytes {
  const inverse = power(z, P - 2n)
  let packed = mod(y * inverse) | ((mod(x * inverse) & 1n) << 255n)
  return Uint8Array.from({ length: 32 }, () => {
    const byte = Number(packed & 255n)
    packed >>= 8n
    return byte
  })
}

function little(data: Bytes): bigint {
  return data.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n)
}

function mod(value: bigint): bigint {
  const rest = value % P
  return rest < 0n ? rest + P : rest
}

function power(value: bigint, exponent: bigint): bigint {
  let result = 1n
  for (let rest = exponent, at = mod(value); rest > 0n; rest >>= 1n, at = mod(at * at)) if (rest & 1n) result = mod(result * at)
  return result
}
