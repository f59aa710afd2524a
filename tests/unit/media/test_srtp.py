"""Packets are encrypted and decrypted in place, and what was touched on its way is nothing."""

from __future__ import annotations

import secrets

from pylibsrtp import Policy, Session

from hall.media import srtp
from hall.media.rtp import write_header

KEY = secrets.token_bytes(28)
RTCP = bytes.fromhex("80c80006") + bytes(24)


def session(direction: int) -> Session:
    profile = Policy.SRTP_PROFILE_AEAD_AES_128_GCM
    return Session(Policy(key=KEY, ssrc_type=direction, srtp_profile=profile))


class Ends:
    """A way out and a seal in, with the datagrams between them."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.way = srtp.Way(srtp.Buffer(), session(Policy.SSRC_ANY_OUTBOUND), self._note)
        self.way.address = ("127.0.0.1", 9)
        self.buffer = srtp.Buffer()
        self.seal = srtp.Seal(self.buffer, session(Policy.SSRC_ANY_INBOUND))

    def _note(self, data: memoryview, address: object) -> None:
        self.sent.append(bytes(data))

    def opened(self, data: bytes, *, rtcp: bool = False) -> bytes:
        self.buffer.view[: len(data)] = data
        length = self.seal.open_rtcp(len(data)) if rtcp else self.seal.open(len(data))
        return bytes(self.buffer.view[:length])


def test_what_goes_out_comes_in() -> None:
    ends = Ends()
    head = write_header(96, True, 5, 6, 7)
    ends.way.send(head, b"picture")
    ends.way.send_rtcp(RTCP)
    assert b"picture" not in ends.sent[0]
    assert ends.opened(ends.sent[0]) == head + b"picture"
    assert ends.opened(ends.sent[1], rtcp=True) == RTCP


def test_what_was_touched_or_comes_twice_is_nothing() -> None:
    ends = Ends()
    ends.way.send(write_header(96, True, 5, 6, 7), b"picture")
    touched = bytearray(ends.sent[0])
    touched[14] ^= 1
    assert ends.opened(bytes(touched)) == b""
    assert ends.opened(ends.sent[0]) != b""
    assert ends.opened(ends.sent[0]) == b""
    for short in (b"", b"\x80", b"\x80\x60" + bytes(9), b"\x9f\x60" + bytes(20)):
        assert ends.opened(short) == b""
        assert ends.opened(short, rtcp=True) == b""


def test_what_fits_not_and_has_no_address_is_not_sent() -> None:
    ends = Ends()
    ends.way.send(write_header(96, True, 5, 6, 7), bytes(srtp.LONGEST))
    ends.way.send_rtcp(bytes(srtp.SIZE))
    ends.way.address = None
    ends.way.send(write_header(96, True, 6, 6, 7), b"picture")
    ends.way.send_rtcp(RTCP)
    assert ends.sent == []


def test_the_pinned_library_has_what_is_used() -> None:
    assert srtp.missing_names() == []
