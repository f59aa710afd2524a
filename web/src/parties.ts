/** Where parties are found by their names: the centre's own register, and of bidders what an agency may know of it. */
import { get } from '@/wire/http'
import { type CentreParties, type CentreParty, type NamedParties, type NamedParty } from '@/wire/types.gen'

/** Parties for what was typed, beside them those of `chosen` whose names the hall still knows. */
export type Found<P extends NamedParty> = (typed: string, chosen: readonly string[]) => Promise<readonly P[]>

export const biddersToInvite: Found<NamedParty> = async (typed, chosen) => {
  const asked = new URLSearchParams([['q', typed], ...chosen.map((one) => ['party', one])])
  return (await get<NamedParties>(`/api/agency/bidders?${asked.toString()}`)).parties
}

/** Active parties of the centre. kind, office: '' for any. */
export function partiesOfCentre(kind: 'bidder' | 'staff' | '' = '', office = ''): Found<CentreParty> {
  return async (typed) => {
    const { parties } = await get<CentreParties>(`/api/centre/parties?q=${encodeURIComponent(typed)}&kind=${kind}&page=1`)
    return parties.filter((one) => one.active && (office === '' || one.offices.includes(office)))
  }
}
