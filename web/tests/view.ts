/** A view to start tests from: an opening of one lot, seen by a bidder that has signed in. */
import { type BidderView, type LotView, type View } from '@/wire/types.gen'

export function bidder(id: string, changes: Partial<BidderView> = {}): BidderView {
  return {
    bidder: id,
    name: `${id} 公司`,
    certificate: '',
    status: 'listed',
    sealing: '',
    held: false,
    release: 'waiting',
    failure: '',
    cause: '',
    read_out: false,
    price_answer: '',
    representative: '',
    phones: [],
    ...changes,
  }
}

export function lot(changes: Partial<LotView> = {}): LotView {
  return {
    lot: '1',
    name: '第一标段',
    stage: 'sealed',
    price_ceiling: null,
    bidders: [],
    deposits: [],
    answer_by: null,
    window: null,
    command: null,
    prices: [],
    price_answer_by: null,
    objections: [],
    objections_not_before: null,
    ...changes,
  }
}

export function view(changes: Partial<View> = {}): View {
  return {
    opening: 'T1-opening',
    origin: 'https://hall.example',
    tender: 'T1',
    tender_name: '工程',
    tender_number: '2026-1',
    place: '网上',
    mode: 'production',
    clock_advanced: 0,
    stage: 'sign_in',
    bid_deadline: 1_000,
    sign_in_from: 0,
    you: { role: 'bidder', party: 'jia', name: '甲公司', certificate: '', participant: 'bidder-jia' },
    signed_in: true,
    staff: [{ role: 'procuring_entity', name: '李明', unit: '建设中心', certificate: '' }],
    lots: [lot()],
    manifest: null,
    checkpoint: null,
    may: [],
    waiting: null,
    record: null,
    leave_by: null,
    presence: [],
    media: [],
    publish: true,
    sending: false,
    recording: false,
    incidents: [],
    ...changes,
  }
}
