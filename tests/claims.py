"""Claims and the tests that try them, as docs/threats.md and docs/promises.md name them; and no test that is skipped unseen."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
# What makes pytest or unittest leave a test out, or forgive its failure.
LEAVES_OUT = {"skip", "skipif", "xfail", "importorskip", "skipTest", "skipUnless", "skipIf", "expectedFailure"}
ID = r"[A-Z]+-\d+|T\d+-\d+"
_ITEM = re.compile(rf"- \*\*({ID})\*\* (.*)", re.DOTALL)
_TEST = re.compile(r"`(tests/[^`:]+::[^`]+)`")
_NODE_TEST = re.compile(r"""(?<![\w.])test\(\s*(?:'((?:\\.|[^'\\])*)'|"((?:\\.|[^"\\])*)"|`((?:\\.|[^`\\$])*)`)\s*,""")


@dataclass(frozen=True)
class Claim:
    """One claim: its id, its sentence without the tests, and the tests as `path::name`."""

    id: str
    text: str
    tests: tuple[str, ...]


def named_tests(text: str) -> tuple[str, ...]:
    """Every test that a text names, in order. A name that is broken over lines is read as one."""
    return tuple(_TEST.findall(re.sub(r"\n\s+", " ", text)))


def listed(section: str) -> tuple[list[Claim], list[str]]:
    """The claims of a list, and each line or item of it that is no claim."""
    claims, others = [], []
    for block in re.split(r"\n(?=- |\S)", section.strip()):
        item = _ITEM.fullmatch(block.strip())
        if item is None:
            others.append(block.strip())
            continue
        sentence, _, tried = item.group(2).partition("Tried by ")
        claims.append(Claim(item.group(1), " ".join(sentence.split()), named_tests(tried)))
    return claims, [one for one in others if one]


def rows(section: str) -> list[list[str]]:
    """The cells of each row of the tables of a section, heads and rules left out."""
    lines = [line for line in section.splitlines() if line.startswith("|")]
    heads = {at for at, line in enumerate(lines[1:]) if re.fullmatch(r"[|\- :]+", line)}
    kept = [line for at, line in enumerate(lines) if at not in heads and at - 1 not in heads]
    return [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in kept]


def sections(page: str) -> dict[str, str]:
    """The parts of a page by their second-level headings."""
    found = re.split(r"^## (.+)$", page, flags=re.MULTILINE)[1:]
    return dict(zip(found[::2], found[1::2], strict=True))


@cache
def names_in(path: str) -> frozenset[str]:
    """The names of the tests of one file: functions of Python's, literal first arguments of `test(` of Node's.

    Raises FileNotFoundError when there is no such file.
    """
    source = (ROOT / path).read_text(encoding="utf-8")
    if path.endswith(".py"):
        nodes = ast.walk(ast.parse(source))
        return frozenset(
            n.name
            for n in nodes
            if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef) and n.name.startswith("test_")
        )
    return frozenset(re.sub(r"\\(.)", r"\1", "".join(parts)) for parts in _NODE_TEST.findall(source))


def left_out(source: str) -> Iterator[str]:
    """Each way in which a Python file of tests leaves one out or forgives it, by the line it stands on."""
    for node in ast.walk(ast.parse(source)):
        name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
        if name in LEAVES_OUT:
            yield f"{name}, line {node.lineno}"  # type: ignore[attr-defined]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Make a test that was skipped a failure: a claim that nothing tried would stand as tried."""
    report: pytest.TestReport = yield  # type: ignore[misc, assignment]
    if report.skipped:
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, and no test is."
    return report  # type: ignore[return-value]
