"""A file holds one idea and a function one thought: no module over 400 lines, no function over 50.

The aim is 300 and 40; the ceiling is where a second idea is sure to be hiding.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.test_layers import ROOT, js_sources, without_comments

MODULE_LINES = 400
FUNCTION_LINES = 50
FUNCTION_START = re.compile(
    r"""^(?P<indent>[ \t]*)(?:export\s+(?:default\s+)?)?(?:
          (?:async\s+)?function\b\s*\*?\s*(?P<name>\w*)[^\n]*\{\s*$
        | (?:static\s+)?(?:async\s+)?(?:get\s+|set\s+)?[*\#]?
          (?P<method>(?!if\b|for\b|while\b|switch\b|catch\b|with\b)\w+)\s*\([^\n;]*\)\s*\{\s*$
        | (?:const|let)\s+(?P<arrow>\w+)\s*=\s*(?:async\s*)?(?:\([^\n]*\)|\w+)\s*=>\s*\{\s*$
    )""",
    re.VERBOSE | re.MULTILINE,
)


def python_faults(name: str, source: str) -> Iterator[str]:
    """The module or functions of one Python file that are too long."""
    lines = source.count("\n")
    if lines > MODULE_LINES:
        yield f"{name}: {lines} lines"
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > FUNCTION_LINES:
                yield f"{name}: {node.name} has {length} lines"


def javascript_faults(name: str, source: str) -> Iterator[str]:
    """The module or functions of one script that are too long.

    Functions are told by their first line and end at the first closing brace of the same indent, which is
    how all of ours are laid out; a function that spells its parameters over several lines is measured
    from the line that opens its body.
    """
    lines = source.split("\n")
    if len(lines) - 1 > MODULE_LINES:
        yield f"{name}: {len(lines) - 1} lines"
    for found in FUNCTION_START.finditer(source):
        first = source.count("\n", 0, found.start())
        closing = found["indent"] + "}"
        last = next((i for i in range(first + 1, len(lines)) if lines[i].startswith(closing)), first)
        if last - first + 1 > FUNCTION_LINES:
            called = found["name"] or found["method"] or found["arrow"] or "a function"
            yield f"{name}: {called} has {last - first + 1} lines"


def test_python_stays_small() -> None:
    """Every module and function of diary/, tests/ and .ci/ is under its ceiling."""
    files = [p for folder in ("diary", "tests", ".ci") for p in sorted((ROOT / folder).rglob("*.py"))]
    assert [f for p in files for f in python_faults(str(p.relative_to(ROOT)), p.read_text())] == []


def test_javascript_stays_small() -> None:
    """Every script and function of static/ and tests/js is under its ceiling."""
    tests = sorted(Path(ROOT, "tests/js").rglob("*.*js"))
    sources = js_sources() | {str(p.relative_to(ROOT)): p.read_text() for p in tests}
    assert [f for name, text in sources.items() for f in javascript_faults(name, text)] == []


def test_the_ceilings_are_held() -> None:
    """A planted long module and long functions are named in both languages."""
    body = "    x = 1\n" * FUNCTION_LINES
    assert list(python_faults("a.py", "def long():\n" + body)) == ["a.py: long has 51 lines"]
    assert list(python_faults("a.py", "async def long():\n" + body)) == ["a.py: long has 51 lines"]
    assert list(python_faults("a.py", "\n" * 401)) == ["a.py: 401 lines"]
    body = "  x();\n" * FUNCTION_LINES
    for start, name in (
        ("export async function long(a, b) {", "long"),
        ("const long = async (a) => {", "long"),
        ("class A {\n  async long(a) {", "long"),
    ):
        indent = "  " if "class" in start else ""
        (fault,) = javascript_faults("a.js", f"{start}\n{body}{indent}}}\n")
        assert fault.startswith(f"a.js: {name} has 52")
    assert list(javascript_faults("a.js", "\n" * 401)) == ["a.js: 401 lines"]
    assert without_comments("a /* b */ c") == "a   c"
