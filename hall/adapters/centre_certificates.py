"""Certificates for the trading centre: what they say, and whether an act may register them.

What may not live here: who is registered with which; the centre and the directory know.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

from hall import wire
from hall.adapters.trust import Trust
from hall.centre.changes import Change, Kind, TrustedRoot
from hall.centre.commands import MakeChange, NoteTrust
from hall.clock import Clock
from hall.errors import Refused
from hall.procurement.acts import SignedAct
from hall.procurement.matter import HALL
from hall.procurement.standing import Standing
from hall.runtime.centre_matter import CENTRE, carried, informed
from hall.runtime.matter import Matter, Owed, States, to
from hall.runtime.registry import Registry
from hall.signing.certificates import Certificate, load_certificate
from hall.signing.gm_pairs import paired
from hall.signing.holders import holder_fault
from hall.tendering.directory import Directory

_USUAL: Final = Standing.LEGAL_PERSON.value


class CentreCertificates:
    """The centre's `Inspector`."""

    def __init__(self, trust: Trust) -> None:
        self._trust = trust

    async def inspect(self, certificate: bytes, now: int, state: str = "") -> wire.CentreCertificate:
        """See `Inspector`."""
        read = load_certificate(certificate)
        found = await self._trust.status(read.der, now)
        return wire.CentreCertificate(
            sha256=read.sha256,
            subject=read.subject,
            issuer=read.issuer,
            organisation=read.organisation or read.common_name,
            common_name=read.common_name,
            credit_code=read.credit_code,
            not_before=read.not_before,
            not_after=read.not_after,
            key=read.kind.value,
            # The other one of a pair is for sealing: that it may not sign is right.
            code="" if state == "paired" and found.code == "certificate_wrong_usage" else found.code,
            state=state,
            certificate=base64.b64encode(read.der).decode("ascii"),
        )


def with_centre(matters: Sequence[Matter[Any]], registry: Registry) -> list[Matter[Any]]:
    """The matters as a hall runs them: the centre reads the certificates of its acts, and asks the directory."""
    asked = informed(matters, lambda: registry.directory.state)
    return [
        replace(one, command_of=_reading(one.command_of, registry)) if one.name == CENTRE.name else one
        for one in asked
    ]


def owed_by_centre(registry: Registry, clock: Clock) -> Owed:
    """What the centre owes the directory."""
    return carried(registry.directory, clock)


def owed_of_trust(roots: Sequence[bytes]) -> Owed:
    """The journal of the centre says whom the settings trust (DER), whenever that has changed since the last start."""
    read = (load_certificate(der) for der in roots)
    now = tuple(TrustedRoot(one.sha256, one.subject, one.not_after) for one in read)

    def owed(states: States) -> NoteTrust | None:
        changed = states.tender == HALL and states.of(CENTRE).roots != now
        return NoteTrust(now) if changed else None

    return Owed("whom the hall trusts", owed, to("centre"))


def _reading(command_of: Callable[[SignedAct], Any], registry: Registry) -> Callable[[SignedAct], Any]:
    """The same, refusing certificates that nobody could log in by or seal to, and those of somebody else."""

    def read(act: SignedAct) -> Any:
        command = command_of(act)
        if isinstance(command, MakeChange) and command.change.certificate:
            signer = load_certificate(base64.b64decode(command.change.certificate))
            if not signer.may_sign:
                raise Refused("certificate_wrong_usage")
            _check_holder(signer, command.change, registry.directory.state)
            if encryption := command.change.encryption:
                if not paired(signer, load_certificate(base64.b64decode(encryption))):
                    raise Refused("no_pair")
        return command

    return read


def _check_holder(signer: Certificate, change: Change, known: Directory) -> None:
    """A bidder's certificate is that very bidder's (clause 3.3). Raises Refused."""
    party = next((one for one in known.certificates.values() if one.party == change.party), None)
    if change.kind is Kind.PARTY:
        kind, name, code, standing = (
            change.kind_of,
            change.name,
            change.code,
            Standing(change.standing or _USUAL),
        )
    elif party is not None:
        kind, name, code, standing = party.kind, party.name, party.code, known.standing(party.party)
    else:
        return  # of nobody: the centre says so
    if fault := holder_fault(signer, name, code, standing if kind == "bidder" else None):
        raise Refused(fault, name=signer.organisation or signer.common_name)
