"""Shared values are defined once: diary/constants.json, read by Python, and written to a module for the browser."""

import ast
import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from diary import constants
from tests.test_layers import PROJECT_ROOT

CONSTANT_GROUPS: dict[str, dict[str, Any]] = json.loads((PROJECT_ROOT / "diary" / "constants.json").read_text("utf-8"))
CONSTANT_VALUES = {name: value for group in CONSTANT_GROUPS.values() for name, value in group.items()}
CONSTANT_NAME = re.compile(r"[a-z0-9]+(_[a-z0-9]+)+")
# The end of a name states its unit, or what is counted.
UNIT_SUFFIXES = ("_bytes", "_ms", "_hours", "_days", "_minutes", "_kib", "_pixels", "_characters", "_words", "_bits")
COUNT_SUFFIXES = ("_passes", "_versions", "_files", "_limit", "_profiles", "_kinds", "_pages")
# Values both languages define because they are not ours to choose: units of time, and sizes and markers of the formats,
# which docs/formats.md states and the vectors check.
FORMAT_CONSTANTS = frozenset(
    {
        "DAY_MS",
        "DAY_MINUTES",
        "HOUR_MS",
        "MINUTE_MS",
        "COMMENT_MOST",
        "DIGEST_BYTES",
        "ENC_BYTES",
        "FINGERPRINT_BYTES",
        "FIXED_BYTES",
    }
    | {"CODE_BYTES", "SLOT_COUNT", "WORD_LIST_LENGTH"}
    | {
        "FORMAT",
        "REFUSED_FINDER_FLAGS",
        "HEADER_LIMIT",
        "ID_BYTES",
        "ID_CHARS",
        "KEY_BYTES",
        "MODE",
        "NAME_BYTES",
        "SALT_BYTES",
    }
    | {"SLOT_BYTES", "SUITE_KEY", "SUITE_PERSON", "UNICODE_PATH"}
)
TS_NUMBER = re.compile(r"^(?:export )?const ([A-Z][A-Z0-9_]*)\b[^=\n]*= ([^;]*);", re.MULTILINE)
BROWSER_MODULE = "static/src/core/constants.ts"
READ_BROWSER_CONSTANTS = (
    "import * as all from '{root}/static/js/core/constants.js'; process.stdout.write(JSON.stringify(all));"
)
# A sentence of the screens with a value, and the value, as a word or in digits.
VALUES_IN_SCREEN_TEXTS = {
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
# The same for pages of docs/: the words before the values, each with thousands separators.
VALUES_IN_PAGES = {
    ("record.md", "text exactly as typed or received, up to"): ("text_limit_characters", "line_limit_characters"),
}
NUMBER_WORDS = {5: "five", 7: "seven"}


def evaluate_number(text: str) -> int | float | None:
    """Return the value of an expression of numbers only, in either language; None for anything else."""
    if not re.fullmatch(r"[-+*/<() _0-9a-fA-Fox.]+", text) or not re.search("[0-9]", text):
        return None
    try:
        value = eval(text, {"__builtins__": {}})  # numbers and operators only
    except (SyntaxError, TypeError, NameError, ArithmeticError):
        return None
    return value if isinstance(value, (int, float)) else None


def python_numbers(source: str) -> Iterator[tuple[str, int | float]]:
    """Return the numeric constants of a Python module."""
    for node in ast.parse(source).body:
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            value = evaluate_number(ast.unparse(node.value))
            if isinstance(target, ast.Name) and target.id.isupper() and value is not None:
                yield target.id.lstrip("_"), value


def browser_numbers(source: str) -> Iterator[tuple[str, int | float]]:
    """Return the numeric constants of a browser module."""
    for name, text in TS_NUMBER.findall(source):
        value = evaluate_number(text)
        if value is not None:
            yield name, value


def duplicated_constants(python: Mapping[str, str], browser: Mapping[str, str]) -> list[str]:
    """Return the numbers defined twice: under a name of constants.json, or under one name in both languages."""
    python_constants = {path: list(python_numbers(source)) for path, source in python.items()}
    browser_constants = {
        path: list(browser_numbers(source)) for path, source in browser.items() if path != BROWSER_MODULE
    }
    shared = {name.upper() for name in CONSTANT_VALUES}
    faults = [
        f"{path}: {name} stands in constants.json"
        for path, rows in (python_constants | browser_constants).items()
        for name, _ in rows
        if name in shared
    ]
    path_by_constant = {row: path for path, rows in python_constants.items() for row in rows}
    for path, rows in browser_constants.items():
        faults.extend(
            f"{path}: {row[0]} stands in {path_by_constant[row]} too"
            for row in rows
            if row in path_by_constant and row[0] not in FORMAT_CONSTANTS
        )
    return faults


def sources(folder: str, ending: str) -> dict[str, str]:
    """Return the text of each file, by path."""
    return {
        path.relative_to(PROJECT_ROOT).as_posix(): path.read_text("utf-8")
        for path in sorted((PROJECT_ROOT / folder).rglob(f"*{ending}"))
    }


def test_python_has_each_value() -> None:
    """The module has exactly the file's names and values."""
    read = {name: value for name, value in vars(constants).items() if name.isupper() and not name.startswith("_")}
    assert read == {
        name.upper(): tuple(value) if isinstance(value, list) else value for name, value in CONSTANT_VALUES.items()
    }


def test_the_browser_has_each_value() -> None:
    """The browser's module has exactly the file's names and values."""
    command = ["node", "--input-type=module", "-e", READ_BROWSER_CONSTANTS.format(root=PROJECT_ROOT.as_posix())]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(result.stdout) == {name.upper(): value for name, value in CONSTANT_VALUES.items()}


def test_names_say_their_unit() -> None:
    """No name is repeated, and each ends with a unit or with what is counted."""
    assert len(CONSTANT_VALUES) == sum(len(group) for group in CONSTANT_GROUPS.values()) > 80
    assert [
        name
        for name in CONSTANT_VALUES
        if not CONSTANT_NAME.fullmatch(name) or not name.endswith(UNIT_SUFFIXES + COUNT_SUFFIXES)
    ] == []


def test_the_page_explains_each() -> None:
    """docs/constants.md has a row for each value, in the file's order."""
    page = (PROJECT_ROOT / "docs" / "constants.md").read_text("utf-8")
    assert re.findall(r"^\| `([a-z0-9_]+)` \| \S", page, re.MULTILINE) == list(CONSTANT_VALUES)


def test_no_value_stands_twice() -> None:
    """No number is defined in a language under a name of the file, or in both under one name."""
    python, browser = sources("diary", ".py"), sources("static/src", ".ts")
    assert len(python) > 300 and len(browser) > 400
    assert duplicated_constants(python, browser) == []


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
    """Each kind of duplicate is found."""
    assert duplicated_constants({"diary/a.py": python}, {"static/src/a.ts": browser}) == [says]


def test_what_is_no_double() -> None:
    """Imported values, other numbers and sizes of formats are allowed."""
    python = "MARKS_LIMIT: Final = constants.MARKS_LIMIT\nA_DAYS: Final = 3\nSALT_BYTES: Final = 16"
    assert (
        duplicated_constants({"diary/a.py": python}, {"static/src/a.ts": "const A_DAYS = 4;\nconst SALT_BYTES = 16;"})
        == []
    )


@pytest.mark.parametrize(("folder", "key"), VALUES_IN_SCREEN_TEXTS)
def test_screens_say_the_values(folder: str, key: str) -> None:
    """A sentence with a value has the current one."""
    sentence = json.loads((PROJECT_ROOT / "static" / "src" / Path(folder) / "words.json").read_text("utf-8"))[key]
    for name in VALUES_IN_SCREEN_TEXTS[(folder, key)]:
        stated_value = str(CONSTANT_VALUES[name])
        assert re.search(
            rf"\b(?:{stated_value}|{NUMBER_WORDS.get(CONSTANT_VALUES[name], stated_value)})\b", sentence
        ), (name, sentence)


@pytest.mark.parametrize(("page", "words"), VALUES_IN_PAGES)
def test_pages_say_the_values(page: str, words: str) -> None:
    """A sentence of docs/ with a value has the current one."""
    text = (PROJECT_ROOT / "docs" / page).read_text(encoding="utf-8")
    (stated_values,) = re.findall(rf"{re.escape(words)}([^|\n]*)", text)
    assert [
        name for name in VALUES_IN_PAGES[(page, words)] if f"{CONSTANT_VALUES[name]:,}" not in stated_values
    ] == [], stated_values
