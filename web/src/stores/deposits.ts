/** What this computer remembers of its own deposits: the act it signed and the hall's receipt. No secret is among it. */
import { type SignedAct } from '@/crypto/act'
import { type Receipt } from '@/wire/types.gen'

export interface OwnDeposit {
  readonly act: SignedAct
  readonly receipt: Receipt
}

export function rememberDeposit(deposit: OwnDeposit): void {
  localStorage.setItem(keyOf(deposit.act.tender, deposit.act.lot, deposit.act.certificate), JSON.stringify(deposit))
}

/** Null where the deposit was made elsewhere. */
export function recallDeposit(tender: string, lot: string, certificate: string): OwnDeposit | null {
  const stored = localStorage.getItem(keyOf(tender, lot, certificate))
  return stored === null ? null : (JSON.parse(stored) as OwnDeposit)
}

function keyOf(tender: string, lot: string, certificate: string): string {
  return `deposit/${tender}/${lot}/${certificate}`
}
