"""The matters around the opening as the verifier asks about them: which there are, and the law all acts are under.

What may not live here: what one clause asks; each matter's module does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from hall.evidence import award, evaluation, notice, registration, repeats, supervision
from hall.evidence.case import Case
from hall.evidence.history import Fact
from hall.evidence.part import Part, Question
from hall.procurement import canonical
from hall.procurement.acts import SignedAct

_DIGEST: Final = re.compile(r"[0-9a-f]{64}")

PARTS: Final[Mapping[str, Part]] = {
    "award": award.PART,
    "evaluation": evaluation.PART,
    "notice": notice.PART,
    "registration": registration.PART,
    "supervision": supervision.PART,
}
"""Matter → its part; a stream `<matter>/<tender>` is judged by it."""

NAMES: Final = frozenset({"notice", "registration", "evaluation", "award", "supervision"})
"""The streams around the opening: the law of acts holds for all of them, whether anything else is asked of them or not.
"""

QUESTIONS: Final[tuple[Question, ...]] = tuple(one for part in PARTS.values() for one in part.questions)

UNSIGNED: Final[frozenset[str]] = frozenset(kind for part in PARTS.values() for kind in part.unsigned)


def files(case: Case) -> Iterator[str]:
    """A file beside the journal is the one that its name says, and some row of a matter names it."""
    named = {digest for fact in case.history.facts if is_matter(fact) for digest in _digests(fact)}
    for name in case.bundle.under("files"):
        digest = name.removeprefix("files/")
        if case.bundle.digest(name) != digest:
            yield f"{name}: not the file of that digest"
        if digest not in named:
            yield f"{name}: no row names it"


def _digests(fact: Fact) -> Iterator[str]:
    yield from _DIGEST.findall(canonical.dumps({**fact.body, "act": None}).decode())


def is_matter(fact: Fact) -> bool:
    """Whether a row is of a matter, and not of the opening, its deposits or the hall's own streams."""
    return fact.stream.partition("/")[0] in NAMES


def acts(case: Case) -> Iterator[str]:
    """4.4: each act of a matter was signed for this tender, by its row's actor, who may send such an act, with a
    certificate that is its own; and its row says what it says."""
    owners = _owners(case)
    for fact in case.history.facts:
        if not is_matter(fact):
            continue
        part = PARTS.get(fact.stream.partition("/")[0])
        if fact.act is not None:
            yield from _one(case, fact, fact.act, owners)
        if part is not None:
            yield from _led(fact, part)
            yield from repeats.repeated(fact, part.renamed, part.apart, part.withheld)


def _led(fact: Fact, part: Part) -> Iterator[str]:
    """Whether an act of the right type, by somebody who may send it, led to the row."""
    kinds, roles = part.signed.get(fact.kind, ("", frozenset[str]()))
    if fact.act is None:
        if kinds and fact.kind not in part.either:
            yield f"{fact}: holds no act, and only an act leads to it"
        return
    if fact.act.type not in kinds.split():
        yield f"{fact}: {fact.act.type} does not lead to it"
    if fact.actor.partition(":")[0] not in roles:
        yield f"{fact}: done by somebody who may not ({fact.act.type})"


def _one(case: Case, fact: Fact, act: SignedAct, owners: dict[str, str]) -> Iterator[str]:
    role, _, party = fact.actor.partition(":")
    if not fact.proved:
        yield f"{fact}: not signed by the one whom it names"
    if (act.origin, act.tender, act.opening) != (case.plan["origin"], case.plan["tender"], ""):
        yield f"{fact}: signed for another tender"
    if act.client_nonce != fact.nonce:
        yield f"{fact}: told under another nonce than its signer's"
    if owners.setdefault(act.certificate, party) != party:
        yield f"{fact}: told of {party}, signed with a certificate of {owners[act.certificate]}"
    if role == "bidder" and (known := case.bidder(party).certificates) and act.certificate not in known:
        yield f"{fact}: signed with a certificate that is not {party}'s"


def _owners(case: Case) -> dict[str, str]:
    """Whose each certificate is, as the opening knew it; the first act tells of everybody else."""
    found = {str(one["certificate"]): str(one["party"]) for one in case.staff}
    for fact, act in case.history.acts():
        if not is_matter(fact):
            found.setdefault(act.certificate, fact.actor.partition(":")[2])
    return found
