"""The evaluation of three bids, from the draw of the committee to the report (clauses 5.4.1 to 5.4.4)."""

from __future__ import annotations

from hall.evaluation import commands as c
from hall.evaluation import events as e
from hall.procurement.drawing import committee_seed, order_of
from hall.procurement.evaluation import Reason
from hall.procurement.findings import Fact, Finding
from tests.committeebook import (
    CENTRE,
    EXPERTS,
    HOST,
    OWNER,
    PARTIES,
    REGULATOR,
    SUPERVISOR,
    CommitteeBook,
    bid,
    bidder,
    commitment,
    expert,
    item,
    secret,
    with_rules,
)
from tests.matterbook import DAY, MINUTE, person


def test_clause_5_4_3_bids_are_scored_alone_in_order_and_ranked() -> None:
    book = CommitteeBook().begun().scored().reported()
    assert book.state.done is not None
    report = book.state.done.report
    assert [(one.bidder, one.rank) for one in report.ranking] == [("yi", 1), ("bing", 2), ("jia", 3)]
    assert report.ranking[0].points == 3000 + 2000 + 4000
    assert report.ranking[1].points == 5000 + 3789, "900000 / 950000 of 40 points, rounded half up"
    assert book.state.done.silent == ()


def test_a_committee_is_drawn_and_anybody_can_redo_it() -> None:
    book = CommitteeBook().listed((*EXPERTS, expert("mate", "jia"), expert("host"), expert("owner"))).drawn()
    barred = {one.expert.party: one.barred for one in book.state.pool if one.barred}
    assert barred == {"mate": e.Barred.BIDDER, "host": e.Barred.STAFF, "owner": e.Barred.ENTITY}
    drawn = book.state.draws[0].done
    assert drawn is not None
    secrets = {party: secret(party) for party in PARTIES}
    seed = committee_seed("T-1", 1, book.state.pool_digest, PARTIES, secrets)
    order = [EXPERTS[n].party for n in order_of(seed, len(EXPERTS))]
    assert drawn.seed == seed
    assert list(drawn.order) == order
    assert [one.party for one in drawn.called] == order[:5]
    assert book.state.standby == tuple(order[5:])


def test_a_conflict_is_declared_and_the_next_one_drawn_takes_the_seat() -> None:
    book = CommitteeBook().listed().drawn()
    waiting = book.state.standby[0]
    gone = book.seat(2)
    book.says(gone, "leave_seat", reason="与投标人甲有合作")
    assert book.state.members[-1].party == waiting
    assert book.refuses(gone, "accept_seat") == "not_permitted"
    assert book.refuses(HOST, "replace_member", member=1, cause="absent") == "not_permitted"
    book.says(CENTRE, "replace_member", member=1, cause="ill")
    assert book.numbers == [3, 4, 5, 6, 7]


def test_named_representatives_fill_at_most_a_third() -> None:
    book = CommitteeBook().listed()
    assert (
        book.refuses(OWNER, "name_representatives", parties=["chief", "second"]) == "too_many_representatives"
    )
    assert book.refuses(OWNER, "name_representatives", parties=["jia"]) == "representative_barred"
    assert book.refuses(OWNER, "name_representatives", parties=["host"]) == "representative_barred"
    assert book.refuses(OWNER, "name_representatives", parties=["e1"]) == "representative_on_list"
    book.says(OWNER, "name_representatives", parties=["chief"])
    book.drawn()
    assert [member.kind for member in book.state.active] == [e.Seat.REPRESENTATIVE] + [e.Seat.EXPERT] * 4
    book.says(person("chief"), "accept_seat")
    assert book.refuses(OWNER, "name_representatives", parties=[]) == "committee_drawn"


def test_an_unlawful_committee_is_not_drawn() -> None:
    for rules in (with_rules(committee=4), with_rules(committee=3), with_rules(representatives=2)):
        book = CommitteeBook(rules).listed()
        assert book.refuses(OWNER, "open_committee_draw", parties=list(PARTIES)) == "committee_unlawful"
    book = CommitteeBook().listed(EXPERTS[:4])
    assert book.refuses(OWNER, "open_committee_draw", parties=list(PARTIES)) == "too_few_experts"
    assert book.refuses(OWNER, "open_committee_draw", parties=["supervisor"]) == "draw_parties"
    book.says(OWNER, "list_experts")
    book.note(c.ReceiveExperts(EXPERTS))
    book.drawn()
    assert len(book.numbers) == 5


def test_who_keeps_its_secret_is_left_out_and_the_draw_repeated() -> None:
    book = CommitteeBook().listed()
    book.says(CENTRE, "open_committee_draw", parties=[*PARTIES, "trading_centre", "regulator"])
    for look, party in ((OWNER, PARTIES[0]), (SUPERVISOR, PARTIES[1]), (CENTRE, "trading_centre")):
        assert (
            book.refuses(look, "reveal_committee_draw", draw=1, secret=secret(party)) == "nothing_committed"
        )
        book.says(look, "commit_committee_draw", draw=1, commitment=commitment(party))
    assert book.refuses(REGULATOR, "commit_committee_draw", draw=1, commitment=commitment(PARTIES[0])) == (
        "commitment_taken"
    )
    book.after(31 * MINUTE)
    assert book.state.draws[0].reveal_by is not None
    for look, party in ((OWNER, PARTIES[0]), (SUPERVISOR, PARTIES[1])):
        book.says(look, "reveal_committee_draw", draw=1, secret=secret(party))
    book.after(31 * MINUTE)
    last = book.state.draws[-1]
    assert isinstance(last.opened, e.CommitteeDrawRepeated)
    assert (last.opened.draw, last.opened.parties, last.opened.repeats) == (2, PARTIES, 1)
    late = {"draw": 2, "commitment": commitment("trading_centre", 2)}
    assert book.refuses(CENTRE, "commit_committee_draw", **late) == "not_in_this_draw"
    book.after(31 * MINUTE)
    assert book.state.draws[-1].done is not None, "nobody committed: it failed, and the seats stay vacant"
    assert book.state.vacant == 5


def test_clause_5_4_3_no_item_is_skipped_and_no_sheet_is_seen() -> None:
    book = CommitteeBook().begun()
    first = book.seat(1)
    about = {"lot": "1", "bidder": "yi", "criterion": "form"}
    assert book.refuses(first, "review_item", **about, passed=True, reason="") == "not_this_item"
    assert book.refuses(first, "score_item", **{**about, "criterion": "technical"}, points=1, reason="") == (
        "not_this_item"
    )
    assert book.refuses(first, "score_item", **{**about, "criterion": "price"}, points=1, reason="") == (
        "no_such_item"
    )
    book.works(1, until=9)
    most = {"lot": "1", "bidder": "jia", "criterion": "technical", "reason": ""}
    assert book.refuses(first, "score_item", **most, points=4001) == "points_out_of_range"
    book.says(first, "score_item", **most, points=1000)
    book.says(first, "score_item", **most, points=2000)
    assert len(book.state.sheets[1].items) == 10, "an item given again takes the place of the earlier one"
    assert book.refuses(first, "sign_sheet", sheet="ab" * 32) == "sheet_unfinished"
    book.works(1)
    assert book.refuses(first, "sign_sheet", sheet="ab" * 32) == "sheet_mismatch"
    book.signs(1)
    assert book.refuses(first, "score_item", **most, points=3000) == "sheet_signed"
    second = book.view(book.seat(2))
    assert second.sheets == []
    assert second.sheet.items == []
    for number in (2, 3, 4):
        book.works(number)
        book.signs(number)
    assert book.view(first).sheets == []
    book.works(5)
    book.signs(5)
    assert [sheet.member for sheet in book.view(first).sheets] == [1, 2, 3, 4, 5]


def test_clause_5_4_1_an_unclear_place_is_discussed_and_decided() -> None:
    book = CommitteeBook().begun()
    book.says(book.seat(2), "propose_interpretation", about="第三章 2.1 款工期", text="按日历天计")
    book.says(book.seat(3), "discuss_motion", motion=1, text="与第五章一致")
    assert book.refuses(book.seat(4), "vote_motion", motion=1, agrees=False, reason="") == "reason_missing"
    book.says(book.seat(4), "vote_motion", motion=1, agrees=False, reason="应按工作日")
    for number in (1, 2, 3):
        assert book.state.motions[0].decided is None
        book.says(book.seat(number), "vote_motion", motion=1, agrees=True, reason="")
    shown = book.view(book.seat(5)).motions[0]
    assert (shown.outcome, shown.by, len(shown.messages), len(shown.votes)) == ("adopted", 2, 1, 4)
    assert book.refuses(book.seat(5), "vote_motion", motion=1, agrees=True, reason="") == "motion_decided"
    assert book.refuses(book.seat(5), "discuss_motion", motion=2, text="?") == "no_such_motion"
    assert book.refuses(OWNER, "propose_interpretation", about="x", text="y") == "not_permitted"


def test_clause_5_5_1_the_committee_rejects_a_bid_by_majority() -> None:
    book = CommitteeBook().begun()
    finding = Finding("1", "yi", Reason.E, "price_over_ceiling", (), (Fact("ceiling", "1.00"),))
    book.note(c.NoteFindings((finding,)))
    assert book.view(book.seat(1)).findings[0].code == "price_over_ceiling"
    first = book.seat(1)
    book.works(1, until=1)
    about = {"lot": "1", "bidder": "yi", "criterion": "form"}
    assert book.refuses(first, "review_item", **about, passed=False, reason="") == "reason_missing"
    book.says(first, "review_item", **about, passed=False, reason="无签字")
    book.works(1)
    assert book.refuses(first, "sign_sheet", sheet=book.view(first).sheet.digest) == "fail_undecided"
    reason = {"lot": "1", "bidder": "yi", "reason": "a", "text": "投标函无签字", "evidence": ["cd" * 32]}
    book.says(first, "propose_rejection", **reason)
    assert book.refuses(book.seat(2), "propose_rejection", **reason) == "motion_open"
    assert book.refuses(first, "sign_sheet", sheet=book.view(first).sheet.digest) == "motion_open"
    book.votes(1)
    assert book.refuses(book.seat(2), "propose_rejection", **reason) == "bid_rejected"
    book.scored().reported()
    assert book.state.done is not None
    report = book.state.done.report
    assert [one.bidder for one in report.ranking] == ["bing", "jia"]
    assert [(one.bidder, one.reason) for one in report.rejections] == [("yi", Reason.A)]


def test_fewer_than_three_bids_may_all_be_rejected() -> None:
    book = CommitteeBook(bids=(bid("jia"), bid("yi"), bid("bing"), bid("jia", "5.00", "2"))).begun()
    assert book.refuses(book.seat(1), "propose_failure", lot="1", text="x") == "enough_bids"
    book.says(book.seat(1), "propose_failure", lot="2", text="仅一家有效投标，明显缺乏竞争")
    book.votes(1)
    book.scored().reported()
    assert book.state.done is not None
    assert book.state.done.report.failed == ("2",)
    book = CommitteeBook(bids=(bid("jia"), bid("yi"))).begun()
    book.says(book.seat(1), "propose_failure", lot="1", text="缺乏竞争")
    book.votes(1, agrees=False)
    assert not book.state.failed("1")


def test_a_bidder_answers_and_changes_nothing() -> None:
    book = CommitteeBook().begun()
    question = {"lot": "1", "bidder": "yi", "text": "请说明工期计算", "minutes": 60}
    assert book.refuses(book.seat(2), "ask_bidder", **question) == "not_the_chair"
    book.says(book.chair, "ask_bidder", **question)
    book.says(book.chair, "ask_bidder", **{**question, "bidder": "bing"})
    assert [one.question for one in book.view(bidder("yi")).questions] == [1]
    assert book.view(bidder("jia")).questions == []
    answer = {"question": 1, "text": "按日历天", "price": "900000.00", "unchanged": True, "files": []}
    assert book.refuses(bidder("jia"), "answer_bid_question", **answer) == "no_such_question"
    changed = {**answer, "price": "899999.00"}
    assert book.refuses(bidder("yi"), "answer_bid_question", **changed) == "price_changed"
    assert (
        book.refuses(bidder("yi"), "answer_bid_question", **{**answer, "unchanged": False}) == "bid_changed"
    )
    book.says(bidder("yi"), "answer_bid_question", **answer)
    assert book.refuses(bidder("yi"), "answer_bid_question", **answer) == "answered_already"
    book.after(61 * MINUTE)
    late = {**answer, "question": 2, "price": "950000.00"}
    assert book.refuses(bidder("bing"), "answer_bid_question", **late) == "answer_too_late"
    assert [one.outcome for one in book.view(book.seat(3)).questions] == ["answered", "lapsed"]


def test_clause_5_4_4_a_signed_sheet_changes_by_arithmetic_correction_alone() -> None:
    book = CommitteeBook().begun()
    wrong = {"lot": "1", "bidder": "jia", "criterion": "technical"}
    found = {"member": 2, **wrong, "reason": "子项合计应为 29.00"}
    assert book.refuses(book.seat(3), "find_error", **found) == "not_in_review"
    book.scored()
    book.says(book.seat(3), "find_error", **found)
    assert book.refuses(book.chair, "prepare_report") == "correction_open"
    sheet = book.corrected(2, wrong, 2900)
    assert (
        book.refuses(book.seat(3), "correct_item", correction=1, points=2900, sheet=sheet) == "not_your_sheet"
    )
    book.says(book.seat(2), "correct_item", correction=1, points=2900, sheet=sheet)
    assert (
        book.refuses(book.seat(2), "countersign_correction", correction=1, sheet=sheet)
        == "not_to_countersign"
    )
    assert (
        book.refuses(book.seat(3), "countersign_correction", correction=1, sheet=sheet)
        == "not_to_countersign"
    )
    book.says(book.chair, "countersign_correction", correction=1, sheet=sheet)
    shown = book.view(book.seat(4))
    assert (shown.corrections[0].before, shown.corrections[0].after, shown.corrections[0].version) == (
        3000,
        2900,
        2,
    )
    assert shown.sheets[1].version == 2
    book.reported()
    assert book.state.done is not None
    jia = next(one for one in book.state.done.report.ranking if one.bidder == "jia")
    assert jia.points == 5000 - 20 + 3600


def test_dissent_stands_in_the_report_and_silence_agrees() -> None:
    book = CommitteeBook().begun().scored()
    assert book.refuses(book.seat(2), "prepare_report") == "not_the_chair"
    book.says(book.chair, "prepare_report")
    report = book.view(book.chair).result.report
    assert book.refuses(book.seat(2), "sign_report", report="ab" * 32) == "report_mismatch"
    book.says(book.seat(2), "dissent_from_report", report=report, reason="技术评分偏差过大")
    for number in (1, 3, 4):
        book.says(book.seat(number), "sign_report", report=report)
    book.after(DAY + 1)
    stances = [voice.stance for voice in book.view(OWNER).result.voices]
    assert stances == ["signed", "dissents", "signed", "signed", "silent"]
    assert book.refuses(book.seat(5), "elect_chair", member=2) == "evaluation_done"


def test_a_suspension_stops_every_act_and_every_clock() -> None:
    book = CommitteeBook().begun()
    book.says(book.chair, "ask_bidder", lot="1", bidder="yi", text="请说明", minutes=60)
    book.note(c.NoteSuspension("C-1"))
    assert book.refuses(book.seat(1), "elect_chair", member=2) == "procedure_suspended"
    assert book.view(book.seat(1)).may == []
    book.after(3 * DAY)
    assert book.state.questions[0].open
    book.note(c.NoteSuspension(""))
    book.after(59 * MINUTE)
    answer = {"question": 1, "text": "按日历天", "price": "900000.00", "unchanged": True, "files": []}
    book.says(bidder("yi"), "answer_bid_question", **answer)


def test_a_replaced_member_s_work_counts_no_more() -> None:
    book = CommitteeBook().begun()
    book.works(1)
    book.signs(1)
    book.says(CENTRE, "replace_member", member=1, cause="conduct")
    assert book.state.chair == 0
    assert book.numbers == [2, 3, 4, 5, 6]
    book.says(book.seat(6), "accept_seat")
    assert book.refuses(
        book.seat(6), "review_item", lot="1", bidder="jia", criterion="form", passed=True, reason=""
    ) == ("criteria_unread")
    book.reads(6)
    for number in book.numbers:
        book.says(book.seat(number), "elect_chair", member=2)
    book.scored().reported()
    assert book.state.done is not None


def test_clause_5_4_2_each_look_into_a_bid_is_journalled() -> None:
    book = CommitteeBook().begun()
    member = book.seat(3)
    book.note(c.NoteAccess(member.party, "1", "yi", "ab" * 32, "c0ffee/1-5"))
    assert book.events[-1] == e.BidAccessed(3, "1", "yi", "ab" * 32, "c0ffee/1-5")


def test_names_are_told_when_the_result_is_settled() -> None:
    book = CommitteeBook().begun().scored().reported()
    assert {one.name for one in book.view(OWNER).members} == {""}
    persons = tuple(
        e.Person(one.number, f"专家{one.party}", "某大学", item(one.party)) for one in book.state.active
    )
    book.note(c.RevealMembers(persons))
    assert book.view().members[0].name == persons[0].name
