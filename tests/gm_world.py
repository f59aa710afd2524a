"""The demo world of the suite GM as tests use it: made once for each process that runs tests."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

from hall.client.national import NationalIdentity, open_pair
from hall.rehearsal.demo_ca import PASSWORD
from hall.rehearsal.demo_gm import GmPki, issue_gm
from tests.demo_world import AT


@cache
def gm_world() -> GmPki:
    """Four bidders with pairs, and one that is revoked."""
    directory = tempfile.mkdtemp(prefix="hall-demo-gm-")
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    return issue_gm(Path(directory), bidders=4, now_ms=AT)


@cache
def pair(one: str) -> NationalIdentity:
    """Give the holder of a pair by its id, such as gm-b1 or gm-revoked."""
    pki = gm_world()
    return open_pair(
        next(x for x in (*pki.bidders, pki.revoked) if x.id == one).file.read_bytes(), PASSWORD
    )
