"""Who may bring a bid to a tender, by its notice and its registrations."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hall.procurement.acts import SignedAct
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
    assert barred(notice, _registered(*registered), bidder) == why
