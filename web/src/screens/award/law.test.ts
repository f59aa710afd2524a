import { describe, expect, it } from 'vitest'
import en from '@/locales/award.en'
import zh from '@/locales/award.zh-CN'
import { keyOf } from './law'

interface Words {
  readonly [key: string]: string | Words
}

/** All words of the award that stand below a name, by their own names. */
function flat(words: Words, below = 'award'): Record<string, string> {
  return Object.fromEntries(Object.entries(words).flatMap(([key, one]) => (typeof one === 'string' ? [[`${below}.${key}`, one]] : Object.entries(flat(one, `${below}.${key}`)))))
}

const KEYS = [
  'suspendedLead', 'groundLead',
  ...['reported', 'no_candidates', 'publicity', 'deciding', 'objections', 'awarded', 'contracted', 'voided', 'failed', 'retender'].map((one) => `now.${one}`),
  ...['pending', 'candidate', 'awarded', 'not_awarded', 'rejected', 'gave_up', 'voided', 'failed'].map((one) => `ownDo.${one}`),
]

describe.each([['zh-CN', flat(zh), /招标投标法|招标人|异议/, '政府采购法'], ['en', flat(en), /Bidding Law|\bobject/i, 'Government Procurement Law']] as const)('the words of an award (%s)', (_, words, bidding, procurement) => {
  const said = (law: string, key: string): string => words[keyOf(law, key, (name) => name in words)] ?? ''

  it('stand there for both laws, and name no other law than the tender’s', () => {
    for (const key of KEYS) {
      expect(said('bidding_law', key), key).not.toBe('')
      expect(said('bidding_law', key), key).not.toContain(procurement)
      expect(said('procurement_law', key), key).not.toBe('')
      expect(said('procurement_law', key), key).not.toMatch(bidding)
    }
  })

  it('tell the article of what is open against the result', () => {
    expect(words['award.complainHint.complaint']).toMatch(/第六十条|art\. 60/)
    expect(words['award.complainHint.challenge']).toMatch(/第五十二条|art\. 52/)
    expect(words['award.complainHint.challenge']).not.toMatch(bidding)
    expect(said('procurement_law', 'now.publicity')).toContain('{days}')
  })
})
