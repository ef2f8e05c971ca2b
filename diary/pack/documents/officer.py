"""Data of 06_RESTRICTED_officer-sheet.pdf: safety information, then contacts and what was held back."""

from collections.abc import Sequence
from typing import Final

from diary.pack.capsule.reader import IDENTITY_PROFILE
from diary.pack.contents import KEEPER_CODE, PackContents
from diary.pack.documents.advice_rows import advice_conflict_rows
from diary.pack.documents.chronology_sections import is_expired
from diary.pack.documents.incident_rows import NO_WORDS_TEXT, TemplateData, format_help, marked_entries
from diary.pack.documents.page_banner import RESTRICTED_BANNER
from diary.pack.documents.people import account_names, person_facts
from diary.pack.documents.prepared_wording import SHEET_SENTENCES
from diary.pack.documents.time_sensitive import time_sensitive_rows
from diary.pack.printable_text import escape_unprintable, paragraphs
from diary.pack.redaction import normalise
from diary.pack.registers import (
    RegisterRecord,
    case_reference_lines,
    format_choice,
    format_record_day,
    format_report,
    linked_records,
    newest_first,
    order_label,
    platform_reference_lines,
    records_of_kind,
)
from diary.pack.wording import (
    first_words,
    format_count,
    format_entry_numbers,
    format_vehicle,
    lower_first_letter,
)
from diary.record import times, vocabulary
from diary.record.incident import Incident
from diary.record.reading import boolean_of, integer_of, object_of, objects_of, text_of

_LATEST_CHARACTERS: Final = 160
_MARKED_CHARACTERS: Final = 90
_MARKED_LIMIT: Final = 4
_ACCOUNTS_LIMIT: Final = 8
# Roles of people whose accounts are not those of the person who does it.
_OTHER_ROLES: Final = frozenset({"keeper", "witness", "child", "helper"})
_IDENTITY_LABELS: Final = (
    ("legal_name", "Full legal name"),
    ("date_of_birth", "Date of birth"),
    ("home_address", "Home address"),
)


def officer_data(contents: PackContents) -> TemplateData:
    """Return the data of document 06 from the restricted contents; nothing is redacted."""
    metadata, sheet_fields = contents.capsule.metadata, contents.capsule.sheet
    marked, marked_more = marked_entries(contents.capsule, contents.unredacted_entries, _MARKED_LIMIT)
    return {
        **contents.page_header(f"Officer sheet, pack {metadata.label}", "Restricted; not for service"),
        "banner": RESTRICTED_BANNER,
        "made": contents.printed_made_at().to_line(),
        "prepared": "" if metadata.preparer is None else escape_unprintable(metadata.preparer.name),
        "not_given": list(SHEET_SENTENCES),
        "name": escape_unprintable(text_of(sheet_fields, "name_to_use") or "not given"),
        "identity": _identity_rows(contents),
        "contact": paragraphs(text_of(sheet_fields, "safe_contact")),
        "advice": advice_conflict_rows(contents),
        "concerns": paragraphs(text_of(sheet_fields, "concerns")),
        "needs": paragraphs(text_of(sheet_fields, "needs")),
        "helped_by": escape_unprintable(text_of(sheet_fields, "helped_by")),
        "time_sensitive": time_sensitive_rows(contents),
        "span": _span_words(contents),
        "recent": _latest_entry(contents),
        "marked": [
            _excerpt_row(entry, times.format_claimed_time(entry.occurred_time).day, _MARKED_CHARACTERS)
            for entry in marked
        ],
        "marked_more": marked_more,
        "accounts": _account_rows(contents),
        "orders": _order_rows(contents),
        "people": [
            [person.code, escape_unprintable(person.description), format_entry_numbers(person.entry_numbers)]
            for person in contents.people
        ],
        "descriptions": _description_rows(contents),
        "children": [
            *_person_rows(contents, ("child",)),
            *_restricted_field_rows(contents, "children_names"),
            *_shared_children_rows(contents),
            *_restricted_field_rows(contents, "present_names"),
        ],
        "witnesses": [
            *_person_rows(contents, ("witness",)),
            *_statement_author_rows(contents),
            *_restricted_field_rows(contents, "witness_names"),
        ],
        "done_by": _restricted_field_rows(contents, "carried_out_by_names"),
        "known_places": _last_known_place_rows(contents),
        "contacts": _person_rows(contents, None),
        "places": _restricted_field_rows(contents, "place_detail"),
        "reports": [
            *_report_rows(contents),
            *[
                [escape_unprintable(line), ""]
                for line in (
                    *case_reference_lines(contents.unredacted_registers),
                    *platform_reference_lines(contents.unredacted_entries),
                )
            ],
            *_restricted_field_rows(contents, "reported_text"),
        ],
        "delivered": _delivery_rows(contents),
        "hold_words": [escape_unprintable(words) for words in contents.capsule.withheld_words],
        "helpers": [*_restricted_field_rows(contents, "helped_by"), *_unnamed_helper_rows(contents)],
        "copies": _copy_rows(contents),
        "held": _withheld_picture_rows(contents),
        "names": _received_name_rows(contents),
        "masked": _redacted_account_rows(contents),
    }


def _identity_rows(contents: PackContents) -> list[list[str]]:
    """Return legal name, date of birth and home address, each with its label; nothing unless the pack is for the police."""
    if contents.capsule.metadata.profile != IDENTITY_PROFILE:
        return []
    return [
        [label, escape_unprintable(times.format_iso_date(text))]
        for name, label in _IDENTITY_LABELS
        for text in (text_of(contents.capsule.sheet, name),)
    ]


def _span_words(contents: PackContents) -> str:
    """Return `58 entries, from Sun 14 Jun 2026 to Wed 18 Nov 2026`."""
    entries = contents.unredacted_entries
    days = [times.format_claimed_time(entry.occurred_time).day for entry in entries if entry.occurred_time.is_known]
    period = f", from {days[0]} to {days[-1]}" if days else ""
    return f"{format_count(len(entries), 'entry', 'entries')}{period}"


def _account_rows(contents: PackContents) -> list[list[str]]:
    """Return the suspects' accounts and numbers, and those linked with no person, each with what is known about it."""
    registers = contents.unredacted_registers
    rows = []
    for account in records_of_kind(registers, "account"):
        owners = linked_records(registers, account.codes("person_id"), "person")
        if account.codes("merged_into") or any(text_of(owner.fields, "role") in _OTHER_ROLES for owner in owners):
            continue
        blocked_day = format_record_day(account, "blocked_on")
        notes = [
            format_choice(account, "platform", "channels"),
            ", ".join(owner.code for owner in owners) or "not linked with anybody",
            _certainty_note(account),
            "new after a block" if boolean_of(account.fields, "new_after_block") else "",
            f"blocked {blocked_day}" if blocked_day else "",
        ]
        words = ", ".join(account_names(account)) or "no number or name noted"
        rows.append([escape_unprintable(words), escape_unprintable("; ".join(note for note in notes if note))])
    more = len(rows) - _ACCOUNTS_LIMIT
    return [*rows[:_ACCOUNTS_LIMIT], *([[f"and {more} more, in 01", ""]] if more > 0 else [])]


def _certainty_note(account: RegisterRecord) -> str:
    """Return a note where the keeper guesses whose an account is, or does not say how that is known."""
    bases = account.codes("attribution_basis")
    if not bases:
        return "" if account.text("attribution_basis_text") else "how known is not recorded"
    return "a guess" if bases == ("guess",) else ""


def _order_rows(contents: PackContents) -> list[list[str]]:
    """Return each order with its court, terms, service and end, and whether it had expired."""
    rows = []
    for order in records_of_kind(contents.unredacted_registers, "order"):
        terms = [f"{integer_of(term, 'no')}. {text_of(term, 'text')}" for term in objects_of(order.fields, "terms")]
        served_day, expiry_day = format_record_day(order, "served_on"), format_record_day(order, "expires_on")
        dates = ", ".join(
            (
                f"served {served_day}" if served_day else "service not recorded",
                f"until {expiry_day}" if expiry_day else "no end recorded",
            )
        )
        protected_names = text_of(order.restricted_fields, "protects_names")
        expired_note = " (HAD RUN OUT)" if is_expired(contents, order) else ""
        court = "".join(f", {words}" for name in ("court", "case_no") if (words := order.text(name)))
        words = f"{order.code} {order_label(order)}{expired_note}{court}: {dates}." + (
            f" Protects {protected_names}." if protected_names else ""
        )
        rows.append([escape_unprintable(words), *map(escape_unprintable, terms)])
    return rows


def _person_rows(contents: PackContents, roles: Sequence[str] | None) -> list[list[str]]:
    """Return people of some roles (None: all) by name, with contact details and whether they may be approached.

    Somebody who was entered twice has one row with every name, code, contact and answer.
    """
    rows = []
    for person, *others in _people_entered(contents):
        if person.code == KEEPER_CODE or (roles is not None and text_of(person.fields, "role") not in roles):
            continue
        everyone = (person, *others)
        parts = [_person_label(person)]
        parts += [f"also entered as {_person_label(other)}" for other in others]
        parts += dict.fromkeys(text_of(one.restricted_fields, "contact") for one in everyone)
        for label, field in _WILLINGNESS_FIELDS:
            answers = dict.fromkeys(
                filter(None, (_format_answer(one.restricted_fields.get(field)) for one in everyone))
            )
            parts += [f"{label}: {' and '.join(answers)}"] if answers else []
        ids = {one.record for one in everyone}
        numbers = tuple(entry.number for entry in contents.unredacted_entries if not ids.isdisjoint(_people_ids(entry)))
        rows.append([escape_unprintable(", ".join(part for part in parts if part)), format_entry_numbers(numbers)])
    return rows


def _person_label(person: RegisterRecord) -> str:
    """Return code and name of a person."""
    name = text_of(person.restricted_fields, "real_name") or person.text("name") or "not named"
    return f"{person.code} {name}"


def _people_entered(contents: PackContents) -> list[list[RegisterRecord]]:
    """Return each person once: the record that stands for them, then those merged into it."""
    registers = contents.unredacted_registers
    groups: dict[str, list[RegisterRecord]] = {}
    for person in records_of_kind(registers, "person"):
        [root] = linked_records(registers, (person.record,), "person") or (person,)
        group = groups.setdefault(root.record, [root])
        if person.record != root.record:
            group.append(person)
    return list(groups.values())


def _statement_author_rows(contents: PackContents) -> list[list[str]]:
    """Return the authors of statements, which 01 refers to by code only, and their contact details if given."""
    rows = []
    for statement in records_of_kind(contents.unredacted_registers, "statement"):
        parts = [
            f"{statement.code} {text_of(statement.restricted_fields, 'by_name')}".strip(),
            text_of(statement.restricted_fields, "contact"),
        ]
        willing = _format_answer(statement.restricted_fields.get("willing_to_make_statement"))
        parts += [f"willing to make a statement: {willing}"] if willing else []
        if any(parts[1:]) or text_of(statement.restricted_fields, "by_name"):
            numbers = tuple(
                entry.number for entry in contents.unredacted_entries if entry.record in statement.codes("incident_ids")
            )
            rows.append([escape_unprintable(", ".join(part for part in parts if part)), format_entry_numbers(numbers)])
    return rows


def _people_ids(entry: Incident) -> tuple[str, ...]:
    """Return the ids of all people an entry refers to."""
    people_fields = ("actor_ids", "witness_ids", "present_ids", "targeted_person_ids")
    return tuple(person for field in people_fields for person in entry.codes(field))


_WILLINGNESS_FIELDS: Final = (
    ("willing to make a statement", "willing_to_make_statement"),
    ("safe to approach", "safe_to_approach"),
)


def _format_answer(value: object) -> str:
    """Return a boolean, a code or text as words."""
    if isinstance(value, bool):
        return "yes" if value else "NO"
    return value.replace("_", " ") if isinstance(value, str) else ""


def _shared_children_rows(contents: PackContents) -> list[list[str]]:
    """Return the children the keeper has with the suspect."""
    names = (
        text_of(background.restricted_fields, "children_names")
        for background in records_of_kind(contents.unredacted_registers, "background")
    )
    return [[escape_unprintable(f"{name} (children they have together)"), ""] for name in names if name]


def _last_known_place_rows(contents: PackContents) -> list[list[str]]:
    """Return the last known places of the suspects."""
    return [
        [escape_unprintable(f"{person.code}: {places}"), ""]
        for person in records_of_kind(contents.unredacted_registers, "person")
        if (places := text_of(person.restricted_fields, "last_known_places"))
    ]


def _report_rows(contents: PackContents) -> list[list[str]]:
    """Return every report with its references and the officer's contact details: those to the police first."""
    rows = []
    reports = newest_first(records_of_kind(contents.unredacted_registers, "report"))
    for report in sorted(reports, key=lambda report: report.text("to") != "police"):
        contact = text_of(report.restricted_fields, "officer_contact")
        companions = text_of(report.restricted_fields, "with_me")
        words = (
            format_report(report)
            + (f" ({contact})" if contact else "")
            + (f"; with the keeper: {companions}" if companions else "")
        )
        numbers = tuple(
            entry.number for entry in contents.unredacted_entries if entry.record in report.codes("incident_ids")
        )
        rows.append([escape_unprintable(words), format_entry_numbers(numbers)])
    return rows


def _delivery_rows(contents: PackContents) -> list[list[str]]:
    """Return one row for each earlier pack: its label and date, and its recipient."""
    metadata = contents.capsule.metadata
    return [
        [
            f"Pack {metadata.initials} {superseded_pack.number}, "
            f"{times.format_instant(superseded_pack.made_at, metadata.tz).day}",
            escape_unprintable(superseded_pack.delivered_to or "not recorded"),
        ]
        for superseded_pack in metadata.superseded_packs
    ]


def _latest_entry(contents: PackContents) -> list[str]:
    """Return number, date and first words of the most recent dated entry."""
    dated_entries = [entry for entry in contents.unredacted_entries if entry.occurred_time.is_known]
    if not dated_entries:
        return []
    latest = dated_entries[-1]
    return _excerpt_row(latest, times.format_claimed_time(latest.occurred_time).to_line(), _LATEST_CHARACTERS)


def _excerpt_row(entry: Incident, when: str, characters: int) -> list[str]:
    """Return number, time and first words of an entry."""
    return [entry.number, when, escape_unprintable(first_words(entry.narrative, characters) or NO_WORDS_TEXT)]


def _restricted_field_rows(contents: PackContents, field_name: str) -> list[list[str]]:
    """Return the values of a restricted field, each with the entries that contain it.

    What differs only in case, spaces and punctuation is one value.
    """
    values: dict[str, tuple[str, list[str]]] = {}
    for entry in contents.unredacted_entries:
        words = text_of(entry.restricted_fields, field_name).strip()
        if words:
            values.setdefault(normalise(words) or words, (words, []))[1].append(entry.number)
    return [[escape_unprintable(words), format_entry_numbers(tuple(numbers))] for words, numbers in values.values()]


def _unnamed_helper_rows(contents: PackContents) -> list[list[str]]:
    """Return how somebody helped with entries that name no helper, each with the entries."""
    numbers: dict[str, list[str]] = {}
    for entry in contents.unredacted_entries:
        help_words = format_help(entry)
        if help_words and not text_of(entry.restricted_fields, "helped_by").strip():
            numbers.setdefault(f"{help_words}: not named", []).append(entry.number)
    return [[escape_unprintable(words), format_entry_numbers(tuple(those))] for words, those in numbers.items()]


def _description_rows(contents: PackContents) -> list[list[str]]:
    """Return each suspect by name and appearance, then vehicles, then descriptions of either in single entries."""
    rows = [
        [escape_unprintable(_suspect_description(everyone)), ""]
        for everyone in _people_entered(contents)
        if text_of(everyone[0].fields, "role") == "suspect"
    ]
    rows += [
        [escape_unprintable(_vehicle_description(contents, record)), ""]
        for record in records_of_kind(contents.unredacted_registers, "vehicle")
    ]
    for entry in contents.unredacted_entries:
        vehicle = format_vehicle(object_of(entry.fields, "vehicle"))
        for words in (entry.text("description_actor"), vehicle):
            if words:
                rows.append([escape_unprintable(words), entry.number])
    return rows


def _suspect_description(everyone: Sequence[RegisterRecord]) -> str:
    """Return `S1 Callum Redfern. Ex-partner. Also called “Cal”. …`, enough to look up and recognise the person.

    `everyone`: the record that stands for the person, then those merged into it. Where they differ on whether the person
    is safe to speak to, page one says both with their dates.
    """
    suspect, *others = everyone
    real_name, name = text_of(suspect.restricted_fields, "real_name"), suspect.text("name")
    full_name = (
        f"{real_name} (“{name}”)" if real_name and name and real_name != name else real_name or name or "name not known"
    )
    answers = [one.restricted_fields.get("safe_to_approach") for one in everyone]
    is_unsafe = any(answer in ("no", False) for answer in answers)
    warning = "The keeper says it is NOT safe for police to speak to this person" if is_unsafe else ""
    if is_unsafe and any(answer in ("yes", True) for answer in answers):
        warning = (
            "The keeper gave two different answers on whether it is safe for police to speak to this person: see above"
        )
    twins = [f"Also entered as {_person_label(other)}" for other in others]
    facts = dict.fromkeys(fact for one in everyone for fact in person_facts(one))
    return (
        ". ".join(part.rstrip(".") for part in (f"{suspect.code} {full_name}", warning, *twins, *facts) if part) + "."
    )


def _vehicle_description(contents: PackContents, vehicle: RegisterRecord) -> str:
    """Return `V1 silver Vauxhall Corsa, plate ends OVN (I saw part of it), linked with S1`."""
    appearance = (
        " ".join(filter(None, map(vehicle.text, ("colour", "make", "model"))))
        or vehicle.text("description")
        or "vehicle"
    )
    certainty = format_choice(vehicle, "reg_certainty", "reg_certainty")
    plate = vehicle.text("reg") and f"plate {vehicle.text('reg')}" + (
        f" ({lower_first_letter(certainty)})" if certainty else ""
    )
    person_codes = ", ".join(
        person.code for person in linked_records(contents.unredacted_registers, vehicle.codes("person_ids"), "person")
    )
    return ", ".join(
        part
        for part in (f"{vehicle.code} {appearance}", plate, f"linked with {person_codes}" if person_codes else "")
        if part
    )


def _copy_rows(contents: PackContents) -> list[list[str]]:
    """Return the keeper's statements about copies on the phone, with the day of each removal."""
    items_by_state: dict[str, list[str]] = {}
    for view in contents.exhibits:
        outside_copy = object_of(view.unredacted_attachment.restricted_fields, "outside_copy")
        state, at = text_of(outside_copy, "state"), integer_of(outside_copy, "at")
        if state:
            is_removed = state == "removed_for_safety" and at is not None
            when = f" on {times.format_instant(at or 0, contents.capsule.metadata.tz).day}" if is_removed else ""
            items_by_state.setdefault(vocabulary.label("outside_copies", state) + when, []).append(view.exhibit.item)
    return [[words, ", ".join(items)] for words, items in items_by_state.items()]


def _received_name_rows(contents: PackContents) -> list[list[str]]:
    """Return the names that the files came with, two files a row.

    Such a name may say where somebody lives, so no page of the servable part has it.
    """
    cells = [
        (view.exhibit.item, escape_unprintable(name))
        for view in contents.exhibits
        if (name := text_of(object_of(view.unredacted_attachment.restricted_fields, "received_as"), "filename"))
    ]
    cells += [("", "")] * (len(cells) % 2)
    return [[*first, *second] for first, second in zip(cells[::2], cells[1::2], strict=True)]


def _withheld_picture_rows(contents: PackContents) -> list[list[str]]:
    """Return the exhibits whose picture is not in document 04, with the reasons."""
    rows = []
    for view in contents.exhibits:
        if not view.exhibit.is_picture_withheld:
            continue
        sensitivity = text_of(view.unredacted_attachment.fields, "sensitivity")
        shows_home = boolean_of(view.unredacted_attachment.restricted_fields, "shows_where_i_live") is True
        reasons = [
            "shows where the keeper lives, works or studies" if shows_home else "",
            vocabulary.label("sensitivity", sensitivity).lower() if sensitivity not in ("", "normal") else "",
            "" if view.exhibit.looked_at is not None else "nobody has looked at it yet",
        ]
        unsaid = "held back by the keeper" if contents.capsule.metadata.preparer is None else "held back"
        words = "; ".join(reason for reason in reasons if reason) or unsaid
        rows.append(
            [
                view.exhibit.item,
                view.exhibit.filename,
                escape_unprintable(view.unredacted_attachment.description),
                words,
            ]
        )
    return rows


def _redacted_account_rows(contents: PackContents) -> list[list[str]]:
    """Return the full narratives of entries in which words were redacted."""
    rows = []
    for redacted, unredacted in zip(contents.entries, contents.unredacted_entries, strict=True):
        if redacted.narrative != unredacted.narrative:
            rows.append([unredacted.number, escape_unprintable(unredacted.narrative)])
    return rows
