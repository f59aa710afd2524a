"""The hall seals and opens something of its own, and notices when it can't."""

from __future__ import annotations

from pathlib import Path

import pytest

from hall.errors import Unavailable
from hall.signing import loopback
from tests.demo_world import AT


def test_a_throw_away_bid_is_sealed_and_opened(tmp_path: Path) -> None:
    loopback.seal_and_open(tmp_path, AT)
    assert (tmp_path / "opened").read_bytes() == (tmp_path / "plain").read_bytes()


def test_a_machine_that_opens_something_else_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def other(sealed: Path, key: bytes, sha256: str, out: Path) -> object:
        found = open_bid(sealed, key, sha256, out)
        out.write_bytes(b"something else")
        return found

    open_bid = loopback.open_bid
    monkeypatch.setattr(loopback, "open_bid", other)
    with pytest.raises(Unavailable, match="loop_back_differs"):
        loopback.seal_and_open(tmp_path, AT)
