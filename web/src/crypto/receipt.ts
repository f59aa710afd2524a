/** The hall's receipt for a deposit, held against what was sent and against the hall's published key the moment it arrives. */
import { Failure } from '@/failure'
import { type Receipt } from '@/wire/types.gen'
import { type SignedAct, actBody } from './act'
import { type Bytes, fromBase64, fromHex, hex, sha256, utf8, concat } from './bytes'
import { type Json, canonicalBytes } from './canonical'

/** A published log key: `name+hex id+base64`, of which the last part is a byte 1 and the 32 bytes of an Ed25519 key. */
export function logKeyOf(published: string): Bytes {
  const parts = /^[^+\s]+\+[0-9a-f]{8}\+([A-Za-z0-9+/=]+)$/.exec(published)
  try {
    const bytes = fromBase64(parts?.[1] ?? '')
    if (bytes.length === 33 && bytes[0] === 1) return bytes.slice(1)
  } catch {
    // Said below.
  }
  throw new Failure('receipt_mismatch', { field: 'log_key' })
}

/**
 * Whether the receipt promises what the act stated, under the key published with the tender. Throws Failure('receipt_mismatch', {field}).
 * False: everything agrees, and this browser is too old to check the signature.
 */
export async function checkReceipt(receipt: Receipt, act: SignedAct, published: string): Promise<boolean> {
  const stated = actBody(act)
  const expected: Record<string, unknown> = {
    origin: act.origin,
    tender: act.tender,
    lot: act.lot,
    size: stated['size'],
    sha256: stated['sha256'],
    commit: stated['commit'],
    recipient: stated['recipient'],
  }
  const said = receipt as unknown as Record<string, unknown>
  for (const [field, value] of Object.entries(expected)) if (said[field] !== value) throw new Failure('receipt_mismatch', { field })
  const key = logKeyOf(published)
  if (hex(await sha256(key)) !== receipt.log_key) throw new Failure('receipt_mismatch', { field: 'log_key' })
  const { signature, ...promise } = said
  const message = concat(utf8('bidhall/1 receipt\0'), canonicalBytes(promise as Record<string, Json>))
  let imported: CryptoKey
  try {
    imported = await crypto.subtle.importKey('raw', key, 'Ed25519', false, ['verify'])
  } catch {
    return false
  }
  const bytes = typeof signature === 'string' ? fromBase64(signature) : fromHex('')
  if (!(await crypto.subtle.verify('Ed25519', imported, bytes, message))) throw new Failure('receipt_mismatch', { field: 'signature' })
  return true
}
