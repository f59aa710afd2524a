"""Makes `entrusted.json`: a key in the envelopes of two custodians, for the tests of the hall's side and the browser's.

    python -m tests.vectors.make_entrusted

Run by hand when the format changes; keys and certificates in it are of a demonstration and worth nothing.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path

from hall.rehearsal.demo_ca import PASSWORD
from hall.signing import entrusted
from hall.signing.sealed_bid import release_tag
from tests.demo_world import holder

PLACE = entrusted.Place("T1", "1", "jia", "T1-opening", bytes(range(32)))
KEY = bytes(range(100, 132))


def main() -> None:
    custodians = [holder("supervisor"), holder("notary")]
    envelope, inner = entrusted.entrust(KEY, PLACE, [one.certificate for one in custodians])
    shown = {
        "tender": PLACE.tender,
        "lot": PLACE.lot,
        "bidder": PLACE.bidder,
        "opening": PLACE.opening,
        "salt": PLACE.salt.hex(),
        "key": KEY.hex(),
        "tag": release_tag(KEY, PLACE.salt).hex(),
        "password": PASSWORD,
        "custodians": [base64.b64encode(one.identity.p12.read_bytes()).decode() for one in custodians],
        "envelope": base64.b64encode(envelope).decode(),
        "inner": inner,
    }
    path = Path(__file__).with_name("entrusted.json")
    path.write_text(json.dumps(shown, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
