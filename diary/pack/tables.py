"""The CSV files: the same rows as the pages, for spreadsheets.

UTF-8 with a byte order mark, ISO 8601 dates, lines ending in CRLF. A spreadsheet runs a cell that begins
with = + - @ as a formula; such a cell gets an apostrophe before it, which spreadsheets do not show.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

from diary.pack.contents import Contents, Shown, volume_name, volume_of
from diary.pack.rows import entries_words
from diary.pack.wording import chosen, field_label, numbers_words, value_words
from diary.record import times, vocabulary
from diary.record.incident import Incident
from diary.record.reading import Fields, codes_of, objects_of, text_of, whole_of

BOM: Final = "\ufeff"
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def chronology_csv(contents: Contents) -> bytes:
    """02_chronology.csv: one line an entry, in the order of 01."""
    header = (
        "no", "occurred", "occurred_start", "occurred_end", "precision", "time_source", "recorded",
        "received_no_later_than", "delay", "what_happened", "exact_words", "later", "behaviours",
        "s2a3_letters", "channel", "account", "count", "count_is_estimate", "where", "person_code",
        "who", "how_known", "effect_then", "feelings", "afraid_of_violence", "told", "response",
        "i_contacted_them", "exhibits", "commitment",
    )  # fmt: skip
    return _table(header, (_entry(contents, entry) for entry in contents.entries))


def _entry(contents: Contents, entry: Incident) -> Iterable[object]:
    """One entry's cells."""
    when, version = entry.when, contents.first_version(entry)
    person = contents.person_of(entry)
    written, delay = entry.told.started_at, entry.delay_ms
    behaviours = entry.codes("behaviours")
    number, about = entry.count or ("", False)
    return (
        entry.number,
        times.printed(when).line(),
        times.iso(when.start if when.is_known else None, when.offset_min),
        times.iso(when.end if when.is_known else None, when.offset_min),
        when.precision,
        when.source,
        times.iso(written),
        times.iso(version.received_at),
        "" if delay is None else times.delay_words(delay),
        entry.narrative,
        " / ".join(text_of(quote, "words") for quote in objects_of(entry.said, "exact_words")),
        _later(entry),
        "; ".join(vocabulary.labels("behaviours", behaviours)),
        "".join(vocabulary.letters(behaviours)),
        chosen(entry.said, "channel"),
        entry.text("channel_account"),
        number,
        "yes" if about else "",
        chosen(entry.said, "place_category"),
        person.code if person else "",
        entry.text("who"),
        chosen(entry.said, "attribution_basis"),
        text_of(entry.said, "feelings_then_text"),
        "; ".join(vocabulary.labels("feelings", entry.codes("feelings_then"))),
        chosen(entry.said, "feared_violence"),
        value_words("told_others", entry.said.get("told_others"), entry.said),
        chosen(entry.said, "response"),
        chosen(entry.said, "i_contacted_them"),
        " ".join(shown.exhibit.item for shown in contents.exhibits_of(entry)),
        version.c,
    )


def _later(entry: Incident) -> str:
    """Additions and amendments in one cell, dated."""
    return " | ".join(
        f"{times.iso(revision.at)} {revision.kind}: "
        + "; ".join(
            f"{field_label(change.field)}: {value_words(change.field, change.new, revision.after) or 'taken out'}"
            for change in revision.changes
            if change.field != "attachment_ids"
        )
        for revision in entry.told.revisions
    )


def exhibits_csv(contents: Contents) -> bytes:
    """03_exhibits-index.csv: one line an exhibit; the officer's own reference is left blank."""
    header = (
        "item_no", "suggested_ref", "officer_ref", "description", "kind", "taken", "time_it_shows",
        "producer", "sha256", "size_bytes", "file", "volume", "entries", "account_or_number",
        "web_address", "changed_before_it_was_added", "whole_screen", "clock", "date",
        "sender_name", "number_or_handle", "profile", "url", "before_and_after", "own_messages",
        "flags", "picture_in_04",
    )  # fmt: skip
    return _table(header, (_exhibit(contents, shown) for shown in contents.exhibits))


def _exhibit(contents: Contents, shown: Shown) -> Iterable[object]:
    """One exhibit's cells."""
    said, taken, shows = shown.attachment.said, shown.attachment.taken, shown.attachment.shown_time
    seen = codes_of(said, "shows")
    is_screen = text_of(said, "kind") == "screenshot"
    flags = list(vocabulary.labels("attachment_flags", codes_of(said, "flags")))
    flags += ["details changed later"] if shown.attachment.told.revisions else []
    return (
        shown.exhibit.number,
        shown.exhibit.item,
        "",
        shown.attachment.description,
        shown.attachment.kind_label,
        times.printed(taken).line() if taken.is_known else "",
        times.printed(shows).line() if shows.is_known else "",
        "P1",
        shown.exhibit.sha256,
        shown.exhibit.size,
        shown.exhibit.file,
        volume_name(volume_of(contents, shown.exhibit.item)),
        numbers_words(shown.entries) or "not linked",
        text_of(said, "account_or_number_shown"),
        text_of(said, "url_full"),
        chosen(said, "alteration_before_receipt"),
        *(("shown" if term.code in seen else "not shown") if is_screen else "" for term in vocabulary.LISTS["shows"].terms),
        "; ".join(flags),
        "held back, see 06" if shown.exhibit.hold_picture else "yes" if shown.exhibit.print_copy else "no picture",
    )


def custody_csv(contents: Contents) -> bytes:
    """11_custody-log.csv: every handling step of the packed files, oldest first."""
    rows = (
        (times.iso(whole_of(line, "at")), text_of(line, "item"), text_of(line, "actor"), _action(line), text_of(line, "detail"))
        for line in contents.capsule.custody
    )
    return _table(("at", "item", "actor", "action", "detail"), rows)


def _action(line: Fields) -> str:
    code = text_of(line, "action")
    return vocabulary.label("custody_actions", code) if code else ""


def _table(header: Sequence[str], rows: Iterable[Iterable[object]]) -> bytes:
    """A CSV file's bytes."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n", quoting=csv.QUOTE_MINIMAL)
    writer.writerow(header)
    writer.writerows([safe_cell(str(cell)) for cell in row] for row in rows)
    return (BOM + out.getvalue()).encode("utf-8", "surrogatepass")


def safe_cell(cell: str) -> str:
    """A cell no spreadsheet will run: zero bytes gone, an apostrophe before what would begin a formula."""
    cell = cell.replace("\0", "[U+0000]")
    return f"'{cell}" if cell.lstrip(" ").startswith(_FORMULA) else cell


def summary(contents: Contents) -> str:
    """One line for READ-FIRST: how much is in the pack."""
    exhibits = len(contents.exhibits)
    entries = entries_words(entry.number for entry in contents.entries)
    return f"{entries}; {exhibits} exhibit{'' if exhibits == 1 else 's'}"
