import { describe, expect, it } from 'vitest'
import { creditCodeHolds, identityNumberHolds, written } from './numbers'

describe('the numbers of parties', () => {
  it('takes codes whose last character fits the others, and no others', () => {
    for (const code of ['91350100M000100Y43', '91440300708461136T', '9144030071526726XG']) expect(creditCodeHolds(code)).toBe(true)
    for (const code of ['91350100M000100Y44', '91350100M000100Y34', '91350100M000I00Y43', '91350100M000100Y4', '']) expect(creditCodeHolds(code)).toBe(false)
  })
  it('reads an identity card’s own check, and leaves other papers theirs', () => {
    expect(identityNumberHolds('identity_card', '11010519491231002X')).toBe(true)
    for (const number of ['110105194912310021', '11010519491331002X', 'E12345678']) expect(identityNumberHolds('identity_card', number)).toBe(false)
    expect(identityNumberHolds('passport', 'E12345678')).toBe(true)
  })
  it('writes them as licences do', () => {
    expect(written(' 91350100 m000100y43')).toBe('91350100M000100Y43')
  })
})
