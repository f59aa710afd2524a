"""The machine checks of clause 5.5.1, carried out once the opening is closed: gathers, has the pure checks run, tells.

Bids' files are looked into by a process of their own; addresses and devices (clause 5.3.6) are compared in memory and
leave no trace but the indicator. What may not live here: what a check finds (`hall.award.checks`, `likeness`).
"""

from __future__ import annotations

import asyncio
import json
import logging
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from hall.adapters.bid_checker import LIMITS, MOST_BYTES, Limits, in_a_process
from hall.award.checks import Checked, Expected, check
from hall.award.commands import NoteChecks
from hall.award.likeness import likenesses
from hall.errors import HallError
from hall.procurement import canonical
from hall.procurement.bid_report import PdfSignature
from hall.procurement.bid_traces import BidTraces, asked_in, days_in
from hall.procurement.evaluation import Reason
from hall.procurement.findings import Fact, Finding
from hall.procurement.tender import Lot
from hall.runtime.award_matter import AWARD
from hall.runtime.award_owed import entrant
from hall.runtime.evaluation_matter import handed_over, rules_of
from hall.runtime.matter import Owed, Procedure, States
from hall.runtime.notice_matter import NOTICE
from hall.runtime.ports import Journal
from hall.runtime.registration_matter import REGISTRATION
from hall.runtime.registry import Registry
from hall.session.events import DisclosedBid, OpeningScheduled, OperatorSeen
from hall.session.rules import Stage
from hall.session.state import OpeningState
from hall.storage.blobs import Blobs
from hall.tendering.directory import Directory

log = logging.getLogger("hall.machine_checks")

_NOTHING: Final = BidTraces()


class MachineChecks:
    """pool: where likenesses are counted; scratch: for a bid in clear while a process of its own looks into it."""

    def __init__(
        self,
        registry: Registry,
        journal: Journal,
        blobs: Blobs,
        pool: Executor,
        scratch: Path,
        limits: Limits = LIMITS,
    ) -> None:
        self._registry, self._journal = registry, journal
        self._blobs, self._pool, self._scratch = blobs, pool, scratch
        self._limits = limits
        self._one = asyncio.Semaphore(1)

    def owed(self) -> Owed:
        """The checks of a closed opening are owed to its award, once."""
        return Owed("the machine checks to the award", _due, self._check)

    async def _check(self, procedure: Procedure, opening: OpeningState) -> None:
        states = procedure.states()
        rules = rules_of(states)
        places, devices = await self._whence(opening)
        bids = []
        for bid in checked_bids(opening, states, self._registry.directory.state):
            seen = replace(bid, places=frozenset(places[bid.bidder]), devices=frozenset(devices[bid.bidder]))
            bids.append(replace(seen, traces=await self._traces(opening, bid)))
        run = asyncio.get_running_loop().run_in_executor
        findings = await run(self._pool, find, tuple(bids), rules.low_price_flag)
        given = handed_over(opening, rules)
        entrants = () if given is None else tuple(entrant(bid) for bid in given.bids)
        await procedure.submit(AWARD.name, NoteChecks(entrants, findings))

    async def _traces(self, opening: OpeningState, bid: Checked) -> BidTraces:
        """What a process of its own takes from a bid's file; nothing where it can't."""
        wanted = sorted({text for one in bid.expected for text in one.texts})
        question: dict[str, object] = {"memory": self._limits.memory, "seconds": self._limits.seconds}
        question["wanted"] = wanted
        async with self._one:
            with tempfile.TemporaryDirectory(dir=self._scratch) as directory:
                plain = Path(directory) / "bid"
                try:
                    name = f"{bid.lot}/{bid.bidder}/bid"
                    await self._blobs.copy_secret(opening.scheduled.opening, name, plain)
                except (HallError, OSError) as error:
                    log.error("an opened bid of lot %s can't be read: %s", bid.lot, error)
                    return _NOTHING
                if plain.stat().st_size > MOST_BYTES:
                    return _NOTHING
                question["path"] = str(plain)
                module = "hall.signing.bid_traces_process"
                answer, _ = await in_a_process(module, question, self._limits.patience)
        return read_traces(answer)

    async def _whence(self, opening: OpeningState) -> tuple[Mapping[str, set[str]], Mapping[str, set[str]]]:
        """From which addresses and devices each bidder's acts came; an item that was erased stays unknown."""
        places, devices = defaultdict[str, set[str]](set), defaultdict[str, set[str]](set)
        room = self._registry.opening(opening.scheduled.opening).room
        await room.recall()
        for _, _, event in list(room.entries):
            if not isinstance(event, OperatorSeen) or not event.participant.startswith("bidder-"):
                continue
            body = await self._journal.personal(event.operator)
            match None if body is None else canonical.loads(body.decode()):
                case {"address": str(address), "device": str(device)}:
                    bidder = event.participant.removeprefix("bidder-")
                    places[bidder] |= {address} - {""}
                    devices[bidder] |= {device} - {""}
        return places, devices


def _due(states: States) -> OpeningState | None:
    opening = states.opening
    if opening is None or opening.stage is not Stage.CLOSED or states.of(AWARD).findings is not None:
        return None
    return opening


def find(bids: tuple[Checked, ...], low_price_flag: int) -> tuple[Finding, ...]:
    """All findings, for a process of the pool."""
    return (*check(bids, low_price_flag), *likenesses(bids))


def read_traces(answer: bytes) -> BidTraces:
    """A process's answer; one that a hostile file broke says anything or nothing."""
    try:
        found: dict[str, Any] = json.loads(answer)
        texts: Callable[[str], tuple[str, ...]] = lambda key: tuple(str(one) for one in found[key])
        return BidTraces(
            readable=found["readable"] is True,
            producer=str(found["producer"]),
            author=str(found["author"]),
            created=str(found["created"]),
            ids=texts("ids"),
            fonts=texts("fonts"),
            runs=tuple(int(one) for one in found["runs"]),
            papers=texts("papers"),
            amounts=texts("amounts"),
            named=texts("named"),
            validity=tuple(int(one) for one in found["validity"]),
        )
    except (ValueError, KeyError, TypeError):
        return _NOTHING


def checked_bids(opening: OpeningState, states: States, known: Directory) -> list[Checked]:
    """Every disclosed bid with what the tender's own streams, and the directory, know of it."""
    reports = {(one.lot, one.bidder): one for one in opening.bid_reports}
    sealed = {(one.lot, one.bidder): one.sha256 for one in opening.deposits if not one.superseded}
    members = {
        bidder: tuple(member.name for member in one.registered.members)
        for bidder, one in states.of(REGISTRATION).registrants.items()
    }
    codes = {one.party: one.code for one in known.certificates.values()}
    asked = asked_in(_words(states))
    found = []
    for lot in opening.scheduled.lots:
        course = opening.lots[lot.lot]
        quotes = {quote.bidder: quote.price for one in course.rounds for quote in one.quotes}
        for bidder, told in course.disclosed.items():
            signed = opening.signed_in.get(bidder)
            name = signed.name if signed is not None else bidder
            report = reports.get((lot.lot, bidder))
            signatures = () if report is None else report.signatures
            seals = [one for one in signatures if is_seal(one, name)]
            others = members.get(bidder, ())
            found.append(
                Checked(
                    lot=lot.lot,
                    bidder=bidder,
                    name=name,
                    price=quotes.get(bidder, told.price),
                    ceiling=lot.price_ceiling or "",
                    empty=_empty(lot, told),
                    alternative_to=lot.alternative_to,
                    consortium=bool(others),
                    sealed=sealed.get((lot.lot, bidder), ""),
                    pdf=told.bid_sha256,
                    outcome="" if report is None else report.outcome,
                    seals=len(seals),
                    signatures=len(signatures) - len(seals),
                    signers=frozenset(one.certificate for one in signatures if one.certificate),
                    silent=tuple(
                        one.round
                        for one in course.rounds
                        for quote in one.quotes
                        if quote.bidder == bidder and not quote.body
                    ),
                    expected=(
                        *_of_bidder(name, codes.get(bidder, ""), others),
                        *_of_response(opening.scheduled, lot, told),
                    ),
                    unsealed=tuple(
                        one
                        for one in (others if signatures else ())
                        if not any(is_seal(signature, one) for signature in signatures)
                    ),
                    shut=bidder in known.deactivated,
                    asked=asked,
                    period=days_in(told.period),
                )
            )
    return found


def _words(states: States) -> str:
    """What the tender itself says of its bids: the notice, and the criteria."""
    terms = states.of(NOTICE).terms
    said = [one.text for one in rules_of(states).criteria]
    return "\n".join([*said, terms.text if terms is not None else ""])


def _of_bidder(name: str, code: str, members: Sequence[str]) -> Iterator[Expected]:
    """Clause 5.5.1 b and c: whose bid it is, by name and credit code, and every member of its consortium."""
    yield Expected(Reason.C, "bidder_not_named", (name,))
    if code:
        yield Expected(Reason.C, "code_not_seen", (code,), (Fact("code", code),))
    for member in members:
        yield Expected(Reason.B, "member_not_named", (member,), (Fact("member", member),))


_REPEATED: Final = ("period", "quality", "manager")
"""Columns whose words stand in the bid as they were read out; sums are written in many ways."""


def _of_response(plan: OpeningScheduled, lot: Lot, told: DisclosedBid) -> Iterator[Expected]:
    """Clause 5.5.1 f: which tender it answers, and that the file says what was read out."""
    yield Expected(Reason.F, "tender_not_named", (plan.tender_name, plan.tender_number))
    for column in lot.columns:
        value = str(getattr(told, column.key)).strip()
        if column.key in _REPEATED and value:  # a name of a person stands in no fact
            yield Expected(Reason.F, "column_differs", (value,), (Fact("column", column.title),))


def is_seal(signature: PdfSignature, name: str) -> bool:
    """Whether a signature is the organisation's: its certificate is in the organisation's name."""
    plain, signer = "".join(name.split()), "".join(signature.signer.split())
    return bool(plain) and bool(signer) and (plain in signer or signer in plain)


def _empty(lot: Lot, told: DisclosedBid) -> tuple[str, ...]:
    return tuple(column.title for column in lot.columns if not str(getattr(told, column.key)).strip())
