"""Small bundles of matters: acts really signed by the demo's people, rows chained, checkpoints signed; and forgeries.

    bundle = TenderBundle()
    award = bundle.book(AWARD)
    award.says(signer("agency", Role.PROCURING_ENTITY), "publish_candidates", lot="1", days=3)
    assert bundle.judged(tmp_path, "5.5.1").status is Status.PROVED
    lie = lambda forger: forger.row("CandidatesPublished")["body"].update(until=0)
    assert "…" in bundle.judged(tmp_path, "5.5.1", lie).faults[0]

No server and no opening: the plan stands there, and what a test tells beside it. So clauses of the opening fail in such
a bundle; `judged` looks at one clause, and sees to it that the rest of the bundle is well formed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hall.adapters import archive
from hall.evidence.bundle import Anchors
from hall.evidence.history import SHAPES
from hall.evidence.verdicts import Verdict
from hall.evidence.verify import Result, verify
from hall.journal.checkpoint import SignedRoot, origin_line, sign
from hall.procurement.acts import SignedAct
from hall.procurement.matter import Look
from hall.procurement.parties import SYSTEM, Actor, Role
from hall.procurement.tender import Mode
from hall.runtime.matter import Matter
from hall.tendering.events import TenderPublished
from tests.demo_world import AT, holder, world
from tests.forger import Forger, holders
from tests.matterbook import MatterBook
from tests.playbook import plan

ORIGIN = "hall.example"
_KEY = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"the log key of small bundles").digest())
_BLANK = SignedRoot(origin_line(ORIGIN, "T-1", rehearsal=True), 0, "00" * 32, (f"at {AT}",))


def signer(who: str, *roles: Role) -> Look:
    """Somebody of the demo (`b1`, `agency`, `regulator`, `expert1` …) with its real certificate and these roles."""
    one = holder(who)
    return Look(who, one.identity.name, one.certificate.sha256, frozenset(roles))


class SigningBook(MatterBook):
    """A matter's book whose acts are signed and whose events become rows of the bundle."""

    def __init__(self, bundle: TenderBundle, matter: Matter[Any], now: int) -> None:
        super().__init__(matter, now=now)
        self._bundle, self._who, self._nonce = bundle, SYSTEM, ""

    def says(self, who: Look, act_type: str, *, lot: str = "", **body: Any) -> list[Any]:
        self._nonce = "?"
        try:
            return super().says(who, act_type, lot=lot, **body)
        finally:
            self._nonce = ""

    def note(self, command: Any, actor: Actor | None = None) -> list[Any]:
        self._who = actor.key if actor else SYSTEM
        try:
            return super().note(command, actor)
        finally:
            self._who = SYSTEM

    def act(self, who: Look, act_type: str, *, lot: str = "", **body: Any) -> SignedAct:
        unsigned = super().act(who, act_type, lot=lot, **body)
        if self._nonce:
            self._nonce = unsigned.client_nonce
        return unsigned.with_signature(holders()[who.certificate].sign(unsigned.signed_bytes()))

    def _take(self, events: list[Any]) -> list[Any]:
        for event in events:
            self._bundle.tell(self.matter.name, event, at=self.now, actor=self._who, nonce=self._nonce)
        return super()._take(events)


class TenderBundle:
    """The tender T-1 with its opening O-1 in the plan, by people of the demo. now: ms UTC, when its books begin."""

    def __init__(self, now: int = AT) -> None:
        self.now = now
        staff = tuple(
            replace(post, certificate=holder(post.role.value).certificate.sha256) for post in plan().staff
        )
        scheduled = replace(plan(mode=Mode.REHEARSAL), staff=staff)
        published = TenderPublished(
            tender=scheduled.tender,
            name=scheduled.tender_name,
            number=scheduled.tender_number,
            origin=ORIGIN,
            opening=scheduled.opening,
            lots=scheduled.lots,
            bid_deadline=scheduled.bid_deadline,
            suite="INTL",
            trust_roots=scheduled.trust_roots,
        )
        roots = [world().root.read_bytes()]
        told = archive.anchors(ORIGIN, Mode.REHEARSAL, _KEY.public_key().public_bytes_raw(), roots, roots)
        self.anchors = Anchors(
            ORIGIN, "rehearsal", _KEY.public_key().public_bytes_raw(), tuple(roots), tuple(roots)
        )
        ders = [world().issuing.read_bytes(), *(one.certificate.der for one in holders().values())]
        self.forger = Forger(
            _KEY,
            {**told, "tender": "T-1", "opening": "O-1", "entitlement": "regulator"},
            [],
            [{"at": AT, "note": sign(_BLANK, _KEY)}],
            {f"certificates/{hashlib.sha256(der).hexdigest()}.der": der for der in ders}
            | {
                f"revocation/{hashlib.sha256(crl.read_bytes()).hexdigest()}.crl": crl.read_bytes()
                for crl in world().crls
            },
        )
        self.tell("tendering", published)
        self.tell("opening", scheduled)

    def book(self, matter: Matter[Any], now: int = 0) -> SigningBook:
        """The book of one of its matters; what is said in it stands in the bundle."""
        return SigningBook(self, matter, now or self.now)

    def tell(
        self, domain: str, event: object, *, at: int = 0, actor: str = SYSTEM, nonce: str = ""
    ) -> dict[str, Any]:
        """Add a row to the stream of a domain: of a matter, or `opening`, `tendering`."""
        kind, version, body = SHAPES[domain].encode(event)
        row = {
            "stream": f"{domain}/{'O-1' if domain == 'opening' else 'T-1'}",
            "seq": 0,
            "received_at": at or self.now,
            "actor": actor,
            "nonce": nonce,
            "kind": kind,
            "version": version,
            "prev": "",
            "body": body,
        }
        salt = hashlib.sha256(f"row {len(self.forger.lines)}".encode()).hexdigest()[:32]
        self.forger.lines.append({"salt": salt, "row": row})
        return row

    def write(self, path: Path) -> Path:
        """Write the bundle as it stands."""
        return self.forger.write(path)

    def verified(self, directory: Path, change: Callable[[Forger], object] = lambda forger: None) -> Result:
        """What the verifier says of the bundle after it was changed well-formedly; the bundle itself stays."""
        own = self.forger
        lie = Forger(own.log_key, *deepcopy((own.head, own.lines, own.checkpoints, own.members)))
        change(lie)
        return verify(lie.write(directory / "bundle.zip"), self.anchors)

    def judged(
        self, directory: Path, clause: str, change: Callable[[Forger], object] = lambda forger: None
    ) -> Verdict:
        """The verdict about one clause. Whole, chained and signed it is in any case, or the test has no point."""
        result = self.verified(directory, change)
        found = {one.clause: one for one in result.verdicts}
        assert not found["integrity"].faults, found["integrity"]
        return found[clause]
