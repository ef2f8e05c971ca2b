"""01_chronology.pdf as data: what its template lays out. Counts and words only; no conclusion is drawn."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Final

from diary.encoding import canon
from diary.pack.contents import Contents, Shown, volume_of, volumes
from diary.pack.documents.chronology_sections import further_sections
from diary.pack.documents.incident_rows import Row, Stills, row_of
from diary.pack.documents.method import half_page, head_words, not_here
from diary.pack.printable_text import drawable, paragraphs
from diary.pack.registers import breaks, front_lines, of_kind
from diary.pack.tables.cells import recorder
from diary.pack.wording import entries_words, numbers_words, size_words
from diary.record import chronology as order
from diary.record import times, vocabulary
from diary.record.chronology import Tally
from diary.record.incident import Incident
from diary.record.patterns_facts import Fact
from diary.record.reading import objects_of, text_of

STATEMENT: Final = "Prepared by the person named; not a sworn statement"
WORDS_A_MINUTE: Final = 200
LINKED: Final = 6


def chronology_page(contents: Contents, stills: Stills | None = None) -> Row:
    """Everything 01 needs. Only the servable side of the contents is read. `stills`: of accounts that are films, by item."""
    entries = contents.entries
    facts = order.facts(entries)
    rows = [row_of(contents, entry, stills or {}) for entry in entries]
    return {
        **contents.sheet_facts(f"Chronology, pack {contents.capsule.head.name}", STATEMENT),
        **further_sections(contents),
        "release": contents.capsule.head.release,
        "front": _front(contents, facts),
        "own": paragraphs(contents.held.mask(contents.capsule.own_words)),
        "charts": _charts(entries, facts),
        "tallies": _tallies(contents),
        "gaps": _gaps(contents, facts),
        "rows": rows,
        "both_ways": _both_ways(entries),
        "missing": _missing(entries),
        "exhibits": [_index_row(contents, shown) for shown in contents.exhibits],
        "method": half_page(contents),
        "narratives": list(narratives(contents)),
        "minutes": max(1, sum(_length(row) for row in rows) // WORDS_A_MINUTE),
    }


def _length(row: Row) -> int:
    """About how many words a row has."""
    return len(str(row["words"]).split()) + len(str(row["later"]).split()) + 25


def _front(contents: Contents, facts: Sequence[Fact]) -> Row:
    """What an officer reads in the first minute."""
    entries, head = contents.entries, contents.capsule.head
    dated = [entry for entry in entries if entry.when.is_known]
    since, period = order.days_since(facts, head.made_at, contents.offset_min), order.period_days(facts)
    gaps = order.gaps(facts)
    longest, median = gaps.longest, gaps.median
    inside, about = order.contacts(facts, [(one.record, one.said) for one in of_kind(contents.registers, "schedule")])
    undated = [entry.number for entry in entries if not entry.when.is_known]
    return {
        "prepared_by": drawable(head.initials),
        "made": contents.made().line(),
        "count": str(len(entries)),
        "first": times.printed(dated[0].when).day if dated else "no date known",
        "last": times.printed(dated[-1].when).day if dated else "no date known",
        "since": "" if since is None else f"{since} day{'' if since == 1 else 's'} before this pack was made",
        "period": "not known" if period is None else f"{period} day{'' if period == 1 else 's'}",
        "longest": f"{longest.days} days, between entries {longest.after} and {longest.before}" if longest else "none",
        "median": "" if median is None else f"{median} days",
        "inside": f"{'about ' if about else ''}{inside}" if inside else "",
        "exhibits": str(len(contents.exhibits)),
        "fear": _fear(entries),
        "start_with": [_start(entry) for entry in entries if entry.seq_no in contents.capsule.start_with],
        "not_here": not_here(contents.capsule),
        "references": [drawable(line) for line in front_lines(contents.registers, entries)],
        "undated": entries_words(undated) if undated else "",
        "digest": exhibits_digest(contents),
        "head": head_words(contents.capsule),
        "covers": _covers(contents),
        "setting": _setting(contents),
    }


_SETTINGS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "school": ("At school, college or university", ("school_or_nursery",)),
    "employer": ("At work", ("work",)),
    "housing": ("At home or outside it", ("home", "outside_home")),
}


def _setting(contents: Contents) -> list[str]:
    """For a school, an employer, housing: the entries at their place. For a solicitor: those said to break an order."""
    profile, entries = contents.capsule.head.profile, contents.entries
    if profile in _SETTINGS:
        label, places = _SETTINGS[profile]
        found = [entry.number for entry in entries if entry.text("place_category") in places]
    elif profile == "solicitor":
        orders = of_kind(contents.registers, "order")
        label, found = (
            "Said to break an order",
            [one.number for one in entries if any(breaks(one, order) for order in orders)],
        )
    else:
        return []
    return [label, f"{len(found)}: {entries_words(found)}" if found else "no entry says so"]


def _covers(contents: Contents) -> str:
    """The dates the keeper chose, when the pack does not cover everything."""
    head = contents.capsule.head
    if head.covers_from is None and head.covers_to is None:
        return ""
    ends = (
        times.instant(ms, head.tz).day if ms is not None else word
        for ms, word in ((head.covers_from, "the beginning"), (head.covers_to, "the day it was made"))
    )
    return "from {} to {}".format(*ends)


def exhibits_digest(contents: Contents) -> str:
    """SHA-256 over the canonical list of (item, SHA-256) pairs, hex: short enough to read out."""
    pairs = [[shown.exhibit.item, shown.exhibit.sha256] for shown in contents.exhibits]
    return hashlib.sha256(canon(pairs)).hexdigest()


def _fear(entries: Sequence[Incident]) -> list[list[str]]:
    """What was answered about fear of violence, with the entries; blank is counted and never read as no."""
    tallies = {tally.label: tally for tally in order.by_code(entries, "feared_violence", "fear")}
    rows = [
        [label, str(tally.count), numbers_words(tally.numbers)]
        for label in ("Yes", "Not sure", "No", "Rather not say")
        if (tally := tallies.get(label))
    ]
    blank = order.where(entries, "Left blank", lambda entry: not entry.codes("feared_violence"))
    return [*rows, ["Left blank", str(blank.count), ""]] if blank.count else rows


def _start(entry: Incident) -> list[str]:
    """An entry the keeper marked to be read first: number, date, its opening words."""
    opening = " ".join(entry.narrative.split())
    short = opening if len(opening) <= 66 else opening[:64].rsplit(" ", 1)[0] + " …"
    return [entry.number, times.printed(entry.when).day, drawable(short)]


def _charts(entries: Sequence[Incident], facts: Sequence[Fact]) -> list[Row]:
    """Bars with their numbers and the entries behind each."""
    over = order.over_months(facts)
    apart = f" Over several months, so in none: {entries_words(over)}." if over else ""
    charts = [
        ("By month", f"Entries in each month, from the first to the last.{apart}", order.by_month(facts)),
        (
            "By kind of behaviour",
            "An entry can hold several kinds.",
            order.by_code(entries, "behaviours", "behaviours"),
        ),
        ("By how it came", "", order.by_code(entries, "channel", "channels")),
        ("By kind of place", "", order.by_code(entries, "place_category", "places")),
        ("By day of the week", "Entries whose day is known.", order.by_weekday(facts)),
        ("By time of day", "Local time, entries whose time is known to the hour or better.", order.by_hours(facts)),
    ]
    return [
        {"title": title, "note": note, "bars": [_bar(tally) for tally in tallies], "most": _most(tallies)}
        for title, note, tallies in charts
        if any(tally.count for tally in tallies)
    ]


def _most(tallies: Sequence[Tally]) -> int:
    return max(tally.count for tally in tallies)


def _bar(tally: Tally) -> Row:
    """One bar."""
    letter = f" ({tally.letter})" if tally.letter else ""
    return {
        "label": drawable(tally.label) + letter,
        "count": tally.count,
        "entries": numbers_words(tally.numbers),
    }


def _tallies(contents: Contents) -> list[list[str]]:
    """Counts that are not charts, each with its entries."""
    entries, whole = contents.entries, contents.whole
    with_exhibit = {number for shown in contents.exhibits for number in shown.entries}
    seen = {entry.number for entry in whole if entry.has_witness}
    rows = [
        order.where(entries, "With at least one exhibit", lambda entry: entry.number in with_exhibit),
        order.where(entries, "With somebody who saw it or was told", lambda entry: entry.number in seen),
        order.where(
            entries, "With neither", lambda entry: entry.number not in with_exhibit and entry.number not in seen
        ),
        order.where(entries, "A new account or number after a block", _after_block),
        order.where(entries, "Written down later than a day after, or from memory", lambda entry: entry.is_late),
        order.where(entries, "Added to later (dated under the entry)", lambda entry: entry.told.has("addition")),
        order.where(entries, "Amended later (old and new shown)", lambda entry: entry.told.has("amendment")),
        order.where(entries, "Told them to stop", lambda entry: "told_to_stop" in entry.codes("response")),
    ]
    return [[tally.label, str(tally.count), numbers_words(tally.numbers) or "none"] for tally in rows]


def _after_block(entry: Incident) -> bool:
    return "contact_new_account_after_block" in entry.codes("behaviours")


def _gaps(contents: Contents, facts: Sequence[Fact]) -> list[list[str]]:
    """Gaps of more than thirty days, with the days in them that mattered: the reason is the keeper's to give, or none is said."""
    return [
        [
            f"{gap.days} days",
            f"{gap.begins.day} {times.month_short(gap.begins.month)} {gap.begins.year}",
            f"{gap.ends.day} {times.month_short(gap.ends.month)} {gap.ends.year}",
            f"after entry {gap.after}, before entry {gap.before}",
            drawable(_within(contents, gap.begins.isoformat(), gap.ends.isoformat()) or "no reason recorded"),
        ]
        for gap in order.gaps(facts).long
    ]


def _within(contents: Contents, begins: str, ends: str) -> str:
    """The days the keeper wrote down as mattering, from one ISO date to another: `30 Jul 2026, I changed my number`."""
    said = []
    for one in of_kind(contents.registers, "background"):
        for day in objects_of(one.said, "key_dates"):
            if begins <= text_of(day, "on") <= ends:
                code, about = text_of(day, "kind"), text_of(day, "about")
                label = vocabulary.label("key_date_kinds", code) if code not in ("", "other") else ""
                words = ": ".join(part for part in (label, text_of(day, "kind_text"), about) if part)
                said.append(
                    f"{times.date_words(text_of(day, 'on'))}, {words}"
                    if words
                    else times.date_words(text_of(day, "on"))
                )
    return "; ".join(said)


def _both_ways(entries: Sequence[Incident]) -> list[list[str]]:
    """What may be said the other way, stated openly."""
    replies = order.where(entries, "I replied", lambda entry: "replied" in entry.codes("response"))
    first = order.where(entries, "I contacted them first", lambda entry: "yes_first" in entry.codes("i_contacted_them"))
    answer = order.where(
        entries, "I contacted them in reply", lambda entry: "yes_in_reply" in entry.codes("i_contacted_them")
    )
    guess = order.where(entries, "Who did it is a guess", lambda entry: "guess" in entry.codes("attribution_basis"))
    unknown = order.where(
        entries, "I do not know who did it", lambda entry: "unknown" in entry.codes("attribution_basis")
    )
    rows = [
        [tally.label, entries_words(tally.numbers)] for tally in (replies, first, answer, guess, unknown) if tally.count
    ]
    lawful = [
        [f"Entry {entry.number}", drawable(entry.text("lawful_contact_context"))]
        for entry in entries
        if entry.text("lawful_contact_context")
    ]
    return rows + lawful


def _missing(entries: Sequence[Incident]) -> list[list[str]]:
    """Material that is known to be missing, or may still be held elsewhere and overwritten."""
    rows = [
        [entry.number, drawable(entry.text("missing_evidence"))] for entry in entries if entry.text("missing_evidence")
    ]
    for entry in entries:
        for source in objects_of(entry.said, "independent_evidence"):
            rows.append([entry.number, drawable(recorder(source))])
    return rows


def _index_row(contents: Contents, shown: Shown) -> list[object]:
    """One line of the exhibits index; the last cell has the entries it links to, when they are few."""
    volume = f"volume {volume_of(contents, shown.exhibit.item) + 1}" if len(volumes(contents)) > 1 else ""
    return [
        shown.exhibit.item,
        drawable(shown.attachment.description),
        shown.attachment.kind_label,
        contents.linked_to(shown) or "not linked",
        f"{shown.exhibit.file}, {size_words(shown.exhibit.size)}",
        shown.exhibit.sha256[:16],
        volume,
        list(shown.entries) if len(shown.entries) <= LINKED else [],
    ]


def narratives(contents: Contents) -> list[Row]:
    """The first words of each entry as they are embedded in 01: byte for byte, but for words held back."""
    return [
        {"name": f"entry-{_padded(entry.number)}.txt", "no": entry.number, "text": entry.narrative}
        for entry in contents.entries
        if entry.narrative
    ]


def _padded(number: str) -> str:
    """`0007` or `U0001`: names that sort."""
    return f"U{int(number[1:]):04d}" if number.startswith("U") else f"{int(number):04d}"
