"""Valid values of fields, and inconsistencies within a record; mirrored by static/src/record/rules.ts.

rules.json is the only source of shapes; tests/vectors/record.json tests both implementations. The phone refuses to seal
a record whose fields have the wrong shape. Readers accept everything and report the issues.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from diary import constants
from diary.record.breaches import find_term, order_status
from diary.record.reading import RecordFields, integer_of, object_of, objects_of, text_of
from diary.record.times import EARLIEST_MS, LATEST_MS, find_time_zone, offset_minutes_at

_RULES: Final = json.loads(Path(__file__).with_name("rules.json").read_text(encoding="utf-8"))
FIELD_RULES: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(_RULES["kinds"])
OBJECT_RULES: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(_RULES["objects"])

LINE_LIMIT_CHARACTERS: Final = constants.LINE_LIMIT_CHARACTERS
TEXT_LIMIT_CHARACTERS: Final = constants.TEXT_LIMIT_CHARACTERS
LIST_ITEMS_LIMIT: Final = constants.LIST_LIMIT
_ID_PATTERN: Final = re.compile(r"[A-Za-z0-9_-]{21}[AQgw]")
_CODE_PATTERN: Final = re.compile(r"[a-z0-9][a-z0-9_]{0,39}")
_DAY_PATTERN: Final = re.compile(r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])")
_MAX_INTEGER: Final = (1 << 53) - 1
# A start time slightly ahead of the clock is not in the future.
CLOCK_TOLERANCE_MS: Final = constants.CLOCK_TOLERANCE_MS


@dataclass(frozen=True, slots=True, order=True)
class ValidationIssue:
    """A fault of a field: its path (`terms.2.text`) and a code that docs/record.md explains."""

    field: str
    code: str


def find_shape_issues(kind: str, fields: RecordFields) -> list[ValidationIssue]:
    """Return the fields, open or restricted, whose values have the wrong shape. Null is allowed everywhere."""
    rules = FIELD_RULES.get(kind, {})
    issues: list[ValidationIssue] = []
    for name, value in fields.items():
        if not name.startswith("_") and value is not None and name in rules:
            issues += _check_value(name, rules[name], value)
    return sorted(issues)


def _check_value(path: str, rule: str, value: object) -> Iterator[ValidationIssue]:
    """Yield the issues of one value under one rule."""
    shape, _, name = rule.partition(" ")
    if shape == "any":
        return
    if shape in ("ids", "codes", "texts", "list", "objects"):
        yield from _check_list(path, shape, name, value)
    elif shape in ("object", "block") or (shape == "day" and isinstance(value, Mapping)):
        yield from _check_object(path, OBJECT_RULES[name or "block"], value)
    elif issue_code := _SCALAR_CHECKS[shape](value):
        yield ValidationIssue(path, issue_code)


def _check_list(path: str, shape: str, name: str, value: object) -> Iterator[ValidationIssue]:
    """Check a list item by item. A single id or code without a list is accepted, as early apps wrote it."""
    if isinstance(value, str) and shape in ("ids", "codes"):
        value = [value]
    if not isinstance(value, list | tuple):
        yield ValidationIssue(path, "not_a_list")
        return
    if len(value) > LIST_ITEMS_LIMIT:
        yield ValidationIssue(path, "too_many")
        return
    item_rule = {"codes": "code", "ids": "id", "objects": f"object {name}", "texts": "text"}.get(shape, "any")
    for index, item in enumerate(value):
        yield from _check_value(f"{path}.{index}", item_rule, item)


def _check_object(path: str, rules: Mapping[str, str], value: object) -> Iterator[ValidationIssue]:
    """Check an object member by member; unknown members may come from a newer app and are accepted."""
    if not isinstance(value, Mapping):
        yield ValidationIssue(path, "not_an_object")
        return
    for name, member in value.items():
        if name in rules and member is not None:
            yield from _check_value(f"{path}.{name}", rules[name], member)


def _text_check(limit: int) -> Callable[[object], str]:
    def check(value: object) -> str:
        if not isinstance(value, str):
            return "not_text"
        return "too_long" if len(value.encode("utf-16-le", "surrogatepass")) // 2 > limit else ""

    return check


def _integer_check(smallest: int, largest: int, range_code: str = "out_of_range") -> Callable[[object], str]:
    def check(value: object) -> str:
        if not isinstance(value, int) or isinstance(value, bool):
            return "not_a_number"
        return "" if smallest <= value <= largest else range_code

    return check


def _pattern_check(pattern: re.Pattern[str], mismatch_code: str) -> Callable[[object], str]:
    def check(value: object) -> str:
        return "" if isinstance(value, str) and pattern.fullmatch(value) else mismatch_code

    return check


def _check_day(value: object) -> str:
    """Return '' for a day as text or as an instant, else `not_a_day`."""
    return (
        ""
        if not _pattern_check(_DAY_PATTERN, "not_a_day")(value) or not _integer_check(EARLIEST_MS, LATEST_MS - 1)(value)
        else "not_a_day"
    )


_SCALAR_CHECKS: Final[Mapping[str, Callable[[object], str]]] = {
    "code": _pattern_check(_CODE_PATTERN, "not_a_code"),
    "count": _integer_check(0, 1_000_000_000),
    "day": _check_day,
    "flag": lambda value: "" if isinstance(value, bool) else "not_yes_or_no",
    "id": _pattern_check(_ID_PATTERN, "not_an_id"),
    "line": _text_check(LINE_LIMIT_CHARACTERS),
    "ms": _integer_check(EARLIEST_MS, LATEST_MS - 1, "no_calendar_time"),
    "offset": _integer_check(-constants.OFFSET_LIMIT_MINUTES, constants.OFFSET_LIMIT_MINUTES),
    "pence": _integer_check(0, _MAX_INTEGER),
    "text": _text_check(TEXT_LIMIT_CHARACTERS),
    "zone": lambda value: "" if isinstance(value, str) and len(value) <= 64 else "not_text",
}


def find_time_issues(fields: RecordFields, sealed_at_ms: int | None = None) -> list[ValidationIssue]:
    """Return impossible times of an incident.

    `sealed_at_ms`: when it was sealed; None skips the check for future times.
    """
    start, end = integer_of(fields, "occurred_start"), integer_of(fields, "occurred_end")
    issues: list[ValidationIssue] = []
    if start is None:
        if end is not None:
            issues.append(ValidationIssue("occurred_end", "end_without_start"))
        return issues
    if end is not None and end < start:
        issues.append(ValidationIssue("occurred_end", "end_before_start"))
    if sealed_at_ms is not None and start > sealed_at_ms + CLOCK_TOLERANCE_MS:
        issues.append(ValidationIssue("occurred_start", "in_the_future"))
    tz, offset = text_of(fields, "tz"), integer_of(fields, "utc_offset_min")
    is_possible = EARLIEST_MS <= start < LATEST_MS
    if tz and find_time_zone(tz) is None:
        issues.append(ValidationIssue("tz", "unknown_zone"))
    elif tz and offset is not None and is_possible and offset != offset_minutes_at(start, tz):
        # This instant cannot result from a local time that was skipped or from the wrong half of a repeated hour.
        issues.append(ValidationIssue("utc_offset_min", "impossible_local_time"))
    return sorted(issues)


def find_breach_issues(fields: RecordFields, orders: Mapping[str, RecordFields]) -> list[ValidationIssue]:
    """Return impossible alleged breaches.

    `orders`: order fields by record id; breaches of a missing order are skipped.
    """
    issues: list[ValidationIssue] = []
    for index, breach in enumerate(objects_of(fields, "alleged_breaches")):
        order = orders.get(text_of(breach, "order_id"))
        if order is None:
            continue
        path = f"alleged_breaches.{index}"
        if order_status(order, fields) == "not_served":
            issues.append(ValidationIssue(path, "before_service"))
        if find_term(order, breach.get("term_no")) is None:
            issues.append(ValidationIssue(f"{path}.term_no", "no_such_term"))
    return issues


def find_issues(kind: str, fields: RecordFields, restricted: RecordFields) -> list[ValidationIssue]:
    """Return all issues of one version that can be found without other records."""
    sealed_at_ms = integer_of(object_of(fields, "_clock"), "utc")
    time_issues = find_time_issues(fields, sealed_at_ms) if kind == "incident" else []
    return sorted((*find_shape_issues(kind, fields), *find_shape_issues(kind, restricted), *time_issues))
