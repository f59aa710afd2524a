"""What several kinds of integration tests look at: one whole rehearsal, played once for all of them."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

REHEARSED_BIDDERS = 3


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What `hall rehearse` left behind. `folder`: its --out; `terminal`: both of its streams."""

    folder: Path
    code: int
    terminal: str

    @property
    def bundle(self) -> Path:
        return self.folder / "bundle.zip"

    @property
    def trust(self) -> Path:
        return self.folder / "trust.json"


@pytest.fixture(scope="session")
def rehearsed(tmp_path_factory: pytest.TempPathFactory) -> Rehearsed:
    """Play an opening by robots; takes up to a minute and a half, so whoever asks for it needs a longer timeout."""
    folder = tmp_path_factory.mktemp("rehearsal") / "out"
    command = [sys.executable, "-m", "hall", "rehearse"]
    done = subprocess.run(
        [*command, "--bidders", str(REHEARSED_BIDDERS), "--out", str(folder)],
        check=False,
        capture_output=True,
        text=True,
        timeout=240,
    )
    return Rehearsed(folder, done.returncode, done.stdout + done.stderr)
