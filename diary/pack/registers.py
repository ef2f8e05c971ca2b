"""People, orders, reports and message schedules as a pack's pages and tables speak of them.

A link that leads nowhere is left out, never guessed: what it named was not chosen, was taken out, or never was.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from diary.pack.capsule.reader import Capsule
from diary.pack.exhibit_numbers import REGISTERS
from diary.pack.wording import entries_words
from diary.record import times, vocabulary
from diary.record.breaches import standing_of, term_of
from diary.record.incident import Incident
from diary.record.reading import codes_of, object_of, objects_of, text_of, whole_of
from diary.record.record_history import OfRecord, Opened, Told, tell_all
from diary.record.referenced_ids import root_of

STANDING: Final[Mapping[str, str]] = {
    "expired": "the order had ended by then",
    "not_served": "before the order was served: not a breach",
    "unknown_served": "when it was served is not recorded",
    "unknown_when": "when it happened is not known",
}


@dataclass(frozen=True, slots=True)
class Register(OfRecord):
    """One record that is no entry and no file, with what it is called: `S1`, `O2`."""

    ref: str
    told: Told


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody entries speak of: a role code, the keeper's own words for them ('' for witnesses and children), and where."""

    code: str
    words: str
    entries: tuple[str, ...]


Registers = Mapping[str, Register]


def registers_of(capsule: Capsule, versions: Sequence[Opened]) -> dict[str, Register]:
    """Every such record of a pack by id, kind by kind in feed order. `versions`: whole, or as servable."""
    return {
        told.record: Register(capsule.refs[told.record].ref, told)
        for kind in REGISTERS
        for told in tell_all(versions, kind)
        if told.record in capsule.refs
    }


def of_kind(registers: Registers, kind: str) -> tuple[Register, ...]:
    """The records of one kind."""
    return tuple(one for one in registers.values() if one.told.newest.kind == kind)


def linked(registers: Registers, ids: Iterable[str], kind: str) -> tuple[Register, ...]:
    """The records that ids name, each once and as what it was merged into; those that are not here are left out."""
    into = {one.record: one.text("merged_into") for one in of_kind(registers, kind)}
    roots = dict.fromkeys(root_of(record, into) for record in ids if record in into)
    return tuple(registers[record] for record in roots)


def people_of(registers: Registers, entries: Sequence[Incident]) -> tuple[Person, ...]:
    """Whom the entries say did it: persons by their codes, then one code for each other way of naming somebody."""
    found: dict[str, tuple[str, list[str]]] = {}
    for entry in entries:
        for person in linked(registers, entry.codes("actor_ids"), "person"):
            named = person.text("name") if text_of(person.said, "role") in ("suspect", "") else ""
            found.setdefault(person.ref, (named or entry.text("who").strip(), []))[1].append(entry.number)
    rows = [Person(code, words, tuple(numbers)) for code, (words, numbers) in found.items()]
    return (*rows, *_by_words(entries, registers))


def _by_words(entries: Sequence[Incident], registers: Registers) -> Iterator[Person]:
    """A code for each way of naming somebody who is no person of the diary, after the last code in use."""
    told: dict[str, tuple[str, list[str]]] = {}
    for entry in entries:
        words = entry.text("who").strip()
        if words and not linked(registers, entry.codes("actor_ids"), "person"):
            told.setdefault(" ".join(words.lower().split()), (words, []))[1].append(entry.number)
    last = max((int(one.ref[1:]) for one in of_kind(registers, "person") if one.ref.startswith("S")), default=0)
    for no, (words, numbers) in enumerate(told.values(), last + 1):
        yield Person(f"S{no}", words, tuple(numbers))


def breaches(registers: Registers, entry: Incident) -> list[str]:
    """Each alleged breach: order, term, when it was served, and what stands in the way."""
    rows = []
    for one in objects_of(entry.said, "alleged_breaches"):
        order = registers.get(text_of(one, "order_id"))
        if order is None or order.told.newest.kind != "order":
            continue
        parts = [f"{order.ref} {order_label(order)}", term_words(order, one.get("term_no"))]
        served = day_words(order, "served_on")
        parts += [f"served {served}"] if served else []
        standing = standing_of(order.said, entry.said)
        parts += [STANDING[standing]] if standing in STANDING else []
        rows.append(", ".join(parts))
    return rows


def orders_then(registers: Registers, entry: Incident) -> list[str]:
    """Orders the keeper says were in force, beside those said to be broken."""
    broken = {text_of(one, "order_id") for one in objects_of(entry.said, "alleged_breaches")}
    ids = (one for one in entry.codes("order_ids") if one not in broken)
    return [f"{order.ref} {order_label(order)}" for order in linked(registers, ids, "order")]


def order_label(order: Register) -> str:
    """The kind of an order in words."""
    kind = order.text("kind")
    return vocabulary.label("orders", kind) if kind and kind != "other" else order.text("kind_text") or "order"


def reports(registers: Registers, entry: Incident) -> list[str]:
    """Each report of an entry: to whom, and every reference."""
    named = [one.record for one in of_kind(registers, "report") if entry.record in one.codes("incident_ids")]
    return [
        report_words(one) for one in linked(registers, dict.fromkeys((*entry.codes("report_ids"), *named)), "report")
    ]


def report_words(report: Register) -> str:
    """`R1 Police, Met, crime 123/45, incident 7, on 3 Nov 2026`."""
    to = report.text("to")
    who = vocabulary.label("report_to", to) if to and to != "other" else report.text("to_text")
    parts = [f"{report.ref} {who}".strip(), report.text("force")]
    for name, before in (("crime_ref", "crime "), ("incident_ref", "incident ")):
        parts.append(before + report.text(name) if report.text(name) else "")
    at = day_words(report, "at")
    return ", ".join(part for part in (*parts, f"on {at}" if at else "") if part)


def witnesses(registers: Registers, entry: Incident) -> str:
    """Who saw or heard it, by code alone."""
    return ", ".join(one.ref for one in linked(registers, entry.codes("witness_ids"), "person"))


def told_words(registers: Registers, one: Mapping[str, object]) -> str:
    """Whom the keeper told (by code where it is a person of the diary), when, how, and how they were then."""
    known = [person.ref for person in linked(registers, codes_of(one, "person_id"), "person")]
    said = (text_of(one, key) for key in ("who", "when", "how", "state"))
    return ", ".join(part for part in (*known, *said) if part)


NONE_HELD: Final = (
    "This diary holds no order, notice or police reference as an entry of its own. Ask the keeper. Any that the accounts "
    "mention are in the accounts."
)


def front_lines(registers: Registers, entries: Sequence[Incident]) -> list[str]:
    """Orders with the entries said to break them, notices to stop, and every reference, for the first page."""
    lines = []
    for order in of_kind(registers, "order"):
        said = [entry for entry in entries if breaks(entry, order)]
        parts = [f"{order.ref} {order_label(order)}", order.text("court"), order.text("case_no")]
        parts += [f"{before} {day}" for before, name in _ORDER_DAYS if (day := day_words(order, name))]
        parts.append(f"said to be broken in {entries_words(entry.number for entry in said)}" if said else "")
        lines.append(", ".join(part for part in parts if part))
    for notice in of_kind(registers, "notice"):
        at = day_words(notice, "at")
        lines.append(f"{notice.ref} told to stop{f', {at}' if at else ''}")
    lines += [report_words(report) for report in of_kind(registers, "report")]
    return lines or [NONE_HELD]


_ORDER_DAYS: Final = (("made", "made_on"), ("served", "served_on"), ("until", "expires_on"))


def breaks(entry: Incident, order: Register) -> bool:
    """Whether an entry is said to break this order, and could have."""
    named = any(text_of(one, "order_id") == order.record for one in objects_of(entry.said, "alleged_breaches"))
    return named and is_counted(order, entry)


def is_counted(order: Register, entry: Incident) -> bool:
    """Whether an order could be broken then, as far as its dates say: served, and not run out. One rule for every place."""
    return standing_of(order.said, entry.said) not in ("not_served", "expired")


def term_words(order: Register, no: object) -> str:
    """`term 2`, and whether the order has such a one."""
    if not no:
        return "term not named"
    return f"term {no}" if term_of(order.said, no) else f"term {no}, which the order does not have"


def choice_words(one: Register, name: str, choice: str) -> str:
    """A choice in words with the keeper's own after a colon, or either alone. `choice`: the vocabulary of its codes."""
    code, own = one.text(name), one.text(f"{name}_text")
    label = vocabulary.label(choice, code) if code and code != "other" else ""
    return ": ".join(part for part in (label, own) if part)


def day_words(register: Register, name: str) -> str:
    """A day in words, however it was written: `2026-11-03`, ms UTC, or a time block; '' for none."""
    value = register.said.get(name)
    if isinstance(value, str):
        return times.date_words(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return times.instant(value, "Europe/London").day
    block = object_of(register.said, name)
    return times.printed(times.block(register.said, name)).line() if whole_of(block, "start") is not None else ""
