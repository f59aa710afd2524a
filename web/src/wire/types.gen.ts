// Generated from hall/wire.py by `python -m hall.wire_types`. Change it there.

export interface You {
  role: string
  party: string
  name: string
  certificate: string
  participant: string
}

export interface StaffView {
  role: string
  name: string
  unit: string
  certificate: string
}

export interface DepositView {
  bidder: string
  size: number
  sha256: string
  received_at: number
  recipient: string
  intact: boolean | null
}

export interface PriceView {
  bidder: string
  price: string
  capitals: string
  period: string
  quality: string
  manager: string
  security: string
}

export interface BidderView {
  bidder: string
  name: string
  certificate: string
  status: string
  sealing: string
  held: boolean
  release: string
  failure: string
  cause: string
  read_out: boolean
  price_answer: string
  representative: string
  phones: string[]
}

export interface ObjectionView {
  objection: number
  bidder: string
  text: string
  outcome: string
  answer: string
}

export interface WindowView {
  opened_at: number
  closes_at: number
  closed_at: number | null
  early: boolean
}

export interface LotView {
  lot: string
  name: string
  stage: string
  price_ceiling: string | null
  bidders: BidderView[]
  deposits: DepositView[]
  answer_by: number | null
  window: WindowView | null
  command: Record<string, unknown> | null
  prices: PriceView[]
  price_answer_by: number | null
  objections: ObjectionView[]
  objections_not_before: number | null
}

export interface RecordView {
  sha256: string
  content: string
  signed: string[]
  completed: boolean
}

export interface PresenceView {
  participant: string
  state: string
  since: number
  cause: string
  confidence: string
}

export interface IncidentView {
  incident: number
  kind: string
  clause: string
  subject: string
  detail: string
}

export interface Waiting {
  role: string
  act: string
  lot: string
  until: number | null
}

export interface TimelineEntry {
  n: number
  at: number
  kind: string
  lot: string
  subject: string
  detail: string
}

export interface Checkpoint {
  size: number
  root: string
  note: string
}

export interface Manifest {
  digest: string
  code: string
}

export interface View {
  opening: string
  origin: string
  tender: string
  tender_name: string
  tender_number: string
  place: string
  mode: string
  clock_advanced: number
  stage: string
  bid_deadline: number
  sign_in_from: number
  you: You
  signed_in: boolean
  staff: StaffView[]
  lots: LotView[]
  manifest: Manifest | null
  checkpoint: Checkpoint | null
  may: string[]
  waiting: Waiting | null
  record: RecordView | null
  leave_by: number | null
  presence: PresenceView[]
  media: string[]
  publish: boolean
  sending: boolean
  recording: boolean
  incidents: IncidentView[]
}

export interface Update {
  cursor: number
  view: View
  timeline: TimelineEntry[]
}

export interface Receipt {
  v: number
  origin: string
  tender: string
  lot: string
  bidder: string
  size: number
  sha256: string
  commit: string
  recipient: string
  received_at: number
  leaf: string
  trust_roots: string
  signature: string
}

export interface Ack {
  v: number
  act: string
  opening: string
  body_digest: string
  received_at: number
  events: string[]
  signature: string
}
