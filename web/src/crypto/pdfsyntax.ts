/**
 * The syntax of PDF objects, read strictly and written again: names, references, arrays, dictionaries; every other atom keeps the
 * text it had. Text here is "binary": one character for each byte. Pure; knows no file.
 */
import { Failure } from '@/failure'
import { type Bytes } from './bytes'

export interface Name {
  readonly kind: 'name'
  readonly name: string
}

export interface Ref {
  readonly kind: 'ref'
  readonly number: number
  readonly generation: number
}

/** A number, string, boolean or null, as it was written. */
export interface Atom {
  readonly kind: 'atom'
  readonly text: string
}

export interface List {
  readonly kind: 'list'
  readonly items: readonly Value[]
}

export interface Dict {
  readonly kind: 'dict'
  readonly entries: ReadonlyMap<string, Value>
}

export type Value = Name | Ref | Atom | List | Dict

/** The text ended before the value did: there may be more of it in the file. */
export class Truncated extends Error {}

export function badPdf(reason: string): Failure {
  return new Failure('pdf_not_signable', { reason })
}

const MOST_DEPTH = 64

/** Reads values one after another from `text`. Throws Truncated at its end, Failure('pdf_not_signable') at what is no PDF. */
export class Scanner {
  at: number

  constructor(
    readonly text: string,
    at = 0,
  ) {
    this.at = at
  }

  /** What matches here, and go behind it; null where it does not match. */
  take(pattern: RegExp): RegExpExecArray | null {
    const sticky = new RegExp(pattern.source, 'y')
    sticky.lastIndex = this.at
    const found = sticky.exec(this.text)
    if (found !== null) this.at = sticky.lastIndex
    return found
  }

  space(): void {
    this.take(/(?:[\0\t\n\f\r ]|%[^\r\n]*)*/)
  }

  keyword(word: string): void {
    this.space()
    if (!this.text.startsWith(word, this.at)) throw this.missing(word.length)
    this.at += word.length
  }

  integer(): number {
    this.space()
    const found = this.take(/[0-9]{1,10}(?![0-9])/)
    if (found === null) throw this.missing(1)
    return Number(found[0])
  }

  value(depth = 0): Value {
    if (depth > MOST_DEPTH) throw badPdf('nesting')
    this.space()
    const two = this.text.slice(this.at, this.at + 2)
    if (two === '<<') return this.dict(depth)
    if (two.startsWith('[')) return this.list(depth)
    if (two.startsWith('/')) return this.name()
    if (two.startsWith('(')) return this.string()
    if (two.startsWith('<')) return this.atom(/<[0-9A-Fa-f\0\t\n\f\r ]*>/)
    const ref = this.take(/([0-9]{1,10})[\0\t\n\f\r ]+([0-9]{1,5})[\0\t\n\f\r ]+R(?=[\0\t\n\f\r ()<>[\]{}/%])/)
    if (ref !== null) return { kind: 'ref', number: Number(ref[1]), generation: Number(ref[2]) }
    // A word that touches the end of what was read may go on there, and a number may turn out to begin a reference.
    if (this.text.length - this.at < 40) this.needMore = true
    return this.atom(/[+\-.0-9]+|true|false|null/)
  }

  /** Set when a value stood so near the end of the text that more text might change its meaning. */
  needMore = false

  private dict(depth: number): Dict {
    this.at += 2
    const entries = new Map<string, Value>()
    for (;;) {
      this.space()
      if (this.text.startsWith('>>', this.at)) break
      const { name } = this.name()
      // Two readers would take different ones.
      if (entries.has(name)) throw badPdf('key_twice')
      entries.set(name, this.value(depth + 1))
    }
    this.at += 2
    return { kind: 'dict', entries }
  }

  private list(depth: number): List {
    this.at += 1
    const items: Value[] = []
    for (;;) {
      this.space()
      if (this.text.startsWith(']', this.at)) break
      items.push(this.value(depth + 1))
    }
    this.at += 1
    return { kind: 'list', items }
  }

  private name(): Name {
    const found = this.take(/\/([^\0\t\n\f\r ()<>[\]{}/%]*)/)
    if (found === null || this.at === this.text.length) throw this.missing(1)
    const name = (found[1] ?? '').replace(/#([0-9A-Fa-f]{2})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 16)))
    return { kind: 'name', name }
  }

  private string(): Atom {
    const start = this.at
    let open = 0
    for (let at = start; at < this.text.length; at++) {
      const character = this.text[at]
      if (character === '\\') at++
      else if (character === '(') open++
      else if (character === ')' && --open === 0) {
        this.at = at + 1
        return { kind: 'atom', text: this.text.slice(start, this.at) }
      }
    }
    throw new Truncated()
  }

  private atom(pattern: RegExp): Atom {
    const found = this.take(pattern)
    if (found === null) throw this.missing(64)
    return { kind: 'atom', text: found[0] }
  }

  private missing(length: number): Error {
    return this.text.length - this.at < length || this.text.indexOf('>', this.at) === -1 ? new Truncated() : badPdf('syntax')
  }
}

/** Write a value so that it reads as what it was. */
export function write(value: Value): string {
  switch (value.kind) {
    case 'atom':
      return value.text
    case 'name':
      return writeName(value.name)
    case 'ref':
      return `${value.number} ${value.generation} R`
    case 'list':
      return `[${value.items.map(write).join(' ')}]`
    case 'dict':
      return `<<${[...value.entries].map(([key, item]) => `${writeName(key)} ${write(item)}`).join('\n')}>>`
  }
}

function writeName(name: string): string {
  return `/${name.replace(/[^!-~]|[#()<>[\]{}/%]/g, (character) => `#${character.charCodeAt(0).toString(16).padStart(2, '0')}`)}`
}

export function atom(text: string | number): Atom {
  return { kind: 'atom', text: String(text) }
}

export function name(text: string): Name {
  return { kind: 'name', name: text }
}

export function dict(entries: Iterable<readonly [string, Value]>): Dict {
  return { kind: 'dict', entries: new Map(entries) }
}

/** The dictionary with some entries put in or replaced. */
export function withEntries(old: Dict, entries: Iterable<readonly [string, Value]>): Dict {
  return dict([...old.entries, ...entries])
}

export function natural(value: Value | undefined): number | null {
  return value?.kind === 'atom' && /^[0-9]{1,15}$/.test(value.text) ? Number(value.text) : null
}

/** One character for each byte, which no text decoder of the platform gives. */
export function binary(data: Uint8Array): string {
  let text = ''
  for (let at = 0; at < data.length; at += 0x8000) text += String.fromCharCode(...data.subarray(at, at + 0x8000))
  return text
}

export function bytesOfBinary(text: string): Bytes {
  const data = new Uint8Array(text.length)
  for (let at = 0; at < text.length; at++) data[at] = text.charCodeAt(at)
  return data
}
