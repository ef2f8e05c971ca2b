"""What stands beside the words of an entry in the incident table: what it was, who, its effect, and what it belongs to.

Everything an entry says outside its own words is here or in a later block under them: an officer who has only 01
must not have to open 12_record.json to learn at whom something was aimed or who was there.
"""

from collections.abc import Iterable, Iterator

from diary.pack import registers
from diary.pack.contents import KEEPER, Contents
from diary.pack.printable_text import drawable
from diary.pack.wording import chosen, member_words, value_words
from diary.record import times, vocabulary
from diary.record.incident import Incident
from diary.record.reading import object_of, objects_of, switch_of, text_of, whole_of


def facts(pairs: Iterable[tuple[str, str]]) -> list[list[str]]:
    """The pairs that say something, drawable."""
    return [[label, drawable(words)] for label, words in pairs if words]


def what(contents: Contents, entry: Incident) -> Iterator[tuple[str, str]]:
    """What kind of thing it was, how it came, where, who is said to have done it, and at whom it was aimed."""
    yield "Behaviour", "; ".join(_behaviour(code) for code in entry.codes("behaviours"))
    yield "In their words", entry.text("behaviours_text")
    yield "How it came", chosen(entry.said, "channel")
    yield "Account or number", _accounts(contents, entry)
    if entry.count:
        number, about = entry.count
        yield "How many", f"{'about ' if about else ''}{number}"
    yield "Every message", _refs(contents, entry, "schedule_id", "schedule")
    place = entry.text("place_in_chronology")
    yield "Where", ". ".join(part for part in (chosen(entry.said, "place_category"), place) if part)
    yield from _person(contents, entry)
    yield "Aimed at", aimed_at(contents, entry)
    found = times.block(entry.said, "discovered_at")
    if found.is_known:
        yield "Found out", times.printed(found).line()
    seen = value_words("vehicle", object_of(entry.said, "vehicle"), entry.said)
    yield "Vehicle", _and_refs(seen, _refs(contents, entry, "vehicle_ids", "vehicle"))
    yield "Description", entry.text("description_actor")
    yield "Because of", chosen(entry.said, "hostility")
    yield (
        "Part of",
        "; ".join(one.text("title") for one in registers.linked(contents.registers, entry.codes("case_ids"), "case")),
    )


def _refs(contents: Contents, entry: Incident, name: str, kind: str) -> str:
    """What the records an entry names are called here."""
    return ", ".join(one.ref for one in registers.linked(contents.registers, entry.codes(name), kind))


def _accounts(contents: Contents, entry: Incident) -> str:
    """As the keeper typed it, then each account of the list with its number or handle: `@quiet.walks (A3); A4 07700 900377`."""
    typed = entry.text("channel_account")
    listed = registers.linked(contents.registers, entry.codes("account_ids"), "account")
    shown = [
        (one.ref, next(filter(None, map(one.text, ("number", "handle", "url", "display_name"))), "")) for one in listed
    ]
    same = ", ".join(ref for ref, words in shown if typed and words == typed)
    others = (f"{ref} {words}".strip() for ref, words in shown if not typed or words != typed)
    return "; ".join(part for part in (_and_refs(typed, same), *others) if part)


def _and_refs(words: str, refs: str) -> str:
    """`@quiet.walks (A3)`; either alone where the other is not."""
    return f"{words} ({refs})" if words and refs else words or refs


def aimed_at(contents: Contents, entry: Incident) -> str:
    """By code, then in the keeper's words; '' where it was aimed at the keeper alone, as all is unless they say otherwise."""
    codes = _refs(contents, entry, "targeted_person_ids", "person")
    words = entry.text("targeted_text")
    return "" if codes == KEEPER and not words else ", ".join(part for part in (codes, words) if part)


def _behaviour(code: str) -> str:
    """A label with its letter: `Drove past (e/g)`."""
    letters = "/".join(vocabulary.letters((code,)))
    return f"{vocabulary.label('behaviours', code)}{f' ({letters})' if letters else ''}"


def _person(contents: Contents, entry: Incident) -> Iterator[tuple[str, str]]:
    """Role code and the keeper's words for the person; always with how known, or that it is not recorded."""
    person = contents.person_of(entry)
    done_by = text_of(entry.said, "carried_out_by")
    if person:
        words = text_of(entry.said, "who").strip() or person.words
        yield "Person", f"{person.code}, “{words}”" if words else person.code
    if done_by and done_by != "them":
        yield "Done by", chosen(entry.said, "carried_out_by")
    basis = chosen(entry.said, "attribution_basis")
    if person or basis:
        yield "How known", basis or "not recorded"


def effect(contents: Contents, entry: Incident) -> Iterator[tuple[str, str]]:
    """What it did, who was there, saw or was told, what the keeper did, and what it belongs to."""
    yield "Effect on me then", text_of(entry.said, "feelings_then_text")
    yield "I felt", "; ".join(vocabulary.labels("feelings", entry.codes("feelings_then"))).lower()
    yield "Afraid of violence", chosen(entry.said, "feared_violence")
    yield "Injury", yes_no(entry, "physical_injury")
    yield "Property", ", ".join(part for part in (entry.text("property_effect"), _loss(entry)) if part)
    yield "Weapon or object", entry.text("weapon_or_object")
    ages = entry.text("children_ages")
    yield (
        "Children present",
        ", ".join(part for part in (yes_no(entry, "children_present"), ages and f"aged {ages}") if part),
    )
    yield "Were there", _refs(contents, entry, "present_ids", "person")
    yield "Saw or heard it", registers.witnesses(contents.registers, entry)
    yield (
        "Told",
        "; ".join(registers.told_words(contents.registers, one) for one in objects_of(entry.said, "told_others")),
    )
    yield "What I did", chosen(entry.said, "response")
    yield "I contacted them", chosen(entry.said, "i_contacted_them")
    yield "Reason to be in touch", entry.text("lawful_contact_context")
    yield "Told to stop", _refs(contents, entry, "notice_ids", "notice")
    yield "Term said to be broken", "; ".join(registers.breaches(contents.registers, entry))
    yield "Order in force", "; ".join(registers.orders_then(contents.registers, entry))
    yield "Reported", "; ".join(registers.reports(contents.registers, entry))
    yield "Reported to the app or site", _platform(entry)
    yield "May be recorded on", "; ".join(recorder(one) for one in objects_of(entry.said, "independent_evidence"))
    yield "Missing", entry.text("missing_evidence")
    helped = text_of(entry.said, "help_given")
    if helped and helped != "none":
        yield "Help with writing", chosen(entry.said, "help_given")


def _loss(entry: Incident) -> str:
    """What it cost, as the keeper gave it."""
    pence = whole_of(entry.said, "property_value_pence")
    return "" if pence is None else f"£{pence / 100:,.2f}"


def _platform(entry: Incident) -> str:
    """`reference R-88, 23 Nov 2026, took it down`."""
    told = object_of(entry.said, "platform_report")
    reference = text_of(told, "ref")
    parts = (
        f"reference {reference}" if reference else "",
        times.date_words(text_of(told, "at")),
        text_of(told, "outcome"),
    )
    return ", ".join(part for part in parts if part)


def recorder(one: dict[str, object]) -> str:
    """Something that may have recorded it: `CCTV, held by the shop, asked for 11 May 2026, likely to be wiped 12 May 2026`."""
    kind = text_of(one, "kind")
    parts = [vocabulary.label("independent_evidence", kind) if kind else ""]
    holder = text_of(one, "holder")
    parts.append(f"held by {holder}" if holder else "")
    for key, before in (("requested_at", "asked for "), ("overwrite_due", "likely to be wiped ")):
        day = times.date_words(text_of(one, key))
        parts.append(before + day if day else "")
    parts += [member_words("outcome", text_of(one, "outcome")), text_of(one, "outcome_text")]
    return ", ".join(part for part in parts if part)


def yes_no(entry: Incident, name: str) -> str:
    """A switch and its words: `yes: a bruise`; '' for left blank."""
    switch = switch_of(entry.said, name)
    words = entry.text(f"{name}_text")
    said = "" if switch is None else "yes" if switch else "no"
    return f"{said}: {words}" if said and words else said or words
