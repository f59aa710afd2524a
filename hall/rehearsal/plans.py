"""What a process of robots is given: whom to play, where, and how fast. Travels as one JSON file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Player:
    """One robot. `price`: what a bidder seals, a decimal string in yuan, or "" to choose by the seed."""

    id: str
    role: str
    p12: Path
    password: str
    price: str = ""
    objects: bool = False
    twist: str = ""
    """What it does otherwise than an ordinary player, see `twists`."""

    other: Path | None = None
    """PKCS#12 file of another party, for who takes the wrong one."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What one process of robots is given.

    clip: folder of the camera's clip, None for no camera; pace: seconds that an act takes; pause_ms: how long the host
    waits for objections beyond their period.
    """

    base: str
    tender: str
    work: Path
    clip: Path | None
    seed: int
    pace: float
    pause_ms: int
    players: tuple[Player, ...]

    @classmethod
    def read(cls, path: Path) -> Plan:
        """Read a plan from JSON."""
        shown = json.loads(path.read_text(encoding="utf-8"))
        players = tuple(
            Player(**{**one, "p12": Path(one["p12"]), "other": Path(one["other"]) if one["other"] else None})
            for one in shown.pop("players")
        )
        clip = shown.pop("clip")
        work = Path(shown.pop("work"))
        return cls(**shown, players=players, work=work, clip=Path(clip) if clip else None)

    def write(self, path: Path) -> None:
        """Write the plan for a process."""
        players = [
            {name: str(getattr(one, name)) for name in ("id", "role", "p12", "password", "price", "twist")}
            | {"objects": one.objects, "other": str(one.other) if one.other else ""}
            for one in self.players
        ]
        shown = {
            "base": self.base,
            "tender": self.tender,
            "work": str(self.work),
            "clip": str(self.clip) if self.clip else "",
            "seed": self.seed,
            "pace": self.pace,
            "pause_ms": self.pause_ms,
            "players": players,
        }
        path.write_text(json.dumps(shown, ensure_ascii=False), encoding="utf-8")
