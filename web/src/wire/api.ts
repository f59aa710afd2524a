/** The hall's calls, one function each, as docs/protocol.md lists them. */
import { type ActContext, type SignedAct } from '@/crypto/act'
import { type Bytes, base64 } from '@/crypto/bytes'
import { get, getBytes, getFile, post, put } from './http'
import { type Ack, type EntrustedView, type Receipt, type Update, type You } from './types.gen'

export interface DemoAccount {
  readonly role: string
  readonly party: string
  readonly name: string
  readonly url: string
  readonly certificate_file: string
}

/** Exists in the demonstration only; `role` and `certificate_file` follow from the host name and are empty on any other. */
export interface Demo {
  readonly role: string
  readonly certificate_file: string
  readonly password: string
  readonly sample_bid: string
  readonly accounts: readonly DemoAccount[]
}

export interface TenderLot {
  readonly lot: string
  readonly name: string
  readonly price_ceiling: string | null
  /** The lot that bids of this one are alternatives to (备选方案), '' for main bids. */
  readonly alternative_to: string
  readonly columns: readonly { readonly key: string; readonly title: string }[]
}

export interface TenderCard {
  readonly tender: string
  readonly name: string
  readonly number: string
  readonly place: string
  readonly lots: readonly TenderLot[]
  readonly opening: string
  readonly stage: string
  readonly bid_deadline: number
  readonly sign_in_from: number
  readonly suite: string
  readonly origin: string
  readonly staff: readonly { readonly role: string; readonly name: string; readonly unit: string; readonly certificate: string }[]
  readonly deputies: readonly { readonly role: string; readonly name: string; readonly unit: string; readonly certificate: string }[]
  readonly custody: string
  /** What the documents allow a bidder whose key opens nothing any more: none, recovery_file. */
  readonly remedy: string
  /** The hall's log key as published with the tender: `name+hex id+base64`. */
  readonly log_key: string
  readonly mine?: readonly Receipt[]
}

export interface HallInfo {
  readonly origin: string
  readonly mode: 'production' | 'rehearsal'
  readonly name: string
  readonly hotline: string
  readonly now: number
  readonly video: { readonly width: number; readonly height: number; readonly rate: number }
  /** Whether this hall compares faces, of those who consent to it. */
  readonly compares_faces: boolean
  /** Where a client that gets no answer has its signed message stamped; "" for nowhere. */
  readonly tsa_url: string
  readonly tenders: readonly TenderCard[]
  readonly demo: Demo | null
}

export interface Me {
  readonly name: string
  readonly party: string
  readonly certificate: string
  readonly roles: readonly { readonly tender: string; readonly opening: string; readonly role: string }[]
  /** bidder or staff. */
  readonly kind: string
  /** What the person is in the whole hall: trading_centre, regulator, procuring_entity, evaluator. */
  readonly offices: readonly string[]
}

export interface Upload {
  readonly upload: string
  readonly received: number
}

export interface PreparedRecord {
  readonly prepared: string
  readonly revision: string
  readonly digest: string
  readonly attributes: string
}

export interface RecordingInfo {
  readonly participant: string
  readonly file: string
  readonly epoch: number
  readonly mime: string
  readonly start: number
  readonly end: number
  readonly seconds: number
}

/** A notice to this party; `text` as it was sent, `sha256` of subject and text. */
export interface Notice {
  readonly notice: string
  readonly kind: string
  readonly tender: string
  /** "" for a letter from a matter; then `path` may name the page that it is about. */
  readonly opening: string
  readonly path: string
  readonly lot: string
  readonly at: number
  readonly until: number | null
  readonly subject: string
  readonly text: string
  readonly sha256: string
  readonly read_at: number | null
  readonly signed: boolean
}

interface Attempt {
  readonly channel: string
  readonly attempt: number
  readonly at: number
  readonly code?: string
}

/** The hall's signed record of one notice's delivery. */
export interface Delivery {
  readonly notice: string
  readonly tender: string
  readonly opening: string
  readonly kind: string
  readonly role: string
  readonly party: string
  readonly due_at: number
  readonly sent: readonly Attempt[]
  readonly failed: readonly Attempt[]
  readonly read: { readonly at: number; readonly act: SignedAct | null } | null
  readonly signature: string
}

/** The hall's signed word that it took nothing (refusal), or that a bid was withdrawn in time (withdrawal). */
export interface Paper {
  readonly tender: string
  readonly lot: string
  readonly received_at: number
  readonly sha256: string
  readonly signature: string
  readonly what?: string
  readonly code?: string
  readonly deadline?: number
}

/** What a file about an unanswered message shows (clause 4.7). Times in ms UTC. */
export interface Finding {
  readonly sha256: string
  readonly act: string
  readonly lot: string
  readonly bidder: string
  readonly name: string
  readonly stamped_at: number
  readonly by: string
  readonly end: number
  readonly in_time: boolean
  readonly answered: boolean
}

export interface Papers {
  readonly refusals: readonly Paper[]
  readonly withdrawals: readonly Paper[]
}

export const getHall = (): Promise<HallInfo> => get('/api/hall')
export const getTime = async (): Promise<number> => (await get<{ now: number }>('/api/time')).now
export const getMe = (): Promise<Me> => get('/api/me')
export const getTender = (tender: string): Promise<TenderCard> => get(`/api/tenders/${segment(tender)}`)
export const logout = (): Promise<unknown> => post('/api/logout')

export async function getNonce(certificate: string): Promise<string> {
  return (await get<{ nonce: string }>(`/api/nonce?certificate=${certificate}`)).nonce
}

export function login(act: SignedAct, certificate: Bytes): Promise<{ you: readonly You[]; certificate_status: string }> {
  return post('/api/login', { act, certificate: base64(certificate), robot: false })
}

const lotPath = (tender: string, lot: string): string => `/api/tenders/${segment(tender)}/lots/${segment(lot)}`

export const beginUpload = (tender: string, lot: string, size: number, sha256: string): Promise<Upload> =>
  post(`${lotPath(tender, lot)}/uploads`, { size, sha256 })
/** Announce the kept file of a deposit whose copies the hall has damaged; its slices follow as an upload's do. */
export const beginAgain = (tender: string, lot: string, size: number, sha256: string): Promise<Upload> =>
  post(`${lotPath(tender, lot)}/restorations`, { size, sha256 })
export const restoreBid = (upload: string): Promise<{ sha256: string }> => post(`/api/uploads/${segment(upload)}/restore`, {})
export const putSlice = (upload: string, offset: number, slice: Blob, sha256: string): Promise<{ received: number }> =>
  put(`/api/uploads/${segment(upload)}?offset=${offset}`, slice, { 'X-Slice-SHA256': sha256, 'Content-Type': 'application/octet-stream' })
export const deposit = (upload: string, act: SignedAct): Promise<Receipt> => post(`/api/uploads/${segment(upload)}/deposit`, { act })
export const getOwnHeader = (tender: string, lot: string): Promise<Bytes> => getBytes(`${lotPath(tender, lot)}/header`)
export const getOwnDeposit = async (tender: string, lot: string): Promise<SignedAct> =>
  (await get<{ act: SignedAct }>(`${lotPath(tender, lot)}/deposit`)).act

/** The receipt as a PDF under the hall's seal. */
export const getReceiptPdf = (tender: string, lot: string): Promise<Bytes> => getBytes(`${lotPath(tender, lot)}/receipt.pdf`)

export const withdraw = (tender: string, act: SignedAct): Promise<Paper> => post(`/api/tenders/${segment(tender)}/withdraw`, { act })
/** What the hall gave in writing, as a PDF under its seal; `number` counts from 0 in that list. */
export const getPaperPdf = (tender: string, kind: 'refusals' | 'withdrawals', number: number): Promise<Bytes> =>
  getBytes(`/api/tenders/${segment(tender)}/papers/${kind}/${String(number)}`)
export const getPapers = (tender: string): Promise<Papers> => get(`/api/tenders/${segment(tender)}/papers`)

export const getInbox = async (): Promise<readonly Notice[]> => (await get<{ notices: readonly Notice[] }>('/api/inbox')).notices
/** The viewer has opened a notice; with `act` it has signed that it did. */
export const readNotice = (notice: string, act: SignedAct | null): Promise<Delivery> => post(`/api/inbox/${segment(notice)}/read`, act === null ? {} : { act })
export const getDelivery = (notice: string): Promise<Delivery> => get(`/api/inbox/${segment(notice)}/delivery`)
export const getDeliveries = async (id: string): Promise<readonly Delivery[]> => (await get<{ notices: readonly Delivery[] }>(`${opening(id)}/notices`)).notices

const opening = (id: string): string => `/api/openings/${segment(id)}`

export const getUpdate = (id: string, cursor: number): Promise<Update> => get(`${opening(id)}?cursor=${cursor}`)
/** What lies with the asking custodian in a lot. */
export const getEntrusted = async (id: string, lot: string): Promise<readonly EntrustedView[]> =>
  (await get<{ keys: readonly EntrustedView[] }>(`${opening(id)}/entrusted/${segment(lot)}`)).keys
export const postAct = (id: string, act: SignedAct): Promise<Ack> => post(`${opening(id)}/acts`, { act })
export const getCertificate = (id: string, sha256: string): Promise<Bytes> => getBytes(`${opening(id)}/certificates/${sha256}`)
export const prepareRecord = (id: string): Promise<PreparedRecord> => post(`${opening(id)}/record/prepare`)
export const getPreparedRecord = (id: string, prepared: string): Promise<Bytes> => getBytes(`${opening(id)}/record/prepared/${segment(prepared)}`)
export const signRecord = (id: string, prepared: string, signature: Bytes): Promise<{ revision: string }> =>
  post(`${opening(id)}/record/sign`, { prepared, signature: base64(signature) })
export const getRecordings = (id: string): Promise<readonly RecordingInfo[]> => get(`${opening(id)}/recordings`)

export const getConsistency = (id: string, first: number, second: number): Promise<{ path: readonly string[] }> => get(`${opening(id)}/proof/consistency?first=${first}&second=${second}`)
export const getInclusion = (id: string, leaf: string, size: number): Promise<{ index: number; path: readonly string[] }> => get(`${opening(id)}/proof/inclusion?leaf=${leaf}&size=${size}`)
export const postCosignature = (id: string, size: number, line: string): Promise<unknown> => post(`${opening(id)}/proof/cosignatures`, { size, line })
export const handIn = (id: string, act: unknown, token: string): Promise<Finding> => post(`${opening(id)}/proof/unanswered`, { act, token })

export const handInPaper = async (id: string, file: Blob): Promise<{ sha256: string }> =>
  put(`${opening(id)}/papers`, new Uint8Array(await file.arrayBuffer()), { 'Content-Type': 'application/octet-stream' })
export const paperUrl = (id: string, paper: number): string => `${opening(id)}/papers/${paper}`

export const certificateUrl = (id: string, sha256: string): string => `${opening(id)}/certificates/${sha256}`
export const recordUrl = (id: string): string => `${opening(id)}/record.pdf`
export const causeUrl = (id: string, lot: string): string => `${opening(id)}/cause.json?lot=${encodeURIComponent(lot)}`
export const presenceUrl = (id: string): string => `${opening(id)}/presence.json`
export const referenceUrl = (id: string, bidder: string): string => `${opening(id)}/reference/${segment(bidder)}`
export const bundleUrl = (id: string): string => `${opening(id)}/bundle.zip`
export const keysUrl = (id: string): string => `${opening(id)}/recordings.key`
export const trustUrl = (id: string): string => `${opening(id)}/trust.json`
export const recordingPath = (id: string, participant: string, file: string): string => `${opening(id)}/recordings/${segment(participant)}/${segment(file)}`
export const recordingUrl = (id: string, recording: RecordingInfo): string => recordingPath(id, recording.participant, recording.file)

/** Where acts that belong to no opening stand. */
export const NOWHERE: Omit<ActContext, 'origin' | 'server_nonce'> = {
  tender: '',
  lot: '',
  opening: '',
  deadline: 0,
  epoch: 0,
  manifest: '0'.repeat(64),
  tree_size: 0,
  tree_root: '0'.repeat(64),
}

function segment(text: string): string {
  return encodeURIComponent(text)
}

/** Some pages of an opened bid, marked for this reader; `broken`: pages of them that could not be shown. */
export interface BidPages {
  readonly first: number
  readonly last: number
  readonly count: number
  readonly broken: readonly number[]
  readonly pdf: Bytes
}

export async function getBidPages(tender: string, lot: string, bidder: string, first: number): Promise<BidPages> {
  const at = [tender, 'evaluation', 'bids', lot, bidder, 'pages'].map(encodeURIComponent).join('/')
  const { bytes, headers } = await getFile(`/api/tenders/${at}?first=${first}`)
  const [from = '1', last = '1', count = '1'] = (headers.get('Hall-Pages') ?? '').split(/[-/]/)
  const broken = (headers.get('Hall-Broken') ?? '').split(',').filter((page) => page !== '')
  return { first: Number(from), last: Number(last), count: Number(count), broken: broken.map(Number), pdf: bytes }
}
