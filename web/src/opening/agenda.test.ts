import { describe, expect, it } from 'vitest'
import { bidder, lot, view } from '../../tests/view'
import { STEPS, currentLot, currentStep, participantName, undecided } from './agenda'

const step = (stage: string, ...lots: string[]): string | undefined =>
  STEPS[currentStep(view({ stage, lots: lots.map((one, index) => lot({ lot: String(index), stage: one })) }))]

describe('the bar of steps', () => {
  it.each([
    ['sign_in', 'sealed', 'sign_in'],
    ['deadline', 'sealed', 'list'],
    ['opening', 'check', 'check'],
    ['opening', 'checked', 'decryption'],
    ['opening', 'disclosure', 'decryption'],
    ['opening', 'read_out', 'read_out'],
    ['opening', 'objections', 'objections'],
    ['record', 'done', 'record'],
    ['leaving', 'done', 'close'],
  ])('in stage %s with a lot in %s stands at %s', (stage, lotStage, expected) => {
    expect(step(stage, lotStage)).toBe(expected)
  })

  it('waits for the lot that is furthest behind', () => {
    expect(step('opening', 'objections', 'decryption', 'failed')).toBe('decryption')
  })

  it('is past its end when the opening is closed', () => {
    expect(step('closed', 'done')).toBeUndefined()
  })
})

it('speaks of the lot that the banner names, else of the first that is not settled', () => {
  const lots = [lot({ lot: '1', stage: 'done' }), lot({ lot: '2', stage: 'check' }), lot({ lot: '3', stage: 'check' })]
  expect(currentLot(view({ lots }))?.lot).toBe('2')
  expect(currentLot(view({ lots, waiting: { role: 'host', act: 'declare_sealing', lot: '3', until: null } }))?.lot).toBe('3')
})

it('leaves bids that are still being opened out of what must be decided', () => {
  const bidders = [bidder('a', { release: 'opened' }), bidder('b', { release: 'received' }), bidder('c'), bidder('d', { release: 'failed' }), bidder('e', { cause: 'deemed_revoked' }), bidder('f', { status: 'absent' })]
  expect(undecided(lot({ bidders })).map(({ bidder }) => bidder)).toEqual(['c', 'd', 'f'])
})

it('names participants by what the viewer may know', () => {
  const seen = view({ lots: [lot({ bidders: [bidder('jia')] })] })
  expect(participantName(seen, 'bidder-jia')).toBe('jia 公司')
  expect(participantName(seen, 'bidder-yi')).toBe('yi')
  expect(participantName(seen, 'procuring-entity')).toBe('李明')
})
