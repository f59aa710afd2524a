/** The record equals the journal, and the signatures hold: read from the PDF's byte ranges and the CMS between them. */
import * as asn1js from 'asn1js'
import * as pkijs from 'pkijs'
import { type Bytes, concat, equal, fromHex } from '@/crypto/bytes'
import { keyKind, parseCertificate, verifySignature } from '@/crypto/certificate'
import { type Json } from '@/crypto/canonical'
import { Failure } from '@/failure'
import { sha256, sha256hex } from './digest'
import { type Body, type Fault, type Story, list, object, parsed, same, where } from './story'

const RECORD = 'record/record.pdf'
const CONTENT = 'record/record.json'
const RANGE = /\/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*\]/g
const MOST = 256
const DISCLOSED = ['bidder', 'price', 'period', 'quality', 'manager', 'security', 'bid_sha256']
const CAUSE = ['lot', 'bidder', 'cause', 'incident', 'reason']
const WINDOW = ['lot', 'opened_at', 'closed_at', 'undecrypted']
const MESSAGE_DIGEST = '1.2.840.113549.1.9.4'

export async function record(story: Story): Promise<Fault[] | null> {
  if (!story.members.has(CONTENT) && !story.whole) return null
  const prepared = story.first('RecordPrepared')
  const [completed] = story.of('RecordCompleted').slice(-1) // Each signature that was added afterwards completed it anew.
  if (prepared === undefined || completed === undefined) return [{ where: RECORD, code: 'no_record' }]
  const faults: Fault[] = []
  const size = Number(prepared.body['tree_size'])
  if (!(size > 0 && size <= prepared.index) || story.tree.root(size) !== prepared.body['tree_root']) faults.push({ where: where(prepared), code: 'other_history' })
  if (story.digests.get(CONTENT) !== prepared.body['content']) faults.push({ where: CONTENT, code: 'other_record' })
  if (story.digests.get(RECORD) !== completed.body['sha256']) faults.push({ where: RECORD, code: 'other_record' })
  const content = object(parsed(await story.bytes(CONTENT)))
  if (content === null) return [...faults, { where: CONTENT, code: 'unreadable' }]
  const told = tells(story, prepared.body)
  const differing = Object.keys(told).filter((key) => !same(given(content, key), told[key]))
  return [...faults, ...differing.map((key) => ({ where: `${CONTENT}: ${key}`, code: 'differs' }))]
}

/** What record.json must say of these keys. */
function tells(story: Story, prepared: Body): Body {
  const moves = story.of(['DeadlineMoved', 'OpeningPostponed'])
  const moved = moves[moves.length - 1]
  const { plan } = story
  return {
    opening: plan['opening'] as Json,
    origin: plan['origin'] as Json,
    mode: plan['mode'] as Json,
    bid_deadline: (moved?.body['after'] ?? plan['bid_deadline']) as Json,
    tree_size: prepared['tree_size'] as Json,
    tree_root: prepared['tree_root'] as Json,
    windows: story.of('DecryptionCommanded').map((command) => {
      const closed = story.first('WindowClosed', { lot: command.body['lot'] as Json })
      const { lot, opened_at } = command.body as Record<string, Json>
      return { lot: lot as Json, opened_at: opened_at as Json, closed_at: closed?.body['at'] ?? null, undecrypted: closed?.body['undecrypted'] ?? [] }
    }),
    read_out: list(plan['lots']).flatMap((one) => {
      const lot = object(one)?.['lot'] as Json
      const bids = story.of('PricesDisclosed', { lot }).flatMap((row) => list(row.body['bids']))
      return bids.map((bid) => ({ lot, ...only(bid, DISCLOSED) }))
    }),
    causes: story.of('CauseDecided').map((row) => only(row.body, CAUSE)),
  }
}

function given(content: Body, key: string): Json | undefined {
  const names = { windows: WINDOW, read_out: ['lot', ...DISCLOSED], causes: CAUSE }[key]
  return names === undefined ? content[key] : list(content[key]).map((one) => only(one, names))
}

function only(value: Json, names: readonly string[]): Record<string, Json> {
  return Object.fromEntries(names.map((name) => [name, object(value)?.[name] ?? null]))
}

export async function signed(story: Story): Promise<Fault[]> {
  const faults = [...story.unsigned]
  if (!story.members.has(RECORD)) return faults
  const found = await signatures(await story.bytes(RECORD), story)
  for (const row of story.of('RecordSigned')) {
    const own = found.filter((one) => one.revision === row.body['sha256']).map((one) => one.certificate)
    if (own.length !== 1 || own[0] !== row.body['certificate']) faults.push({ where: where(row), code: 'no_pdf_signature' })
    else if (!story.certificates.has(String(row.body['certificate']))) faults.push({ where: where(row), code: 'no_certificate' })
  }
  for (const role of ['procuring_entity', 'scrutineer', 'clerk']) {
    if (story.first(['RecordSigned', 'SignatureRefused', 'SignatureMissing'], { role }) === undefined) faults.push({ where: `${RECORD}: ${role}`, code: 'no_pdf_signature' })
  }
  return faults
}

/** Each signature of the PDF: digest of the file up to its end, and of its signer's certificate ("" where it does not hold). */
async function signatures(pdf: Bytes, story: Story): Promise<{ revision: string; certificate: string }[]> {
  const found: { revision: string; certificate: string }[] = []
  const text = new TextDecoder('latin1').decode(pdf)
  for (const match of [...text.matchAll(RANGE)].slice(0, MOST)) {
    const [first, length, second, rest] = match.slice(1, 5).map(Number) as [number, number, number, number]
    const end = second + rest
    if (first !== 0 || length <= 0 || length >= second || second > end || end > pdf.length) continue
    const certificate = await signer(text.slice(length + 1, second - 1), concat(pdf.subarray(0, length), pdf.subarray(second, end)), story)
    found.push({ revision: sha256hex(pdf.subarray(0, end)), certificate })
  }
  return found
}

async function signer(blob: string, covered: Bytes, story: Story): Promise<string> {
  try {
    const content = pkijs.ContentInfo.fromBER(fromHex(blob.toLowerCase()))
    const data = new pkijs.SignedData({ schema: content.content as unknown })
    const info = data.signerInfos[0]
    const digest = info?.signedAttrs?.attributes.find((attribute) => attribute.type === MESSAGE_DIGEST)?.values[0] as unknown
    if (info?.signedAttrs === undefined || !(digest instanceof asn1js.OctetString) || !(info.sid instanceof pkijs.IssuerAndSerialNumber)) return ''
    if (!equal(new Uint8Array(digest.getValue()), sha256(covered))) return ''
    const attributes = new Uint8Array(info.signedAttrs.encodedValue)
    const signature = new Uint8Array(info.signature.getValue())
    for (const one of data.certificates ?? []) {
      if (!(one instanceof pkijs.Certificate) || !one.serialNumber.isEqual(info.sid.serialNumber)) continue
      const der = new Uint8Array(one.toSchema(false).toBER(false))
      if (await holds(der, attributes, signature, story)) return sha256hex(der)
    }
  } catch {
    return ''
  }
  return ''
}

async function holds(der: Bytes, data: Bytes, signature: Bytes, story: Story): Promise<boolean> {
  try {
    const raw = keyKind(parseCertificate(der)) === 'ec' ? joined(signature) : signature
    return await verifySignature(der, data, raw)
  } catch (thrown) {
    if (!(thrown instanceof Failure) || thrown.code !== 'unsupported_key') return false
    story.unknown += 1
    return true
  }
}

/** r | s of 32 bytes each, out of the DER that CMS has. */
function joined(signature: Bytes): Bytes {
  const { result } = asn1js.fromBER(signature)
  const numbers = result instanceof asn1js.Sequence ? result.valueBlock.value : []
  return concat(
    ...numbers.map((number) => {
      const plain = new Uint8Array((number as asn1js.Integer).valueBlock.valueHexView)
      const short = plain.slice(plain.findIndex((byte) => byte !== 0))
      return concat(new Uint8Array(Math.max(0, 32 - short.length)), short)
    }),
  )
}
