"""Rows are made as they are wanted, and what is given back is nobody's."""

from __future__ import annotations

from hall.media.mail import Places, address_in, name_of, whose
from hall.media.tables import NAME, NONE
from tests.one_line import Hearer, OneLine, array, to


def test_more_connections_than_there_were_rows_for_disturb_nobody() -> None:
    line = OneLine("h264")
    hearer = Hearer(line.rows)
    to(line, [hearer])
    assert line.add(1, 0, b"\x65key") != []
    line.take(2, 3_000, b"\x7c\x81one", marker=False)
    rows = [line.rows.line() for _ in range(200)]
    assert len({*rows, line.row, hearer.row}) == 202
    assert [frame.units for frame in line.add(3, 3_000, b"\x7c\x41two")] == [(b"\x61onetwo",)]
    assert len(hearer.heard()) == 3
    hearer.close()


def test_a_row_that_is_given_again_knows_nothing_of_who_had_it_before() -> None:
    line = OneLine("h264")
    line.take(1, 0, b"\x65key")
    line.take(7, 0, b"\x65held")
    line.rows.give_back_line(line.row)
    again = line.rows.line()
    assert again == line.row
    assert int(line.stream["received"]) == int(line.stream["held"]) == int(line.stream["memory"]) == 0
    assert int(line.rows.lines["frames"][again]) == 0
    assert not line.rows.lines["entered"][again]


def test_addresses_of_both_families_are_found_and_forgotten() -> None:
    places = Places()
    addresses = [(f"192.0.2.{n}", 1_000 + n) for n in range(100)] + [("2001:db8::7", 9), ("::1", 9)]
    for row, address in enumerate(addresses):
        places.enter(address, row)
    found = [whose(places.table, array(name_of(*address).ljust(NAME, b"\0"))) for address in addresses]
    assert found == list(range(102))
    assert [address_in(name_of(*address)) for address in addresses] == addresses
    places.leave(addresses[::2])
    left = [whose(places.table, array(name_of(*address).ljust(NAME, b"\0"))) for address in addresses]
    assert left == [NONE if row % 2 == 0 else row for row in range(102)]
