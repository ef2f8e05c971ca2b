"""How an order stood when something happened: a term can be said to be broken only after the order was given to the other
person. The twin of static/src/record/breaches.ts, held to it by tests/vectors/record.json.
"""

import re
from datetime import UTC, datetime
from typing import Final

from diary.record.reading import Fields, is_same, object_of, objects_of, text_of, whole_of
from diary.record.times import DAY_MS, find_zone, occurred

_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_HOME: Final = "Europe/London"


def standing_of(order: Fields, incident: Fields) -> str:
    """`in_force`, `expired`, `not_served`, `unknown_served` or `unknown_when`.

    A day is whole: on the day the order was given to them a term may have been broken, on the day it ended it still may.
    """
    when = occurred(incident)
    if not when.is_known or when.start is None:
        return "unknown_when"
    last = (when.start + 1 if when.end is None else when.end) - 1
    tz = when.tz or _HOME
    served = day_start(order, "served_on", tz)
    if served is None:
        served = day_start(order, "known_on", tz)
    if served is None:
        return "unknown_served"
    if last < served:
        return "not_served"
    expires = day_start(order, "expires_on", tz)
    return "expired" if expires is not None and when.start >= expires + DAY_MS else "in_force"


def day_start(fields: Fields, name: str, tz: str) -> int | None:
    """When a day given as `2026-11-03`, as ms UTC or as a time block begins; None for what is no day."""
    instant = whole_of(fields, name)
    if instant is None:
        instant = whole_of(object_of(fields, name), "start")
    if instant is not None:
        return instant
    found = _DAY.match(text_of(fields, name))
    try:
        midnight = datetime.fromisoformat(found[0]) if found else None
    except ValueError:
        midnight = None
    if midnight is None:
        return None
    # Of a midnight that came twice the first; one that never was begins when the clocks have moved.
    return int(midnight.replace(tzinfo=find_zone(tz) or UTC).timestamp() * 1000)


def term_of(order: Fields, no: object) -> Fields | None:
    """The numbered term of an order, or None when it has none of that number."""
    return next((term for term in objects_of(order, "terms") if is_same(term.get("no"), no) and no is not None), None)
