"""The index beside each recording: one canonical JSON object per line, append-only, chained by SHA-256.

What lives here is pure (bytes in, bytes out): writing lines, reading them, verifying a file against its
index. What may not: files, clocks, decoding; what is whole after a crash finds `rescue`.

An index is one `init` line (whose file, which codecs, the init segment's bytes), a `fragment` line for each
fragment (bytes, hall time, duration, what is in it), and an `end` line once the file is finished. "stored" is
the SHA-256 of the bytes in the file, "plain" of the bytes before encryption at rest (scheme "none": the same; how
the others work: `vault`).
chain = SHA-256(previous chain as ASCII hex | canonical(line without "chain")), beginning with 64 zeros. A
chain alone does not show a cut tail: the journal holds its head every 10 s (`head_stands_in`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, get_args

from hall.errors import Malformed
from hall.procurement import canonical
from hall.recording import vault
from hall.recording.vault import Keys

GENESIS = "0" * 64
EpochCause = Literal["start", "reconnect", "parameters", "clock_advanced", "timestamps", "disk_refused"]
EPOCH_CAUSES: Final[tuple[EpochCause, ...]] = get_args(EpochCause)

_COMMON = {"kind": str, "chain": str}
_INIT = _COMMON | {
    "v": int,
    "opening": str,
    "participant": str,
    "epoch": int,
    "file": str,
    "mime": str,
    "codec": str,
    "width": int,
    "height": int,
    "offset": int,
    "length": int,
    "utc": int,
    "cause": str,
    "scheme": str,
    "stored": str,
    "plain": str,
}
_FRAGMENT = _COMMON | {
    "n": int,
    "offset": int,
    "length": int,
    "utc": int,
    "duration": int,
    "keyframe": bool,
    "video": int,
    "audio": int,
    "stored": str,
    "plain": str,
}
_END = _COMMON | {"utc": int, "cause": str, "fragments": int}
_SHAPES: dict[str, Mapping[str, type]] = {"init": _INIT, "fragment": _FRAGMENT, "end": _END}


@dataclass(frozen=True, slots=True)
class Epoch:
    """What the init line says of one file besides its bytes. `utc`: hall time of media time 0, ms; `scheme`: how it
    is encrypted.
    """

    opening: str
    participant: str
    epoch: int
    file: str
    mime: str
    codec: str
    width: int
    height: int
    utc: int
    cause: EpochCause
    scheme: str = vault.NONE


@dataclass(frozen=True, slots=True)
class Fragment:
    """One fragment line. Times in ms; offset and length in bytes of the media file."""

    n: int
    offset: int
    length: int
    utc: int
    duration: int
    keyframe: bool
    video: int
    audio: int
    stored: str
    plain: str
    chain: str

    @property
    def until(self) -> int:
        """Hall time in ms at which the fragment ends."""
        return self.utc + self.duration


def chained(previous: str, line: Mapping[str, object]) -> str:
    """The chain value of a line that follows one with chain `previous`; `line` may hold its own "chain", it
    is left out.
    """
    bare = {k: v for k, v in line.items() if k != "chain"}
    return hashlib.sha256(previous.encode("ascii") + canonical.dumps(bare)).hexdigest()


class IndexWriter:
    """Makes the lines of one index in order, and keeps what the next line depends on."""

    def __init__(self, epoch: Epoch) -> None:
        self.epoch = epoch
        self.chain = GENESIS
        self.fragments = 0
        self.length = 0
        self.until = epoch.utc

    def init(self, segment: bytes, plain: bytes | None = None) -> bytes:
        """The first line; `segment` is the init segment as stored, `plain` as it was before encryption, None for the
        same.
        """
        e = self.epoch
        digest = hashlib.sha256(segment).hexdigest()
        line: dict[str, object] = {
            "kind": "init",
            "v": 1,
            "opening": e.opening,
            "participant": e.participant,
            "epoch": e.epoch,
            "file": e.file,
            "mime": e.mime,
            "codec": e.codec,
            "width": e.width,
            "height": e.height,
            "offset": 0,
            "length": len(segment),
            "utc": e.utc,
            "cause": e.cause,
            "scheme": e.scheme,
            "stored": digest,
            "plain": digest if plain is None else hashlib.sha256(plain).hexdigest(),
        }
        self.length = len(segment)
        return self._line(line)

    def fragment(
        self,
        stored: bytes,
        *,
        utc: int,
        duration: int,
        keyframe: bool,
        video: int,
        audio: int,
        plain: bytes | None = None,
    ) -> bytes:
        """The line of the next fragment: `video` frames and `audio` packets from `utc` on, for `duration` ms."""
        digest = hashlib.sha256(stored).hexdigest()
        original = digest if plain is None or plain is stored else hashlib.sha256(plain).hexdigest()
        self.fragments += 1
        length = len(stored)
        # Canonical JSON by hand, for two thousand lines a second: only numbers and hexadecimal digits are filled in.
        head = b'{"audio":%d,' % audio
        rest = (
            f'"duration":{duration},"keyframe":{"true" if keyframe else "false"},"kind":"fragment","length":{length},'
            f'"n":{self.fragments},"offset":{self.length},"plain":"{original}","stored":"{digest}","utc":{utc},'
            f'"video":{video}}}'
        ).encode("ascii")
        self.chain = hashlib.sha256(self.chain.encode("ascii") + head + rest).hexdigest()
        self.length += length
        self.until = utc + duration
        return b'%b"chain":"%b",%b\n' % (head, self.chain.encode("ascii"), rest)

    def end(self, cause: str) -> bytes:
        """The last line: why this file is finished."""
        return self._line({"kind": "end", "utc": self.until, "cause": cause, "fragments": self.fragments})

    def _line(self, line: dict[str, object]) -> bytes:
        self.chain = chained(self.chain, line)
        return canonical.dumps(line | {"chain": self.chain}) + b"\n"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that does not hold: a stable code, the 1-based index line (0: the media file as a whole), a
    fact.
    """

    code: str
    line: int
    fact: str = ""

    def __str__(self) -> str:
        where = f"index line {self.line}" if self.line else "media file"
        return f"{self.code} ({where}{': ' + self.fact if self.fact else ''})"


@dataclass(frozen=True, slots=True)
class Verification:
    """What one recording says of itself. `media_length` and `index_length`: bytes up to which everything
    held.
    """

    epoch: Epoch | None
    fragments: tuple[Fragment, ...]
    end_cause: str | None
    end_chain: str | None
    init_chain: str | None
    faults: tuple[Fault, ...]
    media_length: int
    index_length: int

    @property
    def ok(self) -> bool:
        return not self.faults

    @property
    def seconds(self) -> float:
        """Recorded time: the sum of the fragments' durations."""
        return sum(f.duration for f in self.fragments) / 1000


def verify_recording(media: bytes | memoryview, index: bytes, keys: Keys | None = None) -> Verification:
    """Check every byte of a media file and of its index against each other; name each thing that broke.

    media: as stored. keys: gives the key of an encrypted epoch; with it the plaintext is held against its digests
    too. An index without an end line is no fault by itself (the process may have been killed): `end_cause` is None
    then.
    """
    reading = _Reading(media, keys)
    start = 0
    number = 0
    while start < len(index):
        number += 1
        stop = index.find(b"\n", start)
        if stop < 0:
            reading.fault("index_line_torn", number)
            break
        reading.line(number, index[start:stop], stop + 1)
        start = stop + 1
    if number == 0:
        reading.fault("index_empty", 0)
    if reading.offset < len(media):
        reading.fault(
            "media_bytes_not_indexed", 0, f"{len(media) - reading.offset} bytes from {reading.offset}"
        )
    return reading.result()


def head_stands_in(found: Verification, fragments: int, chain: str) -> bool:
    """Whether a head from the journal (chain after `fragments` fragments, or of the end line) is part of this
    recording.
    """
    if fragments < 0 or fragments > len(found.fragments):
        return False
    after = found.fragments[fragments - 1].chain if fragments else found.init_chain
    return chain == after or (chain == found.end_chain and fragments == len(found.fragments))


def parse_line(raw: bytes) -> dict[str, Any]:
    """One index line (without its line feed) as a dict of exactly the format's keys and types.

    Raises Malformed("index_line_malformed", reason=...): not canonical, unknown kind, wrong keys, wrong
    types.
    """
    try:
        line = canonical.loads(raw)
    except Malformed as e:
        raise Malformed("index_line_malformed", reason=str(e.facts.get("reason", "not_json"))) from None
    if not isinstance(line, dict) or line.get("kind") not in _SHAPES:
        raise Malformed("index_line_malformed", reason="kind")
    shape = _SHAPES[line["kind"]]
    if line.keys() != shape.keys() or any(type(line[k]) is not t for k, t in shape.items()):
        raise Malformed("index_line_malformed", reason="shape")
    if any(type(v) is int and v < 0 for v in line.values()):
        raise Malformed("index_line_malformed", reason="negative")
    if canonical.dumps(line) != raw:
        raise Malformed("index_line_malformed", reason="not_canonical")
    return line


@dataclass(slots=True)
class _Reading:
    """The fold behind `verify_recording`: after a fault it goes on with what the line claims, to name later
    faults too.
    """

    media: bytes | memoryview
    keys: Keys | None = None
    epoch: Epoch | None = None
    key: bytes | None = None
    fragments: list[Fragment] = field(default_factory=list)
    end_cause: str | None = None
    end_chain: str | None = None
    init_chain: str | None = None
    faults: list[Fault] = field(default_factory=list)
    chain: str = GENESIS
    offset: int = 0
    until: int = 0
    good_media: int = 0
    good_index: int = 0

    def fault(self, code: str, line: int, fact: str = "") -> None:
        self.faults.append(Fault(code, line, fact))

    def line(self, number: int, raw: bytes, line_end: int) -> None:
        before = len(self.faults)
        try:
            line = parse_line(raw)
        except Malformed as e:
            self.fault(e.code, number, str(e.facts["reason"]))
            return
        if chained(self.chain, line) != line["chain"]:
            self.fault("chain_broken", number)
        self.chain = line["chain"]
        if self.end_cause is not None:
            self.fault("line_after_end", number)
        match line["kind"]:
            case "init":
                self._init(number, line)
            case "fragment":
                self._fragment(number, line)
            case _:
                self._end(number, line)
        if not self.faults and before == 0:
            self.good_media, self.good_index = self.offset, line_end

    def _init(self, number: int, line: dict[str, Any]) -> None:
        if number != 1:
            self.fault("init_not_first", number)
            return
        if line["v"] != 1 or line["scheme"] not in vault.SCHEMES or line["cause"] not in EPOCH_CAUSES:
            self.fault("init_unknown_version", number)
        names = Epoch.__dataclass_fields__
        self.epoch = Epoch(**{k: v for k, v in line.items() if k in names})
        if line["scheme"] == vault.AES_CTR and self.keys is not None:
            self.key = self.keys(self.epoch)
        self.init_chain = line["chain"]
        self.until = line["utc"]
        self._stored(number, line)

    def _fragment(self, number: int, line: dict[str, Any]) -> None:
        if self.epoch is None:
            self.fault("init_missing", number)
        if line["n"] != len(self.fragments) + 1:
            self.fault("fragment_missing", number, f"{line['n']} instead of {len(self.fragments) + 1}")
        if line["utc"] < self.until:
            self.fault("time_runs_backwards", number, f"{line['utc']} before {self.until}")
        self._stored(number, line)
        names = Fragment.__dataclass_fields__
        self.fragments.append(Fragment(**{k: v for k, v in line.items() if k in names}))
        self.until = line["utc"] + line["duration"]

    def _end(self, number: int, line: dict[str, Any]) -> None:
        self.end_cause, self.end_chain = line["cause"], line["chain"]
        if self.epoch is None:
            self.fault("init_missing", number)
        if line["fragments"] != len(self.fragments) or line["utc"] < self.until:
            self.fault("end_disagrees", number, f"{line['fragments']} fragments, {len(self.fragments)} found")

    def _stored(self, number: int, line: dict[str, Any]) -> None:
        if line["offset"] != self.offset:
            self.fault("offset_disagrees", number, f"{line['offset']} instead of {self.offset}")
        self.offset = line["offset"] + line["length"]
        what = self.media[line["offset"] : self.offset]
        if len(what) != line["length"]:
            self.fault(
                "media_bytes_missing", number, f"file ends at {len(self.media)}, {self.offset} expected"
            )
            return
        digest = hashlib.sha256(what).hexdigest()
        if digest != line["stored"]:
            self.fault("fragment_altered" if line["kind"] == "fragment" else "init_altered", number)
        elif not self._is_plain(line, what):
            self.fault("plain_digest_disagrees", number)

    def _is_plain(self, line: dict[str, Any], what: bytes | memoryview) -> bool:
        """Whether the plaintext has its digest, as far as that can be known."""
        if self.epoch is None or self.epoch.scheme == vault.NONE:
            return bool(line["plain"] == line["stored"])
        if self.key is None:
            return True
        plain = vault.open_bytes(self.key, line["offset"], what)
        return bool(hashlib.sha256(plain).hexdigest() == line["plain"])

    def result(self) -> Verification:
        return Verification(
            self.epoch,
            tuple(self.fragments),
            self.end_cause,
            self.end_chain,
            self.init_chain,
            tuple(self.faults),
            self.good_media,
            self.good_index,
        )
