"""The documents say what the code does."""

from __future__ import annotations

import re

from docs import printed
from tests.house.repository import ROOT, files, name, read, text_of

LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)")


def documents() -> dict[str, str]:
    return {name(path): text_of(path) for path in files(".md")}


def test_printed_parts_are_fresh() -> None:
    stale = [
        path
        for path, text in documents().items()
        if path.startswith("docs/") and printed.printed(text) != text
    ]
    assert stale == [], "run `make docs`"


def test_the_stages_are_printed_from_the_tables() -> None:
    parts = {found[1] for found in printed.PART.findall(read("docs/architecture.md"))}
    assert {"stages", "lot-stages", "rights"} <= parts


def test_every_link_between_documents_leads_somewhere() -> None:
    dead = [
        (path, target)
        for path, text in documents().items()
        for target in LINK.findall(text)
        if not (ROOT / path).parent.joinpath(target).exists()
    ]
    assert dead == []


def test_the_readme_shows_the_two_commands() -> None:
    readme = read("README.md")
    assert "make demo" in readme and "make test" in readme


def test_every_command_of_the_readme_exists() -> None:
    makefile = read("Makefile")
    named = set(re.findall(r"\bmake ([a-z-]+)", read("README.md")))
    assert [target for target in named if not re.search(rf"(?m)^{target}:", makefile)] == []


def test_the_changelog_has_a_place_for_what_is_not_released() -> None:
    assert "\n## Unreleased\n" in read("CHANGELOG.md")


def test_decisions_are_numbered_without_gaps() -> None:
    numbers = [path.name[:4] for path in sorted((ROOT / "docs/adr").glob("*.md"))]
    assert numbers == [f"{n:04d}" for n in range(1, len(numbers) + 1)]
