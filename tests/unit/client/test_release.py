"""A bidder's client releases nothing before every check holds, whatever the hall tells it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from hall.client.keys import Identity
from hall.client.release import Request, Situation, open_for_release, situation_of
from hall.errors import Malformed, Refused
from hall.signing import cms, sealed_bid, suite
from tests.unit.client import openings as o
from tests.unit.client.people import BORN, someone


@dataclass(frozen=True)
class Sealed:
    """One sealed bid with its header and receipt."""

    header: sealed_bid.SealedHeader
    receipt: sealed_bid.SealReceipt


def seal(folder: Path, owner: Identity, **ids: str) -> Sealed:
    plain, out = folder / "plain", folder / "sealed"
    plain.write_bytes(b"a bid")
    named = {"tender": o.TENDER, "lot": o.LOT, "bidder": o.BIDDER, "name": "bid"} | ids
    receipt = sealed_bid.seal(plain, out, certificate=owner.certificate, **named)
    with out.open("rb") as file:
        return Sealed(sealed_bid.read_header(file), receipt)


@pytest.fixture(scope="module")
def bidder() -> Identity:
    return someone("bidder")


@pytest.fixture(scope="module")
def host() -> Identity:
    return someone("host")


@pytest.fixture(scope="module")
def own(bidder: Identity, tmp_path_factory: pytest.TempPathFactory) -> Sealed:
    return seal(tmp_path_factory.mktemp("own"), bidder)


@pytest.fixture
def request_(own: Sealed, bidder: Identity, host: Identity) -> Request:
    said = o.statement(bidder, own.header, own.receipt)
    return Request(own.header.raw, said, o.command(host), host.certificate.der)


@pytest.fixture
def situation(bidder: Identity, host: Identity) -> Situation:
    view = o.view(bidder, host, o.command(host))
    return situation_of(view, view.lots[0], o.COMMANDED + 1_000)


@pytest.fixture
def unwrapped(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Lists the envelopes that were opened: the private key may not even be used before all checks hold."""
    calls: list[object] = []
    real = cms.Envelope.open

    def noting(envelope: cms.Envelope, key: suite.PrivateKey) -> bytes:
        calls.append(envelope)
        return real(envelope, key)

    monkeypatch.setattr(cms.Envelope, "open", noting)
    return calls


def test_an_honest_request_gives_the_content_key(
    request_: Request, situation: Situation, bidder: Identity, own: Sealed
) -> None:
    key = open_for_release(request_, situation, bidder)
    sealed_bid.check_commit(own.header, key)


def refused(request: Request, situation: Situation, identity: Identity) -> Refused:
    with pytest.raises(Refused) as caught:
        open_for_release(request, situation, identity)
    return caught.value


def test_a_command_signed_by_anybody_but_the_pinned_host_is_refused(
    request_: Request, situation: Situation, bidder: Identity, unwrapped: list[object]
) -> None:
    false = replace(request_, command=o.command(someone("someone else")))
    assert refused(false, situation, bidder).facts == {"reason": "signature"}
    assert unwrapped == []


def test_a_command_whose_body_was_changed_after_signing_is_refused(
    request_: Request, situation: Situation, bidder: Identity, unwrapped: list[object]
) -> None:
    changed = replace(request_.command, body='{"minutes":61}', body_digest="")
    assert refused(replace(request_, command=changed), situation, bidder).code == "command_invalid"
    assert unwrapped == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("origin", "other.example"),
        ("tender", "T-2"),
        ("lot", "2"),
        ("opening", "T-2-opening"),
        ("deadline", o.DEADLINE + 1),
        ("manifest", "ef" * 32),
        ("epoch", 1),
    ],
)
def test_a_command_for_something_else_is_refused(
    request_: Request,
    situation: Situation,
    bidder: Identity,
    host: Identity,
    unwrapped: list[object],
    field: str,
    value: object,
) -> None:
    other = replace(request_, command=o.command(host, **{field: value}))
    refusal = refused(other, situation, bidder)
    assert (refusal.code, refusal.facts) == ("command_invalid", {"reason": field})
    assert unwrapped == []


def test_another_act_of_the_host_is_no_decrypt_command(
    request_: Request, situation: Situation, bidder: Identity, host: Identity, unwrapped: list[object]
) -> None:
    other = replace(request_, command=o.command(host, kind="declare_sealing"))
    assert refused(other, situation, bidder).facts == {"reason": "type"}
    assert unwrapped == []


def test_a_window_that_the_host_did_not_command_is_refused(
    request_: Request, situation: Situation, bidder: Identity, unwrapped: list[object]
) -> None:
    longer = replace(situation, window_end=situation.window_end + 1)
    assert refused(request_, longer, bidder).facts == {"reason": "window"}
    assert unwrapped == []


def test_a_window_that_a_suspension_gave_back_is_the_commanded_one(
    request_: Request, situation: Situation, bidder: Identity, own: Sealed, unwrapped: list[object]
) -> None:
    """Longer by a standstill since the command, and never shorter (clause 4.8)."""
    paused = replace(situation, epoch=1, window_end=situation.window_end + 90_000)
    sealed_bid.check_commit(own.header, open_for_release(request_, paused, bidder))
    shorter = replace(situation, epoch=1, window_end=situation.window_end - 1)
    assert refused(request_, shorter, bidder).facts == {"reason": "window"}


def test_an_own_window_is_what_was_left_of_the_commanded_one(
    request_: Request, situation: Situation, bidder: Identity, own: Sealed
) -> None:
    rest = replace(situation, own=True, window_end=situation.window_start + 5_000)
    sealed_bid.check_commit(own.header, open_for_release(request_, rest, bidder))
    longer = replace(rest, window_end=situation.window_end + 1)
    assert refused(request_, longer, bidder).facts == {"reason": "window"}


@pytest.mark.parametrize("ids", [{"lot": "2"}, {"tender": "T-2"}, {"bidder": "b2"}])
def test_the_header_of_another_bid_is_refused_even_for_the_same_certificate(
    request_: Request,
    situation: Situation,
    bidder: Identity,
    unwrapped: list[object],
    tmp_path: Path,
    ids: dict[str, str],
) -> None:
    other = seal(tmp_path, bidder, **ids)
    assert refused(replace(request_, head=other.header.raw), situation, bidder).code == "not_the_deposit"
    said = o.statement(bidder, other.header, other.receipt)
    both = replace(request_, head=other.header.raw, statement=said)
    assert refused(both, situation, bidder).facts == {"reason": "header"}
    assert unwrapped == []


def test_an_own_bid_that_was_never_deposited_is_refused(
    request_: Request, situation: Situation, bidder: Identity, unwrapped: list[object], tmp_path: Path
) -> None:
    trial = seal(tmp_path, bidder)
    assert refused(replace(request_, head=trial.header.raw), situation, bidder).code == "not_the_deposit"
    assert unwrapped == []


@pytest.mark.parametrize("field", ["commit", "tag_commit", "salt", "recipient"])
def test_a_statement_with_one_digit_flipped_is_not_this_deposit(
    request_: Request,
    situation: Situation,
    bidder: Identity,
    own: Sealed,
    unwrapped: list[object],
    field: str,
) -> None:
    value = str(request_.statement.body_json()[field])
    flipped = ("1" if value[0] == "0" else "0") + value[1:]
    said = o.statement(bidder, own.header, own.receipt, **{field: flipped})
    assert refused(replace(request_, statement=said), situation, bidder).facts == {"reason": field}
    assert unwrapped == []


def test_a_statement_that_this_certificate_did_not_sign_is_refused(
    request_: Request, situation: Situation, bidder: Identity, own: Sealed, unwrapped: list[object]
) -> None:
    forged = o.statement(someone("forger"), own.header, own.receipt)
    assert refused(replace(request_, statement=forged), situation, bidder).facts == {"reason": "signature"}
    assert unwrapped == []


def test_a_bid_for_another_certificate_names_the_one_that_is_needed(
    request_: Request, situation: Situation, bidder: Identity, unwrapped: list[object]
) -> None:
    refusal = refused(request_, situation, someone("another key"))
    assert (refusal.code, refusal.facts) == ("wrong_certificate", {"needed": bidder.certificate.sha256})
    assert unwrapped == []


def test_a_header_with_a_flipped_bit_never_gives_another_key(
    request_: Request, situation: Situation, bidder: Identity, own: Sealed, unwrapped: list[object]
) -> None:
    for place in range(0, len(request_.head), 7):
        head = bytearray(request_.head)
        head[place] ^= 1
        unwrapped.clear()
        try:
            # Only what no key hangs on may differ, such as the file's name: then it is still the own bid's key.
            sealed_bid.check_commit(
                own.header, open_for_release(replace(request_, head=bytes(head)), situation, bidder)
            )
        except (Refused, Malformed) as error:
            # What is wrong inside the envelope can't be seen without opening it; what comes out is then checked.
            inside = error.code in ("envelope_damaged", "wrong_context", "commit_mismatch")
            assert inside or unwrapped == []


def test_one_millisecond_after_the_window_nothing_is_unwrapped(
    request_: Request, situation: Situation, bidder: Identity, unwrapped: list[object]
) -> None:
    assert len(open_for_release(request_, replace(situation, now=situation.window_end), bidder)) == 32
    unwrapped.clear()
    late = replace(situation, now=situation.window_end + 1)
    assert refused(request_, late, bidder).code == "window_closed"
    assert unwrapped == []


def test_nothing_is_released_while_the_opening_is_suspended(
    request_: Request, situation: Situation, bidder: Identity, unwrapped: list[object]
) -> None:
    assert refused(request_, replace(situation, suspended=True), bidder).code == "suspended"
    assert unwrapped == []


def test_an_expired_certificate_releases_nothing(
    host: Identity, tmp_path: Path, unwrapped: list[object]
) -> None:
    expired = someone("expired", BORN + timedelta(days=30))
    bid = seal(tmp_path, expired)
    view = o.view(expired, host, o.command(host))
    situation = situation_of(view, view.lots[0], o.COMMANDED)
    said = o.statement(expired, bid.header, bid.receipt)
    asked = Request(bid.header.raw, said, o.command(host), host.certificate.der)
    assert refused(asked, situation, expired).code == "certificate_expired"
    assert unwrapped == []


def test_before_the_command_it_is_too_early(bidder: Identity, host: Identity) -> None:
    view = o.view(bidder, host, None)
    with pytest.raises(Refused, match="too_early"):
        situation_of(view, view.lots[0], o.COMMANDED)
