/** The manifest's code as the host reads it aloud: 8 groups of 4 digits, worked out here from its digest and not taken from the hall. */
export function spokenCode(digest: string): string {
  const digits = (BigInt(`0x${digest}`) % 10n ** 32n).toString().padStart(32, '0')
  return digits.replace(/(\d{4})(?!$)/g, '$1 ')
}
