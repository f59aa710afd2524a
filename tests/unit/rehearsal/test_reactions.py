"""What robots do when an opening stands still: each its own part, in the order that the standard wants."""

from __future__ import annotations

from dataclasses import replace

from hall import wire
from hall.rehearsal.reactions import reaction
from tests.unit.client import openings as o
from tests.unit.client.people import someone

VIEW = o.view(someone("bidder"), someone("host"), None)
NOW = o.COMMANDED
HOUR = 3_600_000


def seen(*may: str, role: str = "host", **view: object) -> wire.View:
    """A view in which the viewer may do this, and that looks like this."""
    return replace(VIEW, may=list(may), you=replace(VIEW.you, role=role), **view)  # type: ignore[arg-type]


def pause(**said: object) -> wire.SuspensionView:
    """A standstill since NOW, to be solved within three hours."""
    return o.plain(wire.SuspensionView, **{"number": 1, "since": NOW, "solve_by": NOW + 3 * HOUR, **said})


def asking(*answered: str, by: int = NOW + 1) -> wire.ConsultationView:
    """A consultation which these roles have answered."""
    answers = [wire.StanceView(role, "agrees", "") for role in answered]
    return wire.ConsultationView(1, "deadline", 0, "", "", by, answers)


def act(view: wire.View, now: int = NOW) -> str:
    intent = reaction(view, now)
    return intent.act if intent else ""


def test_nothing_happens_while_nothing_stands_still() -> None:
    assert act(seen("move_deadline", "resume", "request_test")) == ""


def test_each_party_answers_once_and_in_time() -> None:
    for answered, by, does in [((), NOW, "consult"), (("regulator",), NOW, ""), ((), NOW - 1, "")]:
        view = seen("consult", role="regulator", consultations=[asking(*answered, by=by)])
        assert act(view) == does


def test_a_held_deadline_is_set_anew_when_all_three_were_heard() -> None:
    three = ("procuring_entity", "regulator", "trading_centre")
    held = seen("move_deadline", role="procuring_entity", held=True)
    assert act(replace(held, consultations=[asking(*three[:2])])) == ""
    intent = reaction(replace(held, consultations=[asking(*three)]), NOW)
    assert intent is not None and intent.act == "move_deadline"
    assert intent.moments["deadline"] > NOW


def test_the_owner_gives_the_reason_that_a_host_owes() -> None:
    owed = pause(reason_by=NOW + 1)
    assert act(seen("reason_suspension", suspension=owed)) == "reason_suspension"
    assert act(seen("reason_suspension", suspension=replace(owed, reasoned=True))) == ""


def test_the_host_asks_for_the_test_when_its_picture_arrives_again_and_resumes_after_it() -> None:
    view = seen("request_test", suspension=pause(), publish=True)
    assert act(view) == ""
    assert act(replace(view, sending=True)) == "request_test"
    assert act(seen("request_test", suspension=pause(testing=True))) == ""
    assert act(seen("resume", suspension=pause())) == ""
    assert act(seen("resume", suspension=pause(passed=True))) == "resume"


def test_after_three_hours_nobody_resumes_and_the_owner_splits() -> None:
    late, view = NOW + 3 * HOUR + 1, seen("resume", "declare_split", suspension=pause(passed=True))
    assert act(view, late - 1) == "resume"
    assert act(view, late) == "declare_split"
    done = replace(pause(passed=True), split=o.plain(wire.SplitView))
    assert act(replace(view, suspension=done), late) == ""


def test_a_split_has_a_moment_for_each_group_that_somebody_is_in() -> None:
    line, late = VIEW.lots[0].bidders[0], NOW + 3 * HOUR + 1
    for releases, opens, continues in [
        (("opened", "waiting"), True, True),
        (("waiting",), True, False),
        (("received", "opened"), False, True),
    ]:
        lot = replace(VIEW.lots[0], bidders=[replace(line, release=one) for one in releases])
        intent = reaction(seen("declare_split", suspension=pause(), lots=[lot]), late)
        assert intent is not None
        opens_at, continues_at = intent.moments["opens_at"], intent.moments["continues_at"]
        assert (opens_at > late, continues_at > late) == (opens, continues)
        assert not (opens and continues) or continues_at >= opens_at + HOUR
