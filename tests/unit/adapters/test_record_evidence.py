"""What stands in the record beside a cause and beside the register (clauses 4.3, 5.3.5)."""

from __future__ import annotations

from hall.adapters.record_filler import fill
from hall.session import commands as c
from hall.session import events as e
from tests.scenarios.test_evidence_sheet import begun, over, tells
from tests.unit.adapters.test_record_filler import _source


def test_clause_5_3_5_the_record_holds_the_sheet_as_it_lay_before_the_owner() -> None:
    play = begun()
    tells(play, "wrong_password")
    play.hall(c.NotePresence("bidder-ding", 1, "offline", play.now, None, 0, "heartbeat_timeout", "high"))
    over(play)
    play.decides("ding", "deemed_revoked")
    play._take([e.ActRefused("release", "window_closed", "1", "bidder:ding", "00" * 32)])  # later: not seen
    record = fill(_source(play))
    (sheet,) = record.sheets
    assert (sheet.bidder, sheet.proposal, sheet.reason) == ("ding", "deemed_revoked", "own_attempts")
    assert [(a.by, a.code, a.told) for a in sheet.attempts] == [("bidder-ding", "wrong_password", True)]
    assert [i.state for i in sheet.presence] == ["offline"]


def test_clause_4_3_failed_acts_and_absences_stand_in_the_record() -> None:
    play = begun()
    tells(play, "cancelled")
    play._take([e.ActRefused("release", "suspended", "1", "bidder:ding", "00" * 32)])
    play.hall(c.NotePresence("bidder-ding", 1, "offline", play.now, None, 0, "unknown", "medium"))
    record = fill(_source(play))
    assert [(a.by, a.code, a.told) for a in record.failed_acts] == [
        ("bidder-ding", "cancelled", True),
        ("bidder-ding", "suspended", False),
    ]
    assert [(i.participant, i.state) for i in record.absences] == [("bidder-ding", "offline")]
