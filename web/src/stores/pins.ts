/**
 * Certificates that may command the decryption, as this computer saw them first: a hall that names another one later, just when
 * keys are to be released, is not believed.
 */
import { type View } from '@/wire/types.gen'

/** Who may command a decryption (the hall's own table of rights says the same). */
const COMMANDERS = ['host']

export function pinCommanders(view: View): void {
  const key = keyOf(view)
  if (localStorage.getItem(key) === null) localStorage.setItem(key, JSON.stringify(commanders(view)))
}

/** SHA-256 of the certificates, hex. */
export function pinnedCommanders(view: View): string[] {
  const stored = localStorage.getItem(keyOf(view))
  return stored === null ? commanders(view) : (JSON.parse(stored) as string[])
}

function commanders(view: View): string[] {
  return view.staff.filter(({ role }) => COMMANDERS.includes(role)).map(({ certificate }) => certificate)
}

function keyOf(view: View): string {
  return `commanders/${view.origin}/${view.opening}/${view.you.certificate}`
}
