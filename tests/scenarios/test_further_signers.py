"""Those who may sign the record besides the three: beside and after them, one at a time, never holding it up."""

from __future__ import annotations

import pytest

from hall.errors import Refused
from hall.procurement.parties import Actor
from hall.session import commands as c
from hall.session import events as e
from hall.session.agenda import may
from hall.session.duties import CompleteRecord, duties
from hall.session.gaps import closable
from hall.session.signatures import field_of
from tests.playbook import CLERK, HOST, OWNER, SCRUTINEER, SUPERVISOR, Playbook, bidder
from tests.scenarios.test_meeting import until_record

JIA = bidder("jia")


def signs(play: Playbook, signer: Actor, after: str, before: str = "") -> list[e.Event]:
    """`signer` signs the current revision, or the one it was shown."""
    assert play.state.record is not None
    shown = before or play.state.record.sha256
    return play.hall(c.NoteRecordSigned(shown, field_of(signer), signer.name, signer.certificate, after))


def by_the_three(play: Playbook) -> None:
    """The three sign, and the hall closes the document."""
    for n, signer in enumerate((OWNER, SCRUTINEER, CLERK)):
        signs(play, signer, f"a{n}" * 32)
    play.hall(c.NoteRecordCompleted("c0" * 32))


def test_clause_5_5_3_a_supervisor_signs_besides_and_nobody_waits_for_it() -> None:
    play = until_record(Playbook())
    assert "sign_record" in may(play.state, SUPERVISOR)
    signs(play, SUPERVISOR, "b0" * 32)
    assert "sign_record" not in may(play.state, SUPERVISOR)
    by_the_three(play)
    assert play.state.record is not None and play.state.record.completed and closable(play.state)


def test_clause_5_5_3_a_bidder_signs_the_completed_record_which_is_closed_again() -> None:
    play = until_record(Playbook())
    assert "sign_record" not in may(play.state, JIA)
    with pytest.raises(Refused, match="not_appointed"):
        signs(play, JIA, "b1" * 32)
    by_the_three(play)
    assert "sign_record" in may(play.state, JIA)
    signs(play, JIA, "b1" * 32)
    assert CompleteRecord("b1" * 32) in duties(play.state)
    # A stamp over the revision before the bidder's signature would lose it.
    assert play.hall(c.NoteRecordCompleted("c1" * 32, "c0" * 32)) == []
    assert play.hall(c.NoteRecordCompleted("c2" * 32, "b1" * 32)) == [e.RecordCompleted("c2" * 32)]
    assert not any(isinstance(duty, CompleteRecord) for duty in duties(play.state))


def test_clause_5_5_3_of_two_who_were_shown_one_revision_the_later_is_stale() -> None:
    play = until_record(Playbook())
    assert play.state.record is not None
    shown = play.state.record.sha256
    signs(play, OWNER, "a0" * 32)
    with pytest.raises(Refused, match="stale_revision"):
        signs(play, SUPERVISOR, "b2" * 32, before=shown)
    with pytest.raises(Refused, match="stale_revision"):
        signs(play, SCRUTINEER, "b3" * 32, before=shown)
    signs(play, SUPERVISOR, "b2" * 32)
    with pytest.raises(Refused, match="signed_already"):
        signs(play, SUPERVISOR, "b4" * 32)


def test_clause_5_5_3_nobody_signs_besides_once_the_opening_is_over() -> None:
    play = until_record(Playbook())
    by_the_three(play)
    play.says(HOST, "close_opening", record_later=False)
    play.hall(c.NoteRoomEmpty())
    with pytest.raises(Refused, match="not_now"):
        signs(play, SUPERVISOR, "b5" * 32)
