"""A peer that holds the keys and means harm: whatever it sends, nothing escapes and nobody else notices.

Seeded, so that what is found is found again. The long run is `make fuzz`.
"""

from __future__ import annotations

import random
import secrets
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import numpy
import pytest
from aioice import stun
from pylibsrtp import Policy, Session

from hall.clock import ManualClock
from hall.errors import Malformed
from hall.media import rtcp, srtp
from hall.media.exchange import pass_time, take_rtp, take_sealed
from hall.media.mail import post
from hall.media.peer import Publisher, Watcher
from hall.media.port import Port
from hall.media.publication import Publication, Watch, Watches
from hall.media.rtp import write_header
from hall.media.sdp import read_offer
from hall.media.tables import CODECS, SIZE, Rows
from hall.recording.store import RecordingStore
from hall.rehearsal.camera import Clip
from tests.integration.media.test_hostile_offers import good_offer
from tests.one_line import array

ROUNDS, LONG = 3_000, 400_000
OFFERS, LONG_OFFERS = 40, 3_000
TYPES = {"video": 102, "audio": 111}


def session(direction: int) -> Session:
    profile = Policy.SRTP_PROFILE_AEAD_AES_128_GCM
    return Session(Policy(key=secrets.token_bytes(28), ssrc_type=direction, srtp_profile=profile))


class Attacked:
    """A publication and a watch as they are once connected; what is given to them is taken as decrypted."""

    def __init__(self, port: Port, store: RecordingStore, clock: ManualClock, offer: str, codec: str) -> None:
        self.clock, self.codec = clock, codec
        checked = read_offer(offer, "publisher")
        self.rows = port.rows
        self.watch = Watch(self.rows, lambda: None)
        watches = Watches()
        self.publication = Publication(self.rows, watches, clock, lambda kind, at, detail: None)
        self.recorder = store.listener("opening", f"bidder-{codec}", lambda: None)
        self.recorder.begin(video=True)
        self.publication.enter(self.recorder, muted=False)
        self.peer = self.publication.peer = Publisher(checked, port, self.publication)
        self.viewer = self.watch.peer = Watcher(checked, port, self.watch)
        for kind, name in (("video", codec), ("audio", "opus")):
            self.rows.kinds[self.peer.row, TYPES[kind]] = CODECS.index(name)
        self.rows.lines["level_number"][self.peer.row] = 2
        for line in (self.peer, self.viewer):
            keys = line._keys = session(Policy.SSRC_ANY_INBOUND), session(Policy.SSRC_ANY_OUTBOUND)
            self.rows.open(line.row, *map(srtp.session_at, keys), port.number())
            line._moved(("127.0.0.1", 9))
            line._take_early()
        self.viewer._ssrcs = {"video": 1, "audio": 2}
        for kind, name in (("video", codec), ("audio", "opus")):
            self.viewer._opened(kind, {name: TYPES[kind]})
        watches["viewer"] = self.watch

    def take_rtp(self, data: bytes, now: float) -> None:
        """What a decrypted packet holds."""
        take_rtp(self.rows.tables, self.peer.row, array(data.ljust(SIZE, b"?")), len(data), now)
        post(self.rows.tables)
        self.rows.look()

    def take_noise(self, data: bytes, now: float) -> None:
        """What was not encrypted by its peer."""
        length = array(len(data).to_bytes(4, "little")).view(numpy.int32)
        take_sealed(self.rows.tables, self.peer.row, array(data.ljust(SIZE, b"?")), length, now)

    async def close(self) -> None:
        self.publication.record()
        self.recorder.end("stopped")
        await self.publication.close()
        await self.watch.close()


@pytest.fixture
async def attacked(
    tmp_path: Path, clip: Clip
) -> AsyncIterator[tuple[ManualClock, Callable[[str], Attacked]]]:
    clock = ManualClock(1_795_311_000_000)
    port, store = Port("127.0.0.1", rows=Rows(clock.monotonic)), RecordingStore(tmp_path, clock)
    offer = await good_offer(clip)
    made: list[Attacked] = []

    def make(codec: str) -> Attacked:
        made.append(Attacked(port, store, clock, offer, codec))
        return made[-1]

    yield clock, make
    for one in made:
        await one.close()
    await store.settle()
    store.close()
    port.close()


def hostile_rtp(chance: random.Random, seq: int) -> bytes:
    """Packets that are almost right: descriptors cut off, timestamps that jump, extensions that lie."""
    kind = chance.choice(("video", "video", "audio"))
    payload = chance.choice(
        (
            chance.randbytes(chance.randrange(40)),
            b"\x65" + chance.randbytes(20),
            b"\x67\x42\xe0\x1f" + chance.randbytes(12),
            b"\x78" + chance.randbytes(12),
            b"\x7c" + chance.randbytes(6),
            b"\x10" + chance.randbytes(12),
            b"\x90" + chance.randbytes(chance.randrange(8)),
            b"\x10\x00\x00\x00\x9d\x01\x2a" + chance.randbytes(8),
            b"",
        )
    )
    near = seq if chance.random() < 0.9 else chance.randrange(65_536)
    time = seq * 3_000 if chance.random() < 0.9 else chance.getrandbits(32)
    data = bytearray(write_header(TYPES[kind], chance.random() < 0.5, near, time, chance.randrange(1, 4)))
    extension = b""
    if chance.random() < 0.3:
        data[0] |= 0x10
        words = chance.randrange(3)
        extension = chance.choice((b"\xbe\xde", b"\x10\x00")) + words.to_bytes(2, "big")
        extension += chance.randbytes(4 * words)
    if chance.random() < 0.1:
        data[0] |= 0x20
        payload += bytes([chance.randrange(256)])
    return bytes(data) + extension + payload


def hostile_rtcp(chance: random.Random) -> bytes:
    """Reports and wishes, whole or spoiled."""
    ssrc = chance.randrange(1, 4)
    good = chance.choice(
        (
            rtcp.sender_report(ssrc, chance.getrandbits(64), chance.getrandbits(32), 1, 1),
            rtcp.again_request(1, ssrc, [chance.randrange(65_536) for _ in range(chance.randrange(1, 30))]),
            rtcp.keyframe_request(1, ssrc),
            rtcp.description([ssrc], chance.randbytes(chance.randrange(20))),
        )
    )
    if chance.random() < 0.5:
        return good
    spoiled = bytearray(good + chance.randbytes(chance.randrange(8)))
    spoiled[chance.randrange(2, len(spoiled))] ^= 1 << chance.randrange(8)
    return bytes(spoiled)


def attack(clock: ManualClock, victims: list[Attacked], rounds: int, seed: int) -> None:
    chance = random.Random(seed)
    for n in range(rounds):
        clock.pass_ms(chance.choice((1, 1, 5, 20)))
        one = chance.choice(victims)
        dice = chance.random()
        if dice < 0.85:
            one.take_rtp(hostile_rtp(chance, n & 0xFFFF), clock.monotonic())
        elif dice < 0.95:
            chance.choice((one.peer, one.viewer))._on_rtcp(hostile_rtcp(chance))
        else:
            noise = bytes([chance.randrange(128, 192)]) + chance.randbytes(chance.randrange(60))
            one.take_noise(noise, clock.monotonic())
        if n % 16 == 0:
            pass_time(one.rows.tables, clock.monotonic())
            one.rows.look()
            for victim in victims:
                assert not victim.publication.gone.is_set()
                victim.publication.tick(clock.monotonic())
                victim.publication.report()


async def offer_spoiled(clip: Clip, count: int, seed: int) -> None:
    """Offers with lines lost, doubled, moved and bent: an answer or a code."""
    chance = random.Random(seed)
    clock, port = ManualClock(), Port("127.0.0.1")
    offer = await good_offer(clip)
    for _ in range(count):
        lines = offer.split("\r\n")
        for _ in range(chance.randrange(1, 4)):
            at = chance.randrange(len(lines))
            match chance.randrange(4):
                case 0:
                    del lines[at]
                case 1:
                    lines.insert(chance.randrange(len(lines)), lines[at])
                case 2:
                    lines[at] = lines[at][: chance.randrange(len(lines[at]) + 1)]
                case _:
                    cut = chance.randrange(len(lines[at]) + 1)
                    lines[at] = lines[at][:cut] + chr(chance.randrange(32, 127)) + lines[at][cut + 1 :]
        publication = Publication(port.rows, Watches(), clock, lambda kind, at, detail: None)
        try:
            peer = Publisher(read_offer("\r\n".join(lines), "publisher"), port, publication)
            await peer.answer()
        except Malformed as refused:
            assert refused.code in ("bad_sdp", "no_common_codec")
        else:
            check_noise(chance, peer)
            await peer.close()
        await publication.close()
    assert len(port) == 0
    port.close()


def check_noise(chance: random.Random, peer: Publisher) -> None:
    """STUN messages signed by the peer, with whatever else inside, and unsigned noise."""
    for _ in range(5):
        message = stun.Message(
            chance.choice(list(stun.Method)),
            chance.choice((stun.Class.REQUEST, stun.Class.RESPONSE, stun.Class.ERROR, stun.Class.INDICATION)),
        )
        message.attributes["USERNAME"] = f"{peer._agent.name}:{chance.getrandbits(32)}"
        message.attributes["PRIORITY"] = chance.getrandbits(32)
        for name in ("USE-CANDIDATE", "ICE-CONTROLLED", "ICE-CONTROLLING"):
            if chance.random() < 0.3:
                message.attributes[name] = None if name == "USE-CANDIDATE" else chance.getrandbits(64)
        message.add_message_integrity(peer._agent._connection.local_password.encode())
        data = bytearray(bytes(message))
        if chance.random() < 0.5:
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        peer.on_check(bytes(data), ("127.0.0.1", chance.randrange(1, 65_536)))
        peer.on_check(bytes([0, 1]) + chance.randbytes(chance.randrange(60)), ("127.0.0.1", 9))


async def test_hostile_packets_break_nothing(
    attacked: tuple[ManualClock, Callable[[str], Attacked]],
) -> None:
    clock, make = attacked
    attack(clock, [make("h264"), make("vp8")], ROUNDS, seed=4)


async def test_spoiled_offers_get_an_answer_or_a_code(clip: Clip) -> None:
    await offer_spoiled(clip, OFFERS, seed=4)


@pytest.mark.long
@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("seed", range(4))
async def test_hostile_packets_break_nothing_for_long(
    attacked: tuple[ManualClock, Callable[[str], Attacked]], clip: Clip, seed: int
) -> None:
    clock, make = attacked
    attack(clock, [make("h264"), make("vp8")], LONG, seed)
    await offer_spoiled(clip, LONG_OFFERS, seed)
