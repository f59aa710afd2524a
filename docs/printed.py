"""The parts of the documents that are printed from the code, and the web client's types.

`make docs` rewrites them; a test fails when one is stale.

A printed part stands between `<!-- printed: NAME -->` and `<!-- end -->` and is never edited by hand.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from enum import StrEnum
from pathlib import Path
from types import NoneType, UnionType
from typing import Union, get_args, get_origin, get_type_hints

from hall.adapters import record_public
from hall.evidence.history import SHAPES
from hall.procurement.acts import ACT_TYPES, SignedAct
from hall.procurement.parties import Role
from hall.procurement.tender import RuleSet
from hall.runtime.matters import MATTERS
from hall.session.bodies import BODIES, MAY
from hall.session.rules import LOT_STAGES, RECORDED, RIGHTS, STAGES, WEIGHTY, LotStage, Stage
from hall.wire_types import typescript

DOCS = Path(__file__).parent
CLIENT_TYPES = DOCS.parent / "web/src/wire/types.gen.ts"
SECOND = 1000
TESTS = DOCS.parent / "tests"
NAMED = re.compile(r"(?m)^ *(?:async )?def (test_(?:clause_)?((?:\d+_)+)\w*)\(")
PART = re.compile(r"(<!-- printed: ([a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def diagram(start: str, transitions: Iterable[tuple[str, str, str]]) -> str:
    """A Mermaid state diagram of (from, event, to)."""
    arrows = [f"    {source} --> {target}: {event}" for source, event, target in transitions]
    return "\n".join(["```mermaid", "stateDiagram-v2", f"    [*] --> {start}", *arrows, "```", ""])


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A Markdown table."""
    lines = [head, ("---",) * len(head), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def words(chosen: Iterable[StrEnum], universe: type[StrEnum]) -> str:
    """The chosen members in the order in which their enumeration names them."""
    members = set(chosen)
    if members == set(universe):
        return "all"
    return ", ".join(member.value for member in universe if member in members) or "—"


def rights() -> str:
    return table(
        (
            "act",
            "who",
            "while the opening is in",
            "while the lot is in",
            "recorder proves",
            "refusal journalled",
        ),
        (
            (
                f"`{act}`",
                words(right.roles, Role),
                words(right.stages, Stage),
                words(right.lot_stages, LotStage),
                "yes" if act in RECORDED else "",
                "yes" if act in WEIGHTY else "",
            )
            for act, right in RIGHTS.items()
        ),
    )


def signed_acts() -> str:
    shapes, optional = dict[str, Mapping[str, type]](BODIES), dict[str, Mapping[str, type]](MAY)
    for matter in MATTERS:
        shapes |= matter.shapes
        optional |= matter.optional

    def body(act: str) -> str:
        if act not in shapes:
            return "see below"
        keys = [f"`{key}`: {kind.__name__}" for key, kind in shapes[act].items()]
        keys += [f"may have `{key}`: {kind.__name__}" for key, kind in optional.get(act, {}).items()]
        return ", ".join(keys) or "empty"

    return table(
        ("act", "what the signer says", "body"), ((f"`{a}`", says, body(a)) for a, says in ACT_TYPES.items())
    )


def matters() -> str:
    """Who may send which act in the matters around the opening."""
    return table(
        ("matter", "act", "who"),
        (
            (matter.name, f"`{act}`", words(allowed, Role))
            for matter in MATTERS
            for act, allowed in matter.rights.items()
        ),
    )


def settings() -> str:
    def value(default: object) -> str:
        return f"{default / SECOND:g} s" if isinstance(default, int) and default >= SECOND else str(default)

    return table(("setting", "default"), ((f"`{f.name}`", value(f.default)) for f in fields(RuleSet)))


def _shape(hint: object) -> str:
    """A field's type in the notation of docs/bundle-format.md."""
    origin, args = get_origin(hint), get_args(hint)
    if origin is tuple:
        return f"[{_shape(args[0])}]"
    if origin in (UnionType, Union):
        return f"{_shape(next(arg for arg in args if arg is not NoneType))}?"
    if hint is SignedAct:
        return "act"
    if isinstance(hint, type) and is_dataclass(hint):
        return "{" + ", ".join(f"{name}: {shape}" for name, shape in _fields(hint)) + "}"
    if isinstance(hint, type) and issubclass(hint, str):
        return "text"
    return {int: "int", bool: "bool"}[hint]  # type: ignore[index]  # what is left is one of these


def _fields(kind: type) -> list[tuple[str, str]]:
    hints = get_type_hints(kind)
    return [(field.name, _shape(hints[field.name])) for field in fields(kind)]


def rows() -> str:
    """Every kind of row with its body."""
    kinds = [
        (f"`{domain}`", f"`{kind}`", str(getattr(codec.class_of(kind), "version", 1)), codec.class_of(kind))
        for domain, codec in SHAPES.items()
        for kind in codec.kinds
    ]
    return table(
        ("stream of", "kind", "version", "body"),
        (
            (*key, ", ".join(f"`{name}`: {shape}" for name, shape in _fields(kind)) or "empty")
            for *key, kind in kinds
        ),
    )


def messages() -> str:
    return f"```ts\n{typescript()}```\n"


def tests_of_clauses() -> dict[str, dict[str, list[str]]]:
    """Clause → file → the tests there that are named after it, in their order: `test_clause_4_8_…`, or `test_4_8_…`
    where a forged bundle is refused under it."""
    found: dict[str, dict[str, list[str]]] = {}
    for path in sorted(TESTS.rglob("test_*.py")):
        for name, number in NAMED.findall(path.read_text(encoding="utf-8")):
            clause = number.strip("_").replace("_", ".")
            file = path.relative_to(TESTS.parent).as_posix()
            found.setdefault(clause, {}).setdefault(file, []).append(name)
    return found


def clause_tests() -> str:
    def number(clause: str) -> list[int]:
        return [int(part) for part in clause.split(".")]

    found = tests_of_clauses()
    lines: list[str] = []
    for clause in sorted(found, key=number):
        listed = ((file, ", ".join(f"`{name}`" for name in names)) for file, names in found[clause].items())
        lines += [f"### {clause}", "", *(f"- `{file}`: {names}" for file, names in listed), ""]
    return "\n".join(lines)


def public_edition() -> str:
    listed = {"the head": record_public.SAID} | {
        f"`{key}`": names for key, names in record_public.PARTS.items()
    }
    return table(
        ("part", "of each line"),
        ((key, " ".join(f"`{name}`" for name in names)) for key, names in listed.items()),
    )


PARTS: dict[str, Callable[[], str]] = {
    "stages": lambda: diagram(STAGES[0][0], STAGES),
    "lot-stages": lambda: diagram(LOT_STAGES[0][0], LOT_STAGES),
    "rights": rights,
    "acts": signed_acts,
    "matters": matters,
    "settings": settings,
    "messages": messages,
    "rows": rows,
    "clause-tests": clause_tests,
    "public-edition": public_edition,
}


def printed(text: str) -> str:
    """`text` with every printed part as the code has it now. Raises KeyError for a part nobody prints."""
    return PART.sub(lambda part: part[1] + PARTS[part[2]]() + part[3], text)


def main() -> None:
    for path in sorted(DOCS.glob("*.md")):
        before = path.read_text(encoding="utf-8")
        if (after := printed(before)) != before:
            path.write_text(after, encoding="utf-8")
            print(f"rewritten: docs/{path.name}")
    CLIENT_TYPES.write_text(typescript(), encoding="utf-8")


if __name__ == "__main__":
    main()
