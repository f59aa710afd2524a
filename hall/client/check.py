"""The self-check on the command line (clause 4.9): certificate, signature, trial decryption, sealing, line and clock.

What lives here: what can be tried without a browser, and the signed result with the hall's acknowledgement as receipt.
What may not: opening any envelope but the one that was made here a moment ago.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from hall import wire
from hall.client.api import Hall
from hall.client.decode import decode
from hall.client.keys import Context, KeyHolder
from hall.client.national import recipient_of
from hall.clock import Clock, machine_time
from hall.errors import HallError
from hall.signing import sealed_bid

_SAMPLE: Final = bytes(256 * 1024)
_QUESTIONS: Final = 3
_SLOW, _TOO_SLOW = 400, 1500  # ms
_WRONG_CLOCK: Final = 60_000  # ms


@dataclass(frozen=True, slots=True)
class Result:
    """One line: `check` as `hall.session.credentials.CHECKS` has it, `level` green, amber or red, `fact` a code, a
    number or ""."""

    check: str
    level: str
    fact: str = ""

    @property
    def text(self) -> str:
        """As the act says it."""
        return " ".join(part for part in (self.check, self.level, self.fact) if part)


async def check(hall: Hall, opening: str, clock: Clock) -> tuple[list[Result], dict[str, Any]]:
    """Check everything for an opening, sign the result, hand it in: the results and the receipt to keep.

    hall: logged in. Raises what the hall refuses the result with; nothing of it is lost then.
    """
    results = [
        *await _line(hall, clock),
        *certificate_results(await hall.get(f"/api/self-check?opening={quote(opening)}")),
        Result("signing", "green"),
        *trial(hall.identity),
    ]
    view = decode(wire.Update, await hall.get(f"/api/openings/{quote(opening)}?cursor=0")).view
    context = Context(view.origin, tender=view.tender, opening=view.opening, deadline=view.bid_deadline)
    body: dict[str, object] = {"results": [one.text for one in results]}
    ack, act = await hall.act(opening, "self_check", context, body)
    return results, {
        "v": 1,
        "kind": "self_check",
        "act": act.to_json(),
        "ack": {name: getattr(ack, name) for name in wire.Ack.__slots__},
    }


def certificate_results(facts: dict[str, Any]) -> list[Result]:
    """What the hall says of the certificate and the own deposits; an unknown revocation never passes silently."""
    revocation = {"good": ("green", ""), "revoked": ("red", "revoked")}
    troubles = [str(one["trouble"]) for one in facts["deposits"]]
    trouble = next((one for one in troubles if one), "")
    return [
        Result("certificate", "red" if facts["code"] else "green", str(facts["code"])),
        Result("revocation", *revocation.get(str(facts["revocation"]), ("amber", "unknown"))),
        Result("validity", "red", "too_short") if facts["lasting"] else Result("validity", "green"),
        Result("deposit", "red" if trouble else "green", trouble or ("" if troubles else "none")),
    ]


def trial(holder: KeyHolder) -> list[Result]:
    """Seal a sample to the own certificate and open it again: an envelope that was made here, and no other."""
    with tempfile.TemporaryDirectory(prefix="hall-check-") as folder:
        source, sealed = Path(folder, "sample"), Path(folder, "sample.bid")
        source.write_bytes(_SAMPLE)
        try:
            sealed_bid.seal(
                source,
                sealed,
                tender="self-check",
                lot="self-check",
                bidder="self-check",
                name="sample",
                certificate=recipient_of(holder),
                signer=holder.certificate,
            )
        except HallError as error:
            return [Result("decryption", "red", error.code), Result("sealing", "red", error.code)]
        try:
            sealed_bid.self_test(sealed, holder.unwrap(sealed_bid.parse_header(sealed.read_bytes())))
        except HallError as error:
            return [Result("decryption", "red", error.code), Result("sealing", "green")]
        return [Result("decryption", "green"), Result("sealing", "green")]


async def _line(hall: Hall, clock: Clock) -> list[Result]:
    times: list[int] = []
    shown = 0
    for _ in range(_QUESTIONS):
        began = clock.monotonic()
        shown = int((await hall.get("/api/time"))["now"])
        times.append(int((clock.monotonic() - began) * 1000))
    middle = sorted(times)[len(times) // 2]
    level = "red" if middle > _TOO_SLOW else "amber" if middle > _SLOW else "green"
    ahead = abs(machine_time() - shown)
    apart = Result("clock", "amber" if ahead > _WRONG_CLOCK else "green", str(ahead // 1000))
    return [Result("network", level, str(middle)), apart]
