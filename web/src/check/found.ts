/** What a line of a self-check found, in words for who reads it elsewhere: what was signed holds codes and whole numbers. Pure. */

/**
 * The key of its words, which take `{fact}`; '' where there are none and the fact has to speak for itself.
 * has: whether there are words of that name.
 */
export function foundKey(check: string, fact: string, has: (name: string) => boolean): string {
  const own = `check.found.${check}`
  const named = /^\d+$/.test(fact) ? [`${own}.number`] : [`${own}.${fact}`, `codes.${fact}.what`, `${own}.any`]
  return named.find(has) ?? ''
}
