"""Style sheets name no side, so that right-to-left pages are mirrored, arrows and their space included."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from diary.paths import STATIC, TEMPLATES

SHEETS = sorted([*(STATIC / "src").rglob("*.css"), *TEMPLATES.glob("*.css")])
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
DECLARATION = re.compile(r"[;{]\s*([a-z-]+)\s*:\s*([^;{}]+)")
# A value may have a function's brackets with spaces inside.
VALUE = re.compile(r"(?:[^\s()]|\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\))+")
SIDE_PROPERTY = re.compile(r"^(?:(?:margin|padding|border)-(?:left|right)\b.*|left|right)$")


def one_sided_declarations(sheet: str) -> Iterator[str]:
    """Return declarations that would not be mirrored."""
    for name, value in DECLARATION.findall(COMMENT.sub("", sheet)):
        parts = VALUE.findall(value)
        if SIDE_PROPERTY.match(name) or (name in ("float", "clear") and parts[0] in ("left", "right")):
            yield f"{name}: {value}"
        if name in ("padding", "margin", "inset") and len(parts) == 4 and parts[1] != parts[3]:
            yield f"{name}: {value}"
        if name == "border-radius" and "/" not in parts and len(parts) > 1:
            first, second, third, fourth = (parts * 2)[:4] if len(parts) == 2 else (*parts, parts[1])[:4]
            if first != second or third != fourth:
                yield f"{name}: {value}"


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_no_declaration_names_a_side(path: Path) -> None:
    """Padding, margins, insets and corners are symmetric, or use start and end."""
    assert list(one_sided_declarations(path.read_text(encoding="utf-8"))) == []


ONE_SIDED_EXAMPLES = [
    "padding: 1rem 3rem 1rem 0",
    "margin-left: 1rem",
    "left: 0",
    "float: right",
    "border-radius: 1rem 0 0 1rem",
]
SYMMETRIC_EXAMPLE = (
    "a { padding: 1px 2px 3px; margin: 0 auto 1px; border-radius: 1em 1em 0 0; "
    "inset: 0 calc(1px + (2em)) 0 calc(1px + (2em)) }"
)


@pytest.mark.parametrize("wrong", ONE_SIDED_EXAMPLES)
def test_a_one_sided_declaration_is_found(wrong: str) -> None:
    """A one-sided declaration is found; symmetric ones are allowed."""
    assert list(one_sided_declarations(f"a {{ color: red; {wrong}; }}")) == [wrong]
    assert not list(one_sided_declarations(SYMMETRIC_EXAMPLE))
