"""Certificates before they are needed: self-checks (clause 4.9), and one certificate standing for another (5.2.3).

Pure, as `decide` is. A self-check is a party's own word about its own machine: evidence beside a cause, and it decides
nothing. A renewed certificate opens what was sealed to its predecessor only where both hold one key; after the deadline
the project owner decides that, and never the hall by itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final, assert_never

from hall.errors import Refused
from hall.procurement.parties import Actor, participant_of
from hall.session import commands as c
from hall.session import events as e

CHECKS: Final = (
    "browser",
    "secure",
    "storage",
    "camera",
    "microphone",
    "network",
    "media",
    "relay",
    "clock",
    "certificate",
    "revocation",
    "validity",
    "deposit",
    "signing",
    "decryption",
    "sealing",
)
"""What a self-check looks at, in this order; a client that lacks one leaves it out."""

LEVELS: Final = ("green", "amber", "red")

MOST_CHECKS: Final = 40
"""Self-checks of one participant that get a row each; who needs more is helped by telephone."""

MOST_SHOWN: Final = 10
"""Certificates that one bidder may show."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A self-check journalled at `at`; certificate: SHA-256 of the one that signed it."""

    at: int
    participant: str
    certificate: str
    results: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """A bidder's sheet. accepted: None where the project owner has not decided, and need not where it counts."""

    shown: e.CertificateShown
    at: int
    accepted: bool | None = None

    @property
    def holds(self) -> bool:
        """Whether the present certificate stands for the previous one."""
        return self.shown.counts or self.accepted is True


@dataclass(frozen=True, slots=True)
class CredentialState:
    checks: tuple[Checked, ...] = ()
    shown: tuple[Shown, ...] = ()


def evolve_credentials(state: CredentialState, event: e.Event, at: int) -> CredentialState:
    """The state after `event`, journalled at `at` (ms UTC); of other chapters' events nothing changes."""
    match event:
        case e.SelfChecked(participant, results, act):
            return replace(state, checks=(*state.checks, Checked(at, participant, act.certificate, results)))
        case e.CertificateShown():
            return replace(state, shown=(*state.shown, Shown(event, at)))
        case e.CertificateDecided():
            return replace(
                state,
                shown=tuple(
                    replace(one, accepted=event.accepted) if _is(one, event) else one for one in state.shown
                ),
            )
        case _:
            return state


def act(
    state: CredentialState, command: c.CredentialAct, actor: Actor, now: int, deadline: int
) -> list[e.Event]:
    """The events that a party's act causes at `now`; deadline: the bid deadline as it stands. Raises Refused."""
    match command:
        case c.CheckSelf(results, act):
            me = participant_of(actor)
            if sum(one.participant == me for one in state.checks) >= MOST_CHECKS:
                raise Refused("too_many_checks", most=MOST_CHECKS)
            return [e.SelfChecked(me, results, act)]
        case c.ShowCertificate(previous, _, act, same_key):
            if previous == act.certificate:
                raise Refused("same_certificate")
            mine = [one.shown for one in state.shown if one.shown.bidder == actor.party]
            if any((one.previous, one.act.certificate) == (previous, act.certificate) for one in mine):
                return []
            if len(mine) >= MOST_SHOWN:
                raise Refused("too_many_checks", most=MOST_SHOWN)
            return [e.CertificateShown(actor.party, previous, same_key, same_key and now < deadline, act)]
        case c.DecideCertificate():
            return _decide(state, command)
        case _:
            assert_never(command)


def _decide(state: CredentialState, command: c.DecideCertificate) -> list[e.Event]:
    decided = e.CertificateDecided(
        command.bidder,
        command.previous,
        command.certificate,
        command.accepted,
        command.reason,
        command.act,
    )
    found = next((one for one in state.shown if _is(one, decided)), None)
    if found is None or not found.shown.same_key:
        raise Refused("no_such_certificate_shown")  # another key can open nothing, whoever approves it
    if found.shown.counts or found.accepted is not None:
        raise Refused("certificate_decided")
    return [decided]


def open_to(state: CredentialState, viewer: Actor, act: str) -> bool:
    """Whether the viewer may send this act of the chapter now, as far as the table of rights lets it."""
    match act:
        case "self_check":
            return sum(one.participant == participant_of(viewer) for one in state.checks) < MOST_CHECKS
        case "show_certificate":
            return sum(one.shown.bidder == viewer.party for one in state.shown) < MOST_SHOWN
        case "decide_certificate":
            return bool(waiting(state))
        case _:
            return False


def _is(one: Shown, decided: e.CertificateDecided) -> bool:
    shown = one.shown
    return (shown.bidder, shown.previous, shown.act.certificate) == (
        decided.bidder,
        decided.previous,
        decided.certificate,
    )


def opens(state: CredentialState, bidder: str, recipient: str, certificate: str) -> bool:
    """clause 5.2.3: whether a release under `certificate` counts for a bid sealed to `recipient` (SHA-256 both)."""
    return certificate == recipient or any(
        one.holds and one.shown.same_key for one in _between(state.shown, bidder, recipient, certificate)
    )


def may_supersede(state: CredentialState, bidder: str, recipient: str, certificate: str) -> bool:
    """clause 5.2.3: whether a deposit under `certificate` may take the place of one sealed to `recipient`."""
    return certificate == recipient or any(_between(state.shown, bidder, recipient, certificate))


def _between(shown: Iterable[Shown], bidder: str, previous: str, present: str) -> Iterable[Shown]:
    wanted = (bidder, previous, present)
    return (x for x in shown if (x.shown.bidder, x.shown.previous, x.shown.act.certificate) == wanted)


def waiting(state: CredentialState) -> tuple[Shown, ...]:
    """The sheets about which the project owner has to decide."""
    return tuple(x for x in state.shown if x.shown.same_key and not x.shown.counts and x.accepted is None)


def is_result(text: str) -> bool:
    """Whether this is a result of a self-check: "check level", and behind them a fact as a code or a number."""
    check, _, rest = text.partition(" ")
    level, _, fact = rest.partition(" ")
    plain = fact.replace("_", "").replace("-", "").isalnum() and fact.isascii() and len(fact) <= 60
    return check in CHECKS and level in LEVELS and (plain or not fact) and text == " ".join(text.split())
