import { describe, expect, it } from 'vitest'
import { type EvaluationSheet } from '@/wire/types.gen'
import { correctedDigest, draftKey, parsePoints, pointsText, sumOf } from './sheet'

const sheet: EvaluationSheet = {
  member: 2,
  digest: '',
  signed_at: null,
  version: 1,
  items: [
    { lot: '1', bidder: 'b1', criterion: 'form', passed: true, points: null, reason: '', at: 1 },
    { lot: '1', bidder: 'b1', criterion: 'technical', passed: null, points: 3250, reason: '', at: 2 },
    { lot: '1', bidder: 'b2', criterion: 'technical', passed: null, points: 100, reason: '', at: 3 },
  ],
}

describe('points', () => {
  it('are read as people write them and never beyond the most', () => {
    expect([parsePoints('40', 4000), parsePoints('12.5', 4000), parsePoints(' 0.05 ', 4000)]).toEqual([4000, 1250, 5])
    expect([parsePoints('40.01', 4000), parsePoints('-1', 4000), parsePoints('1.234', 4000), parsePoints('', 4000), parsePoints('1e1', 4000)]).toEqual([null, null, null, null, null])
  })
  it('are shown without empty decimals', () => {
    expect([pointsText(4000), pointsText(1250), pointsText(5), pointsText(0), pointsText(1000)]).toEqual(['40', '12.5', '0.05', '0', '10'])
  })
})

describe('a sheet', () => {
  it('sums the points of one bid alone', () => {
    expect(sumOf(sheet, '1', 'b1')).toBe(3250)
  })
  it('has another digest when points change, and the same when they do not', async () => {
    const item = { lot: '1', bidder: 'b1', criterion: 'technical' }
    expect(await correctedDigest('T', sheet, item, 3250)).not.toBe(await correctedDigest('T', sheet, item, 3251))
    // What hall.evaluation.scoring.sheet_digest gives for this sheet.
    expect(await correctedDigest('T', sheet, item, 3000)).toBe('0bbac8ac4fb90c7db0c8eac5114ebd07a7551c070182bbd7b4ff083331b5878d')
  })
  it('keeps drafts of different items apart', () => {
    expect(draftKey('T', 1, { lot: '1', bidder: 'a', criterion: 'b/c' })).not.toBe(draftKey('T', 1, { lot: '1', bidder: 'a/b', criterion: 'c' }))
  })
})
