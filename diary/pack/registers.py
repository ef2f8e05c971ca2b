"""People, orders, reports and message schedules as they appear in a pack.

A broken link is left out: its target was not chosen, was withdrawn, or never existed.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from diary.pack.capsule.reader import Capsule
from diary.pack.exhibit_parsing import REGISTER_KINDS
from diary.pack.wording import format_entries, lower_first_letter
from diary.record import times, vocabulary
from diary.record.breaches import can_be_broken, find_term, order_status
from diary.record.incident import Incident
from diary.record.patterns_facts import parse_moment
from diary.record.reading import codes_of, integer_of, object_of, objects_of, text_of
from diary.record.record_history import RecordHistory, RecordVersion, RecordView, build_histories
from diary.record.referenced_ids import merge_root

# For days and times that a record holds without a zone.
DEFAULT_TIME_ZONE: Final = "Europe/London"
STANDING_LABELS: Final[Mapping[str, str]] = {
    "expired": "the order had ended by then",
    "not_served": "before the order was served: not a breach",
    "unknown_served": "when it was served is not recorded",
    "unknown_when": "when it happened is not known",
}


@dataclass(frozen=True, slots=True)
class RegisterRecord(RecordView):
    """A record other than entries and files, with its code in the pack: `S1`, `O2`."""

    code: str
    history: RecordHistory


@dataclass(frozen=True, slots=True)
class SuspectSummary:
    """A suspect in a pack: role code, the keeper's description ('' for witnesses and children), and the entries."""

    code: str
    description: str
    entry_numbers: tuple[str, ...]


Registers = Mapping[str, RegisterRecord]


def build_registers(capsule: Capsule, versions: Sequence[RecordVersion]) -> dict[str, RegisterRecord]:
    """Return these records of a pack by id, by kind and then in feed order. `versions`: complete, or redacted."""
    return {
        history.record: RegisterRecord(capsule.references[history.record].ref, history)
        for kind in REGISTER_KINDS
        for history in build_histories(versions, kind)
        if history.record in capsule.references
    }


def records_of_kind(registers: Registers, kind: str) -> tuple[RegisterRecord, ...]:
    """Return the records of one kind."""
    return tuple(record for record in registers.values() if record.history.current_version.kind == kind)


def linked_records(registers: Registers, ids: Iterable[str], kind: str) -> tuple[RegisterRecord, ...]:
    """Return the records with these ids, each once and after merges; missing ones are left out."""
    merged_into = {
        register_record.record: register_record.text("merged_into")
        for register_record in records_of_kind(registers, kind)
    }
    root_ids = dict.fromkeys(merge_root(record, merged_into) for record in ids if record in merged_into)
    return tuple(registers[record] for record in root_ids)


def suspects_of(registers: Registers, entries: Sequence[Incident]) -> tuple[SuspectSummary, ...]:
    """Return the suspects of the entries: people by code, then one code for each other wording."""
    suspects_by_code: dict[str, tuple[str, list[str]]] = {}
    for entry in entries:
        for person in linked_records(registers, entry.codes("actor_ids"), "person"):
            name = person.text("name") if text_of(person.fields, "role") in ("suspect", "") else ""
            suspects_by_code.setdefault(person.code, (name or entry.text("who").strip(), []))[1].append(entry.number)
    rows = [SuspectSummary(code, words, tuple(numbers)) for code, (words, numbers) in suspects_by_code.items()]
    return (*rows, *_unlinked_suspects(entries, registers))


def _unlinked_suspects(entries: Sequence[Incident], registers: Registers) -> Iterator[SuspectSummary]:
    """Yield a code after the last one in use for each wording that names somebody who is not a person of the diary."""
    entries_by_name: dict[str, tuple[str, list[str]]] = {}
    for entry in entries:
        words = entry.text("who").strip()
        if words and not linked_records(registers, entry.codes("actor_ids"), "person"):
            entries_by_name.setdefault(" ".join(words.lower().split()), (words, []))[1].append(entry.number)
    last_number = max(
        (int(person.code[1:]) for person in records_of_kind(registers, "person") if person.code.startswith("S")),
        default=0,
    )
    for number, (words, numbers) in enumerate(entries_by_name.values(), last_number + 1):
        yield SuspectSummary(f"S{number}", words, tuple(numbers))


def breach_lines(registers: Registers, entry: Incident) -> list[str]:
    """Return each alleged breach: order, term, date of service, and why it may not be a breach."""
    rows = []
    for breach in objects_of(entry.fields, "alleged_breaches"):
        order = registers.get(text_of(breach, "order_id"))
        if order is None or order.history.current_version.kind != "order":
            continue
        parts = [f"{order.code} {order_label(order)}", format_term(order, breach.get("term_no"))]
        served_day = format_record_day(order, "served_on")
        parts += [f"served {served_day}"] if served_day else []
        standing = order_status(order.fields, entry.fields)
        parts += [STANDING_LABELS[standing]] if standing in STANDING_LABELS else []
        rows.append(", ".join(parts))
    return rows


def orders_in_force(registers: Registers, entry: Incident) -> list[str]:
    """Return the orders that the keeper says were in force, other than those allegedly breached."""
    breached_order_ids = {text_of(order_id, "order_id") for order_id in objects_of(entry.fields, "alleged_breaches")}
    ids = (order_id for order_id in entry.codes("order_ids") if order_id not in breached_order_ids)
    return [f"{order.code} {order_label(order)}" for order in linked_records(registers, ids, "order")]


def order_label(order: RegisterRecord) -> str:
    """Return the kind of an order in words."""
    kind = order.text("kind")
    return vocabulary.label("orders", kind) if kind and kind != "other" else order.text("kind_text") or "order"


def report_lines(registers: Registers, entry: Incident) -> list[str]:
    """Return each report of an entry: recipient and every reference."""
    report_ids = [
        report.record for report in records_of_kind(registers, "report") if entry.record in report.codes("incident_ids")
    ]
    return [
        format_report(report)
        for report in linked_records(registers, dict.fromkeys((*entry.codes("report_ids"), *report_ids)), "report")
    ]


def format_report(report: RegisterRecord) -> str:
    """Return `R1 Police, Met, crime 123/45, incident 7, on 3 Nov 2026`."""
    recipient_code = report.text("to")
    recipient = (
        vocabulary.label("report_to", recipient_code)
        if recipient_code and recipient_code != "other"
        else report.text("to_text")
    )
    parts = [f"{report.code} {recipient}".strip(), report.text("force")]
    for name, prefix in (("crime_ref", "crime "), ("incident_ref", "incident ")):
        parts.append(prefix + report.text(name) if report.text(name) else "")
    day = format_record_day(report, "at")
    return ", ".join(part for part in (*parts, f"on {day}" if day else "") if part)


def witness_codes(registers: Registers, entry: Incident) -> str:
    """Return the codes of an entry's witnesses."""
    return ", ".join(person.code for person in linked_records(registers, entry.codes("witness_ids"), "person"))


def format_disclosure(registers: Registers, disclosure: Mapping[str, object]) -> str:
    """Return a disclosure as text: the person told, the time, the means and the keeper's state; people by code."""
    person_codes = [person.code for person in linked_records(registers, codes_of(disclosure, "person_id"), "person")]
    details = (text_of(disclosure, key) for key in ("who", "when", "how", "state"))
    return ", ".join(part for part in (*person_codes, *details) if part)


NO_REFERENCES_TEXT: Final = (
    "This diary holds no order, notice or police reference as an entry of its own. Ask the keeper. Any that the accounts "
    "mention are in the accounts."
)
PREPARED_NO_REFERENCES_TEXT: Final = (
    "What was given for this pack holds no order, notice or police reference as an entry of its own. Ask the keeper. Any "
    "that the accounts mention are in the accounts."
)


def newest_first(records: Iterable[RegisterRecord], field_name: str = "at") -> list[RegisterRecord]:
    """Return records in order of a day or time, the latest first and undated ones last; ties keep their order."""

    def time_key(record: RegisterRecord) -> tuple[str, int]:
        moment = parse_moment(record.fields.get(field_name), DEFAULT_TIME_ZONE)
        return (moment.day, moment.instant_ms or 0) if moment else ("", 0)

    return sorted(records, key=time_key, reverse=True)


def case_reference_lines(registers: Registers) -> list[str]:
    """Return the references of the matters that entries belong to: `CA1 The side door: 4326/18`."""
    return [
        f"{case_record.code} {case_record.text('title')}".strip() + f": {case_record.text('references')}"
        for case_record in records_of_kind(registers, "case")
        if case_record.text("references")
    ]


def platform_reference_lines(entries: Sequence[Incident]) -> list[str]:
    """Return the references that apps and websites gave, of the latest entry first."""
    return [
        f"Entry {entry.number}, reported to the app or website: {reference}"
        for entry in (
            *reversed([entry for entry in entries if entry.occurred_time.is_known]),
            *(entry for entry in entries if not entry.occurred_time.is_known),
        )
        if (reference := text_of(object_of(entry.fields, "platform_report"), "ref"))
    ]


def reference_lines(
    registers: Registers, entries: Sequence[Incident], none_text: str = NO_REFERENCES_TEXT
) -> list[str]:
    """Return the orders with their alleged breaches, the notices to stop, and every reference, for the front page.

    The newest comes first within orders, notices, reports, matters and reports to apps. `entries`: in order of time.
    `none_text`: what stands there where there is nothing.
    """
    lines = []
    for order in newest_first(records_of_kind(registers, "order"), "made_on"):
        breaching_entries = [entry for entry in entries if breaches_order(entry, order)]
        parts = [f"{order.code} {order_label(order)}", order.text("court"), order.text("case_no")]
        parts += [f"{prefix} {day}" for prefix, name in _ORDER_DATE_FIELDS if (day := format_record_day(order, name))]
        parts.append(
            f"said to be broken in {format_entries(entry.number for entry in breaching_entries)}"
            if breaching_entries
            else ""
        )
        lines.append(", ".join(part for part in parts if part))
    for notice in newest_first(records_of_kind(registers, "notice")):
        notice_day = format_record_day(notice, "at")
        lines.append(f"{notice.code} told to stop{f', {notice_day}' if notice_day else ''}")
    lines += [format_report(report) for report in newest_first(records_of_kind(registers, "report"))]
    lines += case_reference_lines(registers)
    lines += platform_reference_lines(entries)
    return lines or [none_text]


_ORDER_DATE_FIELDS: Final = (("made", "made_on"), ("served", "served_on"), ("until", "expires_on"))


def breaches_order(entry: Incident, order: RegisterRecord) -> bool:
    """Return whether an entry is said to break this order, at a time when it could be broken."""
    is_alleged = any(
        text_of(breach, "order_id") == order.record for breach in objects_of(entry.fields, "alleged_breaches")
    )
    return is_alleged and can_be_breached_by(order, entry)


def can_be_breached_by(order: RegisterRecord, entry: Incident) -> bool:
    """Return whether an order could be broken at the time of an entry, by its dates: served, and not expired."""
    return can_be_broken(order.fields, entry.fields)


def format_term(order: RegisterRecord, term_number: object) -> str:
    """Return `term 2`, and state if the order has no such term."""
    if not term_number:
        return "term not named"
    return (
        f"term {term_number}"
        if find_term(order.fields, term_number)
        else f"term {term_number}, which the order does not have"
    )


def format_choice(
    record: RegisterRecord, field_name: str, vocabulary_name: str, *, within_sentence: bool = False
) -> str:
    """Return a choice in words with the keeper's own words after a colon, or either alone.

    `vocabulary_name`: the choice list of its codes. `within_sentence`: the label begins with a small letter; the keeper's
    own words stay as they are.
    """
    code, own_words = record.text(field_name), record.text(f"{field_name}_text")
    label = vocabulary.label(vocabulary_name, code) if code and code != "other" else ""
    label = lower_first_letter(label) if within_sentence else label
    return ": ".join(part for part in (label, own_words) if part)


def format_record_day(record: RegisterRecord, field_name: str) -> str:
    """Return a day in words from `2026-11-03`, ms UTC or a time block; '' for none."""
    value = record.fields.get(field_name)
    if isinstance(value, str):
        return times.format_iso_date(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return times.format_instant(value, DEFAULT_TIME_ZONE).day
    block = object_of(record.fields, field_name)
    return (
        times.format_claimed_time(times.read_time_block(record.fields, field_name)).to_line()
        if integer_of(block, "start") is not None
        else ""
    )
