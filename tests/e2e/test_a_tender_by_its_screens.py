"""A whole tender by its screens, in a real browser: who prepares it, bids, complains, supervises, awards.

The opening between, and what the other bidders and evaluators do, is played through the doors.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests import own_hall
from tests.demo_world import CARD, holder
from tests.e2e.people import Person
from tests.evaluation_hall import Evaluation
from tests.laid_out import MINUTE, TENDER
from tests.whole_hall import whole_hall

WEB = Path(os.environ.get("HALL_SERVER_WEB_ROOT", Path(__file__).parents[2] / "web" / "dist"))
NAME = "演示市第一小学教学楼工程施工"
POSTS = {
    "host": "张晓",
    "procuring_entity": "李明",
    "supervisor": "王芳",
    "announcer": "赵敏",
    "scrutineer": "孙强",
    "clerk": "周静",
}
ITEMS = (
    *("decryption_limit", "remedy_plan", "sign_in_window", "second_quote", "recording", "no_sign_in"),
    "count_of_three",
)
DAY = 24 * 60 * MINUTE


@pytest.mark.long
@pytest.mark.timeout(900)
async def test_a_tender_goes_its_whole_way_by_its_screens(tmp_path: Path, browser: Browser) -> None:
    async with whole_hall(tmp_path, WEB) as hall:
        agency = await _comes(browser, hall, "agency")
        await _drafts(agency, tmp_path)
        await _publishes(agency)
        bidder = await _comes(browser, hall, "b1")
        await _registers(bidder)
        await _asks_and_is_answered(bidder, agency)
        await _addendum(hall, bidder, agency, tmp_path)
        await _others_register(hall)
        await own_hall.play(hall.inner)
        await _evaluated(hall)
        owner = await _comes(browser, hall, "procuring_entity")
        await _publicity(owner)
        citizen = await Person.arrives(browser, "citizen", hall.port, holder("b1").identity)
        code = await _complains_by_code(citizen)
        regulator = await _comes(browser, hall, "regulator")
        await _handles(regulator)
        await _looks_by_code(citizen, code)
        await _objects(browser, hall, owner)
        await _later(hall, 5 * DAY)
        await _awards(browser, hall)
        for person in (agency, bidder, owner, citizen, regulator):
            assert person.complaints == []


@pytest.mark.long
@pytest.mark.timeout(200)
async def test_the_trading_centre_keeps_people_experts_rooms_and_days(
    tmp_path: Path, browser: Browser
) -> None:
    async with whole_hall(tmp_path, WEB) as hall:
        centre = await _comes(browser, hall, "trading_centre")
        await centre.see("desk-trading_centre").click()
        await centre.fill("party-search", "演示乙")
        await expect(centre.see("party-b2")).to_be_visible()
        await expect(centre.see("party-b1")).to_be_hidden()
        await centre.picture("centre-parties")
        await centre.see("party-b2").click()
        await centre.see("add-certificate").click()
        await centre.see("centre-certificate").set_input_files(holder("b2").identity.certificate)
        await expect(centre.see("act-add_certificate")).to_be_disabled()
        await _registers_bidders(centre)
        await _tab(centre, "experts")
        await _pick(centre, "人员（须已登记为工作人员）", "韩松")
        await expect(centre.page.locator("[data-testid=expert-name]").first).to_have_value("韩松")
        await centre.fill("expert-unit", "演示大学")
        await centre.does("list_expert")
        await expect(centre.see("experts")).to_contain_text("演示大学")
        await centre.picture("centre-experts")
        await _tab(centre, "rooms")
        await centre.see("add-room").click()
        await expect(centre.see("act-name_rooms")).to_be_disabled()
        await centre.fill("room-0", "r-301")
        await centre.fill("room-name-0", "301 开标室")
        await centre.does("name_rooms")
        await centre.picture("centre-rooms")
        await _tab(centre, "calendar")
        await centre.see("day-2026-12-31").click()
        await centre.fill("calendar-source", "国办发明电〔2026〕演示")
        await centre.does("set_year")
        await expect(centre.see("day-2026-12-31")).to_have_class(re.compile("holiday"))
        await centre.picture("centre-calendar")
        await _tab(centre, "trust")
        await expect(centre.see("trust")).to_contain_text("招投标演示根CA")
        await centre.picture("centre-trust")
        await _tab(centre, "journal")
        await expect(centre.see("journal")).to_contain_text("设置开标室")
        await centre.picture("centre-journal")
        regulator = await _comes(browser, hall, "regulator")
        await regulator.see("desk-regulator").click()
        await expect(regulator.see("read-only")).to_be_visible()
        assert centre.complaints == regulator.complaints == []


async def _registers_bidders(centre: Person) -> None:
    """clause 3.3: an organisation under a code that checks, and a natural person by the number of its paper."""
    await _tab(centre, "parties")
    await centre.see("add-party").click()
    person = holder("individual").identity
    await centre.see("centre-certificate").set_input_files(person.certificate)
    await centre.fill("party-id", "yan")
    await centre.fill("party-code", "91350100m000100y43")
    await centre.see("act-register_party").click()
    await centre.see("confirm").click()
    await expect(centre.see("failure-certificate_without_organisation").first).to_be_visible()
    await centre.page.keyboard.press("Escape")
    await centre.see("standing-natural_person").click()
    await centre.fill("party-number", CARD[:-1] + "1")
    await expect(centre.see("act-register_person")).to_be_disabled()
    await centre.picture("centre-wrong-number")
    await centre.fill("party-number", CARD)
    await centre.does("register_person")
    await centre.fill("party-search", "yan")
    await centre.see("party-yan").click()
    await expect(centre.see("party-identity")).to_contain_text("*" * 14 + CARD[-4:])
    await centre.picture("centre-person")


# how people move


async def _comes(browser: Browser, hall: Evaluation, who: str) -> Person:
    """Somebody logs in and stands on the own first page."""
    person = await Person.arrives(browser, who.replace("_", ""), hall.port, holder(who).identity)
    await person.log_in()
    await expect(person.see("certificate-password")).to_be_hidden()
    await expect(person.see("hotline-foot")).to_contain_text("000-00000000")  # clause 6.2: on every page
    return person


async def _goes(person: Person, path: str) -> None:
    """To an address of the own origin, without a reload: the key stays open."""
    await person.page.evaluate(
        f"history.pushState({{}}, '', '{path}'); dispatchEvent(new PopStateEvent('popstate'))"
    )


async def _tab(person: Person, name: str) -> None:
    await _goes(person, f"/centre/{name}")
    await expect(person.page).to_have_url(re.compile(f"/centre/{name}$"))


async def _pick(person: Person, label: str, name: str) -> None:
    """Type into a list that searches, and choose."""
    await person.page.get_by_label(label).fill(name)
    await _choose(person.page, name)


async def _choose(page: Page, name: str) -> None:
    shown = page.locator(".el-select-dropdown:visible")
    await shown.locator(".el-select-dropdown__item", has_text=name).first.click()
    # A list of which one may choose many stays open: what was typed goes first, then the list.
    for _ in range(2):
        await page.keyboard.press("Escape")
    await expect(shown).to_have_count(0)


# before the opening


async def _drafts(agency: Person, folder: Path) -> None:
    """Clauses 4.10, 5.1: nine steps, each signed."""
    await agency.see("desk-procuring_entity").click()
    await agency.fill("new-tender", "不行 !")
    await agency.see("begin").click()
    await expect(agency.see("failure-tender_id_malformed")).to_be_visible()
    await agency.fill("new-tender", TENDER)
    await agency.see("begin").click()
    await expect(agency.see("act-draft_tender")).to_be_disabled()
    await agency.picture("agency-face-empty")
    await expect(agency.see("prepare")).to_contain_text("还缺：项目名称")
    for field, value in (
        ("name", NAME),
        ("number", "演招2026-009"),
        ("procuring_entity", "演示市城乡建设中心"),
        ("entity_code", "11350100M000100Y4C"),
    ):
        await agency.fill(f"face-{field}", value)
    await expect(
        agency.see("act-draft_tender")
    ).to_be_disabled()  # clause 3.2: the check character does not fit
    await agency.picture("agency-face-wrong-code")
    await agency.fill("face-entity_code", "11350100m000100y4b")
    await _pick(agency, "共同编制人", "李明")
    await agency.does("draft_tender")
    await agency.see("step-lots").click()
    await agency.fill("lot-name-0", "第一标段")
    await agency.page.get_by_label("标段标识").fill("1")
    await agency.page.get_by_label("最高投标限价").fill("12,800,000")
    await agency.does("set_lots")
    await agency.picture("agency-lots")
    await agency.see("step-rules").click()
    await agency.see("prepare").get_by_text("大厅", exact=True).click()
    await agency.does("set_rules")
    await agency.picture("agency-rules")
    await _documents(agency, folder)
    await agency.picture("agency-documents")
    await agency.see("step-checklist").click()
    await agency.see("usual").click()
    for item in ITEMS:
        places = agency.see(f"item-{item}").locator("input")
        await places.nth(0).fill("第三条")
        await places.nth(1).fill("第一章 5.1")
    await agency.does("fill_checklist")
    await agency.picture("agency-checklist")
    await agency.see("step-criteria").click()
    await agency.does("set_criteria")
    await agency.picture("agency-criteria")
    await agency.see("step-staff").click()
    for role, name in POSTS.items():
        await agency.see(f"post-{role}").locator(".el-select").first.click()
        await expect(agency.page.locator(".el-select-dropdown__item", has_text="韩松")).to_have_count(0)
        await _choose(agency.page, name)
    await agency.fill("unit-procuring_entity", "演示市城乡建设中心")
    await agency.does("appoint_staff")
    await agency.picture("agency-staff")
    await agency.see("step-schedule").click()
    await expect(agency.see("act-schedule_opening")).to_be_disabled()
    for key, at in (("from", "09:00"), ("until", "10:00"), ("deadline", "10:00")):
        field = agency.see(f"time-{key}").locator("input")
        await field.fill(f"2026-11-22 {at}")
        await field.press("Enter")
    await agency.does("schedule_opening")
    await agency.picture("agency-schedule")


async def _documents(agency: Person, folder: Path) -> None:
    await agency.see("step-documents").click()
    await agency.fill("notice-title", f"{NAME}招标公告")
    await agency.fill("notice-text", "本项目采用不见面开标。")
    await agency.does("write_notice")
    for kind, name in (("招标公告附件", "招标公告.txt"), ("招标文件", "招标文件.txt")):
        (folder / name).write_text(f"{name}（演示）", encoding="utf-8")
        await agency.page.locator("label.el-radio", has_text=re.compile(rf"^{kind}")).click()
        await agency.see("document-file").set_input_files(folder / name)
        await agency.does("attach_document")
        await expect(agency.see("prepare")).to_contain_text(name)


async def _publishes(agency: Person) -> None:
    await agency.see("step-filing").click()
    await agency.picture("agency-before-filing")
    await expect(agency.see("act-file_tender")).to_be_disabled()
    filing = {
        "compiled_by": "陈静",
        "filed_by": "陈静",
        "authority": "演示市公共资源交易监督局",
        "number": "备2026-1",
    }
    for field, value in filing.items():
        await agency.fill(f"filing-{field}", value)
    await agency.does("file_tender")
    await expect(agency.see("filed")).to_be_visible()
    await agency.picture("agency-filing")
    await agency.does("publish_notice")
    await expect(agency.see("prepare")).to_have_attribute("data-stage", "published")
    await expect(agency.see("to-notice")).to_be_visible()


async def _registers(bidder: Person) -> None:
    """Clause 5.2.1: found in the public list, downloaded, acknowledged."""
    await expect(bidder.see("failure-not_registered")).to_be_visible()
    await _goes(bidder, "/notices")
    await bidder.fill("search", "第一小学")
    await bidder.page.keyboard.press("Enter")
    await expect(bidder.see(f"listed-{TENDER}")).to_be_visible()
    await bidder.picture("public-list")
    await bidder.see(f"listed-{TENDER}").get_by_role("link").click()
    await expect(bidder.see("download-all")).to_be_visible()
    await bidder.picture("notice-bidder")
    await bidder.see("download-all").click()
    await expect(bidder.see("act-acknowledge_download")).to_be_visible()
    await bidder.picture("notice-downloaded")
    await bidder.does("acknowledge_download")
    await expect(bidder.see("registered")).to_be_visible()


async def _asks_and_is_answered(bidder: Person, agency: Person) -> None:
    await bidder.fill("ask-text", "图纸第3页尺寸与清单不一致，以何为准？")
    await bidder.does("ask_about_documents")
    await agency.see("to-notice").click()
    await agency.page.get_by_label("答复这个问题").fill("以补遗一为准。")
    await agency.does("answer_about_documents")
    await expect(bidder.see("question-1")).to_contain_text("以补遗一为准")
    await expect(agency.see("question-1")).not_to_contain_text("演示甲")
    await agency.picture("notice-agency")


async def _addendum(hall: Evaluation, bidder: Person, agency: Person, folder: Path) -> None:
    """Clause 5.2.2: who has deposited confirms, or deposits again."""
    await hall.inner.deposit("b1")
    await agency.see("to-prepare").click()
    await agency.fill("addendum-title", "补遗一")
    await agency.fill("addendum-text", "图纸第3页尺寸更正。")
    (folder / "补遗一.txt").write_text("补遗一（演示）", encoding="utf-8")
    await agency.see("prepare").locator("input[type=file]").set_input_files(folder / "补遗一.txt")
    await expect(agency.see("prepare")).to_contain_text("补遗一.txt")
    await agency.does("issue_addendum")
    await agency.picture("agency-published")
    await _goes(bidder, f"/tenders/{TENDER}")
    await expect(bidder.see("confirm-addenda")).to_contain_text("图纸第3页尺寸更正")
    await bidder.picture("confirm-addendum")
    await bidder.does("confirm_deposit")
    await expect(bidder.see("addendum-confirmed")).to_be_visible()
    await expect(bidder.see("confirm-addenda")).to_be_hidden()


async def _others_register(hall: Evaluation) -> None:
    for who in ("b2", "b3", "b4"):
        matters = await hall.of(who)
        documents = [one["sha256"] for one in (await matters.view("registration"))["documents"]]
        for sha256 in documents:
            await hall.halls[who].get_bytes(f"/api/tenders/{TENDER}/documents/{sha256}")
        body: dict[str, object] = {"documents": sorted(documents), "members": []}
        await matters.act("registration", "acknowledge_download", body)


# after the opening


async def _evaluated(hall: Evaluation) -> None:
    await hall.drawn()
    await hall.seated()
    seats = await hall.seats()
    for who in seats.values():
        await hall.scores(who)
    await hall.act(seats[1], "prepare_report")
    for who in seats.values():
        await hall.act(who, "sign_report", report=(await hall.view(who))["result"]["report"])


async def _publicity(owner: Person) -> None:
    """Clauses 5.2.1, 5.5.1: who registered is known since the announcement; the candidates are published."""
    await _goes(owner, f"/notices/{TENDER}")
    await expect(owner.see("registrants")).to_contain_text("演示甲")
    await owner.picture("notice-registrants")
    await _goes(owner, f"/tenders/{TENDER}/evaluation")
    await expect(owner.see("committee")).to_be_visible()
    await owner.picture("evaluation-owner-done")
    await _goes(owner, f"/openings/{TENDER}-opening/replay")
    await owner.page.wait_for_load_state()
    await owner.picture("opening-archive")
    await _goes(owner, f"/tenders/{TENDER}/award")
    await expect(owner.see("act-publish_candidates")).to_be_visible()
    await owner.picture("award-reported")
    await owner.does("publish_candidates")
    await expect(owner.see("award-status")).to_have_text("公示中")
    await owner.picture("award-public")


async def _complains_by_code(citizen: Person) -> str:
    """Clause 6.3: somebody without an account complains, and gets a query code. Gives the code."""
    await citizen.page.goto(f"{citizen.base}/notices")
    await citizen.see(f"listed-{TENDER}").get_by_role("link").click()
    await citizen.see("to-supervision").first.click()
    await citizen.picture("supervision-public")
    await citizen.see("tab-file").click()
    await expect(citizen.see("send-case")).to_be_disabled()
    await citizen.picture("complaint-empty")
    await citizen.see("about").get_by_text("其他事项").click()
    await citizen.fill("facts", "代理机构拒绝说明收费依据。")
    await citizen.fill("name", "某公司")
    await citizen.fill("contact", "0000-0000001")
    await citizen.see("send-case").click()
    code = (await citizen.see("code").inner_text()).strip()
    await citizen.picture("complaint-code")
    await citizen.see("kept").click()
    return code


async def _handles(regulator: Person) -> None:
    """Accepted, assigned, investigated, decided, fed back, filed: by the steps that the screen offers."""
    await expect(regulator.see("own-cases")).to_contain_text("待办 1 件")
    await regulator.picture("regulator-home")
    await regulator.see("own-cases").get_by_role("link", name=NAME).click()
    await regulator.see("open-1").click()
    await _step(regulator, "accept_case", "予以受理。")
    await regulator.see("choose-assign_case").click()
    await regulator.see("officer-me").click()
    await expect(regulator.see("assigned")).to_contain_text("吴悦")
    await regulator.picture("complaint-assign")
    await regulator.does("assign_case", "take-step")
    await _step(regulator, "record_investigation", "已调阅资料并询问。")
    await regulator.see("choose-decide_case").click()
    await expect(regulator.see("take-step")).to_be_disabled()
    await regulator.see("result-rejected").click()
    await regulator.fill("basis", "《招标投标法实施条例》第六十一条")
    await _step(regulator, "decide_case", "驳回投诉。")
    await _step(regulator, "feed_back_case", "已送达。")
    await regulator.picture("complaint-fed-back")
    await _step(regulator, "archive_case", "YS-2026-1")
    await regulator.see("tab-calls").click()
    await regulator.see("log-call").click()
    at = await regulator.page.locator(".el-date-editor input").first.input_value()
    assert at.startswith("2026-11-22 1"), "the hall's time, whatever this computer's zone is"
    await regulator.fill("said", "询问公示期多长。")
    await regulator.fill("call-answer", "三日。")
    await regulator.does("log_hotline_call")
    await expect(regulator.see("call-1")).to_be_visible()
    await regulator.picture("hotline-log")
    await _goes(regulator, f"/tenders/{TENDER}/award")
    await expect(regulator.see("check-limits")).to_be_visible()
    await regulator.see("check-limits").locator("summary").click()
    await regulator.picture("award-findings")


async def _step(person: Person, act: str, text: str) -> None:
    await person.see(f"choose-{act}").click()
    await person.fill("text", text)
    await person.does(act, "take-step")


async def _looks_by_code(citizen: Person, code: str) -> None:
    await citizen.see("tab-code").click()
    await citizen.fill("code-input", code)
    await citizen.see("show").click()
    await expect(citizen.page.get_by_text("驳回投诉。").first).to_be_visible()
    await citizen.picture("complaint-by-code")


async def _objects(browser: Browser, hall: Evaluation, owner: Person) -> None:
    """Clause 5.5.1: an objection in the publicity is signed, and answered by the procuring entity."""
    loser = await _comes(browser, hall, "b3")
    await _goes(loser, f"/tenders/{TENDER}/supervision?tab=file")
    await loser.see("kind").get_by_text("异议").click()
    await loser.see("about").get_by_text("中标候选人").click()
    await loser.fill("facts", "评分与招标文件不一致。")
    await loser.picture("objection-form")
    await loser.does("file_objection", "sign-case")
    await loser.see("open-2").click()
    await loser.see("choose-add_case_files").click()
    await loser.see("files").set_input_files(
        {"name": "评分对照.txt", "mimeType": "text/plain", "buffer": b"1"}
    )
    await loser.does("add_case_files", "take-step")
    await expect(loser.page.get_by_text("补充材料").last).to_be_visible()
    await loser.picture("objection-added")
    await _goes(owner, f"/tenders/{TENDER}/supervision")
    await owner.see("open-2").click()
    await _step(owner, "accept_case", "予以受理。")
    await owner.see("choose-answer_case").click()
    await owner.see("result-rejected").click()
    await owner.fill("basis", "招标文件第三章")
    await _step(owner, "answer_case", "评分与文件一致。")
    await owner.picture("objection-answered")
    assert loser.complaints == []


async def _later(hall: Evaluation, ms: int) -> None:
    """Time passes, and what waits for it in the tender's matters happens."""
    hall.inner.after(ms)
    for room in (await hall.inner.core.procedures.procedure(TENDER)).rooms.values():
        room.wake()


async def _awards(browser: Browser, hall: Evaluation) -> None:
    """The publicity is over: decided, and its notice is there for the winner."""
    owner = await Person.arrives(browser, "ownerlater", hall.port, holder("procuring_entity").identity)
    await owner.log_in()
    await expect(owner.see("certificate-password")).to_be_hidden()
    await _goes(owner, f"/tenders/{TENDER}/award")
    await owner.does("decide_award")
    await expect(owner.see("award-status")).to_have_text("已定标")
    await owner.picture("award-decided")
    winner = await Person.arrives(browser, "winner", hall.port, holder("b1").identity)
    await winner.log_in()
    await expect(winner.see("certificate-password")).to_be_hidden()
    await _goes(winner, f"/tenders/{TENDER}/award")
    await expect(winner.see("paper-award_notice")).to_be_visible()
    await winner.picture("award-winner")
    await owner.fill("contract-number", "HT-2026-1")
    day = owner.page.get_by_placeholder("签订日期")
    await day.fill("2026-11-27")
    await day.press("Enter")
    await owner.does("file_contract")
    await expect(owner.see("award-status")).to_have_text("合同已签订")
    await owner.picture("award-contract")
    assert owner.complaints == winner.complaints == []
