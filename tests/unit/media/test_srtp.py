"""Control packets are encrypted and decrypted in place, and what was touched on its way is nothing."""

from __future__ import annotations

import secrets

from pylibsrtp import Policy, Session

from hall.media import srtp

KEY = secrets.token_bytes(28)
RTCP = bytes.fromhex("80c80006") + bytes(24)


def session(direction: int) -> Session:
    profile = Policy.SRTP_PROFILE_AEAD_AES_128_GCM
    return Session(Policy(key=KEY, ssrc_type=direction, srtp_profile=profile))


class Ends:
    """The keys of both ends."""

    def __init__(self) -> None:
        self.way = session(Policy.SSRC_ANY_OUTBOUND)
        self.seal = session(Policy.SSRC_ANY_INBOUND)


def test_what_goes_out_comes_in() -> None:
    ends = Ends()
    sealed = srtp.seal_rtcp(ends.way, RTCP)
    assert RTCP[8:] not in sealed
    assert srtp.open_rtcp(ends.seal, sealed) == RTCP


def test_what_was_touched_or_comes_twice_is_nothing() -> None:
    ends = Ends()
    sealed = srtp.seal_rtcp(ends.way, RTCP)
    touched = bytearray(sealed)
    touched[14] ^= 1
    assert srtp.open_rtcp(ends.seal, bytes(touched)) == b""
    assert srtp.open_rtcp(ends.seal, sealed) == RTCP
    assert srtp.open_rtcp(ends.seal, sealed) == b""
    for short in (b"", b"\x80", b"\x80\xc8" + bytes(9), b"\x9f\xc8" + bytes(20)):
        assert srtp.open_rtcp(ends.seal, short) == b""


def test_what_fits_not_is_not_sent() -> None:
    ends = Ends()
    assert srtp.seal_rtcp(ends.way, bytes(srtp.LONGEST + 1)) == b""
    assert srtp.open_rtcp(ends.seal, bytes(5_000)) == b""


def test_the_pinned_library_has_what_is_used() -> None:
    assert srtp.missing_names() == []
