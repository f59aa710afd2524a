"""Who is asked, who has answered, and when silence counts."""

from __future__ import annotations

import pytest

from hall.errors import Refused
from hall.procurement.tender import MINUTE
from hall.session import consultation
from hall.session import events as e
from tests.playbook import HOST, OWNER
from tests.scenarios.faultbook import REGULATOR, THREE, FaultBook


def test_several_opened_at_one_moment_have_numbers_of_their_own() -> None:
    play = FaultBook()
    first, second = (
        consultation.opened(play.state, e.About.BID, play.now, lot="1", bidder=b, ahead=n)
        for n, b in enumerate(("jia", "yi"))
    )
    assert (first.consultation, second.consultation) == (1, 2)
    assert first.answer_by == play.now + 15 * MINUTE


def test_a_decision_waits_for_its_own_consultation_and_for_no_other() -> None:
    play = FaultBook().commanded(*THREE)
    play.fault()
    with pytest.raises(Refused, match="consultation_running") as refused:
        consultation.check_over(play.state, e.About.SUSPENSION, suspension=1)
    assert refused.value.facts["until"] == play.now + 15 * MINUTE
    consultation.check_over(play.state, e.About.DEADLINE)
    consultation.check_over(play.state, e.About.BID, lot="1", bidder="jia")
    play.consulted()
    consultation.check_over(play.state, e.About.SUSPENSION, suspension=1)


def test_what_is_due_is_announced_as_a_moment_until_all_have_answered() -> None:
    play = FaultBook().commanded(*THREE)
    assert consultation.moments(play.state) == []
    play.fault()
    due_at = play.now + 15 * MINUTE + 1
    assert consultation.moments(play.state) == [due_at]
    assert consultation.due(play.state, due_at - 1) == []
    assert [
        x.role for x in consultation.due(play.state, due_at) if isinstance(x, e.ConsultationAnswered)
    ] == [
        "procuring_entity",
        "regulator",
        "trading_centre",
    ]
    assert consultation.asks(play.state, OWNER)
    assert consultation.asks(play.state, HOST)  # its role is checked by the table of rights, not here
    play.consulted()
    assert consultation.moments(play.state) == []
    assert not consultation.asks(play.state, REGULATOR)
