"""An evaluator in front of a browser: declares, reads, scores item by item, signs; the others do it over the wire."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.demo_world import holder
from tests.e2e.people import Person
from tests.evaluation_hall import LOT, Evaluation, evaluation_hall
from tests.laid_out import TENDER

WEB = Path(os.environ.get("HALL_SERVER_WEB_ROOT", Path(__file__).parents[2] / "web" / "dist"))
BIDDERS = ("b1", "b2", "b3")


@pytest.mark.long
@pytest.mark.timeout(300)
async def test_an_evaluator_declares_scores_in_order_and_signs(tmp_path: Path, browser: Browser) -> None:
    async with evaluation_hall(tmp_path, WEB) as hall:
        owner = await _comes(browser, hall, "procuring_entity", "owner")
        await owner.picture("evaluation-owner-before")
        await hall.drawn()
        seats = await hall.seats()
        me = seats[1]
        person = await _comes(browser, hall, me, "evaluator")
        await expect(person.see("step-seat")).to_be_visible()
        await person.picture("evaluation-seat")
        await person.does("accept_seat")
        await expect(person.see("step-read")).to_be_visible()
        await person.picture("evaluation-read")
        await person.does("read_criteria")
        await hall.seated(me)
        await expect(person.see("chair-1")).to_be_visible()
        await owner.picture("evaluation-owner-seating")
        # Scoring begins once all have a chair; three votes suffice.
        await expect(person.see("score-item")).to_be_visible()
        await person.picture("evaluation-scoring")
        await _reads_a_bid(person)
        await _scores(person)
        await expect(person.see("sheet-complete")).to_be_visible()
        await expect(person.see("sum-1-b1")).to_have_text("55.5")
        await person.picture("evaluation-complete")
        await person.does("sign_sheet")
        await expect(person.see("sheet-signed")).to_be_visible()
        await person.picture("evaluation-signed")
        assert not await person.see("others-2").is_visible(), "others' sheets are closed (clause 5.4.3)"
        await _the_rest(hall, person, browser, seats)
        assert person.complaints == owner.complaints == []


async def _comes(browser: Browser, hall: Evaluation, who: str, name: str, *, phone: bool = False) -> Person:
    """Somebody logs in and goes to the evaluation."""
    person = await Person.arrives(browser, name, hall.port, holder(who).identity, phone=phone)
    await person.log_in()
    await expect(person.see("certificate-password")).to_be_hidden()
    await _goes(person)
    return person


async def _goes(person: Person) -> None:
    await person.page.evaluate(
        f"history.pushState({{}}, '', '/tenders/{TENDER}/evaluation'); dispatchEvent(new PopStateEvent('popstate'))"
    )
    await expect(person.see("evaluation")).to_be_visible()
    await expect(person.see("evaluation")).not_to_have_attribute("data-stage", "")


async def _reads_a_bid(person: Person) -> None:
    await person.see("open-bid").click()
    await expect(person.see("pages")).to_have_attribute("data-count", "1")
    await person.picture("evaluation-reading")


async def _scores(person: Person) -> None:
    """In order: three reviews of each bid, then the points. A reload in between loses nothing that was typed."""
    for criterion in ("form", "qualification", "responsive"):
        for bidder in BIDDERS:
            item = person.page.locator(f"[data-criterion={criterion}][data-bidder={bidder}]")
            await expect(item).to_be_visible()
            await person.see("pass").click()
            await person.see("save-item").click()
    for criterion, points in (("technical", "35.5"), ("business", "20")):
        for bidder in BIDDERS:
            item = person.page.locator(f"[data-criterion={criterion}][data-bidder={bidder}]")
            await expect(item).to_be_visible()
            if (criterion, bidder) == ("technical", "b1"):
                await person.fill("points", "40.01")
                await expect(person.see("points-wrong")).to_be_visible()
                await expect(person.see("save-item")).to_be_disabled()
                await person.picture("evaluation-wrong-points")
                await person.fill("points", "31")
                await person.page.reload()
                await person.unlocks()
                await expect(
                    person.page.locator("input[data-testid=points], [data-testid=points] input").first
                ).to_have_value("31")
                await person.picture("evaluation-restored")
            await person.fill("points", points)
            await person.page.keyboard.press("Enter")


async def _the_rest(hall: Evaluation, person: Person, browser: Browser, seats: dict[int, str]) -> None:
    """A motion and a question while the others score; review; the report with everybody's signature."""
    await person.see("tab-motions").click()
    await person.picture("evaluation-no-motion")
    await person.fill("motion-about", "技术标第 3 条“近三年”")
    await person.fill("motion-text", "自投标截止之日起向前推算三年")
    await person.does("propose_interpretation")
    await hall.act(seats[2], "discuss_motion", motion=1, text="同意，与行业惯例一致")
    await expect(person.see("motion-1")).to_contain_text("行业惯例")
    await person.does("vote_motion", "agree-1")
    for number in (2, 3):
        await hall.act(seats[number], "vote_motion", motion=1, agrees=True, reason="")
    await expect(person.see("motion-1")).to_have_attribute("data-outcome", "adopted")
    await person.picture("evaluation-motion")
    await hall.act(seats[1], "ask_bidder", LOT, bidder="b2", text="请说明工期的起算日。", minutes=60)
    bidder = await _comes(browser, hall, "b2", "bidder2", phone=True)
    await expect(bidder.see("question-1")).to_be_visible()
    await bidder.picture("evaluation-bidder-phone")
    await bidder.fill("answer-text", "自开工令签发之日起算。")
    await bidder.fill("answer-price", "1199000.00")
    await bidder.see("answer-unchanged").click()
    await bidder.does("answer_bid_question")
    await expect(bidder.see("question-1")).to_have_attribute("data-outcome", "answered")
    for number in (2, 3, 4, 5):
        await hall.scores(seats[number])
    await expect(person.see("evaluation")).to_have_attribute("data-stage", "review")
    await expect(person.see("others-5")).to_be_visible()
    await person.picture("evaluation-review")
    await person.does("prepare_report")
    await expect(person.see("ranking-1")).to_be_visible()
    await person.picture("evaluation-report")
    await person.does("sign_report")
    for number in (2, 3, 4, 5):
        report = (await hall.view(seats[number]))["result"]["report"]
        await hall.act(seats[number], "sign_report", report=report)
    await expect(person.see("evaluation")).to_have_attribute("data-stage", "done")
    await person.picture("evaluation-done")
    supervisor = await _comes(browser, hall, "supervisor", "supervisor")
    await expect(supervisor.see("accesses")).to_contain_text(re.compile("第 1 席"))
    await supervisor.picture("evaluation-supervisor")
    assert person.complaints == bidder.complaints == supervisor.complaints == []
