"""deploy/hall.toml is the documentation of the settings: it shows each of them, with its default."""

from __future__ import annotations

import re
import shutil
import tomllib
import typing
from dataclasses import asdict, fields
from pathlib import Path

import pytest

from hall.adapters.plan_file import RulesEntry, load_plan
from hall.config import Config, load, parse
from hall.session.decide import check_plan
from tests.demo_world import holder, issued
from tests.house.repository import ROOT, read

SAMPLE = ROOT / "deploy/hall.toml"
SECTIONS = typing.get_type_hints(Config)


@pytest.mark.parametrize("section", SECTIONS)
def test_the_sample_shows_every_setting_of_the_section_and_no_other(section: str) -> None:
    text = re.search(rf"(?ms)^\[{section}\]\n(.*?)(?=^\[|\Z)", read("deploy/hall.toml"))
    assert text, f"no section [{section}]"
    shown = re.findall(r"(?m)^(?:# )?([a-z_]+) = ", text[1])
    assert shown == [setting.name for setting in fields(SECTIONS[section])]


def test_what_the_sample_sets_is_the_default() -> None:
    sample = load(SAMPLE, {})
    needed = {"name": sample.hall.name, "origin": sample.hall.origin}
    assert sample == parse({"hall": needed}, SAMPLE.parent, {})


def test_the_sample_plan_can_be_imported_as_it_is(tmp_path: Path) -> None:
    plan = tmp_path / "plan.toml"
    shutil.copy(ROOT / "deploy/plan.toml", plan)
    (tmp_path / "certificates").mkdir()
    for name in re.findall(r'"(certificates/[a-z-]+\.pem)"', plan.read_text(encoding="utf-8")):
        shutil.copy(holder("b1").identity.certificate_pem, tmp_path / name)
    for one in tomllib.loads(plan.read_text(encoding="utf-8"))["party"]:
        if one["kind"] == "bidder":  # whose certificate is its own (clause 3.3)
            made = issued(one["id"], one["name"], one["name"], one["code"])
            shutil.copy(made.certificate_pem, tmp_path / one["certificate"])
    planned = load_plan(plan, load(SAMPLE, {}), "ab" * 32)
    assert len(planned.parties) == 7
    for tender in planned.tenders:
        check_plan(tender.opening)


def test_the_sample_plan_shows_every_rule_with_its_default() -> None:
    (tender,) = tomllib.loads(read("deploy/plan.toml"))["tender"]
    assert tender["rules"] == asdict(RulesEntry())
