"""Sections of 01_chronology.pdf about records other than entries: orders, notices, messages, contacts, witnesses.

Only servable contents are read: witnesses and children appear as codes here and by name in document 06.
"""

from collections.abc import Iterable
from typing import Final

from diary.pack.contents import PackContents
from diary.pack.documents.incident_rows import NO_WORDS_TEXT, TemplateData
from diary.pack.documents.patterns import count_patterns, pattern_sections
from diary.pack.documents.people import linked_entry_numbers, people_sections, sort_by_time
from diary.pack.documents.witnesses import witness_rows
from diary.pack.printable_text import escape_unprintable, paragraphs
from diary.pack.registers import (
    STANDING_LABELS,
    RegisterRecord,
    can_be_breached_by,
    format_choice,
    format_record_day,
    format_report,
    format_term,
    linked_records,
    order_label,
    records_of_kind,
)
from diary.pack.tables.message_schedules import message_rows
from diary.pack.wording import first_words, format_count, format_entry_numbers
from diary.record import times
from diary.record.breaches import order_status
from diary.record.incident import Incident
from diary.record.patterns import incoming_count
from diary.record.reading import RecordFields, boolean_of, codes_of, integer_of, objects_of, text_of

_EXPIRED: Final = "expired"
_BREACH_WORDS_CHARACTERS: Final = 90


def record_sections(contents: PackContents) -> TemplateData:
    """Return the sections of 01 other than the front page, the charts and the incident table."""
    return {
        "background": [
            _background_section(background) for background in records_of_kind(contents.registers, "background")
        ],
        **people_sections(contents),
        "notices": [_notice_row(contents, notice) for notice in records_of_kind(contents.registers, "notice")],
        "orders": [_order_section(contents, order) for order in records_of_kind(contents.registers, "order")],
        "schedules": [
            _schedule_row(contents, schedule) for schedule in records_of_kind(contents.registers, "schedule")
        ],
        "contacts": [
            _report_row(contents, report) for report in sort_by_time(records_of_kind(contents.registers, "report"))
        ],
        "witnesses": witness_rows(contents),
        **pattern_sections(contents),
    }


def _labelled_cells(pairs: Iterable[tuple[str, str]]) -> list[list[str]]:
    return [[label, escape_unprintable(words)] for label, words in pairs if words]


def _background_section(background: RegisterRecord) -> TemplateData:
    """Return the relationship and history before the entries."""
    return {
        "facts": _labelled_cells(
            (
                ("Relationship", format_choice(background, "relationship", "relationships")),
                (
                    "Met",
                    ", ".join(
                        part for part in (format_record_day(background, "when_met"), background.text("met_how")) if part
                    ),
                ),
                ("Ended", format_record_day(background, "when_ended")),
                (
                    "Children together",
                    {True: "yes", False: "no", None: ""}[boolean_of(background.fields, "children_together")],
                ),
                ("Court or other proceedings", background.text("proceedings")),
                ("Before this", background.text("prior_abuse")),
            )
        ),
        "words": paragraphs(background.text("narrative")),
    }


def _notice_row(contents: PackContents, notice: RegisterRecord) -> list[str]:
    """Return the template data of a notice to stop: its sender, date and means, the exact words, and the sequel."""
    who = "The keeper" if notice.text("by_whom") == "me" else format_choice(notice, "by_whom", "notice_by")
    how = format_choice(notice, "how", "notice_ways", within_sentence=True).removeprefix("I ")
    later_counts = {
        key_date["record"]: len(key_date["after"])
        for key_date in count_patterns(contents)["key_dates"]
        if key_date["kind"] == "notice"
    }
    later_count = later_counts.get(notice.record)
    counted = "" if later_count is None else f"{format_count(later_count, 'entry', 'entries')} after it"
    sequel = "\n".join(part for part in (notice.text("what_happened_next"), counted) if part)
    recipients = ", ".join(
        (
            *_linked_codes(contents, notice, "to_ids", "person"),
            *_linked_codes(contents, notice, "to_account_ids", "account"),
        )
    )
    return [
        notice.code,
        format_record_day(notice, "at") or "not dated",
        escape_unprintable(", ".join(part for part in (who, how, recipients and f"to {recipients}") if part)),
        escape_unprintable(notice.text("exact_words")),
        escape_unprintable(sequel),
        linked_entry_numbers(contents, notice, "notice_ids"),
    ]


def _order_section(contents: PackContents, order: RegisterRecord) -> TemplateData:
    """Return an order: its dates and terms, and each entry said to break one, with how the order stood."""
    alleged_breaches = [
        (entry, breach)
        for entry in contents.entries
        for breach in objects_of(entry.fields, "alleged_breaches")
        if text_of(breach, "order_id") == order.record
    ]
    copy_items = [
        shown.exhibit.item
        for shown in contents.exhibits
        if shown.exhibit.record in (*order.codes("copy_attachment_id"), *order.codes("attachment_ids"))
    ]
    return {
        "ref": order.code,
        "title": escape_unprintable(order_label(order)),
        "facts": _labelled_cells(
            (
                ("Court", ", ".join(part for part in (order.text("court"), order.text("case_no")) if part)),
                ("Made", format_record_day(order, "made_on")),
                (
                    "Served",
                    ", ".join(
                        part
                        for part in (
                            format_record_day(order, "served_on"),
                            format_choice(order, "served_how", "served_ways", within_sentence=True),
                        )
                        if part
                    ),
                ),
                ("Known to them since", format_record_day(order, "known_on")),
                ("How they know of it", format_choice(order, "awareness_basis", "order_awareness")),
                ("Until", format_record_day(order, "expires_on") or order.text("expiry_text")),
                ("Status, as the keeper knows it", format_choice(order, "status", "order_statuses")),
                (
                    "Changed",
                    "; ".join(_format_variation(change) for change in objects_of(order.fields, "varied_history")),
                ),
                ("Against", ", ".join(_linked_codes(contents, order, "against_ids", "person"))),
                ("Protects", ", ".join(_linked_codes(contents, order, "protects_ids", "person"))),
                ("Copy", ", ".join(copy_items)),
            )
        ),
        "expired": is_expired(contents, order),
        "terms": [
            [
                str(integer_of(term, "no") or ""),
                escape_unprintable(text_of(term, "text")),
                _term_breach_numbers(order, alleged_breaches, term),
            ]
            for term in objects_of(order.fields, "terms")
        ],
        "breaches": [_breach_row(order, entry, breach) for entry, breach in alleged_breaches],
    }


def _linked_codes(contents: PackContents, record: RegisterRecord, name: str, kind: str) -> list[str]:
    """Return the pack codes of the records a field refers to."""
    return [linked_record.code for linked_record in linked_records(contents.registers, record.codes(name), kind)]


def _format_variation(change: RecordFields) -> str:
    """Return one variation, for example `12 Oct 2026: the school was added`."""
    return ": ".join(part for part in (times.format_iso_date(text_of(change, "on")), text_of(change, "what")) if part)


def is_expired(contents: PackContents, order: RegisterRecord) -> bool:
    """Return whether the order had expired when the pack was made."""
    pack_time = {
        "occurred_start": contents.capsule.metadata.made_at,
        "precision": "minute",
        "tz": contents.capsule.metadata.tz,
    }
    return order_status(order.fields, pack_time) == _EXPIRED


def _term_breach_numbers(
    order: RegisterRecord, alleged_breaches: Iterable[tuple[Incident, RecordFields]], term: RecordFields
) -> str:
    """Return the entries said to break one term at a time when it could be broken."""
    breaching_entries = (entry for entry, breach in alleged_breaches if breach.get("term_no") == term.get("no"))
    return format_entry_numbers(tuple(entry.number for entry in breaching_entries if can_be_breached_by(order, entry)))


def _breach_row(order: RegisterRecord, entry: Incident, breach: RecordFields) -> list[str]:
    """Return one alleged breach; it is not counted before service or after the order expired."""
    standing = order_status(order.fields, entry.fields)
    counted = "alleged" if can_be_breached_by(order, entry) else "not counted"
    return [
        entry.number,
        times.format_claimed_time(entry.occurred_time).day,
        escape_unprintable(format_term(order, breach.get("term_no"))),
        escape_unprintable(first_words(entry.narrative, _BREACH_WORDS_CHARACTERS) or NO_WORDS_TEXT),
        ": ".join(part for part in (counted, STANDING_LABELS.get(standing, "")) if part),
    ]


def _schedule_row(contents: PackContents, schedule: RegisterRecord) -> list[str]:
    """Return one message schedule: period, channel, counts in each direction, completeness, and entries or files."""
    rows = message_rows(schedule.fields)
    listed_count = sum(text_of(row, "direction") == "in" for row in rows)
    outgoing_count = sum(text_of(row, "direction") == "out" for row in rows)
    sent_times = [text_of(row, "sent_local") for row in rows if text_of(row, "sent_local")]
    span = _time_span(sent_times[0], sent_times[-1]) if sent_times else "not recorded"
    completeness = format_choice(schedule, "complete", "schedule_complete") or "not recorded"
    outgoing_words = (
        "outgoing not captured"
        if not outgoing_count and schedule.text("complete") != "complete"
        else str(outgoing_count)
    )
    items = sorted(
        {
            contents.labels[text_of(row, "attachment_id")]
            for row in rows
            if text_of(row, "attachment_id") in contents.labels
        }
    )
    return [
        schedule.code,
        escape_unprintable(schedule.text("title") or schedule.text("chat")),
        format_choice(schedule, "channel", "channels"),
        escape_unprintable(span),
        _format_received(schedule, listed_count),
        outgoing_words,
        escape_unprintable(completeness),
        ", ".join(part for part in (linked_entry_numbers(contents, schedule, "schedule_id"), *items) if part),
    ]


def _format_received(schedule: RegisterRecord, listed_count: int) -> str:
    """Return how many messages came, as 01 counts them, and how many of these are listed if that differs."""
    count, is_estimate = incoming_count(schedule.fields)
    words = f"about {count}" if is_estimate and count != listed_count else str(count)
    return words if count == listed_count else f"{words}, {listed_count} listed"


def _time_span(first: str, last: str) -> str:
    """Return `3 Nov 2026, 20:14 to 23:55`, with both days if the span crosses midnight."""
    days, clocks = (first[:10], last[:10]), (first[11:16], last[11:16])
    ends = clocks[1] if days[0] == days[1] else f"{times.format_iso_date(days[1])}, {clocks[1]}"
    return f"{times.format_iso_date(days[0])}, {clocks[0]} to {ends}"


def _report_row(contents: PackContents, report: RegisterRecord) -> list[str]:
    """Return the template data of one report: recipient, references, contents, items handed over, promises, outcome."""
    details = (
        ("I said", report.text("what_i_said")),
        ("They said", report.text("what_they_said")),
        ("Statement given", _format_switch(report, "statement_given")),
        ("Handed over", ", ".join(codes_of(report.fields, "handed_over"))),
        ("Signed for their phone to be looked at", _format_switch(report, "dpn_signed")),
        ("Promised", report.text("promised")),
        ("Next update due", format_record_day(report, "next_update_due")),
        ("Came of it", format_choice(report, "outcome", "report_outcomes")),
    )
    officer = " ".join(part for part in map(report.text, ("officer_name", "collar_no", "unit")) if part)
    recipient = ", ".join(part for part in (format_report(report).split(", on ")[0], officer) if part)
    lines = [f"{label}: {words}" for label, words in details if words]
    how = format_choice(report, "method", "report_methods")
    return [
        format_record_day(report, "at") or "not dated",
        escape_unprintable(f"{recipient} ({how})" if how else recipient),
        escape_unprintable("\n".join(lines)),
        linked_entry_numbers(contents, report, "report_ids"),
    ]


def _format_switch(record: RegisterRecord, name: str) -> str:
    """Return a boolean field as words, or '' if it was left blank."""
    switch = boolean_of(record.fields, name)
    return "" if switch is None else "yes" if switch else "no"
