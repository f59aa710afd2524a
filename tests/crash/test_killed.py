"""Three whole openings, each in a process of its own that is killed with SIGKILL again and again, and started again.

Every start finds what was acknowledged, stands still for its own absence, passes the reliable test and plays on to the
end; the bundle of the whole verifies offline.
"""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

PROGRAM = Path(__file__).with_name("playing_process.py")
ROOT = Path(__file__).parents[2]

KILLS = (
    (1, 3, 5),  # in the sign-in, and while the bids are checked
    (6, 5, 4),  # around the decrypt command and the releases
    (16, 6, 7),  # around the disclosure, the read-out, the record
)
"""After how many acknowledgements each run is killed; the last run ends by itself."""


def played(directory: Path, kill_after: int | None) -> list[list[Any]]:
    """Let a process play on; give what it told until it was killed or ended."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    told: list[list[Any]] = []
    with (
        (directory / "log").open("ab") as log,
        subprocess.Popen(
            [sys.executable, str(PROGRAM), str(directory)],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env=environment,
            start_new_session=True,
        ) as process,
    ):
        assert process.stdout is not None
        for line in process.stdout:
            if line.endswith("\n"):
                told.append(json.loads(line))
            if len(told) == kill_after:
                os.killpg(process.pid, signal.SIGKILL)
    if kill_after is None:
        assert process.returncode == 0, (directory / "log").read_text()[-4000:]
    else:
        assert process.returncode == -signal.SIGKILL, (directory / "log").read_text()[-4000:]
    return told


def journal(directory: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{directory / 'data' / 'journal.db'}?mode=ro", uri=True)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("kills", KILLS, ids=str)
def test_an_opening_whose_process_is_killed_thrice_goes_on_to_its_end(
    kills: tuple[int, ...], tmp_path: Path
) -> None:
    told = [said for kill in kills for said in played(tmp_path, kill)]
    *rest, (end, bundle) = played(tmp_path, None)
    assert end == "end"
    with journal(tmp_path) as found:
        kinds = dict(found.execute("SELECT seq, kind FROM rows WHERE stream = 'opening/O1'"))
        # Acknowledged ⇒ present, each command once.
        for stream, actor, nonce, happened in [*told, *rest]:
            spans = found.execute(
                "SELECT first_seq, last_seq FROM answers WHERE stream = ? AND actor = ? AND nonce = ?",
                (stream, actor, nonce),
            ).fetchall()
            assert [[kinds[seq] for seq in range(first, last + 1)] for first, last in spans] == [happened]
        bodies = [
            (kind, json.loads(body))
            for kind, body in found.execute(
                "SELECT kind, body FROM rows WHERE stream = 'opening/O1' ORDER BY seq"
            )
        ]
    found.close()
    each = Counter((kind, body.get("bidder")) for kind, body in bodies if kind in ONCE)
    assert set(each.values()) == {1}, each
    # The hall's own absence: one entry for each restart, and a standstill wherever people were waiting.
    absences = [
        body for kind, body in bodies if kind == "IncidentRecorded" and body["kind"] == "server_restart"
    ]
    assert len(absences) == len(kills)
    assert {body["clause"] for body in absences} == {"a"}
    stopped = [body for kind, body in bodies if kind == "Suspended"]
    assert all(body["act"] is None for body in stopped)
    assert Counter(kind for kind, _ in bodies)["Resumed"] == len(stopped)
    assert not [body for kind, body in bodies if kind == "PresenceChanged"]
    # Nobody lost time: from the command to the close, the window ran its 60 minutes and not a minute less.
    assert ran(bodies) >= 60 * 60_000 - len(kills)
    done = subprocess.run(
        [sys.executable, "-m", "hall", "verify", bundle],
        check=False,
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


ONCE = ("BidderSignedIn", "ReleaseReceived", "BidOpened", "PriceAnswered", "WindowClosed", "PricesDisclosed")


def ran(bodies: list[tuple[str, dict[str, Any]]]) -> int:
    """How long the decryption window was open and running, ms."""
    opened, closed, since, stood = 0, 0, 0, 0
    for kind, body in bodies:
        if kind == "DecryptionCommanded":
            opened = body["opened_at"]
        elif kind == "Suspended" and opened and not closed:
            since = body["since"]
        elif kind == "Resumed" and since:
            stood, since = stood + body["at"] - since, 0
        elif kind == "WindowClosed":
            closed = body["at"]
    return closed - opened - stood
