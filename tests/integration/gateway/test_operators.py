"""Who operates a bidder's end acts for the bidder: from where acts come, and that it changed (clause 5.3.6)."""

from __future__ import annotations

import pytest

from hall.client.api import Hall
from hall.client.keys import Context
from hall.procurement.parties import Role
from hall.session import events as e
from tests.integration.gateway.conftest import Doors
from tests.integration.gateway.test_sockets import SIGN_IN

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def reports(hall: Hall, doors: Doors) -> None:
    state = doors.core.registry.opening("O1").room.state
    plan = state.scheduled
    context = Context(
        origin=plan.origin, tender=plan.tender, opening="O1", deadline=plan.bid_deadline, epoch=state.epoch
    )
    await hall.act("O1", "report_fault", context, {"text": "x"})


def seen(doors: Doors) -> list[e.OperatorSeen]:
    entries = doors.core.registry.opening("O1").room.entries
    return [event for _, _, event in entries if isinstance(event, e.OperatorSeen)]


async def test_clause_5_3_6_the_first_act_and_each_change_of_operator_are_journalled(doors: Doors) -> None:
    async with doors.client("b2") as first, doors.client("b2") as second:
        await first.login()
        await reports(first, doors)
        await reports(first, doors)
        (only,) = seen(doors)
        assert (only.participant, only.changed) == ("bidder-b2", False)
        assert only.certificate == first.identity.certificate.sha256
        await second.login()
        await reports(second, doors)
        one, other = seen(doors)
        assert one == only
        assert other.changed and other.operator != one.operator
        await reports(first, doors)
        assert [x.operator for x in seen(doors)] == [one.operator, other.operator, one.operator]

        # the digest is salted; what it stands for lies beside the journal
        body = await doors.core.journal.personal(one.operator)
        assert body is not None and b"127.0.0.1" in body
        assert b"127.0.0.1" not in repr(seen(doors)).encode()
        doors.core.desk.operators.known.clear()
        await doors.core.desk.operators.learn("O1")
        assert doors.core.desk.operators.known[one.operator].address == "127.0.0.1"


async def test_clause_5_3_6_before_the_announcement_nobody_is_shown_an_operator(doors: Doors) -> None:
    desk = doors.core.desk
    plan = doors.core.registry.opening("O1").room.state.scheduled
    supervisor = next(post for post in plan.staff if post.role is Role.SUPERVISOR)
    async with doors.client("supervisor") as hall:
        await hall.login()
        update = await hall.get("/api/openings/O1?cursor=0")
    assert update["view"]["you"]["certificate"] == supervisor.certificate
    assert update["view"]["operators"] == []
    assert "OperatorSeen" not in [entry["kind"] for entry in update["timeline"]]
    assert desk.operators.known
    assert SIGN_IN["acts_for_bidder"] is True
