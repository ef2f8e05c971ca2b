"""Every warning of the app has a row in docs/warnings.md, with tests that it appears, and goes or stays by design."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests import claims
from tests.claims import PROJECT_ROOT

SCRIPT_SOURCES = PROJECT_ROOT / "static" / "src"
WARNINGS_PAGE = (PROJECT_ROOT / "docs" / "warnings.md").read_text(encoding="utf-8")
SECTIONS = claims.split_sections(WARNINGS_PAGE)
NOT_WARNINGS_SECTION = "What is not a warning"
WARNING_ROWS = [
    (section, row)
    for section, text in SECTIONS.items()
    if section != NOT_WARNINGS_SECTION
    for row in claims.table_rows(text)
]
# Modules where a code may become a sentence without a tap. Nothing else in the engine calls sentenceOf.
MODULES_WITH_WARNING_SENTENCES = {
    "diary/drafts/drafts.ts",
    "diary/index/showing.ts",
    "diary/sentences.ts",
    "diary/session/opening.ts",
    "diary/sync/syncing.ts",
    "features/attachments/picture_words.ts",  # its sentences answer a tap, also after an unlock
}


def read_module(path: str) -> str:
    """Return one module of the app."""
    return (SCRIPT_SOURCES / path).read_text(encoding="utf-8")


def read_modules(*folders: str) -> dict[str, str]:
    """Return every module of some folders, by its path below static/src/."""
    paths = [path for folder in folders for path in sorted((SCRIPT_SOURCES / folder).rglob("*.ts"))]
    return {path.relative_to(SCRIPT_SOURCES).as_posix(): path.read_text(encoding="utf-8") for path in paths}


def frozen_list_strings(name: str, text: str) -> list[str]:
    """Return the strings of a frozen list, included lists too. Raises AssertionError for an unknown list."""
    match = re.search(rf"export const {name}\b[^\n]*= Object\.freeze\(\[(.*?)\]\)", text, re.DOTALL)
    assert match, name
    included_lists = [
        code
        for list_name in re.findall(r"\.\.\.(\w+)", match.group(1))
        for code in frozen_list_strings(list_name, text)
    ]
    return included_lists + re.findall(r"'(\w+)'", match.group(1))


def standing_warning_codes(text: str) -> list[str]:
    """Return the keys of the warnings stored in the root."""
    match = re.search(r"export const STANDING\b[^\n]*= Object\.freeze\(\{(.*?)\n\}\)", text, re.DOTALL)
    assert match
    return re.findall(r"^  (\w+): ", match.group(1), re.MULTILINE)


def frame_message_keys(text: str) -> set[str]:
    """Return the text keys of the lines above every page, without those of their buttons."""
    labels = set(re.findall(r"(?:\bbutton\(|\blinkTo\(stage, )t\('([a-z_.]+)'\)", text))
    calls = " ".join(re.findall(r"\btn?\(([^()]*)", text))
    return set(re.findall(r"'((?:frame|server|erase|adv)\.[a-z_]+)'", calls)) - labels


def warning_codes_in_section(section: str) -> list[str]:
    """Return the codes in the rows of a section, in order."""
    return [row[0].strip("`") for row in claims.table_rows(SECTIONS[section])]


def documented_non_warnings() -> set[str]:
    """Return what the page lists as not a warning."""
    return set(re.findall(r"`([^`]+)`", SECTIONS[NOT_WARNINGS_SECTION]))


@pytest.mark.parametrize(
    ("section", "codes"),
    [
        ("Sync", frozen_list_strings("OF_RUNS", read_module("diary/warnings.ts"))),
        ("One entry", frozen_list_strings("OF_ENTRIES", read_module("diary/warnings.ts"))),
        ("Warnings that persist", standing_warning_codes(read_module("diary/warnings.ts"))),
    ],
)
def test_every_code_has_one_row_and_every_row_a_code(section: str, codes: list[str]) -> None:
    """The lists of the app and the tables of the page have the same codes."""
    assert codes
    assert sorted(warning_codes_in_section(section)) == sorted(codes)


def test_every_code_has_a_sentence() -> None:
    """A code without a sentence would be shown as a server error. The sentences are in diary/sentences.ts."""
    warnings = read_module("diary/warnings.ts")
    codes = {
        *frozen_list_strings("OF_RUNS", warnings),
        *frozen_list_strings("OF_ENTRIES", warnings),
        *standing_warning_codes(warnings),
    }
    tables = read_module("diary/sentences.ts") + read_module("core/errors.ts")
    lacking = codes - set(re.findall(r"^  (\w+):", tables, re.MULTILINE))
    assert not lacking, f"add to SENTENCES in static/src/diary/sentences.ts: {sorted(lacking)}"


def test_every_line_above_a_page_has_a_row_or_is_said_to_be_none() -> None:
    """A new line in the frame is a warning with tests, or listed as not a warning."""
    known = set(warning_codes_in_section("Lines above every page"))
    message_keys = frame_message_keys(read_module("app/notices.ts"))
    assert known <= message_keys, known - message_keys
    allowed = known | documented_non_warnings() | FRAME_KEYS_THAT_ARE_NO_WARNINGS
    assert message_keys <= allowed, message_keys - allowed


# The lock's countdown, the button that opens the list, and what a sign-in's line says of it.
FRAME_KEYS_THAT_ARE_NO_WARNINGS = {
    "frame.close",
    "frame.locking",
    "frame.locking_soon",
    "frame.notices",
    "frame.notices_all",
    "frame.notices_read",
    "frame.sign_in_code",
    "frame.sign_in_out",
    "frame.sign_in_still",
    "frame.sign_ins_more",
    "frame.sign_ins_top",
}


def test_every_mark_of_an_entry_has_a_row() -> None:
    """Each flag a screen reads, and each reason that prevents "kept safe", has a row."""
    marks = set(warning_codes_in_section("At an entry, a list or a pack"))
    screens = "\n".join(read_modules("app", "components", "features").values())
    flags = set(re.findall(r"\bflags\.includes\('(\w+)'\)", screens))
    assert flags and flags <= marks, flags - marks
    reasons = re.search(r"why\?: ([^;]+);", read_module("diary/types.ts"))
    assert reasons
    assert set(re.findall(r"'(\w+)'", reasons.group(1))) <= marks | documented_non_warnings()


def test_a_code_becomes_a_sentence_in_these_modules_only() -> None:
    """A new warning in another module of the engine must use one of the lists."""
    from_engine = re.compile(r"\bsentenceOf\b[^;]*? from '[^']*/sentences\.js'|\bfunction sentenceOf\(")
    modules = read_modules("app", "diary", "features")
    assert {
        name for name, text in modules.items() if from_engine.search(text) and "sentenceOf(" in text
    } == MODULES_WITH_WARNING_SENTENCES


@pytest.mark.parametrize(
    ("section", "row"), WARNING_ROWS, ids=[f"{section}: {row[0]}" for section, row in WARNING_ROWS]
)
def test_every_row_names_tests_that_exist(section: str, row: list[str]) -> None:
    """Each row names a test that the warning appears, and one that it goes; a permanent one says why."""
    assert len(row) == 5, section
    for cell in row[3:]:
        named = claims.named_tests(cell)
        assert named, f"{row[0]}: no test"
        for test in named:
            path, _, name = test.partition("::")
            assert Path(PROJECT_ROOT, path).is_file(), path
            assert name in claims.test_names_in(path), test
    if "**stays**" in row[2]:
        assert len(row[2]) > len("**stays**, for"), f"{row[0]} does not say why it stays"


def test_the_lists_are_read_as_they_stand() -> None:
    """An included list and a new line of the frame are found."""
    text = "export const A = Object.freeze(['x']);\nexport const B = Object.freeze([...A, 'y', 'z']);\n"
    assert frozen_list_strings("B", text) == ["x", "y", "z"]
    assert standing_warning_codes("export const STANDING = Object.freeze({\n  one: ({ a }) => a,\n  two: b,\n});") == [
        "one",
        "two",
    ]
    assert frame_message_keys(
        "html`<div class=\"line\"><span>${t('frame.new')}</span>${button(t('frame.do'))}</div>`"
    ) == {"frame.new"}
