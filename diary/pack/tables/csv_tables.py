"""CSV files: the rows of the documents for spreadsheets.

UTF-8 with a byte order mark, CRLF line ends. Times are ISO 8601, except that claimed times (`occurred`, `found_out`,
`taken`, `time_it_shows`) and `delay` are worded as in document 01. A cell that a spreadsheet would run as a formula gets
a leading apostrophe, which the spreadsheet shows.
"""

import csv
import io
from collections.abc import Collection, Iterable, Sequence
from typing import Final

from diary.pack.contents import (
    ExhibitView,
    PackContents,
    page_key,
    picture_candidates,
    poster_key,
    volume_filename,
    volume_index,
    words_key,
)
from diary.pack.registers import (
    breach_lines,
    format_disclosure,
    linked_records,
    orders_in_force,
    report_lines,
    witness_codes,
)
from diary.pack.tables.cells import format_recording, format_yes_no
from diary.pack.tables.csv_format import BOM, starts_formula
from diary.pack.wording import (
    field_label,
    format_count,
    format_entries,
    format_field_choice,
    format_screenshot_point,
    format_value,
)
from diary.record import assisted, times, vocabulary
from diary.record.incident import Incident
from diary.record.reading import RecordFields, codes_of, integer_of, object_of, objects_of, text_of

_REFERENCE_COLUMNS: Final = (
    ("accounts_listed", "account_ids", "account"),
    ("vehicles_listed", "vehicle_ids", "vehicle"),
    ("told_to_stop", "notice_ids", "notice"),
)


def chronology_csv(contents: PackContents) -> bytes:
    """Return 02_chronology.csv: one line for each entry, in the order of document 01."""
    rows = [_entry_cells(contents, entry) for entry in contents.entries]
    return encode_csv(tuple(rows[0]) if rows else ("no",), (row.values() for row in rows))


def _entry_cells(contents: PackContents, entry: Incident) -> dict[str, object]:
    """Return one entry's cells by column."""
    return {
        **_time_cells(contents, entry),
        **_narrative_cells(entry),
        **_people_cells(contents, entry),
        **_effect_cells(entry),
        **_linked_cells(contents, entry),
    }


def _time_cells(contents: PackContents, entry: Incident) -> dict[str, object]:
    """Return the times at which the event happened, was discovered, was recorded and was received."""
    when, delay = entry.occurred_time, entry.delay_ms
    discovered_at = times.read_time_block(entry.fields, "discovered_at")
    return {
        "no": entry.number,
        "occurred": times.format_claimed_time(when).to_line(),
        "occurred_start": times.format_iso(when.start_ms if when.is_known else None, when.offset_minutes),
        "occurred_end": times.format_iso(when.end_ms if when.is_known else None, when.end_offset_minutes),
        "precision": when.precision,
        "time_source": when.source,
        "time_source_in_their_words": entry.text("time_source_text"),
        "found_out": times.format_claimed_time(discovered_at).to_line() if discovered_at.is_known else "",
        "recorded": times.format_iso(entry.history.first_recorded_at_ms),
        "received_no_later_than": times.format_iso(contents.first_version(entry).received_at),
        "delay": "" if delay is None else times.format_delay(delay),
        "written": format_field_choice(entry.fields, "entry_kind"),
        "late_reason": entry.text("late_reason"),
        "copied_from": entry.text("source_record"),
    }


def _narrative_cells(entry: Incident) -> dict[str, object]:
    """Return the keeper's words, the kind of behaviour, the channel and the place."""
    behaviours = entry.codes("behaviours")
    number, is_estimate = entry.claimed_count or ("", False)
    return {
        "what_happened": entry.narrative,
        "written_by_somebody_else": assisted.authorship_label(entry.fields),
        "asked": " / ".join(assisted.prompts_of(entry.fields)),
        "as_typed": assisted.typed_narrative_if_changed({**entry.fields, "narrative": entry.narrative}),
        "exact_words": " / ".join(_format_quote(quote) for quote in objects_of(entry.fields, "exact_words")),
        "later": _format_revisions(entry),
        "language": entry.text("language"),
        "translation": text_of(object_of(entry.fields, "translation"), "text"),
        "translated_by": text_of(object_of(entry.fields, "translation"), "by"),
        "behaviours": "; ".join(vocabulary.labels("behaviours", behaviours)),
        "behaviours_in_their_words": entry.text("behaviours_text"),
        "s2a3_letters": "".join(vocabulary.section_letters(behaviours)),
        "channel": format_field_choice(entry.fields, "channel"),
        "account": entry.text("channel_account"),
        "count": number,
        "count_is_estimate": "yes" if is_estimate else "",
        "where": format_field_choice(entry.fields, "place_category"),
        "place": entry.text("place_in_chronology"),
    }


def _people_cells(contents: PackContents, entry: Incident) -> dict[str, object]:
    """Return the suspect and how the keeper knows, the target, the witnesses and the people told."""
    codes = ", ".join(person.code for person in contents.people if entry.number in person.entry_numbers)
    targets = linked_records(contents.registers, entry.codes("targeted_person_ids"), "person")
    present = linked_records(contents.registers, entry.codes("present_ids"), "person")
    disclosures = objects_of(entry.fields, "told_others")
    return {
        "person_code": codes,
        "who": entry.text("who"),
        "how_known": format_field_choice(entry.fields, "attribution_basis"),
        "done_by": format_field_choice(entry.fields, "carried_out_by"),
        "aimed_at": ", ".join((*(target.code for target in targets), *filter(None, (entry.text("targeted_text"),)))),
        "description": entry.text("description_actor"),
        "vehicle": format_value("vehicle", entry.fields.get("vehicle"), entry.fields),
        "present": ", ".join(person.code for person in present),
        "children_present": format_yes_no(entry, "children_present"),
        "children_ages": entry.text("children_ages"),
        "saw_or_heard": witness_codes(contents.registers, entry),
        "told": "; ".join(format_disclosure(contents.registers, disclosure) for disclosure in disclosures),
    }


def _effect_cells(entry: Incident) -> dict[str, object]:
    """Return the effect on the keeper, and what the keeper did."""
    return {
        "effect_then": entry.text("feelings_then_text"),
        "feelings": "; ".join(vocabulary.labels("feelings", entry.codes("feelings_then"))),
        "afraid_of_violence": format_field_choice(entry.fields, "feared_violence"),
        "injury": format_yes_no(entry, "physical_injury"),
        "property": entry.text("property_effect"),
        "loss_in_pence": integer_of(entry.fields, "property_value_pence"),
        "weapon_or_object": entry.text("weapon_or_object"),
        "because_of": format_field_choice(entry.fields, "hostility"),
        "response": format_field_choice(entry.fields, "response"),
        "i_contacted_them": format_field_choice(entry.fields, "i_contacted_them"),
        "reason_for_lawful_contact": entry.text("lawful_contact_context"),
        "help_with_writing": format_field_choice(entry.fields, "help_given"),
    }


def _linked_cells(contents: PackContents, entry: Incident) -> dict[str, object]:
    """Return orders, reports, possible recordings, missing material, and the exhibits."""
    schedules = linked_records(contents.registers, entry.codes("schedule_id"), "schedule")
    return {
        "order_in_force": "; ".join(orders_in_force(contents.registers, entry)),
        "term_said_to_be_broken": "; ".join(breach_lines(contents.registers, entry)),
        "reported": "; ".join(report_lines(contents.registers, entry)),
        "platform_report": format_value("platform_report", entry.fields.get("platform_report"), entry.fields),
        "may_be_recorded_on": "; ".join(
            format_recording(recording) for recording in objects_of(entry.fields, "independent_evidence")
        ),
        "missing": entry.text("missing_evidence"),
        "message_schedule": ", ".join(schedule.code for schedule in schedules),
        **{
            column: ", ".join(record.code for record in linked_records(contents.registers, entry.codes(name), kind))
            for column, name, kind in _REFERENCE_COLUMNS
        },
        "part_of": "; ".join(
            case_record.text("title")
            for case_record in linked_records(contents.registers, entry.codes("case_ids"), "case")
        ),
        "exhibits": " ".join(view.exhibit.item for view in contents.exhibits_of(entry)),
        "commitment": contents.first_version(entry).commitment,
    }


def _format_quote(quote: RecordFields) -> str:
    """Return a quotation, with its speaker if known."""
    speaker, words = text_of(quote, "speaker"), text_of(quote, "words")
    return f"{speaker}: {words}" if speaker and words else words


def _format_revisions(entry: Incident) -> str:
    """Return the additions and amendments with their dates, in one cell."""
    return " | ".join(
        f"{times.format_iso(revision.recorded_at_ms)} {revision.kind}: "
        + "; ".join(
            f"{field_label(change.field)}: {format_value(change.field, change.new, revision.fields_after) or 'taken out'}"
            for change in revision.changes
            if not change.field.endswith(("_id", "_ids")) and change.field != "alleged_breaches"
        )
        for revision in entry.history.revisions
    )


def exhibits_csv(contents: PackContents, printed: Collection[str] | None = None) -> bytes:
    """Return 03_exhibits-index.csv, one line for each exhibit.

    The officer's reference is blank unless it was recorded. `printed`: keys of the pictures in 04; None for all that
    the capsule has a copy of.
    """
    printed = picture_candidates(contents) if printed is None else printed
    header = (
        "item_no", "suggested_ref", "officer_ref", "description", "kind", "taken", "time_it_shows",
        "producer", "sha256", "size_bytes", "file", "volume", "entries", "account_or_number",
        "web_address", "source_account", "changed_before_it_was_added", "whole_screen", "clock", "date",
        "sender_name", "number_or_handle", "profile", "url", "before_and_after", "own_messages",
        "flags", "picture_in_04",
    )  # fmt: skip
    return encode_csv(header, (_exhibit_cells(contents, view, printed) for view in contents.exhibits))


def _exhibit_cells(contents: PackContents, view: ExhibitView, printed: Collection[str]) -> Iterable[object]:
    """Return one exhibit's cells."""
    fields, taken, shown_time = view.attachment.fields, view.attachment.captured_time, view.attachment.content_time
    is_screen = text_of(fields, "kind") == "screenshot"
    flags = list(vocabulary.labels("attachment_flags", codes_of(fields, "flags")))
    flags += ["details changed later"] if view.attachment.history.revisions else []
    return (
        view.exhibit.number,
        view.exhibit.item,
        text_of(fields, "officer_exhibit_ref"),
        view.attachment.description,
        view.attachment.kind_label,
        times.format_claimed_time(taken).to_line() if taken.is_known else "",
        times.format_claimed_time(shown_time).to_line() if shown_time.is_known else "",
        contents.handler_code(fields, "producer_id"),
        view.exhibit.sha256,
        view.exhibit.size_bytes,
        view.exhibit.filename,
        volume_filename(volume_index(contents, view.exhibit.item)),
        contents.linked_codes_text(view) or "not linked",
        text_of(fields, "account_or_number_shown"),
        text_of(fields, "url_full"),
        format_field_choice(fields, "source_account"),
        format_field_choice(fields, "alteration_before_receipt"),
        *(
            format_screenshot_point(fields, term.code) if is_screen else ""
            for term in vocabulary.CHOICE_LISTS["shows"].terms
        ),
        "; ".join(flags),
        _picture_flag(view, printed),
    )


def _picture_flag(view: ExhibitView, printed: Collection[str]) -> str:
    """Return what 04 prints of an exhibit."""
    if view.exhibit.is_picture_withheld:
        return "held back, see 06"
    return next((flag for key, flag in _picture_flags(view.exhibit.item) if key in printed), "no picture")


def _picture_flags(item: str) -> tuple[tuple[str, str], ...]:
    """Return the keys of what 04 may print of an exhibit, each with how 03 says it."""
    return (
        (item, "yes"),
        (page_key(item, 1), "its pages"),
        (words_key(item), "its words"),
        (poster_key(item), "a still"),
    )


def printed_pictures(contents: PackContents, index: bytes) -> set[str]:
    """Return the keys of the pictures that a 03 says are printed, of those of which the capsule has a copy.

    `index`: 03_exhibits-index.csv as the worker wrote it: only the worker knows which copies it could read.
    """
    rows = csv.DictReader(io.StringIO(index.decode("utf-8-sig", "replace"), newline=""))
    flags = {row.get("suggested_ref"): row.get("picture_in_04") for row in rows}
    items = (view.exhibit.item for view in contents.exhibits)
    stated = {key for item in items for key, flag in _picture_flags(item) if flags.get(item) == flag}
    return stated & picture_candidates(contents)


def custody_csv(contents: PackContents) -> bytes:
    """Return 11_custody-log.csv: every custody step of the packed files, oldest first."""
    rows = (
        (
            times.format_iso(integer_of(line, "at")),
            text_of(line, "item"),
            text_of(line, "actor"),
            _action_label(line),
            text_of(line, "detail"),
        )
        for line in contents.capsule.custody
    )
    return encode_csv(("at", "item", "actor", "action", "detail"), rows)


def _action_label(line: RecordFields) -> str:
    code = text_of(line, "action")
    return vocabulary.label("custody_actions", code) if code else ""


def encode_csv(header: Sequence[str], rows: Iterable[Iterable[object]]) -> bytes:
    """Encode a CSV file; None is an empty cell."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n", quoting=csv.QUOTE_MINIMAL)
    writer.writerow(header)
    writer.writerows([safe_cell("" if cell is None else str(cell)) for cell in row] for row in rows)
    return (BOM + out.getvalue()).encode("utf-8", "surrogatepass")


def safe_cell(cell: str) -> str:
    """Return a cell that no spreadsheet runs as a formula.

    Zero bytes become [U+0000], and a cell that would begin a formula gets a leading apostrophe.
    """
    cell = cell.replace("\0", "[U+0000]")
    return f"'{cell}" if starts_formula(cell) else cell


def contents_summary(contents: PackContents) -> str:
    """Return one line for READ-FIRST with the number of entries and exhibits."""
    entries = format_entries(entry.number for entry in contents.entries)
    return f"{entries}; {format_count(len(contents.exhibits), 'exhibit')}"
