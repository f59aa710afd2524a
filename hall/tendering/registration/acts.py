"""Who may send which act in a tender's registration, and the commands that their bodies hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hall.procurement.acts import SignedAct
from hall.procurement.bodies import Fields, Shape
from hall.procurement.matter import Rights, roles
from hall.procurement.parties import Role
from hall.tendering.registration import commands as c
from hall.tendering.registration.events import Member

RIGHTS: Final[Rights] = {
    "acknowledge_download": roles(Role.BIDDER),
    "ask_about_documents": roles(Role.BIDDER),
    "answer_about_documents": roles(Role.PROCURING_ENTITY),
}

SHAPES: Final[Mapping[str, Shape]] = {
    "acknowledge_download": {"documents": list, "members": list},
    "ask_about_documents": {"text": str, "document": str},
    "answer_about_documents": {"number": int, "text": str, "substantial": bool},
}

MOST_DOCUMENTS: Final = 200
MOST_MEMBERS: Final = 20


def command_of(act: SignedAct) -> c.Command:
    """What a verified act asks for. Raises Malformed("malformed_act", field=…)."""
    body = Fields.of(act, SHAPES)
    if act.type == "acknowledge_download":
        documents = tuple(sorted(body.digests("documents", MOST_DOCUMENTS)))
        listed = body.records("members", {"name": str, "code": str}, most=MOST_MEMBERS)
        members = tuple(Member(one.text("name", 200), one.text("code", 40)) for one in listed)
        return c.AcknowledgeDownload(documents, members, act)
    if act.type == "ask_about_documents":
        document = body.digest("document") if body.text("document", 64, least=0) else ""
        return c.AskAboutDocuments(body.text("text", 2000), document, act)
    return c.AnswerAboutDocuments(body.number("number"), body.text("text"), body.flag("substantial"), act)
