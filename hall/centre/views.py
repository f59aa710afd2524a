"""What somebody may know of the trading centre: the secrecy boundary of its matter.

Everybody: the working days. The staff: also the defaults and rooms. The trading centre and the regulator: all of it but
the experts' names, which are personal items; parties and their certificates are the directory's to show.
"""

from __future__ import annotations

from hall import wire
from hall.centre.decide import RIGHTS
from hall.centre.state import CentreState, Line, Proposal
from hall.procurement.matter import Look, may
from hall.procurement.parties import Role

RECENT = 50


def view(state: CentreState, look: Look, now: int) -> wire.CentreView:
    """The centre as `look` may know it now."""
    del now
    inside = sees_all(look)
    staff = inside or bool(look.roles - {Role.BIDDER})
    years = [
        wire.CentreYear(number, list(one.holidays), list(one.extra), one.source, one.at)
        for number, one in sorted(state.years.items())
    ]
    return wire.CentreView(
        may=may(RIGHTS, look),
        years=years,
        settings=[wire.CentreSetting(one.key, one.value) for one in state.defaults] if staff else [],
        rooms=[wire.CentreRoom(one.room, one.name) for one in state.rooms] if staff else [],
        proposals=[_proposal(one, look) for one in state.proposals.values()] if inside else [],
        roots=[wire.CentreRoot(one.sha256, one.subject, one.until) for one in state.roots] if staff else [],
        experts=len(state.experts) if inside else 0,
        lines=len(state.lines) if inside else 0,
        recent=[line_of(one) for one in reversed(state.lines[-RECENT:])] if inside else [],
    )


def sees_all(look: Look) -> bool:
    """Whether somebody may look into the centre's own lists."""
    return look.has(Role.TRADING_CENTRE, Role.REGULATOR)


def line_of(one: Line) -> wire.CentreLine:
    """A line of the journal of changes."""
    return wire.CentreLine(one.at, one.by, one.what, one.about, one.reason)


def _proposal(one: Proposal, look: Look) -> wire.CentreProposal:
    change = one.change
    return wire.CentreProposal(
        proposal=one.proposal,
        kind=change.kind.value,
        party=change.party,
        office=change.office,
        sha256=change.sha256,
        certificate=change.certificate,
        by=one.by,
        reason=one.reason,
        at=one.at,
        mine=one.by == look.party or change.party == look.party,
    )
