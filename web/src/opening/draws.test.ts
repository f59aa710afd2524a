import { describe, expect, it } from 'vitest'
import { lot } from '../../tests/view'
import { type DrawView } from '@/wire/types.gen'
import { ownPart, repeated, runningDraw } from './draws'

const FIRST: DrawView = {
  draw: 1, purpose: '下浮系数', values: ['0.95', '0.96'], parties: ['jia', 'yi', 'host'], commit_by: 9, reveal_by: null, committed: [], revealed: [], missing: [], seed: '', chosen: '', over: false,
}

describe('the draw that runs', () => {
  it('is not an earlier one that ended with nothing', () => {
    const second = { ...FIRST, draw: 2 }
    expect(runningDraw(lot({ draws: [{ ...FIRST, over: true }, second] }))).toBe(second)
    expect(runningDraw(lot({ draws: [{ ...FIRST, over: true }] }))).toBeUndefined()
  })

  it('is repeated only where enough are left for it', () => {
    const failed = { ...FIRST, over: true, missing: ['yi'] }
    expect(repeated(lot({ draws: [failed] }), failed)).toBe(false)
    expect(repeated(lot({ draws: [failed, { ...FIRST, draw: 2 }] }), failed)).toBe(true)
  })
})

describe('the viewer’s own part', () => {
  it('is to commit, to wait, to reveal, to wait', () => {
    expect(ownPart(lot(), FIRST, 'jia')).toBe('commit')
    const committed = { ...FIRST, committed: ['jia'] }
    expect(ownPart(lot(), committed, 'jia')).toBe('committed')
    const revealing = { ...committed, reveal_by: 20 }
    expect(ownPart(lot(), revealing, 'jia')).toBe('reveal')
    expect(ownPart(lot(), { ...revealing, revealed: ['jia'] }, 'jia')).toBe('revealed')
  })

  it('is over for who came too late, and nothing for who never took part', () => {
    expect(ownPart(lot(), { ...FIRST, committed: ['jia'], reveal_by: 20 }, 'yi')).toBe('late')
    expect(ownPart(lot(), FIRST, 'bing')).toBe('aside')
    const again = { ...FIRST, draw: 2, parties: ['jia', 'host'] }
    expect(ownPart(lot({ draws: [{ ...FIRST, over: true, missing: ['yi'] }, again] }), again, 'yi')).toBe('late')
  })
})
