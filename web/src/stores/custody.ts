/**
 * Who keeps released keys, as the published tender said when this computer first saw it: a hall that names somebody else just when
 * keys are to be released is not believed. Another custodian counts by the project owner's own signed act alone (clause 4.11).
 */
import { type SignedAct, actBody, verifyAct } from '@/crypto/act'
import { type Bytes, hex, sha256 } from '@/crypto/bytes'
import { Failure } from '@/failure'
import { type TenderCard, getCertificate } from '@/wire/api'
import { type View } from '@/wire/types.gen'

interface Pinned {
  readonly rule: string
  readonly custodians: readonly string[]
  readonly owner: string
}

const KEEPERS = ['supervisor', 'notary']

/** From the tender's own page, long before anything is released. */
export function pinCustodyOf(card: TenderCard): void {
  pin(card.origin, card.opening, { rule: card.custody, custodians: keepers(card.staff), owner: ownerOf(card.staff) })
}

/** From the first view of the opening, for who has not seen the tender's page here. */
export function pinCustody(view: View): void {
  const custodians = view.custody.named === null ? view.custody.custodians.map(({ certificate }) => certificate) : keepers(view.staff)
  pin(view.origin, view.opening, { rule: view.custody.rule, custodians, owner: ownerOf(view.staff) })
}

/** Certificates (DER) to entrust a key to, in their order; none where the hall keeps it. Throws Failure('custody_changed', {reason}). */
export async function custodiansFor(view: View): Promise<Bytes[]> {
  const pinned = read(view.origin, view.opening)
  const changed = (reason: string): Failure => new Failure('custody_changed', { reason })
  if (pinned === null || pinned.rule !== view.custody.rule) throw changed('rule')
  if (pinned.rule === 'hall') return []
  const wanted = view.custody.named === null ? pinned.custodians : await named(view, view.custody.named as unknown as SignedAct, pinned.owner)
  const shown = view.custody.custodians.map(({ certificate }) => certificate)
  if (wanted === null || shown.join() !== wanted.join()) throw changed('custodians')
  return Promise.all(wanted.map((digest) => certificateOf(view, digest)))
}

/** Whom the project owner's signed act names, for this very opening; null for anything else. */
async function named(view: View, act: SignedAct, owner: string): Promise<readonly string[] | null> {
  const here = act.type === 'name_custodians' && act.origin === view.origin && act.tender === view.tender && act.opening === view.opening
  if (!here || !(await verifyAct(act, await certificateOf(view, owner)))) return null
  const names = (await actBody(act))['custodians']
  return Array.isArray(names) ? names.map(String) : null
}

async function certificateOf(view: View, digest: string): Promise<Bytes> {
  const certificate = await getCertificate(view.opening, digest)
  if (hex(await sha256(certificate)) !== digest) throw new Failure('custody_changed', { reason: 'certificate' })
  return certificate
}

function keepers(staff: readonly { readonly role: string; readonly certificate: string }[]): string[] {
  return [...new Set(KEEPERS.flatMap((role) => staff.filter((post) => post.role === role).map(({ certificate }) => certificate)))]
}

function ownerOf(staff: readonly { readonly role: string; readonly certificate: string }[]): string {
  return staff.find(({ role }) => role === 'procuring_entity')?.certificate ?? ''
}

function pin(origin: string, opening: string, seen: Pinned): void {
  const key = keyOf(origin, opening)
  if (localStorage.getItem(key) === null) localStorage.setItem(key, JSON.stringify(seen))
}

function read(origin: string, opening: string): Pinned | null {
  const stored = localStorage.getItem(keyOf(origin, opening))
  return stored === null ? null : (JSON.parse(stored) as Pinned)
}

function keyOf(origin: string, opening: string): string {
  return `custody/${origin}/${opening}`
}
