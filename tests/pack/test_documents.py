"""The PDFs: what an officer finds in a minute, every script, and reproducible bytes."""

import io
import re
import zipfile
from pathlib import Path
from typing import Any, cast

import pypdf
import pytest

from diary.errors import BadRequest
from diary.pack.capsule.builder import build_capsule
from diary.pack.capsule.reader import read_capsule
from diary.pack.contents import PackContents, build_contents
from diary.pack.documents.chronology import chronology_data
from diary.pack.documents.clock_offsets import clock_offset_rows
from diary.pack.documents.incident_rows import incident_row
from diary.pack.documents.questions import question_rows, screen_language_text
from diary.pack.printable_text import escape_unprintable, guess_language, paragraphs
from diary.pack.verify.verifier import verify_pack
from tests.pack.conftest import BuiltPack, assemble_pack, build_front_part
from tests.pack.fictional_diary import (
    DAY_MS,
    START_MS,
    FictionalDiary,
    draw_screenshot,
    incident_fields,
    make_print_copy,
)
from tests.pack.pack_members import members_of

CHRONOLOGY_PATH = "data/servable/01_chronology.pdf"


def open_pdf(built: BuiltPack, name: str = CHRONOLOGY_PATH) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(members_of(built.path)[name]))


def page_text(page: pypdf.PageObject) -> str:
    return " ".join(page.extract_text().split())


def test_page_one_answers_the_main_questions(full_pack: BuiltPack) -> None:
    """Page one has who, how many, first and last, period, gaps, fear, and where to start."""
    first = page_text(open_pdf(full_pack).pages[0])
    for words in (
        "25",
        "Mon 4 May 2026",
        "Thu 3 Dec 2026",
        "days before this pack was made",
        "Longest gap",
        "between entries",
        "“Daniel, my ex”",
        "Afraid of violence",
        "Entries JB marked to read first",
        "Prepared by the person named; not a sworn statement",
        "Pack JB 1",
        "page 1 of",
    ):
        assert words in first, words


def test_every_entry_is_in_the_table_in_time_order(full_pack: BuiltPack) -> None:
    """Each number appears once, with two times."""
    table = " ".join(page_text(page) for page in open_pdf(full_pack).pages)
    assert table.count("Recorded:") == 25 and table.count("Commitment:") == 25
    assert len(re.findall(r"\b(?:Added|Amended)\b [A-Z][a-z]{2} ", table)) == 4
    assert "before: 43. Now: 41" in table


def test_all_pdfs_are_tagged_archival_and_have_titles(full_pack: BuiltPack) -> None:
    """Each PDF is PDF/A-3a and PDF/UA-1 with language, title and tags, and every figure has an alternative text."""
    for name, raw in members_of(full_pack.path).items():
        if name.endswith(".pdf"):
            assert b"<pdfaid:part>3</pdfaid:part>" in raw and b"<pdfuaid:part>1</pdfuaid:part>" in raw, name
            root: Any = pypdf.PdfReader(io.BytesIO(raw)).root_object
            assert (
                root["/MarkInfo"]["/Marked"]
                and root["/Lang"] == "en-GB"
                and root["/ViewerPreferences"]["/DisplayDocTitle"]
            )


def test_narratives_are_embedded_byte_for_byte(full_pack: BuiltPack) -> None:
    """The first version's words are embedded unchanged, in any script, with control characters."""
    embedded = {name: files[0] for name, files in open_pdf(full_pack).attachments.items()}
    assert len(embedded) == 25
    for number, row in enumerate([row for row in full_pack.diary.versions if row["kind"] == "incident"][:25], 1):
        words = str(row["open"]["fields"]["narrative"])
        assert embedded[f"entry-{number:04d}.txt"] == words.encode(), number


async def test_the_same_capsule_gives_the_same_bytes(full_pack: BuiltPack, tmp_path: Path) -> None:
    """Two runs in different folders give the same documents and the same zip."""
    second_front = await build_front_part(full_pack.diary, full_pack.capsule_bytes, tmp_path / "again.zip")
    assert second_front.read_bytes() == full_pack.front_path.read_bytes()
    second_pack = assemble_pack(full_pack.diary, second_front, full_pack.capsule, tmp_path / "whole.zip")
    assert second_pack.read_bytes() == full_pack.path.read_bytes()


async def test_more_than_a_hundred_exhibits_are_split_into_volumes(tmp_path: Path) -> None:
    """The second volume is 04_exhibits-2.pdf, and the index says which volume has each exhibit."""
    diary = FictionalDiary()
    row = diary.add("incident", incident_fields(START_MS, "Many."))
    small = draw_screenshot(1, (60, 120))
    printed = make_print_copy(small, 30)
    for index in range(103):
        diary.attach(row, small, "image/png", f"Picture {index}", print_image=printed)
    raw = build_capsule(diary.versions, diary.wish(), diary.public_keys)
    front = await build_front_part(diary, raw, tmp_path / "front.zip")
    path = assemble_pack(diary, front, read_capsule(raw), tmp_path / "pack.zip")
    members = members_of(path)
    assert len(pypdf.PdfReader(io.BytesIO(members["data/servable/04_exhibits-2.pdf"])).pages) == 3
    assert b"04_exhibits-2.pdf" in members["data/servable/03_exhibits-index.csv"]
    assert verify_pack(path, notary=diary.notary.pub) == []


async def test_entries_without_words_date_or_receipt_are_laid_out(tmp_path: Path) -> None:
    """Entries without words, date or receipt and a very long account are all printed."""
    diary = FictionalDiary()
    diary.add("incident", {"precision": "unknown"}, at_ms=START_MS)
    diary.add("incident", incident_fields(START_MS, "Long. " * 3_000), at_ms=START_MS + DAY_MS)
    diary.add(
        "incident", incident_fields(START_MS, "Not sent."), at_ms=START_MS + DAY_MS, received=False, offset_ms=None
    )
    raw = build_capsule(diary.versions, diary.wish(), diary.public_keys)
    front = await build_front_part(diary, raw, tmp_path / "front.zip")
    path = assemble_pack(diary, front, read_capsule(raw), tmp_path / "pack.zip")
    assert verify_pack(path, notary=diary.notary.pub) == []
    pages = " ".join(page_text(page) for page in pypdf.PdfReader(io.BytesIO(members_of(path)[CHRONOLOGY_PATH])).pages)
    assert "Date not known" in pages and "U1" in pages and "not received by a server yet" in pages
    assert pages.count("Long.") >= 3_000


def test_counts_name_their_entries_and_add_up(full_pack: BuiltPack) -> None:
    """Each bar's count equals the number of entries named beside it. The months add up to the dated entries."""
    page: Any = chronology_data(build_contents(full_pack.capsule))
    charts = {chart["title"]: chart["bars"] for chart in page["charts"]}
    for bars in charts.values():
        for bar in bars:
            assert bar["count"] == _count_entries(bar["entries"]), bar
    assert sum(bar["count"] for bar in charts["By month"]) == 25


def _count_entries(words: str) -> int:
    """Return how many entries a text such as `1–4, 7` lists."""
    spans = [part.strip().split("–") for part in words.split(",") if part.strip()]
    return sum(int(span[-1]) - int(span[0]) + 1 for span in spans)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("plain", "plain"),
        ("żółć 你好 😀 ہے", "żółć 你好 😀 ہے"),
        ("\ue000", "[U+E000]"),
        ("\U000fe4e5", "[U+FE4E5]"),
        ("\u0f40", "[U+0F40]"),
        ("a\x07b\x00", "a[U+0007]b[U+0000]"),
        ("\u202eabc", "[U+202E]abc"),
        ("a\tb\r\nc", "a    b\nc"),
    ],
)
def test_characters_without_a_glyph_are_shown_by_code_point(typed: str, expected: str) -> None:
    """Unknown glyphs, control, private-use and direction characters are shown as [U+…]."""
    assert escape_unprintable(typed) == expected


def test_each_paragraph_has_its_own_language_and_direction() -> None:
    """Screen readers and text shaping get the language and direction of each paragraph."""
    tagged = paragraphs("Hello\nیہ میرا گھر ہے\nਪੰਜਾਬੀ\n\n他在")
    assert [(paragraph["lang"], paragraph["dir"]) for paragraph in tagged] == [
        ("en", "ltr"),
        ("ur", "rtl"),
        ("pa", "ltr"),
        ("zh", "ltr"),
    ]
    assert guess_language("مرحبا بالعالم") == "ar" and guess_language("Zażółć") == "pl"


async def test_a_number_in_words_from_right_to_left_keeps_its_order(tmp_path: Path) -> None:
    """In paragraphs of 01 and in lines of 06, whatever surrounds it: drawn in one piece, from left to right."""
    diary = FictionalDiary()
    for n, words in enumerate(
        (
            "07700 900512 سے فون آیا۔",
            "\u0645\u0646 07700 900512 هاتف",
            "۰۷۷۰۰ ۹۰۰۵۱۲ سے 07/05/2026 20:45 پر",
            "اُس نے +44 7700-900512 سے فون کیا۔",
        )
    ):
        diary.add("incident", incident_fields(START_MS + n * DAY_MS, words), at_ms=START_MS + n * DAY_MS)
    raw = build_capsule(diary.versions, diary.wish(), diary.public_keys)
    with zipfile.ZipFile(await build_front_part(diary, raw, tmp_path / "front.zip")) as front:
        drawn = {name: digit_pieces(front.read(name)) for name in front.namelist() if name.endswith(".pdf")}
    printed = [piece for piece in drawn[CHRONOLOGY_PATH] if "900512" in piece]
    # The plus sign is a piece of its own.
    assert printed == ["07700 900512", "07700 900512", "44 7700-900512"]
    assert {"۰۷۷۰۰ ۹۰۰۵۱۲", "07/05/2026 20:45"} <= set(drawn[CHRONOLOGY_PATH])
    assert "44 7700-900512" in drawn["data/restricted/06_RESTRICTED_officer-sheet.pdf"]


def digit_pieces(pdf: bytes) -> list[str]:
    """Return the pieces with digits that are drawn in one go; what has another direction is another piece."""
    pieces: list[str] = []
    for page in pypdf.PdfReader(io.BytesIO(pdf)).pages:
        page.extract_text(visitor_text=lambda text, *_: pieces.append(text.strip()) if re.search(r"\d", text) else None)
    return pieces


def test_entries_with_the_same_clock_offset_share_a_line() -> None:
    """Entries share a line by device and whole second. Entries not received and clocks not checked are marked."""
    diary = FictionalDiary()
    for n, offset in enumerate((420, 450, -420_000, None)):
        diary.add(
            "incident",
            incident_fields(START_MS + n * DAY_MS, f"Entry {n}."),
            at_ms=START_MS + n * DAY_MS,
            offset_ms=offset,
        )
    diary.add(
        "incident",
        incident_fields(START_MS + 9 * DAY_MS, "Never sent."),
        at_ms=START_MS + 9 * DAY_MS,
        offset_ms=430,
        received=False,
    )
    rows = clock_offset_rows(
        build_contents(read_capsule(build_capsule(diary.versions, diary.wish(), diary.public_keys)))
    )
    assert [(row[0], row[4]) for row in rows] == [
        ("1, 2, U1", "+0.4 to +0.5 s"),
        ("3", "-420.0 s"),
        ("4", "not checked"),
    ]
    assert rows[0][3].endswith("1 not received") and len({row[1] for row in rows}) == 1


@pytest.mark.parametrize(
    ("offset_ms", "words"),
    [(420_000, "phone clock 7 min behind"), (-420_000, "phone clock 7 min ahead"), (59_000, None), (None, None)],
)
def test_a_wrong_clock_is_printed_in_its_true_direction(offset_ms: int | None, words: str | None) -> None:
    """The app stores the server's time minus the phone's (warnings.test.mjs): a positive offset is a slow phone."""
    diary = FictionalDiary()
    diary.add("incident", incident_fields(START_MS, "One."), at_ms=START_MS, offset_ms=offset_ms)
    contents = contents_for(diary)
    lines = list(map(str, cast("list[object]", incident_row(contents, contents.entries[0], {})["recorded"])))
    assert [line for line in lines if "clock" in line] == ([words] if words else [])


def contents_for(diary: FictionalDiary, **options: Any) -> PackContents:
    return build_contents(read_capsule(build_capsule(diary.versions, diary.wish(**options), diary.public_keys)))


def test_questions_are_printed_as_they_were_asked() -> None:
    """Questions appear in the usual or the young wording, or in Urdu beside English. Other languages are refused."""
    diary = FictionalDiary()
    diary.add("incident", incident_fields(START_MS, "One."), at_ms=START_MS)
    usual, young = question_rows(contents_for(diary)), question_rows(contents_for(diary, asked_in={"wording": "young"}))
    assert (usual[2]["asked"], usual[2]["stood"]) == ("What kind of thing was it?", [[], []])
    assert young[2]["asked"] == "What did they do?"
    assert ["Followed me when I was walking" in str(rows[2]["choices"]) for rows in (young, usual)] == [True, False]
    urdu = question_rows(contents_for(diary, asked_in={"language": "ur"}))
    assert urdu[2]["choices"] == usual[2]["choices"] and "پیدل میرا پیچھا کیا" in str(urdu[2]["stood"])
    assert "the screens were in Urdu, in the usual words" in screen_language_text(
        contents_for(diary, asked_in={"language": "ur"})
    )
    assert "in the simpler words for young people" in screen_language_text(
        contents_for(diary, asked_in={"wording": "young"})
    )
    for other in ("../../etc/passwd", "de", "UR"):
        with pytest.raises(BadRequest):
            contents_for(diary, asked_in={"language": other})


def test_a_gap_is_explained_by_its_important_days() -> None:
    """A gap is explained only by recorded key dates. Without them, the page says that no reason is recorded."""
    diary = FictionalDiary()
    days = [
        {"about": "He was in Spain.", "kind": "other", "on": "2026-05-20"},
        {"kind": "house_move", "on": "2026-01-02"},
    ]
    diary.add("background", {"key_dates": days})
    for days_on in (0, 60, 130):
        at_ms = START_MS + days_on * DAY_MS
        diary.add("incident", incident_fields(at_ms, "Again.", late_reason="I was in hospital."), at_ms=at_ms)
    data: Any = chronology_data(contents_for(diary))
    assert [row[4] for row in data["gaps"]] == ["20 May 2026, He was in Spain.", "no reason recorded"]
