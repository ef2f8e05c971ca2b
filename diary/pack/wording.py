"""Labels of fields and wording of values, for tables and documents."""

from collections.abc import Iterable, Mapping
from typing import Final

from diary.record import times, vocabulary
from diary.record.reading import RecordFields, codes_of, text_of

FIELD_LABELS: Final[Mapping[str, str]] = {
    "account_or_number_shown": "Account or number shown",
    "alteration_before_receipt": "Changed before it was added",
    "attachment_ids": "Exhibits",
    "attribution_basis": "How known",
    "behaviours": "Behaviour",
    "captured_at": "Taken",
    "carried_out_by": "Done by",
    "channel": "How it came",
    "channel_account": "Account or number used",
    "children_ages": "Children present, ages",
    "children_present": "Children present",
    "content_time": "Time it shows",
    "count": "How many",
    "description": "Description",
    "description_actor": "Description of the person",
    "discovered_at": "Found out",
    "exact_words": "Exact words",
    "feared_violence": "Afraid of violence",
    "feelings_then": "Effect on me then",
    "help_given": "Help with writing",
    "i_contacted_them": "Did I contact them",
    "lawful_contact_context": "Reason for lawful contact",
    "missing_evidence": "Missing material",
    "narrative": "What happened",
    "occurred_start": "When",
    "physical_injury": "Injury",
    "place_category": "Where",
    "place_in_chronology": "Place",
    "property_effect": "Effect on property",
    "response": "What I did",
    "sensitivity": "Sensitivity",
    "shows": "What it shows",
    "source_account": "From whose account or phone",
    "told_others": "Told",
    "transcript": "Transcript",
    "url_full": "Web address",
    "vehicle": "Vehicle",
    "weapon_or_object": "Weapon or object",
    "who": "Who",
}

FIELD_VOCABULARIES: Final[Mapping[str, str]] = {
    "alteration_before_receipt": "alterations",
    "attribution_basis": "attribution",
    "behaviours": "behaviours",
    "carried_out_by": "carried_out_by",
    "channel": "channels",
    "complete": "schedule_complete",
    "content_warning": "content_warnings",
    "entry_kind": "entry_kinds",
    "feared_violence": "fear",
    "feelings_then": "feelings",
    "flags": "attachment_flags",
    "help_given": "help_given",
    "hostility": "hostility",
    "i_contacted_them": "i_contacted_them",
    "kind": "attachment_kinds",
    "place_category": "places",
    "precision": "precision",
    "response": "responses",
    "sensitivity": "sensitivity",
    "shows": "shows",
    "source_account": "source_accounts",
    "time_source": "time_sources",
}

# Object members that contain codes. Free text, which early apps allowed there, is printed as it was typed.
_MEMBER_VOCABULARIES: Final[Mapping[str, str]] = {"outcome": "independent_outcomes", "reg_certainty": "reg_certainty"}
_MEMBER_LABELS: Final[Mapping[str, str]] = {
    "reg": "number plate",
    "reg_certainty": "sure of the plate",
    "reg_certainty_text": "of the plate",
}

_VEHICLE_FIELDS: Final = frozenset({"colour", "make", "model", "reg", "reg_certainty", "reg_certainty_text"})

# Fields of a claimed time; a change to any of them is printed under the label of the time.
_TIME_FIELDS: Final = frozenset(
    {"occurred_end", "occurred_local", "occurred_start", "precision", "tz", "utc_offset_min"}
)


def field_label(name: str) -> str:
    """Return the printed label of a field."""
    if name in _TIME_FIELDS:
        return FIELD_LABELS["occurred_start"]
    base = name.removesuffix("_text")
    return FIELD_LABELS.get(name) or FIELD_LABELS.get(base) or name.replace("_", " ").capitalize()


def format_value(name: str, value: object, fields: RecordFields) -> str:
    """Return a field's value in words, or ''. `fields`: the version that contains it, for times."""
    if name in _TIME_FIELDS:
        return times.format_claimed_time(times.occurred_time(fields)).to_line()
    if name in ("captured_at", "content_time", "discovered_at"):
        return times.format_claimed_time(times.read_time_block(fields, name)).to_line()
    return _format_any_value(FIELD_VOCABULARIES.get(name), value)


def _format_any_value(vocabulary_name: str | None, value: object) -> str:
    """Return any value in words: codes by their labels, list items joined by semicolons, objects by member."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return vocabulary.label(vocabulary_name, value) if vocabulary_name else value
    if isinstance(value, list | tuple):
        return "; ".join(text for item in value if (text := _format_any_value(vocabulary_name, item)))
    if isinstance(value, Mapping):
        member_texts = ((str(key), format_member(key, member)) for key, member in value.items())
        return ", ".join(
            f"{_MEMBER_LABELS.get(key, key.replace('_', ' '))}: {text}" for key, text in member_texts if text
        )
    return str(value)


def format_member(name: object, value: object) -> str:
    """Return a member of an object in words: a known code by its label, anything else unchanged."""
    vocabulary_name = _MEMBER_VOCABULARIES.get(str(name))
    term = (
        vocabulary.CHOICE_LISTS[vocabulary_name].find_term(value)
        if vocabulary_name and isinstance(value, str)
        else None
    )
    return term.label if term else _format_any_value(None, value)


def format_field_choice(fields: RecordFields, name: str) -> str:
    """Return a choice in words, with the keeper's own words after a colon if there are any."""
    labels = _format_any_value(FIELD_VOCABULARIES[name], fields.get(name))
    own_value = fields.get(f"{name}_text")
    own_words = own_value if isinstance(own_value, str) else ""
    return f"{labels}: {own_words}" if labels and own_words else labels or own_words


def format_entry_numbers(numbers: tuple[str, ...]) -> str:
    """Return entry numbers with ranges combined: `1–4, 7, U1`."""
    numbered = sorted({int(number) for number in numbers if number.isdigit()})
    unnumbered = sorted(
        {number for number in numbers if not number.isdigit()}, key=lambda number: (len(number), number)
    )
    runs: list[list[int]] = []
    for number in numbered:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    words = [
        str(first) if first == last else f"{first}, {last}" if last == first + 1 else f"{first}–{last}"
        for first, last in runs
    ]
    return ", ".join((*words, *unnumbered))


def format_size(size_bytes: int) -> str:
    """Return a size in bytes, KB or MB (powers of 1000), as file managers show it."""
    if size_bytes < 1000:
        return f"{size_bytes} bytes"
    return f"{size_bytes / 1e6:.1f} MB" if size_bytes >= 1_000_000 else f"{size_bytes / 1e3:.0f} KB"


def format_vehicle(vehicle: RecordFields) -> str:
    """Return a vehicle as it was seen: `Silver hatchback; plate not seen`, or '' without any answer."""
    others = {
        name: value for name, value in vehicle.items() if name not in _VEHICLE_FIELDS or not isinstance(value, str)
    }
    parts = (format_look(vehicle), format_plate(vehicle), _format_any_value(None, others))
    return "; ".join(part for part in parts if part)


def format_look(vehicle: RecordFields) -> str:
    """Return `Silver Vauxhall Corsa`, or ''."""
    look = " ".join(words for name in ("colour", "make", "model") if (words := text_of(vehicle, name).strip()))
    return look[:1].upper() + look[1:]


def format_plate(vehicle: RecordFields) -> str:
    """Return `plate ends OVN (I saw part of it)`, or '' if nothing is said of the plate."""
    code, own_words = text_of(vehicle, "reg_certainty"), text_of(vehicle, "reg_certainty_text")
    label = lower_first_letter(format_member("reg_certainty", code)) if code not in ("", "other") else ""
    how_sure = ": ".join(part for part in (label, own_words) if part)
    if text_of(vehicle, "reg"):
        return f"plate {text_of(vehicle, 'reg')}" + (f" ({how_sure})" if how_sure else "")
    return f"plate not written down ({how_sure})" if label else own_words and f"plate {own_words}"


def first_words(text: str, characters: int) -> str:
    """Return the beginning of a text on one line, of about so many characters, cut between words and marked so."""
    words = " ".join(text.split())
    return words if len(words) <= characters else words[:characters].rsplit(" ", 1)[0] + " …"


def lower_first_letter(label: str) -> str:
    """Return a label for use within a sentence; `I` stays a capital."""
    return label if label.startswith(("I ", "I'")) else label[:1].lower() + label[1:]


def format_screenshot_point(fields: RecordFields, code: str) -> str:
    """Return `shown`, `not shown` or `not answered` for one of the nine points of a useful screenshot."""
    if code in codes_of(fields, "shows"):
        return "shown"
    return "not shown" if code in codes_of(fields, "not_shown") else "not answered"


def format_count(count: int, unit: str, units: str = "") -> str:
    """Return `1 day` or `2 days`. `units`: the plural, if it is not the unit with an s."""
    return f"{count} {unit if count == 1 else units or f'{unit}s'}"


def format_entries(numbers: Iterable[str]) -> str:
    """Return `entry 3`, `entries 3–5` or `no entry`."""
    number_tuple = tuple(numbers)
    return (
        f"{'entry' if len(number_tuple) == 1 else 'entries'} {format_entry_numbers(number_tuple)}"
        if number_tuple
        else "no entry"
    )
