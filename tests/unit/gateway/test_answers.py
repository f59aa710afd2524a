"""Errors become a status, a stable code and plain facts; nothing else leaves the house."""

from __future__ import annotations

import json
import logging

import pytest
from aiohttp import web

from hall import wire
from hall.errors import HallError, JournalCorrupt, Malformed, NotPermitted, Refused, Unavailable
from hall.gateway.answers import answer, failure, known, status_of


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Malformed("malformed_json"), 400),
        (Malformed("body_too_large"), 413),
        (NotPermitted("login_needed"), 401),
        (NotPermitted("not_appointed"), 403),
        (NotPermitted("no_such_opening"), 404),
        (Refused("deadline_passed"), 409),
        (Unavailable("journal_failed"), 503),
        (JournalCorrupt("row_missing"), 503),
        (HallError("internal"), 500),
    ],
)
def test_each_kind_of_error_has_its_status(error: HallError, status: int) -> None:
    assert status_of(error) == status


def test_facts_that_are_no_plain_values_stay_inside() -> None:
    error = Refused("deadline_passed", at=5, path=object())
    assert failure(error) == {"error": {"code": "deadline_passed", "facts": {"at": 5}}}


def test_what_nobody_foresaw_is_logged_and_not_told(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, "hall.gateway"):
        told = failure(known(ValueError("the content key is 42")))
    assert told == {"error": {"code": "internal", "facts": {}}}
    assert caplog.records[0].exc_info


@pytest.mark.parametrize(
    ("error", "code"),
    [(web.HTTPNotFound(), "no_such_route"), (web.HTTPMethodNotAllowed("PUT", ["GET"]), "method_not_allowed")],
)
def test_errors_of_the_web_library_speak_our_codes(error: web.HTTPException, code: str) -> None:
    assert known(error).code == code


def test_what_travels_is_json_of_the_wire() -> None:
    text = answer([wire.Manifest("ab", "1234")]).text
    assert text is not None and json.loads(text) == [{"digest": "ab", "code": "1234"}]
