"""The page that checks bundles brings its own policy, and the client's page none."""

from __future__ import annotations

from pathlib import Path

import pytest
from aiohttp.test_utils import make_mocked_request

from hall.errors import NotPermitted
from hall.gateway.site import Site

POLICY = "default-src 'none'; script-src 'sha256-abc='"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    (tmp_path / "index.html").write_text("<html></html>")
    (tmp_path / "verify").mkdir()
    meta = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}" />'
    (tmp_path / "verify/index.html").write_text(f"<html>{meta}</html>")
    return Site(tmp_path)


async def test_the_page_that_checks_bundles_is_served_under_its_own_policy(site: Site) -> None:
    response = await site.file(make_mocked_request("GET", "/verify/"))
    assert response.headers["Content-Security-Policy"] == f"{POLICY}; frame-ancestors 'none'"


async def test_the_clients_page_leaves_the_policy_to_the_shield(site: Site) -> None:
    response = await site.file(make_mocked_request("GET", "/login"))
    assert "Content-Security-Policy" not in response.headers


async def test_what_is_no_page_is_not_found(site: Site) -> None:
    with pytest.raises(NotPermitted):
        await site.file(make_mocked_request("GET", "/verify/other.js"))
