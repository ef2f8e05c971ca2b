"""Sections of document 01 about people: suspects, others named, their accounts, sightings of new accounts, vehicles.

Only servable contents are read. Witnesses, children and helpers appear as codes; document 06 has their names.
"""

from collections.abc import Iterable
from typing import Final

from diary.pack.contents import KEEPER_CODE, PackContents
from diary.pack.documents.incident_rows import TemplateData
from diary.pack.documents.patterns import count_patterns
from diary.pack.printable_text import escape_unprintable
from diary.pack.registers import (
    DEFAULT_TIME_ZONE,
    RegisterRecord,
    format_choice,
    format_record_day,
    linked_records,
    records_of_kind,
)
from diary.pack.wording import (
    format_entry_numbers,
    format_field_choice,
    format_look,
    format_plate,
    lower_first_letter,
)
from diary.record import vocabulary
from diary.record.incident import Incident
from diary.record.patterns_facts import parse_moment
from diary.record.reading import boolean_of

_ANSWER_WORDS: Final = {"yes": "yes", "no": "no", "not_sure": "not sure"}
_PEOPLE_FIELDS: Final = ("actor_ids", "targeted_person_ids", "present_ids", "witness_ids")


def people_sections(contents: PackContents) -> TemplateData:
    """Return the data of the section "People and accounts"."""
    entries_by_account = _entries_by_account(contents)
    return {
        "people": _suspect_rows(contents),
        "others": _other_person_rows(contents),
        "accounts": [
            _account_row(contents, account, entries_by_account.get(account.record, ""))
            for account in records_of_kind(contents.registers, "account")
        ],
        "sightings": [
            _sighting_row(contents, sighting)
            for sighting in sort_by_time(records_of_kind(contents.registers, "sighting"))
        ],
        "vehicles": [_vehicle_row(contents, vehicle) for vehicle in records_of_kind(contents.registers, "vehicle")],
    }


def linked_entry_numbers(contents: PackContents, record: RegisterRecord, field: str = "") -> str:
    """Return the entries that a record refers to, or that refer to it in `field`."""
    incident_ids = set(record.codes("incident_ids"))
    numbers = (
        entry.number
        for entry in contents.entries
        if entry.record in incident_ids or (field and record.record in entry.codes(field))
    )
    return format_entry_numbers(tuple(numbers))


def sort_by_time(records: Iterable[RegisterRecord]) -> list[RegisterRecord]:
    """Return records in order of their `at`, undated ones last."""

    def time_key(record: RegisterRecord) -> tuple[bool, str, int]:
        moment = parse_moment(record.fields.get("at"), DEFAULT_TIME_ZONE)
        return (False, moment.day, moment.instant_ms or 0) if moment else (True, "", 0)

    return sorted(records, key=time_key)


def person_facts(person: RegisterRecord) -> list[str]:
    """Return the facts that distinguish a person: relationship, other names, age, appearance; never the real name."""
    relation, dates = format_choice(person, "relationship", "relationships"), person.text("relationship_dates")
    age_band = person.text("age_band")
    age = person.text("dob_or_age") or (lower_first_letter(vocabulary.label("age_bands", age_band)) if age_band else "")
    aliases = ", ".join(f"“{name}”" for name in person.codes("aliases"))
    return [
        part
        for part in (
            ", ".join(part for part in (relation, dates) if part),
            f"Also called {aliases}" if aliases else "",
            f"Age or date of birth: {age}" if age else "",
            person.text("description"),
        )
        if part
    ]


def _suspect_rows(contents: PackContents) -> list[list[str]]:
    """Return the suspects by code with the keeper's description, and the accounts that entries name only as text."""
    rows = [
        [KEEPER_CODE, "The person whose record this is and whom it happened to", str(len(contents.entries)), "all", ""]
    ]
    persons_by_code = {person.code: person for person in records_of_kind(contents.registers, "person")}
    for person in contents.people:
        facts = person_facts(persons_by_code[person.code]) if person.code in persons_by_code else []
        words, details = escape_unprintable(f"“{person.description}”"), escape_unprintable(". ".join(facts))
        rows.append(
            [person.code, words, str(len(person.entry_numbers)), format_entry_numbers(person.entry_numbers), details]
        )
    return rows + [
        ["account", escape_unprintable(words), str(len(numbers)), format_entry_numbers(numbers), ""]
        for words, numbers in _accounts_in_words(contents)
    ]


def _accounts_in_words(contents: PackContents) -> list[tuple[str, tuple[str, ...]]]:
    """Return the accounts that entries name only in words, in every spelling, and the entries."""
    entries = {entry.record: entry for entry in contents.entries}
    rows = []
    for account in count_patterns(contents)["accounts"]:
        if account["account"].startswith("@"):
            named = [entries[record] for record in account["ids"]]
            spellings = dict.fromkeys(entry.text("channel_account").strip() for entry in named)
            rows.append((", ".join(spellings), tuple(entry.number for entry in named)))
    return rows


def _entries_by_account(contents: PackContents) -> dict[str, str]:
    """Return the entries that name each account, by link or in words, of accounts that nobody merged."""
    numbers = {entry.record: entry.number for entry in contents.entries}
    return {
        account["account"]: format_entry_numbers(tuple(numbers[record] for record in account["ids"]))
        for account in count_patterns(contents)["accounts"]
    }


def _other_person_rows(contents: PackContents) -> list[list[str]]:
    """Return all other people with a code in this pack: relation to the keeper, and the entries that name them."""
    listed_codes = {KEEPER_CODE, *(person.code for person in contents.people)}
    rows = []
    for other_person in records_of_kind(contents.registers, "person"):
        if other_person.code in listed_codes:
            continue
        merged_codes = [
            merged_person.code
            for merged_person in linked_records(contents.registers, (other_person.record,), "person")
            if merged_person.code != other_person.code
        ]
        age_band = other_person.text("age_band")
        descriptions = (
            format_choice(other_person, "role", "person_roles"),
            format_choice(other_person, "relationship", "relationships"),
            vocabulary.label("age_bands", age_band) if age_band else "",
            f"found to be the same person as {merged_codes[0]}" if merged_codes else "",
        )
        numbers = tuple(entry.number for entry in contents.entries if _names_person(entry, other_person.record))
        rows.append(
            [
                other_person.code,
                escape_unprintable("; ".join(part for part in descriptions if part)) or "not described",
                format_entry_numbers(numbers),
            ]
        )
    return rows


def _names_person(entry: Incident, person_id: str) -> bool:
    """Return whether an entry refers to a person in any field."""
    return any(person_id in entry.codes(field) for field in _PEOPLE_FIELDS)


def _format_owner(contents: PackContents, account: RegisterRecord) -> str:
    """Return the person an account is attributed to, and on what grounds."""
    person_codes = ", ".join(
        person.code for person in linked_records(contents.registers, account.codes("person_id"), "person")
    )
    return (
        f"{person_codes or 'not linked'}; "
        f"{format_field_choice(account.fields, 'attribution_basis') or 'how known is not recorded'}"
    )


def _account_lines(account: RegisterRecord) -> str:
    """Return an account or number as copyable lines. In a sighting, `account_id` is a reference and is left out."""
    return escape_unprintable("\n".join(account_names(account)))


def account_names(account: RegisterRecord) -> list[str]:
    """Return the number, the handle and whatever else names an account or number."""
    own_fields = ("account_id",) if account.history.current_version.kind == "account" else ()
    return list(filter(None, map(account.text, ("number", "handle", *own_fields, "url", "display_name"))))


def _account_row(contents: PackContents, account: RegisterRecord, entry_numbers: str) -> list[str]:
    """Return an account or number as copyable text, its attributed owner, its dates, and the entries that name it."""
    in_use_words = _ANSWER_WORDS.get(account.text("still_in_use"), "")
    days = (("first seen", "first_seen"), ("last seen", "last_seen"), ("blocked", "blocked_on"))
    date_notes = [f"{before} {day}" for before, name in days if (day := format_record_day(account, name))]
    date_notes += ["new after a block"] if boolean_of(account.fields, "new_after_block") else []
    date_notes += [f"still used: {in_use_words}"] if in_use_words else []
    merged_codes = [
        merged_account.code
        for merged_account in linked_records(contents.registers, (account.record,), "account")
        if merged_account.code != account.code
    ]
    identity_items = [
        shown.exhibit.item for shown in contents.exhibits if shown.exhibit.record in account.codes("identity_link_id")
    ]
    return [
        account.code,
        _format_platform(account),
        _account_lines(account),
        escape_unprintable(
            "; ".join(
                part
                for part in (
                    _format_owner(contents, account),
                    merged_codes and f"found to be the same as {merged_codes[0]}",
                    account.text("about"),
                )
                if part
            )
        ),
        escape_unprintable("\n".join(date_notes)),
        ", ".join(part for part in (entry_numbers, *identity_items) if part),
    ]


def _sighting_row(contents: PackContents, sighting: RegisterRecord) -> list[str]:
    """Return when a new account was noticed, which one, how it was found and linked, and after which block."""
    linked_accounts = linked_records(contents.registers, sighting.codes("account_id"), "account")
    blocked_accounts = linked_records(contents.registers, sighting.codes("after_block_of_id"), "account")
    is_after_block = boolean_of(sighting.fields, "after_block")
    how = (
        format_choice(sighting, "how_found", "how_found"),
        sighting.text("how_linked"),
        format_field_choice(sighting.fields, "attribution_basis"),
    )
    account_words = "\n".join(
        filter(
            None,
            (
                _account_lines(sighting) or "\n".join(_account_lines(account) for account in linked_accounts),
                escape_unprintable(_format_platform(sighting)),
            ),
        )
    )
    after_block_words = (
        {True: "yes", False: "no"}.get(is_after_block, "not said") if is_after_block is not None else "not said"
    )
    return [
        format_record_day(sighting, "at") or "not dated",
        ", ".join(account.code for account in linked_accounts),
        account_words,
        escape_unprintable(". ".join(part.rstrip(".") for part in how if part)),
        ", ".join((after_block_words, *(account.code for account in blocked_accounts))),
        linked_entry_numbers(contents, sighting),
    ]


def _format_platform(account: RegisterRecord) -> str:
    """Return the platform of an account as text."""
    return format_choice(account, "platform", "channels")


def _vehicle_row(contents: PackContents, vehicle: RegisterRecord) -> list[str]:
    """Return a vehicle as it was seen, with its plate and days, and its attributed owner."""
    kind = format_choice(vehicle, "type", "vehicle_types")
    person_codes = ", ".join(
        person.code for person in linked_records(contents.registers, vehicle.codes("person_ids"), "person")
    )
    days = (("first seen", "first_seen"), ("last seen", "last_seen"))
    seen = [f"{before} {day}" for before, name in days if (day := format_record_day(vehicle, name))]
    appearance = "; ".join(part for part in (format_look(vehicle.fields), vehicle.text("description")) if part)
    if kind and appearance:
        appearance += f" ({format_choice(vehicle, 'type', 'vehicle_types', within_sentence=True)})"
    parts = (appearance or kind, format_plate(vehicle.fields) or "plate not recorded", *seen)
    words = "; ".join(part for part in parts if part)
    return [
        vehicle.code,
        escape_unprintable(words),
        person_codes,
        linked_entry_numbers(contents, vehicle, "vehicle_ids"),
    ]
