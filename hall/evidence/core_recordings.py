"""Recordings equal their heads: a question of `core`, asked of the files that the bundle holds."""

from __future__ import annotations

from typing import Final

from hall.evidence.story import Story
from hall.recording.manifest import Verification, head_stands_in

INDEX: Final = ".index.jsonl"
MEDIA: Final = (".mp4", ".webm", ".mjpeg", ".bin")
_GONE: Final = "media_bytes_missing"


def recordings(story: Story) -> list[str] | None:
    """6.1: every stored byte stands under its index, every index under each journalled head; in a whole bundle no
    file is missing."""
    names = story.bundle.under("recordings")
    if not names:
        return None
    erased = story.first("RecordingsErased") is not None
    faults, files = list[str](), dict[tuple[str, str], Verification]()
    for name in names:
        if not name.endswith(INDEX):
            stem = name.rpartition(".")[0]
            if f"{stem}{INDEX}" not in story.bundle.names:
                faults.append(f"{name}: has no index")
            continue
        stem = name.removesuffix(INDEX)
        own = [stem + suffix for suffix in MEDIA if stem + suffix in story.bundle.names]
        found = story.bundle.recording(name, own[0] if len(own) == 1 else "")
        gone = erased and not own
        faults += [f"{name}: {fault}" for fault in found.faults if not (gone and fault.code == _GONE)]
        epoch = found.epoch
        if epoch is None or f"recordings/{epoch.participant}/{epoch.file}".rpartition(".")[0] != stem:
            faults.append(f"{name}: speaks of another recording")
        else:
            files[epoch.participant, epoch.file] = found
    seen = {participant for participant, _ in files}
    for row in story.of("RecordingHeads"):
        for head in row.body["heads"]:
            key = (head["participant"], head["file"])
            if not story.whole and head["participant"] not in seen:
                continue
            if key not in files or not head_stands_in(files[key], head["fragments"], head["chain"]):
                faults.append(f"{'/'.join(key)}: does not stand under its journalled head")
    final = story.first("RecordingHeads", final=True)
    last = {(h["participant"], h["file"]): h["fragments"] for h in final.body["heads"]} if final else {}
    if {key: len(found.fragments) for key, found in files.items()} != {
        key: count for key, count in last.items() if story.whole or key[0] in seen
    }:
        faults.append("recordings: not the files that the journal names at its end")
    return faults
