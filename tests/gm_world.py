"""The demo world of the suite GM as tests use it: made once for each process that runs tests."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from dataclasses import replace
from functools import cache
from pathlib import Path

from hall.client.national import NationalIdentity, open_pair
from hall.rehearsal.demo_ca import PASSWORD
from hall.rehearsal.demo_gm import GmPki, issue_gm
from tests.demo_world import AT, Holder, holder


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
    return open_pair(next(x for x in (*pki.bidders, pki.revoked) if x.id == one).file.read_bytes(), PASSWORD)


@cache
def gm_holder(one: str) -> Holder:
    """Give the bidder of this id, such as b1, with a pair in the place of its certificate."""
    who = next(x for x in gm_world().bidders if x.id == f"gm-{one}")
    identity = replace(holder(one).identity, sha256=who.sha256, certificate=who.certificate)
    both = pair(who.id)
    return Holder(identity, both.certificate, both.key, both.recipient, both.opening_key)
