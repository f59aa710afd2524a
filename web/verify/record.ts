/** The record equals the journal, and the signatures hold: read from the PDF's byte ranges and the CMS between them. */
import * as asn1js from 'asn1js'
import * as pkijs from 'pkijs'
import { type Bytes, concat, equal, fromBase64, fromHex, utf8 } from '@/crypto/bytes'
import { keyKind, parseCertificate, verifySignature } from '@/crypto/certificate'
import { type Json, canonical } from '@/crypto/canonical'
import { rawOf } from './der'
import { sha256, sha256hex } from './digest'
import { verifies } from './ed25519'
import { type Body, type Fault, type Story, list, object, parsed, same, where } from './story'
import * as tokens from './tokens'

const RECORD = 'record/record.pdf'
const CONTENT = 'record/record.json'
const PUBLIC = 'record/public.json'
const RANGE = /\/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*\]/g
const MOST = 256
const DISCLOSED = ['bidder', 'price', 'period', 'quality', 'manager', 'security', 'bid_sha256']
const CAUSE = ['lot', 'bidder', 'cause', 'incident', 'reason']
const WINDOW = ['lot', 'opened_at', 'closed_at', 'undecrypted']
const MESSAGE_DIGEST = '1.2.840.113549.1.9.4'
const STAMP_ATTRIBUTE = '1.2.840.113549.1.9.16.2.14'

export async function record(story: Story): Promise<Fault[] | null> {
  if (!story.members.has(CONTENT) && !story.whole) return story.members.has(PUBLIC) ? edition(story) : null
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
  return [...faults, ...differing(story, CONTENT, content, prepared.body)]
}

function differing(story: Story, name: string, content: Body, prepared: Body): Fault[] {
  const told = tells(story, prepared)
  return Object.keys(told).filter((key) => !same(given(content, key), told[key])).map((key) => ({ where: `${name}: ${key}`, code: 'differs' }))
}

/** Whether the bundle holds no record but its public edition, which the hall alone answers for. */
export const isEdition = (story: Story): boolean => !story.members.has(CONTENT) && story.members.has(PUBLIC)

/** The public edition is of the journalled record, by the hall's log key, and tells what the rows tell. */
async function edition(story: Story): Promise<Fault[]> {
  const prepared = story.first('RecordPrepared')
  const content = object(parsed(await story.bytes(PUBLIC)))
  if (prepared === undefined || content === null) return [{ where: PUBLIC, code: 'unreadable' }]
  const faults: Fault[] = []
  if (content['content'] !== prepared.body['content']) faults.push({ where: PUBLIC, code: 'other_record' })
  const { signature, ...body } = content
  const message = concat(utf8('bidhall/1 public_record\0'), utf8(canonical(body)))
  if (!(await verifies(story.anchors.logKey, message, decoded(signature)))) faults.push({ where: PUBLIC, code: 'not_the_halls' })
  return [...faults, ...differing(story, PUBLIC, content, prepared.body)]
}

function decoded(value: Json | undefined): Bytes {
  try {
    return fromBase64(String(value))
  } catch {
    return new Uint8Array()
  }
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

/**
 * Every act that can be read, and each signature of the record, holds; each of these bears a time stamp, and one over the whole closes it.
 */
export async function signed(story: Story): Promise<Fault[]> {
  const faults = [...story.unsigned]
  if (!story.members.has(RECORD)) return faults
  const found = await signatures(await story.bytes(RECORD), story)
  for (const row of story.of('RecordSigned')) {
    const own = found.filter((one) => one.revision === row.body['sha256'])
    if (own.length !== 1 || own[0]?.certificate !== row.body['certificate']) faults.push({ where: where(row), code: 'no_pdf_signature' })
    else if (!story.certificates.has(String(row.body['certificate']))) faults.push({ where: where(row), code: 'no_certificate' })
    else if (!own[0]?.stamped) faults.push({ where: where(row), code: 'bad_stamp' })
  }
  if (story.first('RecordCompleted') !== undefined && !found.some((one) => one.last && one.closes)) faults.push({ where: RECORD, code: 'not_closed' })
  for (const role of ['procuring_entity', 'scrutineer', 'clerk']) {
    if (story.first(['RecordSigned', 'SignatureRefused', 'SignatureMissing'], { role }) === undefined) faults.push({ where: `${RECORD}: ${role}`, code: 'no_pdf_signature' })
  }
  return faults
}

/**
 * One CMS of the PDF. revision: digest of the file up to its end, `last` where that is the file's; certificate: digest of its signer's, ""
 * where it does not hold; stamped: it bears one good time stamp; closes: it is a good time stamp itself, over all before it.
 */
interface Found {
  readonly revision: string
  readonly last: boolean
  readonly certificate: string
  readonly stamped: boolean
  readonly closes: boolean
}

async function signatures(pdf: Bytes, story: Story): Promise<Found[]> {
  const found: Found[] = []
  const text = new TextDecoder('latin1').decode(pdf)
  for (const match of [...text.matchAll(RANGE)].slice(0, MOST)) {
    const [first, length, second, rest] = match.slice(1, 5).map(Number) as [number, number, number, number]
    const end = second + rest
    if (first !== 0 || length <= 0 || length >= second || second > end || end > pdf.length) continue
    const covered = concat(pdf.subarray(0, length), pdf.subarray(second, end))
    const none = { revision: sha256hex(pdf.subarray(0, end)), last: end === pdf.length, certificate: '', stamped: false, closes: false }
    try {
      found.push({ ...none, ...(await judged(fromHex(text.slice(length + 1, second - 1).toLowerCase()), covered, story)) })
    } catch {
      found.push(none)
    }
  }
  return found
}

async function judged(blob: Bytes, covered: Bytes, story: Story): Promise<Partial<Found>> {
  const der = blob.slice(0, asn1js.fromBER(blob).offset) // The field is filled up with zeros behind it.
  if (tokens.isToken(der)) return { closes: await isStamp(der, covered, story) }
  const content = pkijs.ContentInfo.fromBER(der)
  const data = new pkijs.SignedData({ schema: content.content as unknown })
  return { certificate: await signer(data, covered), stamped: await bearsStamp(data.signerInfos[0], story) }
}

/** Whether one time stamp lies beside a signature, over its value. Two would leave a choice. */
async function bearsStamp(info: pkijs.SignerInfo | undefined, story: Story): Promise<boolean> {
  const found = (info?.unsignedAttrs?.attributes ?? []).filter((one) => one.type === STAMP_ATTRIBUTE).flatMap((one) => one.values as asn1js.BaseBlock[])
  const [token] = found
  if (info === undefined || token === undefined || found.length !== 1) return false
  return isStamp(new Uint8Array(token.valueBeforeDecodeView), new Uint8Array(info.signature.getValue()), story)
}

async function isStamp(token: Bytes, data: Bytes, story: Story): Promise<boolean> {
  return (await tokens.check(token, data, story.tsaRoots, story.certificates.values())) !== null
}

async function signer(data: pkijs.SignedData, covered: Bytes): Promise<string> {
  const info = data.signerInfos[0]
  const digest = info?.signedAttrs?.attributes.find((attribute) => attribute.type === MESSAGE_DIGEST)?.values[0] as unknown
  if (info?.signedAttrs === undefined || !(digest instanceof asn1js.OctetString) || !(info.sid instanceof pkijs.IssuerAndSerialNumber)) return ''
  if (!equal(new Uint8Array(digest.getValue()), sha256(covered))) return ''
  const attributes = new Uint8Array(info.signedAttrs.encodedValue)
  const signature = new Uint8Array(info.signature.getValue())
  for (const one of data.certificates ?? []) {
    if (!(one instanceof pkijs.Certificate) || !one.serialNumber.isEqual(info.sid.serialNumber)) continue
    const der = new Uint8Array(one.toSchema(false).toBER(false))
    if (await holds(der, attributes, signature)) return sha256hex(der)
  }
  return ''
}

async function holds(der: Bytes, data: Bytes, signature: Bytes): Promise<boolean> {
  try {
    return await verifySignature(der, data, keyKind(parseCertificate(der)) === 'ec' ? rawOf(signature, 32) : signature)
  } catch {
    return false
  }
}
