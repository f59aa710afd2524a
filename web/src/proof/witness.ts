/**
 * What this browser believes of a tender's history: the key it saw first, the checkpoint it verified last, what it was promised.
 * The twin of hall/client/witness.py. A step forward needs a signature of that key and a proof that the new history continues the
 * old one; whatever contradicts it becomes an alarm, which stays.
 */
import { type Bytes, concat, fromBase64, hex, sha256, utf8 } from '@/crypto/bytes'
import { type Json, canonicalBytes } from '@/crypto/canonical'
import { readNote } from '../../verify/checkpoint'
import { verifies } from '../../verify/ed25519'
import { isConsistent, isIncluded } from './paths'

/** Milliseconds in which a promised row must stand under the checkpoints that are signed. */
export const INCLUDED_WITHIN = 60_000
/** Milliseconds for which a consistency proof is asked for before its absence is an alarm. */
export const ASKED_FOR = 60_000

export type AlarmCode = 'checkpoint_unsigned' | 'log_key_changed' | 'tree_shrunk' | 'tree_forked' | 'consistency_missing' | 'promise_unsigned' | 'promise_broken'

export interface Kept {
  readonly size: number
  readonly root: string
  readonly note: string
  /** Hall time at which it was signed, ms UTC. */
  readonly at: number
}

export interface Promised {
  readonly label: 'receipt' | 'ack'
  readonly leaf: string
  readonly received_at: number
  readonly document: Readonly<Record<string, unknown>>
  readonly proved: boolean
}

export interface Alarm {
  readonly code: AlarmCode
  readonly at: number
  readonly kept: string
  readonly seen: string
  readonly path: readonly string[]
  readonly promise: Readonly<Record<string, unknown>> | null
}

export interface Witness {
  /** `name+hex id+base64` (C2SP), "" until one was seen. */
  readonly log_key: string
  readonly kept: Kept | null
  readonly promises: readonly Promised[]
  readonly alarm: Alarm | null
}

export const NOBODY: Witness = { log_key: '', kept: null, promises: [], alarm: null }

/** Take the log key as it is published: the first one is kept, another one is an alarm. */
export function sawKey(witness: Witness, logKey: string, now: number): Witness {
  if (witness.log_key === '') return keyOf(logKey) === null ? witness : { ...witness, log_key: logKey }
  return witness.log_key === logKey ? witness : alarmed(witness, 'log_key_changed', now, { seen: logKey })
}

/** Take a checkpoint as it arrives; `wanted` is what remains to be proved to continue what was kept. */
export async function saw(witness: Witness, note: string, now: number): Promise<{ witness: Witness; wanted: Kept | null }> {
  const key = keyOf(witness.log_key)
  const { kept } = witness
  if (key === null || witness.alarm !== null || kept?.note === note) return { witness, wanted: null }
  const signed = await readNote(note, key.name, key.bytes)
  const at = /^at ([0-9]{1,15})$/.exec(signed?.extensions[0] ?? '')?.[1]
  const stop = (code: AlarmCode): { witness: Witness; wanted: null } => ({ witness: alarmed(witness, code, now, { seen: note }), wanted: null })
  if (signed === null || at === undefined) return stop('checkpoint_unsigned')
  const next = { size: signed.size, root: signed.root, note, at: Number(at) }
  if (kept === null) return { witness: { ...witness, kept: next }, wanted: null }
  if (next.size < kept.size) return stop('tree_shrunk')
  if (next.size > kept.size) return { witness, wanted: next }
  return next.root === kept.root ? { witness: { ...witness, kept: next }, wanted: null } : stop('tree_forked')
}

/** Take the consistency proof for a checkpoint that `saw` wants proved. */
export async function proved(witness: Witness, note: string, path: readonly string[], now: number): Promise<Witness> {
  const { kept } = witness
  const step = await saw(witness, note, now)
  if (step.wanted === null || kept === null) return step.witness
  const holds = await isConsistent(kept.size, step.wanted.size, path, kept.root, step.wanted.root)
  return holds ? { ...witness, kept: step.wanted } : alarmed(witness, 'tree_forked', now, { seen: note, path })
}

/** No consistency proof came for so long that its absence says enough. */
export function unproved(witness: Witness, note: string, now: number): Witness {
  return alarmed(witness, 'consistency_missing', now, { seen: note })
}

/** Another party signed over this history: (size, root) must be a beginning of the own one. */
export async function met(witness: Witness, act: Readonly<Record<string, unknown>>, path: readonly string[], now: number): Promise<Witness> {
  const { kept } = witness
  const size = Number(act['tree_size'])
  if (kept === null || witness.alarm !== null || size === 0 || size > kept.size) return witness
  const holds = await isConsistent(size, kept.size, path, String(act['tree_root']), kept.root)
  return holds ? witness : alarmed(witness, 'tree_forked', now, { path, promise: act })
}

/** Take a receipt or acknowledgement: signed by the kept key, and to be found in the history later. */
export async function promised(witness: Witness, label: Promised['label'], document: Readonly<Record<string, unknown>>, now: number): Promise<Witness> {
  const key = keyOf(witness.log_key)
  if (key === null || witness.alarm !== null) return witness
  const { signature, ...body } = document
  const message = concat(utf8(`bidhall/1 ${label}\0`), canonicalBytes(body as Record<string, Json>))
  const named = document['log_key'] ?? hex(await sha256(key.bytes))
  const good = named === hex(await sha256(key.bytes)) && (await verifies(key.bytes, message, signatureOf(signature)))
  if (!good) return alarmed(witness, 'promise_unsigned', now, { promise: document })
  const [leaf, at] = [document['leaf'], document['received_at']]
  if (typeof leaf !== 'string' || leaf.length !== 64 || typeof at !== 'number' || witness.promises.some((one) => one.leaf === leaf)) return witness
  return { ...witness, promises: [...witness.promises, { label, leaf, received_at: at, document, proved: false }] }
}

/** Promises that the last verified checkpoint must keep and whose proof has not been seen. */
export function owed(witness: Witness): readonly Promised[] {
  const { kept, alarm } = witness
  if (kept === null || alarm !== null) return []
  return witness.promises.filter((one) => !one.proved && kept.at >= one.received_at + INCLUDED_WITHIN)
}

/** Take the inclusion proof of a promised row under the last verified checkpoint. */
export async function included(witness: Witness, leaf: string, index: number, path: readonly string[], now: number): Promise<Witness> {
  const { kept } = witness
  if (kept === null || witness.alarm !== null) return witness
  if (!(await isIncluded(leaf, index, kept.size, path, kept.root))) return broken(witness, leaf, now)
  return { ...witness, promises: witness.promises.map((one) => (one.leaf === leaf ? { ...one, proved: true } : one)) }
}

/** A promised row is not there. */
export function broken(witness: Witness, leaf: string, now: number): Witness {
  const promise = witness.promises.find((one) => one.leaf === leaf)?.document ?? { leaf }
  return alarmed(witness, 'promise_broken', now, { promise })
}

/** The alarm as a file that anybody can judge (`hall verify --kept`). */
export function contradiction(witness: Witness): Record<string, unknown> {
  return { v: 1, kind: 'contradiction', log_key: witness.log_key, ...witness.alarm }
}

/** The name and the 32 raw bytes of a published log key, or null for what is none. */
export function keyOf(text: string): { readonly name: string; readonly bytes: Bytes } | null {
  const parts = /^([^+\s]+)\+[0-9a-f]{8}\+([A-Za-z0-9+/]+={0,2})$/.exec(text)
  const blob = signatureOf(parts?.[2])
  return parts === null || blob.length !== 33 || blob[0] !== 1 ? null : { name: parts[1] as string, bytes: blob.slice(1) }
}

function signatureOf(value: unknown): Bytes {
  try {
    return fromBase64(typeof value === 'string' ? value : '')
  } catch {
    return new Uint8Array()
  }
}

/** The first alarm is kept: what follows from it is not to hide it. */
function alarmed(witness: Witness, code: AlarmCode, at: number, seen: Partial<Alarm>): Witness {
  if (witness.alarm !== null) return witness
  return { ...witness, alarm: { code, at, kept: witness.kept?.note ?? '', seen: '', path: [], promise: null, ...seen } }
}
