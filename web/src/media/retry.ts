/** When to try again: at once, then ever slower, never all browsers at the same moment. Pure. */

const FIRST = 300
const LONGEST = 8_000

/** ms before the n-th retry (from 0): about 0.3 s, doubling, at most 8 s, each ± 40 % at random. `chance` in [0, 1). */
export function retryPause(n: number, chance: number): number {
  const pause = Math.min(LONGEST, FIRST * 2 ** Math.min(n, 10))
  return pause * (0.6 + 0.8 * chance)
}
