"""What the record holds: canonical, complete, and with prices that say the same twice."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError, fields, replace

import pytest

from hall.errors import Malformed
from hall.procurement import canonical
from hall.signing.record_model import SIGNATORIES, OpeningRecord
from tests.unit.signing.record_examples import opening_record


def test_equal_records_give_equal_canonical_json() -> None:
    assert opening_record().to_json() == opening_record().to_json()
    assert canonical.dumps(canonical.loads(opening_record().to_json())) == opening_record().to_json()


def test_every_field_of_the_record_stands_in_its_json() -> None:
    told = json.loads(opening_record().to_json())
    assert set(told) == {"v"} | {field.name for field in fields(OpeningRecord)}
    assert told["v"] == 2


def test_a_price_stands_in_digits_and_in_the_capitals_derived_from_them() -> None:
    first = json.loads(opening_record().to_json())["read_out"][0]
    assert first["price"] == "12345678.90"
    assert first["price_capitals"] == "壹仟贰佰叁拾肆万伍仟陆佰柒拾捌元玖角整"


def test_capitals_cannot_be_given_and_prices_cannot_be_altered() -> None:
    line = opening_record().read_out[0]
    with pytest.raises((AttributeError, FrozenInstanceError)):
        line.price = "1.00"  # type: ignore[misc]  # that it can't be set is the test
    with pytest.raises(TypeError):
        replace(line, price_capitals="壹元整")  # type: ignore[call-arg]  # the same


def test_a_price_that_is_none_stops_the_record() -> None:
    record = opening_record()
    broken = replace(record, read_out=(replace(record.read_out[0], price="1e6"),))
    with pytest.raises(Malformed):
        broken.to_json()


def test_clause_5_5_3_the_record_names_its_three_signatories_in_order() -> None:
    assert SIGNATORIES == ("procuring_entity", "scrutineer", "clerk")
