"""The part of 01 about people: who does it, who else is named, their accounts, how each new one came to notice, vehicles.

Only the servable side is read. A witness, a child and a helper are a code with no name; 06 has their names.
"""

from collections.abc import Iterable
from typing import Final

from diary.pack.contents import KEEPER, Contents
from diary.pack.documents.incident_rows import Row, small_first
from diary.pack.printable_text import drawable
from diary.pack.registers import Register, choice_words, day_words, linked, of_kind
from diary.pack.wording import chosen, numbers_words
from diary.record import vocabulary
from diary.record.incident import Incident
from diary.record.reading import object_of, switch_of, whole_of

_SAYS: Final = {"yes": "yes", "no": "no", "not_sure": "not sure"}
_NAMES_PEOPLE: Final = ("actor_ids", "targeted_person_ids", "present_ids", "witness_ids")


def people_sections(contents: Contents) -> Row:
    """Everything the section "People and accounts" lays out."""
    return {
        "people": _people(contents),
        "others": _others(contents),
        "accounts": [_account(contents, one) for one in of_kind(contents.registers, "account")],
        "sightings": [_sighting(contents, one) for one in by_time(of_kind(contents.registers, "sighting"))],
        "vehicles": [_vehicle(contents, one) for one in of_kind(contents.registers, "vehicle")],
    }


def numbers_of(contents: Contents, one: Register, field: str = "") -> str:
    """Entries that a record names, or that name it in `field`."""
    named = set(one.codes("incident_ids"))
    held = (
        entry.number
        for entry in contents.entries
        if entry.record in named or (field and one.record in entry.codes(field))
    )
    return numbers_words(tuple(held))


def by_time(records: Iterable[Register]) -> list[Register]:
    """Records in order of their `at`, undated last."""

    def when(one: Register) -> tuple[bool, int]:
        start = whole_of(object_of(one.said, "at"), "start")
        return start is None, start or 0

    return sorted(records, key=when)


def person_facts(one: Register) -> list[str]:
    """What tells one person from another, as the keeper knows it: relationship, other names, age, looks. Never a real name."""
    relation, dates = choice_words(one, "relationship", "relationships"), one.text("relationship_dates")
    band = one.text("age_band")
    age = one.text("dob_or_age") or (small_first(vocabulary.label("age_bands", band)) if band else "")
    aliases = ", ".join(f"“{name}”" for name in one.codes("aliases"))
    return [
        part
        for part in (
            ", ".join(part for part in (relation, dates) if part),
            f"Also called {aliases}" if aliases else "",
            f"Age or date of birth: {age}" if age else "",
            one.text("description"),
        )
        if part
    ]


def _people(contents: Contents) -> list[list[str]]:
    """Role codes with the keeper's own words for each person and what tells them apart, and accounts named in words alone."""
    rows = [[KEEPER, "The person whose record this is and whom it happened to", str(len(contents.entries)), "all", ""]]
    known = {one.ref: one for one in of_kind(contents.registers, "person")}
    for person in contents.people:
        facts = person_facts(known[person.code]) if person.code in known else []
        words, more = drawable(f"“{person.words}”"), drawable(". ".join(facts))
        rows.append([person.code, words, str(len(person.entries)), numbers_words(person.entries), more])
    accounts: dict[str, list[str]] = {}
    for entry in contents.entries:
        account = entry.text("channel_account")
        if account:
            accounts.setdefault(account, []).append(entry.number)
    return rows + [
        ["account", drawable(account), str(len(held)), numbers_words(tuple(held)), ""]
        for account, held in accounts.items()
    ]


def _others(contents: Contents) -> list[list[str]]:
    """Everybody else a code in this pack stands for: what they are to the keeper, and the entries that name them."""
    shown = {KEEPER, *(person.code for person in contents.people)}
    rows = []
    for one in of_kind(contents.registers, "person"):
        if one.ref in shown:
            continue
        same = [other.ref for other in linked(contents.registers, (one.record,), "person") if other.ref != one.ref]
        band = one.text("age_band")
        said = (
            choice_words(one, "role", "person_roles"),
            choice_words(one, "relationship", "relationships"),
            vocabulary.label("age_bands", band) if band else "",
            f"found to be the same person as {same[0]}" if same else "",
        )
        named = tuple(entry.number for entry in contents.entries if _names(entry, one.record))
        rows.append(
            [one.ref, drawable("; ".join(part for part in said if part)) or "not described", numbers_words(named)]
        )
    return rows


def _names(entry: Incident, person: str) -> bool:
    """Whether an entry names somebody, in any of the ways it can."""
    return any(person in entry.codes(field) for field in _NAMES_PEOPLE)


def _whose(contents: Contents, one: Register) -> str:
    """The person an account is said to be of, and on what grounds."""
    whose = ", ".join(person.ref for person in linked(contents.registers, one.codes("person_id"), "person"))
    return f"{whose or 'not linked'}; {chosen(one.said, 'attribution_basis') or 'how known is not recorded'}"


def _shown(one: Register) -> str:
    """An account or number as text that can be copied, line by line. What a sighting calls `account_id` is a link."""
    own = ("account_id",) if one.told.newest.kind == "account" else ()
    return drawable("\n".join(filter(None, map(one.text, ("number", "handle", *own, "url", "display_name")))))


def _account(contents: Contents, one: Register) -> list[str]:
    """An account or number as text that can be copied, whose it is said to be, and its days."""
    used = _SAYS.get(one.text("still_in_use"), "")
    days = (("first seen", "first_seen"), ("last seen", "last_seen"), ("blocked", "blocked_on"))
    marks = [f"{before} {day}" for before, name in days if (day := day_words(one, name))]
    marks += ["new after a block"] if switch_of(one.said, "new_after_block") else []
    marks += [f"still used: {used}"] if used else []
    same = [other.ref for other in linked(contents.registers, (one.record,), "account") if other.ref != one.ref]
    link = [shown.exhibit.item for shown in contents.exhibits if shown.exhibit.record in one.codes("identity_link_id")]
    return [
        one.ref,
        _platform(one),
        _shown(one),
        drawable(
            "; ".join(
                part
                for part in (_whose(contents, one), same and f"found to be the same as {same[0]}", one.text("about"))
                if part
            )
        ),
        drawable("\n".join(marks)),
        ", ".join(part for part in (numbers_of(contents, one, "account_ids"), *link) if part),
    ]


def _sighting(contents: Contents, one: Register) -> list[str]:
    """When a new account or number came to notice, which, how it was found and linked, and after which block."""
    account = linked(contents.registers, one.codes("account_id"), "account")
    blocked = linked(contents.registers, one.codes("after_block_of_id"), "account")
    after = switch_of(one.said, "after_block")
    how = (choice_words(one, "how_found", "how_found"), one.text("how_linked"), chosen(one.said, "attribution_basis"))
    shown = "\n".join(
        filter(None, (_shown(one) or "\n".join(_shown(other) for other in account), drawable(_platform(one))))
    )
    block = {True: "yes", False: "no"}.get(after, "not said") if after is not None else "not said"
    return [
        day_words(one, "at") or "not dated",
        ", ".join(other.ref for other in account),
        shown,
        drawable(". ".join(part.rstrip(".") for part in how if part)),
        ", ".join((block, *(other.ref for other in blocked))),
        numbers_of(contents, one),
    ]


def _platform(one: Register) -> str:
    """Where an account is."""
    return choice_words(one, "platform", "channels")


def _vehicle(contents: Contents, one: Register) -> list[str]:
    """A vehicle as far as it was seen, and whose it is said to be."""
    parts = (one.text("colour"), one.text("make"), one.text("model"), one.text("description"))
    kind = choice_words(one, "type", "vehicle_types")
    whose = ", ".join(person.ref for person in linked(contents.registers, one.codes("person_ids"), "person"))
    days = (("first seen", "first_seen"), ("last seen", "last_seen"))
    seen = [f"{before} {day}" for before, name in days if (day := day_words(one, name))]
    words = " ".join(part for part in parts if part)
    looks = f"{words} ({kind})" if words and kind else words or kind
    return [
        one.ref,
        drawable("; ".join(part for part in (looks, *seen) if part)),
        drawable(one.text("reg") or "not seen"),
        choice_words(one, "reg_certainty", "reg_certainty"),
        whose,
        numbers_of(contents, one, "vehicle_ids"),
    ]
