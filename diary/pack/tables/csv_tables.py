"""The CSV files: the same rows as the pages, for spreadsheets.

UTF-8 with a byte order mark, ISO 8601 dates, lines ending in CRLF. A spreadsheet runs a cell that begins
with = + - @ as a formula; such a cell gets an apostrophe before it, which spreadsheets do not show.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

from diary.pack.contents import Contents, Shown, volume_name, volume_of
from diary.pack.registers import breaches, linked, orders_then, reports, told_words, witnesses
from diary.pack.tables.cells import recorder, yes_no
from diary.pack.wording import chosen, entries_words, field_label, point_words, value_words
from diary.record import assisted, times, vocabulary
from diary.record.incident import Incident
from diary.record.reading import Fields, codes_of, object_of, objects_of, text_of, whole_of

BOM: Final = "\ufeff"
_REFS: Final = (
    ("accounts_listed", "account_ids", "account"),
    ("vehicles_listed", "vehicle_ids", "vehicle"),
    ("told_to_stop", "notice_ids", "notice"),
)
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def chronology_csv(contents: Contents) -> bytes:
    """02_chronology.csv: one line an entry, in the order of 01."""
    columns = [_entry(contents, entry) for entry in contents.entries]
    return table(tuple(columns[0]) if columns else ("no",), (row.values() for row in columns))


def _entry(contents: Contents, entry: Incident) -> dict[str, object]:
    """One entry's cells by column."""
    return {
        **_times(contents, entry),
        **_told(entry),
        **_people(contents, entry),
        **_effect(entry),
        **_linked(contents, entry),
    }


def _times(contents: Contents, entry: Incident) -> dict[str, object]:
    """When it happened, was found out, was written down and was received."""
    when, delay = entry.when, entry.delay_ms
    found = times.block(entry.said, "discovered_at")
    return {
        "no": entry.number,
        "occurred": times.printed(when).line(),
        "occurred_start": times.iso(when.start if when.is_known else None, when.offset_min),
        "occurred_end": times.iso(when.end if when.is_known else None, when.end_offset_min),
        "precision": when.precision,
        "time_source": when.source,
        "time_source_in_their_words": entry.text("time_source_text"),
        "found_out": times.printed(found).line() if found.is_known else "",
        "recorded": times.iso(entry.told.started_at),
        "received_no_later_than": times.iso(contents.first_version(entry).received_at),
        "delay": "" if delay is None else times.delay_words(delay),
        "written": chosen(entry.said, "entry_kind"),
        "late_reason": entry.text("late_reason"),
        "copied_from": entry.text("source_record"),
    }


def _told(entry: Incident) -> dict[str, object]:
    """The keeper's words, what kind of thing it was, how it came and where."""
    behaviours = entry.codes("behaviours")
    number, about = entry.count or ("", False)
    return {
        "what_happened": entry.narrative,
        "written_by_somebody_else": assisted.mark_of(entry.said),
        "asked": " / ".join(assisted.prompts_of(entry.said)),
        "as_typed": assisted.as_typed({**entry.said, "narrative": entry.narrative}),
        "exact_words": " / ".join(_quote(quote) for quote in objects_of(entry.said, "exact_words")),
        "later": _later(entry),
        "language": entry.text("language"),
        "translation": text_of(object_of(entry.said, "translation"), "text"),
        "translated_by": text_of(object_of(entry.said, "translation"), "by"),
        "behaviours": "; ".join(vocabulary.labels("behaviours", behaviours)),
        "behaviours_in_their_words": entry.text("behaviours_text"),
        "s2a3_letters": "".join(vocabulary.letters(behaviours)),
        "channel": chosen(entry.said, "channel"),
        "account": entry.text("channel_account"),
        "count": number,
        "count_is_estimate": "yes" if about else "",
        "where": chosen(entry.said, "place_category"),
        "place": entry.text("place_in_chronology"),
    }


def _people(contents: Contents, entry: Incident) -> dict[str, object]:
    """Who did it and how that is known, at whom it was aimed, who saw it and who was told."""
    codes = ", ".join(person.code for person in contents.people if entry.number in person.entries)
    aimed = linked(contents.registers, entry.codes("targeted_person_ids"), "person")
    present = linked(contents.registers, entry.codes("present_ids"), "person")
    told = objects_of(entry.said, "told_others")
    return {
        "person_code": codes,
        "who": entry.text("who"),
        "how_known": chosen(entry.said, "attribution_basis"),
        "done_by": chosen(entry.said, "carried_out_by"),
        "aimed_at": ", ".join((*(one.ref for one in aimed), *filter(None, (entry.text("targeted_text"),)))),
        "description": entry.text("description_actor"),
        "vehicle": value_words("vehicle", entry.said.get("vehicle"), entry.said),
        "present": ", ".join(one.ref for one in present),
        "children_present": yes_no(entry, "children_present"),
        "children_ages": entry.text("children_ages"),
        "saw_or_heard": witnesses(contents.registers, entry),
        "told": "; ".join(told_words(contents.registers, one) for one in told),
    }


def _effect(entry: Incident) -> dict[str, object]:
    """What it did to the keeper, and what the keeper did."""
    return {
        "effect_then": entry.text("feelings_then_text"),
        "feelings": "; ".join(vocabulary.labels("feelings", entry.codes("feelings_then"))),
        "afraid_of_violence": chosen(entry.said, "feared_violence"),
        "injury": yes_no(entry, "physical_injury"),
        "property": entry.text("property_effect"),
        "loss_in_pence": whole_of(entry.said, "property_value_pence"),
        "weapon_or_object": entry.text("weapon_or_object"),
        "because_of": chosen(entry.said, "hostility"),
        "response": chosen(entry.said, "response"),
        "i_contacted_them": chosen(entry.said, "i_contacted_them"),
        "reason_for_lawful_contact": entry.text("lawful_contact_context"),
        "help_with_writing": chosen(entry.said, "help_given"),
    }


def _linked(contents: Contents, entry: Incident) -> dict[str, object]:
    """Orders, reports, what may have recorded it, what is missing, and the exhibits."""
    schedules = linked(contents.registers, entry.codes("schedule_id"), "schedule")
    return {
        "order_in_force": "; ".join(orders_then(contents.registers, entry)),
        "term_said_to_be_broken": "; ".join(breaches(contents.registers, entry)),
        "reported": "; ".join(reports(contents.registers, entry)),
        "platform_report": value_words("platform_report", entry.said.get("platform_report"), entry.said),
        "may_be_recorded_on": "; ".join(recorder(one) for one in objects_of(entry.said, "independent_evidence")),
        "missing": entry.text("missing_evidence"),
        "message_schedule": ", ".join(one.ref for one in schedules),
        **{
            column: ", ".join(one.ref for one in linked(contents.registers, entry.codes(name), kind))
            for column, name, kind in _REFS
        },
        "part_of": "; ".join(one.text("title") for one in linked(contents.registers, entry.codes("case_ids"), "case")),
        "exhibits": " ".join(shown.exhibit.item for shown in contents.exhibits_of(entry)),
        "commitment": contents.first_version(entry).c,
    }


def _quote(quote: Fields) -> str:
    """Words somebody used, with who."""
    speaker, words = text_of(quote, "speaker"), text_of(quote, "words")
    return f"{speaker}: {words}" if speaker and words else words


def _later(entry: Incident) -> str:
    """Additions and amendments in one cell, dated."""
    return " | ".join(
        f"{times.iso(revision.at)} {revision.kind}: "
        + "; ".join(
            f"{field_label(change.field)}: {value_words(change.field, change.new, revision.after) or 'taken out'}"
            for change in revision.changes
            if not change.field.endswith(("_id", "_ids")) and change.field != "alleged_breaches"
        )
        for revision in entry.told.revisions
    )


def exhibits_csv(contents: Contents) -> bytes:
    """03_exhibits-index.csv: one line an exhibit; the officer's own reference is blank until the keeper was told one."""
    header = (
        "item_no", "suggested_ref", "officer_ref", "description", "kind", "taken", "time_it_shows",
        "producer", "sha256", "size_bytes", "file", "volume", "entries", "account_or_number",
        "web_address", "changed_before_it_was_added", "whole_screen", "clock", "date",
        "sender_name", "number_or_handle", "profile", "url", "before_and_after", "own_messages",
        "flags", "picture_in_04",
    )  # fmt: skip
    return table(header, (_exhibit(contents, shown) for shown in contents.exhibits))


def _exhibit(contents: Contents, shown: Shown) -> Iterable[object]:
    """One exhibit's cells."""
    said, taken, shows = shown.attachment.said, shown.attachment.taken, shown.attachment.shown_time
    is_screen = text_of(said, "kind") == "screenshot"
    flags = list(vocabulary.labels("attachment_flags", codes_of(said, "flags")))
    flags += ["details changed later"] if shown.attachment.told.revisions else []
    return (
        shown.exhibit.number,
        shown.exhibit.item,
        text_of(said, "officer_exhibit_ref"),
        shown.attachment.description,
        shown.attachment.kind_label,
        times.printed(taken).line() if taken.is_known else "",
        times.printed(shows).line() if shows.is_known else "",
        contents.handler(said, "producer_id"),
        shown.exhibit.sha256,
        shown.exhibit.size,
        shown.exhibit.file,
        volume_name(volume_of(contents, shown.exhibit.item)),
        contents.linked_to(shown) or "not linked",
        text_of(said, "account_or_number_shown"),
        text_of(said, "url_full"),
        chosen(said, "alteration_before_receipt"),
        *(point_words(said, term.code) if is_screen else "" for term in vocabulary.LISTS["shows"].terms),
        "; ".join(flags),
        "held back, see 06" if shown.exhibit.hold_picture else "yes" if shown.exhibit.print_copy else "no picture",
    )


def custody_csv(contents: Contents) -> bytes:
    """11_custody-log.csv: every handling step of the packed files, oldest first."""
    rows = (
        (
            times.iso(whole_of(line, "at")),
            text_of(line, "item"),
            text_of(line, "actor"),
            _action(line),
            text_of(line, "detail"),
        )
        for line in contents.capsule.custody
    )
    return table(("at", "item", "actor", "action", "detail"), rows)


def _action(line: Fields) -> str:
    code = text_of(line, "action")
    return vocabulary.label("custody_actions", code) if code else ""


def table(header: Sequence[str], rows: Iterable[Iterable[object]]) -> bytes:
    """A CSV file's bytes; None is an empty cell."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n", quoting=csv.QUOTE_MINIMAL)
    writer.writerow(header)
    writer.writerows([safe_cell("" if cell is None else str(cell)) for cell in row] for row in rows)
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
