"""A complaint's bundle is made however often that takes, whatever went wrong before."""

from __future__ import annotations

import logging
from types import SimpleNamespace
from typing import Any, cast

import pytest

from hall.errors import Unavailable
from hall.runtime.case_bundles import BundleMaker, CaseBundles, MadeBundle
from hall.runtime.matter import Procedure
from hall.supervision.commands import NoteBundle


class Failing:
    """Makes a bundle once all of its faults are used up."""

    def __init__(self, *faults: Exception) -> None:
        self.faults = list(faults)

    async def for_case(self, opening: str, case: int) -> MadeBundle:
        if self.faults:
            raise self.faults.pop(0)
        return MadeBundle(f"{opening}-{case}", 7, 3)


class Taking:
    """What a bundle's maker needs of a tender."""

    tender = "T1"

    def __init__(self) -> None:
        self.noted: list[Any] = []

    def states(self) -> Any:
        return SimpleNamespace(opening=SimpleNamespace(scheduled=SimpleNamespace(opening="O1")))

    async def submit(self, _matter: str, command: Any) -> None:
        self.noted.append(command)


async def test_clause_6_3_any_fault_is_told_and_the_bundle_is_tried_again_without_a_restart(
    caplog: pytest.LogCaptureFixture,
) -> None:
    faults = (ValueError("not said"), OSError("disk"), Unavailable("blob_missing"), KeyError("seven"))
    procedure, bundles = Taking(), CaseBundles(cast(BundleMaker, Failing(*faults)), again=0)
    with caplog.at_level(logging.ERROR, "hall.cases"):
        await bundles._make(cast(Procedure, procedure), 1)
    assert procedure.noted == [NoteBundle(1, "O1-1", 7, 3)]
    assert [record.levelname for record in caplog.records] == ["ERROR"] * len(faults)
    assert [record.exc_info is not None for record in caplog.records] == [True, False, False, True]
