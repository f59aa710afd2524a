"""docs/compliance.md is in step: every clause has a row, and everything a row names exists."""

from __future__ import annotations

import ast
import re
from functools import cache

import pytest

from tests.house.repository import ROOT, files, name, read, text_of

CLAUSES = """
3.1 3.2 3.3
4.1 4.2 4.3 4.4 4.5 4.6 4.7 4.8 4.9 4.10 4.11
5.1 5.2.1 5.2.2 5.2.3
5.3.1 5.3.2 5.3.3 5.3.4 5.3.5 5.3.6 5.3.7
5.4.1 5.4.2 5.4.3 5.4.4
5.5.1 5.5.2 5.5.3 5.5.4
6.1 6.2 6.3
""".split()
CITED = re.compile(r"\b[Cc]lauses? ((?:\d+(?:\.\d+)+(?:, | and )?)+)")


@cache
def rows() -> dict[str, tuple[str, str, str, str]]:
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in read("docs/compliance.md").splitlines()
        if re.match(r"\| \d", line)
    ]
    assert len({row[0] for row in cells}) == len(cells), "a clause has two rows"
    return {clause: (state, what, where, test) for clause, state, what, where, test in cells}


def quoted(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


@cache
def written() -> set[str]:
    """The names of all tests."""
    found = set()
    for path in files(".py"):
        if name(path).startswith("tests/"):
            nodes = ast.walk(ast.parse(text_of(path)))
            found |= {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    return {function for function in found if function.startswith("test_")}


def test_every_clause_has_one_row_and_nothing_else_has() -> None:
    assert list(rows()) == CLAUSES


@pytest.mark.parametrize("clause", CLAUSES)
def test_the_row_is_true_to_its_state(clause: str) -> None:
    state, what, where, _ = rows()[clause]
    assert state in ("done", "partly", "open")
    assert bool(quoted(where)) == (state != "open"), "what is done stands somewhere, what is open nowhere"
    assert ("missing:" in what) == (state == "partly"), "a clause that is partly done says what is missing"


@pytest.mark.parametrize("clause", CLAUSES)
def test_code_and_tests_named_in_the_row_exist(clause: str) -> None:
    _, _, where, test = rows()[clause]
    assert [path for path in quoted(where) if not (ROOT / path).exists()] == []
    assert set(quoted(test)) <= written()


@pytest.mark.parametrize("clause", CLAUSES)
def test_the_page_names_every_test_that_is_named_after_the_clause(clause: str) -> None:
    name_of_it = rf"test_(clause_)?{clause.replace('.', '_')}_(?!\d)"
    named_after = {test for test in written() if re.match(name_of_it, test)}
    part = re.search(rf"(?ms)^### {re.escape(clause)}\n(.*?)(?=^#|^<!--)", read("docs/compliance.md"))
    listed = quoted(part[1]) if part else []
    assert named_after == {test for test in listed if test.startswith("test_")}
    assert named_after or rows()[clause][0] != "done", "a clause is done when tests named after it hold it"


def test_the_code_cites_only_clauses_that_exist() -> None:
    cited = {
        (name(path), clause)
        for path in files(".py", ".ts", ".vue")
        for group in CITED.findall(text_of(path))
        for clause in re.findall(r"\d+(?:\.\d+)+", group)
    }
    assert {(path, clause) for path, clause in cited if clause not in CLAUSES} == set()


def test_a_file_that_enforces_a_clause_finds_it_in_the_table_as_begun() -> None:
    enforced = {
        clause
        for path in files(".py")
        if name(path).startswith("hall/")
        for clause in re.findall(r"# clause (\d[\d.]*\d)", text_of(path))
    }
    assert {clause for clause in enforced if rows()[clause][0] == "open"} == set()
