"""The public edition of the opening record: what of it was told to everybody in the room, and no more (clause 5.5.2).

The record itself names the bidders' representatives, what people said and when they were there, so it is not for
everybody. The edition is made of record.json alone, by leaving out: equal records give an equal edition. The hall signs
it with its log key, and puts it on paper as every statement of its own. What may not live here: drawing and sealing
(`hall.signing`), and who may have it.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from hall.errors import Malformed
from hall.procurement import canonical, money
from hall.procurement.statement import Statement, Table
from hall.runtime.ports import Seals
from hall.runtime.statement_port import StatementOffice
from hall.signing import record_codes as k
from hall.signing import record_words as w

LABEL: Final = "public_record"
JSON: Final = "record/public.json"
PDF: Final = "record/public.pdf"

SAID: Final = (
    *("origin", "mode", "opening", "tender", "tender_name", "procuring_entity", "tendering_agency", "place"),
    *("bid_deadline", "opening_time", "made_at", "manifest", "manifest_code", "tree_size", "tree_root"),
)
"""What of the record's head is public."""

PARTS: Final[Mapping[str, tuple[str, ...]]] = {
    "lots": ("lot", "name", "price_ceiling", "base_price", "columns", "alternative_to"),
    "staff": ("role", "name", "unit", "certificate"),
    "deadlines": ("at", "kind", "before", "after", "reason"),
    "bidders": ("lot", "bidder", "name", "status"),
    "windows": ("lot", "opened_at", "commanded_until", "closes_at", "closed_at", "reason", "undecrypted"),
    "own_windows": ("lot", "bidder", "name", "opened_at", "closes_at", "closed_at", "released"),
    "results": ("lot", "role", "declared_by", "declared_at", "decrypted", "undecrypted"),
    "read_out": (
        *("lot", "bidder", "name", "price", "price_capitals", "period", "quality", "manager", "security"),
        *("bid_sha256", "read_out_at"),
    ),
    "quotes": ("lot", "round", "opened_at", "quoted_by", "closed_at", "silent", "leave", "quotes"),
    "endings": ("lot", "kind", "reason", "by", "at"),
    "suspensions": ("number", "kind", "clause", "at", "since", "reason", "ended_at", "how"),
    "causes": ("lot", "bidder", "name", "cause", "incident", "clause", "reason", "decided_at"),
}
"""Part of the record -> what of each of its lines is public. Every part that is not named here is left out whole."""

_TITLE: Final = "开标记录（公开版）"
_ABOUT: Final = (
    "本件由平台依开标记录生成，供社会公众查阅，只作删减，未作改动。投标人代表的姓名、签到与在线情况、"
    "异议与答复、异常情况登记、现场发言等不在公开之列，以经签字确认的开标记录为准。"
)
_CONTENT: Final = "开标记录数据"
_READ_OUT: Final = "唱标"
_SENTENCES: Final = {"failed": w.FAILED_LOT, "fewer": w.FEWER_LOT, "none_offered": w.NONE_OFFERED}


def edition(content: bytes) -> dict[str, Any]:
    """What of record.json is public; not signed yet. Raises Malformed for bytes that are no record."""
    record = canonical.loads(content)
    if not isinstance(record, dict) or not {*SAID, *PARTS} <= record.keys():
        raise Malformed("malformed_message", field="record.json")
    lines = {
        key: [{name: one[name] for name in names} for one in record[key]] for key, names in PARTS.items()
    }
    return {
        "v": 1,
        "kind": LABEL,
        "content": hashlib.sha256(content).hexdigest(),
        "left_out": sorted(record.keys() - {*SAID, *PARTS, "v"}),
        **{key: record[key] for key in SAID},
        **lines,
    }


class PublicRecords:
    """Makes the edition and puts it on paper, once. seals: of the log key; kept: where the papers lie."""

    def __init__(self, office: StatementOffice, seals: Seals, kept: Path) -> None:
        self._office, self._seals, self._kept = office, seals, kept

    async def members(self, content: bytes) -> dict[str, bytes]:
        """The files of a public bundle, by name; content: the bytes of record.json. Raises Malformed, and Unavailable
        when no time stamp is to be had."""
        body = edition(content)
        data = canonical.dumps({**body, "signature": self._seals.sign(LABEL, body)})
        return {JSON: data, PDF: await self._paper(body, data)}

    async def _paper(self, body: Mapping[str, Any], data: bytes) -> bytes:
        """Its seal bears a time, so another paper each time would be another bundle of the same opening."""
        path = self._kept / f"{hashlib.sha256(data).hexdigest()}.pdf"
        if await asyncio.to_thread(path.exists):
            return await asyncio.to_thread(path.read_bytes)
        pdf = await self._office.pdf(statement(body, data))
        await asyncio.to_thread(_keep, path, pdf)
        return pdf


def _keep(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    draft.write_bytes(data)
    draft.replace(path)


def statement(said: Mapping[str, Any], data: bytes) -> Statement:
    """The edition as a paper. data: as it is attached."""
    names = {one["bidder"]: one["name"] for one in said["bidders"]}
    rows = (
        (w.PROCURING_ENTITY, said["procuring_entity"]),
        (w.AGENCY, said["tendering_agency"] or w.NOTHING),
        (w.PLACE, said["place"]),
        (w.DEADLINE, w.day_and_minute(said["bid_deadline"])),
        (w.OPENING_TIME, w.day_and_minute(said["opening_time"])),
        (w.OPENING_ID, said["opening"]),
        (w.MADE_AT, w.moment(said["made_at"])),
        (w.MANIFEST_CODE, said["manifest_code"]),
        (w.TREE_ROOT, w.digest_groups(said["tree_root"])),
        (_CONTENT, w.digest_groups(said["content"])),
    )
    return Statement(
        title=_TITLE,
        subtitle=said["tender_name"],
        mode=said["mode"],
        tender=said["tender"],
        opening=said["opening"],
        rows=rows,
        content=data,
        made_at=said["made_at"],
        text=_ABOUT,
        tables=tuple(one for one in _tables(said, names) if one.rows),
    )


def _tables(said: Mapping[str, Any], names: Mapping[str, str]) -> list[Table]:
    found = [_staff(said)]
    for lot in said["lots"]:
        mine = {key: [one for one in said[key] if one.get("lot") == lot["lot"]] for key in PARTS}
        head = f"{lot['lot']}　{lot['name']}"
        found += [_bidders(head, mine), _window(head, mine, names), _read_out(head, lot, mine)]
        found += [_quotes(head, one) for one in mine["quotes"]]
        found += [_causes(head, mine), _endings(head, mine)]
    return [*found, _suspensions(said)]


def _staff(said: Mapping[str, Any]) -> Table:
    rows = tuple((k.ROLE.get(one["role"], one["role"]), one["name"], one["unit"]) for one in said["staff"])
    return Table(w.STAFF, (w.ROLE_HEAD, w.NAME, w.UNIT), rows, (34, 40, 100))


def _bidders(head: str, mine: Mapping[str, Sequence[Any]]) -> Table:
    rows = tuple(
        (str(n), one["name"], k.STATUS.get(one["status"], one["status"]))
        for n, one in enumerate(mine["bidders"], start=1)
    )
    return Table(f"{head}　{w.BIDDER}", (w.NUMBER, w.BIDDER, w.STATE), rows, (14, 120, 40))


def _window(head: str, mine: Mapping[str, Sequence[Any]], names: Mapping[str, str]) -> Table:
    common = [
        (w.COMMON, one["opened_at"], one["closed_at"], _named(one["undecrypted"], names))
        for one in mine["windows"]
    ]
    own = [
        (one["name"], one["opened_at"], one["closed_at"], w.NOTHING if one["released"] else one["name"])
        for one in mine["own_windows"]
    ]
    rows = tuple((whose, w.moment(at), w.moment(end), rest) for whose, at, end, rest in (*common, *own))
    return Table(f"{head}　{w.WINDOW}", (w.BIDDER, w.FROM, w.TO, w.UNDECRYPTED), rows, (44, 44, 44, 42))


def _read_out(head: str, lot: Mapping[str, Any], mine: Mapping[str, Sequence[Any]]) -> Table:
    columns = [(one["key"], one["title"]) for one in lot["columns"] if one["key"] != "price"]
    title = next((one["title"] for one in lot["columns"] if one["key"] == "price"), "")
    wide = 62.0
    rest = (174 - 40 - wide) / max(1, len(columns))
    rows = tuple(
        (
            one["name"],
            _price(one),
            *(one[key] or w.NOTHING for key, _ in columns),
        )
        for one in mine["read_out"]
    )
    heads = (w.BIDDER, title, *(word for _, word in columns))
    return Table(f"{head}　{_READ_OUT}", heads, rows, (40, wide, *(rest for _ in columns)))


def _quotes(head: str, one: Mapping[str, Any]) -> Table:
    rows = tuple((quote["name"], _price(quote)) for quote in one["quotes"])
    heading = f"{head}　{w.QUOTES}　{w.ROUND.format(one['round'])}"
    return Table(heading, (w.BIDDER, w.QUOTES), rows, (74, 100))


def _causes(head: str, mine: Mapping[str, Sequence[Any]]) -> Table:
    rows = tuple(
        (
            one["name"],
            k.CAUSE.get(one["cause"], one["cause"]),
            one["reason"] or w.NOTHING,
            w.moment(one["decided_at"]),
        )
        for one in mine["causes"]
    )
    return Table(f"{head}　{w.CAUSES}", (w.BIDDER, w.RESULTS, w.REASON, w.AT), rows, (44, 46, 48, 36))


def _endings(head: str, mine: Mapping[str, Sequence[Any]]) -> Table:
    rows = tuple(
        (_SENTENCES[one["kind"]], one["reason"] or w.NOTHING, w.moment(one["at"])) for one in mine["endings"]
    )
    return Table(f"{head}　{w.STATE}", (w.STATE, w.REASON, w.AT), rows, (50, 80, 44))


def _suspensions(said: Mapping[str, Any]) -> Table:
    rows = tuple(
        (
            w.SUSPENSION_NUMBER.format(one["number"]),
            k.INCIDENT.get(one["reason"], one["reason"]) or w.NOTHING,
            w.moment(one["at"]),
            w.moment(one["ended_at"]),
        )
        for one in said["suspensions"]
    )
    return Table(w.SUSPENSIONS, (w.NUMBER, w.REASON, w.STOPPED_AT, w.RESUMED_AT), rows, (28, 58, 44, 44))


def _price(one: Mapping[str, Any]) -> str:
    """Digits and capitals."""
    return f"{money.grouped(money.parse(one['price']))}\n{one['price_capitals']}"


def _named(bidders: Sequence[str], names: Mapping[str, str]) -> str:
    return "、".join(names.get(one, one) for one in bidders) or w.NOTHING
