"""An act that was signed for something else counts nowhere: every type of the table, in another opening, for another
deadline, in an epoch that never came, on another manifest, and a second time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from hall.errors import HallError
from hall.procurement.parties import STAFF, Actor, Appointment, Role
from hall.procurement.tender import DAY, MINUTE
from hall.session import commands as c
from hall.session import events as e
from hall.session.decide import decide
from hall.session.rules import RIGHTS
from tests.playbook import DEADLINE, HOST, Playbook, bidder, staff

THREE = ("jia", "yi", "bing")
ELSEWHERE: dict[str, tuple[dict[str, Any], str]] = {
    "another hall": ({"origin": "other.example"}, "act_for_another_opening"),
    "another tender": ({"tender": "T-2"}, "act_for_another_opening"),
    "another opening": ({"opening": "O-2"}, "act_for_another_opening"),
    "another deadline": ({"deadline": DEADLINE - DAY}, "act_for_another_deadline"),
    "an epoch that never came": ({"epoch": 7}, "act_for_another_history"),
    "another manifest": ({"manifest": "aa" * 32}, "act_for_another_history"),
    "another certificate": ({"certificate": "bb" * 32}, "wrong_certificate"),
}


def who(act_type: str) -> Actor:
    """Somebody who may send it."""
    roles = RIGHTS[act_type].roles
    return bidder("jia") if Role.BIDDER in roles else staff(next(r for r in STAFF if r in roles))


def code_of(play: Playbook, command: c.Act, actor: Actor) -> str:
    """The code of the refusal, "" when it counts."""
    try:
        decide(play.state, command, actor=actor, now=play.now)
    except HallError as error:
        return error.code
    return ""


def _post(actor: Actor) -> Appointment:
    return Appointment(actor.role, actor.party, actor.name, "unit", actor.certificate)


@pytest.mark.parametrize("how", ELSEWHERE)
def test_no_act_of_any_type_counts_where_it_was_not_signed_for(how: str) -> None:
    play = Playbook().until_commanded(*THREE)
    shape = play.command(bidder("jia"), "release", **play.release_body("jia"))
    # Custodians and deputies hold no post, and this opening has none of them.
    for act_type in sorted(RIGHTS.keys() - {"open_entrusted", "take_post"}):
        actor = who(act_type)
        act = replace(play.act(actor, act_type), **ELSEWHERE[how][0])
        play.state = replace(play.state, posts={**play.state.posts, actor.role: _post(actor)})
        assert code_of(play, replace(shape, act=act), actor) == ELSEWHERE[how][1], act_type


def test_clause_5_3_3_a_release_counts_in_its_epoch_and_later_ones_and_only_once() -> None:
    play = Playbook().until_commanded(*THREE)
    release = play.command(bidder("jia"), "release", **play.release_body("jia"))
    play.says(HOST, "suspend", kind="dispute", clause="", reason="现场秩序")
    assert code_of(play, release, bidder("jia")) == "suspended"
    play.after(5 * MINUTE + 1)  # no reason was given: it is lifted
    assert (play.state.suspension, play.state.epoch) == (None, 1)
    (received,) = play.sends(release, bidder("jia"))
    assert isinstance(received, e.ReleaseReceived)
    assert play.sends(release, bidder("jia")) == []


def test_a_takeover_is_signed_for_one_connection_and_not_for_the_next() -> None:
    play = Playbook().until_announced(*THREE)
    taken = play.command(bidder("jia"), "take_over", fence=1)
    play.sends(taken, bidder("jia"))
    assert code_of(play, taken, bidder("jia")) == "nonce_used"
