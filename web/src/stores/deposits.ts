/**
 * What this computer remembers of its own deposits: the act it signed and the hall's receipt, and of sealed files that are not
 * deposited yet where they lie. No secret is among it.
 */
import { type SignedAct } from '@/crypto/act'
import { type Place } from '@/crypto/sealedfiles'
import { type Receipt } from '@/wire/types.gen'

export interface OwnDeposit {
  readonly act: SignedAct
  readonly receipt: Receipt
  /** Name of the sealed file on the private disk; null where it was in memory only. */
  readonly file: string | null
}

/** A sealed and tested file on its way to the hall. */
export interface Unfinished {
  readonly file: string
  readonly size: number
  /** Hex. */
  readonly sha256: string
  /** When it was sealed; hall time, ms UTC. */
  readonly at: number
}

export function rememberDeposit(deposit: OwnDeposit): void {
  const { tender, lot } = deposit.act
  // Of a pair one certificate signs and the other is sealed to: whoever looks for the deposit may know either.
  for (const certificate of [deposit.act.certificate, deposit.receipt.recipient]) {
    localStorage.setItem(keyOf('deposit', { tender, lot, certificate }), JSON.stringify(deposit))
  }
}

/** Null where the deposit was made elsewhere. */
export function recallDeposit(tender: string, lot: string, certificate: string): OwnDeposit | null {
  return read(keyOf('deposit', { tender, lot, certificate }))
}

export function rememberUnfinished(place: Place, unfinished: Unfinished | null): void {
  if (unfinished === null) localStorage.removeItem(keyOf('unfinished', place))
  else localStorage.setItem(keyOf('unfinished', place), JSON.stringify(unfinished))
}

export function recallUnfinished(place: Place): Unfinished | null {
  return read(keyOf('unfinished', place))
}

function read<T>(key: string): T | null {
  const stored = localStorage.getItem(key)
  return stored === null ? null : (JSON.parse(stored) as T)
}

function keyOf(what: 'deposit' | 'unfinished', { tender, lot, certificate }: Place): string {
  return `${what}/${tender}/${lot}/${certificate}`
}
