import { describe, expect, it } from 'vitest'
import { lot, suspension, view } from '../../tests/view'
import { asked, nextSigner, ownDuty, readables, seatOf, unsolved } from './duty'

const HOUR = 3_600_000
const regulator = { role: 'regulator', party: 'r', name: '王建国', certificate: 'r', participant: 'regulator' }
const owner = { role: 'procuring_entity', party: 'o', name: '李明', certificate: '', participant: 'procuring-entity' }
const consultation = { number: 1, about: 'suspension', suspension: 1, lot: '', bidder: '', answer_by: 900, answers: [] }

describe('the viewer’s own duty', () => {
  it('comes before what the banner names, when the viewer is asked beside it', () => {
    const waiting = { role: 'host', act: 'request_test', lot: '', until: 5_000 }
    const seen = view({ you: regulator, may: ['consult'], consultations: [consultation], waiting })
    expect(ownDuty(seen, 800)).toEqual({ act: 'consult', lot: '', until: 900 })
    expect(ownDuty(seen, 901)).toBeNull()
  })

  it('is nothing while others are waited for', () => {
    expect(ownDuty(view({ waiting: { role: 'host', act: 'announce_bidders', lot: '1', until: null } }), 0)).toBeNull()
    expect(ownDuty(view({ waiting: { role: 'bidder', act: 'release', lot: '1', until: null } }), 0)).toBeNull()
  })

  it('is an act that the hall would take now, in its lot', () => {
    const seen = view({ may: ['release:1'], waiting: { role: 'bidder', act: 'release', lot: '1', until: 7 } })
    expect(ownDuty(seen, 0)).toEqual({ act: 'release', lot: '1', until: 7 })
  })

  it('is the reason of a suspension as long as one is awaited', () => {
    const awaited = view({ you: owner, may: ['reason_suspension'], suspension: suspension({ reason_by: 400 }) })
    expect(ownDuty(awaited, 0)?.act).toBe('reason_suspension')
    expect(ownDuty({ ...awaited, suspension: suspension() }, 0)).toBeNull()
  })

  it('is to open keys, for the certificate that keeps them, though its post has gone to somebody else', () => {
    const relieved = { role: 'notary', party: 'n', name: '郑岩', certificate: 'n', participant: 'notary' }
    const staff = [{ role: 'notary', name: '吴悦', unit: '', certificate: 'other' }] as unknown as ReturnType<typeof view>['staff']
    const seen = view({ you: relieved, staff, may: ['open_entrusted:1'], waiting: { role: 'notary', act: 'open_entrusted', lot: '1', until: null } })
    expect(seatOf(seen)).toBe('relieved')
    expect(ownDuty(seen, 0)).toEqual({ act: 'open_entrusted', lot: '1', until: null })
    expect(ownDuty({ ...seen, may: [] }, 0)).toBeNull()
  })

  it('is the host’s own part of a draw, while the banner names the bidders', () => {
    const draw = { draw: 1, purpose: '系数', values: ['1', '2'], parties: ['jia', 'host'], commit_by: 9, reveal_by: null, committed: [], revealed: [], missing: [], seed: '', chosen: '', over: false }
    const host = { role: 'host', party: 'h', name: '李文静', certificate: 'h', participant: 'host' }
    const seen = view({ you: host, lots: [lot({ draws: [draw] })], may: ['commit_draw:1'], waiting: { role: 'bidder', act: 'commit_draw', lot: '1', until: 9 } })
    expect(ownDuty(seen, 0)).toEqual({ act: 'commit_draw', lot: '1', until: 9 })
    expect(ownDuty({ ...seen, may: ['open_quotes:1'] }, 0)).toBeNull()
  })

  it('is the split once three hours are over, and not a millisecond before', () => {
    const seen = view({ you: owner, may: ['declare_split'], suspension: suspension({ solve_by: 3 * HOUR }) })
    expect(ownDuty(seen, 3 * HOUR)).toBeNull()
    expect(ownDuty(seen, 3 * HOUR + 1)?.act).toBe('declare_split')
  })
})

it('asks again whoever let the time pass: a late answer counts in its place', () => {
  const answered = (stance: string): number => asked(view({ you: regulator, may: ['consult'], consultations: [{ ...consultation, answers: [{ role: 'regulator', stance, reason: '' }] }] })).length
  expect(answered('no_answer')).toBe(1)
  expect(answered('agrees')).toBe(0)
})

it('calls nothing unsolved that is split or adjourned', () => {
  const split = { opens_at: 1, closes_at: 2, continues_at: null, venue: 'online', group: '' }
  expect(unsolved(suspension({ solve_by: 1, split }), 2)).toBe(false)
  expect(unsolved(suspension({ solve_by: 1, adjourned_until: 9 }), 2)).toBe(false)
  expect(unsolved(null, 2)).toBe(false)
})

it('knows a deputy from the holder by the certificate, and gives it no duty', () => {
  const host = { role: 'host', name: '李文静', unit: '', certificate: 'first' }
  const named = { ...host, name: '陈建国', certificate: 'second' }
  const you = { role: 'host', party: 'd', name: '陈建国', certificate: 'second', participant: 'host' }
  const before = view({ you, staff: [host], deputies: [named], may: ['take_post'], waiting: { role: 'host', act: 'take_post', lot: '', until: null } })
  expect(seatOf(before)).toBe('deputy')
  expect(ownDuty(before, 0)).toBeNull()
  expect(seatOf({ ...before, staff: [named] })).toBe('holder')
  const relieved = { ...before, you: { ...you, certificate: 'first' }, staff: [named], waiting: { role: 'host', act: 'announce_bidders', lot: '1', until: null } }
  expect(seatOf(relieved)).toBe('relieved')
  expect(ownDuty(relieved, 0)).toBeNull()
})

it('has disagreements read out after the prepared texts, as long as they are unread', () => {
  const answers = [{ role: 'regulator', stance: 'disagrees', reason: '应先核实' }]
  const texts = [{ key: 'opening', title: '开场', text: '现在开标', read: true }]
  const gaps = [{ code: 'disagreement_unread', lot: '', subject: 'disagreement-1-regulator', blocking: true }]
  const seen = view({ texts, consultations: [{ ...consultation, answers }], gaps })
  expect(readables(seen).map(({ key, read }) => [key, read])).toEqual([
    ['opening', true],
    ['disagreement-1-regulator', false],
  ])
  expect(readables({ ...seen, gaps: [] })).toHaveLength(1)
})

it('passes over a signer who refused, also after the close', () => {
  const record = { sha256: '', content: '', signed: ['procuring_entity'], completed: false, unsigned: [{ role: 'scrutineer', refused: true, reason: 'x' }], record_by: 9 }
  expect(nextSigner(view({ stage: 'closed', record }))).toBe('clerk')
  expect(nextSigner(view({ record: { ...record, completed: true } }))).toBe('')
  expect(nextSigner(view())).toBe('')
})
