import { expect, it } from 'vitest'
import { lot } from '../../tests/view'
import { type RoundView } from '@/wire/types.gen'
import { priceNow } from './quotes'

const PRICES = [{ bidder: 'jia', price: '100.00', capitals: '', period: '', quality: '', manager: '', security: '' }]
const round = (changes: Partial<RoundView>): RoundView => ({ round: 1, bidders: ['jia'], quoted_by: 9, quoted: false, closed: false, silent: [], quotes: [], disclosed: false, ...changes })
const quote = (price: string): RoundView['quotes'][number] => ({ bidder: 'jia', price, capitals: '', stands: false })

it('is the opened price until a round has been disclosed, then the last round’s', () => {
  expect(priceNow(lot({ prices: PRICES }), 'jia')).toBe('100.00')
  const first = round({ closed: true, disclosed: true, quotes: [quote('90.00')] })
  expect(priceNow(lot({ prices: PRICES, rounds: [first, round({ round: 2 })] }), 'jia')).toBe('90.00')
  expect(priceNow(lot({ prices: PRICES, rounds: [first, round({ round: 2, closed: true, disclosed: true, quotes: [quote('80.00')] })] }), 'jia')).toBe('80.00')
})

it('is nothing for who left by giving no quote', () => {
  expect(priceNow(lot({ prices: PRICES, rounds: [round({ closed: true, disclosed: true, silent: ['jia'] })] }), 'jia')).toBe('')
})
