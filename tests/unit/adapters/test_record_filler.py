"""The record is filled lot by lot, from the journal's events alone."""

from __future__ import annotations

from hall.adapters.record_filler import fill
from hall.runtime.ports import RecordSource
from hall.session import commands as c
from hall.session import events as e
from tests import playbook as p

NAMES = ("b1", "b2", "b3")


def _two_lots() -> p.Playbook:
    """Two lots of which the second is declared and commanded five minutes after the first."""
    play = p.Playbook(p.plan(lots=("1", "2")))
    play.at(p.MIDNIGHT + p.HOUR)
    for name in NAMES:
        play.sign_in(name)
    play.at(play.state.scheduled.bid_deadline)
    deposits = (*play.deposits(*NAMES), *play.deposits(*NAMES, lot="2"))
    play.hall(c.HandOverDeposits("ef" * 32, deposits))
    for lot in ("1", "2"):
        play.says(p.HOST, "announce_bidders", lot=lot)
        items = tuple(e.Rechecked(d.bidder, d.sha256, True) for d in deposits if d.lot == lot)
        play.hall(c.NoteRecheck(lot, items))
        for name in NAMES:
            play.says(p.bidder(name), "answer_sealing", lot=lot, answer="intact", sha256="00" * 32)
        play.says(p.HOST, "declare_sealing", lot=lot)
        play.says(p.HOST, "command_decryption", lot=lot, minutes=60)
        play.after(5 * p.MINUTE)
    return play


def _source(play: p.Playbook) -> RecordSource:
    entries = [
        (at, "host:host" if hasattr(event, "act") else "system", event)
        for at, event in zip(play.times, play.events, strict=True)
    ]
    return RecordSource(play.state, entries, {}, 1, "00" * 32, play.now)


def test_clause_5_5_2_each_lot_has_its_own_declaration_and_window() -> None:
    play = _two_lots()
    record = fill(_source(play))
    assert [check.lot for check in record.sealing] == ["1", "2"]
    assert [[answer.bidder for answer in check.answers] for check in record.sealing] == [[*NAMES], [*NAMES]]
    first, second = record.windows
    assert (first.lot, second.lot) == ("1", "2")
    assert second.opened_at - first.opened_at == 5 * p.MINUTE
    assert first.closes_at - first.opened_at == second.closes_at - second.opened_at == p.HOUR


def test_the_ledger_of_each_lot_stands_in_the_record() -> None:
    play = _two_lots()
    play.says(p.bidder("b1"), "report_fault", text="")  # the ledger goes as far as the journal
    record = fill(_source(play))
    assert [(span.lot, span.kind) for span in record.ledger] == [("1", "running"), ("2", "running")]
    assert [span.end - span.start for span in record.ledger] == [10 * p.MINUTE, 5 * p.MINUTE]


def test_clause_4_7_an_absence_by_the_platform_is_counted_against_nobody() -> None:
    play = p.Playbook().until_announced(*NAMES)
    for cause in ("heartbeat_timeout", "server_restart", "mass_drop"):
        for state, ms in (("online", 60_000), ("offline", 10_000)):
            why = "" if state == "online" else cause
            start, certificate = play.now, p.certificate_of(NAMES[0])
            play.after(ms)
            play.hall(
                c.NotePresence(
                    f"bidder-{NAMES[0]}", 1, state, start, play.now, 0, why, "low", certificate, ()
                )
            )
    (line,) = fill(_source(play)).presence
    assert (line.online_ms, line.offline_ms, line.interruptions) == (180_000, 10_000, 1)
    assert line.platform_ms == 20_000
