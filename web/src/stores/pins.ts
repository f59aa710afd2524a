/**
 * Certificates that may command the decryption, as this computer saw them before they commanded anything: a hall that names
 * another one just when keys are to be released is not believed. Posts change hands lawfully (clause 5.3.1), so deputies are
 * known from the first view on, and a successor counts that was named before its command was seen. Whoever was away meanwhile
 * is asked to confirm the new host itself.
 */
import { type View } from '@/wire/types.gen'

/** Who may command a decryption (the hall's own table of rights says the same). */
const COMMANDERS = ['host']

export function pinCommanders(view: View): void {
  const stored = read(view)
  const named = commanders(view)
  if (stored === null) write(view, named)
  else {
    const commanding = view.lots.map(({ command }) => command?.['certificate'])
    const successors = named.filter((certificate) => !stored.includes(certificate) && !commanding.includes(certificate))
    if (successors.length > 0) write(view, [...stored, ...successors])
  }
}

/** SHA-256 of the certificates, hex. */
export function pinnedCommanders(view: View): string[] {
  return read(view) ?? commanders(view)
}

/** The name of a host that this computer has never seen before its command; "" where there is none. */
export function unknownHost(view: View): string {
  const pins = pinnedCommanders(view)
  return view.staff.find(({ role, certificate }) => COMMANDERS.includes(role) && !pins.includes(certificate))?.name ?? ''
}

/** The person has asked who hosts, by another way than this page. */
export function confirmHost(view: View): void {
  write(view, [...new Set([...pinnedCommanders(view), ...commanders(view)])])
}

function commanders(view: View): string[] {
  return [...view.staff, ...view.deputies].filter(({ role }) => COMMANDERS.includes(role)).map(({ certificate }) => certificate)
}

function read(view: View): string[] | null {
  const stored = localStorage.getItem(keyOf(view))
  return stored === null ? null : (JSON.parse(stored) as string[])
}

function write(view: View, certificates: readonly string[]): void {
  localStorage.setItem(keyOf(view), JSON.stringify(certificates))
}

function keyOf(view: View): string {
  return `commanders/${view.origin}/${view.opening}/${view.you.certificate}`
}
