"""Revocation lists on disk: a source that can't be read refuses nobody, and is asked again (clause 4.9)."""

from __future__ import annotations

from pathlib import Path

from hall.adapters.trust import Trust
from hall.config import SigningSection
from tests.demo_world import AT, holder, world

MINUTE = 60_000


def settings(lists: tuple[Path, ...]) -> SigningSection:
    pki = world()
    return SigningSection(ca_roots=(pki.root,), ca_intermediates=(pki.issuing,), crls=lists)


async def test_clause_4_9_a_list_that_is_missing_or_half_written_refuses_nobody(tmp_path: Path) -> None:
    lists = tuple(tmp_path / path.name for path in world().crls)
    trust = Trust(settings(lists))  # a hall starts without them, too
    good, revoked = holder("b1").certificate.der, holder("revoked").certificate.der
    status = await trust.status(good, AT)
    assert (status.code, status.revocation) == ("", "revocation_unknown")
    assert "演示" in status.source
    assert (await trust.status(revoked, AT)).code == ""

    for at, path in zip(lists, world().crls, strict=True):
        at.write_bytes(path.read_bytes())
    assert (await trust.status(good, AT + 11 * MINUTE)).revocation == "good"
    assert (await trust.status(revoked, AT + 11 * MINUTE)).code == "certificate_revoked"

    for at in lists:
        at.write_bytes(at.read_bytes()[:40])  # half-written: what was read before holds on
    assert (await trust.status(good, AT + 22 * MINUTE)).revocation == "good"
    assert (await trust.status(revoked, AT + 22 * MINUTE)).code == "certificate_revoked"
