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
  if (!equal(keyOf(earlier), keyOf(identity.certificate))) throw new Failure('wrong_certificate', { needed: fingerprint })
  const { lent } = identity.lend()
  const info = { ...identity.info, ...certificateInfo(earlier), kind: identity.info.kind, notAfter: identity.info.notAfter }
  if (lent.kind === 'file') return borrow({ kind: 'file', keys: { ...lent.keys, certificate: earlier, fingerprint, info: { ...info, kind: lent.keys.info.kind } } })
  lent.port.close()
  // A token's program is told of the earlier certificate with the release, and looks itself whether it holds this very key.
  const unwrap: Identity['unwrap'] = (header, reason) => identity.unwrap(header, reason.kind === 'release' ? { ...reason, earlier } : reason)
  return { ...identity, certificate: earlier, fingerprint, info, unwrap }
}

function keyOf(certificate: Bytes): Bytes {
  return new Uint8Array(parseCertificate(certificate).subjectPublicKeyInfo.toSchema().toBER())
}
