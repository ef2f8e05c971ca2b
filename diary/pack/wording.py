"""Field names and values in words, for tables and pages."""

from collections.abc import Iterable, Mapping
from typing import Final

from diary.record import times, vocabulary
from diary.record.reading import Fields, codes_of

LABELS: Final[Mapping[str, str]] = {
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
    "told_others": "Told",
    "transcript": "Transcript",
    "url_full": "Web address",
    "vehicle": "Vehicle",
    "weapon_or_object": "Weapon or object",
    "who": "Who",
}

CHOICES: Final[Mapping[str, str]] = {
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
    "time_source": "time_sources",
}

# Members of an object that are codes. What early apps let people type there is printed as it was typed.
_MEMBERS: Final[Mapping[str, str]] = {"outcome": "independent_outcomes", "reg_certainty": "reg_certainty"}
_MEMBER_LABELS: Final[Mapping[str, str]] = {
    "reg": "number plate",
    "reg_certainty": "sure of the plate",
    "reg_certainty_text": "of the plate",
}

# Said by the fields beside them, so a change to one alone is told under the other's name.
_TIMES: Final = frozenset({"occurred_end", "occurred_local", "occurred_start", "precision", "tz", "utc_offset_min"})


def field_label(name: str) -> str:
    """What a field is called on paper."""
    if name in _TIMES:
        return LABELS["occurred_start"]
    base = name.removesuffix("_text")
    return LABELS.get(name) or LABELS.get(base) or name.replace("_", " ").capitalize()


def value_words(name: str, value: object, fields: Fields) -> str:
    """A field's value in words; '' for nothing. `fields`: the version it stands in, for times."""
    if name in _TIMES:
        return times.printed(times.occurred(fields)).line()
    if name in ("captured_at", "content_time", "discovered_at"):
        return times.printed(times.block(fields, name)).line()
    return _words(CHOICES.get(name), value)


def _words(choice: str | None, value: object) -> str:
    """Any value as words: codes by their labels, lists with semicolons, objects member by member."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return vocabulary.label(choice, value) if choice else value
    if isinstance(value, list | tuple):
        return "; ".join(text for item in value if (text := _words(choice, item)))
    if isinstance(value, Mapping):
        said = ((str(key), member_words(key, inner)) for key, inner in value.items())
        return ", ".join(f"{_MEMBER_LABELS.get(key, key.replace('_', ' '))}: {text}" for key, text in said if text)
    return str(value)


def member_words(name: object, value: object) -> str:
    """A member of an object in words: a known code by its label, anything else as it stands."""
    codes = _MEMBERS.get(str(name))
    term = vocabulary.LISTS[codes].find(value) if codes and isinstance(value, str) else None
    return term.label if term else _words(None, value)


def chosen(fields: Fields, name: str) -> str:
    """A choice in words, with the keeper's own words for it after a colon where there are any."""
    labels = _words(CHOICES[name], fields.get(name))
    own = fields.get(f"{name}_text")
    text = own if isinstance(own, str) else ""
    return f"{labels}: {text}" if labels and text else labels or text


def numbers_words(numbers: tuple[str, ...]) -> str:
    """Entry numbers, runs drawn together: `1–4, 7, U1`."""
    whole = sorted({int(number) for number in numbers if number.isdigit()})
    rest = sorted({number for number in numbers if not number.isdigit()}, key=lambda number: (len(number), number))
    runs: list[list[int]] = []
    for number in whole:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    words = [str(a) if a == b else f"{a}, {b}" if b == a + 1 else f"{a}–{b}" for a, b in runs]
    return ", ".join((*words, *rest))


def size_words(size: int) -> str:
    """A size in KB or MB of a thousand, as file managers show it."""
    if size < 1000:
        return f"{size} bytes"
    return f"{size / 1e6:.1f} MB" if size >= 1_000_000 else f"{size / 1e3:.0f} KB"


def point_words(said: Fields, code: str) -> str:
    """One of the nine points of a useful screenshot: what was not answered is not said to be missing."""
    if code in codes_of(said, "shows"):
        return "shown"
    return "not shown" if code in codes_of(said, "not_shown") else "not answered"


def entries_words(numbers: Iterable[str]) -> str:
    """`entry 3` or `entries 3–5`."""
    held = tuple(numbers)
    return f"{'entry' if len(held) == 1 else 'entries'} {numbers_words(held)}" if held else "no entry"
