"""The start-up check names what another WebRTC library changed."""

from __future__ import annotations

import aioice
import pytest
from aiortc import RTCPeerConnection

from hall.errors import Unavailable
from hall.media import peer


def test_the_pinned_library_is_as_it_was_read() -> None:
    peer.check_library()


def test_another_version_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peer.aiortc, "__version__", "2.0.0")
    with pytest.raises(Unavailable) as refused:
        peer.check_library()
    assert refused.value.facts["names"] == "aiortc 2.0.0 instead of 1.16.0"


def test_what_is_gone_or_different_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(RTCPeerConnection, "_RTCPeerConnection__createTransceiver")
    monkeypatch.delattr(aioice.Connection, "request_received")
    with pytest.raises(Unavailable) as refused:
        peer.check_library()
    assert refused.value.code == "webrtc_library_changed"
    assert refused.value.facts["names"] == (
        "RTCPeerConnection._RTCPeerConnection__createTransceiver, aioice Connection.request_received"
    )
