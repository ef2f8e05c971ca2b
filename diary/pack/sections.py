"""The sections of 01 that speak of records other than entries: people, orders, notices, messages, contacts, witnesses.

Only the servable side is read: a witness or a child is a code here, and stands by name in 06.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from diary.pack.bursts import lines_of
from diary.pack.contents import Contents
from diary.pack.glyphs import drawable, paragraphs
from diary.pack.pattern_page import pattern_sections
from diary.pack.registers import STANDING, Register, day_words, linked, of_kind, order_label, report_words
from diary.pack.rows import Row
from diary.pack.witnesses import witness_rows
from diary.pack.wording import numbers_words
from diary.record import times, vocabulary
from diary.record.breaches import standing_of
from diary.record.incident import Incident
from diary.record.reading import Fields, object_of, objects_of, switch_of, text_of, whole_of

_EXPIRED: Final = "expired"
_BROKEN: Final = frozenset({"in_force", "unknown_served", "unknown_when"})


def further_sections(contents: Contents) -> Row:
    """Everything of 01 besides its front, charts and incident table."""
    return {
        "background": [_background(one) for one in of_kind(contents.registers, "background")],
        "accounts": [_account(contents, one) for one in of_kind(contents.registers, "account")],
        "vehicles": [_vehicle(one) for one in of_kind(contents.registers, "vehicle")],
        "notices": [_notice(contents, one) for one in of_kind(contents.registers, "notice")],
        "orders": [_order(contents, one) for one in of_kind(contents.registers, "order")],
        "schedules": [_schedule(contents, one) for one in of_kind(contents.registers, "schedule")],
        "contacts": [_contact(contents, one) for one in _by_day(of_kind(contents.registers, "report"))],
        "witnesses": witness_rows(contents),
        "supplement": _supplement(contents),
        **pattern_sections(contents),
    }


def _numbers(contents: Contents, one: Register, field: str = "") -> str:
    """Entries that a record names, or that name it in `field`."""
    named = set(one.codes("incident_ids"))
    held = (entry.number for entry in contents.entries if entry.record in named or (field and one.record in entry.codes(field)))
    return numbers_words(tuple(held))


def _pairs(pairs: Iterable[tuple[str, str]]) -> list[list[str]]:
    return [[label, drawable(words)] for label, words in pairs if words]


def _chosen(one: Register, name: str, choice: str) -> str:
    """A choice in words, or the keeper's own words for it."""
    code, own = one.text(name), one.text(f"{name}_text")
    label = vocabulary.label(choice, code) if code and code != "other" else ""
    return ": ".join(part for part in (label, own) if part)


def _background(one: Register) -> Row:
    """What was between the two before."""
    return {
        "facts": _pairs(
            (
                ("Relationship", _chosen(one, "relationship", "relationships")),
                ("Met", one.text("met_how")),
                ("Ended", day_words(one, "when_ended")),
                ("Children together", {True: "yes", False: "no"}.get(switch_of(one.said, "children_together"), "")),  # type: ignore[arg-type]
                ("Court or other proceedings", one.text("proceedings")),
                ("Before this", one.text("prior_abuse")),
            )
        ),
        "words": paragraphs(one.text("narrative")),
    }


def _account(contents: Contents, one: Register) -> list[str]:
    """An account or number as text that can be copied, whose it is said to be and on what grounds."""
    whose = ", ".join(person.ref for person in linked(contents.registers, one.codes("person_id"), "person"))
    basis = "; ".join(vocabulary.labels("attribution", one.codes("attribution_basis"))) or "not recorded"
    marks = [f"blocked {day_words(one, 'blocked_on')}"] if one.said.get("blocked_on") else []
    marks += ["new after a block"] if switch_of(one.said, "new_after_block") else []
    shown = [one.text(name) for name in ("number", "handle", "account_id", "url", "display_name")]
    link = [shown.exhibit.item for shown in contents.exhibits if shown.exhibit.record in one.codes("identity_link_id")]
    return [
        one.ref,
        _chosen(one, "platform", "channels"),
        drawable("\n".join(part for part in shown if part)),
        f"{whose or 'not linked'}; {basis}",
        drawable(", ".join(marks)),
        ", ".join(part for part in (_numbers(contents, one, "account_ids"), *link) if part),
    ]


def _vehicle(one: Register) -> list[str]:
    """A vehicle as far as it was seen."""
    parts = (one.text("colour"), one.text("make"), one.text("model"), one.text("description"))
    sure = vocabulary.label("reg_certainty", one.text("reg_certainty")) if one.text("reg_certainty") else ""
    return [one.ref, drawable(" ".join(part for part in parts if part)), drawable(one.text("reg") or "not seen"), sure]


def _notice(contents: Contents, one: Register) -> list[str]:
    """When the other person was told to stop, how, in which words, and what came next."""
    who, how = _chosen(one, "by_whom", "notice_by"), _chosen(one, "how", "notice_ways")
    return [
        one.ref,
        day_words(one, "at") or "not dated",
        drawable(", ".join(part for part in (who, how) if part)),
        drawable(one.text("exact_words")),
        drawable(one.text("what_happened_next")),
        _numbers(contents, one, "notice_ids"),
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
                    ", ".join(part for part in (day_words(one, "served_on"), _chosen(one, "served_how", "served_ways")) if part),
                ),
                ("Known to them since", day_words(one, "known_on")),
                ("Until", day_words(one, "expires_on") or one.text("expiry_text")),
                ("Status, as the keeper knows it", _chosen(one, "status", "order_statuses")),
                ("Against", ", ".join(person.ref for person in linked(contents.registers, one.codes("against_ids"), "person"))),
                ("Copy", ", ".join(pages)),
            )
        ),
        "expired": is_over(contents, one),
        "terms": [
            [str(whole_of(term, "no") or ""), drawable(text_of(term, "text")), _of_term(said, term)]
            for term in objects_of(one.said, "terms")
        ],
        "breaches": [_breach(one, entry, breach) for entry, breach in said],
    }


def is_over(contents: Contents, one: Register) -> bool:
    """Whether the order had run out when the pack was made."""
    made = {"occurred_start": contents.capsule.head.made_at, "precision": "minute", "tz": contents.capsule.head.tz}
    return standing_of(one.said, made) == _EXPIRED


def _of_term(said: Iterable[tuple[Incident, Fields]], term: Fields) -> str:
    """The entries said to break one term while it could be broken."""
    return numbers_words(tuple(entry.number for entry, breach in said if breach.get("term_no") == term.get("no")))


def _breach(one: Register, entry: Incident, breach: Fields) -> list[str]:
    """One alleged breach; what came before service is said to be none."""
    standing = standing_of(one.said, entry.said)
    return [
        entry.number,
        times.printed(entry.when).day,
        f"term {whole_of(breach, 'term_no') or 'not named'}",
        STANDING.get(standing, "order in force"),
        "alleged" if standing in _BROKEN else "not counted",
    ]


def _schedule(contents: Contents, one: Register) -> list[str]:
    """One burst: when, through what, how many each way, whether it is whole, and where all of it stands."""
    rows = lines_of(one.said)
    inward = sum(text_of(row, "direction") == "in" for row in rows)
    outward = sum(text_of(row, "direction") == "out" for row in rows)
    sent = [text_of(row, "sent_local") for row in rows if text_of(row, "sent_local")]
    span = _span(sent[0], sent[-1]) if sent else "not recorded"
    whole = _chosen(one, "complete", "schedule_complete") or "not recorded"
    own = "outgoing not captured" if not outward and one.text("complete") != "complete" else str(outward)
    items = sorted(
        {contents.names[text_of(row, "attachment_id")] for row in rows if text_of(row, "attachment_id") in contents.names}
    )
    return [
        one.ref,
        drawable(one.text("title") or one.text("chat")),
        _chosen(one, "channel", "channels"),
        drawable(span),
        str(inward),
        own,
        drawable(whole),
        ", ".join(part for part in (_numbers(contents, one, "schedule_id"), *items) if part),
    ]


def _span(first: str, last: str) -> str:
    """`3 Nov 2026, 20:14 to 23:55`; both days where a burst crosses midnight."""
    days, clocks = (first[:10], last[:10]), (first[11:16], last[11:16])
    ends = clocks[1] if days[0] == days[1] else f"{times.date_words(days[1])}, {clocks[1]}"
    return f"{times.date_words(days[0])}, {clocks[0]} to {ends}"


def _by_day(reports: Iterable[Register]) -> list[Register]:
    """Reports in order of their days, undated last."""
    return sorted(
        reports,
        key=lambda one: (whole_of(object_of(one.said, "at"), "start") is None, whole_of(object_of(one.said, "at"), "start") or 0),
    )


def _contact(contents: Contents, one: Register) -> list[str]:
    """One report: to whom with every reference, what was said and promised, and what came of it."""
    told = (
        ("They said", one.text("what_they_said")),
        ("Promised", one.text("promised")),
        ("Next update due", day_words(one, "next_update_due")),
    )
    came = _chosen(one, "outcome", "report_outcomes")
    officer = " ".join(part for part in (one.text("officer_name"), one.text("collar_no")) if part)
    lines = [f"{label}: {words}" for label, words in told if words] + ([f"Came of it: {came}"] if came else [])
    return [
        day_words(one, "at") or "not dated",
        drawable(", ".join(part for part in (report_words(one).split(", on ")[0], officer) if part)),
        drawable("\n".join(lines)),
        _numbers(contents, one, "report_ids"),
    ]


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
        "since": [[word, numbers_words(tuple(str(number) for number in numbers))] for word, numbers in since if numbers],
    }
