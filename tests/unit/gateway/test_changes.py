"""What a viewer is told of a changed view is enough to know the new one, and no more than what changed."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hall import wire
from hall.client.decode import decode
from hall.client.follow import Known, follow
from hall.errors import Malformed
from hall.gateway.changes import changes
from hall.gateway.fanout import to_json
from hall.session import views
from tests.playbook import HOST, Playbook, bidder

NAMES = ("b1", "b2", "b3")
VIEWERS = (bidder("b1"), bidder("b2"), HOST)


def seen(viewer: int) -> list[wire.View]:
    """The views of one viewer, from the first day to the prices."""
    play = Playbook()
    states = [play.state]
    for name in NAMES:
        play.at(play.state.scheduled.sign_in_from + 1000)
        play.sign_in(name)
        states.append(play.state)
    states.append(Playbook().until_announced(*NAMES).state)
    commanded = Playbook().until_commanded(*NAMES)
    states.append(commanded.state)
    for name in NAMES:
        commanded.release(name)
        states.append(commanded.state)
    states.append(Playbook().until_disclosed(*NAMES).state)
    return [views.view(state, VIEWERS[viewer], views.Beside()) for state in states]


SEEN = [seen(viewer) for viewer in range(len(VIEWERS))]


def told(view: wire.View, after: wire.View) -> wire.View:
    """What a client makes of the changes, once they have gone over the wire."""
    message = wire.Changes(1, 0, [], changes(view, after))
    known = follow(Known(view), decode(wire.Changes, json.loads(to_json(message))))
    assert known.view is not None
    return known.view


@given(st.sampled_from(SEEN), st.data())
def test_changes_turn_any_view_into_any_other(history: list[wire.View], data: st.DataObject) -> None:
    before, after = data.draw(st.sampled_from(history)), data.draw(st.sampled_from(history))
    assert told(before, after) == after


def test_an_equal_view_has_no_changes() -> None:
    assert [
        changes(view, replace(view)) for history in SEEN for view in history if changes(view, replace(view))
    ] == []


def test_a_release_is_told_as_one_word() -> None:
    play = Playbook().until_commanded(*NAMES)
    before = views.view(play.state, bidder("b2"), views.Beside())
    play.release("b1")
    after = views.view(play.state, bidder("b2"), views.Beside())
    assert changes(before, after) == [wire.Change("lots/0/bidders/0/release", "received")]


def test_what_is_added_to_a_list_is_told_alone() -> None:
    before = replace(SEEN[0][0], media=["bidder-b1"])
    after = replace(before, media=["bidder-b1", "host"])
    assert changes(before, after) == [wire.Change("media/1", "host")]
    assert changes(after, before) == [wire.Change("media", ["bidder-b1"])]


def test_before_the_announcement_nothing_is_told_of_another() -> None:
    alone, with_others = Playbook(), Playbook()
    for play, names in ((alone, ("b1",)), (with_others, ("b2", "b1", "b3"))):
        play.at(play.state.scheduled.sign_in_from + 1000)
        for name in names:
            before = views.view(play.state, bidder("b1"), views.Beside())
            play.sign_in(name)
            news = changes(before, views.view(play.state, bidder("b1"), views.Beside()))
            assert (news != []) is (name == "b1")


@pytest.mark.parametrize("path", ["lots/9/name", "lots/x", "lots/0/name/x", "media/5", "stage/0"])
def test_changes_of_what_is_not_there_are_malformed(path: str) -> None:
    message = wire.Changes(1, 0, [], [wire.Change(path, "x")])
    with pytest.raises(Malformed):
        follow(Known(SEEN[0][0]), message)


@pytest.mark.parametrize("path", ["newer", "newer/0/name", "lots/0/newer"])
def test_changes_of_what_only_a_newer_hall_knows_are_passed_over(path: str) -> None:
    message = wire.Changes(1, 0, [], [wire.Change(path, "x")])
    assert follow(Known(SEEN[0][0]), message).view == SEEN[0][0]
