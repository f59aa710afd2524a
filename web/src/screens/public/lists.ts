/** The public lists: no login, page by page. */
import { type Bytes, hex, sha256 } from '@/crypto/bytes'
import { Failure, type Facts } from '@/failure'
import { get } from '@/wire/http'

export type Phase = '' | 'bidding' | 'opening' | 'opened' | 'publicity' | 'awarded' | 'failed'
export const PHASES: readonly Phase[] = ['', 'bidding', 'opening', 'opened', 'publicity', 'awarded', 'failed']

/** One line of the list, as `GET /api/tenders` gives it. Times in ms UTC, 0 for not yet. */
export interface Listed {
  readonly tender: string
  readonly name: string
  readonly number: string
  readonly entity: string
  readonly method: string
  readonly law: string
  readonly opening: string
  readonly place: string
  readonly stage: string
  readonly phase: Phase
  readonly lots: number
  readonly published_at: number
  readonly bid_deadline: number
  readonly sign_in_from: number
  readonly closed_at: number
  readonly public_until: number
}

export interface Wanted {
  readonly stage?: string
  readonly q?: string
  readonly sort?: string
  readonly cursor?: string
  readonly limit?: string
}

export function listTenders(wanted: Wanted): Promise<{ tenders: readonly Listed[]; next: string }> {
  const given = Object.entries(wanted).filter((one): one is [string, string] => typeof one[1] === 'string' && one[1] !== '')
  return get(`/api/tenders?${new URLSearchParams(given).toString()}`)
}

/** A tender document, whole and checked, telling how much of it is here. Throws Failure. */
export async function fetchDocument(tender: string, digest: string, told: (received: number) => void): Promise<Bytes> {
  const response = await reach(`/api/tenders/${encodeURIComponent(tender)}/documents/${digest}`)
  const parts: Bytes[] = []
  let received = 0
  try {
    const reader = response.body?.getReader()
    for (let step = await reader?.read(); step?.done === false; step = await reader?.read()) {
      parts.push(step.value)
      received += step.value.length
      told(received)
    }
  } catch {
    throw new Failure('connection_lost') // It broke off on its way: what is here is not the document.
  }
  const bytes = new Uint8Array(received)
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  if (hex(await sha256(bytes)) !== digest) throw new Failure('digest_mismatch')
  return bytes
}

async function reach(path: string): Promise<Response> {
  let response: Response
  try {
    response = await fetch(path, { credentials: 'same-origin', cache: 'no-store' })
  } catch {
    throw new Failure('connection_lost')
  }
  if (response.ok) return response
  const body = (await response.json().catch(() => ({}))) as { error?: { code: string; facts?: Facts } }
  throw body.error === undefined ? new Failure('http_status', { status: response.status }) : new Failure(body.error.code, body.error.facts ?? {})
}
