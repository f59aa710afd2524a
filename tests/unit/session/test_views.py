"""What one viewer is shown of an opening, where it depends on who looks and on what stands still."""

from __future__ import annotations

from dataclasses import replace

from hall.procurement.parties import Actor, Appointment, Role
from hall.procurement.tender import DAY
from hall.session import views
from hall.session.views import Beside, Person
from tests.playbook import HOST, MIDNIGHT, OWNER, SUPERVISOR, Playbook, bidder, plan, staff

THREE = ("jia", "yi", "bing")
EVALUATOR = staff(Role.EVALUATOR)
DEPUTY = Actor(Role.HOST, "deputy", "deputy person", "fd" * 32)


def _appointed(actor: Actor) -> Appointment:
    return Appointment(actor.role, actor.party, actor.name, "unit", actor.certificate)


def _kinds(play: Playbook, viewer: Actor) -> list[str]:
    entries = [(at, "", event) for at, event in zip(play.times, play.events, strict=True)]
    return [entry.kind for entry in views.timeline(entries, viewer)]


def test_clause_4_8_nobody_publishes_while_the_room_is_away_and_nothing_is_recorded() -> None:
    play = Playbook().until_announced(*THREE)
    before = views.view(play.state, HOST, Beside())
    assert before.publish and before.recording
    back = play.now + DAY
    play.says(OWNER, "adjourn", resumes_at=back, reason="改日继续")
    for viewer in (HOST, bidder("jia")):
        away = views.view(play.state, viewer, Beside())
        assert not away.publish and not away.recording
    play.at(back)
    for viewer in (HOST, bidder("jia")):
        returned = views.view(play.state, viewer, Beside())
        assert returned.publish and returned.recording


def test_clause_5_3_1_a_deputy_publishes_as_host_only_once_it_holds_the_post() -> None:
    play = Playbook(replace(plan(), deputies=(_appointed(DEPUTY),))).until_announced(*THREE)
    assert views.view(play.state, HOST, Beside()).publish
    assert not views.view(play.state, DEPUTY, Beside()).publish
    play.state = replace(play.state, posts={**play.state.posts, Role.HOST: _appointed(DEPUTY)})
    assert not views.view(play.state, HOST, Beside()).publish
    assert views.view(play.state, DEPUTY, Beside()).publish


def test_who_watches_over_the_opening_sees_every_bidder_once_it_is_announced() -> None:
    overseers = (HOST, SUPERVISOR, staff(Role.NOTARY), staff(Role.REGULATOR))
    play = Playbook().at(MIDNIGHT)
    for name in THREE:
        play.sign_in(name)
    assert not any(views.may_watch(play.state, one, "bidder-jia") for one in overseers)
    play = Playbook().until_announced(*THREE)
    assert all(views.may_watch(play.state, one, "bidder-jia") for one in overseers)
    assert not any(views.may_watch(play.state, one, "bidder-jia") for one in (OWNER, bidder("yi")))


def test_clause_5_4_2_no_word_of_the_room_reaches_an_evaluator() -> None:
    scheduled = plan()
    play = Playbook(replace(scheduled, staff=(*scheduled.staff, _appointed(EVALUATOR))))
    play.until_announced(*THREE)
    play.says(HOST, "make_announcement", text="请各位安静")
    play.says(bidder("jia"), "say", channel="question", text="请评委注意")
    play.says(SUPERVISOR, "hide_message", message=1, reason="越权")
    spoken = {"Said", "MessageHidden", "AnnouncementMade"}
    assert spoken <= set(_kinds(play, OWNER))
    assert spoken.isdisjoint(_kinds(play, EVALUATOR))
    assert views.view(play.state, OWNER, Beside()).messages
    assert not views.view(play.state, EVALUATOR, Beside()).messages
    assert views.may_watch(play.state, OWNER, "host")
    assert not views.may_watch(play.state, EVALUATOR, "host")


def test_clause_5_3_7_a_bidder_is_told_its_own_representative_and_nobody_elses() -> None:
    play = Playbook().until_announced("jia", "yi", "bing")
    known = {signed.person: Person("王小明", ("13800000000",)) for signed in play.state.signed_in.values()}

    def told(viewer: Actor) -> dict[str, str]:
        (lot,) = views.view(play.state, viewer, Beside(persons=known)).lots
        return {one.bidder: one.representative for one in lot.bidders}

    assert told(bidder("jia")) == {"jia": "王小明", "yi": "", "bing": ""}
    assert all(told(HOST).values())
