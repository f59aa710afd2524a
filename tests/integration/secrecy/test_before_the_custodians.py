"""Under custody by the supervisor the hall can open no released bid before the custodian acts (clauses 4.11, 5.3.4)."""

from __future__ import annotations

from pathlib import Path

import pytest

from hall.client.custody import open_all, pin
from hall.client.release import release
from hall.rehearsal.stage import LOT
from tests.integration.secrecy.search import in_files, in_memory
from tests.integration.secrecy.test_before_the_release import PRICES, commanded
from tests.integration.secrecy.visitors import house

pytestmark = pytest.mark.timeout(300)
NAMES = tuple(PRICES)[:3]


async def test_clause_4_11_after_the_releases_and_before_the_custodian_acts_nothing_that_opens_a_bid_is_with_the_hall(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    work = tmp_path_factory.mktemp("bidders")
    clips = tmp_path_factory.mktemp("clips")
    async with house(tmp_path / "hall", clips, bidders=3, custody="custodians") as place:
        secrets = await commanded(place, work, NAMES)
        server = place.stage._server
        assert server is not None
        host = place.visitors["host"]
        for name in NAMES:
            one = place.visitors[name]
            await one.until(lambda one=one: f"release:{LOT}" in one.view.may)  # type: ignore[misc]  # bound now
            pinned = await pin(one.hall, one.card)
            assert pinned.rule == "custodians"
            await release(one.hall, one.live, LOT, one.pinned, custody=pinned)
        for name in NAMES:
            one = place.visitors[name]
            await one.until(lambda one=one: f"answer_results:{LOT}" in one.view.may)  # type: ignore[misc]  # bound now
            await one.act("answer_results", LOT, answer="intact", summary="")
        await host.until(lambda: f"declare_results:{LOT}" in host.view.may)
        await host.act("declare_results", LOT)
        supervisor = await place.enter("supervisor")
        await supervisor.until(lambda: f"open_entrusted:{LOT}" in supervisor.view.may)
        waiting = host.view.waiting
        assert waiting is not None and (waiting.role, waiting.act) == ("supervisor", "open_entrusted")

        # Everything is there that the bidders sent: tags and envelopes; and nothing that opens a bid.
        assert in_files(tmp_path / "hall" / "data", {"rule": b'"custody":"custodians"'})
        assert in_files(tmp_path / "hall", secrets.all) == []
        assert in_memory(server.pid, secrets.all) == []

        await open_all(supervisor.hall, supervisor.live, LOT, supervisor.pinned)
        await host.until(lambda: len(host.view.lots[0].prices) == len(NAMES))
        assert {p.bidder: p.price for p in host.view.lots[0].prices} == {name: PRICES[name] for name in NAMES}
