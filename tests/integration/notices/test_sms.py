"""The hook for short messages: what the command gets, and what its end means."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from hall.errors import Refused, Unavailable
from hall.notices.sms import SmsChannel
from hall.runtime.sending import Delivered, Letter

LETTER = Letter("【某中心】开标延期：河堤整治", "全文")


def channel(tmp_path: Path, script: str, patience: float = 20.0) -> SmsChannel:
    (tmp_path / "gateway.py").write_text(script, encoding="utf-8")
    return SmsChannel((sys.executable, str(tmp_path / "gateway.py")), patience)


async def test_the_command_gets_number_and_subject_on_its_input_and_neither_as_an_argument(
    tmp_path: Path,
) -> None:
    said = tmp_path / "said"
    script = (
        f"import sys; open({str(said)!r}, 'w').write(sys.stdin.read() + repr(sys.argv[1:])); "
        "print('queued 13800000000')"
    )
    done = await channel(tmp_path, script).send("n1", "13800000000", LETTER)
    line, arguments = said.read_text().split("\n")
    assert json.loads(line) == {"notice": "n1", "text": LETTER.subject, "to": "13800000000"}
    assert arguments == "[]"
    assert done == Delivered("n1", "queued …")


async def test_its_exit_code_says_whether_to_try_again(tmp_path: Path) -> None:
    for code in (65, 67):
        with pytest.raises(Refused, match="phone_refused"):
            await channel(tmp_path, f"raise SystemExit({code})").send("n1", "1", LETTER)
    for code in (1, 75):
        with pytest.raises(Unavailable, match="sms_gateway_away"):
            await channel(tmp_path, f"raise SystemExit({code})").send("n1", "1", LETTER)
    with pytest.raises(Unavailable):
        await SmsChannel((str(tmp_path / "no-such-program"),)).send("n1", "1", LETTER)


async def test_a_command_that_hangs_is_ended_and_tried_again(tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        await channel(tmp_path, "import time; time.sleep(600)", 0.2).send("n1", "1", LETTER)


async def test_the_command_does_not_get_the_halls_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HALL_NOTICES_SMTP_PASSWORD", "geheim")
    script = "import os, sys; raise SystemExit(65 if 'HALL_NOTICES_SMTP_PASSWORD' in os.environ else 0)"
    assert await channel(tmp_path, script).send("n1", "1", LETTER) == Delivered("n1", "")
