"""Whoever bids in a consortium is a bidder: its people are no experts of this tender (Bidding Law arts. 31, 37)."""

from __future__ import annotations

import base64

from hall.evaluation.events import Barred
from hall.runtime.evaluation_experts import bound, units_of
from hall.runtime.evaluation_matter import EVALUATION, consortia
from hall.runtime.matter import States
from hall.tendering.directory import Directory, PartyRegistered
from tests.committeebook import EXPERTS, PRICES, Committee, bid, expert
from tests.scenarios.matters.test_registration import BIDDERS, FIRST, published, register

CODE = "91320000MA1XY0000C"
MEMBERS = ({"name": "丙 设计院", "code": CODE}, {"name": "丁公司", "code": "91320000MA1XY0011G"})


def _known(party: str, name: str, code: str = "") -> PartyRegistered:
    return PartyRegistered(party, name, "bidder", code, party.ljust(64, "0"), base64.b64encode(b"x").decode())


def test_members_of_a_consortium_are_known_by_code_by_name_and_by_what_is_registered_so() -> None:
    parties = (
        _known("design", "丙设计院"),
        _known("build", "丁建设（旧名）", MEMBERS[1]["code"].lower()),
        _known("e", "戊"),
    )
    directory = Directory({one.sha256: one for one in parties})
    assert directory.registered_as("", "") == ()
    book = published(consortium=True)
    register(book, BIDDERS[0], FIRST, members=MEMBERS)
    register(book, BIDDERS[1], FIRST)
    found = consortia(["b1", "b2", "late"], book.state, directory.registered_as)
    assert found == {CODE, MEMBERS[1]["code"], "design", "build"}
    assert consortia(["b2"], book.state, directory.registered_as) == set(), "who did not deposit is no bidder"


def test_clause_5_4_2_an_expert_whose_unit_bids_in_a_consortium_is_not_drawn() -> None:
    registration = published(consortium=True)
    register(registration, BIDDERS[0], FIRST, members=MEMBERS)
    book = Committee(EVALUATION)
    book.receives(tuple(bid(name) for name in PRICES), more=(CODE, "b1"))
    units = units_of(
        States("T-1", None, None, {"evaluation": book.state, "registration": registration.state})
    )
    assert units["丙设计院"] == CODE
    assert bound(("x",), "丙设计院 ", units) == ("x", CODE)
    assert bound((CODE,), "丙设计院", units) == (CODE,)
    assert bound((), "某大学", units) == bound((), "", units) == ()
    book.listed((*EXPERTS, expert("e9", *bound((), "丙设计院", units))))
    assert book.state.pool[-1].barred is Barred.BIDDER
    assert "e9" not in {one.party for one in book.state.eligible}
