/**
 * Canonical JSON, the twin of the hall's: UTF-8, keys sorted by code point, no white space, nothing escaped needlessly; strings,
 * integers that every reader holds exactly, booleans, null, lists and objects only.
 */
import { Failure } from '@/failure'
import { type Bytes, fromUtf8, utf8 } from './bytes'

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }

const MAX_DEPTH = 32

export function canonical(value: Json): string {
  return write(value, 0)
}

export function canonicalBytes(value: Json): Bytes {
  return utf8(canonical(value))
}

function write(value: Json, depth: number): string {
  if (depth > MAX_DEPTH) throw new TypeError('nested too deep for canonical JSON')
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) throw new TypeError('only exact integers have a canonical form')
    return String(value)
  }
  if (typeof value === 'string') return text(value)
  if (isList(value)) return `[${value.map((item) => write(item, depth + 1)).join(',')}]`
  const keys = Object.keys(value).sort(byCodePoint)
  return `{${keys.map((key) => `${text(key)}:${write(value[key] as Json, depth + 1)}`).join(',')}}`
}

function isList(value: object): value is readonly Json[] {
  return Array.isArray(value)
}

// JSON.stringify escapes exactly what the hall escapes, but it would also escape half a surrogate pair, which has no UTF-8.
function text(value: string): string {
  if (/\p{Surrogate}/u.test(value)) throw new TypeError('half a surrogate pair has no canonical form')
  return JSON.stringify(value)
}

// The default order compares UTF-16 units, which puts characters beyond the basic plane before U+E000.
function byCodePoint(a: string, b: string): number {
  const left = Array.from(a, (char) => char.codePointAt(0) as number)
  const right = Array.from(b, (char) => char.codePointAt(0) as number)
  for (let at = 0; at < Math.min(left.length, right.length); at++) {
    const difference = (left[at] as number) - (right[at] as number)
    if (difference !== 0) return difference
  }
  return left.length - right.length
}

/**
 * Read one flat object strictly: UTF-8 without byte order mark, exactly `keys`, once each, string and integer values only, and the
 * bytes are canonical, which leaves no room for a second reading. Throws Failure(code, {field: "json" | "keys"}).
 */
export function readFlat(data: Uint8Array, keys: readonly string[], code: string): Record<string, string | number> {
  let source: string
  let value: unknown
  try {
    source = fromUtf8(data)
    value = JSON.parse(source)
  } catch {
    throw new Failure(code, { field: 'json' })
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Failure(code, { field: 'json' })
  const flat = value as Record<string, string | number>
  const names = Object.keys(flat)
  if (names.length !== keys.length || !keys.every((key) => names.includes(key))) throw new Failure(code, { field: 'keys' })
  if (!Object.values(flat).every((item) => typeof item === 'string' || Number.isSafeInteger(item))) throw new Failure(code, { field: 'json' })
  // A key twice, white space, 1.0, needless escapes and half surrogates all differ from the one canonical form.
  if (!isCanonical(flat, source)) throw new Failure(code, { field: 'json' })
  return flat
}

function isCanonical(value: Json, source: string): boolean {
  try {
    return canonical(value) === source
  } catch {
    return false
  }
}
