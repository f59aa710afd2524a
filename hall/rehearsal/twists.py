"""Robots that don't do what an ordinary one does: for the faults that people cause. Pure: a view in, an intent out.

`HOLD` means: do nothing now, even where one could.
"""

from __future__ import annotations

from typing import Final

from hall import wire
from hall.rehearsal.intents import Intent

MINUTE: Final = 60_000
HOLD: Final = Intent("hold")
UNSEAL: Final = "unseal"
"""Unwrap the own key, with all checks, and keep it: what a slow hand does before it sends."""

WRONG_KEY: Final = "release_with_another_certificate"
LATE_COMER: Final = "comes_after_the_hold"

TWISTS: Final = {
    LATE_COMER: "deposits and signs in only when the deadline was held and moved",
    "waits_for_the_pause": "releases only after a standstill",
    "late": "unwraps its key in the window and sends it after the end",
    "wrong_certificate": "first tries another certificate",
    "suspends": "a host that stops the opening in the window, and has nothing to test for three hours",
    "impatient": "a supervisor that moves the clock where nobody but the clock is waited for",
    "moves": "goes on from another device once the bidders are announced; robots themselves know how",
}
"""What a player can be instead of an ordinary one: name -> what it does."""


def twisted(twist: str, view: wire.View, now: int, done: frozenset[str]) -> Intent | None:
    """What the twist does instead of the ordinary, or None for the ordinary. `done`: acts of the twist done before."""
    match twist:
        case "comes_after_the_hold":
            return None if view.deadlines else HOLD
        case "waits_for_the_pause":
            return HOLD if _releasing(view) and not view.suspensions else None
        case "late":
            return _late(view, now, done)
        case "wrong_certificate":
            lot = _releasing(view)
            return Intent(WRONG_KEY, lot) if lot and WRONG_KEY not in done else None
        case "suspends":
            return _suspends(view, now)
        case "impatient":
            return _impatient(view, now)
        case _:
            return None


def _releasing(view: wire.View) -> str:
    """The lot in which the viewer could release now, or ""."""
    return next((x.lot for x in view.lots if f"release:{x.lot}" in view.may), "")


def _late(view: wire.View, now: int, done: frozenset[str]) -> Intent | None:
    lot = next((x for x in view.lots if f"release:{x.lot}" in view.may), None)
    if lot is not None and lot.window is not None:
        if UNSEAL not in done:
            return Intent(UNSEAL, lot.lot)
        others = [b for b in lot.bidders if b.status == "listed" and b.bidder != view.you.party]
        if any(b.release == "waiting" for b in others):
            return HOLD
        return Intent("advance_clock", moments={"by_ms": max(1, lot.window.closes_at - now + 1_000)})
    if UNSEAL not in done or "release" in done:
        return None
    over = next((x.lot for x in view.lots if x.window is not None and x.window.closed_at is not None), "")
    return Intent("release", over) if over else None


def _suspends(view: wire.View, now: int) -> Intent | None:
    pause = view.suspension
    if pause is not None and pause.solve_by is not None and now <= pause.solve_by:
        return HOLD  # nothing that could be tested works
    for lot in view.lots:
        released = [b for b in lot.bidders if b.release in ("received", "opened")]
        if lot.stage == "decryption" and released and not view.suspensions and "suspend" in view.may:
            body: dict[str, object] = {
                "kind": "system",
                "clause": "a",
                "reason": "多位投标人报告页面无法打开。",
            }
            return Intent("suspend", body=body)
    return None


def _impatient(view: wire.View, now: int) -> Intent | None:
    """Move the clock to the next moment for which nobody but the clock is waited."""
    moment = _awaited(view, now)
    if moment is None or moment <= now or "advance_clock" not in view.may:
        return None
    return Intent("advance_clock", moments={"by_ms": moment - now + 1_000})


def _awaited(view: wire.View, now: int) -> int | None:
    pause = view.suspension
    if pause is not None:
        consulting = any(len(c.answers) < 3 for c in view.consultations)
        if consulting or not pause.reasoned:
            return None
        if pause.split is not None:
            return (pause.split.opens_at or pause.split.continues_at) if pause.passed else None
        return pause.solve_by if pause.solve_by is not None and now <= pause.solve_by else None
    if view.continues_at is not None and now < view.continues_at and _only_the_clock(view):
        return view.continues_at
    return None


def _only_the_clock(view: wire.View) -> bool:
    """After a split every window is closed and the decrypted wait for their moment."""
    return all(x.stage not in ("check", "checked", "decryption") for x in view.lots)
