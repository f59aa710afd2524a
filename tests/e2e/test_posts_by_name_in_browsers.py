"""The project owner fills a post anew by a person's name, and states twice that a signature is missing (clauses 5.3.1,
5.5.3)."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.demo_world import holder
from tests.e2e.own_doors import doors, enter
from tests.e2e.people import Person
from tests.e2e.test_the_record_in_browsers import THREE, reads, until_record
from tests.own_hall import own_hall, until_disclosed, until_sealing


@pytest.mark.long
@pytest.mark.timeout(400)
async def test_clause_5_3_1_a_substitute_is_chosen_by_name_and_two_missing_signatures_are_stated(
    browser: Browser, tmp_path: Path
) -> None:
    async with own_hall(tmp_path) as hall, doors(hall) as port:
        await until_sealing(hall, THREE)
        owner = await enter(browser, port, "procuring_entity")
        await owner.see("tool-appoint_substitute").click()
        form = owner.see("form-appoint_substitute")
        await expect(form.get_by_test_id("act-appoint_substitute")).to_be_disabled()
        await owner.picture("substitute-empty")
        await form.get_by_test_id("field-role").click()
        await owner.page.get_by_role("option", name="监督人").click()
        substitute = holder("substitute_clerk").identity
        await form.get_by_test_id("field-certificate").click()
        await owner.picture("substitute-names")
        await owner.page.get_by_test_id("person-substitute-clerk").click()
        await form.locator("[data-testid=field-name]").first.fill(substitute.name)
        await form.locator("[data-testid=field-unit]").first.fill("演示市招标代理有限公司")
        await form.locator("[data-testid=field-reason]").first.fill("监督人突发疾病，由何洁接任。")
        await owner.picture("substitute-filled")
        await owner.does("appoint_substitute")
        await hall.until("SubstituteAppointed")
        await owner.picture("substitute-appointed")
        (told,) = [e for _, _, e in hall.room.entries if type(e).__name__ == "SubstituteAppointed"]
        assert (told.post.name, told.post.certificate) == (substitute.name, substitute.sha256)

        hall.stands_in["substitute_clerk"] = "supervisor"
        await until_disclosed(hall, THREE)
        await until_record(hall)
        await reads(owner)
        await owner.see("confirm-record").click()
        await expect(owner.see("signed-procuring_entity")).to_have_attribute("data-signed", "true")
        await _missing(owner, "scrutineer", "监标人", "电话无人接听，未签字。")
        await owner.picture("unsigned-first")
        await _missing(owner, "clerk", "记录人", "电话无人接听，也未到场。")
        await hall.until("RecordCompleted")
        await expect(owner.see("record-completed")).to_contain_text("未签署的情况和理由已载入记录")
        await expect(owner.see("way-note_unsigned")).to_be_hidden()
        await owner.picture("unsigned-both")
        assert hall.kinds().count("SignatureMissing") == 2
        assert owner.complaints == []


async def _missing(owner: Person, role: str, name: str, reason: str) -> None:
    """A call, its outcome in the log, and the statement that the signature is missing."""
    await owner.see("record").get_by_test_id(f"call-{role}").click()
    call = owner.page.get_by_role("dialog").get_by_test_id("form-log_call")
    await call.get_by_test_id("field-outcome").click()
    await owner.page.get_by_role("option", name="无人接听").click()
    await call.get_by_test_id("act-log_call").click()
    await owner.see("confirm").click()
    await expect(call).to_be_hidden()
    way = owner.see("way-note_unsigned")
    if await way.get_attribute("open") is None:
        await way.locator("summary").click()
    await way.get_by_test_id("field-role").click()
    await owner.page.get_by_role("option", name=name).click()
    await way.locator("textarea").fill(reason)
    await owner.does("note_unsigned")
    await expect(owner.see(f"unsigned-{role}")).to_contain_text(reason)
