"""One byte of a true bundle changed, inside a member and zipped again: refused, and what broke is named."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from hall.evidence.bundle import Bundle, read_anchors
from hall.evidence.verdicts import Status
from hall.evidence.verify import verify
from hall.procurement import canonical
from tests.forger import flipped, with_member
from tests.integration.conftest import Rehearsed
from tests.integration.evidence.conftest import Honest

pytestmark = pytest.mark.timeout(300)

SAMPLES = 4
"""Positions tried in each member, from its first byte to its last."""

MEMBERS = {
    "journal.jsonl": {"integrity"},
    "checkpoints.jsonl": {"integrity"},
    "sealed/1/b1.bid": {"5.2.2"},
    "record/record.pdf": {"5.5.3"},
    "record/record.json": {"5.5.2"},
    "recordings/host/001.mp4": {"6.1"},
    "recordings/host/001.index.jsonl": {"6.1"},
    "recordings/bidder-b2/001.index.jsonl": {"6.1"},
}
"""A member, and the verdicts that must fall whatever the head says of it."""


def positions(size: int) -> list[int]:
    """Some places in a member, the same each time: both ends and evenly odd ones between."""
    return sorted({0, size - 1, *((size - 1) * n * 7919 % size for n in range(1, SAMPLES - 1))})


def failed(path: Path, honest: Honest) -> dict[str, str]:
    result = verify(path, honest.anchors)
    return {v.clause: "; ".join(v.faults) for v in result.verdicts if v.status is Status.FAILED}


@pytest.mark.parametrize("member", MEMBERS)
def test_any_byte_changed_is_found(honest: Honest, tmp_path: Path, member: str) -> None:
    with zipfile.ZipFile(honest.bundle) as bundle:
        data = bundle.read(member)
    for bit, position in enumerate(positions(len(data))):
        altered = flipped(data, position, bit % 8)
        path = with_member(honest.bundle, member, altered, tmp_path / "a.zip", head_too=False)
        assert Bundle(path).damaged() == [member], position
        found = failed(with_member(honest.bundle, member, altered, tmp_path / "b.zip", head_too=True), honest)
        assert found.keys() & MEMBERS[member], (position, found)


@pytest.mark.parametrize("member", sorted(MEMBERS))
def test_a_member_cut_short_emptied_or_grown_is_found(honest: Honest, tmp_path: Path, member: str) -> None:
    with zipfile.ZipFile(honest.bundle) as bundle:
        data = bundle.read(member)
    for altered in (data[:-1], data + b"\n"):
        path = with_member(honest.bundle, member, altered, tmp_path / "a.zip", head_too=True)
        assert failed(path, honest).keys() & MEMBERS[member]


def test_every_other_member_is_bound_too(honest: Honest, tmp_path: Path) -> None:
    """Certificates, revocation lists and what was left out above: the head's own digests hold them."""
    with zipfile.ZipFile(honest.bundle) as bundle:
        names = [name for name in bundle.namelist() if name not in MEMBERS and name != "bundle.json"]
        members = {name: bundle.read(name) for name in names}
    for name, data in members.items():
        altered = flipped(data, len(data) // 2)
        path = with_member(honest.bundle, name, altered, tmp_path / "a.zip", head_too=False)
        assert Bundle(path).damaged() == [name]


def test_members_added_or_missing_are_named(honest: Honest, tmp_path: Path) -> None:
    path = with_member(honest.bundle, "record/another.pdf", b"%PDF", tmp_path / "more.zip", head_too=False)
    assert "record/another.pdf: its bytes are not" in failed(path, honest)["integrity"]
    with zipfile.ZipFile(honest.bundle) as old:
        members = {name: old.read(name) for name in old.namelist()}
    for missing in MEMBERS:
        with zipfile.ZipFile(tmp_path / "less.zip", "w") as new:
            for name, data in members.items():
                if name != missing:
                    new.writestr(name, data)
        assert Bundle(tmp_path / "less.zip").damaged() == [missing]


def test_a_rehearsals_bundle_is_accepted_and_its_alterations_are_not(
    rehearsed: Rehearsed, tmp_path: Path
) -> None:
    assert rehearsed.code == 0, rehearsed.terminal
    found = canonical.loads(rehearsed.trust.read_bytes())
    assert isinstance(found, dict)
    anchors = read_anchors(found)
    assert verify(rehearsed.bundle, anchors).ok
    for member, clauses in MEMBERS.items():
        with zipfile.ZipFile(rehearsed.bundle) as bundle:
            data = bundle.read(member)
        altered = flipped(data, len(data) * 2 // 3)
        path = with_member(rehearsed.bundle, member, altered, tmp_path / "a.zip", head_too=True)
        result = verify(path, anchors)
        assert {v.clause for v in result.verdicts if v.status is Status.FAILED} & clauses, member
