"""What a machine takes from an opened bid's PDF to hold it beside the others (clause 5.5.1): `BidTraces`.

To be run in a process of its own under limits (`bid_traces_process`), never in the server. What may not live here: what
a likeness means (`hall.award.checks`).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import Any, BinaryIO, Final

from pyhanko.pdf_utils.reader import PdfFileReader

from hall.procurement.bid_traces import PAPERS, BidTraces, plain, runs_of, validity_in
from hall.signing.bid_text import MOST_PAGES, MOST_TEXT, Font, entry, text_of

_MOST: Final = 200
_FEW: Final = 64
_LEAST_TEXT: Final = 50
"""Characters below which a file counts as a scan."""

_PRICE: Final = re.compile(
    r"(?:投标总报价|投标总价|投标报价)(?P<gap>[：:（）()人民币小写为是元¥￥]{0,16}?)(?P<sum>[0-9][0-9,，]{0,18}(?:\.[0-9]{1,2})?)"
    r"(?P<unit>万?元?)"
)
_XMP_ID: Final = re.compile(rb"(?:DocumentID|InstanceID)(?:>|=\")([^<\"]{8,120})")


def traces_of(pdf: BinaryIO, wanted: Sequence[str] = ()) -> BidTraces:
    """The traces in one file. wanted: what is looked for in its text. Raises whatever the library raises for what is no
    readable PDF."""
    reader: Any = PdfFileReader(pdf, strict=False)
    fonts: dict[str, Font] = {}
    text = "".join(_text(reader, fonts).split())
    compared = plain(text)
    about = entry(reader.trailer_view, "/Info") or {}
    author = _said(about, "/Author")
    return BidTraces(
        readable=len(text) >= _LEAST_TEXT,
        producer=" · ".join(x for x in (_said(about, "/Creator"), _said(about, "/Producer")) if x)[:_MOST],
        author=hashlib.sha256(author.encode()).hexdigest() if author else "",
        created=_said(about, "/CreationDate")[:40],
        ids=_ids(reader),
        fonts=tuple(sorted({font.name for font in fonts.values() if _by_chance(font.name)}))[:_FEW],
        runs=runs_of(text),
        papers=tuple(paper for paper, words in PAPERS.items() if any(word in text for word in words)),
        amounts=tuple(sorted(amounts_in(text)))[:_FEW],
        named=tuple(dict.fromkeys(one for one in wanted if plain(one) and plain(one) in compared)),
        validity=validity_in(compared),
    )


def amounts_in(text: str) -> set[str]:
    """The amounts that a text without white space states as the bid's price, decimal text in yuan."""
    found = set()
    for match in _PRICE.finditer(text):
        yuan, _, cents = match["sum"].replace(",", "").replace("，", "").partition(".")
        fen = int(yuan) * 100 + int(cents.ljust(2, "0") or 0)
        if match["unit"].startswith("万") or "万" in match["gap"]:
            fen *= 10_000
        found.add(f"{fen // 100}.{fen % 100:02d}")
    return found


def _text(reader: Any, fonts: dict[str, Font]) -> str:
    count = int(reader.root["/Pages"]["/Count"])
    parts: list[str] = []
    length = 0
    for number in range(min(count, MOST_PAGES)):
        try:
            page = reader.find_page_for_modification(number)[0].get_object()
            for run in text_of(page, fonts):
                parts.append(run)
                length += len(run)
        except MemoryError:
            raise
        except Exception:  # noqa: S112 - a hostile page makes the library raise anything at all; the others count
            continue
        if length > MOST_TEXT:
            break
    return "".join(parts)[:MOST_TEXT]


def _by_chance(font: str) -> bool:
    """Whether a font's tag was drawn by chance: common programs count instead (AAAAAA, BCDEEE), and say nothing."""
    return font[6:7] == "+" and not font.startswith("AAAA") and font[4:6] != "EE"


def _said(about: Any, key: str) -> str:
    found = entry(about, key)
    return "" if found is None else str(found).strip()[:_MOST]


def _ids(reader: Any) -> tuple[str, ...]:
    given = entry(reader.trailer_view, "/ID") or ()
    first = next(iter(given), None)  # the second one changes with each revision
    found = {str(getattr(first, "original_bytes", first).hex())} if first else set()
    about = entry(reader.root, "/Metadata")
    if about is not None and hasattr(about, "data"):
        found |= {item.decode("latin-1") for item in _XMP_ID.findall(about.data[:65536])}
    return tuple(sorted(found))[:_FEW]
