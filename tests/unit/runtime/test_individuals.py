"""A natural person at the door of a tender's registration (clause 3.3; Bidding Law arts. 25, 31)."""

from __future__ import annotations

import pytest

from hall.errors import Refused
from hall.procurement.parties import Actor, Role
from hall.procurement.standing import Standing
from hall.runtime.matter import States
from hall.runtime.registration_matter import REGISTRATION
from hall.tendering.notice.plan import Terms
from hall.tendering.notice.state import NoticeState
from hall.tendering.registration.acts import command_of
from tests.matterbook import MatterBook, person

YAN = person("yan", Role.BIDDER)
MEMBER = {"name": "乙公司", "code": "91320000MA1XY0000C"}


def _registers(*members: dict[str, str], individuals: bool, standing: Standing) -> None:
    """Raises what the door refuses."""
    notice = NoticeState(terms=Terms("公告", "……", consortium=True, individuals=individuals), published_at=1)
    states = States("T-1", None, None, {"notice": notice}, standing=lambda party: standing)
    act = MatterBook(REGISTRATION).act(
        YAN, "acknowledge_download", documents=["ab" * 32], members=list(members)
    )
    REGISTRATION.check_act(states, command_of(act), Actor(Role.BIDDER, "yan", "yan", YAN.certificate))


def test_clause_3_3_a_natural_person_registers_only_where_the_notice_lets_individuals_bid() -> None:
    with pytest.raises(Refused, match="individuals_not_allowed"):
        _registers(individuals=False, standing=Standing.NATURAL_PERSON)
    _registers(individuals=True, standing=Standing.NATURAL_PERSON)
    for standing in (Standing.LEGAL_PERSON, Standing.ORGANISATION):
        _registers(MEMBER, individuals=False, standing=standing)


def test_clause_3_3_a_consortium_is_of_organisations() -> None:
    with pytest.raises(Refused, match="consortium_of_organisations"):
        _registers(MEMBER, individuals=True, standing=Standing.NATURAL_PERSON)
