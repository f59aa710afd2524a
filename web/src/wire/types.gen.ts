// Generated from hall/wire by `python -m hall.wire_types`. Change it there.

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

export interface WindowView {
  opened_at: number
  closes_at: number
  closed_at: number | null
  early: boolean
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
  results: string
  own_window: WindowView | null
  identity: string
  summary: string
  reference: string
  copies: string
  remedy: string
  remedy_reason: string
}

export interface ObjectionView {
  objection: number
  bidder: string
  text: string
  outcome: string
  answer: string
}

export interface ResultsView {
  role: string
  decrypted: string[]
  undecrypted: string[]
  answer_by: number | null
}

export interface SpanView {
  bidder: string
  kind: string
  start: number
  end: number
}

export interface QuoteView {
  bidder: string
  price: string
  capitals: string
  stands: boolean
}

export interface RoundView {
  round: number
  bidders: string[]
  quoted_by: number
  quoted: boolean
  closed: boolean
  silent: string[]
  quotes: QuoteView[]
  disclosed: boolean
}

export interface DrawView {
  draw: number
  purpose: string
  values: string[]
  parties: string[]
  commit_by: number
  reveal_by: number | null
  committed: string[]
  revealed: string[]
  missing: string[]
  seed: string
  chosen: string
  over: boolean
}

export interface ColumnView {
  key: string
  title: string
}

export interface LotView {
  lot: string
  name: string
  stage: string
  price_ceiling: string | null
  columns: ColumnView[]
  base_price: string | null
  bidders: BidderView[]
  deposits: DepositView[]
  answer_by: number | null
  window: WindowView | null
  command: Record<string, unknown> | null
  prices: PriceView[]
  price_answer_by: number | null
  objections: ObjectionView[]
  objections_not_before: number | null
  checked_by: string
  results: ResultsView | null
  rounds: RoundView[]
  draws: DrawView[]
  ledger: SpanView[]
  alternative_to: string
}

export interface TextView {
  key: string
  title: string
  text: string
  read: boolean
}

export interface MessageView {
  message: number
  at: number
  speaker: string
  channel: string
  text: string
  hidden: string
}

export interface BidReportView {
  lot: string
  bidder: string
  outcome: string
  pdf: string
  report: string
  signatures: PdfSignatureView[]
}

export interface PaperView {
  paper: number
  role: string
  title: string
  mime: string
  sha256: string
  size: number
}

export interface PdfSignatureView {
  signer: string
  certificate: string
  intact: boolean
  coverage: string
  changes: string
  signed_at: number | null
  stamped_at: number | null
  revocation: string
  code: string
}

export interface RemarkView {
  remark: number
  role: string
  stance: string
  about: string
  text: string
}

export interface CallView {
  callee: string
  outcome: string
  text: string
  recording: string
}

export interface IncidentView {
  incident: number
  kind: string
  clause: string
  subject: string
  detail: string
  scope: string[]
  start: number | null
  end: number | null
  corrects: number
  by_hall: boolean
  explanation: string
}

export interface RegisterView {
  entries: number
  digest: string
  unexplained: number[]
  signed: boolean
}

export interface UnsignedView {
  role: string
  refused: boolean
  reason: string
}

export interface RecordView {
  sha256: string
  content: string
  signed: string[]
  completed: boolean
  unsigned: UnsignedView[]
  record_by: number | null
}

export interface PresenceView {
  participant: string
  state: string
  since: number
  cause: string
  confidence: string
}

export interface GapView {
  code: string
  lot: string
  subject: string
  blocking: boolean
}

export interface AttemptView {
  at: number
  participant: string
  act: string
  lot: string
  code: string
  told: boolean
}

export interface IntervalView {
  participant: string
  state: string
  start: number
  end: number | null
  cause: string
  confidence: string
}

export interface OperatorView {
  participant: string
  certificate: string
  changed: boolean
  address: string
  agent: string
  device: string
}

export interface SelfCheckView {
  at: number
  certificate: string
  results: string[]
}

export interface SheetView {
  lot: string
  bidder: string
  since: number
  until: number
  attempts: AttemptView[]
  presence: IntervalView[]
  faults: number[]
  checks: SelfCheckView[]
  proposal: string
  reason: string
  incident: number
}

export interface Camera {
  participant: string
  name: string
}

export interface RecordingFile {
  sha256: string
  size: number
  mime: string
  start: number
  end: number
}

export interface ExternalRecording {
  recording: string
  name: string
  place: string
  reason: string
  named_at: number | null
  standing: boolean
  files: RecordingFile[]
}

export interface LookView {
  participant: string
  moment: string
}

export interface FlagView {
  participant: string
  moment: string
  score: number
  flag: string
  at: number
}

export interface CheckView {
  name: string
  passed: boolean
  detail: string
}

export interface SplitView {
  opens_at: number | null
  closes_at: number | null
  continues_at: number | null
  venue: string
  group: string
}

export interface SuspensionView {
  number: number
  kind: string
  clause: string
  reason: string
  since: number
  last_good: number
  at: number
  by_hall: boolean
  reason_by: number | null
  reasoned: boolean
  solve_by: number | null
  testing: boolean
  checks: CheckView[]
  passed: boolean
  resumes_at: number | null
  split: SplitView | null
  adjourned_until: number | null
  ended: number | null
}

export interface StanceView {
  role: string
  stance: string
  reason: string
}

export interface ConsultationView {
  number: number
  about: string
  suspension: number
  lot: string
  bidder: string
  answer_by: number
  answers: StanceView[]
}

export interface DeadlineChange {
  before: number
  after: number
  reason: string
}

export interface CustodianView {
  role: string
  name: string
  certificate: string
}

export interface CustodyView {
  rule: string
  custodians: CustodianView[]
  named: Record<string, unknown> | null
  owner: string
  owner_passed: (Record<string, unknown>)[]
  successors: string[]
}

export interface EntrustedView {
  bidder: string
  release: Record<string, unknown>
  envelope: string
  inner: string
  salt: string
  commit: string
}

export interface RenewalView {
  bidder: string
  name: string
  previous: string
  certificate: string
  at: number
  same_key: boolean
  state: string
}

export interface MemberView {
  name: string
  code: string
}

export interface RegistrationDocument {
  sha256: string
  name: string
  size: number
  kind: string
  at: number
  received: boolean
}

export interface RegistrantView {
  bidder: string
  name: string
  at: number
  documents: string[]
  complete: boolean
  members: MemberView[]
}

export interface QuestionView {
  number: number
  text: string
  document: string
  asked_at: number
  mine: boolean
  answer: string
  substantial: boolean
  answered_at: number
  answer_due: number
}

export interface RegistrationView {
  open_to_all: boolean
  deadline: number
  ask_until: number
  change_until: number
  given_from: number
  given_until: number
  documents: RegistrationDocument[]
  may_download: boolean
  refusal: string
  mine: RegistrantView | null
  questions: QuestionView[]
  registrations: RegistrantView[] | null
  may: string[]
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

export interface Cosigner {
  role: string
  certificate: string
  at: number
  here: boolean
}

export interface Checkpoint {
  size: number
  root: string
  note: string
  cosigners: Cosigner[]
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
  epoch: number
  held: boolean
  deadlines: DeadlineChange[]
  suspension: SuspensionView | null
  suspensions: SuspensionView[]
  continues_at: number | null
  consultations: ConsultationView[]
  notary: string
  deputies: StaffView[]
  texts: TextView[]
  messages: MessageView[]
  remarks: RemarkView[]
  papers: PaperView[]
  bid_reports: BidReportView[]
  muted: string[]
  calls: CallView[]
  register: RegisterView | null
  gaps: GapView[]
  observer: boolean
  sheets: SheetView[]
  attempts: AttemptView[]
  absences: IntervalView[]
  operators: OperatorView[]
  floor: string
  hands: string[]
  cameras: Camera[]
  stills: string[]
  broadcast: string[]
  external: ExternalRecording[]
  checks_due: LookView[]
  flags: FlagView[]
  custody: CustodyView
  renewals: RenewalView[]
}

export interface Update {
  cursor: number
  view: View
  timeline: TimelineEntry[]
  version: number
}

export interface Change {
  path: string
  value: unknown
}

export interface Changes {
  version: number
  cursor: number
  timeline: TimelineEntry[]
  changes: Change[]
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
  log_key: string
  signature: string
}

export interface Ack {
  v: number
  act: string
  opening: string
  body_digest: string
  received_at: number
  events: string[]
  leaf: string
  signature: string
}

export interface FindingView {
  lot: string
  bidder: string
  name: string
  reason: string
  code: string
  others: string[]
  other_names: string[]
  facts: Record<string, string>
}

export interface CandidateView {
  bidder: string
  name: string
  rank: number
  price: string
  points: number
  period: string
  quality: string
  manager: string
  out: string
}

export interface RejectionView {
  bidder: string
  name: string
  reason: string
  text: string
  evidence: string[]
}

export interface DecisionView {
  decision: number
  bidder: string
  name: string
  price: string
  ground: string
  reason: string
  decided_at: number
  contract_by: number
  complain_by: number
  complain_as: string
}

export interface AwardPaper {
  bidder: string
  name: string
  kind: string
  sha256: string
  size: number
}

export interface ContractView {
  number: string
  signed_on: string
  filed_at: number
  sha256: string
}

export interface EndView {
  kind: string
  ground: string
  reason: string
  at: number
  bidder: string
}

export interface OwnResult {
  result: string
  rank: number
  points: number
  rejection: RejectionView | null
}

export interface AwardLotView {
  lot: string
  status: string
  publish_by: number
  start: number
  until: number
  left: number
  candidates: CandidateView[]
  next: string
  ranking: CandidateView[]
  rejections: RejectionView[]
  objections: string[]
  decision: DecisionView | null
  papers: AwardPaper[]
  contract: ContractView | null
  ends: EndView[]
  own: OwnResult | null
  may: string[]
}

export interface AwardLimits {
  publish_within: number
  publicity: number
  objection_answer: number
  answer_working: boolean
  complaint: number
  complaint_working: boolean
  contract: number
  report: number
  holidays: string[]
  extra: string[]
}

export interface AwardView {
  reported: number
  report: string
  suspended: string
  law: string
  limits: AwardLimits
  lots: AwardLotView[]
  checked: boolean
  findings: FindingView[]
}

export interface SupervisionStep {
  what: string
  at: number
  by: string
  text: string
  reason: string
  files: string[]
  late: boolean
}

export interface CaseEvidence {
  size: number
  root: string
  listing: string
  files: number
  at: number
  bundle: string
  bundle_size: number
  bundle_rows: number
}

export interface CaseView {
  case: number
  kind: string
  about: string
  against: string
  against_party: string
  lot: string
  stage: string
  filed_at: number
  mine: boolean
  flags: string[]
  prior: number
  limit: string
  due: number | null
  days_left: number | null
  light: string
  stopped: boolean
  suspends: boolean
  result: string
  basis: string
  text: string
  reason: string
  merged_into: number
  officers: string[]
  files: string[]
  evidence: CaseEvidence | null
  held: boolean
  steps: SupervisionStep[]
  readable: boolean
  stars: number
  rating: string
  days_used: number | null
  may: string[]
}

export interface PublicQuestionView {
  question: number
  state: string
  asked_at: number
  words: string
  redacted: boolean
  answer: string
  reason: string
  by: string
  at: number | null
  due: number | null
  light: string
  readable: boolean
}

export interface HotlineCallView {
  call: number
  at: number
  logged_at: number
  topic: string
  outcome: string
  by: string
  recording: string
  case: number
}

export interface CountView {
  kind: string
  filed: number
  open: number
  refused: number
  withdrawn: number
  merged: number
  upheld: number
  partly: number
  rejected: number
  on_time: number
  late: number
  days: number
}

export interface SupervisionCounts {
  kinds: CountView[]
  calls: number
  questions: number
  questions_answered: number
  ratings: number
  stars: number
}

export interface FilingWay {
  kind: string
  about: string
  lot: string
  open: boolean
  until: number | null
  days: number
  working: boolean
  objection_first: boolean
  article: string
}

export interface SupervisionView {
  law: string
  suspended: string
  ways: FilingWay[]
  cases: CaseView[]
  questions: PublicQuestionView[]
  calls: HotlineCallView[]
  counts: SupervisionCounts
  may: string[]
}

export interface StatementView {
  state: string
  name: string
  contact: string
  facts: string
  demands: string
}

export interface CodeShown {
  number: number
  code: string
  received_at: number
  refused: string
}

export interface CodeLookup {
  tender: string
  case: CaseView | null
  question: PublicQuestionView | null
  statement: StatementView
}

export interface CentreYear {
  year: number
  holidays: string[]
  extra: string[]
  source: string
  at: number
}

export interface CentreSetting {
  key: string
  value: string
}

export interface CentreRoom {
  room: string
  name: string
}

export interface CentreRoot {
  sha256: string
  subject: string
  until: number
}

export interface CentreProposal {
  proposal: number
  kind: string
  party: string
  office: string
  sha256: string
  certificate: string
  by: string
  reason: string
  at: number
  mine: boolean
}

export interface CentreLine {
  at: number
  by: string
  what: string
  about: string
  reason: string
}

export interface CentreView {
  may: string[]
  years: CentreYear[]
  settings: CentreSetting[]
  rooms: CentreRoom[]
  roots: CentreRoot[]
  proposals: CentreProposal[]
  experts: number
  lines: number
  recent: CentreLine[]
}

export interface CentreCertificate {
  sha256: string
  subject: string
  issuer: string
  organisation: string
  common_name: string
  credit_code: string
  not_before: number
  not_after: number
  key: string
  code: string
  state: string
  certificate: string
}

export interface CentreParty {
  party: string
  name: string
  kind: string
  standing: string
  code: string
  identity: string
  active: boolean
  offices: string[]
  reached: string[]
  certificates: CentreCertificate[]
}

export interface CentreParties {
  total: number
  parties: CentreParty[]
}

export interface CentreExpert {
  party: string
  name: string
  unit: string
  specialities: string[]
  recuses: string[]
  at: number
}

export interface CentreExperts {
  total: number
  experts: CentreExpert[]
}

export interface CentreLines {
  total: number
  lines: CentreLine[]
}

export interface CentreClash {
  what: string
  who: string
  name: string
  opening: string
  other: string
}

export interface CentreBooking {
  tender: string
  opening: string
  name: string
  place: string
  begins: number
  ends: number
  stage: string
  staff: string[]
}

export interface CentreBookings {
  bookings: CentreBooking[]
  clashes: CentreClash[]
}

export interface NoticeColumnView {
  key: string
  title: string
}

export interface NoticeLotView {
  lot: string
  name: string
  price_ceiling: string | null
  columns: NoticeColumnView[]
  alternatives: number
}

export interface NoticeDocumentView {
  sha256: string
  title: string
  version: number
  kind: string
  size: number
  addendum: number
  readable: boolean
}

export interface NoticeChecklistView {
  item: string
  text: string
  in_notice: string
  in_documents: string
  ticked: boolean
}

export interface NoticeCriterionView {
  key: string
  title: string
  kind: string
  points: number
  text: string
}

export interface NoticeCriteriaView {
  method: string
  criteria: NoticeCriterionView[]
  committee: number
  representatives: number
  candidates: number
  publicity_days: number
  low_price_flag: number
  price_formula: string
  price_above: number
  price_below: number
  price_down: number
  price_trim: number
  quotas: NoticeQuotaView[]
}

export interface NoticePostView {
  role: string
  party: string
  name: string
  unit: string
  certificate: string
  known: boolean
}

export interface NoticeQuotaView {
  speciality: string
  seats: number
}

export interface NoticeFilingView {
  revision: number
  number: string
  authority: string
  compiled_by: string
  filed_by: string
  filed_at: number
  paper: string
}

export interface NoticeAddendumView {
  addendum: number
  title: string
  text: string
  touches_bids: boolean
  issued_at: number
  confirmed: string[]
}

export interface NoticeClashView {
  what: string
  name: string
  other: string
}

export interface NoticeMinimumView {
  minimum: string
  article: string
  days: number
  working: boolean
  kept: boolean
  earliest: number
  binds: boolean
}

export interface NoticeMissingView {
  step: string
  what: string
}

export interface NoticeView {
  tender: string
  stage: string
  revision: number
  name: string
  number: string
  category: string
  region: string
  procuring_entity: string
  entity_code: string
  agency: string
  suite: string
  makers: string[]
  title: string
  text: string
  open_documents: boolean
  consortium: boolean
  individuals: boolean
  invitation_only: boolean
  invited: string[]
  law: string
  method: string
  custody: string
  settings: Record<string, number>
  lots: NoticeLotView[]
  documents: NoticeDocumentView[]
  checklist: NoticeChecklistView[]
  criteria: NoticeCriteriaView
  staff: NoticePostView[]
  deputies: NoticePostView[]
  documents_from: number
  documents_until: number
  bid_deadline: number
  place: string
  opening: string
  filing: NoticeFilingView | null
  published_at: number
  cancelled_at: number
  cancelled_reason: string
  addenda: NoticeAddendumView[]
  minima: NoticeMinimumView[]
  missing: NoticeMissingView[]
  clashes: NoticeClashView[]
  binds: boolean
  may: string[]
}

export interface EvaluationYou {
  member: number
  chair: boolean
  bidder: string
  committee: boolean
}

export interface EvaluationMember {
  number: number
  kind: string
  state: string
  chair: number
  read: boolean
  done: number
  total: number
  signed: boolean
  name: string
  unit: string
}

export interface EvaluationDraw {
  draw: number
  parties: string[]
  committed: string[]
  revealed: string[]
  commit_by: number
  reveal_by: number | null
  pool: number
  barred: Record<string, number>
  vacant: number
  digest: string
  seed: string
  outcome: string
  yours: string
}

export interface EvaluationBid {
  lot: string
  bidder: string
  name: string
  price: string
  columns: Record<string, string>
  sha256: string
  summary: string
  rejected: string
}

export interface EvaluationCriterion {
  key: string
  title: string
  kind: string
  points: number
  text: string
}

export interface EvaluationItem {
  lot: string
  bidder: string
  criterion: string
  passed: boolean | null
  points: number | null
  reason: string
  at: number
}

export interface EvaluationNext {
  lot: string
  bidder: string
  criterion: string
}

export interface EvaluationSheet {
  member: number
  items: EvaluationItem[]
  digest: string
  signed_at: number | null
  version: number
}

export interface EvaluationMessage {
  member: number
  text: string
  at: number
}

export interface EvaluationVote {
  member: number
  agrees: boolean
  reason: string
  at: number
}

export interface EvaluationMotion {
  motion: number
  kind: string
  lot: string
  bidder: string
  reason: string
  about: string
  text: string
  evidence: string[]
  by: number
  at: number
  messages: EvaluationMessage[]
  votes: EvaluationVote[]
  outcome: string
  decided_at: number | null
  yours: boolean | null
}

export interface EvaluationPrice {
  formula: string
  above: number
  below: number
  down: number
  trim: number
}

export interface EvaluationQuestion {
  question: number
  lot: string
  bidder: string
  text: string
  asked_at: number
  answer_by: number
  outcome: string
  answer: string
  files: string[]
  answered_at: number | null
}

export interface EvaluationFinding {
  lot: string
  bidder: string
  reason: string
  code: string
  others: string[]
  facts: Record<string, string>
}

export interface EvaluationCorrection {
  correction: number
  member: number
  lot: string
  bidder: string
  criterion: string
  before: number
  after: number | null
  reason: string
  found_by: number
  found_at: number
  state: string
  version: number
  digest: string
}

export interface EvaluationRank {
  lot: string
  bidder: string
  name: string
  price: string
  points: number
  rank: number
  price_points: number
  by_member: Record<string, number>
}

export interface EvaluationVoice {
  member: number
  stance: string
  reason: string
  at: number | null
}

export interface EvaluationResult {
  ranking: EvaluationRank[]
  failed: string[]
  report: string
  prepared_at: number
  sign_by: number
  voices: EvaluationVoice[]
  final: boolean
}

export interface EvaluationAccess {
  member: number
  lot: string
  bidder: string
  pages: string
  copy: string
  at: number
}

export interface EvaluationView {
  tender: string
  stage: string
  now: number
  you: EvaluationYou
  method: string
  size: number
  representatives: number
  suspended: string
  may: string[]
  draws: EvaluationDraw[]
  members: EvaluationMember[]
  chair: number
  criteria: EvaluationCriterion[]
  price: EvaluationPrice | null
  criteria_digest: string
  bids: EvaluationBid[]
  bids_digest: string
  sheet: EvaluationSheet | null
  next: EvaluationNext | null
  sheets: EvaluationSheet[]
  motions: EvaluationMotion[]
  questions: EvaluationQuestion[]
  findings: EvaluationFinding[]
  corrections: EvaluationCorrection[]
  result: EvaluationResult | null
  accesses: EvaluationAccess[]
}

export interface AgencyTender {
  tender: string
  name: string
  number: string
  stage: string
  bid_deadline: number
  missing: number
  changed_at: number
}

export interface AgencyStaff {
  party: string
  name: string
  certificate: string
}

export interface Appointable {
  people: AgencyStaff[]
}

export interface AgencyView {
  offices: string[]
  binds: boolean
  tenders: AgencyTender[]
  staff: AgencyStaff[]
}

export interface NamedParty {
  party: string
  name: string
  code: string
}

export interface NamedParties {
  total: number
  parties: NamedParty[]
}
