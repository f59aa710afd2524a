"""The opening record's pages about papers: what the bids' PDF signatures are worth, and the notary's own block.

Layout only, as in `record_pdf`.
"""

from __future__ import annotations

from collections.abc import Mapping

from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Spacer

from hall.procurement.bid_report import PdfSignature
from hall.signing import record_codes as k
from hall.signing import record_words as w
from hall.signing.record_layout import Typesetter
from hall.signing.record_matters import NotaryAct
from hall.signing.record_model import OpeningRecord


def bid_pdfs(t: Typesetter, record: OpeningRecord) -> list[Flowable]:
    """One line for each disclosed bid (clause 5.2.2)."""
    rows = [
        [
            line.lot,
            line.name,
            k.PDF_OUTCOME.get(line.outcome, line.outcome),
            "\n".join(f"{one.signer}\n{w.fingerprint(one.certificate)}" for one in line.signatures)
            or w.NOTHING,
            "\n".join(_problem(one) for one in line.signatures) or w.NOTHING,
            w.fingerprint(line.report),
        ]
        for line in record.bid_pdfs
    ]
    heads = (w.LOT, w.BIDDER, w.STATE, w.CERTIFICATE_HOLDER, w.PROBLEM, w.REPORT)
    return [t.note(w.BID_PDFS_NOTE), Spacer(1, 2 * mm), t.table(heads, rows, (12, 40, 26, 40, 32, 24))]


def _problem(one: PdfSignature) -> str:
    problem = k.PDF_CODE.get(one.code, one.code) if one.code else w.NONE
    unknown = one.revocation == "revocation_unknown" and not one.code
    return k.REVOCATION[one.revocation] if unknown else problem


def notary(t: Typesetter, record: OpeningRecord) -> list[Flowable]:
    """The notary's block: each of its acts, with the digest of what it signed (clause 4.5)."""
    holders = {one.certificate: one.name for one in record.staff if one.role == "notary"}
    holders |= {one.certificate: one.name for one in record.staff_changes if one.role == "notary"}
    signers = list(dict.fromkeys(act.certificate for act in record.notary_acts))
    who = "、".join(f"{holders.get(one, '')}（{w.CERTIFICATE} {w.fingerprint(one)}）" for one in signers)
    names = {line.bidder: line.name for line in record.bidders}
    rows = [
        [
            w.stacked(act.at),
            k.NOTARY_ACT.get(act.act, act.act) + (f"\n{w.LOT} {act.lot}" if act.lot else ""),
            _said(act, names),
            w.fingerprint(act.signed),
        ]
        for act in record.notary_acts
    ]
    table = t.table((w.AT, w.KIND, w.CONTENT, w.SIGNED_DIGEST), rows, (26, 42, 76, 30))
    return [t.note(w.NOTARY_NOTE.format(who)), Spacer(1, 2 * mm), table]


def _said(act: NotaryAct, names: Mapping[str, str]) -> str:
    digest = f"SHA-256 {w.digest_groups(act.digest)}" if act.digest else ""
    parts = [names.get(act.subject, act.subject), act.text, digest]
    return "\n".join(part for part in parts if part) or w.NOTHING
