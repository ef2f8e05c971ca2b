"""Tolerant readers for fields of decrypted records.

A decrypted version is authentic but may be malformed: an older or faulty app may have stored a number where text
belongs. These readers return the value if it has the right type and an empty value otherwise, so that no field of any
diary can prevent a pack from being made.
"""

import json
from collections.abc import Mapping
from typing import Final

RecordFields = Mapping[str, object]
_JSON_ENCODER: Final = json.JSONEncoder(sort_keys=True, ensure_ascii=False)


def text_of(fields: RecordFields, name: str) -> str:
    """Return the text of a field, or ''."""
    value = fields.get(name)
    return value if isinstance(value, str) else ""


def integer_of(fields: RecordFields, name: str) -> int | None:
    """Return the integer of a field, or None; booleans are not integers."""
    value = fields.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def boolean_of(fields: RecordFields, name: str) -> bool | None:
    """Return True, False, or None for anything else."""
    value = fields.get(name)
    return value if isinstance(value, bool) else None


def codes_of(fields: RecordFields, name: str) -> tuple[str, ...]:
    """Return the codes or ids of a field that contains a single string or a list."""
    value = fields.get(name)
    if isinstance(value, str):
        return (value,) if value else ()
    if not isinstance(value, list | tuple):
        return ()
    return tuple(item for item in value if isinstance(item, str) and item)


def object_of(fields: RecordFields, name: str) -> dict[str, object]:
    """Return the object in a field, or an empty dict."""
    value = fields.get(name)
    return dict(value) if isinstance(value, Mapping) else {}


def objects_of(fields: RecordFields, name: str) -> tuple[dict[str, object], ...]:
    """Return the objects in a list field."""
    value = fields.get(name)
    if not isinstance(value, list | tuple):
        return ()
    return tuple(dict(item) for item in value if isinstance(item, Mapping))


def is_blank(value: object) -> bool:
    """Return whether a value is null or an empty string, list or object. False and 0 are not blank."""
    return value is None or (isinstance(value, str | list | tuple | dict) and not value)


def is_same_json(first: object, second: object) -> bool:
    """Return whether two JSON values are equal; unlike `==`, true is not 1."""
    if isinstance(first, bool) or isinstance(second, bool):
        return first is second
    if isinstance(first, Mapping) and isinstance(second, Mapping):
        return first.keys() == second.keys() and all(is_same_json(value, second[name]) for name, value in first.items())
    if isinstance(first, list | tuple) and isinstance(second, list | tuple):
        return len(first) == len(second) and all(map(is_same_json, first, second))
    return first == second


def json_text(value: object) -> str:
    """Return a text that only equal JSON values share; their numbers are whole, as in every record.

    Many values are compared quickly by the hashes of these texts. Python salts those, so no forger can choose values
    whose hashes collide, as with tuples of numbers.
    """
    return _JSON_ENCODER.encode(value)
