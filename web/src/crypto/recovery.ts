/**
 * The recovery file: a bid's content key under a passphrase, made when the bid is sealed and kept by its bidder alone. The format is
 * that of hall/signing/recovery.py: PBKDF2-HMAC-SHA-256 gives an AES-256-GCM key, and what lies under it is bound to the sealed file's
 * head. It opens nothing without the passphrase, and no other bid.
 */
import { Failure } from '@/failure'
import { commitment } from './bidseal'
import { type Bytes, base64, equal, fromBase64, fromUtf8, random, utf8 } from './bytes'
import { type Json, canonicalBytes } from './canonical'
import { readHeader } from './header'

const ITERATIONS = 600_000
const MOST_ITERATIONS = 10_000_000
export const SHORTEST_PASSPHRASE = 12
const KEYS = 'head,iterations,iv,key,kind,prefix,salt,v'

/** head: the sealed file's bytes before its payload; prefix: of the payload's nonces. Throws Failure('passphrase_too_short'). */
export async function makeRecovery(head: Bytes, prefix: Bytes, cek: Bytes, passphrase: string): Promise<Bytes> {
  if ([...passphrase].length < SHORTEST_PASSPHRASE) throw new Failure('passphrase_too_short', { least: SHORTEST_PASSPHRASE })
  const salt = random(16)
  const iv = random(12)
  const bound = boundTo(head, prefix, ITERATIONS, salt, iv)
  const key = await derived(passphrase, salt, ITERATIONS, 'encrypt')
  const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv, additionalData: canonicalBytes(bound) }, key, cek)
  return canonicalBytes({ ...bound, key: base64(new Uint8Array(sealed)) })
}

/** The content key of exactly the bid with this head. Codes: recovery_file_malformed, recovery_file_other, recovery_passphrase_wrong, commit_mismatch. */
export async function openRecovery(file: Bytes, head: Bytes, passphrase: string): Promise<Bytes> {
  const found = read(file)
  const { header, bytes } = await readHeader(head)
  if (!equal(bytesOf(found.head), bytes)) throw new Failure('recovery_file_other')
  const [prefix, salt, iv, sealed] = [bytesOf(found.prefix, 7), bytesOf(found.salt, 16), bytesOf(found.iv, 12), bytesOf(found.key, 48)]
  const key = await derived(passphrase, salt, found.iterations, 'decrypt')
  const additionalData = canonicalBytes(boundTo(bytes, prefix, found.iterations, salt, iv))
  let cek: Bytes
  try {
    cek = new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-GCM', iv, additionalData }, key, sealed))
  } catch {
    throw new Failure('recovery_passphrase_wrong')
  }
  if (!equal(await commitment(cek, header.salt, header.suite), header.commit)) throw new Failure('commit_mismatch')
  return cek
}

interface RecoveryFile {
  readonly iterations: number
  readonly head: string
  readonly prefix: string
  readonly salt: string
  readonly iv: string
  readonly key: string
}

function read(file: Bytes): RecoveryFile {
  const malformed = new Failure('recovery_file_malformed')
  let found: unknown
  try {
    found = JSON.parse(fromUtf8(file))
  } catch {
    throw malformed
  }
  if (typeof found !== 'object' || found === null || Object.keys(found).sort().join() !== KEYS) throw malformed
  const { v, kind, iterations, ...texts } = found as Record<string, unknown>
  const whole = typeof iterations === 'number' && Number.isInteger(iterations) && iterations >= 1 && iterations <= MOST_ITERATIONS
  if (v !== 1 || kind !== 'bidhall-recovery' || !whole || Object.values(texts).some((text) => typeof text !== 'string')) throw malformed
  return found as RecoveryFile
}

function bytesOf(text: string, length?: number): Bytes {
  let bytes: Bytes
  try {
    bytes = fromBase64(text)
  } catch {
    throw new Failure('recovery_file_malformed')
  }
  if (length !== undefined && bytes.length !== length) throw new Failure('recovery_file_malformed')
  return bytes
}

function boundTo(head: Bytes, prefix: Bytes, iterations: number, salt: Bytes, iv: Bytes): Readonly<Record<string, Json>> {
  return { v: 1, kind: 'bidhall-recovery', head: base64(head), prefix: base64(prefix), iterations, salt: base64(salt), iv: base64(iv) }
}

async function derived(passphrase: string, salt: Bytes, iterations: number, usage: 'encrypt' | 'decrypt'): Promise<CryptoKey> {
  const secret = await crypto.subtle.importKey('raw', utf8(passphrase), 'PBKDF2', false, ['deriveKey'])
  return crypto.subtle.deriveKey({ name: 'PBKDF2', hash: 'SHA-256', salt, iterations }, secret, { name: 'AES-GCM', length: 256 }, false, [usage])
}
