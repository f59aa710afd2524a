/**
 * The earlier certificate of a key that was renewed (clause 5.2.3). Whatever certificate the hall gives, it has to hold this very key; and
 * the release's own checks demand the bidder's statement under it.
 */
import { Failure } from '@/failure'
import { type Bytes, equal, hex, sha256 } from './bytes'
import { certificateInfo, parseCertificate } from './certificate'
import { borrow } from './holding'
import { type Identity } from './identity'

/** The same key under its earlier certificate, for as long as the present one is valid. Code: wrong_certificate. */
export async function formerly(identity: Identity, earlier: Bytes): Promise<Identity> {
  const fingerprint = hex(await sha256(earlier))
  const { lent } = identity.lend()
  // A token's program knows its own certificate alone.
  if (lent.kind !== 'file' || !equal(keyOf(earlier), keyOf(identity.certificate))) throw new Failure('wrong_certificate', { needed: fingerprint })
  const info = { ...lent.keys.info, ...certificateInfo(earlier), kind: lent.keys.info.kind, notAfter: identity.info.notAfter }
  return borrow({ kind: 'file', keys: { ...lent.keys, certificate: earlier, fingerprint, info } })
}

function keyOf(certificate: Bytes): Bytes {
  return new Uint8Array(parseCertificate(certificate).subjectPublicKeyInfo.toSchema().toBER())
}
