/** Whose key it is: one certificate for signing and opening, a pair of SM2 certificates, or the renewal of a key (clause 5.2.3). */
import { type Json } from '@/crypto/canonical'
import { type Bytes, hex } from '@/crypto/bytes'
import { attribute, keyKind, parseCertificate } from '@/crypto/certificate'
import { type Row, type Story } from './story'

const ORGANISATION = '2.5.4.10'
const NUMBER = '2.5.4.5'

/** One certificate for both; in the suite GM the pair that one CA gave to one subject. Digests in hex. */
export function oneHolder(story: Story, signer: string, recipient: string): boolean {
  if (signer === recipient) return true
  const [one, other] = both(story, signer, recipient)
  if (one === undefined || other === undefined) return false
  const [a, b] = [parseCertificate(one), parseCertificate(other)]
  if (keyKind(a) !== 'sm2' || keyKind(b) !== 'sm2') return false
  return encoded(a.subject) === encoded(b.subject) && encoded(a.issuer) === encoded(b.issuer)
}

/** Whether a bidder's row counts under a certificate that renewed `recipient` with the same key, by its sheet. */
export function renewed(story: Story, row: Row, bidder: string, recipient: string): boolean {
  const signer = row.act?.certificate ?? ''
  const [one, other] = both(story, signer, recipient)
  if (one === undefined || other === undefined) return false
  if (encoded(parseCertificate(one).subjectPublicKeyInfo) !== encoded(parseCertificate(other).subjectPublicKeyInfo)) return false
  const sheets = story.of('CertificateShown', { bidder, previous: recipient }).filter((sheet) => sheet.index < row.index && sheet.act?.certificate === signer)
  const decided = story.of('CertificateDecided', { bidder, previous: recipient, certificate: signer, accepted: true })
  return sheets.some((sheet) => sheet.holds === true && (sheet.body['counts'] === true || decided.some(({ index }) => sheet.index < index && index < row.index)))
}

/** Whether a release rests on a recovery file: where the rules have it, claimed before by the same signer. */
export function remedied(story: Story, row: Row, bidder: string, recipient: string): boolean {
  const rules = story.plan['rules'] as Record<string, Json> | undefined
  const claims = story.of('RemedyClaimed', { bidder, lot: row.body['lot'] as Json })
  const signer = row.act?.certificate
  if (!sameName(story, signer ?? '', recipient)) return false
  return rules?.['remedy'] === 'recovery_file' && signer !== undefined && claims.some((claim) => claim.index < row.index && claim.holds !== false && claim.act?.certificate === signer)
}

/** Whether both certificates name one holder: organisation and serial number of the subject, the whole subject where neither has a number. */
export function sameName(story: Story, signer: string, recipient: string): boolean {
  if (signer === recipient) return true
  const [one, other] = both(story, signer, recipient)
  if (one === undefined || other === undefined) return false
  const [a, b] = [parseCertificate(one).subject, parseCertificate(other).subject]
  const said = [NUMBER, ORGANISATION].map((type) => [attribute(a, type), attribute(b, type)] as const)
  if (said[0]?.[0] === '' && said[0][1] === '') return encoded(a) === encoded(b)
  return said.every(([mine, theirs]) => mine === theirs)
}

function both(story: Story, one: string, other: string): (Bytes | undefined)[] {
  return [story.certificates.get(one), story.certificates.get(other)]
}

function encoded(part: { toSchema: () => { toBER: (sizeOnly?: boolean) => ArrayBuffer } }): string {
  return hex(new Uint8Array(part.toSchema().toBER(false)))
}
