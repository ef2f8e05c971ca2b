"""Status of a court order at the time of an incident.

A term can only have been broken after the order was served on the other person. Mirrored by
static/src/record/breaches.ts; both are tested against tests/vectors/record.json.
"""

import re
from datetime import UTC, datetime
from typing import Final

from diary.record.reading import RecordFields, integer_of, is_same_json, object_of, objects_of, text_of
from diary.record.times import DAY_MS, find_time_zone, occurred_time

_DATE_PATTERN: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DEFAULT_TIME_ZONE: Final = "Europe/London"


def order_status(order: RecordFields, incident: RecordFields) -> str:
    """Return `in_force`, `expired`, `not_served`, `unknown_served` or `unknown_when`.

    Days count in full: a term can be broken on the day of service and on the day the order expires.
    """
    occurred_at = occurred_time(incident)
    if not occurred_at.is_known or occurred_at.start_ms is None:
        return "unknown_when"
    last_ms = (occurred_at.start_ms + 1 if occurred_at.end_ms is None else occurred_at.end_ms) - 1
    tz = occurred_at.tz or _DEFAULT_TIME_ZONE
    served_ms = day_start_ms(order, "served_on", tz)
    if served_ms is None:
        served_ms = day_start_ms(order, "known_on", tz)
    if served_ms is None:
        return "unknown_served"
    if last_ms < served_ms:
        return "not_served"
    expires_ms = day_start_ms(order, "expires_on", tz)
    return "expired" if expires_ms is not None and occurred_at.start_ms >= expires_ms + DAY_MS else "in_force"


def can_be_broken(order: RecordFields, incident: RecordFields) -> bool:
    """Return whether an order could be broken at the time of an incident, by its dates; true if they are not known."""
    return order_status(order, incident) not in ("not_served", "expired")


def day_start_ms(fields: RecordFields, name: str, tz: str) -> int | None:
    """Return the start of a day in ms UTC, or None.

    The day may be stored as `2026-11-03`, as ms UTC or as a time block.
    """
    instant_ms = integer_of(fields, name)
    if instant_ms is None:
        instant_ms = integer_of(object_of(fields, name), "start")
    if instant_ms is not None:
        return instant_ms
    matched = _DATE_PATTERN.match(text_of(fields, name))
    try:
        midnight = datetime.fromisoformat(matched[0]) if matched else None
    except ValueError:
        midnight = None
    if midnight is None:
        return None
    # A midnight that occurs twice is read as the first; one that a clock change skips, as the instant of the change.
    return int(midnight.replace(tzinfo=find_time_zone(tz) or UTC).timestamp() * 1000)


def find_term(order: RecordFields, number: object) -> RecordFields | None:
    """Return the term of an order with this number, or None."""
    return next(
        (term for term in objects_of(order, "terms") if is_same_json(term.get("no"), number) and number is not None),
        None,
    )
