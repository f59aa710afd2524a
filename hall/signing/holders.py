"""Whose certificate it is: what it must show of its holder before it is registered for somebody (clauses 3.2, 3.3).

What may not live here: chains and revocation (`hall.signing.certificates`), who is registered.
"""

from __future__ import annotations

from hall.procurement.standing import Standing, credit_code_holds, shows_identity_number
from hall.signing.certificates import Certificate


def holder_fault(certificate: Certificate, name: str, code: str, standing: Standing | None) -> str:
    """Why it does not do for a holder of this name and unified social credit code, as a code, or "".

    standing: of a bidder; None for staff, of whom only this is asked: that no number of an identity card stands in the
    certificate, for certificates stand in journal and bundles. An organisation's names it, and no other code than its
    own; an individual's names that person and no organisation.
    """
    if shows_identity_number(certificate.der.decode("latin-1")):
        return "certificate_shows_identity"
    if standing is None:
        return ""
    if standing is Standing.NATURAL_PERSON:
        if certificate.organisation:
            return "certificate_of_organisation"
        return "" if _plain(name) == _plain(certificate.common_name) else "certificate_of_another"
    if not certificate.organisation:
        return "certificate_without_organisation"
    theirs = certificate.credit_code
    other = credit_code_holds(theirs) and bool(code) and theirs != code
    return "certificate_of_another" if other or _plain(certificate.organisation) != _plain(name) else ""


def _plain(name: str) -> str:
    return "".join(name.split())
