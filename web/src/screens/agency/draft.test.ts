import { describe, expect, it } from 'vitest'
import { gapWords, yuan } from './draft'

describe('the draft of a tender', () => {
  it('takes amounts as people type them', () => {
    expect([yuan('1,200,000'), yuan('5.5'), yuan('7.25'), yuan('')]).toEqual(['1200000.00', '5.50', '7.25', ''])
  })

  it('names a vacant post by its role', () => {
    expect(gapWords({ step: 'staff', what: 'post_host' })).toEqual({ key: 'agency.gaps.staff.post', role: 'host' })
    expect(gapWords({ step: 'lots', what: 'no_lots' }).key).toBe('agency.gaps.lots.no_lots')
  })
})
