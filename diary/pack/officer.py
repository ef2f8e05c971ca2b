"""06_RESTRICTED_officer-sheet.pdf as data: what is needed at the door, then contacts and what was held back."""

from diary.pack.contents import Contents
from diary.pack.glyphs import drawable, paragraphs
from diary.pack.rows import Row
from diary.pack.wording import numbers_words, value_words
from diary.record import times, vocabulary
from diary.record.reading import object_of, switch_of, text_of, whole_of

BANNER = "RESTRICTED: not for service. For the officer in the case and those they choose."


def officer_page(contents: Contents) -> Row:
    """Everything 06 needs. This is the restricted side: nothing is masked."""
    head, sheet = contents.capsule.head, contents.capsule.sheet
    return {
        "pack": head.name,
        "title": f"Officer sheet, pack {head.name}",
        "lang": head.lang,
        "statement": "Restricted; not for service",
        "banner": BANNER,
        "made": contents.made().line(),
        "name": drawable(text_of(sheet, "name_to_use") or "not given"),
        "contact": paragraphs(text_of(sheet, "safe_contact")),
        "concerns": paragraphs(text_of(sheet, "concerns")),
        "needs": paragraphs(text_of(sheet, "needs")),
        "helped_by": drawable(text_of(sheet, "helped_by")),
        "recent": _recent(contents),
        "people": [[person.code, drawable(person.words), numbers_words(person.entries)] for person in contents.people],
        "descriptions": _descriptions(contents),
        "children": _named(contents, "children_names"),
        "witnesses": _named(contents, "witness_names"),
        "places": _named(contents, "place_detail"),
        "reports": _named(contents, "reported_text"),
        "helpers": _named(contents, "helped_by"),
        "copies": _copies(contents),
        "held": _held(contents),
        "masked": _masked(contents),
    }


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
    """Descriptions of the person and of vehicles, each with its entry."""
    rows = []
    for entry in contents.whole:
        vehicle = value_words("vehicle", object_of(entry.said, "vehicle"), entry.said)
        for words in (entry.text("description_actor"), vehicle):
            if words:
                rows.append([drawable(words), entry.number])
    return rows


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
