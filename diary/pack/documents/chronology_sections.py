"""The sections of 01 that speak of records other than entries: orders, notices, messages, contacts, witnesses.

Only the servable side is read: a witness or a child is a code here, and stands by name in 06.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from diary.pack.contents import Contents
from diary.pack.documents.incident_rows import Row
from diary.pack.documents.patterns import pattern_sections
from diary.pack.documents.people import by_time, numbers_of, people_sections
from diary.pack.documents.witnesses import witness_rows
from diary.pack.printable_text import drawable, paragraphs
from diary.pack.registers import (
    STANDING,
    Register,
    choice_words,
    day_words,
    is_counted,
    linked,
    of_kind,
    order_label,
    report_words,
    term_words,
)
from diary.pack.tables.message_schedules import lines_of
from diary.pack.wording import numbers_words
from diary.record import times
from diary.record.breaches import standing_of
from diary.record.incident import Incident
from diary.record.reading import Fields, codes_of, objects_of, switch_of, text_of, whole_of

_EXPIRED: Final = "expired"


def further_sections(contents: Contents) -> Row:
    """Everything of 01 besides its front, charts and incident table."""
    return {
        "background": [_background(one) for one in of_kind(contents.registers, "background")],
        **people_sections(contents),
        "notices": [_notice(contents, one) for one in of_kind(contents.registers, "notice")],
        "orders": [_order(contents, one) for one in of_kind(contents.registers, "order")],
        "schedules": [_schedule(contents, one) for one in of_kind(contents.registers, "schedule")],
        "contacts": [_contact(contents, one) for one in by_time(of_kind(contents.registers, "report"))],
        "witnesses": witness_rows(contents),
        "supplement": _supplement(contents),
        **pattern_sections(contents),
    }


def _pairs(pairs: Iterable[tuple[str, str]]) -> list[list[str]]:
    return [[label, drawable(words)] for label, words in pairs if words]


def _background(one: Register) -> Row:
    """What was between the two before."""
    return {
        "facts": _pairs(
            (
                ("Relationship", choice_words(one, "relationship", "relationships")),
                ("Met", ", ".join(part for part in (day_words(one, "when_met"), one.text("met_how")) if part)),
                ("Ended", day_words(one, "when_ended")),
                ("Children together", {True: "yes", False: "no"}.get(switch_of(one.said, "children_together"), "")),  # type: ignore[arg-type]
                ("Court or other proceedings", one.text("proceedings")),
                ("Before this", one.text("prior_abuse")),
            )
        ),
        "words": paragraphs(one.text("narrative")),
    }


def _notice(contents: Contents, one: Register) -> list[str]:
    """When the other person was told to stop, how, in which words, and what came next."""
    who, how = choice_words(one, "by_whom", "notice_by"), choice_words(one, "how", "notice_ways")
    to = ", ".join((*_refs(contents, one, "to_ids", "person"), *_refs(contents, one, "to_account_ids", "account")))
    return [
        one.ref,
        day_words(one, "at") or "not dated",
        drawable(", ".join(part for part in (who, how, to and f"to {to}") if part)),
        drawable(one.text("exact_words")),
        drawable(one.text("what_happened_next")),
        numbers_of(contents, one, "notice_ids"),
    ]


def _order(contents: Contents, one: Register) -> Row:
    """An order: its dates, each term, and each entry said to break one, with how the order stood then."""
    said = [
        (entry, breach)
        for entry in contents.entries
        for breach in objects_of(entry.said, "alleged_breaches")
        if text_of(breach, "order_id") == one.record
    ]
    pages = [
        shown.exhibit.item
        for shown in contents.exhibits
        if shown.exhibit.record in (*one.codes("copy_attachment_id"), *one.codes("attachment_ids"))
    ]
    return {
        "ref": one.ref,
        "title": drawable(order_label(one)),
        "facts": _pairs(
            (
                ("Court", ", ".join(part for part in (one.text("court"), one.text("case_no")) if part)),
                ("Made", day_words(one, "made_on")),
                (
                    "Served",
                    ", ".join(
                        part
                        for part in (day_words(one, "served_on"), choice_words(one, "served_how", "served_ways"))
                        if part
                    ),
                ),
                ("Known to them since", day_words(one, "known_on")),
                ("How they know of it", choice_words(one, "awareness_basis", "order_awareness")),
                ("Until", day_words(one, "expires_on") or one.text("expiry_text")),
                ("Status, as the keeper knows it", choice_words(one, "status", "order_statuses")),
                ("Changed", "; ".join(_varied(change) for change in objects_of(one.said, "varied_history"))),
                ("Against", ", ".join(_refs(contents, one, "against_ids", "person"))),
                ("Protects", ", ".join(_refs(contents, one, "protects_ids", "person"))),
                ("Copy", ", ".join(pages)),
            )
        ),
        "expired": is_over(contents, one),
        "terms": [
            [str(whole_of(term, "no") or ""), drawable(text_of(term, "text")), _of_term(one, said, term)]
            for term in objects_of(one.said, "terms")
        ],
        "breaches": [_breach(one, entry, breach) for entry, breach in said],
    }


def _refs(contents: Contents, one: Register, name: str, kind: str) -> list[str]:
    """What the records that one names are called here."""
    return [other.ref for other in linked(contents.registers, one.codes(name), kind)]


def _varied(change: Fields) -> str:
    """`12 Oct 2026: the school was added`."""
    return ": ".join(part for part in (times.date_words(text_of(change, "on")), text_of(change, "what")) if part)


def is_over(contents: Contents, one: Register) -> bool:
    """Whether the order had run out when the pack was made."""
    made = {"occurred_start": contents.capsule.head.made_at, "precision": "minute", "tz": contents.capsule.head.tz}
    return standing_of(one.said, made) == _EXPIRED


def _of_term(one: Register, said: Iterable[tuple[Incident, Fields]], term: Fields) -> str:
    """The entries said to break one term while it could be broken."""
    of_it = (entry for entry, breach in said if breach.get("term_no") == term.get("no"))
    return numbers_words(tuple(entry.number for entry in of_it if is_counted(one, entry)))


def _breach(one: Register, entry: Incident, breach: Fields) -> list[str]:
    """One alleged breach; what came before service is said to be none, and what came after it ended is not counted."""
    standing = standing_of(one.said, entry.said)
    return [
        entry.number,
        times.printed(entry.when).day,
        drawable(term_words(one, breach.get("term_no"))),
        STANDING.get(standing, "order in force"),
        "alleged" if is_counted(one, entry) else "not counted",
    ]


def _schedule(contents: Contents, one: Register) -> list[str]:
    """One burst: when, through what, how many each way, whether it is whole, and where all of it stands."""
    rows = lines_of(one.said)
    inward = sum(text_of(row, "direction") == "in" for row in rows)
    outward = sum(text_of(row, "direction") == "out" for row in rows)
    sent = [text_of(row, "sent_local") for row in rows if text_of(row, "sent_local")]
    span = _span(sent[0], sent[-1]) if sent else "not recorded"
    whole = choice_words(one, "complete", "schedule_complete") or "not recorded"
    own = "outgoing not captured" if not outward and one.text("complete") != "complete" else str(outward)
    items = sorted(
        {
            contents.names[text_of(row, "attachment_id")]
            for row in rows
            if text_of(row, "attachment_id") in contents.names
        }
    )
    return [
        one.ref,
        drawable(one.text("title") or one.text("chat")),
        choice_words(one, "channel", "channels"),
        drawable(span),
        str(inward),
        own,
        drawable(whole),
        ", ".join(part for part in (numbers_of(contents, one, "schedule_id"), *items) if part),
    ]


def _span(first: str, last: str) -> str:
    """`3 Nov 2026, 20:14 to 23:55`; both days where a burst crosses midnight."""
    days, clocks = (first[:10], last[:10]), (first[11:16], last[11:16])
    ends = clocks[1] if days[0] == days[1] else f"{times.date_words(days[1])}, {clocks[1]}"
    return f"{times.date_words(days[0])}, {clocks[0]} to {ends}"


def _contact(contents: Contents, one: Register) -> list[str]:
    """One report: to whom with every reference, what was said, given and promised, and what came of it."""
    told = (
        ("I said", one.text("what_i_said")),
        ("They said", one.text("what_they_said")),
        ("Statement given", _said_yes(one, "statement_given")),
        ("Handed over", ", ".join(codes_of(one.said, "handed_over"))),
        ("Signed for their phone to be looked at", _said_yes(one, "dpn_signed")),
        ("Promised", one.text("promised")),
        ("Next update due", day_words(one, "next_update_due")),
        ("Came of it", choice_words(one, "outcome", "report_outcomes")),
    )
    officer = " ".join(part for part in map(one.text, ("officer_name", "collar_no", "unit")) if part)
    to = ", ".join(part for part in (report_words(one).split(", on ")[0], officer) if part)
    lines = [f"{label}: {words}" for label, words in told if words]
    how = choice_words(one, "method", "report_methods")
    return [
        day_words(one, "at") or "not dated",
        drawable(f"{to} ({how})" if how else to),
        drawable("\n".join(lines)),
        numbers_of(contents, one, "report_ids"),
    ]


def _said_yes(one: Register, name: str) -> str:
    """A switch in words; '' for one that was left blank."""
    switch = switch_of(one.said, name)
    return "" if switch is None else "yes" if switch else "no"


def _supplement(contents: Contents) -> Mapping[str, object] | None:
    """What a later pack says on its first page."""
    head = contents.capsule.head
    if not head.supersedes:
        return None
    earlier = [
        f"pack {head.initials} {one.no} of {times.instant(one.made_at, head.tz).day}"
        + (f" (your reference {one.receipt_ref})" if one.receipt_ref else "")
        for one in head.supersedes
    ]
    since = (("new", head.since.new), ("changed", head.since.changed), ("removed", head.since.removed))
    return {
        "earlier": drawable("; ".join(earlier)),
        "items": ", ".join(head.items),
        "since": [
            [word, numbers_words(tuple(str(number) for number in numbers))] for word, numbers in since if numbers
        ],
    }
