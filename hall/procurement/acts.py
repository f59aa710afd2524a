"""Signed acts: the one encoding of everything a party signs towards the hall.

What lives here: the act as a value, the bytes that are signed, its strict JSON form, the table of types.
What may not: keys and signatures' arithmetic (`hall.signing.certificates.verify_act`), clocks, I/O.

The bytes are `"bidhall/1\\0"` and then each field as u32be length | bytes, in a fixed order. Every field
carries its own length and the first one names the type, so two different acts can never have the same
bytes.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, NoReturn

from hall.errors import Malformed
from hall.procurement import canonical

ACT_TYPES: Final[Mapping[str, str]] = {
    "login": "a party proves that it holds its certificate's key",
    "deposit": "a bidder hands in a sealed bid and states that it passed the self-test",
    "withdraw": "a bidder withdraws its bid before the deadline",
    "sign_in": "a bidder signs in to the opening it was called to, for one scheduled deadline",
    "announce_bidders": "the host announces who bid",
    "answer_sealing": "a bidder says whether its sealed bid is the one it deposited",
    "declare_sealing": "the host declares the result of the check of sealing",
    "command_decryption": "the procuring side commands the release of the keys, for one manifest",
    "release": "a bidder releases the content key of its own bid, to the hall or entrusted to the custodians",
    "open_entrusted": "a custodian hands over the content keys that were entrusted to it",
    "name_custodians": "the procuring entity names other custodians, and bidders release to them again",
    "claim_remedy": "a bidder says that its key opens nothing and that it releases by its recovery file",
    "answer_remedy": "project owner or scrutineer confirms a release by a recovery file, or does not",
    "decline_release": "a bidder declares that it will not release its key",
    "decide_cause": "the procuring entity decides whose cause it was that a bid could not be opened",
    "read_out": "the announcer reads a bid's summary out",
    "confirm_price": "a bidder confirms the price that was read out",
    "open_objections": "the host asks for objections",
    "raise_objection": "a bidder objects",
    "answer_objection": "the procuring side answers an objection",
    "close_objections": "the host ends the time for objections",
    "sign_record": "a signer of the opening record agrees to the revision it was shown",
    "close_opening": "the host closes the opening",
    "advance_clock": "the hall's clock is moved forward (demonstration and rehearsal only)",
    "fail_tender": "the procuring entity declares that the procedure failed for want of bidders",
    "go_on_with_fewer": "the procuring entity goes on with fewer bidders, by an attached approval",
    "answer_results": "a bidder says whether the result of its decryption is right",
    "declare_results": "the notary or the host declares the results of the decryption",
    "refuse_signature": "a signer of the opening record refuses to sign, with the reason",
    "note_unsigned": "the procuring entity states why a signer did not sign",
    "move_deadline": "the procuring entity sets a new bid deadline",
    "confirm_deadline": "the procuring entity confirms a held deadline as it was",
    "suspend": "the opening is suspended, with its kind and reason",
    "reason_suspension": "the procuring entity gives its reason for a suspension, and when the fault began",
    "consult": "one of the three parties agrees or disagrees in a consultation",
    "request_test": "the host asks for the reliable test",
    "resume": "the host resumes the opening after a passed test, with notice",
    "declare_split": "the procuring entity declares that the fault was not solved within three hours",
    "adjourn": "the procuring entity adjourns the opening to a stated moment",
    "read_text": "the host read a prepared text",
    "make_announcement": "the host announces something to all",
    "take_post": "a deputy takes the post for which it was named",
    "appoint_substitute": "the procuring entity appoints somebody to a post",
    "mark_notary_absent": "the procuring entity states that the notary cannot be reached",
    "request_rehash": "the notary asks to see a sealed bid's digest again",
    "log_call": "a telephone call and its outcome",
    "make_remark": "a supervisor, regulator or notary has seen something, or objects to it",
    "add_paper": "the notary adds a picture or document of its own",
    "check_identity": "a supervisor or the host compared the representative with the declared person",
    "replace_representative": "a bidder names another representative on a new letter of authorisation",
    "take_over": "another device of the same party takes its place in the room",
    "say": "a message to the room",
    "state_base_price": "the procuring entity announces the base price, where the documents have one",
    "mute": "the microphone of somebody in the room is silenced for all, or heard again",
    "mute_all": "all bidders but the one that has the floor are silenced, or heard again",
    "raise_hand": "somebody in the room asks for the floor",
    "lower_hand": "it asks no longer",
    "give_floor": "the host gives the floor to somebody whom all see and hear then, or takes it back",
    "name_recording": "the procuring entity goes on with a recording made elsewhere, named now",
    "attach_recording": "the digest of a recording made elsewhere, or of a telephone call",
    "hide_message": "a message is hidden from the room and kept in the transcript",
    "report_fault": "a bidder reports a fault",
    "record_incident": "an entry in the incident register",
    "explain_incidents": "entries of the incident register are explained",
    "sign_register": "the procuring entity signs the state of the incident register",
    "open_quotes": "a round of quotes is opened",
    "offer_quote": "a bidder quotes in a round",
    "open_draw": "a draw is opened for what the documents name",
    "commit_draw": "a party commits to its part of a draw",
    "reveal_draw": "a party reveals its part of a draw",
    "self_check": "a party says what a check of its own machine and certificate found",
    "show_certificate": "a bidder binds its present certificate to the one it had",
    "hand_over_certificate": "the earlier certificate's consent inside of `show_certificate`",
    "decide_certificate": "the procuring entity accepts a renewed certificate, or does not",
    "read_notice": "a party has read a notice, and names its digest",
    "hold_recordings": "the recordings of an opening are not to be erased, for the stated reason",
    "lift_hold": "a hold on recordings is lifted, for the stated reason",
    "register_party": "the trading centre registers a party with its certificate",
    "register_person": "a natural person is registered as a bidder; the number of its paper is withheld",
    "add_certificate": "the trading centre proposes a further certificate for a registered party",
    "retire_certificate": "a certificate logs nobody in any longer",
    "deactivate_party": "a party may log in no longer, but to what it takes part in already",
    "activate_party": "a deactivated party may log in again",
    "give_office": "a person of the staff is given an office in the whole hall",
    "take_office": "an office in the whole hall is taken from a person",
    "confirm_change": "a second person of the trading centre confirms a proposed change",
    "decline_change": "a proposed change is declined, or taken back",
    "set_year": "the working days of a year, with their source",
    "set_defaults": "the rule set that new tenders begin with",
    "list_expert": "an expert is put on the list, with specialities and whom it may not judge",
    "unlist_expert": "an expert is taken off the list",
    "name_rooms": "the rooms of the trading centre",
    "erase_recordings": "the recordings of an opening are erased, their time being over",
    "draft_tender": "the procuring entity or its agency drafts a tender, or names it anew",
    "set_lots": "the lots of a draft: ceilings, columns of the read-out, alternatives",
    "set_rules": "the law, the method and the settings of a draft",
    "write_notice": "the words of a notice, who may bid, and whether consortia may",
    "attach_document": "a file becomes part of a draft, by its digest",
    "remove_document": "a file is taken out of a draft",
    "fill_checklist": "what notice and documents say of the remote opening, item by item, and where",
    "set_criteria": "how bids are evaluated, in the order of the tender documents",
    "appoint_staff": "who has which post at the opening, each by a certificate",
    "schedule_opening": "when documents are given out and bids are due",
    "file_tender": "a draft was filed with the competent authority: who compiled, who filed, when, which number",
    "publish_notice": "a filed draft is published, and its opening scheduled",
    "issue_addendum": "the tender documents are supplemented or changed after their publication",
    "cancel_tender": "the procuring entity cancels a tender before its deadline, for the stated reason",
    "confirm_deposit": "a bidder has read an addendum and stays with its deposited bid",
    "acknowledge_download": "a bidder has received the tender documents whole, and is registered by it",
    "ask_about_documents": "a bidder asks about the tender documents; its name is shown to nobody",
    "answer_about_documents": "the procuring entity answers a question about the documents, to all",
    "publish_candidates": "the procuring entity publishes the award candidates of a lot",
    "decide_award": "the procuring entity awards a lot to a candidate",
    "give_up_award": "a candidate gives up the award",
    "void_award": "an award is void, for the stated reason",
    "fail_lot": "the procuring entity declares that a lot has failed, for the stated reason",
    "order_retender": "the procuring entity has a lot tendered again",
    "file_contract": "the procuring entity files the signed contract",
    "list_experts": "the list of experts is read again, because a committee needs more of them",
    "name_representatives": "the procuring entity names its representatives in the evaluation committee",
    "open_committee_draw": "a draw of the evaluation committee is opened among the named roles",
    "commit_committee_draw": "a party commits to its part of the committee's draw",
    "reveal_committee_draw": "a party reveals its part of the committee's draw",
    "replace_member": "a member of the committee is replaced, for one of the causes that the law knows",
    "accept_seat": "an evaluator declares that it has no conflict of interests, and takes its seat",
    "leave_seat": "an evaluator withdraws from the committee, and why",
    "elect_chair": "an evaluator votes for the committee's chair",
    "read_criteria": "an evaluator has the criteria and the opened bids before it, and names their digests",
    "review_item": "an evaluator says whether a bid passes a review, in the documents' order",
    "score_item": "an evaluator gives a bid its points for a criterion, in the documents' order",
    "sign_sheet": "an evaluator signs its finished score sheet by its digest",
    "propose_interpretation": "an evaluator proposes how an unclear place of the tender documents is read",
    "propose_rejection": "an evaluator proposes to reject a bid, with the coded reason and what shows it",
    "propose_failure": "an evaluator proposes to reject all bids of a lot, too few being left to compete",
    "discuss_motion": "an evaluator speaks to a motion of the committee",
    "vote_motion": "an evaluator votes on a motion of the committee",
    "ask_bidder": "the committee asks a bidder, by its chair, to clarify its bid",
    "answer_bid_question": "a bidder answers the committee's question and changes nothing of its bid",
    "find_error": "an evaluator found an arithmetic error in a signed score sheet",
    "correct_item": "an evaluator corrects an arithmetic error in its own sheet, as a new version",
    "countersign_correction": "another evaluator, the chair as a rule, has checked a correction",
    "prepare_report": "the chair draws up the evaluation report",
    "sign_report": "an evaluator signs the evaluation report by its digest",
    "dissent_from_report": "an evaluator disagrees with the evaluation report, and why",
    "file_objection": "somebody objects to the documents or the candidates (异议); its words are withheld",
    "file_challenge": "a supplier challenges the procurement (质疑); its words are withheld",
    "file_complaint": "somebody complains to the regulator (投诉); its words are withheld",
    "add_case_files": "who brought a case forward adds files to it",
    "withdraw_case": "who brought a case forward takes it back",
    "rate_case": "who brought a case forward says how content it is with the handling",
    "accept_case": "a case is accepted",
    "refuse_case": "a case is not accepted, for the stated reason",
    "assign_case": "the regulator names the officials who handle a complaint",
    "record_investigation": "what the investigation of a complaint has done and found",
    "order_suspension": "the regulator orders the procedure to stand still during a complaint",
    "lift_suspension": "the regulator lets the procedure go on",
    "stop_case_clock": "time for tests, appraisal and experts is not counted from here",
    "run_case_clock": "the limits of a complaint run on",
    "decide_case": "the regulator decides a complaint, with reasons",
    "answer_case": "the procuring entity answers an objection or a challenge, with reasons",
    "feed_back_case": "the regulator has told the parties of its decision",
    "archive_case": "a case is filed under a number",
    "merge_case": "a case about the same is handled with another",
    "log_hotline_call": "a call to the hotline: who, what, and what came of it; its words are withheld",
    "answer_question": "a public question is answered with reasons, and published with the answer",
    "refuse_question": "a public question is not published, for the stated reason",
}
"""Every type of act and what the signer says by it; docs/protocol.md prints this table."""

MAX_BODY: Final = 96 * 1024
"""Most UTF-8 bytes of a body: a sign-in with a reference picture is the longest that anybody signs here."""

MAX_TEXT: Final = 256
"""Most UTF-8 bytes of an identifier."""

ZERO_DIGEST: Final = "00" * 32
"""Stands for a digest where none applies."""

_MAGIC: Final = b"bidhall/1\0"
_TEXTS: Final = ("type", "origin", "tender", "lot", "opening")
_INTEGERS: Final = {"deadline": 2**53 - 1, "epoch": 2**32 - 1, "tree_size": 2**53 - 1}
_HEXES: Final = {"manifest": 32, "tree_root": 32, "certificate": 32, "server_nonce": 16, "client_nonce": 16}
_KEYS: Final = frozenset((*_TEXTS, *_INTEGERS, *_HEXES, "signature"))
_HEX: Final = re.compile(r"[0-9a-f]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedAct:
    """One act: who says what, for which tender and opening, having seen which history. Times in ms UTC,
    digests in hex.

    An act that exists is well formed; the constructor raises Malformed("malformed_act", field=...)
    otherwise. `body` is None where it is withheld: personal data and content keys never enter the journal,
    but the digest, and with it the signature, stays checkable. `signature` is "" only while the act waits
    for its signature.
    """

    type: str
    origin: str
    tender: str = ""
    lot: str = ""
    opening: str = ""
    deadline: int = 0
    epoch: int = 0
    manifest: str = ZERO_DIGEST
    tree_size: int = 0
    tree_root: str = ZERO_DIGEST
    certificate: str
    server_nonce: str
    client_nonce: str
    body: str | None
    body_digest: str = ""
    signature: str = ""

    def __post_init__(self) -> None:
        for field in _TEXTS:
            _check_text(field, getattr(self, field))
        if self.type not in ACT_TYPES:
            _malformed("type")
        for field, most in _INTEGERS.items():
            number = getattr(self, field)
            if type(number) is not int or not 0 <= number <= most:
                _malformed(field)
        for field, length in _HEXES.items():
            _check_hex(field, getattr(self, field), length)
        if self.body is not None:
            digest = _digest_of(self.body)
            if self.body_digest == "":
                object.__setattr__(self, "body_digest", digest)
            elif self.body_digest != digest:
                _malformed("body_digest")
        _check_hex("body_digest", self.body_digest, 32)
        _check_signature(self.signature)

    def signed_bytes(self) -> bytes:
        """Give the bytes that the signature covers."""
        fields = (
            *(getattr(self, field).encode("utf-8") for field in _TEXTS),
            self.deadline.to_bytes(8, "big"),
            self.epoch.to_bytes(4, "big"),
            bytes.fromhex(self.manifest),
            self.tree_size.to_bytes(8, "big"),
            bytes.fromhex(self.tree_root),
            bytes.fromhex(self.certificate),
            bytes.fromhex(self.server_nonce),
            bytes.fromhex(self.client_nonce),
            bytes.fromhex(self.body_digest),
        )
        return _MAGIC + b"".join(len(field).to_bytes(4, "big") + field for field in fields)

    def signature_bytes(self) -> bytes:
        """Give the raw signature: PKCS#1 v1.5 for RSA, r|s for P-256; empty while unsigned."""
        return base64.b64decode(self.signature)

    def with_signature(self, signature: bytes) -> SignedAct:
        """Give the act with its signature (raw bytes)."""
        return replace(self, signature=base64.b64encode(signature).decode("ascii"))

    def without_body(self) -> SignedAct:
        """Give the act with its body withheld; digest and signature stay."""
        return replace(self, body=None)

    def body_json(self) -> dict[str, object]:
        """Read the body: one JSON object in canonical form. Raises Malformed("malformed_act",
        field="body").
        """
        if self.body is None:
            _malformed("body")
        try:
            value = canonical.loads(self.body)
        except Malformed:
            _malformed("body")
        # Signer and reader must not only agree on the bytes but on their meaning, so one spelling is allowed.
        if not isinstance(value, dict) or canonical.dumps(value) != self.body.encode("utf-8"):
            _malformed("body")
        return value

    def to_json(self) -> dict[str, object]:
        """Give the wire form; `body` is replaced by `body_digest` where it is withheld."""
        shown: dict[str, object] = {field: getattr(self, field) for field in _KEYS}
        if self.body is None:
            shown["body_digest"] = self.body_digest
        else:
            shown["body"] = self.body
        return shown

    @classmethod
    def from_json(cls, value: object) -> SignedAct:
        """Read the wire form, strictly: exactly its keys, and a signature. Raises
        Malformed("malformed_act", field=...).
        """
        if not isinstance(value, dict):
            _malformed("act")
        body_key = "body_digest" if "body_digest" in value else "body"
        expected = _KEYS | {body_key}
        if value.keys() != expected:
            _malformed(min((str(key) for key in value.keys() ^ expected), default="act"))
        if not isinstance(value[body_key], str) or value[body_key] == "":
            _malformed(body_key)
        if value["signature"] == "":
            _malformed("signature")
        given: dict[str, Any] = {"body": None} | value  # types are checked by the constructor
        return cls(**given)


def _check_text(field: str, value: object) -> None:
    if not isinstance(value, str) or not canonical.is_plain(value, MAX_TEXT):
        _malformed(field)


def _check_hex(field: str, value: object, length: int) -> None:
    if not isinstance(value, str) or len(value) != 2 * length or not _HEX.fullmatch(value):
        _malformed(field)


def _check_signature(value: object) -> None:
    if not isinstance(value, str) or len(value) > 1400:
        _malformed("signature")
    try:
        raw = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        _malformed("signature")
    if base64.b64encode(raw).decode("ascii") != value:
        _malformed("signature")


def _digest_of(body: object) -> str:
    if not isinstance(body, str) or len(body) > MAX_BODY:
        _malformed("body")
    try:
        data = body.encode("utf-8")
    except UnicodeEncodeError:
        _malformed("body")
    if len(data) > MAX_BODY:
        _malformed("body")
    return hashlib.sha256(data).hexdigest()


def _malformed(field: str) -> NoReturn:
    raise Malformed("malformed_act", field=field)
