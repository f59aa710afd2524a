"""Robots do what their own screens allow, and nothing that an honest party would not do."""

from __future__ import annotations

from dataclasses import replace

from hall import wire
from hall.rehearsal.intents import Intent
from hall.rehearsal.policy import Kept, Person, bidder_intent, host_intent, staff_intent
from tests.unit.client import openings as o
from tests.unit.client.people import someone

PERSON = Person("赵建国", "DEMO00000001", ("19900000001",), "00" * 16)
KEPT = {o.LOT: Kept("aa" * 32, "dd" * 32, "9876543.21")}
VIEW = o.view(someone("bidder"), someone("host"), None)


def seen(*may: str, role: str = "bidder", **lot: object) -> wire.View:
    """A view in which the viewer may do this, and the lot looks like this."""
    shown = replace(VIEW.lots[0], **lot)  # type: ignore[arg-type]  # the tests name fields of their own choice
    return replace(VIEW, may=list(may), lots=[shown], you=replace(VIEW.you, role=role))


def deposit(sha256: str = "aa" * 32, *, intact: bool | None = True) -> wire.DepositView:
    return wire.DepositView(o.BIDDER, 100, sha256, o.NINE, "bb" * 32, intact)


def bidder(view: wire.View, *, objects: bool = False) -> Intent | None:
    return bidder_intent(view, KEPT, PERSON, objects=objects)


def priced(price: str, *, read_out: bool = True) -> dict[str, object]:
    line = replace(VIEW.lots[0].bidders[0], read_out=read_out)
    return {"prices": [wire.PriceView(o.BIDDER, price, "", "", "", "", "")], "bidders": [line]}


def test_a_bidder_signs_in_as_a_person_who_acts_for_it() -> None:
    intent = bidder(seen("sign_in"))
    assert intent is not None
    assert intent.body["representative"] == PERSON.name
    assert intent.body["acts_for_bidder"] is True


def test_a_bidder_calls_its_bid_intact_only_with_its_own_digest_freshly_hashed() -> None:
    for shown, answer in [
        (deposit(), "intact"),
        (deposit("cc" * 32), "objects"),
        (deposit(intact=False), "objects"),
        (deposit(intact=None), "objects"),
    ]:
        intent = bidder(seen("answer_sealing:1", deposits=[shown]))
        assert intent == Intent("answer_sealing", "1", {"answer": answer, "sha256": shown.sha256})


def test_a_bidder_confirms_only_the_price_it_sealed() -> None:
    right = bidder(seen("confirm_price:1", **priced("9876543.21")))
    wrong = bidder(seen("confirm_price:1", **priced("9876543.20")))
    assert right == Intent("confirm_price", "1", {"answer": "confirmed", "price": "9876543.21"})
    assert wrong == Intent("confirm_price", "1", {"answer": "objects", "price": "9876543.20"})


def test_a_bidder_calls_its_result_intact_only_with_the_summary_that_it_sealed() -> None:
    line = VIEW.lots[0].bidders[0]
    for release, shown, answer in [
        ("opened", "dd" * 32, "intact"),
        ("opened", "ee" * 32, "objects"),
        ("failed", "", "objects"),
        ("waiting", "", "intact"),
    ]:
        view = seen("answer_results:1", bidders=[replace(line, release=release, summary=shown)])
        assert bidder(view) == Intent("answer_results", "1", {"answer": answer, "summary": shown})


def test_the_clerk_explains_the_register_before_the_procuring_entity_signs_it() -> None:
    register = wire.RegisterView(3, "ab" * 32, [2, 3], False)
    asked = replace(seen("explain_incidents", role="clerk"), register=register)
    intent = staff_intent(asked, 0)
    assert intent is not None and (intent.act, intent.body["incidents"]) == ("explain_incidents", [2, 3])
    owner = replace(
        seen("sign_register", role="procuring_entity"), register=replace(register, unexplained=[])
    )
    assert staff_intent(owner, 0) == Intent("sign_register", body={"entries": 3, "digest": "ab" * 32})


def test_the_host_ends_the_opening_when_the_record_is_complete() -> None:
    record = wire.RecordView("ab" * 32, "cd" * 32, ["clerk"], False, [], None)
    view = replace(seen("close_opening", role="host"), record=record)
    assert host_intent(view, o.COMMANDED, pause=0) is None
    done = replace(view, record=replace(record, completed=True))
    assert host_intent(done, o.COMMANDED, pause=0) == Intent("close_opening", body={"record_later": False})


def test_a_bidder_waits_until_its_price_was_read_out() -> None:
    assert bidder(seen("confirm_price:1", **priced("9876543.21", read_out=False))) is None


def test_one_bidder_objects_once_and_only_when_asked() -> None:
    asked = seen("raise_objection:1", stage="objections")
    assert bidder(asked) is None
    assert bidder(seen("raise_objection:1", stage="read_out"), objects=True) is None
    intent = bidder(asked, objects=True)
    assert intent is not None and intent.act == "raise_objection"
    raised = seen(
        "raise_objection:1", stage="objections", objections=[wire.ObjectionView(1, o.BIDDER, "", "", "")]
    )
    assert bidder(raised, objects=True) is None


def test_nobody_does_what_it_may_not() -> None:
    view = seen()
    assert bidder(view, objects=True) is None
    assert host_intent(view, o.COMMANDED, pause=0) is None
    assert staff_intent(view, 0) is None


def test_the_host_commands_sixty_minutes() -> None:
    assert host_intent(seen("command_decryption:1", role="host"), o.COMMANDED, pause=0) == Intent(
        "command_decryption", "1", {"minutes": 60}
    )


def test_the_host_waits_for_objections() -> None:
    view = seen("close_objections:1", role="host", objections_not_before=o.COMMANDED)
    assert host_intent(view, o.COMMANDED + 2_999, pause=3_000) is None
    assert host_intent(view, o.COMMANDED + 3_000, pause=3_000) == Intent("close_objections", "1")


def test_the_announcer_reads_out_one_after_another() -> None:
    intent = staff_intent(seen("read_out:1", role="announcer", **priced("1.00", read_out=False)), 0)
    assert intent == Intent("read_out", "1", {"bidder": o.BIDDER})


def test_the_procuring_entity_answers_the_first_open_objection() -> None:
    objections = [
        wire.ObjectionView(1, "b1", "", "rejected", "no"),
        wire.ObjectionView(2, "b1", "why?", "", ""),
    ]
    intent = staff_intent(seen("answer_objection:1", role="procuring_entity", objections=objections), 0)
    assert intent is not None and intent.body["objection"] == 2


def test_a_bid_that_was_not_opened_gets_a_cause() -> None:
    line = replace(VIEW.lots[0].bidders[0], release="waiting")
    view = seen("decide_cause:1", role="procuring_entity", bidders=[line])
    intent = staff_intent(view, 0)
    assert intent is not None and (intent.body["bidder"], intent.body["cause"]) == (
        o.BIDDER,
        "deemed_revoked",
    )


def test_signers_wait_for_their_turn() -> None:
    view = seen("sign_record", role="clerk")
    other = replace(view, waiting=wire.Waiting("scrutineer", "sign_record", "", None))
    own = replace(view, waiting=wire.Waiting("clerk", "sign_record", "", None))
    assert staff_intent(other, 0) is None
    assert staff_intent(own, 0) == Intent("sign_record")


def test_what_the_hall_damaged_is_deemed_withdrawn_on_its_entry_of_the_register() -> None:
    line = replace(VIEW.lots[0].bidders[0], held=True, release="waiting")
    blank = o.plain(wire.IncidentView, incident=4, subject=f"bidder-{o.BIDDER}")
    damage = replace(blank, kind="ciphertext_damaged")
    other = replace(damage, incident=3, subject=f"bidder-{o.BIDDER}0")
    view = replace(seen("decide_cause:1", role="procuring_entity", bidders=[line]), incidents=[other, damage])
    intent = staff_intent(view, 0)
    assert intent is not None
    assert (intent.body["cause"], intent.body["incident"]) == ("deemed_withdrawn", 4)
