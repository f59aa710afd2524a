"""Every fault that a rehearsal can play is made of what there is: events, roles, twists, clauses."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import pytest

from hall.app import CODECS
from hall.rehearsal.endings import Told
from hall.rehearsal.plots import PLOTS, Plot, unplayed
from hall.rehearsal.rehearse import add_arguments, rehearse
from hall.rehearsal.report import WHY
from hall.rehearsal.twists import TWISTS

ROOT = Path(__file__).resolve().parents[3]
KINDS = {kind for codec in CODECS.values() for kind in codec.kinds}
CLAUSES = set(
    re.findall(r"^\| (\d[\d.]*)", (ROOT / "docs/compliance.md").read_text(encoding="utf-8"), re.MULTILINE)
)

each_plot = pytest.mark.parametrize("plot", PLOTS.values(), ids=list(PLOTS))


def test_all_faults_are_there() -> None:
    assert set(PLOTS) == set(
        "deadline-outage server-kill network-cut storage-damage recorder-loss over-3h late-release takeover "
        "wrong-certificate media-worker-kill media-reserve-kill".split()
    )


@each_plot
def test_a_plot_speaks_of_events_twists_and_clauses_that_exist(plot: Plot) -> None:
    assert set(plot.expects) <= KINDS
    assert not plot.when or plot.when in KINDS
    assert set(WHY) <= KINDS
    assert set(plot.twists.values()) <= set(TWISTS)
    assert plot.clause.split()[0] in CLAUSES
    assert set(plot.without) <= {f"b{n + 1}" for n in range(plot.bidders)}


@each_plot
def test_a_plot_leaves_enough_bidders_for_an_opening(plot: Plot) -> None:
    assert plot.bidders - len(plot.without) >= 3


@each_plot
def test_an_ordinary_opening_is_no_ending_of_any_fault(plot: Plot) -> None:
    assert unplayed(Told([{"kind": "RoomEmptied", "body": {}}], {}), plot)


def asked(*words: str) -> int:
    """The exit code of `hall rehearse` with these words."""
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return rehearse(parser.parse_args(words))


def test_the_list_names_each_fault_with_its_clause(capsys: pytest.CaptureFixture[str]) -> None:
    assert asked("--list-faults") == 0
    for plot, line in zip(PLOTS.values(), capsys.readouterr().out.splitlines(), strict=True):
        name, clause = line.split(maxsplit=1)
        assert name == plot.name
        assert clause.startswith(plot.clause) and clause.endswith(plot.says)


def test_a_fault_that_nobody_knows_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        asked("--fault", "earthquake")
    assert "deadline-outage" in capsys.readouterr().err


def test_without_a_folder_for_the_results_nothing_is_played(capsys: pytest.CaptureFixture[str]) -> None:
    assert asked("--fault", "takeover") == 2
    assert "--out" in capsys.readouterr().err
