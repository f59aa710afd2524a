"""What the parties are told while an opening goes wrong: real openings on the pure machine, and what their rows owe."""

from __future__ import annotations

from hall.notices.letters import Letters
from hall.notifying import owed as o
from hall.notifying.owed import Owed
from hall.procurement.tender import HOUR, MINUTE
from hall.session import commands as c
from hall.session import events as e
from hall.tendering.state import TenderState
from tests.playbook import DEADLINE, HOST, MIDNIGHT, OWNER, Playbook

KNOWN = ("bing", "ding", "jia", "yi")
HEAD = {"party": "甲公司", "tender_name": "河堤整治", "tender_number": "YQ-2026-001", "lot": ""}


def told(play: Playbook) -> list[Owed]:
    """Everything that the opening's rows owe; each of it has words."""
    entries = [(at, "system", event) for at, event in zip(play.times, play.events, strict=True)]
    circle = o.circle(play.state, TenderState(), KNOWN)
    owed = o.of_rows("opening/O-1", entries, 0, "O-1", lambda: circle)
    for one in owed:
        Letters("某中心").write(one.kind, one.facts, HEAD, "/")
    return owed


def to(play: Playbook, kind: str) -> dict[str, dict[str, str]]:
    """Addressee → facts of its notice of this kind."""
    return {one.party: {f.name: f.value for f in one.facts} for one in told(play) if one.kind == kind}


def fault(start: int, end: int | None = None, *, suspends: bool = False) -> c.NoteFault:
    return c.NoteFault("server_down", "a", "", (), start, end, suspends, start - MINUTE)


def consulted(play: Playbook) -> None:
    """The three parties have been asked, and their time to answer has passed."""
    play.after(play.state.scheduled.rules.consultation_limit + 1)


def test_clause_4_1_all_are_told_of_a_moved_deadline_with_the_old_and_the_new_value() -> None:
    play = Playbook().at(MIDNIGHT + HOUR)
    play.says(OWNER, "move_deadline", deadline=DEADLINE + HOUR, reason="补遗")
    notices = to(play, "deadline_moved")
    assert notices.keys() > {*KNOWN, "host", "supervisor"}
    assert {(n["before"], n["after"]) for n in notices.values()} == {(str(DEADLINE), str(DEADLINE + HOUR))}


def test_clause_4_7_a_held_deadline_is_told_to_all_and_its_outcome_too() -> None:
    play = Playbook().at(MIDNIGHT + HOUR)
    play.at(DEADLINE - MINUTE)
    play.hall(fault(DEADLINE - 10 * MINUTE, DEADLINE - 5 * MINUTE))
    play.at(DEADLINE)
    assert to(play, "deadline_held").keys() > set(KNOWN)
    asked = to(play, "consultation_asked")
    assert asked.keys() == {"procuring_entity"}, "regulator and trading centre are not appointed here"
    consulted(play)
    play.says(OWNER, "confirm_deadline", reason="核实无误")
    assert to(play, "deadline_confirmed").keys() > set(KNOWN)


def test_clause_4_8_a_suspension_and_resumption_are_told_to_all_who_take_part() -> None:
    play = Playbook().until_commanded("jia", "yi", "bing")
    play.hall(fault(play.now, suspends=True))
    suspended = to(play, "suspended")
    assert suspended.keys() > {"jia", "yi", "bing"} and "ding" not in suspended
    copies = to(play, "incident_copy")
    assert {copies[name]["clause"] for name in ("jia", "yi", "bing")} == {"a"}
    incident = play.state.incidents[-1].incident
    play.after(MINUTE)
    play.hall(c.NoteFaultEnded(incident, play.now))
    consulted(play)
    play.says(HOST, "request_test")
    pause = play.state.suspension
    assert pause is not None
    checks = tuple(
        e.CheckResult(name, True, "")
        for name in ("journal", "storage", "clock", "recorder", "sealing", "call")
    )
    play.hall(c.NoteTest(pause.number, pause.tests, checks))
    play.says(HOST, "resume", minutes=5)
    assert {n["resumes_at"] for n in to(play, "resume_at").values()} == {str(play.now + 5 * MINUTE)}


def test_clause_4_8_b_after_three_hours_each_group_is_told_its_own_time() -> None:
    play = Playbook().until_commanded("jia", "yi", "bing")
    play.release("jia")
    play.hall(c.NoteBidOpened("1", "jia", "11" * 32))
    play.hall(fault(play.now, suspends=True))
    play.after(3 * HOUR + 1)
    opens = play.now + HOUR
    play.says(OWNER, "declare_split", opens_at=opens, continues_at=opens + 2 * HOUR)
    remote, on = to(play, "window_split"), to(play, "continued_at")
    assert {name for name in remote if name in KNOWN} == {"yi", "bing"}
    assert {name for name in on if name in KNOWN} == {"jia"}
    assert remote["yi"]["opens_at"] == str(opens)
    assert int(on["jia"]["continues_at"]) >= int(remote["yi"]["closes_at"])
    assert "continues_at" not in remote["yi"]


def test_in_an_ordinary_opening_the_listed_bidders_are_told_of_the_decrypt_command_and_of_nothing_else() -> (
    None
):
    play = Playbook().until_disclosed("jia", "yi", "bing")
    assert {(one.kind, one.party) for one in told(play)} == {
        ("decrypt_now", party) for party in ("jia", "yi", "bing")
    }
