/**
 * A content key entrusted to custodians (clauses 4.11, 5.3.4): enveloped to the supervisor, inside that to the notary where one is
 * appointed. Bound to tender, lot, bidder, opening and the sealed header's salt, so that no envelope can be moved.
 */
import { Failure } from '@/failure'
import { type Bytes, concat, equal, hex, lengthPrefixed, sha256, utf8 } from './bytes'
import { wrapEnvelope } from './envelope'
import { type Identity } from './identity'

export interface Place {
  readonly tender: string
  readonly lot: string
  readonly bidder: string
  readonly opening: string
  readonly salt: Bytes
}

const KEY = utf8('bidhall/1 entrusted key\0')
const ENVELOPE = utf8('bidhall/1 entrusted envelope\0')

/** For the first custodian to open, then the next. `inner`: SHA-256 of the envelope inside, '' where the key itself is. */
export async function entrust(cek: Bytes, place: Place, custodians: readonly Bytes[]): Promise<{ envelope: Bytes; inner: string }> {
  const context = await contextOf(place)
  const last = custodians[custodians.length - 1]
  if (last === undefined) throw new Failure('custody_changed')
  let envelope = await wrapEnvelope(last, concat(KEY, context, cek))
  let inner = ''
  for (const custodian of custodians.slice(0, -1).reverse()) {
    inner = hex(await sha256(envelope))
    envelope = await wrapEnvelope(custodian, concat(ENVELOPE, context, envelope))
  }
  return { envelope, inner }
}

/** What is inside: the next envelope, or the key. Codes: envelope_damaged, wrong_context, entrusted_mismatch. */
export function openEntrusted(envelope: Bytes, inner: string, place: Place, identity: Identity): Promise<Bytes> {
  return identity.openEntrusted(envelope, inner, place)
}

/** What is inside, of the plaintext of an envelope; what was made for another place or purpose stays where it is. */
export async function contentOf(plain: Bytes, inner: string, place: Place): Promise<Bytes> {
  const head = concat(inner === '' ? KEY : ENVELOPE, await contextOf(place))
  if (!equal(plain.slice(0, head.length), head)) throw new Failure('wrong_context')
  const content = plain.slice(head.length)
  const fits = inner === '' ? content.length === 32 : hex(await sha256(content)) === inner
  if (!fits) throw new Failure('entrusted_mismatch')
  return content
}

function contextOf({ tender, lot, bidder, opening, salt }: Place): Promise<Bytes> {
  return sha256(lengthPrefixed(utf8(tender), utf8(lot), utf8(bidder), utf8(opening), salt))
}
