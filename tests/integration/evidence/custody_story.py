"""An opening whose keys are with supervisor and notary, one of whom is lost, played as a whole to its bundle."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from hall.client import custody
from hall.client.keys import Identity
from hall.errors import Refused
from hall.procurement.acts import SignedAct
from hall.signing import entrusted
from hall.signing.certificates import load_certificate
from tests.demo_world import holder
from tests.integration.evidence.stories import (
    THREE,
    Told,
    announced,
    confirmed,
    deposited,
    ended,
    objected,
    parties,
    post,
    signed_in,
)
from tests.own_hall import LOT, MINUTE, OPENING, TENDER, OwnHall, own_hall


async def custodians(place: Path) -> Told:
    """Three entrust their keys; the supervisor's certificate is lost, another one takes its place, and they release
    again; then supervisor and notary open, one after the other, and all is disclosed together."""
    staff = [*parties()[:6], post("notary")]
    async with own_hall(place, staff=staff, rules={"custody": "custodians"}) as hall:
        await deposited(hall, THREE)
        await signed_in(hall, THREE)
        hall.after(60 * MINUTE)
        await announced(hall)
        await hall.until("SealingRechecked")
        await hall.act("notary", "declare_sealing")
        await hall.act("host", "command_decryption", minutes=60)
        for who in THREE:
            await entrust(hall, who)
        await hall.until("ResultsShown")
        await hall.act("notary", "declare_results")
        assert "BidOpened" not in hall.kinds()

        await _supervisor_replaced(hall)

        await entrust(hall, "b1")
        with pytest.raises(Refused, match="disclosure_locked"):
            lies_with(hall, "regulator")  # the others' windows run
        for who in THREE[1:]:
            await entrust(hall, who)
        await hall.until("OwnWindowClosed", 3)
        await hall.act("regulator", "open_entrusted", keys=lies_with(hall, "regulator"))
        assert "BidOpened" not in hall.kinds()
        assert await hall.core.journal.released_key("opening/O1", "1", "b1") is None
        await hall.act("notary", "open_entrusted", keys=lies_with(hall, "notary"))
        await hall.until("BidOpened", 3)
        await confirmed(hall, THREE)
        await objected(hall)
        return await ended(hall)


async def entrust(hall: OwnHall, who: str) -> None:
    """Release to the custodians, as they were published or named since."""
    state, key = hall.room.state, hall.content_keys[who]
    deposit = state.deposit(LOT, who)
    ders = (hall.core.registry.directory.state.certificates[x].certificate for x in state.custodians)
    whom = [load_certificate(base64.b64decode(der)) for der in ders]
    place = entrusted.Place(TENDER, LOT, who, OPENING, bytes.fromhex(deposit.salt))
    await hall.act(who, "release", **custody.release_body(key, deposit.sha256, place, whom))


def lies_with(hall: OwnHall, who: str) -> list[dict[str, object]]:
    """What a custodian hands over, opened with its own certificate."""
    view, one = hall.view(who), holder(who)
    me = Identity(one.certificate, one.key)
    parts: list[dict[str, object]] = []
    for item in hall.core.desk.entrusted(OPENING, LOT, hall.actor(who)):
        content = custody.open_item(view, LOT, item, SignedAct.from_json(item.release), me)
        parts.append({"bidder": item.bidder, "content": base64.b64encode(content).decode(), "code": ""})
    return parts


async def _supervisor_replaced(hall: OwnHall) -> None:
    """The project owner appoints another supervisor and names it custodian beside the notary."""
    other, notary = holder("regulator"), holder("notary")
    await hall.act(
        "procuring_entity",
        "appoint_substitute",
        **post("regulator") | {"role": "supervisor"},
        certificate=other.certificate.sha256,
        reason="监督人证书遗失",
    )
    hall.stands_in["regulator"] = "supervisor"
    named = [other.certificate.sha256, notary.certificate.sha256]
    await hall.act("procuring_entity", "name_custodians", custodians=named, reason="监督人证书遗失")
    await hall.until("OwnWindowOpened", 3)
