/** What fails in this page before anything can be signed is told to the hall (clause 5.3.3): which acts, under which codes. */

/** Acts of a bidder whose failures are kept: those whose refusal has legal weight. */
const ACTS = ['sign_in', 'release', 'confirm_price', 'offer_quote', 'commit_draw', 'reveal_draw']

const CODES = [
  'wrong_password',
  'wrong_certificate',
  'another_certificate',
  'certificate_needed',
  'certificate_expired',
  'cancelled',
  'connection_lost',
  'not_the_deposit',
  'not_a_sealed_bid',
  'malformed_header',
  'envelope_damaged',
  'commit_mismatch',
  'wrong_context',
  'custody_changed',
  'command_invalid',
  'receipt_mismatch',
  'recovery_passphrase_wrong',
  'recovery_file_malformed',
  'recovery_file_other',
]

/** What a token's program says, by the code under which the hall keeps it: a PIN is a password, a refusal there is the person's own. */
const OF_A_TOKEN: Readonly<Record<string, string>> = {
  pin_wrong: 'wrong_password',
  pin_wrong_few: 'wrong_password',
  pin_wrong_last: 'wrong_password',
  pin_locked: 'certificate_needed',
  consent_refused: 'cancelled',
  token_absent: 'certificate_needed',
  token_certificate_absent: 'another_certificate',
  certificate_not_open: 'certificate_needed',
  ukey_not_running: 'certificate_needed',
  ukey_gone: 'certificate_needed',
  not_paired: 'certificate_needed',
}

/** What the hall knows as well: it is not the time. */
const NO_FAILURE = ['suspended', 'window_closed', 'too_early', 'act_for_another_history']

/** The code to tell of a failure of this act, or null where there is nothing to tell. */
export function toldCode(type: string, code: string): string | null {
  if (!ACTS.includes(type) || NO_FAILURE.includes(code)) return null
  const kept = OF_A_TOKEN[code] ?? code
  return CODES.includes(kept) ? kept : 'unexpected'
}
