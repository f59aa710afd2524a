"""Offers meant to break the parser get an answer with a code, and the worker serves on."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hall.errors import Malformed
from hall.rehearsal.camera import Clip, Publication
from tests.integration.media.conftest import OPENING, Plane


async def good_offer(clip: Clip) -> str:
    offers: list[str] = []

    async def keep(sdp: str) -> str:
        offers.append(sdp)
        raise Malformed("kept")

    robot = Publication()
    with pytest.raises(Malformed):
        await robot.publish(keep, clip)
    await robot.close()
    return offers[0]


def without(part: str) -> Callable[[str], str]:
    return lambda sdp: "\r\n".join(x for x in sdp.split("\r\n") if not x.startswith(part))


HOSTILE: dict[str, Callable[[str], str]] = {
    "empty": lambda sdp: "",
    "one line": lambda sdp: "v=0",
    "no media": lambda sdp: sdp.split("m=")[0],
    "not sdp": lambda sdp: '{"type": "offer"}',
    "not ascii": lambda sdp: sdp.replace("s=-", "s=开标"),
    "a zero byte": lambda sdp: sdp.replace("s=-", "s=\x00"),
    "too large": lambda sdp: sdp + "a=x:" + "y" * 65_536 + "\r\n",
    "too many lines": lambda sdp: sdp + "a=x\r\n" * 3_000,
    "no fingerprint": without("a=fingerprint"),
    "odd fingerprint": lambda sdp: sdp.replace("a=fingerprint:sha-256 ", "a=fingerprint:"),
    "no ice": without("a=ice-"),
    "no setup": without("a=setup"),
    "odd setup": lambda sdp: sdp.replace("a=setup:actpass", "a=setup:sideways"),
    "no mid": without("a=mid"),
    "no rtcp-mux": without("a=rtcp-mux"),
    "no bundle": without("a=group"),
    "no rtpmap": without("a=rtpmap"),
    "fmtp of a codec that is not there": lambda sdp: sdp + "a=fmtp:77 x=1\r\n",
    "rtpmap without a rate": lambda sdp: sdp + "a=rtpmap:100 x\r\n",
    "huge number": lambda sdp: sdp.replace("m=audio ", "m=audio " + "9" * 5_000),
    "two cameras": lambda sdp: sdp + sdp[sdp.index("m=video") :],
    "a data channel": lambda sdp: sdp + "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:9\r\n",
    "only receiving": lambda sdp: sdp.replace("a=sendonly", "a=recvonly"),
    "odd ssrc": lambda sdp: sdp.replace("a=ssrc:", "a=ssrc:x"),
    "odd extmap": lambda sdp: sdp.replace("a=extmap:1 ", "a=extmap:"),
    "odd ssrc-group": lambda sdp: sdp + "a=ssrc-group:FID a b\r\n",
    "no codec of ours": lambda sdp: sdp.replace("opus/48000/2", "L16/48000/2").replace(
        "H264/90000", "H265/90000"
    ),
    "H.264 that is not packetised": lambda sdp: sdp.replace("packetization-mode=1", "packetization-mode=0"),
}


async def test_hostile_offers_are_refused_by_code_and_the_worker_serves_on(plane: Plane, clip: Clip) -> None:
    offer = await good_offer(clip)
    [worker] = plane.workers.processes()
    seen: dict[str, str] = {}
    for name, spoil in HOSTILE.items():
        spoiled = spoil(offer)
        assert spoiled != offer, name
        with pytest.raises(Malformed) as refused:
            await plane.publish("bidder-1", spoiled)
        seen[name] = refused.value.code
    lacking = {n for n, code in seen.items() if code == "no_common_codec"}
    assert lacking == {"no codec of ours", "H.264 that is not packetised"}
    assert set(seen.values()) == {"bad_sdp", "no_common_codec"}
    with pytest.raises(Malformed):
        await plane.workers.watch(OPENING, "host", "viewer", "v=0\r\nm=video x\r\n")

    robot = Publication()
    await robot.publish(lambda sdp: plane.publish("bidder-1", sdp), clip)
    await plane.recorded("bidder-1", 0.5)
    await robot.close()
    assert plane.workers.processes() == [worker]


async def test_an_offers_candidates_are_neither_contacted_nor_looked_up(plane: Plane, clip: Clip) -> None:
    offer = await good_offer(clip)
    lured = offer.replace(
        "a=end-of-candidates",
        "a=candidate:1 1 udp 2130706431 victim.local 9 typ host\r\na=candidate:2 1 udp 2130706431 192.0.2.1 9 typ host",
    )
    answer = await plane.publish("bidder-1", lured)
    assert "a=candidate" in answer
    lines = [x for x in answer.splitlines() if x.startswith("a=candidate")]
    assert all(" 127.0.0.1 " in x for x in lines)
