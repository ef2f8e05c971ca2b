"""Reading attachments, entries and times: blanks, withheld pictures, and wording."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from diary.record import evidence, reading, times, vocabulary, witness
from diary.record.evidence import Attachment
from diary.record.incident import LATE_AFTER_MS, Incident
from diary.record.record_history import RecordVersion, build_history

DAY_MS = 86_400_000
NOON_MS = 1_793_620_800_000  # 2 Nov 2026, 12:00 UTC


def make_version(
    kind: str, name: str, at: int, fields: dict[str, object], parents: tuple[str, ...] = (), **restricted: object
) -> RecordVersion:
    clock = {"_clock": {"offset_ms": None, "tz": "Europe/London", "utc": at}}
    return RecordVersion("r", name, kind, 1, {**fields, **clock, "_parents": list(parents)}, restricted)


def make_attachment(fields: dict[str, object], **restricted: Any) -> Attachment:
    return Attachment(build_history([make_version("attachment", "a", NOON_MS, fields, **restricted)]))


def make_incident(fields: dict[str, object], at: int = NOON_MS) -> Incident:
    return Incident("7", 7, build_history([make_version("incident", "a", at, fields)]))


@pytest.mark.parametrize(
    ("media_type", "extension", "is_mail"),
    [
        ("image/png", "png", False),
        ("message/rfc822", "eml", True),
        ("text/html", "bin", False),
        (None, "bin", False),
        ("audio/mp4", "m4a", False),
    ],
)
def test_a_file_is_called_after_its_bytes(media_type: str | None, extension: str, is_mail: bool) -> None:
    """An unknown type keeps its content under .bin; mail has its own folder."""
    attachment = make_attachment({"media_type": media_type, "name": "holiday.exe"})
    assert (attachment.extension, attachment.is_mail) == (extension, is_mail)


@pytest.mark.parametrize(
    ("media_type", "filename", "extension"),
    [
        ("application/zip", "Letter.DOCX", "docx"),
        ("application/zip", "photos.zip", "zip"),
        ("application/zip", "run.exe", "zip"),
        ("application/zip", "Sam.WACZ", "wacz"),
        ("application/warc", "sam.warc", "warc"),
        ("application/warc", "sam.html", "warc"),
        ("application/gzip", "sam.warc.gz", "gz"),
        ("application/x-ole-storage", "accounts.xls", "xls"),
        ("application/x-ole-storage", "accounts", "bin"),
        ("image/png", "letter.docx", "png"),
        ("image/tiff", "scan.TIFF", "tiff"),
        ("image/tiff", "scan.jpg", "tif"),
        ("text/plain", "Dan.vcf", "vcf"),
        ("text/plain", "chat.html", "txt"),
        ("text/plain", "bill.csv", "txt"),
        ("video/webm", "outside.mkv", "mkv"),
        ("audio/webm", "call.mka", "mka"),
        ("audio/flac", "call.flac", "flac"),
    ],
)
def test_a_file_keeps_an_extension_that_opens_it(media_type: str, filename: str, extension: str) -> None:
    """The name tells apart only what looks alike in the first bytes, and names nothing that runs or draws a page."""
    attachment = make_attachment({"media_type": media_type}, received_as={"filename": filename})
    assert attachment.extension == extension


def test_saved_mail_alone_is_mail() -> None:
    """Only saved mail is in the mail folder."""
    assert [name for name, extension in evidence.EXTENSIONS.items() if extension in evidence.MAIL_EXTENSIONS] == [
        "message/rfc822"
    ]


def test_a_file_is_described_by_its_keeper_else_by_its_kind() -> None:
    """The description is the keeper's sentence, the label of the kind, or `File`."""
    assert make_attachment({"kind": "screenshot", "description": "His message"}).description == "His message"
    assert make_attachment({"kind": "screenshot", "description": ""}).description == vocabulary.label(
        "attachment_kinds", "screenshot"
    )
    assert make_attachment({"kind": "a_new_kind"}).description == "a new kind"
    assert (make_attachment({}).description, make_attachment({}).kind_label) == ("File", "File")


@pytest.mark.parametrize(
    ("fields", "restricted", "is_held_back"),
    [
        ({"looked_at": NOON_MS}, {}, False),
        ({"looked_at": NOON_MS, "sensitivity": "normal"}, {"shows_where_i_live": False}, False),
        ({"looked_at": 0}, {}, False),
        ({}, {}, True),
        ({"looked_at": True}, {}, True),
        ({"media_type": "video/mp4"}, {}, False),
        ({"media_type": "video/mp4", "renditions": [{"purpose": "preview"}]}, {}, True),
        ({"media_type": "audio/mp4"}, {}, False),
        ({"media_type": "application/pdf"}, {}, False),
        ({"media_type": "text/plain", "sensitivity": "intimate"}, {}, True),
        ({"media_type": "text/plain"}, {"shows_where_i_live": True}, True),
        ({"looked_at": NOON_MS, "sensitivity": "intimate"}, {}, True),
        ({"looked_at": NOON_MS}, {"shows_where_i_live": True}, True),
    ],
)
def test_a_picture_is_held_back_unless_it_was_looked_at_and_nothing_speaks_against_it(
    fields: dict[str, object], restricted: dict[str, object], is_held_back: bool
) -> None:
    """Each of the three reasons withholds a picture by itself. Nobody is asked to look at what has no picture."""
    assert make_attachment({"media_type": "image/png", **fields}, **restricted).is_held_back is is_held_back


def test_the_first_picture_for_a_purpose_and_its_place() -> None:
    """The position is that of its key, so renditions for other purposes count."""
    renditions = [{"purpose": "preview", "n": 1}, {"purpose": "print", "n": 2}, {"purpose": "print", "n": 3}]
    attachment = make_attachment({"renditions": renditions})
    assert attachment.find_rendition("print") == (1, renditions[1])
    assert attachment.find_rendition("preview") == (0, renditions[0])
    assert attachment.find_rendition("masked") is None


def test_what_a_file_belongs_to_and_its_times() -> None:
    """Each value comes from its own field."""
    block = {
        "start": NOON_MS,
        "end": NOON_MS + 60_000,
        "tz": "Europe/London",
        "utc_offset_min": 0,
        "precision": "range",
        "local": "noon",
        "source": "clock",
    }
    attachment_read = make_attachment(
        {"incident_ids": ["one", "two"], "captured_at": block, "content_time": {"start": NOON_MS + 1}}
    )
    assert attachment_read.incident_ids == ("one", "two")
    assert attachment_read.captured_time == times.ClaimedTime(
        NOON_MS, NOON_MS + 60_000, "noon", "Europe/London", 0, "range", "clock"
    )
    assert attachment_read.content_time == times.ClaimedTime(NOON_MS + 1, None, "", "", 0, "minute", "")


@pytest.mark.parametrize(
    ("offset", "read"), [(None, 60), (0, 0), (18 * 60, 18 * 60), (-18 * 60, -18 * 60), (18 * 60 + 1, 60), (True, 60)]
)
def test_a_distance_that_no_zone_has_is_reckoned_from_the_zone(offset: int | None, read: int) -> None:
    """An impossible offset is computed from the zone instead; the limit is eighteen hours."""
    summer = NOON_MS - 120 * DAY_MS
    assert (
        times.read_time_block(
            {"t": {"start": summer, "tz": "Europe/London", "utc_offset_min": offset}}, "t"
        ).offset_minutes
        == read
    )
    assert times.read_time_block({"t": {"tz": "Europe/London", "utc_offset_min": offset}}, "t").offset_minutes == (
        0 if read == 60 else read
    )


def test_an_entry_keeps_its_first_words() -> None:
    """Later corrections follow the original words, with their date."""
    history = build_history([
        make_version("incident", "a", NOON_MS, {"narrative": "He came"}),
        make_version("incident", "b", NOON_MS + DAY_MS, {"narrative": "He came back"}, ("a",)),
    ])  # fmt: skip
    assert (Incident("7", 7, history).narrative, Incident("7", 7, history).text("narrative")) == (
        "He came",
        "He came back",
    )


@pytest.mark.parametrize(
    ("fields", "count"),
    [
        ({}, None),
        ({"count": -1}, None),
        ({"count": True}, None),
        ({"count": 0}, (0, False)),
        ({"count": 12, "count_is_estimate": True}, (12, True)),
        ({"count": 12, "count_is_estimate": None}, (12, False)),
        ({"count": 12, "count_is_estimate": 1}, (12, False)),
    ],
)
def test_how_many_an_entry_stands_for(fields: dict[str, object], count: tuple[int, bool] | None) -> None:
    """Negative numbers and booleans are no count; an estimate is one only when marked as such."""
    assert make_incident(fields).claimed_count == count


@pytest.mark.parametrize(("kind", "is_late"), [("", False), ("contemporaneous", False), ("from_memory", True)])
def test_an_entry_says_itself_that_it_is_late(kind: str, is_late: bool) -> None:
    """Entries from memory are marked as such."""
    assert make_incident({"entry_kind": kind}).is_late is is_late


@pytest.mark.parametrize(
    ("after", "is_late"), [(0, False), (LATE_AFTER_MS, False), (LATE_AFTER_MS + 1, True), (-1, False)]
)
def test_a_day_is_the_limit_of_lateness(after: int, is_late: bool) -> None:
    """Exactly twenty-four hours are not late."""
    assert LATE_AFTER_MS == DAY_MS
    fields = {"occurred_start": NOON_MS, "tz": "Europe/London", "precision": "minute"}
    assert make_incident(fields, NOON_MS + after).delay_ms == after
    assert make_incident(fields, NOON_MS + after).is_late is is_late


def test_what_is_not_over_is_not_late() -> None:
    """Lateness counts from the end where there is one, and is never negative."""
    fields = {"occurred_start": NOON_MS, "occurred_end": NOON_MS + DAY_MS, "tz": "Europe/London", "precision": "day"}
    assert [make_incident(fields, NOON_MS + n).delay_ms for n in (0, DAY_MS, 2 * DAY_MS + 1)] == [0, 0, DAY_MS + 1]
    assert make_incident({"precision": "unknown"}).delay_ms is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2026-11-03", "3 Nov 2026"),
        ("2026-01-31", "31 Jan 2026"),
        ("2026-12-01", "1 Dec 2026"),
        ("last spring", "last spring"),
        ("2026-02-30", "2026-02-30"),
        ("", ""),
    ],
)
def test_a_date_in_words(text: str, words: str) -> None:
    """A day has no leading zero; text that is not a date stays unchanged."""
    assert times.format_iso_date(text) == words


def test_months() -> None:
    """Twelve months, short and long."""
    assert [
        times.short_month_name(n) for n in range(1, 13)
    ] == "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
    assert [times.long_month_name(n) for n in (1, 5, 9, 12)] == ["January", "May", "September", "December"]


@pytest.mark.parametrize(
    ("ms", "tz", "day", "clock"),
    [
        (NOON_MS, "Europe/London", "Mon 2 Nov 2026", "12:00 GMT (UTC)"),
        (NOON_MS - 120 * DAY_MS, "Europe/London", "Sun 5 Jul 2026", "13:00 BST (UTC+1)"),
        (NOON_MS, "Asia/Kolkata", "Mon 2 Nov 2026", "17:30 IST (UTC+5:30)"),
        (NOON_MS, "America/New_York", "Mon 2 Nov 2026", "07:00 EST (UTC-5)"),
        (NOON_MS, "Nowhere/None", "Mon 2 Nov 2026", "12:00 UTC"),
        (10**18, "Europe/London", "a time no calendar holds", ""),
        (-(10**18), "Europe/London", "a time no calendar holds", ""),
    ],
)
def test_an_instant_on_the_clock_of_a_zone(ms: int, tz: str, day: str, clock: str) -> None:
    """An instant has the zone's name and offset; a number outside the calendar is reported as such."""
    printed = times.format_instant(ms, tz)
    assert (printed.day, printed.clock, printed.note) == (day, clock, "")


def test_the_mark_of_somebody_else_s_words() -> None:
    """The mark distinguishes entered by the keeper, checked, unchecked, unknown, and changed since."""
    put_in = witness.authorship_label({"narrative": "He ran."})
    marks = [
        witness.authorship_label({"narrative": "He ran.", "arrived": {"words": "He ran.", "verified": one}})
        for one in (True, False, None)
    ]
    changed = witness.authorship_label({"narrative": "He walked.", "arrived": {"words": "He ran.", "verified": True}})
    assert all(one.startswith("Not the keeper’s words: ") for one in (put_in, *marks, changed))
    assert len({put_in, *marks, changed}) == 5
    assert "put in by the keeper" in put_in
    assert [("NOT" in one, one.endswith(", checked")) for one in marks] == [(False, True), (True, False), (True, False)]
    assert changed == marks[0] + "; CHANGED by the keeper since it came"


def test_what_came_is_shown_where_other_words_stand_now() -> None:
    """The received words are shown only where the current ones differ."""
    fields = {"arrived": {"words": "He ran.", "verified": True}}
    assert witness.original_words_if_changed({"narrative": "He walked.", **fields}) == "He ran."
    assert witness.original_words_if_changed({"narrative": "He ran.", **fields}) == ""


@pytest.mark.parametrize(
    ("value", "text", "whole", "switch", "codes"),
    [
        ("one", "one", None, None, ("one",)),
        ("", "", None, None, ()),
        (3, "", 3, None, ()),
        (0, "", 0, None, ()),
        (True, "", None, True, ()),
        (False, "", None, False, ()),
        (None, "", None, None, ()),
        (["one", "", 3, "two"], "", None, None, ("one", "two")),
        ({"one": 1}, "", None, None, ()),
    ],
)
def test_a_field_is_read_as_what_it_is_asked_for(
    value: object, text: str, whole: int | None, switch: bool | None, codes: tuple[str, ...]
) -> None:
    """A value of another shape reads as blank, never as an error: a newer app may have written it."""
    fields = {"f": value}
    assert (reading.text_of(fields, "f"), reading.integer_of(fields, "f"), reading.boolean_of(fields, "f")) == (
        text,
        whole,
        switch,
    )
    assert reading.codes_of(fields, "f") == codes


def test_objects_of_a_field() -> None:
    """Values that are not objects are skipped."""
    assert reading.objects_of({"f": [{"a": 1}, "b", None, {}]}, "f") == ({"a": 1}, {})
    assert reading.objects_of({"f": {"a": 1}}, "f") == ()
    assert reading.object_of({"f": {"a": 1}}, "f") == {"a": 1}
    assert reading.object_of({"f": [{"a": 1}]}, "f") == {}


@pytest.mark.parametrize(
    ("value", "blank"),
    [
        (None, True),
        ("", True),
        ([], True),
        ((), True),
        ({}, True),
        (False, False),
        (0, False),
        (" ", False),
        ([""], False),
    ],
)
def test_blank_is_what_says_nothing(value: object, blank: bool) -> None:
    """No and zero are not blank."""
    assert reading.is_blank(value) is blank


def test_letters_of_the_list_of_behaviours() -> None:
    """Letters are unique and in order; a code like two letters gives both, an unknown one none."""
    behaviours = vocabulary.CHOICE_LISTS["behaviours"].terms
    double = next((term for term in behaviours if term.letter and "/" in term.letter), None)
    single = next(term for term in behaviours if term.letter and "/" not in term.letter)
    assert vocabulary.section_letters([single.code, single.code, "no such code"]) == (single.letter,)
    if double:
        assert vocabulary.section_letters([double.code]) == tuple(sorted(double.letter.split("/")))
    assert vocabulary.labels("behaviours", [single.code, "a_newer_one"]) == (single.label, "a newer one")


def test_types_and_extensions_are_written_as_computers_know_them() -> None:
    """A type from the first bytes is in lower case. With an extension in capitals some systems would not open a file."""
    assert all(re.fullmatch(r"[a-z]+/[a-z0-9.-]+", media_type) for media_type in evidence.EXTENSIONS)
    assert all(re.fullmatch(r"[a-z]+/[a-z0-9.-]+", media_type) for media_type in evidence.NAMED_EXTENSIONS)
    named_extensions = [name for names in evidence.NAMED_EXTENSIONS.values() for name in names]
    assert all(re.fullmatch(r"[a-z0-9]{2,4}", name) for name in [*evidence.EXTENSIONS.values(), *named_extensions])


def test_the_page_about_the_record_lists_every_extension() -> None:
    """docs/record.md is the list for both languages: the browser's own test reads the same table."""
    page = (Path(__file__).parents[2] / "docs/record.md").read_text("utf-8")
    table = page.partition("| `media_type` | extension |\n")[2].partition("\n\n")[0].splitlines()[1:-1]
    listed: dict[str, str] = {}
    named: dict[str, tuple[str, ...]] = {}
    for row in table:
        _, types, extensions, _ = row.split("|")
        words = re.findall(r"`([^`]+)`", extensions)
        for media_type in re.findall(r"`([^`]+)`", types):
            if "else `bin`" in extensions:
                named[media_type] = tuple(words[:-1])
                continue
            listed[media_type] = words[0]
            if words[1:]:
                named[media_type] = tuple(words[1:])
    assert listed == evidence.EXTENSIONS
    assert named == evidence.NAMED_EXTENSIONS
