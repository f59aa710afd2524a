/** Supervision's own doors: what nobody needs an account for, and the words behind a case, a question or a call. */
import { type Bytes, hex, random, sha256 } from '@/crypto/bytes'
import { Failure } from '@/failure'
import { get, post, postBytes, put } from '@/wire/http'
import { type CaseView, type CodeLookup, type CodeShown, type StatementView } from '@/wire/types.gen'

/** What somebody brings forward; the words of it lie beside the journal, never in it. */
export interface Filing {
  about: string
  against: string
  against_party: string
  knew_at: number
  files: string[]
  name: string
  contact: string
  facts: string
  demands: string
}

function base(tender: string): string {
  return `/api/tenders/${encodeURIComponent(tender)}/supervision`
}

export function ask(tender: string, words: string, name: string, contact: string): Promise<CodeShown> {
  return post(`${base(tender)}/questions`, { words, name, contact })
}

export function file(tender: string, kind: string, lot: string, priorCode: string, said: Filing): Promise<CodeShown> {
  return post(`${base(tender)}/cases`, { kind, lot, prior_code: priorCode, ...said })
}

export function lookup(tender: string, code: string): Promise<CodeLookup> {
  return post(`${base(tender)}/lookup`, { code })
}

export function withdraw(tender: string, code: string, text: string): Promise<CodeLookup> {
  return post(`${base(tender)}/withdraw`, { code, text })
}

export function rate(tender: string, code: string, stars: number, text: string): Promise<CodeLookup> {
  return post(`${base(tender)}/rate`, { code, stars, text })
}

/** A file of one's own case or of its decision, by the query code; whatever the hall sends, it has the digest. */
export async function ownFile(tender: string, code: string, digest: string): Promise<Bytes> {
  const bytes = await postBytes(`${base(tender)}/file`, { code, sha256: digest })
  if (hex(await sha256(bytes)) !== digest) throw new Failure('digest_mismatch')
  return bytes
}

/** Add files that were handed in to one's own case. */
export function addFiles(tender: string, code: string, files: readonly string[]): Promise<CodeLookup> {
  return post(`${base(tender)}/add`, { code, files })
}

export function statement(tender: string, what: 'cases' | 'questions' | 'calls', number: number): Promise<StatementView> {
  return get(`${base(tender)}/statements/${what}/${number}`)
}

/** Hand a file in without an account; gives its SHA-256. */
export async function handIn(tender: string, bytes: Bytes): Promise<string> {
  const digest = hex(await sha256(bytes))
  const shown = await put<{ sha256: string }>(`${base(tender)}/files`, bytes, { 'Content-Type': 'application/octet-stream' })
  if (shown.sha256 !== digest) throw new Failure('digest_mismatch')
  return digest
}

/** Keeps a digest of withheld words from being guessed. */
export function salt(): string {
  return hex(random(16))
}

/** `1a2b-3c4d-…`: a query code for the eye. */
export function shownCode(code: string): string {
  return code.match(/.{1,4}/g)?.join('-') ?? code
}

export function isWaiting(one: CaseView): boolean {
  return one.may.some((act) => !['add_case_files', 'withdraw_case', 'rate_case'].includes(act))
}
