"""Data of 01_chronology.pdf for its template. Counts and words only; no conclusions."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Final

from diary.encoding import canonical_json
from diary.pack.contents import ExhibitView, PackContents, volume_index, volumes
from diary.pack.documents.chronology_sections import record_sections
from diary.pack.documents.incident_rows import StillsByItem, TemplateData, incident_row
from diary.pack.documents.method import feed_head_text, method_summary, missing_entries_text
from diary.pack.documents.patterns import NEW_ACCOUNT_LABEL, count_patterns, format_message_count
from diary.pack.printable_text import VerbatimText, escape_unprintable, paragraphs
from diary.pack.registers import breaches_order, records_of_kind, reference_lines
from diary.pack.tables.cells import format_recording
from diary.pack.wording import format_entries, format_entry_numbers, format_size
from diary.record import chronology as order
from diary.record import times, vocabulary
from diary.record.chronology import Tally
from diary.record.incident import Incident
from diary.record.patterns_facts import IncidentFact
from diary.record.reading import objects_of, text_of

NOT_SWORN_TEXT: Final = "Prepared by the person named; not a sworn statement"
READING_WORDS_PER_MINUTE: Final = 200
LINKED_ENTRIES_LIMIT: Final = 6


def chronology_data(contents: PackContents, stills: StillsByItem | None = None) -> TemplateData:
    """Return the data of document 01 from the servable contents only. `stills`: stills of video accounts by item."""
    entries = contents.entries
    facts = order.extract_facts(entries)
    rows = [incident_row(contents, entry, stills or {}) for entry in entries]
    return {
        **contents.page_header(f"Chronology, pack {contents.capsule.metadata.label}", NOT_SWORN_TEXT),
        **record_sections(contents),
        "release": contents.capsule.metadata.release,
        "front": _front_page(contents, facts),
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


def _row_word_count(row: TemplateData) -> int:
    """Estimate the number of words in a row."""
    return len(str(row["words"]).split()) + len(str(row["later"]).split()) + 25


def _front_page(contents: PackContents, facts: Sequence[IncidentFact]) -> TemplateData:
    """Return the data of the front page."""
    entries, metadata = contents.entries, contents.capsule.metadata
    dated_entries = [entry for entry in entries if entry.occurred_time.is_known]
    days_since_first, period_days = (
        order.days_since_last_entry(facts, metadata.made_at, contents.utc_offset_minutes),
        order.period_days(facts),
    )
    gaps = order.summarise_gaps(facts)
    longest_gap, median_gap_days = gaps.longest_gap, gaps.median_days
    messages = count_patterns(contents)["messages"]
    undated_numbers = [entry.number for entry in entries if not entry.occurred_time.is_known]
    return {
        "prepared_by": escape_unprintable(metadata.initials),
        "made": contents.printed_made_at().to_line(),
        "count": str(len(entries)),
        "first": times.format_claimed_time(dated_entries[0].occurred_time).day if dated_entries else "no date known",
        "last": times.format_claimed_time(dated_entries[-1].occurred_time).day if dated_entries else "no date known",
        "since": ""
        if days_since_first is None
        else f"{days_since_first} day{'' if days_since_first == 1 else 's'} before this pack was made",
        "period": "not known" if period_days is None else f"{period_days} day{'' if period_days == 1 else 's'}",
        "longest": f"{longest_gap.days} days, between entries {longest_gap.previous_entry} and {longest_gap.next_entry}"
        if longest_gap
        else "none",
        "median": "" if median_gap_days is None else f"{median_gap_days} days",
        "inside": format_message_count(messages) if messages["count"] else "",
        "exhibits": str(len(contents.exhibits)),
        "fear": _fear_rows(entries),
        "start_with": [_start_with_row(entry) for entry in entries if entry.seq_no in contents.capsule.start_with],
        "not_here": missing_entries_text(contents.capsule),
        "references": [escape_unprintable(line) for line in reference_lines(contents.registers, entries)],
        "undated": format_entries(undated_numbers) if undated_numbers else "",
        "digest": exhibits_digest(contents),
        "head": feed_head_text(contents.capsule),
        "covers": _covered_dates(contents),
        "setting": _profile_entries(contents),
    }


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


def _fear_rows(entries: Sequence[Incident]) -> list[list[str]]:
    """Return the answers about fear of violence with their entries; blank answers are counted and never read as no."""
    tallies = {tally.label: tally for tally in order.tally_by_code(entries, "feared_violence", "fear")}
    rows = [
        [label, str(tally.count), format_entry_numbers(tally.entry_numbers)]
        for label in ("Yes", "Not sure", "No", "Rather not say")
        if (tally := tallies.get(label))
    ]
    blank = order.tally_where(entries, "Left blank", lambda entry: not entry.codes("feared_violence"))
    return [*rows, ["Left blank", str(blank.count), ""]] if blank.count else rows


def _start_with_row(entry: Incident) -> list[str]:
    """Return number, date and opening words of an entry the keeper marked to be read first."""
    opening = " ".join(entry.narrative.split())
    short = opening if len(opening) <= 66 else opening[:64].rsplit(" ", 1)[0] + " …"
    return [entry.number, times.format_claimed_time(entry.occurred_time).day, escape_unprintable(short)]


def _charts(entries: Sequence[Incident], facts: Sequence[IncidentFact]) -> list[TemplateData]:
    """Return the bar charts with their numbers and the entries behind each bar."""
    multi_month_numbers = order.multi_month_entries(facts)
    excluded_note = (
        f" Over several months, so in none: {format_entries(multi_month_numbers)}." if multi_month_numbers else ""
    )
    charts = [
        ("By month", f"Entries in each month, from the first to the last.{excluded_note}", order.tally_by_month(facts)),
        (
            "By kind of behaviour",
            "An entry can hold several kinds.",
            order.tally_by_code(entries, "behaviours", "behaviours"),
        ),
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
    rows = [
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
            f"{gap.days} days",
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
