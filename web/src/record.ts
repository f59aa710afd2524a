/**
 * Signing the opening record: fetch the prepared PDF, hash what its ByteRange covers here, compare with what the hall asks to be
 * signed, and only then sign the CMS attributes. The hall's word alone is never signed.
 */
import { fromBase64 } from '@/crypto/bytes'
import { type Identity } from '@/crypto/identity'
import { checkPreparedRecord } from '@/crypto/pdfdigest'
import { getPreparedRecord, prepareRecord, signRecord } from '@/wire/api'

export const SIGNING_STEPS = ['fetch', 'digest', 'sign', 'post'] as const
export type SigningStep = (typeof SIGNING_STEPS)[number]

/** Gives the record's new revision. Throws Failure: digest_not_confirmed, malformed_pdf, and the hall's own codes. */
export async function signOpeningRecord(opening: string, identity: Identity, onStep: (step: SigningStep) => void): Promise<string> {
  onStep('fetch')
  const { prepared, digest, attributes } = await prepareRecord(opening)
  const pdf = await getPreparedRecord(opening, prepared)
  onStep('digest')
  const toSign = await checkPreparedRecord(pdf, digest, fromBase64(attributes), identity.certificate)
  onStep('sign')
  const signature = await identity.sign(toSign, { kind: 'record', pdf })
  onStep('post')
  return (await signRecord(opening, prepared, signature)).revision
}
