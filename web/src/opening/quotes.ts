/** Prices over the rounds of quotes. Pure: a lot in, an amount out. */
import { type LotView } from '@/wire/types.gen'

/** The price of a bidder that counts now: of the last round that was disclosed, else the opened one; "" where it has none. */
export function priceNow(lot: LotView, bidder: string): string {
  const last = [...lot.rounds].reverse().find(({ disclosed }) => disclosed)
  if (last !== undefined) return last.quotes.find((quote) => quote.bidder === bidder)?.price ?? ''
  return lot.prices.find((price) => price.bidder === bidder)?.price ?? ''
}
