"""What values a field may hold, and what in a record does not fit together; the twin of static/src/record/rules.ts.

rules.json is the one source of shapes; tests/vectors/record.json holds the two languages together. The phone refuses to
seal what has a fault of shape. A reader refuses nothing: it shows what is there and says what is odd about it.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from diary import constants
from diary.record.breaches import standing_of, term_of
from diary.record.reading import Fields, object_of, objects_of, text_of, whole_of
from diary.record.times import EARLIEST_MS, LATEST_MS, find_zone, offset_at

_RULES: Final = json.loads(Path(__file__).with_name("rules.json").read_text(encoding="utf-8"))
KINDS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(_RULES["kinds"])
OBJECTS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(_RULES["objects"])

LINE: Final = constants.LINE_LIMIT_CHARACTERS
TEXT: Final = constants.TEXT_LIMIT_CHARACTERS
ITEMS: Final = constants.LIST_LIMIT
_ID: Final = re.compile(r"[A-Za-z0-9_-]{21}[AQgw]")
_CODE: Final = re.compile(r"[a-z0-9][a-z0-9_]{0,39}")
_DAY: Final = re.compile(r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])")
_LARGEST: Final = (1 << 53) - 1
# A clock that is a little ahead is no claim about the future.
AHEAD_MS: Final = constants.CLOCK_TOLERANCE_MS


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """What is wrong with a field: its path (`terms.2.text`), and a code that docs/record.md explains."""

    field: str
    code: str


def faults_of_shape(kind: str, fields: Fields) -> list[Fault]:
    """Every field, open or restricted, that holds what its name does not stand for. Null stands for nothing said."""
    rules = KINDS.get(kind, {})
    found: list[Fault] = []
    for name, value in fields.items():
        if not name.startswith("_") and value is not None and name in rules:
            found += _check(name, rules[name], value)
    return sorted(found)


def _check(path: str, rule: str, value: object) -> Iterator[Fault]:
    """The faults of one value under one rule."""
    shape, _, name = rule.partition(" ")
    if shape == "any":
        return
    if shape in ("ids", "codes", "texts", "list", "objects"):
        yield from _check_list(path, shape, name, value)
    elif shape in ("object", "block") or (shape == "day" and isinstance(value, Mapping)):
        yield from _check_object(path, OBJECTS[name or "block"], value)
    elif fault := _SCALARS[shape](value):
        yield Fault(path, fault)


def _check_list(path: str, shape: str, name: str, value: object) -> Iterator[Fault]:
    """A list, item by item. One id or code may stand without its list: early apps wrote it so."""
    if isinstance(value, str) and shape in ("ids", "codes"):
        value = [value]
    if not isinstance(value, list | tuple):
        yield Fault(path, "not_a_list")
        return
    if len(value) > ITEMS:
        yield Fault(path, "too_many")
        return
    inner = {"codes": "code", "ids": "id", "objects": f"object {name}", "texts": "text"}.get(shape, "any")
    for index, one in enumerate(value):
        yield from _check(f"{path}.{index}", inner, one)


def _check_object(path: str, rules: Mapping[str, str], value: object) -> Iterator[Fault]:
    """An object, member by member; members nobody knows are a newer app's."""
    if not isinstance(value, Mapping):
        yield Fault(path, "not_an_object")
        return
    for name, inner in value.items():
        if name in rules and inner is not None:
            yield from _check(f"{path}.{name}", rules[name], inner)


def _text(limit: int) -> Callable[[object], str]:
    def check(value: object) -> str:
        if not isinstance(value, str):
            return "not_text"
        return "too_long" if len(value.encode("utf-16-le", "surrogatepass")) // 2 > limit else ""

    return check


def _whole(smallest: int, largest: int, fault: str = "out_of_range") -> Callable[[object], str]:
    def check(value: object) -> str:
        if not isinstance(value, int) or isinstance(value, bool):
            return "not_a_number"
        return "" if smallest <= value <= largest else fault

    return check


def _matching(pattern: re.Pattern[str], fault: str) -> Callable[[object], str]:
    def check(value: object) -> str:
        return "" if isinstance(value, str) and pattern.fullmatch(value) else fault

    return check


def _day(value: object) -> str:
    """A day as text, or an instant."""
    return (
        "" if not _matching(_DAY, "not_a_day")(value) or not _whole(EARLIEST_MS, LATEST_MS - 1)(value) else "not_a_day"
    )


_SCALARS: Final[Mapping[str, Callable[[object], str]]] = {
    "code": _matching(_CODE, "not_a_code"),
    "count": _whole(0, 1_000_000_000),
    "day": _day,
    "flag": lambda value: "" if isinstance(value, bool) else "not_yes_or_no",
    "id": _matching(_ID, "not_an_id"),
    "line": _text(LINE),
    "ms": _whole(EARLIEST_MS, LATEST_MS - 1, "no_calendar_time"),
    "offset": _whole(-constants.OFFSET_LIMIT_MINUTES, constants.OFFSET_LIMIT_MINUTES),
    "pence": _whole(0, _LARGEST),
    "text": _text(TEXT),
    "zone": lambda value: "" if isinstance(value, str) and len(value) <= 64 else "not_text",
}


def faults_of_time(fields: Fields, now: int | None = None) -> list[Fault]:
    """What cannot be about when an incident happened. `now`: when it was sealed; None leaves the future alone."""
    start, end = whole_of(fields, "occurred_start"), whole_of(fields, "occurred_end")
    found: list[Fault] = []
    if start is None:
        if end is not None:
            found.append(Fault("occurred_end", "end_without_start"))
        return found
    if end is not None and end < start:
        found.append(Fault("occurred_end", "end_before_start"))
    if now is not None and start > now + AHEAD_MS:
        found.append(Fault("occurred_start", "in_the_future"))
    tz, offset = text_of(fields, "tz"), whole_of(fields, "utc_offset_min")
    possible = EARLIEST_MS <= start < LATEST_MS
    if tz and find_zone(tz) is None:
        found.append(Fault("tz", "unknown_zone"))
    elif tz and offset is not None and possible and offset != offset_at(start, tz):
        # A local time that never was, or the wrong half of an hour that came twice, cannot give this instant.
        found.append(Fault("utc_offset_min", "impossible_local_time"))
    return sorted(found)


def faults_of_breaches(fields: Fields, orders: Mapping[str, Fields]) -> list[Fault]:
    """Alleged breaches that cannot be. `orders`: the fields of each order by record id; one that is not there says nothing."""
    found: list[Fault] = []
    for index, breach in enumerate(objects_of(fields, "alleged_breaches")):
        order = orders.get(text_of(breach, "order_id"))
        if order is None:
            continue
        path = f"alleged_breaches.{index}"
        if standing_of(order, fields) == "not_served":
            found.append(Fault(path, "before_service"))
        if term_of(order, breach.get("term_no")) is None:
            found.append(Fault(f"{path}.term_no", "no_such_term"))
    return found


def oddities(kind: str, fields: Fields, restricted: Fields) -> list[Fault]:
    """Everything a reader finds odd about one version, without anything beside it."""
    clock = whole_of(object_of(fields, "_clock"), "utc")
    when = faults_of_time(fields, clock) if kind == "incident" else []
    return sorted((*faults_of_shape(kind, fields), *faults_of_shape(kind, restricted), *when))
