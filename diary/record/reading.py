"""Reading fields that somebody else wrote.

An opened version is authentic, not well formed: an older or a broken app may have put a number where text
belongs. These readers give the value when it has the right shape and the empty one otherwise, so that no
field of any diary can stop a pack from being made.
"""

from collections.abc import Mapping

RecordFields = Mapping[str, object]


def text_of(fields: RecordFields, name: str) -> str:
    """The text of a field, or ''."""
    value = fields.get(name)
    return value if isinstance(value, str) else ""


def integer_of(fields: RecordFields, name: str) -> int | None:
    """The whole number of a field, or None. A switch is not a number."""
    value = fields.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def boolean_of(fields: RecordFields, name: str) -> bool | None:
    """True, False, or None for left blank."""
    value = fields.get(name)
    return value if isinstance(value, bool) else None


def codes_of(fields: RecordFields, name: str) -> tuple[str, ...]:
    """The codes or ids in a field, whether it holds one or a list."""
    value = fields.get(name)
    if isinstance(value, str):
        return (value,) if value else ()
    if not isinstance(value, list | tuple):
        return ()
    return tuple(item for item in value if isinstance(item, str) and item)


def object_of(fields: RecordFields, name: str) -> dict[str, object]:
    """The object in a field, or an empty one."""
    value = fields.get(name)
    return dict(value) if isinstance(value, Mapping) else {}


def objects_of(fields: RecordFields, name: str) -> tuple[dict[str, object], ...]:
    """The objects of a list."""
    value = fields.get(name)
    if not isinstance(value, list | tuple):
        return ()
    return tuple(dict(item) for item in value if isinstance(item, Mapping))


def is_blank(value: object) -> bool:
    """Whether nothing was said: null, no characters, no items. False and 0 say something."""
    return value is None or (isinstance(value, str | list | tuple | dict) and not value)


def is_same_json(first: object, second: object) -> bool:
    """Whether two JSON values are the same; `==` takes true for 1."""
    if isinstance(first, bool) or isinstance(second, bool):
        return first is second
    if isinstance(first, Mapping) and isinstance(second, Mapping):
        return first.keys() == second.keys() and all(is_same_json(value, second[name]) for name, value in first.items())
    if isinstance(first, list | tuple) and isinstance(second, list | tuple):
        return len(first) == len(second) and all(map(is_same_json, first, second))
    return first == second
