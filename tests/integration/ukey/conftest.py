"""Two tokens, one with an RSA key and one with a P-256 key."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hall.client.token import TokenKeys, Tokens
from hall.signing import suite
from tests import softhsm
from tests.softhsm import LIBRARY, PIN, SoftToken


@pytest.fixture(scope="session")
def tokens(tmp_path_factory: pytest.TempPathFactory) -> dict[str, SoftToken]:
    return softhsm.make(
        tmp_path_factory.mktemp("softhsm"),
        {
            "rsa": softhsm.person("甲建设 rsa", suite.KeyKind.RSA),
            "p256": softhsm.person("甲建设 p256", suite.KeyKind.P256),
        },
    )


@pytest.fixture(params=["rsa", "p256"])
def token(request: pytest.FixtureRequest, tokens: dict[str, SoftToken]) -> SoftToken:
    return tokens[request.param]


@pytest.fixture
def library(tokens: dict[str, SoftToken]) -> Tokens:
    return Tokens(LIBRARY)


@pytest.fixture
def keys(token: SoftToken, library: Tokens) -> Iterator[TokenKeys]:
    opened = library.open(token.certificate.sha256, PIN)
    yield opened
    opened.close()
