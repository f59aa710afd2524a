"""Who may bring a bid to a tender, by its notice and its registrations."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hall.procurement.acts import SignedAct
from hall.procurement.standing import Standing
from hall.tendering.entry import barred
from hall.tendering.notice.plan import Terms
from hall.tendering.notice.state import NoticeState
from hall.tendering.registration.events import Registered
from hall.tendering.registration.state import Registrant, RegistrationState

PUBLISHED = NoticeState(terms=Terms("公告", "……"), published_at=1)
OPEN = replace(PUBLISHED, terms=Terms("公告", "……", open_documents=True))
BY_INVITATION = replace(PUBLISHED, terms=Terms("邀请", "……", invited=("b1", "b2", "b3")))
OPEN_BY_INVITATION = replace(PUBLISHED, terms=Terms("邀请", "……", open_documents=True, invited=("b1",)))


def _registered(*bidders: str) -> RegistrationState:
    act = SignedAct(
        type="acknowledge_download",
        origin="hall.example",
        certificate="c1" * 32,
        server_nonce="00" * 16,
        client_nonce="00" * 16,
        body="{}",
    )
    return RegistrationState(
        registrants={one: Registrant(Registered(one, one, (), (), act), 1, ()) for one in bidders}
    )


def test_clause_3_3_a_natural_person_deposits_only_where_the_notice_lets_individuals_bid() -> None:
    here, person = _registered("b1"), Standing.NATURAL_PERSON
    for notice in (NoticeState(), PUBLISHED, OPEN, BY_INVITATION):
        assert barred(notice, here, "b1", person) == "individuals_not_allowed"
    welcome = replace(PUBLISHED, terms=Terms("公告", "……", individuals=True))
    assert barred(welcome, here, "b1", person) == ""
    assert barred(welcome, here, "b2", person) == "not_registered"
    assert barred(replace(welcome, published_at=0), here, "b1", person) == "individuals_not_allowed"
    assert barred(PUBLISHED, here, "b1", Standing.ORGANISATION) == ""


@pytest.mark.parametrize(
    ("notice", "registered", "bidder", "why"),
    [
        (NoticeState(), (), "b1", ""),
        (PUBLISHED, (), "b1", "not_registered"),
        (PUBLISHED, ("b2",), "b1", "not_registered"),
        (PUBLISHED, ("b1",), "b1", ""),
        (OPEN, (), "b1", ""),
        (BY_INVITATION, ("b1",), "b1", ""),
        (BY_INVITATION, (), "b1", "not_registered"),
        (BY_INVITATION, (), "b9", "not_invited"),
        (OPEN_BY_INVITATION, (), "b1", ""),
        (OPEN_BY_INVITATION, (), "b9", "not_invited"),
    ],
)
def test_clause_5_2_1_download_is_registration_and_registration_the_way_to_a_deposit(
    notice: NoticeState, registered: tuple[str, ...], bidder: str, why: str
) -> None:
    assert barred(notice, _registered(*registered), bidder, Standing.LEGAL_PERSON) == why
