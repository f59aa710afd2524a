"""Supervision for who has no account, and the words that lie beside the journal (clauses 6.2, 6.3).

A question or a complaint without a certificate gets a query code: 128 random bits, shown once; the journal has a salted
hash of it. Names and words are personal items: read here by whom `hall.supervision.views` lets, erasable without
touching a row. What may not live here: HTTP, any rule.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from hall.clock import Clock
from hall.errors import NotPermitted, Refused
from hall.procurement import canonical
from hall.procurement.bodies import Fields, malformed
from hall.procurement.matter import HALL, PUBLIC, Look
from hall.procurement.parties import Actor, Role
from hall.runtime.case_bundles import BundleMaker
from hall.runtime.matter_files import MatterFiles
from hall.runtime.ports import Journal, PersonalItem
from hall.runtime.procedure import Procedures
from hall.runtime.seats import Person
from hall.runtime.supervision_matter import NAME, SUPERVISION
from hall.supervision import commands as c
from hall.supervision import views
from hall.supervision.acts import STATEMENT, filed
from hall.supervision.state import Case, Question, Supervision
from hall.supervision.terms import Kind
from hall.wire.supervision import CodeLookup, CodeShown, StatementView

HOUR: Final = 3600.0
MOST_FILINGS: Final = 10
"""Questions and complaints that one network brings in an hour."""
MOST_LOOKS: Final = 60
"""Query codes that one network shows in an hour: nobody guesses 128 bits, and nobody keeps the hall busy with it."""
MOST_BYTES: Final = 8 * 1024 * 1024
MOST_BYTES_AN_HOUR: Final = 64 * 1024 * 1024

_QUESTION: Final = {"salt": str, "words": str, "name": str, "contact": str}
_OWNER: Final = Look(party=views.OWNER)


class Turnstile:
    """Lets each network through so often an hour, and all together a hundred times as often."""

    def __init__(self, clock: Clock, most: int) -> None:
        self._clock, self._most = clock, most
        self._since = clock.monotonic()
        self._counts: dict[str, int] = {}

    def pass_through(self, network: str, weight: int = 1) -> None:
        """Raises Refused("too_often", minutes)."""
        now = self._clock.monotonic()
        if now - self._since >= HOUR:
            self._since, self._counts = now, {}
        count = self._counts.get(network, 0) + weight
        if count > self._most or sum(self._counts.values()) + weight > 100 * self._most:
            raise Refused("too_often", minutes=int((HOUR - (now - self._since)) / 60) + 1)
        self._counts[network] = count


@dataclass(frozen=True, slots=True)
class Brought:
    """What somebody without an account brings forward, as it came. prior_code: the query code of what came before."""

    kind: Kind
    lot: str
    statement: Mapping[str, object]
    prior_code: str


class SupervisionDesk:
    """What the doors may ask."""

    def __init__(
        self,
        procedures: Procedures,
        journal: Journal,
        files: MatterFiles,
        clock: Clock,
        bundles: BundleMaker,
    ) -> None:
        self._procedures, self._journal, self._files, self._clock = procedures, journal, files, clock
        self._bundles = bundles
        self._filings = Turnstile(clock, MOST_FILINGS)
        self._looks = Turnstile(clock, MOST_LOOKS)
        self._bytes = Turnstile(clock, MOST_BYTES_AN_HOUR)

    async def ask(self, tender: str, said: Mapping[str, object], network: str) -> CodeShown:
        """A public question. said: words, name and contact (both may be empty). Raises Refused, Malformed."""
        self._check_tender(tender)
        said = {"salt": secrets.token_hex(16), **said}
        body = Fields(said, _QUESTION)
        body.text("words")
        body.text("name", 100, least=0)
        body.text("contact", 200, least=0)
        self._filings.pass_through(network)
        code, kept = _code()
        digest, item = _item(said)
        await self._note(tender, c.AskQuestion(digest, kept), (item,))
        questions = (await self._state(tender)).questions.values()
        number = next(one.asked.question for one in questions if one.asked.code == kept)
        return CodeShown(number, code, self._clock.now(), "")

    async def file(self, tender: str, brought: Brought, network: str) -> CodeShown:
        """An objection, challenge or complaint. Raises Refused, NotPermitted("no_such_code"), Malformed."""
        self._check_tender(tender)
        if tender == HALL:
            raise Refused("no_tender_named")
        prior = 0
        if brought.prior_code:
            found = await self._by_code(tender, brought.prior_code, network)
            prior = found.number if isinstance(found, Case) else 0
        said = {**brought.statement, "salt": secrets.token_hex(16), "prior": prior}
        digest, item = _item(said)
        code, kept = _code()
        command = filed(Fields(said, STATEMENT), brought.kind, brought.lot, digest, kept, None)
        await self._check_given(tender, command.files, network)
        self._filings.pass_through(network)
        await self._note(tender, command, (item,))
        cases = (await self._state(tender)).cases.values()
        case = next(one for one in cases if one.filed.code == kept)
        return CodeShown(case.number, code, case.filed_at, case.reason or "")

    async def lookup(self, tender: str, code: str, network: str) -> CodeLookup:
        """Where it stands, for who has the query code. Raises NotPermitted("no_such_code"), Refused("too_often")."""
        found = await self._by_code(tender, code, network)
        state, now = await self._state(tender), self._clock.now()
        if isinstance(found, Case):
            shown = views.case_view(state, found, _OWNER, now)
            return CodeLookup(tender, shown, None, await self._words(found.filed.statement, True))
        asked = views.question_view(state, found, _OWNER, now)
        return CodeLookup(tender, None, asked, await self._words(found.asked.statement, True))

    async def withdraw(self, tender: str, code: str, text: str, network: str) -> CodeLookup:
        """Take a case back. Raises as `lookup`, and what the machine refuses."""
        case = await self._own_case(tender, code, network)
        await self._note(tender, c.WithdrawCase(case.number, text, None))
        return await self.lookup(tender, code, network)

    async def rate(self, tender: str, code: str, stars: int, text: str, network: str) -> CodeLookup:
        """Say how content one is. Raises as `withdraw`, Malformed."""
        if not 1 <= stars <= 5:
            malformed("stars")
        case = await self._own_case(tender, code, network)
        await self._note(tender, c.RateCase(case.number, stars, text, None))
        return await self.lookup(tender, code, network)

    async def add_files(self, tender: str, code: str, files: tuple[str, ...], network: str) -> CodeLookup:
        """Add files that were handed in to one's own case. Raises as `withdraw`, Refused("file_not_handed_in")."""
        case = await self._own_case(tender, code, network)
        await self._check_given(tender, files, network)
        await self._note(tender, c.AddFiles(case.number, files))
        return await self.lookup(tender, code, network)

    async def hand_in(self, tender: str, data: bytes, network: str) -> str:
        """Keep a file that a complaint will name; gives its SHA-256. Raises Refused: "file_too_large", "too_often"."""
        self._check_tender(tender)
        if not 0 < len(data) <= MOST_BYTES:
            raise Refused("file_too_large", limit=MOST_BYTES)
        self._bytes.pass_through(network, len(data))
        sha256 = await self._files.keep(tender, data)
        await self._procedures.given.add(tender, _of_network(network), sha256)
        return sha256

    async def file_of(self, tender: str, code: str, sha256: str, network: str) -> bytes:
        """A file of one's own case, or of its decision, by the query code. Raises NotPermitted."""
        case = await self._own_case(tender, code, network)
        decided = {one for step in case.steps if step.what == "decided" for one in step.files}
        if sha256 not in decided | set(case.files):
            raise NotPermitted("no_such_file")
        return await self._files.give(tender, sha256)

    async def statement(self, tender: str, what: str, number: int, person: Person | None) -> StatementView:
        """The words of a case, question or call, and who said them, as far as somebody may know it.

        Raises NotPermitted("no_such_case").
        """
        self._check_tender(tender)
        state = await self._state(tender)
        look = PUBLIC if person is None else await self._procedures.look(tender, person)
        digest = _digest_of(state, what, number)
        words, who = views.reads(state, digest, look) if digest else (False, False)
        if not words:
            raise NotPermitted("no_such_case")
        return await self._words(digest, who)

    async def bundle(self, tender: str, number: int, person: Person) -> Path:
        """The bundle that lies with a case, for who may have it. Raises NotPermitted("no_such_file")."""
        self._check_tender(tender)
        look, states = (
            await self._procedures.look(tender, person),
            (await self._procedures.procedure(tender)).states(),
        )
        if states.opening is None or not views.may_fetch_bundle(states.of(SUPERVISION), look, number):
            raise NotPermitted("no_such_file")
        actor = Actor(Role.REGULATOR, person.party, person.name, person.certificate)
        return await self._bundles.of_case(states.opening.scheduled.opening, number, actor)

    # inside

    async def _check_given(self, tender: str, files: tuple[str, ...], network: str) -> None:
        """Whose case names a file reads it by its code."""
        for sha256 in files:
            if not await self._procedures.given.has(tender, _of_network(network), sha256):
                raise Refused("file_not_handed_in", sha256=sha256)

    def _check_tender(self, tender: str) -> None:
        if tender != HALL and tender not in self._procedures.registry.directory.state.tenders:
            raise NotPermitted("no_such_tender")

    async def _state(self, tender: str) -> Supervision:
        found: Supervision = (await self._procedures.procedure(tender)).rooms[NAME].state
        return found

    async def _note(self, tender: str, command: Any, personal: tuple[PersonalItem, ...] = ()) -> None:
        await self._procedures.note(NAME, tender, command, personal=personal)

    async def _by_code(self, tender: str, code: str, network: str) -> Case | Question:
        self._check_tender(tender)
        self._looks.pass_through(network)
        code = "".join(code.split()).replace("-", "").lower()
        if len(code) != 32 or set(code) - set("0123456789abcdef"):
            raise NotPermitted("no_such_code")
        state = await self._state(tender)
        for case in state.cases.values():
            if _opens(code, case.filed.code):
                return case
        for question in state.questions.values():
            if _opens(code, question.asked.code):
                return question
        raise NotPermitted("no_such_code")

    async def _own_case(self, tender: str, code: str, network: str) -> Case:
        found = await self._by_code(tender, code, network)
        if not isinstance(found, Case):
            raise NotPermitted("no_such_code")
        return found

    async def _words(self, digest: str, who: bool) -> StatementView:
        body = await self._journal.personal(digest)
        said = None if body is None else canonical.loads(body)
        if not isinstance(said, dict):
            return StatementView("erased", "", "", "", "")
        words = {key: str(said.get(key, "")) for key in ("facts", "demands", "words", "said", "answer")}
        facts = words["facts"] or words["words"] or words["said"]
        name = str(said.get("name", said.get("caller", ""))) if who else ""
        contact = str(said.get("contact", said.get("phone", ""))) if who else ""
        return StatementView(
            "there" if who else "withheld", name, contact, facts, words["demands"] or words["answer"]
        )


def _of_network(network: str) -> str:
    """No party is called so."""
    return f"network {network}"


def _digest_of(state: Supervision, what: str, number: int) -> str:
    if what == "cases":
        return state.cases[number].filed.statement if number in state.cases else ""
    if what == "questions":
        return state.questions[number].asked.statement if number in state.questions else ""
    return next((call.statement for _, call in state.calls if call.call == number), "")


def _item(said: Mapping[str, object]) -> tuple[str, PersonalItem]:
    body = canonical.dumps(dict(said))
    digest = hashlib.sha256(body).hexdigest()
    return digest, PersonalItem(digest, body)


def _code() -> tuple[str, c.Code]:
    """A query code, and what is kept of it."""
    code, salt = secrets.token_hex(16), secrets.token_hex(16)
    return code, c.Code(salt, _hash(salt, code))


def _opens(code: str, kept: c.Code) -> bool:
    return bool(kept.hash) and hmac.compare_digest(_hash(kept.salt, code), kept.hash)


def _hash(salt: str, code: str) -> str:
    return hashlib.sha256(bytes.fromhex(salt + code)).hexdigest()
