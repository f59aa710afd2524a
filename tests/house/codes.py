"""The error codes that the hall can put on the wire, read off its source."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.house.repository import files, name, text_of

RAISED = {"Refused", "Malformed", "NotPermitted"}
"""What a person can do something about; `Unavailable` and `JournalCorrupt` are the operator's."""

SERVER = tuple(
    f"hall/{package}/"
    for package in "award gateway keeping media procurement runtime session signing storage tendering ukey".split()
)


def raised() -> dict[str, str]:
    """Each code with which the server, or the program of a token, refuses, and a file that does so.

    Found where the code is a literal, a choice between literals, or the answer of a function of the same module.
    """
    refusing = (path for path in files(".py") if name(path).startswith(SERVER))
    return {code: name(path) for path in refusing for code in _codes(text_of(path))}


def _codes(source: str) -> Iterator[str]:
    tree = ast.parse(source)
    functions = {node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    for call in ast.walk(tree):
        if (
            isinstance(call, ast.Call)
            and isinstance(call.func, ast.Name)
            and call.func.id in RAISED
            and call.args
        ):
            yield from _literals(call.args[0], functions)


def _literals(node: ast.expr, functions: dict[str, ast.FunctionDef]) -> Iterator[str]:
    match node:
        case ast.Constant(value=str(code)):
            yield code
        case ast.IfExp(body=body, orelse=orelse):
            yield from _literals(body, functions)
            yield from _literals(orelse, functions)
        case ast.Call(func=ast.Name(id=called)) if called in functions:
            for inner in ast.walk(functions[called]):
                if isinstance(inner, ast.Return) and inner.value is not None:
                    yield from _literals(inner.value, functions)
