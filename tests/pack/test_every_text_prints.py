"""Whatever a person can save or be sent is printed: any code point, any two side by side, and words without end."""

import io
import itertools
import random
import string
import sys
import zipfile
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, Final

import pypdf
import pytest

from diary import isolation
from diary.pack.capsule.builder import build_capsule
from diary.pack.documents.chronology import chronology_data
from diary.pack.documents.method import method_data
from diary.pack.documents.typesetting import typeset_page
from diary.pack.documents.unprintable import PrintsWithout, RetryLimit, find_unprintable
from diary.pack.printable_text import break_long_words, escape_unprintable, paragraphs, printable_data
from diary.services.packs.worker_process import read_unprinted_labels
from tests.pack.conftest import build_front_part_and_unprinted
from tests.pack.fictional_diary import DAY_MS, START_MS, FictionalDiary, draw_screenshot, incident_fields
from tests.pack.odd_values import add_odd_records
from tests.pack.test_documents import contents_for, page_text

# One or more of each class, and of each script, with a font or without one.
DEFAULT_IGNORABLE: Final = (
    "\u00ad\u034f\u061c\u115f\u17b4\u180b\u180e\u200b\u200c\u200d\u200e\u2060\u2064\u2065\u206a\u3164\ufeff\uffa0\ufff0"
    "\U0001bca0\U0001d173"
)
DIRECTION: Final = "\u200f\u202a\u202e\u2066\u2069"
SELECTORS: Final = "\ufe00\ufe0e\ufe0f\U000e0100"
TAGS: Final = "\U000e0001\U000e0067\U000e007f"
PRIVATE_USE: Final = "\ue000\U000f0000\U0010ffff"
CONTROLS: Final = "\x00\x0b\x7f\x85\u2028\u2029\ufff9\ufffc\ufffd\uffff"
COMBINING: Final = "\u0301\u20e3\u035f\u0483\u05b0\u064b\u0670\u093c\u094d\u093f\u09cd\u0a4d\u3099"
EMOJI: Final = "\u2764\U0001f469\U0001f3fd\U0001f1ec\U0001f3f4\U0001f600"
SCRIPTS: Final = (
    "A1 _/-\u03b1\u0416\u05d0\u0627\u06cc\u06c1\u0679\u0600\u06dd\u0915\u0995\u0a15\u0a95\u0e01\u1100\uac00\u3042\u4e00"
    "\U00020000\u13a0\u10d0\u0531\u1200\U0001d400\ufb01\ufdfd"
)
REPRESENTATIVES: Final = (
    DEFAULT_IGNORABLE + DIRECTION + SELECTORS + TAGS + PRIVATE_USE + CONTROLS + COMBINING + EMOJI + SCRIPTS
)
LINES_PER_ENTRY: Final = 200


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("a\u2060\ufeffb", "a[U+2060][U+FEFF]b"),
        ("co\u00adop", "co[U+00AD]op"),
        ("\u200eimage", "[U+200E]image"),
        # Joiners inside Persian, Urdu and Hindi words, and nowhere else.
        ("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"),
        ("\u06f1\u06f2\u200c\u0633\u0627\u0644\u0647", "\u06f1\u06f2\u200c\u0633\u0627\u0644\u0647"),
        ("\u0915\u094d\u200d\u0937", "\u0915\u094d\u200d\u0937"),
        ("\u0647\u200d.", "\u0647\u200d."),
        ("\u0645\u06cc\u200c \u062e", "\u0645\u06cc[U+200C] \u062e"),
        ("\u0645\u200c\u200c\u062e", "\u0645[U+200C][U+200C]\u062e"),
        ("a\u200cb\u200dc", "a[U+200C]b[U+200D]c"),
        # Emoji: a heart, a family, a keycap, three flags.
        ("\u2764\ufe0f", "\u2764\ufe0f"),
        ("\U0001f469\U0001f3fd\u200d\U0001f4bb", "\U0001f469\U0001f3fd\u200d\U0001f4bb"),
        ("\U0001f3f3\ufe0f\u200d\U0001f308", "\U0001f3f3\ufe0f\u200d\U0001f308"),
        ("1\ufe0f\u20e3", "1\ufe0f\u20e3"),
        *(
            (flag, flag)
            for letters in ("gbeng", "gbsct", "gbwls")
            for flag in ["\U0001f3f4" + "".join(chr(0xE0000 + ord(letter)) for letter in letters) + "\U000e007f"]
        ),
        ("1\ufe0f", "1[U+FE0F]"),
        ("\u200d\U0001f308", "[U+200D]\U0001f308"),
        ("\U0001f3f4\U000e0068\U000e0069\U000e007f", "\U0001f3f4[U+E0068][U+E0069][U+E007F]"),
        ("\U0001f600\U000e0068", "\U0001f600[U+E0068]"),
        ("a" + "\u0301" * 31, "a" + "\u0301" * 30 + "[U+0301]"),
    ],
)
def test_what_draws_nothing_is_shown_unless_text_needs_it(typed: str, expected: str) -> None:
    """Default-ignorable code points are shown as [U+…]; joiners and selectors stay where they are needed to read."""
    assert escape_unprintable(typed) == expected


def test_to_escape_twice_changes_nothing() -> None:
    """Random runs of every class are the same after a second time, also when a neighbour was escaped."""
    chance = random.Random(7)
    for _ in range(5_000):
        once = escape_unprintable("".join(chance.choices(REPRESENTATIVES, k=6)))
        assert escape_unprintable(once) == once, ascii(once)


def test_a_long_word_gets_places_to_break() -> None:
    """Words of up to 64 characters stay whole, and addresses of pages. Marks and emoji sequences are not parted."""
    assert break_long_words("f" * 64) == "f" * 64
    address = "https://example.org/" + "a" * 60 + "/?page=" + "b" * 40
    assert break_long_words(address) == address
    assert break_long_words("https://" + "a" * 68).split("\u200b") == ["https://" + "a" * 16, *["a" * 16] * 3, "a" * 4]
    family = "\U0001f469\u200d\U0001f469\u200d\U0001f467"
    for word in (family * 20, "e\u0301" * 40, "\U0001f1ec\U0001f1e7" * 40, "\U0001f44b\U0001f3fd" * 40):
        broken = break_long_words(word)
        assert broken.replace("\u200b", "") == word
        for piece in broken.split("\u200b"):
            assert len(piece) <= 64 and piece[0] not in "\u0301\u200d\U0001f3fd", ascii(piece)
            assert piece[-1] != "\u200d", ascii(piece)


def test_nothing_reaches_a_template_unescaped() -> None:
    """Whichever field a text was typed in, the data of a document has none of its unprintable characters."""
    diary = FictionalDiary()
    add_odd_records(diary, START_MS)
    diary.add("incident", incident_fields(START_MS, "\u2060\ufeff"))
    data: Any = printable_data(chronology_data(contents_for(diary)))
    embedded = data.pop("narratives")
    printed = str(data)
    assert "[U+2060][U+FEFF]" in printed and "[U+202E]" in printed
    assert not {"\u2060", "\ufeff", "\u202e", "\x00"} & set(printed)
    assert embedded[-1]["text"] == "\u2060\ufeff"


async def print_entries(narratives: list[str], tmp_path: Path) -> list[pypdf.PageObject]:
    """Return the pages of 01 that the real worker made of one entry for each narrative."""
    diary = FictionalDiary()
    for number, narrative in enumerate(narratives):
        diary.add("incident", incident_fields(START_MS + number * DAY_MS, narrative), at_ms=START_MS + number * DAY_MS)
    raw = build_capsule(diary.versions, diary.wish(), diary.public_keys)
    front_path, unprinted = await build_front_part_and_unprinted(diary, raw, tmp_path / "front.zip")
    assert unprinted == ()
    with zipfile.ZipFile(front_path) as front:
        return list(pypdf.PdfReader(io.BytesIO(front.read("data/servable/01_chronology.pdf"))).pages)


async def test_any_two_classes_side_by_side_are_printed(tmp_path: Path) -> None:
    """The worker typesets every pair of one representative per class, in a word and alone."""
    pairs = ["".join(pair) for pair in itertools.product(REPRESENTATIVES, repeat=2)]
    lines = [line.replace("\n", "") for pair in pairs for line in (f"x{pair}y", pair)]
    entries = ["\n".join(lines[at : at + LINES_PER_ENTRY]) for at in range(0, len(lines), LINES_PER_ENTRY)]
    pages = await print_entries(entries, tmp_path)
    assert any("[U+2060]" in page_text(page) for page in pages)


async def test_words_without_end_are_printed(tmp_path: Path) -> None:
    """A flood of one letter, of joined emoji, of marks and of letters of another script are printed."""
    floods = [
        "a" * 65_536,
        "\U0001f469\u200d" * 10_000,
        "a" + "\u0301" * 3_000,
        "\u06af\u06be\u0631" * 11_000,
    ]
    pages = (await print_entries(floods, tmp_path))[:45]
    lines = [line for page in pages for line in page.extract_text().splitlines()]
    of_one_letter = [line for line in lines if set(line) == {"a"} and len(line) > 1]
    assert sum(line.count("a") for line in of_one_letter) == 65_536
    assert max(map(len, of_one_letter)) < 100, "a line runs off the column"


@pytest.mark.parametrize(
    "word",
    [
        "quizvexdamp",
        "\u06af\u06be\u0631\u0679",
        "\u0915\u0916\u0917\u0918",
        "\u0a15\u0a16\u0a17",
        "\u0995\u0996\u0997",
        "\u4e00\u4e8c\u4e09",
    ],
)
async def test_a_place_to_break_is_not_copied_with_a_letter(word: str, tmp_path: Path) -> None:
    """A long address changes no other word of the document: it is still found, and copied as it was typed."""
    pages = await print_entries([f"{word * 40} {word}"], tmp_path)
    assert "\u200b" not in "".join(page.extract_text() for page in pages)


def test_what_is_copied_has_no_place_to_break() -> None:
    """Keys and handles of more than 64 characters: no letter of theirs takes the place to break into a command."""
    diary = FictionalDiary()
    diary.add("incident", incident_fields(START_MS, "One."))
    key = string.ascii_letters + string.digits + string.ascii_letters
    data = method_data(contents_for(diary)) | {"keys": [["The key", key]], "release": key}
    pages = pypdf.PdfReader(io.BytesIO(typeset_page("method", data, START_MS))).pages
    text = "".join(page.extract_text() for page in pages)
    assert "\u200b" not in text and 'certutil -hashfile "01_chronology.pdf" SHA256' in text


async def test_emoji_of_several_parts_are_drawn_whole(tmp_path: Path) -> None:
    """The font of emoji draws them: a font of symbols has some of the parts, and the others would be lost."""
    technologist, family = "\U0001f469\U0001f3fd\u200d\U0001f4bb", "\U0001f469\u200d\U0001f469\u200d\U0001f467"
    for number, emoji in enumerate((technologist, family, "1\ufe0f\u20e3", "\u2764\ufe0f")):
        folder = tmp_path / str(number)
        folder.mkdir()
        pages = await print_entries([f"He sent {emoji}."], folder)
        fonts = [font.get_object()["/BaseFont"] for page in pages for font in fonts_of(page)]
        assert any("NotoSans" in font for font in fonts)
        assert not any("Symbols" in font for font in fonts), ascii(emoji)


def fonts_of(page: pypdf.PageObject) -> list[Any]:
    """Return the fonts of a page that have a name; those of coloured glyphs have none."""
    resources: Any = page["/Resources"]
    fonts = resources.get_object().get("/Font", {}).get_object().values()
    return [font for font in fonts if "/BaseFont" in font.get_object()]


@pytest.mark.slow
@pytest.mark.parametrize("part", range(8))
async def test_every_code_point_is_printed(part: int, tmp_path: Path) -> None:
    """The worker typesets every code point once."""
    size = 0x110000 // 8
    code_points = [chr(code) for code in range(part * size, (part + 1) * size) if not 0xD800 <= code < 0xE000]
    words = [" ".join(code_points[at : at + 20]) for at in range(0, len(code_points), 20)]
    entries = ["\n".join(words[at : at + LINES_PER_ENTRY]) for at in range(0, len(words), LINES_PER_ENTRY)]
    assert len(await print_entries(entries, tmp_path)) > 10


def test_many_lines_are_joined_and_none_is_lost() -> None:
    """A text of more than a thousand lines has several in a paragraph; a shorter one has one each."""
    assert len(paragraphs("a\n" * 1_000)) == 1_000
    joined = paragraphs("\n".join(map(str, range(1_001))))
    assert len(joined) == 21
    assert "\n".join(paragraph["v"] for paragraph in joined).split("\n") == [str(number) for number in range(1_001)]


# A worker whose typesetter fails for a document in which a word is printed, as if its process had crashed.
FAILING_WORKER: Final = """
import json, os
from diary.pack import worker
typeset = worker.lay_out
def fail_for_planted_words(job_folder, template, folder_name, made_at):
    page = json.loads((job_folder / folder_name / "page.json").read_text(encoding="utf-8"))
    page.pop("narratives", None)
    if "\u2620planted" in json.dumps(page, ensure_ascii=False):
        os.abort()
    typeset(job_folder, template, folder_name, made_at)
worker.lay_out = fail_for_planted_words
raise SystemExit(worker.main())
"""
PLANTED: Final = "\u2620planted"


@pytest.fixture
def failing_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every pack be made by the worker that fails for planted words."""

    def command(module: str, folder: Path, bubblewrap_path: str = "", *, is_unsandboxed: bool = False) -> list[str]:
        assert module == "diary.pack.worker" and not bubblewrap_path and not is_unsandboxed
        return [sys.executable, "-I", "-c", FAILING_WORKER, str(folder)]

    monkeypatch.setattr(isolation, "detect_isolation", isolation.Isolation)
    monkeypatch.setattr(isolation, "worker_command", command)


def pages_of(front: Path, name: str) -> str:
    """Return the text of a document of a front part."""
    with zipfile.ZipFile(front) as members:
        reader = pypdf.PdfReader(io.BytesIO(members.read(f"data/{name}")))
    return " ".join(page_text(page) for page in reader.pages)


@pytest.mark.usefixtures("failing_worker")
async def test_an_entry_that_fails_is_named_and_the_rest_is_printed(tmp_path: Path) -> None:
    """Two entries, a file and the sheet fail: pages name them and where the words are; everything else is printed."""
    diary = FictionalDiary()
    rows = [
        diary.add("incident", incident_fields(START_MS + n * DAY_MS, words), at_ms=START_MS + n * DAY_MS)
        for n, words in enumerate(
            ("He waited.", f"He wrote {PLANTED}.", "He rang.", "He went.", f"Again {PLANTED}.", "A flat tyre.")
        )
    ]
    diary.attach(rows[2], draw_screenshot(1, (60, 120)), "image/png", f"A picture {PLANTED}")
    diary.add("settings", {}, {"needs": f"Ring {PLANTED}"})
    raw = build_capsule(diary.versions, diary.wish(), diary.public_keys)
    front, unprinted = await build_front_part_and_unprinted(diary, raw, tmp_path / "front.zip")
    assert unprinted == ("2", "5", "AA/1", "officer's sheet")
    chronology = pages_of(front, "servable/01_chronology.pdf")
    for label in ("2", "5", "AA/1"):
        assert f"[words of {label} could not be printed here: they are in 02_chronology.csv and" in chronology, label
    assert PLANTED not in chronology and "words of 1 " not in chronology
    for words in ("He waited.", "He rang.", "He went.", "A flat tyre."):
        assert words in chronology, words
    assert "[words of officer's sheet could not be" in pages_of(front, "restricted/06_RESTRICTED_officer-sheet.pdf")
    assert "[words of AA/1 could not be printed" in pages_of(front, "servable/04_exhibits.pdf")
    with zipfile.ZipFile(front) as members:
        table = members.read("data/servable/02_chronology.csv").decode()
        embedded = pypdf.PdfReader(io.BytesIO(members.read("data/servable/01_chronology.pdf"))).attachments
    assert f"He wrote {PLANTED}." in table
    assert embedded["entry-0002.txt"][0] == f"He wrote {PLANTED}.".encode()


@pytest.mark.usefixtures("failing_worker")
async def test_what_is_held_back_stays_held_back_when_words_are_left_out(tmp_path: Path) -> None:
    """The address that an entry that fails keeps apart is not printed in another entry either."""
    diary = FictionalDiary()
    diary.add(
        "incident", incident_fields(START_MS, PLANTED), {"place_detail": f"14 Larch Road\n{PLANTED}"}, at_ms=START_MS
    )
    diary.add("incident", incident_fields(START_MS + DAY_MS, "He was in Larch Road."), at_ms=START_MS + DAY_MS)
    raw = build_capsule(diary.versions, diary.wish(), diary.public_keys)
    front, unprinted = await build_front_part_and_unprinted(diary, raw, tmp_path / "front.zip")
    assert unprinted == ("1",)
    chronology = pages_of(front, "servable/01_chronology.pdf")
    assert "He was in [held back, see 06]." in chronology and "Larch" not in chronology


@pytest.mark.slow
async def test_an_entry_too_large_for_the_limits_is_named(tmp_path: Path) -> None:
    """The real typesetter runs out of memory over one entry of 200,000 lines. The pack is made without its words."""
    diary = FictionalDiary()
    for number, words in enumerate(("He waited.", "a\n" * 199_000, "He rang.")):
        diary.add("incident", incident_fields(START_MS + number * DAY_MS, words), at_ms=START_MS + number * DAY_MS)
    raw = build_capsule(diary.versions, diary.wish(), diary.public_keys)
    front, unprinted = await build_front_part_and_unprinted(diary, raw, tmp_path / "front.zip")
    assert unprinted == ("2",)
    chronology = pages_of(front, "servable/01_chronology.pdf")
    assert "words of 2 could not be printed" in chronology
    assert "He waited." in chronology and "He rang." in chronology


def test_retries_end_and_leave_out_what_was_not_tried() -> None:
    """At most sixty documents are tried. Texts that fail only together: the longest are left out."""
    records = [str(number) for number in range(500)]
    tried = []

    def prints_if(is_printable: Callable[[set[str]], bool]) -> PrintsWithout:
        def prints_without(left_out: Collection[str]) -> bool:
            tried.append(len(left_out))
            return is_printable(set(records) - set(left_out))

        return prints_without

    only_one = find_unprintable(records, prints_if(lambda shown: "333" not in shown), RetryLimit())
    assert only_one == frozenset({"333"})
    assert len(tried) <= 20
    tried.clear()
    half = set(records[::2])
    left_out = find_unprintable(records, prints_if(lambda shown: not shown & half), RetryLimit())
    assert left_out is not None and half <= left_out and len(tried) <= 62
    longest = find_unprintable(records, prints_if(lambda shown: len(shown) < 498), RetryLimit())
    assert longest == frozenset({"0", "1", "2"})
    assert find_unprintable(records, prints_if(lambda _: False), RetryLimit()) is None


def test_only_labels_are_taken_from_a_worker() -> None:
    """A worker that was taken over cannot pass words on to the server in the place of labels."""
    labels = ["7", "U1", "JB/3", "S1", "own words", "officer's sheet", "He waited.", 7, None, "07700 900123"]
    assert read_unprinted_labels({"unprinted": labels}) == ("7", "U1", "JB/3", "S1", "own words", "officer's sheet")
    assert read_unprinted_labels({"unprinted": "7"}) == read_unprinted_labels({}) == ()
