"""Whom a project owner may appoint to a post, over HTTP: people by name, for that very post's holder alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from hall.errors import NotPermitted
from tests.demo_world import holder
from tests.integration.gateway.conftest import laid_out, opened


async def test_clause_5_3_1_a_substitute_is_chosen_by_name_from_the_staff_that_may_log_in(
    tmp_path: Path,
) -> None:
    laid_out(tmp_path)
    path = "/api/openings/O1/appointable"
    async with opened(tmp_path) as doors:
        async with doors.client("procuring_entity") as owner:
            await owner.login()
            people = (await owner.get(path))["people"]
            known = {one["certificate"]: (one["party"], one["name"]) for one in people}
            clerk = holder("clerk")
            assert known[clerk.certificate.sha256] == ("clerk", clerk.identity.organisation)
            assert holder("b1").certificate.sha256 not in known, "a bidder holds no post"
            assert [one["name"] for one in people] == sorted(one["name"] for one in people)
        for who in ("host", "b1"):
            async with doors.client(who) as other:
                await other.login()
                with pytest.raises(NotPermitted, match="not_permitted"):
                    await other.get(path)
