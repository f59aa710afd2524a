"""Deposits and the certificates of their bidders: who is told what, and what follows a certificate (clause 5.2.3)."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from hall.client.keys import Context, Identity
from hall.errors import NotPermitted, Refused
from hall.procurement import canonical
from hall.procurement.tender import MINUTE, Deposit
from hall.runtime.certificate_watch import CertificateWatch
from hall.session.rules import Stage
from hall.tendering.directory import PartyRegistered
from tests.demo_world import holder
from tests.own_hall import BIDDERS, LOT, OPENING, TENDER, OwnHall, own_hall

DAY = 86_400_000


def told(hall: OwnHall, party: str) -> list[tuple[str, str]]:
    """Kinds and reasons of the notices to a party, in order."""
    owed = [n.owed for n in hall.core.post_office.mailrooms[TENDER].room.state.notices.values()]
    mine = [o for o in owed if o.party == party]
    return [(o.kind, next((f.value for f in o.facts if f.name == "reason"), "")) for o in mine]


async def register(hall: OwnHall, party: str, who: str) -> None:
    """A further certificate of a bidder, as an import registers it."""
    one, known = holder(who).certificate, hall.core.registry.directory.state.certificates.values()
    before = next(p for p in known if p.party == party)
    der = base64.b64encode(one.der).decode()
    await hall.core.registry.register(
        PartyRegistered(party, before.name, before.kind, before.code, one.sha256, der)
    )


def watch_of(hall: OwnHall) -> CertificateWatch:
    watch = hall.core.desk.watch
    assert watch is not None
    return watch


def consent(hall: OwnHall, previous: str, present: str) -> str:
    """The earlier certificate's own signature, for the later one."""
    one, view = holder(previous), hall.view(previous)
    context = Context(view.origin, tender=view.tender, opening=view.opening, deadline=view.bid_deadline)
    body: dict[str, object] = {"present": holder(present).certificate.sha256}
    act = Identity(one.certificate, one.key).sign_act("hand_over_certificate", context, "00" * 16, body)
    return canonical.dumps(act.to_json()).decode()


async def test_clause_5_2_3_whoever_logs_in_with_another_certificate_than_its_deposits_is_told_alone(
    tmp_path: Path,
) -> None:
    async with own_hall(tmp_path) as hall:
        await hall.deposit("b2")
        await hall.deposit("b3")
        await hall.login("b2")
        assert told(hall, "b2") == []
        person = await hall.login("b2+renewed")
        assert person.party == "b2"
        assert told(hall, "b2") == [("certificate_watch", "replaced")]
        await hall.login("b2+renewed")
        assert told(hall, "b2") == [("certificate_watch", "replaced")], "told once"
        others = [party for party in (*BIDDERS, "host", "procuring_entity", "supervisor") if party != "b2"]
        assert all(told(hall, party) == [] for party in others)
        with pytest.raises(Refused, match="not_now"):
            hall.core.post_office.deliveries(OPENING, hall.actor("host"))


async def test_clause_5_2_3_each_day_certificates_are_compared_and_revocation_and_end_are_told(
    tmp_path: Path,
) -> None:
    async with own_hall(tmp_path) as hall:
        await hall.deposit("brief")  # ends within a day of the opening
        await hall.deposit("b3")
        watch = watch_of(hall)
        watch._looked.clear()
        await watch.look()
        assert told(hall, "brief") == [("certificate_watch", "expires")]
        assert told(hall, "b3") == []
        await watch.look()  # the same day: nothing is looked at twice
        await register(hall, "b3", "b3+other")
        await watch.look()
        assert told(hall, "b3") == []
        watch._looked.clear()  # the next day
        await watch.look()
        assert told(hall, "b3") == [("certificate_watch", "replaced")]


async def test_clause_5_2_3_a_bid_is_followed_only_by_who_shows_both_certificates_and_hears_it(
    tmp_path: Path,
) -> None:
    async with own_hall(tmp_path) as hall:
        await hall.deposit("b2")
        await register(hall, "b2", "b2+other")
        with pytest.raises(Refused, match="certificate_not_shown"):
            await begin(hall, "b2+other")
        with pytest.raises(Refused, match="consent_missing"):
            await show(hall, "b2+other", "b2", "")
        forged = consent(hall, "b2", "b2+other").replace(
            holder("b2+other").certificate.sha256, holder("b3").certificate.sha256
        )
        with pytest.raises((Refused, Exception)):
            await show(hall, "b2+other", "b2", forged)
        await show(hall, "b2+other", "b2", consent(hall, "b2", "b2+other"))
        await begin(hall, "b2+other")
        with pytest.raises(Refused, match="unknown_certificate"):
            await show(hall, "b3", "b2", "")  # somebody else's certificate is nobody's predecessor


async def test_clause_5_2_3_a_withdrawal_under_another_certificate_is_told(tmp_path: Path) -> None:
    async with own_hall(tmp_path) as hall:
        await hall.deposit("b2")
        await register(hall, "b2", "b2+other")
        await hall.withdraw("b2+other")
        assert told(hall, "b2") == [] or told(hall, "b2")[0][0] == "deposit_withdrawn_by_another"
        mailroom = hall.core.post_office.mailrooms[TENDER]
        await mailroom._look()
        assert told(hall, "b2") == [("deposit_withdrawn_by_another", "")]


async def test_clause_5_2_3_a_renewed_certificate_for_the_same_key_releases_by_its_sheet(
    tmp_path: Path,
) -> None:
    async with own_hall(tmp_path) as hall:
        for who in BIDDERS[:3]:
            await hall.deposit(who)
            await hall.sign_in(who)
        await hall.login("b2+renewed")
        await hall.login("b3+renewed")
        await show(hall, "b2+renewed", "b2", "")
        assert await watch_of(hall).trouble(TENDER, deposit(hall, "b2"), sha("b2+renewed")) == ""
        hall.after(60 * MINUTE)
        await hall.until("DepositsHandedOver")
        await show(hall, "b3+renewed", "b3", "")  # after the deadline: the project owner has to decide
        await hall.act("host", "announce_bidders")
        await hall.until("SealingRechecked")
        for who in BIDDERS[:3]:
            digest = hall.room.state.deposit(LOT, who).sha256
            await hall.act(who, "answer_sealing", answer="intact", sha256=digest)
        await hall.act("host", "declare_sealing")
        await hall.act("host", "command_decryption", minutes=60)
        await release(hall, "b2+renewed", "b2")
        with pytest.raises(Refused, match="wrong_certificate"):
            await release(hall, "b3+renewed", "b3")
        decided = {"bidder": "b3", "previous": sha("b3"), "certificate": sha("b3+renewed")}
        await hall.act("procuring_entity", "decide_certificate", **decided, accepted=True, reason="同一密钥")
        await release(hall, "b3+renewed", "b3")
        await hall.until("BidOpened", 2)
        assert hall.room.state.stage is Stage.OPENING


async def test_clause_5_2_3_another_key_or_holder_is_nobodys_renewal(tmp_path: Path) -> None:
    async with own_hall(tmp_path) as hall:
        with pytest.raises(NotPermitted, match="unknown_certificate"):
            await hall.login("b2+other")
        hall.core.desk.revocations._revoked.add(sha("b2"))
        with pytest.raises(Refused, match="certificate_revoked"):
            await hall.login("b2+renewed")  # a key that was given up is renewed by nobody


def sha(who: str) -> str:
    return holder(who).certificate.sha256


def deposit(hall: OwnHall, who: str) -> Deposit:
    found = hall.core.registry.tendering(TENDER).state.active(LOT, who)
    assert found is not None
    return found


async def begin(hall: OwnHall, who: str) -> None:
    await hall.core.desk.begin_upload(TENDER, LOT, hall._person(who), 9, "ab" * 32)


async def show(hall: OwnHall, present: str, previous: str, text: str) -> None:
    await hall.act(present, "show_certificate", previous=sha(previous), consent=text)


async def release(hall: OwnHall, who: str, party: str) -> None:
    key = base64.b64encode(hall.content_keys[party]).decode()
    await hall.act(who, "release", sha256=deposit(hall, party).sha256, custody="hall", content_key=key)
