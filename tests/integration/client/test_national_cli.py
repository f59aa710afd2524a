"""The command line with a pair of SM2 keys."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from hall.client.cli_keys import add_key_arguments, open_key
from hall.client.national import NationalIdentity, recipient_of
from hall.client.sealing import Columns, seal_bid
from hall.errors import Refused
from hall.rehearsal.demo_ca import PASSWORD
from tests.demo_world import AT, PDF
from tests.gm_world import gm_world


def test_a_pair_file_is_a_key_like_another_and_seals_to_its_second_certificate(tmp_path: Path) -> None:
    (tmp_path / "password").write_text(PASSWORD, encoding="utf-8")
    holder = open_key(_options(gm_world().bidders[0].file, tmp_path / "password"))
    assert isinstance(holder, NationalIdentity)
    sealed = seal_bid(
        PDF,
        Columns("1.00", "1", "1", "1", "1"),
        holder,
        tmp_path / "sealed",
        tender="T1",
        lot="1",
        bidder="b1",
        signed_at=AT,
    )
    assert (sealed.header.suite, sealed.header.recipient) == ("GM", recipient_of(holder).sha256)
    assert len(holder.unwrap(sealed.header)) == 32
    (tmp_path / "password").write_text("another", encoding="utf-8")
    with pytest.raises(Refused, match="wrong_password"):
        open_key(_options(gm_world().bidders[0].file, tmp_path / "password"))


def _options(file: Path, password: Path) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_key_arguments(parser)
    return parser.parse_args(["--p12", str(file), "--password-file", str(password)])
