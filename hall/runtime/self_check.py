"""What the hall knows for a party's self-check (clause 4.9): its certificate now and on the day, and its own deposits.

What may not live here: anything about anybody else, and anything that opens a bid. The trial decryption is the party's
own affair: its client makes that envelope itself, so that nobody can pass a real one off as a trial.
"""

from __future__ import annotations

import base64

from hall.procurement.tender import DAY
from hall.runtime.certificate_watch import CertificateWatch
from hall.runtime.ports import Certificates
from hall.runtime.registry import Registry
from hall.runtime.seats import Person


async def self_check(
    registry: Registry,
    certificates: Certificates,
    watch: CertificateWatch | None,
    person: Person,
    opening: str,
) -> dict[str, object]:
    """Facts for the person's self-check for one opening. Raises NotPermitted("no_such_opening").

    `code`: of the chain now; `revocation`: good, revocation_unknown or revoked; `lasting`: the chain's code a day
    behind the bid deadline; `trouble` of each own deposit: replaced, revoked, expires or "".
    """
    now, plan = registry.clock.now(), registry.opening(opening).room.state.scheduled
    der = base64.b64decode(registry.directory.state.certificates[person.certificate].certificate)
    status = await certificates.status(der, now)
    later = await certificates.status(der, plan.bid_deadline + DAY)
    mine = [
        d
        for d in registry.tendering(plan.tender).state.deposits
        if d.bidder == person.party and not d.superseded
    ]
    return {
        "at": now,
        "opening": opening,
        "bid_deadline": plan.bid_deadline,
        "code": status.code,
        "revocation": status.revocation,
        "lasting": "certificate_expired" if later.code == "certificate_expired" else "",
        "deposits": [
            {
                "lot": deposit.lot,
                "recipient": deposit.recipient,
                "trouble": ""
                if watch is None
                else await watch.trouble(plan.tender, deposit, person.certificate),
            }
            for deposit in mine
        ],
    }
