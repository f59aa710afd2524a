"""What an offer may look like is decided before any library reads it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hall.errors import Malformed
from hall.media.sdp import Restart, read_offer, read_restart, renewed

FINGERPRINT = "a=fingerprint:sha-256 " + ":".join(["AB"] * 32)
SESSION = ["v=0", "o=- 1 1 IN IP4 0.0.0.0", "s=-", "t=0 0", "a=group:BUNDLE 0 1"]


def section(kind: str, mid: str, direction: str) -> list[str]:
    return [
        f"m={kind} 9 UDP/TLS/RTP/SAVPF 111 96",
        "c=IN IP4 0.0.0.0",
        f"a=mid:{mid}",
        direction,
        "a=rtcp-mux",
        "a=ice-ufrag:abcd",
        "a=ice-pwd:" + "x" * 24,
        FINGERPRINT,
        "a=candidate:1 1 udp 1 somebody.local 9 typ host",
        "a=end-of-candidates",
    ]


def offer(audio: str = "a=sendonly", video: str = "a=sendonly") -> str:
    lines = [*SESSION, *section("audio", "0", audio), *section("video", "1", video)]
    return "\r\n".join(lines) + "\r\n"


def test_a_good_offer_loses_its_candidates_and_nothing_else() -> None:
    found = read_offer(offer(), "publisher")
    assert found.kinds == ("audio", "video")
    assert found.active == {"audio", "video"}
    kept = [x for x in offer().split("\r\n") if "candidate" not in x]
    assert found.text == "\r\n".join(kept)


def test_directions_decide_what_flows() -> None:
    assert read_offer(offer(video="a=inactive"), "publisher").active == {"audio"}
    assert read_offer(offer("a=recvonly", "a=sendrecv"), "watcher").active == {"audio", "video"}
    for role, direction in (
        ("publisher", "a=recvonly"),
        ("watcher", "a=sendonly"),
        ("watcher", "a=inactive"),
    ):
        with pytest.raises(Malformed):
            read_offer(offer(direction, direction), role)  # type: ignore[arg-type]  # parametrised role


def test_a_missing_direction_means_both() -> None:
    found = read_offer(offer(video="a=x"), "publisher")
    assert "video" in found.active
    assert found.text.count("a=sendrecv") == 1


def test_a_section_that_is_only_in_the_bundle_is_written_out() -> None:
    """Firefox gives the second section no port when one line is to carry all; others leave out what both share."""
    shared = ("a=ice", "a=fingerprint", "a=rtcp-mux")
    for left_out in ((), shared):
        video = [x for x in section("video", "1", "a=sendonly") if not x.startswith(tuple(left_out))]
        video[0] = video[0].replace(" 9 ", " 0 ")
        lines = [*SESSION, *section("audio", "0", "a=sendonly"), *video, "a=bundle-only"]
        found = read_offer("\r\n".join(lines) + "\r\n", "publisher")
        assert found.active == {"audio", "video"}
        assert sorted(found.text.split()) == sorted(read_offer(offer(), "publisher").text.split())


def test_a_section_without_a_port_is_refused_where_no_bundle_carries_it() -> None:
    silent = offer().replace("m=video 9", "m=video 0")
    alone = offer().replace("m=audio 9", "m=audio 0").replace("a=mid:0", "a=mid:0\r\na=bundle-only")
    for text in (silent, alone):
        with pytest.raises(Malformed) as refused:
            read_offer(text, "publisher")
        assert refused.value.facts["reason"] == "media_line"


@pytest.mark.parametrize("thing", [None, 5, b"v=0", [], {}])
def test_only_text_is_an_offer(thing: object) -> None:
    with pytest.raises(Malformed):
        read_offer(thing, "publisher")


@given(st.integers(0, len(offer()) - 1), st.text(max_size=4))
@settings(max_examples=200, deadline=None)
def test_whatever_is_spliced_in_gives_an_offer_or_a_code(at: int, text: str) -> None:
    spliced = offer()[:at] + text + offer()[at + len(text) :]
    codes = []
    try:
        read_offer(spliced, "publisher")
    except Malformed as refused:
        codes.append(refused.code)
    assert codes in ([], ["bad_sdp"])


def test_a_restart_is_read_from_an_offer_or_a_fragment_and_names_its_certificate_where_it_says() -> None:
    digest = FINGERPRINT.removeprefix("a=fingerprint:").lower()
    assert read_restart(offer()) == Restart("abcd", "x" * 24, digest)
    fragment = "a=ice-ufrag:efgh\r\na=ice-pwd:" + "y" * 22 + "\r\nm=audio 9 RTP/AVP 0\r\na=mid:0\r\n"
    assert read_restart(fragment) == Restart("efgh", "y" * 22, "")


@pytest.mark.parametrize(
    "text",
    [
        None,
        "a=ice-ufrag:efgh\r\n",
        "a=ice-ufrag:e\r\na=ice-pwd:" + "y" * 22,
        offer().replace("a=ice-ufrag:abcd", "a=ice-ufrag:other", 1),
        "x" * 70_000,
    ],
)
def test_a_restart_without_one_good_name_and_password_is_refused(text: object) -> None:
    with pytest.raises(Malformed):
        read_restart(text)


def test_a_renewed_answer_differs_in_credentials_and_version_alone() -> None:
    answer = renewed(offer(), "efgh", "y" * 22)
    changed = {b for a, b in zip(offer().split("\r\n"), answer.split("\r\n"), strict=True) if a != b}
    assert changed == {"a=ice-ufrag:efgh", "a=ice-pwd:" + "y" * 22, "o=- 1 2 IN IP4 0.0.0.0"}
