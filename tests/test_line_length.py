"""No line of the browser's code, its tests or its build scripts is longer than 120 columns."""

from pathlib import Path

import pytest

PROJECT_ROOT = Path(__file__).resolve().parent.parent
LINE_LIMIT = 120
SOURCES = [
    *(PROJECT_ROOT / "static" / "src").rglob("*.ts"),
    *(PROJECT_ROOT / "static" / "src").rglob("*.css"),
    *(PROJECT_ROOT / "tests").rglob("*.mjs"),
    *(PROJECT_ROOT / "tests").glob("*/*/*.js"),
    *(PROJECT_ROOT / "tests" / "bench").glob("*.js"),
    *(PROJECT_ROOT / "tests" / "browser").rglob("*.py"),
    *(PROJECT_ROOT / "tests" / "browser").rglob("*.ts"),
    *(PROJECT_ROOT / "tests" / "browser").rglob("*.js"),
    *(PROJECT_ROOT / ".ci").glob("*.mjs"),
]


def long_lines(text: str) -> list[int]:
    """Return the numbers of the lines that are too long."""
    return [number for number, line in enumerate(text.splitlines(), 1) if len(line) > LINE_LIMIT]


def test_no_line_is_too_long() -> None:
    """Formatters break code; regular expressions, comments and sentences are broken by hand."""
    assert len(SOURCES) > 700
    faults = {path.relative_to(PROJECT_ROOT).as_posix(): long_lines(path.read_text("utf-8")) for path in SOURCES}
    assert {name: lines for name, lines in faults.items() if lines} == {}


@pytest.mark.parametrize(("text", "lines"), [("a" * 120, []), ("a\n" + "é" * 121 + "\nb", [2])])
def test_a_long_line_is_found(text: str, lines: list[int]) -> None:
    """Characters are counted, not bytes."""
    assert long_lines(text) == lines
