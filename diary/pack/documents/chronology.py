"""Data of 01_chronology.pdf for its template. Counts and words only; no conclusions."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from diary.encoding import canonical_json
from diary.pack.contents import ExhibitView, PackContents, volume_index, volumes
from diary.pack.documents.chronology_sections import is_expired, record_sections
from diary.pack.documents.incident_rows import NO_WORDS_TEXT, StillsByItem, TemplateData, incident_row, marked_entries
from diary.pack.documents.later_files import later_files_text
from diary.pack.documents.method import feed_head_text, method_summary, missing_entries_text
from diary.pack.documents.new_since import NewSince, find_new_since, new_since_rows
from diary.pack.documents.patterns import (
    NEW_ACCOUNT_LABEL,
    count_patterns,
    format_certainty,
    format_message_count,
    new_accounts,
)
from diary.pack.documents.prepared_wording import not_sworn_text, prepared_sentences
from diary.pack.documents.time_sensitive import entries_since_service
from diary.pack.documents.timeline import timeline_data, timeline_rows
from diary.pack.metadata import PackMetadata
from diary.pack.previous_packs import SUPPLEMENT_KINDS
from diary.pack.printable_text import VerbatimText, escape_unprintable, paragraphs
from diary.pack.registers import (
    NO_REFERENCES_TEXT,
    PREPARED_NO_REFERENCES_TEXT,
    breaches_order,
    format_record_day,
    format_report,
    newest_first,
    order_label,
    records_of_kind,
    reference_lines,
)
from diary.pack.tables.cells import format_recording
from diary.pack.wording import format_count, format_entries, format_entry_numbers, format_size, lower_first_letter
from diary.record import chronology as order
from diary.record import times, vocabulary
from diary.record.chronology import Tally
from diary.record.incident import Incident
from diary.record.patterns_facts import IncidentFact
from diary.record.reading import objects_of, text_of

READING_WORDS_PER_MINUTE: Final = 200
LINKED_ENTRIES_LIMIT: Final = 6
# On the front page.
_WHO: Final = "Who"
_NAMED_NOTE: Final = "Named by {}; not established here."
_TOP_BEHAVIOURS: Final = 5
_PEOPLE_LIMIT: Final = 4
_ORDERS_LIMIT: Final = 2
_NOTICES_LIMIT: Final = 2
# What the keeper knows of an order that is not, not yet or no longer in force.
_NOT_IN_FORCE: Final = frozenset({"applied_for", "expired", "ended", "refused"})
_START_WITH_LIMIT: Final = 8
_OPENING_CHARACTERS: Final = 400


def chronology_data(contents: PackContents, stills: StillsByItem | None = None) -> TemplateData:
    """Return the data of document 01 from the servable contents only. `stills`: stills of video accounts by item."""
    entries, metadata = contents.entries, contents.capsule.metadata
    facts = order.extract_facts(entries)
    new_since = find_new_since(contents)
    rows = [incident_row(contents, entry, stills or {}, _mark_of(entry, new_since)) for entry in entries]
    return {
        **contents.page_header(f"Chronology, pack {metadata.label}", not_sworn_text(metadata)),
        **record_sections(contents),
        "release": metadata.release,
        "front": _front_page(contents, facts),
        "new_since": new_since and _new_since_section(contents, new_since),
        "timeline": timeline_data(contents),
        "timeline_rows": timeline_rows(contents),
        "references": [
            escape_unprintable(line)
            for line in reference_lines(contents.registers, entries, _no_references_text(metadata))
        ],
        "own": paragraphs(contents.redactor.redact(contents.capsule.own_words)),
        "charts": _charts(entries, facts),
        "tallies": _tally_rows(contents),
        "gaps": _gap_rows(contents, facts),
        "rows": rows,
        "both_ways": _contact_by_keeper(entries),
        "missing": _missing_rows(entries),
        "exhibits": [_index_row(contents, shown) for shown in contents.exhibits],
        "method": method_summary(contents),
        "narratives": list(narratives(contents)),
        "minutes": max(1, sum(_row_word_count(row) for row in rows) // READING_WORDS_PER_MINUTE),
    }


def _no_references_text(metadata: PackMetadata) -> str:
    return NO_REFERENCES_TEXT if metadata.preparer is None else PREPARED_NO_REFERENCES_TEXT


def _none_recorded_text(metadata: PackMetadata) -> str:
    """Return the text that is printed where the pack has no orders, or no reports."""
    return "none is recorded" if metadata.preparer is None else "none in what was given"


def _mark_of(entry: Incident, new_since: NewSince | None) -> str:
    """Return `NEW` or `CHANGED` for an entry that is new or changed since the earlier packs, else ''."""
    if new_since is None:
        return ""
    return "NEW" if entry.number in new_since.new else "CHANGED" if entry.number in new_since.changed else ""


def _new_since_section(contents: PackContents, new_since: NewSince) -> TemplateData:
    """Return the note about earlier packs on the front page."""
    metadata = contents.capsule.metadata
    return {
        "is_supplement": metadata.kind in SUPPLEMENT_KINDS,
        "earlier": escape_unprintable(new_since.earlier),
        "items": ", ".join(metadata.items),
        "rows": new_since_rows(new_since),
    }


def _row_word_count(row: TemplateData) -> int:
    """Estimate the number of words in a row."""
    return len(str(row["words"]).split()) + len(str(row["later"]).split()) + 25


def _front_page(contents: PackContents, facts: Sequence[IncidentFact]) -> TemplateData:
    """Return the data of the front page."""
    entries, metadata = contents.entries, contents.capsule.metadata
    dated_entries = [entry for entry in entries if entry.occurred_time.is_known]
    days_since_last = order.days_since_last_entry(facts, metadata.made_at, contents.utc_offset_minutes)
    named_note = _NAMED_NOTE.format(escape_unprintable(metadata.keeper_name))
    return {
        "prepared_by": escape_unprintable(_preparer_text(metadata)),
        "prepared": list(prepared_sentences(metadata)),
        "named_note": named_note,
        "made": contents.printed_made_at().to_line(),
        "count": str(len(entries)),
        "first": times.format_claimed_time(dated_entries[0].occurred_time).day if dated_entries else "no date known",
        "last": times.format_claimed_time(dated_entries[-1].occurred_time).day if dated_entries else "no date known",
        "since": "" if days_since_last is None else f"{format_count(days_since_last, 'day')} before this pack was made",
        "exhibits": str(len(contents.exhibits)),
        "rows": [
            [
                label,
                [escape_unprintable(line) for line in lines],
                named_note if label == _WHO and contents.people else "",
            ]
            for label, lines in _front_rows(contents, facts)
            if lines
        ],
        "start_with": _start_with_section(contents),
        "digest": exhibits_digest(contents),
        "head": feed_head_text(contents.capsule),
        "setting": _profile_entries(contents),
    }


def _preparer_text(metadata: PackMetadata) -> str:
    """Return by whom the pack was prepared, for the line below the title of 01."""
    preparer = metadata.preparer
    return f"{metadata.initials}, the keeper" if preparer is None else f"{preparer.name}, not by the keeper"


def _front_rows(contents: PackContents, facts: Sequence[IncidentFact]) -> Iterator[tuple[str, list[str]]]:
    """Yield label and lines of the front page: counts, dates and references, without lists of entries."""
    entries = contents.entries
    pattern_counts = count_patterns(contents)
    yield _WHO, _people_lines(contents)
    yield "Period", _period_lines(contents, facts)
    behaviours = order.tally_by_code(entries, "behaviours", "behaviours")
    yield (
        "Most often",
        ["; ".join(f"{tally.label}: {tally.count}" for tally in behaviours[:_TOP_BEHAVIOURS])] if behaviours else [],
    )
    messages = pattern_counts["messages"]
    message_words = (
        f"{format_message_count(messages)} {'message or call' if messages['count'] == 1 else 'messages or calls'}"
    )
    yield "Inside the entries", [f"{message_words} counted"] if messages["count"] else []
    accounts = new_accounts(contents)
    account_words = (
        f"{format_count(len(accounts), 'account or number', 'accounts or numbers')}: {format_certainty(accounts)}"
    )
    yield "New after a block", [account_words] if accounts else []
    fear = [f"{label} {tally.count}" for label, tally in _fear_tallies(entries)]
    yield "Afraid of violence", [", ".join(fear) if fear else "not answered"]
    yield "Told to stop", _notice_lines(contents, pattern_counts["key_dates"])
    yield _order_row(contents)
    yield _latest_report_row(contents)
    yield "Entries not here", [missing_entries_text(contents.capsule, with_numbers=False)]
    later_files = later_files_text(contents.capsule.metadata)
    yield "Files not here", [later_files] if later_files else []
    undated_count = sum(not entry.occurred_time.is_known for entry in entries)
    yield "Date not known", [f"{format_count(undated_count, 'entry', 'entries')}, placed last"] if undated_count else []


def _latest_report_row(contents: PackContents) -> tuple[str, list[str]]:
    """Return label and line of the latest report to the police, else to anybody, and how many others there are."""
    reports = newest_first(records_of_kind(contents.registers, "report"))
    to_police = [report for report in reports if report.text("to") == "police"]
    if not reports:
        return "Latest report", [_none_recorded_text(contents.capsule.metadata)]
    shown = (to_police or reports)[0]
    earlier_count, others_count = max(0, len(to_police) - 1), len(reports) - max(1, len(to_police))
    more = [f"{earlier_count} earlier to police"] if earlier_count else []
    more += [f"{others_count} to others"] if others_count else []
    return f"Latest report{' to police' if to_police else ''}", ["; ".join((format_report(shown), *more))]


def _people_lines(contents: PackContents) -> list[str]:
    """Return the first suspects with their number of entries."""
    lines = [
        f"{person.code} “{person.description}”, {format_count(len(person.entry_numbers), 'entry', 'entries')}"
        for person in contents.people[:_PEOPLE_LIMIT]
    ]
    more = len(contents.people) - len(lines)
    lines += [f"and {more} more, under People and accounts"] if more > 0 else []
    return lines or ["nobody is named"]


def _period_lines(contents: PackContents, facts: Sequence[IncidentFact]) -> list[str]:
    """Return the length of the period, the usual distance between days with an entry, and the longest."""
    period_days, gaps = order.period_days(facts), order.summarise_gaps(facts)
    if period_days is None:
        return ["not known"]
    line = f"{format_count(period_days, 'day')}, first to most recent"
    if gaps.median_days is not None:
        line += f"; typically {format_count(gaps.median_days, 'day')} apart"
    lines = [line]
    longest = gaps.longest_gap
    if longest:
        lines.append(
            f"Longest gap {format_count(longest.days, 'day')}, between entries {longest.previous_entry} and "
            f"{longest.next_entry}"
        )
    covered = _covered_dates(contents)
    return [*lines, f"This pack: {covered}"] if covered else lines


def _notice_lines(contents: PackContents, key_dates: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the notices to stop by day, each with the number of entries after it."""
    return [
        f"{times.format_iso_date(key_date['day'])} ({contents.labels.get(key_date['record'], '')}); "
        f"{format_count(len(key_date['after']), 'entry', 'entries')} after it"
        for key_date in key_dates
        if key_date["kind"] == "notice"
    ][:_NOTICES_LIMIT]


def _order_row(contents: PackContents) -> tuple[str, list[str]]:
    """Return label and lines of the orders in force when the pack was made, by their dates."""
    orders = newest_first(records_of_kind(contents.registers, "order"), "made_on")
    in_force = [
        order_record
        for order_record in orders
        if order_record.text("status") not in _NOT_IN_FORCE and not is_expired(contents, order_record)
    ]
    if not in_force:
        count = f"{len(orders)} {'is' if len(orders) == 1 else 'are'}"
        words = (
            f"none when this pack was made; {count} under Orders and alleged breaches"
            if orders
            else _none_recorded_text(contents.capsule.metadata)
        )
        return "Order in force", [words]
    lines = []
    for order_record in in_force[:_ORDERS_LIMIT]:
        parts = [
            f"{order_record.code} {order_label(order_record)}",
            order_record.text("court"),
            order_record.text("case_no"),
        ]
        served_on, expires_on = (format_record_day(order_record, name) for name in ("served_on", "expires_on"))
        parts += [f"served {served_on}" if served_on else "not recorded as served"]
        parts += [f"until {expires_on}"] if expires_on else []
        lines.append(", ".join(part for part in parts if part))
        breach_count = sum(breaches_order(entry, order_record) for entry in contents.entries)
        since = [
            f"{format_count(len(entries_since_service(contents, order_record)), 'entry', 'entries')} since it was served"
        ]
        counts = (since if served_on else []) + ([f"{breach_count} said to break it"] if breach_count else [])
        lines += ["; ".join(counts)] if counts else []
    more = len(in_force) - _ORDERS_LIMIT
    return "Order in force", [*lines, f"and {more} more, under Orders and alleged breaches"] if more > 0 else lines


_PROFILE_PLACES: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "school": ("At school, college or university", ("school_or_nursery",)),
    "employer": ("At work", ("work",)),
    "housing": ("At home or outside it", ("home", "outside_home")),
}


def _profile_entries(contents: PackContents) -> list[str]:
    """Return the line on the front page for the pack's profile, or an empty list.

    Schools, employers and housing get the entries at their place; solicitors get the entries said to break an order.
    """
    profile, entries = contents.capsule.metadata.profile, contents.entries
    if profile in _PROFILE_PLACES:
        label, places = _PROFILE_PLACES[profile]
        entry_numbers = [entry.number for entry in entries if entry.text("place_category") in places]
    elif profile == "solicitor":
        orders = records_of_kind(contents.registers, "order")
        label, entry_numbers = (
            "Said to break an order",
            [entry.number for entry in entries if any(breaches_order(entry, order) for order in orders)],
        )
    else:
        return []
    return [label, f"{len(entry_numbers)}: {format_entries(entry_numbers)}" if entry_numbers else "no entry says so"]


def _covered_dates(contents: PackContents) -> str:
    """Return the dates the keeper chose, or '' if the pack covers everything."""
    metadata = contents.capsule.metadata
    if metadata.covers_from is None and metadata.covers_to is None:
        return ""
    ends = (
        times.format_instant(ms, metadata.tz).day if ms is not None else word
        for ms, word in ((metadata.covers_from, "the beginning"), (metadata.covers_to, "the day it was made"))
    )
    return "from {} to {}".format(*ends)


def exhibits_digest(contents: PackContents) -> str:
    """Return the SHA-256 in hex over the canonical list of (item, SHA-256) pairs, short enough to read out."""
    pairs = [[shown.exhibit.item, shown.exhibit.sha256] for shown in contents.exhibits]
    return hashlib.sha256(canonical_json(pairs)).hexdigest()


def _fear_tallies(entries: Sequence[Incident]) -> list[tuple[str, Tally]]:
    """Return the answers about fear of violence with their entries; blank answers are counted and never read as no."""
    tallies = {tally.label: tally for tally in order.tally_by_code(entries, "feared_violence", "fear")}
    answers = [(label, tallies[label]) for label in ("Yes", "Not sure", "No", "Rather not say") if label in tallies]
    blank = order.tally_where(entries, "Left blank", lambda entry: not entry.codes("feared_violence"))
    rows = [*answers, *([(blank.label, blank)] if blank.count and answers else [])]
    return [(label if index == 0 else lower_first_letter(label), tally) for index, (label, tally) in enumerate(rows)]


def _start_with_section(contents: PackContents) -> TemplateData:
    """Return the entries that the keeper marked to be read first, in order of time: number, day and first words."""
    marked, more = marked_entries(contents.capsule, contents.entries, _START_WITH_LIMIT)
    return {
        "title": f"Entries {escape_unprintable(contents.capsule.metadata.keeper_name)} marked to read first",
        "rows": [
            {
                "no": entry.number,
                "day": times.format_claimed_time(entry.occurred_time).day,
                "words": _opening_words(entry),
            }
            for entry in marked
        ],
        "more": more,
    }


def _opening_words(entry: Incident) -> dict[str, str]:
    """Return the beginning of an entry as one paragraph, more than fits two lines; the template cuts it."""
    opening = " ".join(entry.narrative.split())[:_OPENING_CHARACTERS]
    return paragraphs(opening or NO_WORDS_TEXT)[0]


def _charts(entries: Sequence[Incident], facts: Sequence[IncidentFact]) -> list[TemplateData]:
    """Return the bar charts with their numbers and the entries behind each bar."""
    multi_month_numbers = order.multi_month_entries(facts)
    excluded_note = (
        f" Over several months, so in none: {format_entries(multi_month_numbers)}." if multi_month_numbers else ""
    )
    charts = [
        ("By month", f"Entries in each month, from the first to the last.{excluded_note}", order.tally_by_month(facts)),
        ("By how it came", "", order.tally_by_code(entries, "channel", "channels")),
        ("By kind of place", "", order.tally_by_code(entries, "place_category", "places")),
        ("By day of the week", "Entries whose day is known.", order.tally_by_weekday(facts)),
        (
            "By time of day",
            "Local time, entries whose time is known to the hour or better.",
            order.tally_by_hour_block(facts),
        ),
    ]
    return [
        {"title": title, "note": note, "bars": [_bar(tally) for tally in tallies], "most": _largest_count(tallies)}
        for title, note, tallies in charts
        if any(tally.count for tally in tallies)
    ]


def _largest_count(tallies: Sequence[Tally]) -> int:
    return max(tally.count for tally in tallies)


def _bar(tally: Tally) -> TemplateData:
    """Return the template data of one bar of a chart."""
    letter = f" ({tally.letter})" if tally.letter else ""
    return {
        "label": escape_unprintable(tally.label) + letter,
        "count": tally.count,
        "entries": format_entry_numbers(tally.entry_numbers),
    }


def _tally_rows(contents: PackContents) -> list[list[str]]:
    """Return the counts without a chart, each with its entries."""
    entries, unredacted_entries = contents.entries, contents.unredacted_entries
    with_exhibit = {number for shown in contents.exhibits for number in shown.entry_numbers}
    witnessed_numbers = {entry.number for entry in unredacted_entries if entry.has_witness}
    fear_rows = [
        Tally(f"Afraid of violence: {lower_first_letter(label)}", tally.entry_numbers)
        for label, tally in _fear_tallies(entries)
    ]
    rows = [
        *fear_rows,
        order.tally_where(entries, "With at least one exhibit", lambda entry: entry.number in with_exhibit),
        order.tally_where(
            entries, "With somebody who saw it or was told", lambda entry: entry.number in witnessed_numbers
        ),
        order.tally_where(
            entries,
            "With neither",
            lambda entry: entry.number not in with_exhibit and entry.number not in witnessed_numbers,
        ),
        order.tally_where(entries, "Written down later than a day after, or from memory", lambda entry: entry.is_late),
        order.tally_where(
            entries, "Added to later (dated under the entry)", lambda entry: entry.history.has_revision("addition")
        ),
        order.tally_where(
            entries, "Amended later (old and new shown)", lambda entry: entry.history.has_revision("amendment")
        ),
    ]
    # The keeper marks these. Without a mark there is no row: a zero would look like an answer.
    new_account_ids = set(count_patterns(contents)["new_account_ids"])
    rows += [
        tally
        for tally in (
            order.tally_where(entries, NEW_ACCOUNT_LABEL, lambda entry: entry.record in new_account_ids),
            order.tally_where(entries, "Told them to stop", lambda entry: "told_to_stop" in entry.codes("response")),
        )
        if tally.count
    ]
    return [[tally.label, str(tally.count), format_entry_numbers(tally.entry_numbers) or "none"] for tally in rows]


def _gap_rows(contents: PackContents, facts: Sequence[IncidentFact]) -> list[list[str]]:
    """Return the gaps of more than thirty days with the key dates in them.

    The reason for a gap is the keeper's to give; otherwise none is stated.
    """
    return [
        [
            format_count(gap.days, "day"),
            f"{gap.start_date.day} {times.short_month_name(gap.start_date.month)} {gap.start_date.year}",
            f"{gap.end_date.day} {times.short_month_name(gap.end_date.month)} {gap.end_date.year}",
            f"after entry {gap.previous_entry}, before entry {gap.next_entry}",
            escape_unprintable(
                _key_dates_between(contents, gap.start_date.isoformat(), gap.end_date.isoformat())
                or "no reason recorded"
            ),
        ]
        for gap in order.summarise_gaps(facts).long_gaps
    ]


def _key_dates_between(contents: PackContents, begins: str, ends: str) -> str:
    """Return the keeper's key dates from one ISO date to another, as `30 Jul 2026, I changed my number`."""
    date_texts = []
    for background in records_of_kind(contents.registers, "background"):
        for day in objects_of(background.fields, "key_dates"):
            if begins <= text_of(day, "on") <= ends:
                code, about = text_of(day, "kind"), text_of(day, "about")
                label = vocabulary.label("key_date_kinds", code) if code not in ("", "other") else ""
                words = ": ".join(part for part in (label, text_of(day, "kind_text"), about) if part)
                date_texts.append(
                    f"{times.format_iso_date(text_of(day, 'on'))}, {words}"
                    if words
                    else times.format_iso_date(text_of(day, "on"))
                )
    return "; ".join(date_texts)


def _contact_by_keeper(entries: Sequence[Incident]) -> list[list[str]]:
    """Return facts that may count against the keeper, such as replies and guesses, to disclose them openly."""
    replies = order.tally_where(entries, "I replied", lambda entry: "replied" in entry.codes("response"))
    contacted_first = order.tally_where(
        entries, "I contacted them first", lambda entry: "yes_first" in entry.codes("i_contacted_them")
    )
    contacted_in_reply = order.tally_where(
        entries, "I contacted them in reply", lambda entry: "yes_in_reply" in entry.codes("i_contacted_them")
    )
    guessed = order.tally_where(
        entries, "Who did it is a guess", lambda entry: "guess" in entry.codes("attribution_basis")
    )
    unknown = order.tally_where(
        entries, "I do not know who did it", lambda entry: "unknown" in entry.codes("attribution_basis")
    )
    rows = [
        [tally.label, format_entries(tally.entry_numbers)]
        for tally in (replies, contacted_first, contacted_in_reply, guessed, unknown)
        if tally.count
    ]
    lawful_contact_rows = [
        [f"Entry {entry.number}", escape_unprintable(entry.text("lawful_contact_context"))]
        for entry in entries
        if entry.text("lawful_contact_context")
    ]
    return rows + lawful_contact_rows


def _missing_rows(entries: Sequence[Incident]) -> list[list[str]]:
    """Return material known to be missing, or still held elsewhere and at risk of being overwritten."""
    rows = [
        [entry.number, escape_unprintable(entry.text("missing_evidence"))]
        for entry in entries
        if entry.text("missing_evidence")
    ]
    for entry in entries:
        for source in objects_of(entry.fields, "independent_evidence"):
            rows.append([entry.number, escape_unprintable(format_recording(source))])
    return rows


def _index_row(contents: PackContents, view: ExhibitView) -> list[object]:
    """Return one line of the exhibits index; the last cell lists the linked entries if they are few."""
    volume = f"volume {volume_index(contents, view.exhibit.item) + 1}" if len(volumes(contents)) > 1 else ""
    return [
        view.exhibit.item,
        escape_unprintable(view.attachment.description),
        view.attachment.kind_label,
        contents.linked_codes_text(view) or "not linked",
        f"{view.exhibit.filename}, {format_size(view.exhibit.size_bytes)}",
        view.exhibit.sha256[:16],
        volume,
        list(view.entry_numbers) if len(view.entry_numbers) <= LINKED_ENTRIES_LIMIT else [],
    ]


def narratives(contents: PackContents) -> list[TemplateData]:
    """Return the first words of each entry as embedded in 01, byte for byte apart from redacted words."""
    return [
        {"name": f"entry-{_padded_number(entry.number)}.txt", "no": entry.number, "text": VerbatimText(entry.narrative)}
        for entry in contents.entries
        if entry.narrative
    ]


def _padded_number(number: str) -> str:
    """Return `0007` or `U0001`, so that names sort by number."""
    return f"U{int(number[1:]):04d}" if number.startswith("U") else f"{int(number):04d}"
