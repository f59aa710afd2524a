"""Bundles of an opening whose keys were with supervisor and notary: what the verifier accepts, and each lie about it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from hall.evidence.verify import verify
from tests.forger import Forger
from tests.integration.evidence.conftest import Honest
from tests.integration.evidence.test_forged_bundles import Judged, failed, only

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def told(played: Callable[[str], Honest]) -> Honest:
    return played("custodians")


@pytest.fixture
def forger(told: Honest) -> Forger:
    return told.forger()


@pytest.fixture
def judged(told: Honest, tmp_path: Path) -> Judged:
    def judge(forger: Forger, *, record: bool = True, people_sign: bool = True) -> dict[str, str]:
        path = forger.write(tmp_path / "forged.zip", record=record, people_sign=people_sign)
        return failed(verify(path, told.anchors))

    return judge


def test_clause_4_11_an_opening_with_custodians_is_accepted(told: Honest) -> None:
    result = verify(told.bundle, told.anchors)
    assert failed(result) == {}
    assert any(verdict.clause == "4.11" for verdict in result.verdicts)
