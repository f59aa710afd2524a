"""The recordings of a bundle, each held against its index and the journal. Predicates as in `conduct`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from hall.evidence.bundle import Bundle
from hall.evidence.case import Case
from hall.evidence.coverage import covered
from hall.recording import coverage as recorded
from hall.recording.manifest import Verification, head_stands_in, verify_recording
from hall.recording.vault import FileKeys

PROOF_AGE: Final = 5_000
_ADVANCE: Final = 1_000
"""A fragment's end is reckoned from its frames, in another process than the journal's stamps."""

_INDEX: Final = ".index.jsonl"
_GONE: Final = "media_bytes_missing"
_AGENDA: Final = (
    "BiddersAnnounced",
    "LotLocked",
    "SealingDeclared",
    "DecryptionCommanded",
    "ResultsDeclared",
    "ObjectionsOpened",
    "OpeningClosed",
)
Files = Mapping[tuple[str, str], Verification]
"""(participant, file) -> what the index says and whether the bytes agree."""


def recordings(case: Case, keys: FileKeys) -> list[str]:
    """6.1: recordings stand under the journalled heads, each step of the agenda was proved to be recorded, and of every
    announced bidder in the room there is a recording or an entry that says that there is none.

    keys: of encrypted files, by (participant, file). A file is held against its digests as it is stored, and those
    whose key is given are held against the digests of their plaintext too.
    """
    faults: list[str] = []
    files: dict[tuple[str, str], Verification] = {}
    # Erased in their time, media may be gone; their indices stay, and stand under the journal's heads as before.
    erased = case.history.first("RecordingsErased") is not None
    alone = {name for name in case.bundle.under("recordings") if not name.endswith(_INDEX)}
    for name in case.bundle.under("recordings"):
        if not name.endswith(_INDEX):
            continue
        own = [n for n in alone if n.rpartition(".")[0] == name.removesuffix(_INDEX)]
        alone -= set(own)
        stored = own[0] if len(own) == 1 else ""
        found = case.bundle.recording(name, stored)
        if keys:
            # With keys the plaintext is looked at too.
            media, index = case.bundle.view(stored), case.bundle.read(name)
            found = verify_recording(media, index, lambda e: keys.get((e.participant, e.file)))
        gone = erased and not own
        faults += [f"{name}: {fault}" for fault in found.faults if not (gone and fault.code == _GONE)]
        epoch = found.epoch
        if epoch is None or f"recordings/{epoch.participant}/{epoch.file}" not in (
            _media(name) if gone else own
        ):
            faults.append(f"{name}: speaks of another recording")
        elif epoch.opening != case.plan["opening"]:
            faults.append(f"{name}: recorded at another opening")
        else:
            files[epoch.participant, epoch.file] = found
    faults += [f"{name}: has no index" for name in sorted(alone)]
    return [*faults, *_heads(case, files), *_proofs(case, files), *covered(case, files.values())]


def _media(index: str) -> list[str]:
    """Names that the media file of an index may have."""
    return [index.removesuffix(_INDEX) + suffix for suffix in (".mp4", ".webm", ".mjpeg", ".bin")]


def _heads(case: Case, files: Files) -> Iterator[str]:
    """What the journal told of the recordings at each moment is what they held then; none is left out."""
    final = case.history.first("RecordingHeads", final=True)
    if final is None:
        yield "journal: the recorder never gave its last heads"
        return
    for fact in case.history.of("RecordingHeads"):
        for head in fact.body["heads"]:
            name, found = (
                f"{head['participant']}/{head['file']}",
                files.get((head["participant"], head["file"])),
            )
            if found is None or not head_stands_in(found, head["fragments"], head["chain"]):
                yield f"{name}: does not stand under its journalled head"
            elif head["fragments"] and found.fragments[head["fragments"] - 1].until > fact.at + _ADVANCE:
                yield f"{name}: holds at line {fact.index + 1} what was recorded only later"
    last = {(h["participant"], h["file"]): h["fragments"] for h in final.body["heads"]}
    if {key: len(found.fragments) for key, found in files.items()} != last:
        yield "recordings: not the files that the journal names at its end"


def _proofs(case: Case, files: Files) -> Iterator[str]:
    sources = {"host", *(f"camera-{one['camera']}" for one in case.plan["cameras"])}
    for fact in case.history.of(*_AGENDA):
        proof = fact.body["proof"]
        if not proof["file"]:
            continue  # a recording made elsewhere: `media.external`
        found, number = files.get((proof["participant"], proof["file"])), proof["fragment"]
        if proof["participant"] not in sources or found is None or not 1 <= number <= len(found.fragments):
            yield f"{fact}: the fragment that proves its recording is missing"
            continue
        fragment = found.fragments[number - 1]
        if fragment.stored != proof["stored"] or fragment.until != proof["at"]:
            yield f"{fact}: the fragment that proves its recording is another one"
        elif not -_ADVANCE <= fact.at - proof["at"] <= PROOF_AGE:
            yield f"{fact}: the recorder was last seen writing {fact.at - proof['at']} ms before"


def coverage(bundle: Bundle) -> str:
    """How much was recorded of whom, and what is missing without anybody's intention, for the reader."""
    indices = [
        verify_recording(b"", bundle.read(name))
        for name in bundle.under("recordings")
        if name.endswith(_INDEX)
    ]
    found = recorded.coverage(indices)
    told = []
    for who in sorted({span.participant for span in found.spans}):
        own = found.of(who)
        lost = [gap for gap in own.gaps if not gap.intended]
        missing = ", ".join(f"{(gap.end - gap.start) / 1000:.1f} s {gap.cause}" for gap in lost)
        told.append(f"{who} {own.recorded_ms / 1000:.1f} s" + (f" (missing {missing})" if missing else ""))
    return ", ".join(told) or "nothing"
