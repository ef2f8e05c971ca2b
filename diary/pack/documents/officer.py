"""06_RESTRICTED_officer-sheet.pdf as data: what is needed at the door, then contacts and what was held back."""

from collections.abc import Sequence
from typing import Final

from diary.pack.contents import KEEPER, Contents
from diary.pack.documents.chronology_sections import is_over
from diary.pack.documents.incident_rows import Row, small_first
from diary.pack.documents.people import person_facts
from diary.pack.printable_text import drawable, paragraphs
from diary.pack.registers import Register, choice_words, day_words, linked, of_kind, order_label, report_words
from diary.pack.wording import numbers_words, value_words
from diary.record import times, vocabulary
from diary.record.incident import Incident
from diary.record.reading import object_of, objects_of, switch_of, text_of, whole_of

BANNER = "RESTRICTED: not for service. For the officer in the case and those they choose."


def officer_page(contents: Contents) -> Row:
    """Everything 06 needs. This is the restricted side: nothing is masked."""
    head, sheet = contents.capsule.head, contents.capsule.sheet
    return {
        **contents.sheet_facts(f"Officer sheet, pack {head.name}", "Restricted; not for service"),
        "banner": BANNER,
        "made": contents.made().line(),
        "name": drawable(text_of(sheet, "name_to_use") or "not given"),
        "contact": paragraphs(text_of(sheet, "safe_contact")),
        "concerns": paragraphs(text_of(sheet, "concerns")),
        "needs": paragraphs(text_of(sheet, "needs")),
        "helped_by": drawable(text_of(sheet, "helped_by")),
        "recent": _recent(contents),
        "orders": _orders(contents),
        "people": [[person.code, drawable(person.words), numbers_words(person.entries)] for person in contents.people],
        "descriptions": _descriptions(contents),
        "children": [
            *_persons(contents, ("child",)),
            *_named(contents, "children_names"),
            *_together(contents),
            *_named(contents, "present_names"),
        ],
        "witnesses": [*_persons(contents, ("witness",)), *_stated(contents), *_named(contents, "witness_names")],
        "done_by": _named(contents, "carried_out_by_names"),
        "known_places": _known_places(contents),
        "contacts": _persons(contents, None),
        "places": _named(contents, "place_detail"),
        "reports": [*_reports(contents), *_named(contents, "reported_text")],
        "delivered": _delivered(contents),
        "hold_words": [drawable(words) for words in contents.capsule.hold_words],
        "helpers": _named(contents, "helped_by"),
        "copies": _copies(contents),
        "held": _held(contents),
        "masked": _masked(contents),
    }


def _orders(contents: Contents) -> list[list[str]]:
    """Each order with its terms, when it was served and until when; one that had run out says so."""
    rows = []
    for one in of_kind(contents.whole_registers, "order"):
        terms = [f"{whole_of(term, 'no')}. {text_of(term, 'text')}" for term in objects_of(one.said, "terms")]
        served, until = day_words(one, "served_on"), day_words(one, "expires_on")
        dates = ", ".join(
            (f"served {served}" if served else "service not recorded", f"until {until}" if until else "no end recorded")
        )
        protects = text_of(one.kept_apart, "protects_names")
        over = " (HAD RUN OUT)" if is_over(contents, one) else ""
        words = f"{one.ref} {order_label(one)}{over}: {dates}." + (f" Protects {protects}." if protects else "")
        rows.append([drawable(words), *map(drawable, terms)])
    return rows


def _persons(contents: Contents, roles: Sequence[str] | None) -> list[list[str]]:
    """People of some roles (None: all) by name, with how to reach them and whether they may be approached."""
    rows = []
    for one in of_kind(contents.whole_registers, "person"):
        if one.ref == KEEPER or (roles is not None and text_of(one.said, "role") not in roles):
            continue
        kept = one.kept_apart
        name = text_of(kept, "real_name") or one.text("name") or "not named"
        parts = [f"{one.ref} {name}", text_of(kept, "contact")]
        parts += [f"{label}: {said}" for label, field in _WILLING if (said := _yes(kept.get(field)))]
        numbers = tuple(entry.number for entry in contents.whole if one.record in _named_people(entry))
        rows.append([drawable(", ".join(part for part in parts if part)), numbers_words(numbers)])
    return rows


def _stated(contents: Contents) -> list[list[str]]:
    """Who wrote the statements that stand in 01 by reference alone, and how to reach them, as far as they said."""
    rows = []
    for one in of_kind(contents.whole_registers, "statement"):
        parts = [f"{one.ref} {text_of(one.kept_apart, 'by_name')}".strip(), text_of(one.kept_apart, "contact")]
        willing = _yes(one.kept_apart.get("willing_to_make_statement"))
        parts += [f"willing to make a statement: {willing}"] if willing else []
        if any(parts[1:]) or text_of(one.kept_apart, "by_name"):
            numbers = tuple(entry.number for entry in contents.whole if entry.record in one.codes("incident_ids"))
            rows.append([drawable(", ".join(part for part in parts if part)), numbers_words(numbers)])
    return rows


def _named_people(entry: Incident) -> tuple[str, ...]:
    """Everybody an entry names by id."""
    named = ("actor_ids", "witness_ids", "present_ids", "targeted_person_ids")
    return tuple(person for field in named for person in entry.codes(field))


_WILLING: Final = (
    ("willing to make a statement", "willing_to_make_statement"),
    ("safe to approach", "safe_to_approach"),
)


def _yes(value: object) -> str:
    """A switch, a code or words, as words."""
    if isinstance(value, bool):
        return "yes" if value else "NO"
    return value.replace("_", " ") if isinstance(value, str) else ""


def _together(contents: Contents) -> list[list[str]]:
    """The children the keeper has with the person who does it."""
    names = (text_of(one.kept_apart, "children_names") for one in of_kind(contents.whole_registers, "background"))
    return [[drawable(f"{name} (children they have together)"), ""] for name in names if name]


def _known_places(contents: Contents) -> list[list[str]]:
    """Where those who are said to do it were last known to be."""
    return [
        [drawable(f"{one.ref}: {places}"), ""]
        for one in of_kind(contents.whole_registers, "person")
        if (places := text_of(one.kept_apart, "last_known_places"))
    ]


def _reports(contents: Contents) -> list[list[str]]:
    """Every report with its references, and how to reach the officer."""
    rows = []
    for one in of_kind(contents.whole_registers, "report"):
        contact = text_of(one.kept_apart, "officer_contact")
        present = text_of(one.kept_apart, "with_me")
        words = (
            report_words(one)
            + (f" ({contact})" if contact else "")
            + (f"; with the keeper: {present}" if present else "")
        )
        numbers = tuple(entry.number for entry in contents.whole if entry.record in one.codes("incident_ids"))
        rows.append([drawable(words), numbers_words(numbers)])
    return rows


def _delivered(contents: Contents) -> list[list[str]]:
    """To whom earlier packs went."""
    head = contents.capsule.head
    return [
        [
            f"Pack {head.initials} {one.no}, {times.instant(one.made_at, head.tz).day}",
            drawable(one.delivered_to or "not recorded"),
        ]
        for one in head.supersedes
    ]


def _recent(contents: Contents) -> list[str]:
    """The most recent dated entry: number, date, its first words."""
    dated = [entry for entry in contents.whole if entry.when.is_known]
    if not dated:
        return []
    last = dated[-1]
    words = " ".join(last.narrative.split())
    short = words if len(words) <= 240 else words[:240].rsplit(" ", 1)[0] + " …"
    return [last.number, times.printed(last.when).line(), drawable(short)]


def _named(contents: Contents, name: str) -> list[list[str]]:
    """A restricted field's values, each with the entries that hold it."""
    found: dict[str, list[str]] = {}
    for entry in contents.whole:
        words = text_of(entry.kept_apart, name).strip()
        if words:
            found.setdefault(words, []).append(entry.number)
    return [[drawable(words), numbers_words(tuple(numbers))] for words, numbers in found.items()]


def _descriptions(contents: Contents) -> list[list[str]]:
    """Each person who is said to do it, by name and as they look, then vehicles, then what single entries say of either."""
    rows = [
        [drawable(_suspect(one)), ""]
        for one in of_kind(contents.whole_registers, "person")
        if text_of(one.said, "role") == "suspect" and not one.text("merged_into")
    ]
    rows += [[drawable(_car(contents, one)), ""] for one in of_kind(contents.whole_registers, "vehicle")]
    for entry in contents.whole:
        vehicle = value_words("vehicle", object_of(entry.said, "vehicle"), entry.said)
        for words in (entry.text("description_actor"), vehicle):
            if words:
                rows.append([drawable(words), entry.number])
    return rows


def _suspect(one: Register) -> str:
    """`S1 Callum Redfern. Ex-partner. Also called “Cal”. …`: enough to be looked up and known by sight."""
    real, name = text_of(one.kept_apart, "real_name"), one.text("name")
    called = f"{real} (“{name}”)" if real and name and real != name else real or name or "name not known"
    unsafe = one.kept_apart.get("safe_to_approach") in ("no", False)
    danger = "The keeper says it is NOT safe for police to speak to them" if unsafe else ""
    return ". ".join(part.rstrip(".") for part in (f"{one.ref} {called}", danger, *person_facts(one)) if part) + "."


def _car(contents: Contents, one: Register) -> str:
    """`V1 silver Vauxhall Corsa, plate ends OVN (I saw part of it), linked with S1`."""
    looks = " ".join(filter(None, map(one.text, ("colour", "make", "model")))) or one.text("description") or "vehicle"
    sure = choice_words(one, "reg_certainty", "reg_certainty")
    plate = one.text("reg") and f"plate {one.text('reg')}" + (f" ({small_first(sure)})" if sure else "")
    whose = ", ".join(person.ref for person in linked(contents.whole_registers, one.codes("person_ids"), "person"))
    return ", ".join(part for part in (f"{one.ref} {looks}", plate, f"linked with {whose}" if whose else "") if part)


def _copies(contents: Contents) -> list[list[str]]:
    """Where the copies on the phone are, as far as the keeper said; each removal with its day."""
    found: dict[str, list[str]] = {}
    for shown in contents.exhibits:
        copy = object_of(shown.whole.kept_apart, "outside_copy")
        state, at = text_of(copy, "state"), whole_of(copy, "at")
        if state:
            removed = state == "removed_for_safety" and at is not None
            when = f" on {times.instant(at or 0, contents.capsule.head.tz).day}" if removed else ""
            found.setdefault(vocabulary.label("outside_copies", state) + when, []).append(shown.exhibit.item)
    return [[words, ", ".join(items)] for words, items in found.items()]


def _held(contents: Contents) -> list[list[str]]:
    """Exhibits whose picture is not in 04, and why."""
    rows = []
    for shown in contents.exhibits:
        if not shown.exhibit.hold_picture:
            continue
        sensitivity = text_of(shown.whole.said, "sensitivity")
        shows = switch_of(shown.whole.kept_apart, "shows_where_i_live") is True
        reasons = [
            "shows where the keeper lives, works or studies" if shows else "",
            vocabulary.label("sensitivity", sensitivity).lower() if sensitivity not in ("", "normal") else "",
            "" if shown.exhibit.looked_at is not None else "nobody has looked at it yet",
        ]
        words = "; ".join(reason for reason in reasons if reason) or "held back by the keeper"
        rows.append([shown.exhibit.item, shown.exhibit.file, drawable(shown.whole.description), words])
    return rows


def _masked(contents: Contents) -> list[list[str]]:
    """The accounts in which words were held back, in full."""
    rows = []
    for servable, whole in zip(contents.entries, contents.whole, strict=True):
        if servable.narrative != whole.narrative:
            rows.append([whole.number, drawable(whole.narrative)])
    return rows
