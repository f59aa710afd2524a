/**
 * Who keeps released keys, as the published tender said when this computer first saw it: a hall that names somebody else just when
 * keys are to be released is not believed. Another custodian counts by the project owner's own signed act alone (clause 4.11). Where
 * the owner's post passed on (clause 5.3.1), its successor's word counts when the published owner signed for it, or it is the
 * published deputy and signed that it took the post: the hall shows those acts and can make none of them.
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
  /** Of the project owner, as published; missing in what older pages stored. */
  readonly deputies?: readonly string[]
}

const OWNER = 'procuring_entity'

const KEEPERS = ['supervisor', 'notary']

/** From the tender's own page, long before anything is released. */
export function pinCustodyOf(card: TenderCard): void {
  pin(card.origin, card.opening, { rule: card.custody, custodians: keepers(card.staff), owner: holders(card.staff)[0] ?? '', deputies: holders(card.deputies) })
}

/** From the first view of the opening, for who has not seen the tender's page here. */
export function pinCustody(view: View): void {
  const custodians = view.custody.named === null ? view.custody.custodians.map(({ certificate }) => certificate) : keepers(view.staff)
  pin(view.origin, view.opening, { rule: view.custody.rule, custodians, owner: view.custody.owner, deputies: holders(view.deputies) })
}

/** Certificates (DER) to entrust a key to, in their order; none where the hall keeps it. Throws Failure('custody_changed', {reason}). */
export async function custodiansFor(view: View): Promise<Bytes[]> {
  const pinned = read(view.origin, view.opening)
  const changed = (reason: string): Failure => new Failure('custody_changed', { reason })
  if (pinned === null || pinned.rule !== view.custody.rule) throw changed('rule')
  if (pinned.rule === 'hall') return []
  const wanted = view.custody.named === null ? pinned.custodians : await named(view, view.custody.named as unknown as SignedAct, pinned)
  const shown = view.custody.custodians.map(({ certificate }) => certificate)
  if (wanted === null || shown.join() !== wanted.join()) throw changed('custodians')
  return Promise.all(wanted.map((digest) => certificateOf(view, digest)))
}

/** Whom the project owner's signed act names, for this very opening; null for anything else. */
async function named(view: View, act: SignedAct, pinned: Pinned): Promise<readonly string[] | null> {
  if (act.type !== 'name_custodians' || !(await signedHere(view, act)) || !(await owners(view, pinned)).includes(act.certificate)) return null
  const names = (await actBody(act))['custodians']
  return Array.isArray(names) ? names.map(String) : null
}

/** The published project owner and those to whom its post passed, each by a signature that the hall can't make. */
async function owners(view: View, pinned: Pinned): Promise<string[]> {
  let last = pinned.owner
  const found = [last]
  for (const act of view.custody.owner_passed as unknown as SignedAct[]) {
    if (!(await signedHere(view, act))) throw new Failure('custody_changed', { reason: 'owner' })
    const body = await actBody(act)
    if (act.type === 'appoint_substitute' && act.certificate === last && body['role'] === OWNER) last = String(body['certificate'])
    else if (act.type === 'take_post' && (pinned.deputies ?? []).includes(act.certificate)) last = act.certificate
    else throw new Failure('custody_changed', { reason: 'owner' })
    found.push(last)
  }
  return found
}

async function signedHere(view: View, act: SignedAct): Promise<boolean> {
  const here = act.origin === view.origin && act.tender === view.tender && act.opening === view.opening
  return here && verifyAct(act, await certificateOf(view, act.certificate))
}

async function certificateOf(view: View, digest: string): Promise<Bytes> {
  const certificate = await getCertificate(view.opening, digest)
  if (hex(await sha256(certificate)) !== digest) throw new Failure('custody_changed', { reason: 'certificate' })
  return certificate
}

function keepers(staff: readonly { readonly role: string; readonly certificate: string }[]): string[] {
  return [...new Set(KEEPERS.flatMap((role) => staff.filter((post) => post.role === role).map(({ certificate }) => certificate)))]
}

/** Certificates of the project owner among these posts, or of its deputies. */
function holders(posts: readonly { readonly role: string; readonly certificate: string }[]): string[] {
  return posts.filter(({ role }) => role === OWNER).map(({ certificate }) => certificate)
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
