"""The front desk: what the gateway's doors may ask for. Proven persons in, views and acknowledgements out.

No HTTP and no sockets here; no rules either: the desk checks signatures and stamps, and hands commands to rooms.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from functools import partial

from hall import wire
from hall.errors import Malformed, NotPermitted, Refused
from hall.procurement import canonical
from hall.procurement.acts import SignedAct
from hall.procurement.parties import Actor, Role, participant_of
from hall.runtime.attempts import Attempts
from hall.runtime.attendance import Attendance
from hall.runtime.certificate_watch import CertificateWatch
from hall.runtime.deposits import Deposits, Withdrawal
from hall.runtime.media_ports import Recordings
from hall.runtime.operators import Operators, Whence
from hall.runtime.papers import Papers
from hall.runtime.persons import Persons
from hall.runtime.ports import Certificates, CertificateStatus, PersonalItem, ReleasedKey, SealedStore, Seals
from hall.runtime.presence_log import presence_log
from hall.runtime.proofs import Proofs
from hall.runtime.registry import Opening, Registry
from hall.runtime.revocation import Revocations
from hall.runtime.screen import Screen
from hall.runtime.seats import Person, Seat, offices_of, seats_of, stakes
from hall.runtime.self_check import self_check
from hall.runtime.statements import cause_statement
from hall.session import commands as oc
from hall.session import events as oe
from hall.session import views
from hall.session.acts import command_of
from hall.session.broadcast import sources
from hall.session.custody import KEY_SIZE
from hall.session.roster import may_be_known
from hall.session.rules import RECORDED, RIGHTS, Stage
from hall.session.state import OpeningState
from hall.tendering.directory import PartyRegistered
from hall.tendering.events import DepositReceived

__all__ = ["Desk", "Person", "Seat"]

_WITHHELD = frozenset({"sign_in", "replace_representative", "offer_quote"})
"""Acts whose body the journal names by its digest alone; it lies beside the journal."""

_PROVED = RECORDED | {"name_recording"}
"""Acts that depend on whether the recorder proves that it writes (clause 6.1)."""


class Desk:
    """The hall as its doors see it."""

    def __init__(
        self,
        registry: Registry,
        certificates: Certificates,
        seals: Seals,
        sealed: SealedStore,
        recordings: Recordings,
        persons: Persons,
        proofs: Proofs,
        papers: Papers,
        log_key: str,
        origin: str,
    ) -> None:
        self._registry = registry
        self._certificates = certificates
        self._seals = seals
        self.attempts = Attempts(registry)
        self.operators = Operators(registry, seals)
        self.revocations = Revocations(registry, certificates)
        self.watch: CertificateWatch | None = None
        """Looks at a bidder's deposits when it logs in; None in a hall without notices."""
        self.deposits = Deposits(registry, certificates, seals, sealed, origin, log_key)
        self.proofs = proofs
        self.papers = papers
        self._sealed = sealed
        self._recordings = recordings
        self._persons = persons
        self._origin = origin

    # who is there

    def nonce(self, certificate: str) -> str:
        """A server nonce for this certificate (SHA-256 hex), good for 24 h and one act."""
        return self._seals.nonce(certificate, self._now())

    async def login(self, act: SignedAct, certificate: bytes) -> tuple[Person, CertificateStatus]:
        """Prove a certificate. Raises NotPermitted("unknown_certificate"), Refused with the certificate's code."""
        if act.type != "login" or act.body_json() != {"purpose": "login"} or act.origin != self._origin:
            raise Malformed("malformed_act", field="type")
        self._verify(act, certificate)
        status = await self._certificates.status(certificate, self._now())
        self.revocations.learned(act.certificate, status)
        only = None
        if status.code == "certificate_expired":
            # Clause 4.8: who was stopped by a standstill is not shut out by the calendar.
            only = await self.revocations.outlived(act.certificate, certificate) or None
        if status.code and only is None:
            raise Refused(status.code)
        party = self._registry.directory.state.certificates.get(act.certificate)
        party = party or await self._renewed(act.certificate, certificate)
        if party is None:
            raise NotPermitted("unknown_certificate")
        if code := self._registry.directory.state.shut(party.party, act.certificate):
            # No office puts anybody out of an opening that it has a bid in (4.9), and nobody learns that it has.
            still = stakes(self._registry, party.party)
            only = still if only is None else only & still
            if not only:
                raise Refused(code)
        if party.kind == "bidder" and self.watch is not None:
            await self.watch.logged_in(party.party, act.certificate)
        pair = self._registry.directory.state.pairs.get(act.certificate)
        other = pair.recipient if pair is not None else ""
        return Person(party.party, party.name, party.kind, act.certificate, only, other), status

    def seats(self, person: Person) -> list[Seat]:
        """Every role that the person has at the openings of this hall."""
        return seats_of(self._registry, person)

    def offices(self, person: Person) -> list[str]:
        """What the person is in the whole hall."""
        return offices_of(self._registry, person)

    def over(self, person: Person, since: int) -> bool:
        """Whether a bidder's openings are all closed, one of them after `since` (ms UTC), or its party may log in no
        longer: then its login ends too."""
        shut = self._registry.directory.state.shut(person.party, person.certificate)
        if shut and person.only is None:
            return True
        if person.kind != "bidder":
            return False
        rooms = [opening.room.state for opening in self._registry.openings.values()]
        mine = [x for x in rooms if person.party in x.signed_in]
        closed = bool(mine) and all(x.stage is Stage.CLOSED for x in mine)
        return closed and max(x.moved_at for x in mine) > since

    def actor(self, person: Person, opening: str, role: str | None = None) -> Actor:
        """The person in its role at an opening. Raises NotPermitted."""
        self._registry.opening(opening)
        for seat in self.seats(person):
            if seat.opening == opening and role in (None, seat.role.value):
                return Actor(seat.role, person.party, person.name, person.certificate, person.encryption)
        raise NotPermitted("not_appointed")

    def actor_for(self, person: Person, opening: str, act_type: str) -> Actor:
        """The person in the seat from which it can send such an act: who holds two posts needs not say in which it
        speaks, and a deputy takes the post that it does not hold yet. Raises NotPermitted."""
        posts = self._registry.opening(opening).room.state.posts
        holds = {role for role, post in posts.items() if post.certificate == person.certificate}
        right = RIGHTS.get(act_type)
        for seat in self.seats(person):
            fits = right is not None and seat.role in right.roles
            seated = act_type == "open_entrusted" or (seat.role in holds) is not (act_type == "take_post")
            if seat.opening == opening and fits and seated:
                return self.actor(person, opening, seat.role.value)
        return self.actor(person, opening)

    async def self_check(self, person: Person, opening: str) -> dict[str, object]:
        """See `self_check.self_check`; for whoever has a seat there. Raises NotPermitted."""
        self.actor(person, opening)
        return await self_check(self._registry, self._certificates, self.watch, person, opening)

    # before the opening

    def tenders(self, person: Person | None) -> list[dict[str, object]]:
        """All tender cards."""
        return [self.tender_card(tender, person) for tender in self._registry.tenderings]

    def tender_card(self, tender: str, person: Person | None) -> dict[str, object]:
        """A tender as a visitor sees it; `mine` holds the viewer's own receipts."""
        tendering = self._registry.tendering(tender)
        plan = tendering.state.published
        opening = self._registry.opening(plan.opening).room.state
        return {
            "tender": plan.tender,
            "name": plan.name,
            "number": plan.number,
            "origin": plan.origin,
            "opening": plan.opening,
            "place": opening.scheduled.place,
            "stage": opening.stage.value,
            "lots": [asdict(lot) for lot in plan.lots],
            "bid_deadline": plan.bid_deadline,
            "sign_in_from": opening.scheduled.sign_in_from,
            "suite": plan.suite,
            "custody": opening.scheduled.rules.custody.value,
            "remedy": opening.scheduled.rules.remedy.value,
            "log_key": self.proofs.log_key(plan.tender),
            "staff": [asdict(post) for post in opening.scheduled.staff],
            "deputies": [asdict(post) for post in opening.scheduled.deputies],
            "mine": [] if person is None else self.deposits.receipts(tender, person.party),
        }

    async def begin_upload(
        self, tender: str, lot: str, person: Person, size: int, sha256: str
    ) -> tuple[str, int]:
        """See `Deposits.begin`."""
        _anywhere(person)
        return await self.deposits.begin(tender, lot, person, size, sha256, self._now())

    async def deposit(
        self, tender: str, upload: str, act: SignedAct, certificate: bytes, person: Person, received_at: int
    ) -> wire.Receipt:
        """See `Deposits.hand_in`."""
        _anywhere(person)
        self._verify(act, certificate)
        return await self.deposits.hand_in(tender, upload, act, person, certificate, received_at)

    async def withdraw(
        self, tender: str, act: SignedAct, certificate: bytes, person: Person, received_at: int
    ) -> Withdrawal:
        """See `Deposits.withdraw`."""
        _anywhere(person)
        self._verify(act, certificate)
        return await self.deposits.withdraw(tender, act, person, received_at)

    async def sealed_header(self, tender: str, lot: str, person: Person) -> bytes:
        """The viewer's own sealed header as deposited."""
        deposit = self._registry.tendering(tender).state.active(lot, person.party)
        if deposit is None:
            raise NotPermitted("no_deposit")
        return await self._sealed.header(deposit.sha256)

    def deposit_act(self, tender: str, lot: str, person: Person) -> dict[str, object]:
        """The viewer's own signed deposit statement, so that its client can check the header against it."""
        for _, _, event in reversed(self._registry.tendering(tender).entries):
            if isinstance(event, DepositReceived) and (event.deposit.lot, event.deposit.bidder) == (
                lot,
                person.party,
            ):
                return event.act.to_json()
        raise NotPermitted("no_deposit")

    # the opening

    async def act(
        self,
        opening: str,
        act: SignedAct,
        certificate: bytes,
        actor: Actor,
        received_at: int,
        whence: Whence | None = None,
    ) -> wire.Ack:
        """One signed act: verified, put into the room's inbox, acknowledged when it is durable. whence: from where it
        was sent, noted before it where that is new (clause 5.3.6)."""
        room = self._registry.opening(opening).room
        self._verify(act, certificate)
        age = room.state.scheduled.rules.recorder_proof_age
        proof = self._proof(room.state, received_at, age) if act.type in _PROVED else None
        command = command_of(act, proof, self._registry.health.last_good)
        if isinstance(command, oc.AppointSubstitute):
            self._check_known(command.post.certificate)
        if isinstance(command, oc.Release) and command.entrusted is not None:
            self._check_entrusted(command.entrusted)
        if command.act.certificate != actor.certificate:
            raise Refused("wrong_certificate", needed=actor.certificate)
        if isinstance(command, oc.ShowCertificate):
            command = await self._compared(command, certificate, actor)
        if whence is not None:
            self.operators.seen(opening, actor, whence, received_at)
        if isinstance(command, oc.AddPaper):
            await self.papers.check_here(opening, command.sha256, command.size)
        answer = await room.submit(
            command,
            received_at=received_at,
            actor=actor,
            nonce=act.client_nonce,
            released_keys=_released_keys(command, actor),
            personal=_personal(act),
        )
        if act.type in ("sign_in", "replace_representative"):
            await self._persons.learn(act.body_digest)
            self.revocations.learned(
                act.certificate, await self._certificates.status(certificate, self._now())
            )
        ack = wire.Ack(
            1, act.type, opening, act.body_digest, answer.received_at, answer.kinds, answer.leaf, ""
        )
        return wire.Ack(**{**asdict(ack), "signature": self._seals.sign("ack", _unsigned(asdict(ack)))})

    def update(self, opening: str, actor: Actor, cursor: int) -> wire.Update:
        """The viewer's view, and its timeline from `cursor` on."""
        return self.screen(opening, actor).since(cursor)

    def screen(self, opening: str, actor: Actor) -> Screen:
        """The viewer's look at an opening, for who stays."""
        live = self._registry.opening(opening)
        return Screen(actor, lambda: live.room.entries, partial(self._view, live, actor))

    async def recall(self, opening: str) -> None:
        """Wake an opening that rests since long: before anybody enters it."""
        await self._registry.recall(opening)
        await self.proofs.learn(self._registry.opening(opening).room.tender)
        await self.operators.learn(opening)
        for signed in tuple(self._registry.opening(opening).room.state.signed_in.values()):
            await self._persons.learn(signed.person)

    def listen(self, opening: str, changed: Callable[[], None]) -> Callable[[], None]:
        """Call `changed()` whenever some view may have changed; gives the call that ends it."""
        listeners = self._registry.opening(opening).listeners
        listeners.append(changed)
        return lambda: listeners.remove(changed)

    def speaking(self, opening: str, actor: Actor) -> list[str]:
        """Who speaks now, of those that `actor` may watch."""
        live = self._registry.opening(opening)
        return sorted(p for p in live.speaking.now if views.may_watch(live.room.state, actor, p))

    def listen_to_voices(self, opening: str, changed: Callable[[], None]) -> Callable[[], None]:
        """Call `changed()` when somebody begins or ends to speak; returns how to stop."""
        return self._registry.opening(opening).speaking.listen(changed)

    def entrusted(self, opening: str, lot: str, actor: Actor) -> list[wire.EntrustedView]:
        """The keys that lie with the actor in a lot, once custodians are asked (clause 5.3.4). Raises Refused."""
        room = self._registry.opening(opening).room
        return views.entrusted_views(room.state, room.entries, lot, actor)

    def attendance(self, opening: str) -> Attendance:
        """Who is connected to this opening."""
        return self._registry.opening(opening).attendance

    def presence_log(self, opening: str, actor: Actor) -> dict[str, object]:
        """The actor's own presence, signed by the hall's log key."""
        room = self._registry.opening(opening).room
        shown = presence_log(room.state, room.entries, actor, self._now())
        return {**shown, "signature": self._seals.sign("presence", shown)}

    def cause_statement(self, opening: str, lot: str, actor: Actor) -> dict[str, object]:
        """Why the actor's own bid was not opened, as decided, signed by the hall's log key. Raises Refused."""
        room = self._registry.opening(opening).room
        shown = cause_statement(room.state, room.entries, lot, actor)
        return {**shown, "signature": self._seals.sign("cause", shown)}

    def certificate(self, opening: str, sha256: str, actor: Actor) -> bytes:
        """DER of a certificate that the viewer may know."""
        state = self._registry.opening(opening).room.state
        plan = state.scheduled
        # Whoever held a post, holds it or may take it: its acts stay checkable after it was relieved.
        staff = {post.certificate for post in (*plan.staff, *plan.deputies, *state.posts.values())}
        staff |= {
            event.post.certificate
            for _, _, event in self._registry.opening(opening).room.entries
            if isinstance(event, oe.SubstituteAppointed)
        }
        bidders = {x.certificate for b, x in state.signed_in.items() if may_be_known(state, f"bidder-{b}")}
        party = self._registry.directory.state.certificates.get(sha256)
        staff |= set(state.custodians)
        own = party is not None and actor.role is Role.BIDDER and party.party == actor.party
        if party is None or not (own or sha256 in staff | bidders | {actor.certificate}):
            raise NotPermitted("no_such_certificate")
        return base64.b64decode(party.certificate)

    def own_certificate(self, person: Person) -> bytes:
        """DER of the login's certificate."""
        return base64.b64decode(self._registry.directory.state.certificates[person.certificate].certificate)

    def check_watch(self, opening: str, actor: Actor, participant: str) -> None:
        """Raises NotPermitted unless `actor` may see and hear `participant` now."""
        if not views.may_watch(self._registry.opening(opening).room.state, actor, participant):
            raise NotPermitted("may_not_watch")

    def check_publish(self, opening: str, actor: Actor) -> str:
        """The participant under which `actor` may publish now. Raises NotPermitted("may_not_publish")."""
        live = self._registry.opening(opening)
        if not self._view(live, actor).publish:
            raise NotPermitted("may_not_publish")
        return participant_of(actor)

    async def reference(self, opening: str, bidder: str, actor: Actor) -> tuple[str, bytes]:
        """A representative's reference picture with its SHA-256, as it was consented to at the sign-in (clause 5.3.7);
        ("", b"") without one. Raises NotPermitted("may_not_watch")."""
        state = self._registry.opening(opening).room.state
        if not views.may_see_reference(state, actor, bidder):
            raise NotPermitted("may_not_watch")
        person = state.signed_in.get(bidder)
        if person is None or not person.photo:
            return "", b""
        return person.photo, await self._persons.photo(person.person)

    # inside

    def _proof(self, state: OpeningState, received_at: int, age: int) -> oe.RecorderProof | None:
        """What the first source proves that is being written: the host, else a camera of the hall (clause 6.1)."""
        opening = state.scheduled.opening
        proofs = (self._recordings.prove(opening, source, received_at, age) for source in sources(state))
        return next((proof for proof in proofs if proof is not None), None)

    async def _renewed(self, sha256: str, der: bytes) -> PartyRegistered | None:
        """clause 5.2.3: a bidder whose certificate was renewed with the same key is the same bidder; which is put down.

        It may log in, no more: what was sealed to the earlier certificate it opens by its sheet."""
        known = {base64.b64decode(p.certificate): p for p in self._bidders()}
        previous = await asyncio.to_thread(self._certificates.same_holder, der, known)
        if previous is None:
            return None
        self.revocations.check(known[previous].sha256)
        renewed = replace(known[previous], sha256=sha256, certificate=base64.b64encode(der).decode("ascii"))
        await self._registry.register(renewed)
        return renewed

    def _bidders(self) -> list[PartyRegistered]:
        known = self._registry.directory.state.certificates.values()
        return [party for party in known if party.kind == "bidder"]

    async def _compared(
        self, command: oc.ShowCertificate, certificate: bytes, actor: Actor
    ) -> oc.ShowCertificate:
        """The sheet with what comparing the two certificates gave. Raises Refused, Malformed."""
        previous = self._registry.directory.state.certificates.get(command.previous)
        if previous is None or previous.party != actor.party:
            raise Refused("unknown_certificate")
        consent = SignedAct.from_json(canonical.loads(command.consent.encode())) if command.consent else None
        act = command.act
        if consent is not None and (consent.origin, consent.tender, consent.opening) != (
            act.origin,
            act.tender,
            act.opening,
        ):
            raise Refused("act_for_another_opening")
        der = base64.b64decode(previous.certificate)
        same = await self._certificates.succession(der, certificate, consent, self._now())
        return replace(command, same_key=same)

    def _check_known(self, certificate: str) -> None:
        """A substitute has to be able to log in. Raises Refused("unknown_certificate")."""
        if certificate not in self._registry.directory.state.certificates:
            raise Refused("unknown_certificate")

    def _check_entrusted(self, given: oc.EntrustedKey) -> None:
        """What is for somebody else is refused before it is stored. Raises Refused("wrong_custodians")."""
        party = self._registry.directory.state.certificates.get(given.custodians[0])
        if party is None:
            raise Refused("wrong_custodians")
        first = base64.b64decode(party.certificate)
        self._certificates.check_entrusted_to(base64.b64decode(given.envelope), first)

    def _view(self, live: Opening, actor: Actor) -> wire.View:
        state = live.room.state
        tendering = self._registry.tendering(state.scheduled.tender).state
        mark = live.performer.checkpoint
        beside = views.Beside(
            persons=self._persons.known,
            operators=self.operators.known,
            publishing=frozenset(live.publishing),
            stills=frozenset(live.stills),
            checkpoint=self.proofs.wired(state.scheduled.tender, mark),
            own_deposits=tuple(d for d in tendering.deposits if d.bidder == actor.party and not d.superseded)
            if actor.role is Role.BIDDER
            else (),
        )
        return views.view(state, actor, beside)

    def _verify(self, act: SignedAct, certificate: bytes) -> None:
        """Signature and nonce; no network and no wait between the receipt stamp and the inbox."""
        self._certificates.verify_act(act, certificate)
        self.revocations.check(act.certificate)  # clause 4.9: only a proven revocation refuses
        if not self._seals.nonce_holds(act.server_nonce, act.certificate, self._now()):
            raise Refused("nonce_expired")

    def _now(self) -> int:
        return self._registry.clock.now()


def _anywhere(person: Person) -> None:
    """Who was let in for an opening that stood still deposits nothing elsewhere."""
    if person.only is not None:
        raise Refused("certificate_expired")


def _released_keys(command: oc.Act, actor: Actor) -> Sequence[ReleasedKey]:
    """Content keys that this act brings, if it is accepted: stored encrypted beside the journal. What is entrusted to
    custodians comes with their act and never before (clause 4.11)."""
    if isinstance(command, oc.Release) and command.entrusted is None:
        return (ReleasedKey(command.lot, actor.party, command.content_key),)
    if isinstance(command, oc.OpenEntrusted):
        keys = (part for part in command.parts if len(part.content) == KEY_SIZE)
        return tuple(ReleasedKey(command.lot, part.bidder, part.content) for part in keys)
    return ()


def _personal(act: SignedAct) -> Sequence[PersonalItem]:
    if act.type in _WITHHELD and act.body is not None:
        return (PersonalItem(act.body_digest, act.body.encode()),)
    return ()


def _unsigned(message: dict[str, object]) -> dict[str, object]:
    return {key: value for key, value in message.items() if key != "signature"}
