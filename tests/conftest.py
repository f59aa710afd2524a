"""What holds for every test: nothing is left out. A skip or an expected failure is a failure.

Whoever lacks a tool that a test needs gets it by `make setup`, which names what is missing.
"""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, settings

# A busy machine makes nothing wrong: no example has a time limit, and speed is measured in bench/ alone.
settings.register_profile("hall", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("hall")


TESTS: Final = Path(__file__).parent
TOGETHER: Final = (
    "e2e",
    "integration/media",
    "integration/rehearsal",
    "integration/recording",
    "integration/evidence",
)
"""Folders whose tests run in one worker, one after the other: browsers and cameras share a machine badly, and what was
played once for a folder serves all of it. Elsewhere a file's tests stay together."""


def _room(path: Path) -> str:
    within = path.relative_to(TESTS).as_posix()
    if within.startswith(TOGETHER[:2]):
        return "pictures"
    return next((folder for folder in TOGETHER if within.startswith(folder)), within)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """For `pytest -n 2 --dist loadgroup`: who stays together, and the longest first."""
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_room(item.path)))
    if any(item.config.getoption("dist", "no") != "no" for item in items[:1]):
        items.sort(key=lambda item: _room(item.path) != "pictures")


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
