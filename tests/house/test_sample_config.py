"""deploy/hall.toml is the documentation of the settings: it shows each of them, with its default."""

from __future__ import annotations

import re
import typing
from dataclasses import fields

import pytest

from hall.config import Config, load, parse
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
