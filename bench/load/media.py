"""The load of the media benchmark, the same for every server: representatives that send a clip, watchers of all.

Connections are made by aiortc (ICE, DTLS, SRTP); from then on packets are written to and read from the sockets
directly, so that one process can be a hundred representatives and two hundred watches. Watchers read seldom and in
bulk: the kernel notes when each packet arrived, so the load's own business delays no figure. Each watch is one
connection, as in the hall; `bundled` puts all of one viewer's into one, which a peer may be better at.

`python -m bench.load.media SERVER URL ADDRESS CODEC` with SERVER `hall`, `janus` or `bundled`; then lines of JSON:
{"do": "connect" | "measure" | "wait" | "churn" | "stop", ...}.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import random
import socket
import struct
import sys
import time
from collections import Counter
from typing import Any

from aiortc import RTCPeerConnection, RTCSessionDescription
from aiortc import clock as ntp_clock

from bench.load.limits import raise_open_files
from bench.load.media_clip import AUDIO_RATE, VIDEO_RATE, Codec, Payload, counting_clip, make_clip
from bench.load.media_ends import Server, add, connected, connection, quieten_library, raw_socket
from bench.load.media_hall import Hall
from bench.load.media_janus import Janus

TICK_S = 0.004
READ_S = 0.05
HISTORY = 500
SAMPLED = 16
"""So many watches are decrypted and timed; the others are counted."""

_HEADER = struct.Struct("!BBHLL")
_STAMP = struct.Struct("@qq")
_STAMPED = socket.CMSG_SPACE(_STAMP.size)
_SO_TIMESTAMPNS = 35  # Linux: asm-generic/socket.h; Python has no name for it
_RATE = {"audio": AUDIO_RATE, "video": VIDEO_RATE}


class Stream:
    """One of a representative's two streams."""

    def __init__(self, transceiver: Any) -> None:
        self.sender = transceiver.sender
        self.sender.history = {}
        self.payload_type = self.sender.codec.payloadType
        self.seq, self.timestamp = random.randrange(20_000), random.getrandbits(31)
        mid = transceiver.mid.encode()[:1]
        level = b"\x20\x28" if transceiver.kind == "audio" else b"\x00\x00"
        self.extension = b"\xbe\xde\x00\x01\x10" + mid + level
        self.sent = self.frames = 0


class Representative:
    """A publisher: plays the clip in a loop from its own moment on."""

    def __init__(self, name: str, codec: Codec) -> None:
        self.name, self.codec = name, codec
        self.pc = connection()
        self.start = 0.0
        self.at = self.played = 0
        self.sent_at: dict[bytes, int] = {}

    async def connect(self, server: Server, address: str) -> None:
        audio = add(self.pc, "audio", "sendonly", self.codec, address)
        video = add(self.pc, "video", "sendonly", self.codec, address)
        await self.pc.setLocalDescription(await self.pc.createOffer())
        answer = await server.publish(self.name, self.pc.localDescription.sdp)
        await self.pc.setRemoteDescription(RTCSessionDescription(answer, "answer"))
        await connected(self.pc)
        for transceiver in (audio, video):
            while not hasattr(transceiver.sender, "codec"):  # noqa: ASYNC110 - aiortc has no event for it
                await asyncio.sleep(0.01)
        self.streams = {"audio": Stream(audio), "video": Stream(video)}
        dtls = audio.sender.transport
        self.socket, self.address, _ = raw_socket(dtls)
        self.protect = dtls._tx_srtp.protect

    def send(self, payload: Payload, late: float, loss: float) -> None:
        """Send one payload, `late` seconds after its time."""
        stream = self.streams[payload.kind]
        stream.seq = stream.seq + 1 & 0xFFFF
        ticks = self.played * _RATE[payload.kind]
        timestamp = stream.timestamp + payload.timestamp + ticks & 0xFFFFFFFF
        second = stream.payload_type | (0x80 if payload.marker else 0)
        head = _HEADER.pack(0x90, second, stream.seq, timestamp, stream.sender._ssrc)
        data = head + stream.extension + payload.data
        stream.sender.history[stream.seq] = data
        stream.sender.history.pop(stream.seq - HISTORY & 0xFFFF, None)
        stream.sent += 1
        stream.frames += payload.marker or payload.kind == "audio"
        # aiortc makes its sender reports of these.
        stream.sender._RTCRtpSender__ntp_timestamp = ntp_clock.current_ntp_time() - int(late * (1 << 32))
        stream.sender._RTCRtpSender__rtp_timestamp = timestamp
        stream.sender._RTCRtpSender__packet_count += 1
        protected = self.protect(data)
        if loss and random.random() < loss:
            return
        self.sent_at[payload.data] = time.time_ns()
        try:
            self.socket.sendto(protected, self.address)
        except OSError:
            pass  # the server is gone: that is what some measurements are about

    async def close(self) -> None:
        await self.pc.close()
        self.socket.close()


class Watch:
    """One connection of a viewer. `times`: in nanoseconds from sent to arrived, of what was decrypted."""

    def __init__(self, pc: RTCPeerConnection, sampled: dict[bytes, int] | None) -> None:
        self.pc, self._sampled = pc, sampled
        dtls: Any = pc.getTransceivers()[0].receiver.transport
        self.socket, _, self._protocol = raw_socket(dtls)
        self._unprotect = dtls._rx_srtp.unprotect
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        self.socket.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        loop: Any = asyncio.get_running_loop()
        loop._remove_reader(self._protocol.transport.get_extra_info("socket").fileno())
        self.packets = self.octets = self.missing = 0
        self.times: list[int] = []
        self._last: dict[int, int] = {}

    def read(self) -> None:
        """Take everything that has arrived."""
        try:
            while True:
                if self._sampled is None:
                    data, address = self.socket.recvfrom(2048)
                    ancillary: list[Any] = []
                else:
                    data, ancillary, _, address = self.socket.recvmsg(2048, _STAMPED)
                if data[0] < 128:
                    self._protocol.datagram_received(data, address)
                elif not 192 <= data[1] <= 223:
                    self.packets += 1
                    self.octets += len(data)
                    if self._sampled is not None:
                        self._time(data, ancillary, self._sampled)
        except OSError:
            pass

    def _time(self, data: bytes, ancillary: list[Any], sent_at: dict[bytes, int]) -> None:
        try:
            plain = self._unprotect(data)
        except Exception:
            self.missing += 1
            return
        first, _, seq, _, ssrc = _HEADER.unpack_from(plain)
        start = 12
        if first & 0x10:
            start += 4 + 4 * int.from_bytes(plain[14:16], "big")
        seconds, nanoseconds = _STAMP.unpack(ancillary[0][2])
        if (sent := sent_at.get(plain[start:])) is not None:
            self.times.append(seconds * 1_000_000_000 + nanoseconds - sent)
        step = seq - self._last.get(ssrc, seq - 1) & 0xFFFF
        if 1 < step < 0x8000:
            self.missing += step - 1
        if step < 0x8000:
            self._last[ssrc] = seq

    async def close(self) -> None:
        await self.pc.close()
        self.socket.close()


class Load:
    """All representatives and watches."""

    def __init__(self, server: Server, address: str, codec: Codec, *, counting: bool) -> None:
        self._server, self._address, self._codec = server, address, codec
        self._clip = counting_clip(codec) if counting else make_clip(codec)
        self._representatives: list[Representative] = []
        self._watches: list[Watch] = []
        self._next = 0
        self._loss = 0.0

    async def run(self) -> None:
        """Send what is due, read what came, for ever."""
        read_at = 0.0
        while True:
            now = time.perf_counter()
            for one in self._representatives:
                self._play(one, now)
            if now >= read_at:
                read_at = now + READ_S
                for watch in self._watches:
                    watch.read()
            await asyncio.sleep(TICK_S)

    def _play(self, one: Representative, now: float) -> None:
        clip = self._clip.payloads
        while (late := now - one.start - one.played - clip[one.at].at) >= 0:
            one.send(clip[one.at], late, self._loss)
            one.at += 1
            if one.at == len(clip):
                one.at, one.played = 0, one.played + self._clip.seconds

    async def answer(self, order: dict[str, Any]) -> Any:
        match order["do"]:
            case "connect":
                return await self._connect(order["representatives"], order["viewers"])
            case "measure":
                return await self._measure(order["seconds"])
            case "wait":
                self._loss = order.get("loss", 0.0)
                await asyncio.sleep(order["seconds"])
                return {}
            case "churn":
                return await self._churn(order["seconds"])
            case "stop":
                return await self._stop()
        raise ValueError(order["do"])

    async def _connect(self, representatives: int, viewers: int) -> Any:
        began = time.perf_counter()
        while len(self._representatives) < representatives:
            await self._join()
        names = [one.name for one in self._representatives]
        for viewer in range(viewers):
            await self._view(f"viewer-{viewer}", names)
        gc.collect()
        gc.freeze()
        return {"seconds": time.perf_counter() - began, "watches": len(self._watches)}

    async def _join(self, name: str = "") -> Representative:
        one = Representative(name or f"bidder-{self._next}", self._codec)
        await one.connect(self._server, self._address)
        # Spread over a second, so that keyframes do not come all at once.
        one.start = time.perf_counter() + self._next * 0.0617 % 1.0
        self._next += 1
        self._representatives.append(one)
        return one

    async def _view(self, viewer: str, names: list[str]) -> None:
        pcs = await self._server.watch(viewer, names, self._address, self._codec)
        sent_by = {one.name: one.sent_at for one in self._representatives}
        for number, pc in enumerate(pcs):
            await connected(pc)
            alone = len(pcs) == len(names)  # else one can't know whose packet it is
            timed = alone and len(self._watches) < SAMPLED
            self._watches.append(Watch(pc, sent_by[names[number]] if timed else None))

    async def _measure(self, seconds: float) -> Any:
        for watch in self._watches:
            watch.read()
            watch.times.clear()
            watch.packets = watch.missing = 0
        sent = self._sent()
        began, busy = time.perf_counter(), time.process_time()
        await asyncio.sleep(seconds)
        took, busy = time.perf_counter() - began, time.process_time() - busy
        sent = self._sent() - sent
        times = sorted(t / 1e6 for watch in self._watches for t in watch.times)
        late = {f"p{n}": times[int(len(times) * n / 100)] for n in (50, 90, 99)} if times else {}
        return {
            "seconds": took,
            "sent": sent["audio"] + sent["video"],
            "arrived": sum(watch.packets for watch in self._watches),
            "missing": sum(watch.missing for watch in self._watches),
            "late_ms": late,
            "timed": len(times),
            "load_cpu": busy / took,
        }

    def _sent(self) -> Counter[str]:
        return Counter(
            {k: sum(one.streams[k].sent for one in self._representatives) for k in ("audio", "video")}
        )

    async def _churn(self, seconds: float) -> Any:
        """Somebody leaves and joins again, over and over; a viewer who comes anew each time follows."""
        until = time.perf_counter() + seconds
        joins = 0
        while time.perf_counter() < until:
            gone = self._representatives.pop(0)
            await gone.close()
            one = await self._join(gone.name)
            await self._view(f"viewer-{joins % 3}", [one.name])
            joins += 1
            if len(self._watches) > 2 * len(self._representatives):
                await self._watches.pop(0).close()
            await asyncio.sleep(0.1)
        return {"joins": joins}

    async def _stop(self) -> Any:
        """Stop sending; how many pictures and packets of sound each has sent."""
        ended, self._representatives = self._representatives, []
        told = {one.name: {kind: s.frames for kind, s in one.streams.items()} for one in ended}
        await asyncio.sleep(0.5)  # the last packets' repeats
        for one in ended:
            await one.close()
        return told


async def serve(load: Load) -> None:
    playing = asyncio.create_task(load.run())
    orders = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    print(json.dumps({"ready": True}), flush=True)
    while line := await orders.readline():
        answer = asyncio.create_task(load.answer(json.loads(line)))
        await asyncio.wait([answer, playing], return_when=asyncio.FIRST_COMPLETED)
        if playing.done():
            playing.result()
        print(json.dumps(answer.result()), flush=True)
    playing.cancel()


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("server", choices=("hall", "janus", "bundled"))
    parser.add_argument("url")
    parser.add_argument("address")
    parser.add_argument("codec", choices=("h264", "vp8"))
    parser.add_argument("--counting", action="store_true", help="the clip that beeps and counts")
    options = parser.parse_args()
    raise_open_files()
    quieten_library()
    server: Server
    if options.server == "hall":
        server = Hall(options.url)
    else:
        server = await Janus.dial(options.url, options.codec, bundled=options.server == "bundled")
    await serve(Load(server, options.address, options.codec, counting=options.counting))


if __name__ == "__main__":
    asyncio.run(main())
