"""The directory as data: who can be reached how, by whom, and when. `directory.toml` says what each column means."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from diary.errors import BadSetting

TABLE_PATH: Final = Path(__file__).with_name("directory.toml")
DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
CONTACT_WAYS: Final = ("call", "text", "bsl")
NATIONS: Final = ("england", "wales", "scotland", "ni")
# Who can interpret: in a language of the pages, or "any" where they find somebody for any.
INTERPRETERS: Final = ("any", "cy", "pl", "ur")
PEOPLE: Final = ("anyone", "young", "men", "lgbt", "deaf", "family", "pictures")
_ALLOWED_VALUES: Final = {
    "kind": ("tel", "sms", "web"),
    "bill": ("no", "yes", "unknown"),
    "relay": ("no", "yes", "unknown"),
}
_ALLOWED_LISTS: Final = {"ways": CONTACT_WAYS, "nations": NATIONS, "people": PEOPLE}


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """Open on these days (0 is Monday) from `start` until `end`, in minutes of the day; `end` may be 1440."""

    weekdays: frozenset[int]
    start_minute: int
    end_minute: int


@dataclass(frozen=True, slots=True)
class SupportService:
    """One row. `openings` None: day and night; empty: nobody has found out."""

    id: str
    name: str
    contact: str
    kind: str
    ways: tuple[str, ...]
    nations: tuple[str, ...]
    people: tuple[str, ...]
    note: str
    openings: tuple[OpeningHours, ...] | None
    hours: tuple[str, ...]
    free: bool
    bill: str
    relay: str
    interpreters: tuple[str, ...]
    status: str
    source: str
    checked_on: date | None
    checked_by: str

    def is_open(self, local_time: datetime) -> bool | None:
        """Whether somebody answers at `local` (in the directory's zone); None when the hours are not known."""
        if self.openings is None:
            return True
        if not self.openings:
            return None
        minute = local_time.hour * 60 + local_time.minute
        return any(
            local_time.weekday() in one.weekdays and one.start_minute <= minute < one.end_minute
            for one in self.openings
        )


@dataclass(frozen=True, slots=True)
class SupportDirectory:
    """All rows in their order, the zone their hours are in, and how many days a check holds."""

    services: tuple[SupportService, ...]
    time_zone: ZoneInfo
    check_valid_for: timedelta

    def services_reached_by(self, way: str) -> tuple[SupportService, ...]:
        """The rows for one way of talking."""
        return tuple(one for one in self.services if way in one.ways)

    def services_due(self, today: date) -> tuple[SupportService, ...]:
        """Rows that nobody has rung or opened, or not lately."""
        return tuple(
            one for one in self.services if one.checked_on is None or one.checked_on + self.check_valid_for <= today
        )


def read_support_directory(path: Path = TABLE_PATH) -> SupportDirectory:
    """The table. Raises BadSetting naming the row that is wrong: a wrong number on screen is worse than none."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        services = tuple(_parse_service(row) for row in table["service"])
        directory = SupportDirectory(services, ZoneInfo(table["zone"]), timedelta(days=int(table["due_after_days"])))
    except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
        raise BadSetting(f"{path.name}: {error}.") from None
    if len({one.id for one in services}) != len(services):
        raise BadSetting(f"{path.name}: an id stands twice.")
    return directory


def _parse_service(row: dict[str, Any]) -> SupportService:
    """One row, checked. Raises ValueError with its id."""
    if fault := next(_row_errors(row), None):
        raise ValueError(f"row {row.get('id', '?')}: {fault}")
    hours = row["hours"]
    return SupportService(
        **{
            name: row[name]
            for name in ("id", "name", "contact", "kind", "note", "free", "bill", "relay", "status", "source")
        },
        interpreters=tuple(row["interpreter_languages"]),
        ways=tuple(row["ways"]),
        nations=tuple(row["nations"]),
        people=tuple(row["people"]),
        openings=None if hours == "always" else tuple(_parse_opening_hours(line) for line in hours),
        hours=() if hours == "always" else tuple(hours),
        checked_on=date.fromisoformat(row["checked_on"]) if row.get("checked_on") else None,
        checked_by=row.get("checked_by", ""),
    )


def _row_errors(row: dict[str, Any]) -> Iterator[str]:
    """What is wrong in a row."""
    for name in ("id", "name", "contact", "note", "status"):
        if not isinstance(row.get(name), str) or not row[name].strip():
            yield f"{name} is missing"
    for name, choices in _ALLOWED_VALUES.items():
        if row.get(name) not in choices:
            yield f"{name} is none of {', '.join(choices)}"
    for name, allowed in _ALLOWED_LISTS.items():
        if not row.get(name) or not set(row[name]) <= set(allowed):
            yield f"{name} holds something else than {', '.join(allowed)}"
    if not set(row.get("interpreter_languages", ("missing",))) <= set(INTERPRETERS):
        yield f"interpreter_languages holds something else than {', '.join(INTERPRETERS)}"
    if row.get("kind") != "web" and not str(row.get("contact", "")).replace(" ", "").isdigit():
        yield "the number holds something else than digits"
    if bool(row.get("checked_on")) != bool(row.get("checked_by")):
        yield "checked_on and checked_by belong together"


def _parse_opening_hours(line: str) -> OpeningHours:
    """`mon tue 09:30-16:00`. Raises ValueError."""
    *days, time_range = line.split()
    start, end = (_parse_minute(text) for text in time_range.split("-"))
    if not days or end <= start:
        raise ValueError(f"hours {line!r} make no sense")
    return OpeningHours(frozenset(DAYS.index(day) for day in days), start, end)


def _parse_minute(text: str) -> int:
    """`09:30` as minutes of the day; 24:00 is allowed. Raises ValueError."""
    hour, minute = (int(part) for part in text.split(":"))
    if not (0 <= minute < 60 and 0 <= hour * 60 + minute <= 1440):
        raise ValueError(f"{text!r} is no time of day")
    return hour * 60 + minute
