/** HTTP with the hall: JSON in, JSON out, and every refusal as a Failure with the hall's own code. */
import { Failure, type Facts } from '@/failure'
import { type Bytes } from '@/crypto/bytes'

interface ErrorBody {
  readonly error?: { readonly code: string; readonly facts?: Facts }
}

export async function get<T>(path: string): Promise<T> {
  return (await (await request(path, { method: 'GET' })).json()) as T
}

export async function post<T>(path: string, body: unknown = {}): Promise<T> {
  const headers = { 'Content-Type': 'application/json' }
  return (await (await request(path, { method: 'POST', headers, body: JSON.stringify(body) })).json()) as T
}

export async function put<T>(path: string, body: Bytes | Blob, headers: Record<string, string>): Promise<T> {
  return (await (await request(path, { method: 'PUT', headers, body })).json()) as T
}

export async function remove(path: string): Promise<void> {
  await request(path, { method: 'DELETE' })
}

/** The bytes that a POST is answered with: what is asked for stands in the body, and in no address. */
export async function postBytes(path: string, body: unknown): Promise<Bytes> {
  const answer = await request(path, { method: 'POST', body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } })
  return new Uint8Array(await answer.arrayBuffer())
}

export async function getBytes(path: string): Promise<Bytes> {
  return new Uint8Array(await (await request(path, { method: 'GET' })).arrayBuffer())
}

/** A file, and what the hall says of it beside it. */
export async function getFile(path: string): Promise<{ bytes: Bytes; headers: Headers }> {
  const response = await request(path, { method: 'GET' })
  return { bytes: new Uint8Array(await response.arrayBuffer()), headers: response.headers }
}

/** What lies at `path`, as long as nobody has lost interest in it: the signal's abort is thrown as it is, and is no failure. */
export async function getWhile<T>(path: string, signal: AbortSignal): Promise<T> {
  return (await (await request(path, { method: 'GET', signal })).json()) as T
}

/** `length` bytes at `offset` of a file. Throws Failure `range_incomplete` when it holds less than that. */
export async function getRange(path: string, offset: number, length: number, signal: AbortSignal): Promise<Bytes> {
  const response = await request(path, { method: 'GET', signal, headers: { Range: `bytes=${offset}-${offset + length - 1}` } })
  const bytes = await whole(response, signal)
  if (response.status !== 206 || bytes.length !== length) throw new Failure('range_incomplete')
  return bytes
}

async function whole(response: Response, signal: AbortSignal): Promise<Bytes> {
  try {
    return new Uint8Array(await response.arrayBuffer())
  } catch (thrown) {
    if (signal.aborted) throw thrown
    throw new Failure('connection_lost') // It broke off on its way.
  }
}

/** Whether the hall would give what lies at `path` now; nothing of it is kept. Throws Failure as the others do. */
export async function probe(path: string): Promise<void> {
  const asking = new AbortController()
  await request(path, { method: 'GET', signal: asking.signal })
  asking.abort()
}

/** Throws Failure: the hall's code, `connection_lost` when nothing answered, `http_status` when the answer was none of the hall's. */
async function request(path: string, init: RequestInit): Promise<Response> {
  let response: Response
  try {
    response = await fetch(path, { ...init, credentials: 'same-origin', cache: 'no-store' })
  } catch (thrown) {
    if (init.signal?.aborted === true) throw thrown
    throw new Failure('connection_lost')
  }
  if (response.ok) return response
  throw await failureOf(response)
}

async function failureOf(response: Response): Promise<Failure> {
  try {
    const { error } = (await response.json()) as ErrorBody
    if (error !== undefined) return new Failure(error.code, error.facts ?? {})
  } catch {
    // A proxy's page, not the hall's answer.
  }
  return new Failure('http_status', { status: response.status })
}
