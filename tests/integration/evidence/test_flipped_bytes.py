"""One byte changed in every file of a bundle in turn: each is found, by `hall verify` and by the third verifier."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hall.evidence.bundle import NotABundle
from hall.evidence.entitlement import Entitlement
from hall.evidence.extract import extract
from hall.evidence.verify import verify
from tests.forger import flipped, with_member
from tests.integration.evidence.conftest import Honest
from tests.integration.evidence.test_entitlements import contents
from tests.interop.third_verifier import faults

pytestmark = pytest.mark.timeout(300)


def accepted(bundle: Path, honest: Honest) -> bool:
    try:
        return verify(bundle, honest.anchors).ok
    except NotABundle:
        return False


def made(honest: Honest, out: Path, entitlement: Entitlement) -> Path:
    if entitlement is Entitlement.REGULATOR:
        return honest.bundle
    holder = "b1" if entitlement is Entitlement.BIDDER else ""
    assert extract(honest.bundle, out, entitlement, holder, lambda one: one == "bidder-b1")
    return out


@pytest.mark.parametrize("entitlement", Entitlement)
def test_a_flipped_byte_in_any_file_is_found(
    honest: Honest, tmp_path: Path, entitlement: Entitlement
) -> None:
    bundle = made(honest, tmp_path / "made.zip", entitlement)
    trust = json.loads(honest.trust.read_text())
    assert accepted(bundle, honest)
    assert faults(bundle, trust) == []
    for number, (name, data) in enumerate(contents(bundle).items()):
        altered = flipped(data, len(data) * (number % 7 + 1) // 8, number % 8)
        path = with_member(bundle, name, altered, tmp_path / "a.zip", head_too=False)
        assert not accepted(path, honest), name
        assert faults(path, trust), name


def test_a_flipped_byte_anywhere_in_the_head_is_found(honest: Honest, tmp_path: Path) -> None:
    bundle = made(honest, tmp_path / "made.zip", Entitlement.PUBLIC)
    trust, head = json.loads(honest.trust.read_text()), contents(bundle)["bundle.json"]
    for position in range(0, len(head), max(1, len(head) // 40)):
        path = with_member(bundle, "bundle.json", flipped(head, position), tmp_path / "a.zip", head_too=False)
        assert not accepted(path, honest), head[position - 20 : position + 20]
        assert faults(path, trust), head[position - 20 : position + 20]
