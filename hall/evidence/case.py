"""One opening as its judges look at it: who is who, what was deposited, and whether a row says what its signer said.

The hall writes the rows, the parties sign the acts inside them. A hall that lies can write what it likes around an act;
so every row is held against the signed bytes in it (`said`), and nothing is believed of a row that disagrees.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

from hall.errors import HallError
from hall.evidence.bundle import Bundle
from hall.evidence.history import Fact, History
from hall.procurement.acts import ZERO_DIGEST, SignedAct
from hall.signing.certificates import Certificate, load_certificate
from hall.signing.gm_pairs import paired
from hall.signing.suite import KeyKind

_ANNOUNCED = ("BiddersAnnounced", "LotLocked")
_MOVES = ("DeadlineMoved", "OpeningPostponed")

_UNBOUND: Final = frozenset(
    "sign_in announce_bidders advance_clock move_deadline confirm_deadline suspend reason_suspension consult "
    "request_test resume declare_split adjourn read_text make_announcement take_post appoint_substitute log_call "
    "make_remark replace_representative take_over report_fault record_incident explain_incidents "
    "name_recording attach_recording add_paper".split()
)
"""Acts that may come before anybody may know the list of deposits; they need not name it later either."""


_TENDERING: Final = ("deposit", "withdraw")


@dataclass(frozen=True, slots=True)
class Party:
    """Who may sign something: the actor's key in the journal, and the certificates that are its own."""

    key: str
    certificates: frozenset[str]


@dataclass(frozen=True)
class Case:
    """A bundle with its history and the plan of its opening."""

    bundle: Bundle
    history: History
    plan: dict[str, Any]

    def upto(self, index: int) -> Case:
        """The case as its first `index` rows tell it."""
        facts = [fact for fact in self.history.facts if fact.index < index]
        return Case(self.bundle, replace(self.history, facts=facts), self.plan)

    def appointed(self, role: str, index: int) -> dict[str, Any] | None:
        """Who held a post right before the row at `index`: appointed, relieved by a deputy, or substituted."""
        holder = next((one for one in self.plan["staff"] if one["role"] == role), None)
        for fact in self.history.of("PostTaken", "SubstituteAppointed"):
            if fact.index < index and fact.body["post"]["role"] == role:
                holder = fact.body["post"]
        return holder

    def post(self, role: str, at: Fact) -> Party:
        """Who could sign for a post when `at` was journalled."""
        one = self.appointed(role, at.index)
        if one is None:
            return Party(f"{role}:", frozenset())
        return Party(f"{role}:{one['party']}", frozenset({str(one["certificate"])}))

    @cached_property
    def staff(self) -> list[dict[str, Any]]:
        """Everybody who was ever named for a post: appointed, deputies, substitutes."""
        posts = [f.body["post"] for f in self.history.of("SubstituteAppointed")]
        return [*self.plan["staff"], *self.plan["deputies"], *posts]

    def deadline_at(self, index: int) -> int:
        """The bid deadline as it stood right before the row at `index`."""
        moved = [f.body["after"] for f in self.history.of(*_MOVES) if f.index < index]
        return int(moved[-1] if moved else self.plan["bid_deadline"])

    def deposits_until(self, index: int) -> int:
        """The deadline as tendering knew it right before the row at `index`."""
        moved = [f.body["after"] for f in self.history.of("DepositDeadlineMoved") if f.index < index]
        return int(moved[-1] if moved else self.plan["bid_deadline"])

    @property
    def deadline(self) -> int:
        """The deadline that counted in the end."""
        return self.deadline_at(self.history.tree.size)

    def epoch_at(self, index: int) -> int:
        """How many suspensions there were before the row at `index`."""
        return sum(fact.index < index for fact in self.history.of("Suspended"))

    def notary_at(self, index: int) -> bool:
        """Whether a notary declared then: appointed, and not marked absent since the post was last filled."""
        absent = [f.index for f in self.history.of("NotaryMarkedAbsent") if f.index < index]
        filled = [
            f.index
            for f in self.history.of("PostTaken", "SubstituteAppointed")
            if f.index < index and f.body["post"]["role"] == "notary"
        ]
        return self.appointed("notary", index) is not None and max(absent, default=-1) <= max(
            filled, default=-1
        )

    def bidder(self, bidder: str) -> Party:
        """A bidder: the certificates it sealed to, and others of the same organisation by its credit code; one that
        deposited nothing is known by its sign-in alone."""
        own = {
            str(f.body["deposit"]["recipient"])
            for f in self.history.of("DepositReceived")
            if f.body["deposit"]["bidder"] == bidder
        }
        if not own:
            own = {f.act.certificate for f in self.history.of("BidderSignedIn", bidder=bidder) if f.act}
        own |= {signer for one in own for signer in self._signers.get(one, ())}
        codes = {self._codes[one] for one in own if self._codes.get(one)}
        return Party(
            f"bidder:{bidder}", frozenset(own | {c for c, code in self._codes.items() if code in codes})
        )

    def one_holder(self, signer: str, recipient: str) -> bool:
        """Whether who signs with `signer` (SHA-256) holds the key of `recipient`: one certificate for both, or in the
        suite GM the pair that one CA gave to one subject (clause 5.2.2)."""
        return signer == recipient or signer in self._signers.get(recipient, ())

    def party(self, at: Fact) -> Party:
        """The party behind a row's actor, as it stood then."""
        role, _, name = at.actor.partition(":")
        return self.bidder(name) if role == "bidder" else self.post(role, at)

    def name(self, bidder: str) -> str:
        """What a bidder is called: as it signed in, else as it deposited."""
        if (signed := self.signed_in().get(bidder)) is not None:
            return str(signed.body["name"])
        return next((str(d["name"]) for d in reversed(self.all_deposits) if d["bidder"] == bidder), bidder)

    def lots(self) -> list[str]:
        return [str(lot["lot"]) for lot in self.plan["lots"]]

    def main_of(self, lot: str) -> str:
        """The lot that this one's bids are alternatives to, "" for main bids."""
        return next((str(x["alternative_to"]) for x in self.plan["lots"] if x["lot"] == lot), "")

    def least(self, lot: str) -> int:
        """How many bids the lot needs to go on: none, where they are alternatives (clause 5.2.2)."""
        return 0 if self.main_of(lot) else int(self.plan["rules"]["minimum_bidders"])

    @cached_property
    def all_deposits(self) -> list[dict[str, Any]]:
        """Every deposit in order of receipt, superseded and withdrawn ones marked: folded from the deposits themselves
        and not from the list that was handed over."""
        found: list[dict[str, Any]] = []
        for fact in self.history.of("DepositReceived", "DepositWithdrawn"):
            given = fact.body["deposit"] if fact.kind == "DepositReceived" else fact.body
            key = (given["lot"], given["bidder"])
            found = [d | {"superseded": True} if (d["lot"], d["bidder"]) == key else d for d in found]
            if fact.kind == "DepositReceived":
                found.append(fact.body["deposit"])
        return found

    def deposits(self, lot: str) -> dict[str, dict[str, Any]]:
        """Deposits of a lot that count, by bidder, in order of receipt."""
        return {str(d["bidder"]): d for d in self.all_deposits if d["lot"] == lot and not d["superseded"]}

    @cached_property
    def manifest(self) -> str:
        """Digest of the closed list, as it was handed over."""
        handed = self.history.first("DepositsHandedOver")
        return str(handed.body["manifest"]) if handed else ZERO_DIGEST

    @cached_property
    def announced_at(self) -> int:
        """Tree index of the first announcement; behind the end if there was none."""
        told = self.history.first(*_ANNOUNCED)
        return told.index if told else self.history.tree.size

    def went_on(self, lot: str) -> Fact | None:
        """The announcement of a lot that went on: with enough bidders, or by an approval with fewer."""
        told = self.history.first(*_ANNOUNCED, lot=lot)
        if told is None or told.kind == "BiddersAnnounced":
            return told
        approved = self.history.first("FewerApproved", lot=lot)
        return told if approved is not None and approved.index > told.index else None

    def listed(self, lot: str) -> list[str]:
        """The bidders that were announced for a lot that went on."""
        told = self.went_on(lot)
        return [str(b) for b in told.body["bidders"]] if told else []

    def absent(self, lot: str) -> list[str]:
        """Depositors of a lot that went on who had not signed in."""
        told = self.went_on(lot)
        return [str(b) for b in told.body["not_signed_in"]] if told else []

    def signed_in(self) -> dict[str, Fact]:
        """First sign-in of each bidder, in order; a postponement to another day asks for new ones (clause 5.3.3)."""
        found: dict[str, Fact] = {}
        postponed = max((f.index for f in self.history.of("OpeningPostponed")), default=-1)
        for fact in self.history.of("BidderSignedIn"):
            if fact.index > postponed:
                found.setdefault(str(fact.body["bidder"]), fact)
        return found

    def organisation(self, certificate: str) -> str | None:
        """What organisation a certificate of the bundle names, "" for none; None where it is not in the bundle."""
        found = self._certificates.get(certificate)
        return None if found is None else found.organisation

    @cached_property
    def _codes(self) -> dict[str, str]:
        """Unified social credit code of each certificate in the bundle."""
        return {digest: one.credit_code for digest, one in self._certificates.items()}

    @cached_property
    def _signers(self) -> dict[str, frozenset[str]]:
        """Who signs for each certificate that is one of a pair's second ones."""
        national = {d: c for d, c in self._certificates.items() if c.kind is KeyKind.SM2}
        return {
            other: frozenset(digest for digest, one in national.items() if paired(one, recipient))
            for other, recipient in national.items()
        }

    @cached_property
    def _certificates(self) -> dict[str, Certificate]:
        """Each certificate in the bundle that can be read, by its SHA-256."""
        found: dict[str, Certificate] = {}
        for digest, der in self.history.certificates.items():
            try:
                found[digest] = load_certificate(der)
            except HallError:
                continue
        return found


def only(case: Case, faults: list[str], *kinds: str, **wanted: object) -> Fact | None:
    """The one fact of these kinds; a second one is a fault, none is None."""
    found = case.history.of(*kinds, **wanted)
    faults.extend(f"{fact}: told a second time" for fact in found[1:])
    return found[0] if found else None


def said(
    case: Case, fact: Fact, act_type: str, party: Party, /, *, lot: str = "", **body: object
) -> list[str]:
    """The row's act is of this type, for this very opening and lot, signed by this party, and its body says `body`."""
    if (fault := _unsaid(case, fact, act_type, party, lot)) is None and fact.act is not None:
        fault = _other_words(fact.act, body)
    return [f"{fact}: {fault}"] if fault else []


def said_in_private(case: Case, fact: Fact, act_type: str, party: Party, *, lot: str = "") -> list[str]:
    """The same for an act whose body is withheld from the journal: personal data, content keys."""
    fault = _unsaid(case, fact, act_type, party, lot)
    if fault is None and fact.act is not None and fact.act.body is not None:
        fault = "what must stay out of the journal is in it"
    return [f"{fact}: {fault}"] if fault else []


def _unsaid(case: Case, fact: Fact, act_type: str, party: Party, lot: str) -> str | None:
    act, plan = fact.act, case.plan
    if act is None or act.type != act_type or act.certificate not in party.certificates or not fact.proved:
        return f"not signed by the one who may ({act_type})"
    if (fact.actor, fact.nonce) != (party.key, act.client_nonce):
        return "told under another name than its signer's"
    tendering = act_type in _TENDERING
    deadline = case.deposits_until(fact.index) if tendering else case.deadline_at(fact.index)
    if (act.origin, act.tender, act.deadline) != (plan["origin"], plan["tender"], deadline):
        return "signed for another opening or deadline"
    # What is signed in tendering is signed for a tender; it may name the opening too.
    if act.opening not in (("", plan["opening"]) if tendering else (plan["opening"],)):
        return "signed for another opening or deadline"
    if act.epoch > case.epoch_at(fact.index):
        return "signed for a later suspension"
    if act.lot != lot:
        return "signed for another lot"
    bound = fact.index > case.announced_at and act_type not in _UNBOUND
    if act.manifest not in ((case.manifest,) if bound else (case.manifest, ZERO_DIGEST)):
        return "signed for another list of deposits"
    return None


def _other_words(act: SignedAct, told: Mapping[str, object]) -> str | None:
    try:
        body = act.body_json()
    except HallError:
        return "the signed words are missing"
    for name, value in told.items():
        given = body.get(name)
        if (given.strip() if isinstance(given, str) else given) != value:
            return f"its signer said something else ({name})"
    return None
