"""The counter for sealed bids: announce, hand in, withdraw, and the hall's signed papers about each (clause 5.2.2).

What may not live here: the rules about time; tendering decides at the stamp it is given, and the opening owns the
deadline.
"""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, replace

from hall import wire
from hall.errors import Malformed, NotPermitted, Refused, Unavailable
from hall.procurement import canonical
from hall.procurement.acts import SignedAct
from hall.procurement.parties import Actor, Role
from hall.procurement.tender import Deposit
from hall.runtime.ports import Certificates, SealedDeposit, SealedStore, Seals
from hall.runtime.registry import Registry
from hall.runtime.room import Room
from hall.runtime.seats import Person
from hall.session import causes, credentials
from hall.session import commands as oc
from hall.session.rules import Stage
from hall.tendering import commands as tc
from hall.tendering import events as te
from hall.tendering.state import TenderState

LATE = frozenset({"deadline_passed", "deadline_held"})
"""Codes of the refusals that the hall puts into writing."""


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """The hall's signed word that a bid was withdrawn in time; label `withdrawal`, otherwise as a receipt."""

    v: int
    origin: str
    tender: str
    lot: str
    bidder: str
    sha256: str
    received_at: int
    leaf: str
    signature: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """The hall's signed word that it took nothing, and why; label `refusal`, otherwise as a receipt. `what`: deposit,
    upload or withdrawal; `sha256`, `size`: as announced, "" and 0 for a withdrawal."""

    v: int
    origin: str
    tender: str
    lot: str
    bidder: str
    what: str
    code: str
    sha256: str
    size: int
    received_at: int
    deadline: int
    leaf: str
    signature: str


async def _anybody(tender: str, bidder: str) -> str:
    """The entry of a hall without notices."""
    return ""


class Deposits:
    """What a bidder may ask of the counter."""

    def __init__(
        self,
        registry: Registry,
        certificates: Certificates,
        seals: Seals,
        sealed: SealedStore,
        origin: str,
        log_key: str,
    ) -> None:
        """log_key: SHA-256 of the key that signs receipts and checkpoints, hex."""
        self._registry = registry
        self._certificates = certificates
        self._seals = seals
        self._sealed = sealed
        self._origin = origin
        self._log_key = log_key
        self.barred: Callable[[str, str], Awaitable[str]] = _anybody
        """(tender, bidder) → why the notice of the tender lets it not deposit, as a code, or "" (clause 5.2.1)."""

    async def begin(
        self, tender: str, lot: str, person: Person, size: int, sha256: str, received_at: int
    ) -> tuple[str, int]:
        """Begin or resume an upload: (id, bytes received). Raises Refused; a late one leaves a row and a refusal."""
        actor = _bidder(person)
        held = await self._held(tender, received_at)
        barred = await self.barred(tender, actor.party)
        command = tc.AnnounceUpload(lot, size, sha256, held, barred)
        room = self._registry.tendering(tender)
        try:
            await room.submit(command, received_at=received_at, actor=actor)
        except Refused as error:
            raise self._written(tender, actor, error) from None
        active = room.state.active(lot, actor.party)
        if active is not None and not self._shown(tender, lot, actor, actor.recipient):
            raise Refused(
                "certificate_not_shown", needed=active.recipient
            )  # before gigabytes go over the line
        return await self._sealed.begin(size, sha256, f"{tender}/{person.party}")

    async def hand_in(
        self, tender: str, upload: str, act: SignedAct, person: Person, certificate: bytes, received_at: int
    ) -> wire.Receipt:
        """The deposit act, verified already, for a finished upload. What is refused is erased."""
        room, actor = self._registry.tendering(tender), _bidder(person)
        if act.type != "deposit":
            raise Malformed("malformed_act", field="type")
        try:
            with room.reserved(received_at):
                barred = await self.barred(tender, actor.party)
                header = await self._sealed.finish(upload, f"{tender}/{person.party}")
                self._check_suite(tender, header.suite)
                self._certificates.check_sealed_for(
                    await self._sealed.header(header.sha256), certificate, self._other(person), received_at
                )
                deposit = _deposit(header, person, received_at)
                held = await self._held(tender, received_at)
                shown = self._shown(tender, deposit.lot, actor, deposit.recipient)
                command = tc.ReceiveDeposit(header.tender, deposit, act, held, shown, barred)
                answer = room.submit(command, received_at=received_at, actor=actor, nonce=act.client_nonce)
            await answer
        except (Refused, Malformed) as error:
            if error.code != "upload_incomplete" and not self._is_deposited(tender, upload):
                await self._sealed.erase(upload)
            raise self._written(tender, actor, error) from None
        return self.receipt(tender, room.state.active(deposit.lot, deposit.bidder) or deposit)

    async def bring_again(
        self, tender: str, lot: str, person: Person, size: int, sha256: str
    ) -> tuple[str, int]:
        """Begin or resume the upload of a deposit that the hall damaged: (id, bytes received). Raises Refused."""
        bidder = _bidder(person).party
        state = self._registry.tendering(tender).state
        deposit = state.active(lot, bidder)
        if deposit is None:
            raise Refused("no_deposit")
        if (deposit.size, deposit.sha256) != (size, sha256):
            raise Refused("not_the_deposit", reason="sha256")
        opening = self._registry.opening(state.published.opening).room.state
        if lot not in opening.lots or not causes.may_be_restored(opening.lots[lot], bidder):
            raise Refused("not_damaged")
        return await self._sealed.again(size, sha256, f"{tender}/{bidder}")

    async def restore(self, tender: str, upload: str, person: Person, received_at: int) -> str:
        """The bytes are all there: any with the receipt's digest are the deposit. Gives the digest. Raises Refused,
        Malformed."""
        found = await self._sealed.finish(upload, f"{tender}/{_bidder(person).party}")
        plan = self._registry.tendering(tender).state.published
        room = self._registry.opening(plan.opening).room
        await room.submit(oc.NoteBidRestored(found.lot, found.bidder), received_at=received_at)
        return found.sha256

    async def withdraw(self, tender: str, act: SignedAct, person: Person, received_at: int) -> Withdrawal:
        """Withdraw the own deposit; the act is verified already. Its bytes stay: the journal names their digest."""
        room, actor = self._registry.tendering(tender), _bidder(person)
        if act.type != "withdraw" or act.body_json() != {}:
            raise Malformed("malformed_act", field="type" if act.type != "withdraw" else "body")
        with room.reserved(received_at):
            held = await self._held(tender, received_at)
            answer = room.submit(
                tc.Withdraw(act.lot, act, held),
                received_at=received_at,
                actor=actor,
                nonce=act.client_nonce,
            )
        try:
            await answer
        except Refused as error:
            raise self._written(tender, actor, error) from None
        return next(
            paper for paper in reversed(self.withdrawals(tender, person.party)) if paper.lot == act.lot
        )

    def receipts(self, tender: str, bidder: str) -> list[dict[str, object]]:
        """Receipts of the bids that count now."""
        mine = [
            d
            for d in self._registry.tendering(tender).state.deposits
            if d.bidder == bidder and not d.superseded
        ]
        return [asdict(self.receipt(tender, d)) for d in mine]

    def withdrawals(self, tender: str, bidder: str) -> list[Withdrawal]:
        """A bidder's own withdrawals, oldest first."""
        room = self._registry.tendering(tender)
        counted, found = dict[str, str](), []
        for at, _, event in room.entries:
            if isinstance(event, te.DepositReceived) and event.deposit.bidder == bidder:
                counted[event.deposit.lot] = event.deposit.sha256
            if isinstance(event, te.DepositWithdrawn) and event.bidder == bidder:
                leaf = _leaf(room, event)
                paper = Withdrawal(
                    1,
                    self._origin,
                    tender,
                    event.lot,
                    event.bidder,
                    counted.get(event.lot, ""),
                    at,
                    leaf,
                    "",
                )
                found.append(replace(paper, signature=self._signed("withdrawal", paper)))
        return found

    def refusals(self, tender: str, bidder: str) -> list[Refusal]:
        """A bidder's own refusals, oldest first."""
        room = self._registry.tendering(tender)
        found = []
        for at, _, event in room.entries:
            if isinstance(event, te.DepositRefused) and event.bidder == bidder:
                leaf = _leaf(room, event)
                paper = Refusal(
                    v=1,
                    origin=self._origin,
                    tender=tender,
                    lot=event.lot,
                    bidder=event.bidder,
                    what=event.what.value,
                    code=event.code,
                    sha256=event.sha256,
                    size=event.size,
                    received_at=at,
                    deadline=event.deadline,
                    leaf=leaf,
                    signature="",
                )
                found.append(replace(paper, signature=self._signed("refusal", paper)))
        return found

    def receipt(self, tender: str, deposit: Deposit) -> wire.Receipt:
        """The signed promise. `leaf`: the row's leaf hash; its place in the tree follows after the announcement."""
        room = self._registry.tendering(tender)
        promise = wire.Receipt(
            v=1,
            origin=self._origin,
            tender=tender,
            lot=deposit.lot,
            bidder=deposit.bidder,
            size=deposit.size,
            sha256=deposit.sha256,
            commit=deposit.commit,
            recipient=deposit.recipient,
            received_at=deposit.received_at,
            leaf=room.leaf_of(lambda e: isinstance(e, te.DepositReceived) and e.deposit == deposit),
            trust_roots=room.state.published.trust_roots,
            log_key=self._log_key,
            signature="",
        )
        return replace(promise, signature=self._signed("receipt", promise))

    def _check_suite(self, tender: str, suite: str) -> None:
        """The tender decides which algorithms its bids are sealed with."""
        wanted = self._registry.tendering(tender).state.published.suite
        if suite != wanted:
            raise Refused("unsupported_suite", suite=suite, wanted=wanted)

    def _other(self, person: Person) -> bytes | None:
        """The second certificate of a pair, to which the bid must be sealed; None where one serves for both."""
        pair = self._registry.directory.state.pairs.get(person.certificate)
        return base64.b64decode(pair.certificate) if pair is not None else None

    def _shown(self, tender: str, lot: str, actor: Actor, recipient: str) -> bool:
        """clause 5.2.3: whether `recipient` may take the place of what the active deposit was sealed to."""
        room = self._registry.tendering(tender)
        active = room.state.active(lot, actor.party)
        if active is None:
            return True
        opening = self._registry.opening(room.state.published.opening).room.state
        return credentials.may_supersede(opening.credentials, actor.party, active.recipient, recipient)

    async def _held(self, tender: str, received_at: int) -> bool:
        """Whether the opening's deadline is held at this stamp. Past the deadline the opening speaks first: it, and
        not this counter, knows whether a fault of the platform keeps the deadline from firing (clause 4.7)."""
        plan = self._registry.tendering(tender).state.published
        if received_at < plan.bid_deadline:
            return False
        live = self._registry.opening(plan.opening)
        await live.room.submit(oc.Tick(), received_at=received_at)
        if live.room.state.stage in (Stage.SCHEDULED, Stage.SIGN_IN):
            # The deadline was moved: nobody is refused by the old one.
            await live.hand_over.settle()
        return live.room.state.stage is Stage.HELD

    def _written(self, tender: str, actor: Actor, error: Refused | Malformed) -> Refused | Malformed:
        """The error with the signed refusal at hand, as text that a bidder can keep."""
        if error.code not in LATE or not (isinstance(error, Refused) and error.weighty):
            return error
        (*_, paper) = self.refusals(tender, actor.party)
        document = canonical.dumps(asdict(paper)).decode()
        return Refused(error.code, deadline=paper.deadline, received_at=paper.received_at, document=document)

    def _is_deposited(self, tender: str, upload: str) -> bool:
        """Whether these very bytes were taken before: sent again too late, they are no reason to erase the bid."""
        for deposit in self._registry.tendering(tender).state.deposits:
            try:
                if self._sealed.path(deposit.sha256).stem == upload:
                    return True
            except Unavailable:
                continue
        return False

    def _signed(self, label: str, paper: wire.Receipt | Withdrawal | Refusal) -> str:
        return self._seals.sign(label, {k: v for k, v in asdict(paper).items() if k != "signature"})


def _leaf(room: Room[TenderState], row: te.Event) -> str:
    return room.leaf_of(lambda event: event is row)


def _bidder(person: Person) -> Actor:
    if person.kind != "bidder":
        raise NotPermitted("not_permitted", act="deposit")
    return Actor(Role.BIDDER, person.party, person.name, person.certificate, person.encryption)


def _deposit(header: SealedDeposit, person: Person, received_at: int) -> Deposit:
    return Deposit(
        lot=header.lot,
        bidder=header.bidder,
        name=person.name,
        size=header.size,
        sha256=header.sha256,
        commit=header.commit,
        tag_commit=header.tag_commit,
        salt=header.salt,
        recipient=header.recipient,
        received_at=received_at,
    )
