/**
 * Signed acts: the one encoding of everything a party signs towards the hall, the twin of the server's.
 *
 * The bytes are "bidhall/1\0" and then each field as u32be length | bytes, in a fixed order; the first field names the type, so
 * two different acts never have the same bytes.
 */
import { Failure } from '@/failure'
import { type Bytes, base64, concat, fromBase64, fromHex, hex, lengthPrefixed, random, sha256, u32be, u64be, utf8 } from './bytes'
import { type Json, canonical } from './canonical'
import { type Identity } from './identity'
import { verifySignature } from './certificate'

export type ActType =
  | 'login'
  | 'register_party'
  | 'register_person'
  | 'add_certificate'
  | 'retire_certificate'
  | 'deactivate_party'
  | 'activate_party'
  | 'give_office'
  | 'take_office'
  | 'confirm_change'
  | 'decline_change'
  | 'set_year'
  | 'set_defaults'
  | 'list_expert'
  | 'unlist_expert'
  | 'name_rooms'
  | 'deposit'
  | 'withdraw'
  | 'sign_in'
  | 'announce_bidders'
  | 'answer_sealing'
  | 'declare_sealing'
  | 'command_decryption'
  | 'release'
  | 'decline_release'
  | 'claim_remedy'
  | 'answer_remedy'
  | 'decide_cause'
  | 'read_out'
  | 'confirm_price'
  | 'open_objections'
  | 'raise_objection'
  | 'answer_objection'
  | 'close_objections'
  | 'sign_record'
  | 'close_opening'
  | 'advance_clock'
  | 'fail_tender'
  | 'take_over'
  | 'go_on_with_fewer'
  | 'answer_results'
  | 'declare_results'
  | 'refuse_signature'
  | 'note_unsigned'
  | 'open_entrusted'
  | 'name_custodians'
  | 'move_deadline'
  | 'confirm_deadline'
  | 'suspend'
  | 'reason_suspension'
  | 'consult'
  | 'request_test'
  | 'resume'
  | 'declare_split'
  | 'adjourn'
  | 'read_text'
  | 'make_announcement'
  | 'take_post'
  | 'appoint_substitute'
  | 'mark_notary_absent'
  | 'request_rehash'
  | 'log_call'
  | 'make_remark'
  | 'add_paper'
  | 'check_identity'
  | 'replace_representative'
  | 'take_over'
  | 'say'
  | 'state_base_price'
  | 'mute'
  | 'mute_all'
  | 'raise_hand'
  | 'lower_hand'
  | 'give_floor'
  | 'name_recording'
  | 'attach_recording'
  | 'hide_message'
  | 'report_fault'
  | 'record_incident'
  | 'explain_incidents'
  | 'sign_register'
  | 'open_quotes'
  | 'offer_quote'
  | 'open_draw'
  | 'commit_draw'
  | 'reveal_draw'
  | 'self_check'
  | 'show_certificate'
  | 'hand_over_certificate'
  | 'decide_certificate'
  | 'read_notice'
  | 'hold_recordings'
  | 'lift_hold'
  | 'erase_recordings'
  | 'draft_tender'
  | 'set_lots'
  | 'set_rules'
  | 'write_notice'
  | 'attach_document'
  | 'remove_document'
  | 'fill_checklist'
  | 'set_criteria'
  | 'appoint_staff'
  | 'schedule_opening'
  | 'file_tender'
  | 'publish_notice'
  | 'issue_addendum'
  | 'cancel_tender'
  | 'confirm_deposit'
  | 'acknowledge_download'
  | 'ask_about_documents'
  | 'answer_about_documents'
  | 'publish_candidates'
  | 'decide_award'
  | 'give_up_award'
  | 'void_award'
  | 'fail_lot'
  | 'order_retender'
  | 'file_contract'
  | 'list_experts'
  | 'name_representatives'
  | 'open_committee_draw'
  | 'commit_committee_draw'
  | 'reveal_committee_draw'
  | 'replace_member'
  | 'accept_seat'
  | 'leave_seat'
  | 'elect_chair'
  | 'read_criteria'
  | 'review_item'
  | 'score_item'
  | 'sign_sheet'
  | 'propose_interpretation'
  | 'propose_rejection'
  | 'propose_failure'
  | 'discuss_motion'
  | 'vote_motion'
  | 'ask_bidder'
  | 'answer_bid_question'
  | 'find_error'
  | 'correct_item'
  | 'countersign_correction'
  | 'prepare_report'
  | 'sign_report'
  | 'dissent_from_report'
  | 'file_objection'
  | 'file_challenge'
  | 'file_complaint'
  | 'add_case_files'
  | 'withdraw_case'
  | 'rate_case'
  | 'accept_case'
  | 'refuse_case'
  | 'assign_case'
  | 'record_investigation'
  | 'order_suspension'
  | 'lift_suspension'
  | 'stop_case_clock'
  | 'run_case_clock'
  | 'decide_case'
  | 'answer_case'
  | 'feed_back_case'
  | 'archive_case'
  | 'merge_case'
  | 'log_hotline_call'
  | 'answer_question'
  | 'refuse_question'

/** What an act says beside its body. Times in ms UTC, digests and nonces in lowercase hex, empty strings where not applicable. */
export interface ActContext {
  readonly origin: string
  readonly tender: string
  readonly lot: string
  readonly opening: string
  readonly deadline: number
  readonly epoch: number
  readonly manifest: string
  readonly tree_size: number
  readonly tree_root: string
  readonly server_nonce: string
}

/** An act on the wire. `body` is canonical JSON text; where the hall withholds it, its digest stands instead. */
export interface SignedAct extends ActContext {
  readonly type: ActType
  readonly certificate: string
  readonly client_nonce: string
  readonly body?: string
  readonly body_digest?: string
  readonly signature: string
}

export const ZERO_DIGEST = '0'.repeat(64)

const MAGIC = utf8('bidhall/1\0')

/** The bytes that the signature covers. */
export async function signedBytes(act: Omit<SignedAct, 'signature'>): Promise<Bytes> {
  return concat(
    MAGIC,
    lengthPrefixed(
      ...[act.type, act.origin, act.tender, act.lot, act.opening].map(utf8),
      u64be(act.deadline),
      u32be(act.epoch),
      fromHex(act.manifest),
      u64be(act.tree_size),
      fromHex(act.tree_root),
      fromHex(act.certificate),
      fromHex(act.server_nonce),
      fromHex(act.client_nonce),
      fromHex(await bodyDigest(act)),
    ),
  )
}

/** SHA-256 of the body, hex; where the body is withheld, the digest that stands for it. */
export async function bodyDigest(act: Pick<SignedAct, 'body' | 'body_digest'>): Promise<string> {
  return act.body === undefined ? (act.body_digest ?? '') : hex(await sha256(utf8(act.body)))
}

/** Make and sign one act. The caller has shown the person what is signed. */
export async function signAct(identity: Identity, type: ActType, context: ActContext, body: Json): Promise<SignedAct> {
  const unsigned = {
    type,
    origin: context.origin,
    tender: context.tender,
    lot: context.lot,
    opening: context.opening,
    deadline: context.deadline,
    epoch: context.epoch,
    manifest: context.manifest,
    tree_size: context.tree_size,
    tree_root: context.tree_root,
    certificate: identity.fingerprint,
    server_nonce: context.server_nonce,
    client_nonce: hex(random(16)),
    body: canonical(body),
  }
  return { ...unsigned, signature: base64(await identity.sign(await signedBytes(unsigned), { kind: 'act', act: unsigned })) }
}

/** Whether `certificate` (DER) signed this act: its fingerprint stands in it and its key made the signature. */
export async function verifyAct(act: SignedAct, certificate: Bytes): Promise<boolean> {
  if (hex(await sha256(certificate)) !== act.certificate) return false
  try {
    return await verifySignature(certificate, await signedBytes(act), fromBase64(act.signature))
  } catch (thrown) {
    if (thrown instanceof RangeError) return false // fields that are no hex or base64 were signed by nobody
    throw thrown
  }
}

/** The body of an act as an object in canonical form. Throws Failure('malformed_act'). */
export function actBody(act: SignedAct): Readonly<Record<string, Json>> {
  if (act.body === undefined) throw new Failure('malformed_act', { field: 'body' })
  let value: unknown
  try {
    value = JSON.parse(act.body)
  } catch {
    throw new Failure('malformed_act', { field: 'body' })
  }
  const body = value as Record<string, Json>
  if (typeof value !== 'object' || value === null || Array.isArray(value) || canonical(body) !== act.body) {
    throw new Failure('malformed_act', { field: 'body' })
  }
  return body
}
