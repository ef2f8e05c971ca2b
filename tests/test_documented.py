"""What the code names, the docs name: settings, error codes, audiences, vocabulary codes.

The tables of the code are the source; a name that is missing from docs/, or that stands in docs/ and no longer in
the code, fails. Phrases are never asserted.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from diary import errors
from diary.config import SETTINGS
from diary.web.routes import ROUTES

ROOT = Path(__file__).resolve().parent.parent
DOCS = {p.relative_to(ROOT).as_posix(): p.read_text() for p in sorted((ROOT / "docs").rglob("*.md"))}
CODE_SPAN = re.compile(r"`([^`\n]+)`")
# Settings of the project's own are written in capitals with this beginning and nowhere else.
SETTING_NAME = re.compile(r"\bDIARY_[A-Z_]+\b")


def written_codes(texts: Iterable[str]) -> set[str]:
    """Every name that stands as code somewhere in `texts`, lists in one span taken apart."""
    return {name for text in texts for span in CODE_SPAN.findall(text) for name in re.split(r"[\s,|·:/]+", span)}


def missing(names: Iterable[str], texts: Iterable[str]) -> list[str]:
    """The `names` that no text writes as code."""
    written = written_codes(texts)
    return sorted(name for name in set(names) if name not in written)


def error_codes(top: type[errors.KeptError] = errors.KeptError) -> Iterator[str]:
    """The code of every class in the tree."""
    yield top.code
    for below in top.__subclasses__():
        yield from error_codes(below)


def vocabulary_codes(value: Any) -> Iterator[str]:
    """Every code in vocabulary.json, however deep."""
    if isinstance(value, dict):
        if isinstance(value.get("code"), str):
            yield value["code"]
        for inner in value.values():
            yield from vocabulary_codes(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from vocabulary_codes(inner)


def test_every_setting_is_documented_with_its_default() -> None:
    """docs/settings.md has a row for each setting, in the code's words, with the code's default."""
    page = DOCS["docs/settings.md"]
    rows = {line for line in page.splitlines() if line.startswith("| `DIARY_")}
    expected = {
        f"| `{s.name}` | {'worked out' if s.default is None else f'`{s.default}`'} | {s.explained} |"
        for s in SETTINGS
    }
    assert rows == expected


def test_no_page_speaks_of_a_setting_that_is_gone() -> None:
    """Each DIARY_ name in the docs and the README is a setting."""
    texts = [*DOCS.values(), (ROOT / "README.md").read_text()]
    named = {name for text in texts for name in SETTING_NAME.findall(text)}
    assert named <= {s.name for s in SETTINGS}


def test_every_error_code_is_documented() -> None:
    """Each class of diary/errors.py has its code in the docs."""
    assert missing(error_codes(), DOCS.values()) == []


def test_every_audience_is_documented() -> None:
    """Each audience a route names is explained in docs/api.md."""
    assert missing({row.audience.value for row in ROUTES}, [DOCS["docs/api.md"]]) == []


def test_every_vocabulary_code_is_documented() -> None:
    """Each code of diary/record/vocabulary.json stands in docs/record.md."""
    vocabulary = json.loads((ROOT / "diary/record/vocabulary.json").read_text())
    codes = list(vocabulary_codes(vocabulary))
    assert len(codes) > 150
    assert missing(codes, [DOCS["docs/record.md"]]) == []


def test_a_name_without_a_page_is_found() -> None:
    """The checker names what is missing and takes lists in one span apart."""
    assert missing({"one", "two", "three"}, ["`one · two`", "three in plain words"]) == ["three"]
    assert list(vocabulary_codes({"a": {"codes": [{"code": "x"}, {"code": "y"}]}})) == ["x", "y"]
