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
 * Read one flat object strictly: UTF-8 without byte order mark, exactly `keys`, once each, string and integer values only.
 * White space and key order are free unless `form` asks for the canonical bytes. Throws Failure(code, {reason}).
 */
export function readFlat(
  data: Uint8Array,
  keys: readonly string[],
  code: string,
  form: 'any' | 'canonical' = 'any',
): Record<string, string | number> {
  const refuse = (reason: string): never => {
    throw new Failure(code, { reason })
  }
  let source = ''
  try {
    source = fromUtf8(data)
  } catch {
    refuse('not_utf8')
  }
  if (source.startsWith('\ufeff')) refuse('byte_order_mark')
  let value: unknown
  try {
    value = JSON.parse(source)
  } catch {
    refuse('not_json')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return refuse('not_an_object')
  const found = value as Record<string, unknown>
  const names = Object.keys(found)
  if (names.length !== keys.length || !keys.every((key) => names.includes(key))) refuse('wrong_keys')
  for (const item of Object.values(found)) {
    if (typeof item === 'string') {
      if (/\p{Surrogate}/u.test(item)) refuse('not_utf8')
    } else if (!Number.isSafeInteger(item)) refuse('wrong_value')
  }
  const flat = found as Record<string, string | number>
  if (form === 'canonical' && canonical(flat) !== source) refuse('not_canonical')
  // JSON.parse drops a repeated key silently and reads 1.0 or 1e0 as 1: the tokens of the source tell.
  const members = flatMembers(source)
  if (members === null) return refuse('wrong_value')
  if (members.keys.length !== names.length) refuse('duplicate_key')
  if (!members.numbers.every((literal) => /^(?:0|-?[1-9][0-9]*)$/.test(literal))) refuse('not_an_integer')
  return flat
}

/** The keys and number literals of a flat JSON object whose text JSON.parse has accepted; null where it is not flat. */
function flatMembers(source: string): { keys: string[]; numbers: string[] } | null {
  const token = /"(?:[^"\\]|\\.)*"|[-+0-9.eE]+|[{}[\]:,]|true|false|null|\s+/gy
  const tokens: string[] = []
  for (let match = token.exec(source); match !== null; match = token.exec(source)) {
    if (match[0].trim() !== '') tokens.push(match[0])
  }
  const keys: string[] = []
  const numbers: string[] = []
  if (tokens[0] !== '{' || tokens[tokens.length - 1] !== '}' || tokens.slice(1, -1).some((item) => /^[{}[\]]$/.test(item))) return null
  for (const [index, item] of tokens.entries()) {
    if (tokens[index + 1] === ':') keys.push(item)
    else if (/^[-0-9]/.test(item)) numbers.push(item)
  }
  return { keys, numbers }
}
