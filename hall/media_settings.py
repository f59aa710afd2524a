"""The settings of media: their section, and what may stand in it. What may not live here: files, the environment."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

_TURN_URL: Final = re.compile(r"turns?:[A-Za-z0-9.\-\[\]:]+(?:\?transport=(?:udp|tcp))?")
_RANGE: Final = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?")
MOST_TURN_TTL: Final = 12 * 3600
"""Seconds that a relay's credential may live: as long as a login."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraSource:
    """An item of media.cameras: where a camera of the hall is read. `id`: as tenders name it; `url`: rtsp,
    with user and password where the camera wants them."""

    id: str
    url: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaSection:
    """`host`: the address that media are bound to and offered at; `workers`: processes, 0 for one per core; udp_ports:
    which of its UDP ports, such as "50000-50063", "" for any.

    turn_urls: relays for whoever can't reach `host`; turn_secret: what they share with the hall; turn_ttl: seconds that
    a credential lives; relay_only: nothing but a relay leads to the media.
    """

    host: str = "127.0.0.1"
    workers: int = 0
    udp_ports: str = ""
    turn_urls: tuple[str, ...] = ()
    turn_secret: str = field(default="", repr=False)
    turn_ttl: int = MOST_TURN_TTL
    relay_only: bool = False
    cameras: tuple[CameraSource, ...] = ()


def udp_range(text: str) -> tuple[int, int]:
    """The first and the last of `media.udp_ports`, (0, 0) where it is empty: any.

    Raises ValueError: not one port or a range of 1024 to 65535.
    """
    if not text:
        return 0, 0
    found = _RANGE.fullmatch(text)
    first, last = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
    if not 1024 <= first <= last <= 65535:
        raise ValueError(
            'media.udp_ports is to be one port or a range of 1024 to 65535, such as "50000-50063"'
        )
    return first, last


def check_media(media: MediaSection) -> None:
    """What a setting of media may be, beyond its type. Raises ValueError with words for the operator."""
    udp_range(media.udp_ports)
    for n, camera in enumerate(media.cameras):
        if not camera.url.startswith(("rtsp://", "rtsps://")):  # it may hold a password: it is not repeated
            raise ValueError(f"media.cameras[{n}].url is to begin with rtsp:// or rtsps://")
    if len({camera.id for camera in media.cameras}) < len(media.cameras):
        raise ValueError("media.cameras: two have the same id; give each its own")
    for n, url in enumerate(media.turn_urls):
        if not _TURN_URL.fullmatch(url):
            raise ValueError(
                f"media.turn_urls[{n}] is to be a relay's address, such as turns:turn.example.cn:5349"
            )
    if media.turn_urls and len(media.turn_secret) < 16:
        raise ValueError(
            "media.turn_secret is to be the relay's static-auth-secret, of 16 characters or more: "
            "without it nobody may use the relay"
        )
    if not 60 <= media.turn_ttl <= MOST_TURN_TTL:
        raise ValueError(f"media.turn_ttl is to be 60 to {MOST_TURN_TTL} seconds")
    if media.relay_only and not media.turn_urls:
        raise ValueError("media.relay_only leaves no way to the media: name the relay in media.turn_urls")
