"""Claims of docs/threats.md and docs/promises.md with the tests that check them, and detection of skipped tests."""

from __future__ import annotations

import ast
import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

PROJECT_ROOT = Path(__file__).resolve().parent.parent
# Calls and decorators with which pytest or unittest skip a test or accept its failure.
SKIPPING_NAMES = {"skip", "skipif", "xfail", "importorskip", "skipTest", "skipUnless", "skipIf", "expectedFailure"}
CLAIM_ID = r"[A-Z]+-\d+|T\d+-\d+"
_CLAIM_ITEM = re.compile(rf"- \*\*({CLAIM_ID})\*\* (.*)", re.DOTALL)
_TEST_REFERENCE = re.compile(r"`(tests/[^`:]+::[^`]+)`")
_NODE_TEST = re.compile(r"""(?<![\w.])test\(\s*(?:'((?:\\.|[^'\\])*)'|"((?:\\.|[^"\\])*)"|`((?:\\.|[^`\\$])*)`)\s*,""")


@dataclass(frozen=True)
class DocumentedClaim:
    """One claim: its id, its sentence without the tests, and the tests as `path::name`."""

    id: str
    text: str
    tests: tuple[str, ...]


def named_tests(text: str) -> tuple[str, ...]:
    """Return every test that a text names, in order. Names broken over lines are joined."""
    return tuple(_TEST_REFERENCE.findall(re.sub(r"\n\s+", " ", text)))


def parse_claims(section: str) -> tuple[list[DocumentedClaim], list[str]]:
    """Return the claims of a list, and each of its lines or items that is not a claim."""
    claims, unparsed = [], []
    for block in re.split(r"\n(?=- |\S)", section.strip()):
        item = _CLAIM_ITEM.fullmatch(block.strip())
        if item is None:
            unparsed.append(block.strip())
            continue
        sentence, _, test_references = item.group(2).partition("Tried by ")
        claims.append(DocumentedClaim(item.group(1), " ".join(sentence.split()), named_tests(test_references)))
    return claims, [text for text in unparsed if text]


def table_rows(section: str) -> list[list[str]]:
    """Return the cells of each table row in a section, without headers and rules."""
    lines = [line for line in section.splitlines() if line.startswith("|")]
    heading_lines = {index for index, line in enumerate(lines[1:]) if re.fullmatch(r"[|\- :]+", line)}
    body_lines = [
        line for index, line in enumerate(lines) if index not in heading_lines and index - 1 not in heading_lines
    ]
    return [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in body_lines]


def split_sections(page: str) -> dict[str, str]:
    """Return the parts of a page by their second-level headings."""
    parts = re.split(r"^## (.+)$", page, flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


@cache
def test_names_in(path: str) -> frozenset[str]:
    """Return the names of the tests in one file: Python functions, or literal first arguments of `test(` in Node.

    Raises FileNotFoundError when there is no such file.
    """
    source = (PROJECT_ROOT / path).read_text(encoding="utf-8")
    if path.endswith(".py"):
        nodes = ast.walk(ast.parse(source))
        return frozenset(
            n.name
            for n in nodes
            if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef) and n.name.startswith("test_")
        )
    return frozenset(re.sub(r"\\(.)", r"\1", "".join(parts)) for parts in _NODE_TEST.findall(source))


def skipped_tests(source: str) -> Iterator[str]:
    """Return each way in which a Python test file skips a test or accepts its failure, by line."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute | ast.Name):
            name = node.attr if isinstance(node, ast.Attribute) else node.id
            if name in SKIPPING_NAMES:
                yield f"{name}, line {node.lineno}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Make a skipped test fail: its claim would otherwise count as checked."""
    report = yield
    if report.skipped:
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, and no test is."
    return report
