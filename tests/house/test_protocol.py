"""docs/protocol.md shows every act, route and message, and none that does not exist."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Iterator
from dataclasses import is_dataclass

from docs import printed
from hall import wire, wire_types
from hall.gateway.sockets import Sockets
from hall.procurement.acts import ACT_TYPES
from hall.session.bodies import BODIES
from hall.session.rules import RIGHTS
from tests.house.repository import ROOT, read

PROTOCOL = "docs/protocol.md"


def test_every_signed_act_is_described() -> None:
    assert [act for act in {*ACT_TYPES, *BODIES, *RIGHTS} if f"| `{act}` |" not in read(PROTOCOL)] == []


def test_every_part_of_a_view_is_described() -> None:
    kinds = [kind for kind in vars(wire).values() if isinstance(kind, type) and is_dataclass(kind)]
    assert {kind.__name__ for kind in kinds} == {kind.__name__ for kind in wire.WIRE_TYPES}
    assert [k for k in kinds if f"export interface {k.__name__} {{" not in read(PROTOCOL)] == []


def test_the_types_of_the_web_client_are_fresh() -> None:
    assert printed.CLIENT_TYPES.read_text(encoding="utf-8") == wire_types.typescript(), "run `make docs`"


def test_the_routes_are_those_described() -> None:
    described = {
        (verb, _shape(path))
        for verb, path in re.findall(r"`(GET|POST|PUT|PATCH|DELETE|OPTIONS) (/[^`?]*)", read(PROTOCOL))
    }
    assert set(_routes()) == described


def test_the_messages_of_a_client_are_those_described() -> None:
    handled = {
        name
        for name, method in inspect.getmembers(Sockets, inspect.iscoroutinefunction)
        if list(inspect.signature(method).parameters) == ["self", "sid", "message"]
    }
    assert handled - {"unknown"} == set(_described("client → hall"))


def test_the_messages_of_the_hall_are_those_described() -> None:
    source = inspect.getsource(importlib.import_module(Sockets.__module__))
    described = set(_described("hall → client"))
    assert set(re.findall(r'_channel\.(?:send|close)\(sid, "([^"]+)"', source)) <= described
    assert {name for name in described if f'"{name}"' not in source} == set()


def _routes() -> Iterator[tuple[str, str]]:
    """Verb and path of what the gateway answers, save the web client's own files."""
    for path in sorted((ROOT / "hall/gateway").glob("routes_*.py")):
        module = importlib.import_module(f"hall.gateway.{path.stem}")
        for kind in vars(module).values():
            if isinstance(kind, type) and kind.__module__ == module.__name__ and hasattr(kind, "routes"):
                yield from ((route.method, _shape(route.path)) for route in object.__new__(kind).routes())


def _shape(path: str) -> str:
    """A path without the names of its variables."""
    return re.sub(r"\{[^}]*\}", "{}", path)


def _described(direction: str) -> list[str]:
    return re.findall(rf"(?m)^\| `([^`]+)`.*\| {direction} \|", read(PROTOCOL))
