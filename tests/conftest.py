"""What holds for every test: nothing is left out. A skip or an expected failure is a failure.

Whoever lacks a tool that a test needs gets it by `make setup`, which names what is missing.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Final

import pytest
from hypothesis import HealthCheck, settings
from xdist.remote import Producer
from xdist.scheduler.loadscope import LoadScopeScheduling

# A busy machine makes nothing wrong: no example has a time limit, and speed is measured in bench/ alone.
settings.register_profile("hall", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("hall")

TOGETHER: Final = (
    "tests/e2e",
    "tests/integration/media",
    "tests/integration/rehearsal",
    "tests/integration/recording",
    "tests/integration/evidence",
)
"""Folders whose tests run in one worker, one after the other: browsers and cameras share a machine badly, and what was
played once for a folder serves all of it. Elsewhere a file's tests stay together."""


def _room(nodeid: str) -> str:
    if nodeid.startswith(TOGETHER[:2]):
        return "pictures"
    file = nodeid.partition("::")[0]
    return next((folder for folder in TOGETHER if file.startswith(folder)), file)


class Rooms(LoadScopeScheduling):
    """Who stays together in one of several workers."""

    def _split_scope(self, nodeid: str) -> str:
        return _room(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Rooms:
    return Rooms(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where there are several workers the longest come first. The tests of crashes, which mostly wait for disks, run
    beside them: rehearsals would not, whose robots are on camera, too."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: _room(item.nodeid) != "pictures")


def _refuse_to_leave_out(report: pytest.TestReport | pytest.CollectReport) -> None:
    if report.skipped:
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid} was left out, and no test may be: {report.longrepr}"
        vars(report).pop("wasxfail", None)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _refuse_to_leave_out(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _refuse_to_leave_out(report)
    return report
