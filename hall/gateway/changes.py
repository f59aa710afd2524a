"""What has changed from one view to the next, place by place. Pure.

A view grows with the opening (texts, bidders, messages) while one act changes a word of it: a viewer is told that word.
Both views are the same viewer's, so what it is told betrays no more than the views themselves.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass

from hall import wire


def changes(before: wire.View, after: wire.View) -> list[wire.Change]:
    """Give the places at which `after` differs; empty when it does not."""
    found: list[wire.Change] = []
    _compare("", before, after, found)
    return found


def _compare(path: str, before: object, after: object, found: list[wire.Change]) -> None:
    if before == after:
        return
    if is_dataclass(after) and type(before) is type(after):
        for field in fields(after):
            _compare(f"{path}{field.name}/", getattr(before, field.name), getattr(after, field.name), found)
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for n, (old, new) in enumerate(zip(before, after, strict=True)):
            _compare(f"{path}{n}/", old, new, found)
    elif isinstance(before, list) and isinstance(after, list) and before == after[: len(before)]:
        found.extend(wire.Change(f"{path}{n}", after[n]) for n in range(len(before), len(after)))
    else:
        found.append(wire.Change(path.removesuffix("/"), after))
