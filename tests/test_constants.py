"""Values that both languages need stand once: diary/constants.json, read by Python, written into a module for the browser."""

import ast
import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from diary import constants
from tests.test_layers import ROOT

GROUPS: dict[str, dict[str, Any]] = json.loads((ROOT / "diary" / "constants.json").read_text("utf-8"))
VALUES = {name: value for group in GROUPS.values() for name, value in group.items()}
NAME = re.compile(r"[a-z0-9]+(_[a-z0-9]+)+")
# How a name ends says what is counted: a unit, or the things themselves.
UNITS = ("_bytes", "_ms", "_hours", "_days", "_minutes", "_kib", "_pixels", "_characters", "_words")
COUNTS = ("_passes", "_versions", "_files", "_limit", "_profiles")
# What both languages write down although it is no choice of ours: units of time, and sizes and marks of the formats, which
# docs/formats.md states and the vectors hold.
FORMATS = frozenset(
    {"DAY_MS", "HOUR_MS", "MINUTE_MS", "COMMENT_MOST", "DIGEST_BYTES", "ENC_BYTES", "FINGERPRINT_BYTES", "FIXED_BYTES"}
    | {"FLAGS", "FORMAT", "HEADER_LIMIT", "ID_BYTES", "ID_CHARS", "KEY_BYTES", "MODE", "NAME_BYTES", "SALT_BYTES"}
    | {"SLOT_BYTES", "SUITE_KEY", "SUITE_PERSON", "UNICODE_PATH"}
)
TS_NUMBER = re.compile(r"^(?:export )?const ([A-Z][A-Z0-9_]*)\b[^=\n]*= ([^;]*);", re.MULTILINE)
MODULE = "static/src/core/constants.ts"
READ = "import * as all from '{root}/static/js/core/constants.js'; process.stdout.write(JSON.stringify(all));"
# A sentence of the screens that says a value, and the value. The number stands there as a word or in figures.
SENTENCES = {
    ("features/handover", "hand.limits"): ("handover_openings_limit", "handover_days"),
    ("features/advocates", "adv.again_lead"): ("letter_kept_days",),
    ("features/advocates", "adv.renew"): ("grant_default_days",),
    ("features/entries", "pat.gap_long"): ("long_gap_days",),
    ("features/entry", "erase.go"): ("erasure_days",),
    ("features/entry", "erase.lead"): ("erasure_days",),
    ("features/entry", "hold.off_lead"): ("erasure_days",),
    ("shell", "words.short"): ("words_min_characters",),
    ("shell", "door.new_words_hint"): ("words_min_characters",),
    ("desk", "desk.new_words_hint"): ("words_min_characters",),
    ("desk", "desk.invite_shown"): ("invite_days",),
}
# The same for pages of docs/: the words before the values, each value with a comma at its thousands.
PAGES = {
    ("record.md", "text exactly as typed or received, up to"): ("text_limit_characters", "line_limit_characters"),
}
IN_WORDS = {5: "five", 7: "seven"}


def number(text: str) -> int | float | None:
    """The value of an expression of numbers alone, in either language; None for anything else."""
    if not re.fullmatch(r"[-+*/<() _0-9a-fA-Fox.]+", text) or not re.search("[0-9]", text):
        return None
    try:
        value = eval(text, {"__builtins__": {}})  # numbers and operators only
    except (SyntaxError, TypeError, NameError, ArithmeticError):
        return None
    return value if isinstance(value, (int, float)) else None


def python_numbers(source: str) -> Iterator[tuple[str, int | float]]:
    """Constants of a module that are given as numbers."""
    for node in ast.parse(source).body:
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            value = number(ast.unparse(node.value))
            if isinstance(target, ast.Name) and target.id.isupper() and value is not None:
                yield target.id.lstrip("_"), value


def browser_numbers(source: str) -> Iterator[tuple[str, int | float]]:
    """Constants of a browser's module that are given as numbers."""
    for name, text in TS_NUMBER.findall(source):
        value = number(text)
        if value is not None:
            yield name, value


def doubles(python: Mapping[str, str], browser: Mapping[str, str]) -> list[str]:
    """Each number that stands twice: under a name of constants.json, or under one name in both languages."""
    here = {path: list(python_numbers(source)) for path, source in python.items()}
    there = {path: list(browser_numbers(source)) for path, source in browser.items() if path != MODULE}
    shared = {name.upper() for name in VALUES}
    found = [
        f"{path}: {name} stands in constants.json"
        for path, rows in (here | there).items()
        for name, _ in rows
        if name in shared
    ]
    known = {row: path for path, rows in here.items() for row in rows}
    for path, rows in there.items():
        found.extend(
            f"{path}: {row[0]} stands in {known[row]} too" for row in rows if row in known and row[0] not in FORMATS
        )
    return found


def sources(folder: str, ending: str) -> dict[str, str]:
    """Path in the checkout → text."""
    return {
        path.relative_to(ROOT).as_posix(): path.read_text("utf-8")
        for path in sorted((ROOT / folder).rglob(f"*{ending}"))
    }


def test_python_has_each_value() -> None:
    """The module has each name of the file with its value, and no other."""
    read = {name: value for name, value in vars(constants).items() if name.isupper() and not name.startswith("_")}
    assert read == {name.upper(): tuple(value) if isinstance(value, list) else value for name, value in VALUES.items()}


def test_the_browser_has_each_value() -> None:
    """The module that browsers import has each name of the file with its value, and no other."""
    command = ["node", "--input-type=module", "-e", READ.format(root=ROOT.as_posix())]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == {name.upper(): value for name, value in VALUES.items()}


def test_names_say_their_unit() -> None:
    """No name stands twice, and each ends with a unit or with what is counted."""
    assert len(VALUES) == sum(len(group) for group in GROUPS.values()) > 80
    assert [name for name in VALUES if not NAME.fullmatch(name) or not name.endswith(UNITS + COUNTS)] == []


def test_the_page_explains_each() -> None:
    """docs/constants.md has a row for each value, in the file's order."""
    page = (ROOT / "docs" / "constants.md").read_text("utf-8")
    assert re.findall(r"^\| `([a-z0-9_]+)` \| \S", page, re.MULTILINE) == list(VALUES)


def test_no_value_stands_twice() -> None:
    """Neither language has a number of its own under a name of the file, nor both one number under one name."""
    python, browser = sources("diary", ".py"), sources("static/src", ".ts")
    assert len(python) > 300 and len(browser) > 400
    assert doubles(python, browser) == []


@pytest.mark.parametrize(
    ("python", "browser", "says"),
    [
        ("", "const MARKS_LIMIT = 2_000;", "static/src/a.ts: MARKS_LIMIT stands in constants.json"),
        (
            "",
            "export const ERASURE_DAYS: number = 3 * 2 + 1;",
            "static/src/a.ts: ERASURE_DAYS stands in constants.json",
        ),
        ("SESSION_DAYS: Final = 30", "", "diary/a.py: SESSION_DAYS stands in constants.json"),
        (
            "_NEW_LIMIT: Final = 4 << 10",
            "const NEW_LIMIT = 4 * 1024;",
            "static/src/a.ts: NEW_LIMIT stands in diary/a.py too",
        ),
    ],
)
def test_a_planted_double_is_found(python: str, browser: str, says: str) -> None:
    """Each kind of double is found when it is there."""
    assert doubles({"diary/a.py": python}, {"static/src/a.ts": browser}) == [says]


def test_what_is_no_double() -> None:
    """A value by way of the file, another number, and a size of a format are let be."""
    python = "MARKS_LIMIT: Final = constants.MARKS_LIMIT\nA_DAYS: Final = 3\nSALT_BYTES: Final = 16"
    assert doubles({"diary/a.py": python}, {"static/src/a.ts": "const A_DAYS = 4;\nconst SALT_BYTES = 16;"}) == []


@pytest.mark.parametrize(("folder", "key"), SENTENCES)
def test_screens_say_the_values(folder: str, key: str) -> None:
    """A sentence that states a value states the one that holds."""
    sentence = json.loads((ROOT / "static" / "src" / Path(folder) / "words.json").read_text("utf-8"))[key]
    for name in SENTENCES[(folder, key)]:
        said = str(VALUES[name])
        assert re.search(rf"\b(?:{said}|{IN_WORDS.get(VALUES[name], said)})\b", sentence), (name, sentence)


@pytest.mark.parametrize(("page", "words"), PAGES)
def test_pages_say_the_values(page: str, words: str) -> None:
    """A sentence of docs/ that states a value states the one that holds."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    (said,) = re.findall(rf"{re.escape(words)}([^|\n]*)", text)
    assert [name for name in PAGES[(page, words)] if f"{VALUES[name]:,}" not in said] == [], said
