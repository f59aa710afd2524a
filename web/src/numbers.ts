// The numbers by which parties are known, checked while they are typed; the hall checks them again.
const ALPHABET = '0123456789ABCDEFGHJKLMNPQRTUWXY'
const CODE = /^[1-9A-HJ-NP-RTUWXY][1-9]\d{6}[0-9A-HJ-NP-RTUWXY]{10}$/
const CARD = /^[1-9]\d{5}(19|20)\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])\d{3}[\dX]$/
const OTHER = /^[0-9A-Z]{5,20}$/

/** As it is written on the licence: capitals, no spaces. */
export function written(text: string): string {
  return text.replace(/\s/g, '').toUpperCase()
}

/** Whether this can be a unified social credit code (GB 32100-2015). */
export function creditCodeHolds(code: string): boolean {
  if (!CODE.test(code)) return false
  let total = 0
  for (let i = 0, weight = 1; i < 17; i += 1, weight = (weight * 3) % 31) total += ALPHABET.indexOf(code.charAt(i)) * weight
  return ALPHABET.charAt((31 - (total % 31)) % 31) === code.charAt(17)
}

/** Whether this can be the number of such a paper; an identity card's has a check of its own (GB 11643-1999). */
export function identityNumberHolds(paper: string, number: string): boolean {
  if (paper !== 'identity_card') return OTHER.test(number)
  if (!CARD.test(number)) return false
  let total = 0
  for (let i = 0; i < 17; i += 1) total += Number(number.charAt(i)) * (2 ** (17 - i) % 11)
  return '10X98765432'.charAt(total % 11) === number.charAt(17)
}
