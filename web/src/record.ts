/**
 * Signing the opening record: fetch the prepared PDF, hash what its ByteRange covers here, compare with what the hall asks to be
 * signed, show the person these very bytes, and only then sign the CMS attributes. The hall's word alone is never signed.
 */
import { type Bytes, fromBase64 } from '@/crypto/bytes'
import { type Identity } from '@/crypto/identity'
import { checkPreparedRecord } from '@/crypto/pdfdigest'
import { getPreparedRecord, prepareRecord, signRecord } from '@/wire/api'

export const SIGNING_STEPS = ['fetch', 'digest', 'read', 'sign', 'post'] as const
export type SigningStep = (typeof SIGNING_STEPS)[number]

/** What waits for a signature, checked: the pages to be read are the bytes that are signed. The hall keeps it for ten minutes. */
export interface RecordToSign {
  readonly prepared: string
  readonly pdf: Bytes
  readonly toSign: Bytes
}

/** Throws Failure: digest_not_confirmed, malformed_pdf, and the hall's own codes. */
export async function recordToSign(opening: string, identity: Identity, onStep: (step: SigningStep) => void): Promise<RecordToSign> {
  onStep('fetch')
  const { prepared, digest, attributes } = await prepareRecord(opening)
  const pdf = await getPreparedRecord(opening, prepared)
  onStep('digest')
  const toSign = await checkPreparedRecord(pdf, digest, fromBase64(attributes), identity.certificate)
  onStep('read')
  return { prepared, pdf, toSign }
}

/** Gives the record's new revision. */
export async function signOpeningRecord(opening: string, identity: Identity, read: RecordToSign, onStep: (step: SigningStep) => void): Promise<string> {
  onStep('sign')
  const signature = await identity.sign(read.toSign, { kind: 'record', pdf: read.pdf })
  onStep('post')
  return (await signRecord(opening, read.prepared, signature)).revision
}
