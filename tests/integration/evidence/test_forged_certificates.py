"""Well-formed lies about self-checks and about certificates that follow others (clauses 4.9, 5.2.3)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from hall.evidence.verdicts import Status
from hall.evidence.verify import verify
from tests.demo_world import holder
from tests.forger import Forger
from tests.integration.evidence.conftest import Honest

pytestmark = pytest.mark.timeout(300)
Judged = Callable[[Forger], dict[str, str]]


@pytest.fixture
def forger(troubled: Honest) -> Forger:
    return troubled.forger()


@pytest.fixture
def judged(troubled: Honest, tmp_path: Path) -> Judged:
    def judge(forger: Forger) -> dict[str, str]:
        result = verify(forger.write(tmp_path / "forged.zip"), troubled.anchors)
        return {v.clause: "; ".join(v.faults) for v in result.verdicts if v.status is Status.FAILED}

    return judge


def test_clause_4_9_the_honest_checks_are_proved(troubled: Honest) -> None:
    found = {v.clause: v for v in verify(troubled.bundle, troubled.anchors).verdicts}
    for clause in ("4.9", "5.2.3"):
        assert (found[clause].status, found[clause].faults) == (Status.PROVED, ())


def test_clause_4_9_a_self_check_that_says_something_else_is_found(forger: Forger, judged: Judged) -> None:
    forger.row("SelfChecked")["body"]["results"] = ["browser green", "camera green"]
    assert "SelfChecked" in judged(forger)["4.9"]


def test_clause_4_9_a_self_check_told_as_anothers_is_found(forger: Forger, judged: Judged) -> None:
    forger.row("SelfChecked")["body"]["participant"] = "bidder-b2"
    assert "told as another participant's" in judged(forger)["4.9"]


def test_clause_5_2_3_another_key_told_as_the_same_is_found(forger: Forger, judged: Judged) -> None:
    row, other = forger.row("CertificateShown"), holder("b2+other").certificate
    forger.members[f"certificates/{other.sha256}.der"] = other.der
    forger.resign(row, "b2+other")
    found = judged(forger)["5.2.3"]
    assert "told wrongly" in found and "without the earlier certificate's own signature" in found


def test_clause_5_2_3_another_holders_certificate_follows_nobody(forger: Forger, judged: Judged) -> None:
    row = forger.row("CertificateShown")
    row["body"]["previous"] = holder("b3").certificate.sha256
    forger.resign(row, body={"previous": holder("b3").certificate.sha256})
    assert "name different holders" in judged(forger)["5.2.3"]


def test_clause_5_2_3_what_counted_by_itself_is_reckoned_again(forger: Forger, judged: Judged) -> None:
    forger.row("CertificateShown")["body"]["counts"] = False
    assert "against the deadline" in judged(forger)["5.2.3"]
