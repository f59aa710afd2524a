"""The trading centre told as a conversation: who is registered, by whom, and what takes two."""

from __future__ import annotations

import base64
from typing import Any

from hall.centre import commands as c
from hall.centre import events as e
from hall.centre.changes import Known, TrustedRoot
from hall.procurement.matter import HALL, PUBLIC, Look
from hall.procurement.parties import Role
from hall.runtime.centre_matter import CENTRE
from tests.matterbook import MatterBook, person

AN, BO = (person(name, Role.TRADING_CENTRE) for name in ("an", "bo"))
REGULATOR, BIDDER = person("reg", Role.REGULATOR), person("b1", Role.BIDDER)
AGENCY, EXPERT = person("agency", Role.PROCURING_ENTITY), person("e1", Role.EVALUATOR)
DER = base64.b64encode(b"a certificate").decode()
OTHER = base64.b64encode(b"another one").decode()
STAFF = Known(exists=True, kind_of="staff", holders=("an", "bo"))
NEW = {"party": "b9", "name": "九公司", "kind": "bidder", "code": "91140000000000009N", "certificate": DER}
WHY = {"reason": "换发证书"}


class Centre(MatterBook):
    """The book of the hall's own matter; `known` is what the directory says."""

    def __init__(self) -> None:
        super().__init__(CENTRE, tender=HALL)
        self.known = Known()

    def note(self, command: Any, actor: Any = None) -> list[Any]:
        if isinstance(command, c.MakeChange | c.Confirm | c.ListExpert):
            command = type(command)(**{**_fields(command), "known": self.known})
        return super().note(command, actor)


def _fields(command: Any) -> dict[str, Any]:
    return {name: getattr(command, name) for name in command.__dataclass_fields__}


def kinds(events: list[Any]) -> list[str]:
    return [type(event).__name__ for event in events]


def test_a_party_is_registered_by_one_person_and_the_directory_takes_it_once() -> None:
    book = Centre()
    assert kinds(book.says(AN, "register_party", **NEW)) == ["ChangeMade"]
    change = book.state.next_change
    assert change is not None and (change.party, change.kind_of, change.name) == ("b9", "bidder", "九公司")
    assert kinds(book.note(c.NoteCarried(1))) == ["ChangeCarried"]
    assert book.note(c.NoteCarried(1)) == [] and book.state.next_change is None


PERSON = {
    "party": "zhang",
    "name": "张研究员",
    "paper": "identity_card",
    "number": "11010519491231002X",
    "certificate": DER,
    "salt": "ab" * 16,
}


def test_clause_3_3_an_organisation_is_registered_under_a_code_that_checks_and_once() -> None:
    book = Centre()
    assert book.refuses(AN, "register_party", **{**NEW, "code": ""}) == "credit_code_missing"
    assert book.refuses(AN, "register_party", **{**NEW, "code": "91140000000000009X"}) == "credit_code_wrong"
    staff = {**NEW, "kind": "staff", "code": ""}
    assert kinds(book.says(AN, "register_party", **staff)) == ["ChangeMade"]
    book.known = Known(coded="b2")
    assert book.refuses(AN, "register_party", **NEW) == "credit_code_taken"
    book.known = Known()
    assert book.refuses(AN, "register_party", **NEW, standing="natural_person") == "malformed_act"
    made = book.says(AN, "register_party", **NEW, standing="organisation")
    assert made[0].change.standing == "organisation"
    assert book.says(AN, "register_party", **{**NEW, "party": "b8"})[0].change.standing == "legal_person"


def test_clause_3_3_an_individual_is_registered_by_a_number_that_stands_in_no_row() -> None:
    book = Centre()
    assert (
        book.refuses(AN, "register_person", **{**PERSON, "number": "110105194912310021"})
        == "identity_number_wrong"
    )
    assert book.refuses(AN, "register_person", **{**PERSON, "paper": "membership"}) == "malformed_act"
    assert book.refuses(AN, "register_person", **{**PERSON, "salt": "ab"}) == "malformed_act"
    (made,) = book.says(AN, "register_person", **PERSON)
    change = made.change
    assert (change.standing, change.kind_of, change.code) == ("natural_person", "bidder", "")
    assert change.identity == made.act.body_digest and made.act.body is None
    assert PERSON["number"] not in str(book.events)
    book.note(c.NoteCarried(1))


def test_nobody_registers_a_party_or_a_certificate_twice() -> None:
    book = Centre()
    book.known = Known(exists=True)
    assert book.refuses(AN, "register_party", **NEW) == "party_exists"
    book.known = Known(owner="b2")
    assert book.refuses(AN, "register_party", **NEW) == "certificate_taken"
    book.known = Known(exists=True, owner="b2")
    assert book.refuses(AN, "add_certificate", party="b1", certificate=DER, **WHY) == "certificate_taken"


def test_a_further_certificate_logs_in_as_its_party_so_a_second_person_confirms_it() -> None:
    book = Centre()
    book.known = Known(exists=True, kind_of="bidder")
    assert kinds(book.says(AN, "add_certificate", party="b1", certificate=OTHER, **WHY)) == ["ChangeProposed"]
    assert book.refuses(AN, "add_certificate", party="b1", certificate=OTHER, **WHY) == "proposed_already"
    assert book.refuses(AN, "confirm_change", proposal=1) == "second_person_needed"
    assert book.refuses(BO, "confirm_change", proposal=2) == "no_such_proposal"
    assert [one.mine for one in book.view(AN).proposals] == [True]
    assert [one.mine for one in book.view(BO).proposals] == [False]
    book.known = Known(exists=True, owner="b2")
    assert book.refuses(BO, "confirm_change", proposal=1) == "certificate_taken"
    book.known = Known(exists=True)
    assert kinds(book.says(BO, "confirm_change", proposal=1)) == ["ChangeConfirmed"]
    assert book.state.next_change is not None and book.view(BO).proposals == []


def test_a_new_holder_of_this_office_takes_two_and_none_confirms_for_itself() -> None:
    book = Centre()
    book.known = STAFF
    book.says(AN, "give_office", party="bo", office="trading_centre", reason="轮岗")
    assert book.refuses(BO, "confirm_change", proposal=1) == "own_party"
    assert kinds(book.says(BO, "decline_change", proposal=1, reason="未经批准")) == ["ChangeDeclined"]
    assert book.refuses(AN, "give_office", party="an", office="regulator", reason="自任") == "own_party"
    assert kinds(book.says(AN, "give_office", party="reg", office="regulator", reason="任命")) == [
        "ChangeMade"
    ]
    book.known = Known(exists=True, kind_of="bidder")
    assert (
        book.refuses(AN, "give_office", party="b1", office="regulator", reason="任命") == "office_for_staff"
    )


def test_the_last_holder_of_the_office_stays() -> None:
    book = Centre()
    book.known = Known(exists=True, kind_of="staff", holds=True, holders=("bo",))
    assert book.refuses(AN, "deactivate_party", party="bo", reason="离职") == "last_holder"
    assert (
        book.refuses(AN, "take_office", party="bo", office="trading_centre", reason="离职") == "last_holder"
    )
    assert book.refuses(BO, "deactivate_party", party="bo", reason="离职") == "own_party"


def test_offices_are_given_once_and_taken_once() -> None:
    book = Centre()
    book.known = Known(exists=True, kind_of="staff", holds=True, holders=("an", "bo"))
    assert book.refuses(AN, "give_office", party="x1", office="evaluator", reason="任命") == "office_held"
    assert kinds(book.says(AN, "take_office", party="x1", office="evaluator", reason="期满")) == [
        "ChangeMade"
    ]
    book.known = STAFF
    assert book.refuses(AN, "take_office", party="x1", office="evaluator", reason="期满") == "office_not_held"


def test_a_party_is_deactivated_and_activated_again_each_with_its_reason() -> None:
    book = Centre()
    book.known = Known(exists=True, kind_of="bidder", holders=("an",))
    assert kinds(book.says(AN, "deactivate_party", party="b1", reason="被列入失信名单")) == ["ChangeMade"]
    assert book.refuses(AN, "activate_party", party="b1", reason="已移出") == "not_shut"
    book.known = Known(exists=True, kind_of="bidder", shut=True)
    assert book.refuses(AN, "deactivate_party", party="b1", reason="再次") == "shut_already"
    assert kinds(book.says(AN, "activate_party", party="b1", reason="已移出")) == ["ChangeMade"]
    assert [line.what for line in book.view(REGULATOR).recent] == ["made_reopen", "made_shut"]


def test_a_certificate_is_retired_by_its_own_party_alone() -> None:
    book = Centre()
    book.known = Known(exists=True, owner="b2")
    assert (
        book.refuses(AN, "retire_certificate", party="b1", sha256="ab" * 32, **WHY) == "no_such_certificate"
    )
    book.known = Known(exists=True, owner="b1")
    assert kinds(book.says(AN, "retire_certificate", party="b1", sha256="ab" * 32, **WHY)) == ["ChangeMade"]
    book.known = Known()
    assert book.refuses(AN, "retire_certificate", party="b8", sha256="ab" * 32, **WHY) == "no_such_party"


def test_the_working_days_of_a_year_are_said_with_their_source_and_everybody_sees_them() -> None:
    book = Centre()
    days = {"holidays": ["2026-10-01", "2026-10-02"], "extra": ["2026-10-10"]}
    assert kinds(book.says(AN, "set_year", year=2026, **days, source="国务院办公厅通知")) == ["YearSet"]
    assert book.view(PUBLIC).years[0].holidays == ["2026-10-01", "2026-10-02"]
    assert not book.state.calendar.works("2026-10-01") and book.state.calendar.works("2026-10-10")
    assert book.refuses(AN, "set_year", year=2027, **days, source="x") == "day_of_another_year"
    twice = {"holidays": ["2026-10-10"], "extra": ["2026-10-10"]}
    assert book.refuses(AN, "set_year", year=2026, **twice, source="x") == "day_twice"
    anyway = {"holidays": [], "extra": ["2026-10-12"]}
    assert book.refuses(AN, "set_year", year=2026, **anyway, source="x") == "works_anyway"
    assert (
        book.refuses(AN, "set_year", year=2026, holidays=["2026-13-01"], extra=[], source="x")
        == "day_malformed"
    )


def test_defaults_for_new_tenders_are_settings_of_the_rule_set_and_nothing_else() -> None:
    book = Centre()
    settings = [{"key": "minimum_bidders", "value": "3"}, {"key": "draw_allowed", "value": "true"}]
    assert kinds(book.says(AN, "set_defaults", settings=settings)) == ["DefaultsSet"]
    assert book.says(AN, "set_defaults", settings=settings) == []
    for bad in (
        ("minimum_bidders", "0"),
        ("minimum_bidders", "three"),
        ("draw_allowed", "1"),
        ("no_such", "1"),
    ):
        one = [{"key": bad[0], "value": bad[1]}]
        assert book.refuses(AN, "set_defaults", settings=one) == "malformed_act", bad
    assert [one.key for one in book.view(AGENCY).settings] == ["draw_allowed", "minimum_bidders"]
    assert book.view(BIDDER).settings == []


def test_the_last_certificate_of_the_last_holder_stays() -> None:
    book = Centre()
    told = {"party": AN.party, "sha256": "ab" * 32, "reason": "到期"}
    book.known = Known(exists=True, owner=AN.party, holders=(AN.party,), last=True)
    assert book.refuses(AN, "retire_certificate", **told) == "last_holder"
    book.known = Known(exists=True, owner=AN.party, holders=(AN.party, "other"), last=True)
    assert kinds(book.says(AN, "retire_certificate", **told)) == ["ChangeMade"]


def test_no_tender_begins_with_less_than_law_and_standard_want() -> None:
    book = Centre()
    for key, value in (("minimum_bidders", "2"), ("decryption_window", "3540000")):
        assert book.refuses(AN, "set_defaults", settings=[{"key": key, "value": value}]) == "setting_too_low"
    assert book.says(AN, "set_defaults", settings=[{"key": "decryption_window", "value": "3600000"}])


def test_nobody_lists_itself_as_an_expert() -> None:
    book = Centre()
    book.known = STAFF
    expert = {"party": AN.party, "name": "安某", "unit": "", "specialities": [], "recuses": []}
    assert book.refuses(AN, "list_expert", **expert, salt="ab" * 16) in ("own_party", "malformed_act")
    assert book.refuses(AN, "list_expert", **{**expert, "unit": "某大学"}, salt="ab" * 16) == "own_party"


def test_an_expert_is_listed_without_a_name_in_the_journal() -> None:
    book = Centre()
    expert = {"party": "e1", "name": "赵专家", "unit": "某大学", "specialities": ["水利"], "recuses": ["b1"]}
    assert book.refuses(AN, "list_expert", **expert, salt="ab" * 16) == "no_such_party"
    book.known = STAFF
    listed, given = book.says(AN, "list_expert", **expert, salt="ab" * 16)
    assert isinstance(listed, e.ExpertListed) and isinstance(given, e.ChangeMade)
    assert listed.act.body is None and listed.item == listed.act.body_digest and given.act.body is None
    assert "赵专家" not in repr(book.events) and "某大学" not in repr(book.events)
    assert book.view(AN).experts == 1 and book.view(EXPERT).experts == 0
    assert kinds(book.says(AN, "unlist_expert", party="e1", reason="退休")) == [
        "ExpertUnlisted",
        "ChangeMade",
    ]
    assert book.refuses(AN, "unlist_expert", party="e1", reason="退休") == "no_such_expert"


def test_the_rooms_of_the_centre_are_named() -> None:
    book = Centre()
    rooms = [{"room": "r1", "name": "一号开标室"}, {"room": "r2", "name": "二号开标室"}]
    assert kinds(book.says(AN, "name_rooms", rooms=rooms)) == ["RoomsNamed"]
    assert book.says(AN, "name_rooms", rooms=rooms) == []
    assert book.refuses(AN, "name_rooms", rooms=[rooms[0], {**rooms[0], "name": "x"}]) == "malformed_act"


def test_whom_the_hall_trusts_is_noted_when_it_changes_and_the_staff_sees_it() -> None:
    book = Centre()
    root = TrustedRoot("ab" * 32, "CN=某某CA", 1_900_000_000_000)
    assert kinds(book.note(c.NoteTrust((root,)))) == ["TrustNoted"]
    assert book.note(c.NoteTrust((root,))) == []
    assert [one.subject for one in book.view(REGULATOR).roots] == ["CN=某某CA"]
    assert book.view().roots == [] == book.view(BIDDER).roots
    assert book.state.lines[-1].what == "trust_noted"


def test_neither_bidder_nor_agency_nor_regulator_nor_expert_does_any_of_it() -> None:
    book = Centre()
    for who in (BIDDER, AGENCY, REGULATOR, EXPERT, PUBLIC):
        assert book.view(who).may == []
        for act in CENTRE.rights:
            assert book.refuses(who if who.party else Look("p"), act) in ("not_permitted", "malformed_act")
    assert book.events == [] and len(book.view(AN).may) == len(CENTRE.rights)


def test_only_the_centre_and_the_regulator_see_its_journal_and_what_waits() -> None:
    book = Centre()
    book.known = Known(exists=True)
    book.says(AN, "add_certificate", party="b1", certificate=OTHER, **WHY)
    for who in (BIDDER, AGENCY, EXPERT, PUBLIC):
        seen = book.view(who)
        assert (seen.proposals, seen.recent, seen.lines, seen.experts) == ([], [], 0, 0)
    assert book.view(REGULATOR).lines == 1


def test_the_centre_is_the_halls_and_no_tenders() -> None:
    book = MatterBook(CENTRE, tender="T-1")
    assert book.refuses(AN, "name_rooms", rooms=[]) == "malformed_act"
