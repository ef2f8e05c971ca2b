"""The directory of help services as data. `directory.toml` explains its columns."""

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
# Languages of the pages in which a service has interpreters; "any" means that it finds one for any language.
INTERPRETERS: Final = ("any", "cy", "pl", "ur")
# Help in an emergency. A remark about our checks would read there as a warning not to call, so none is shown.
EMERGENCY_IDS: Final = ("999", "999bsl", "silent", "esms", "relay")
PEOPLE: Final = ("anyone", "young", "men", "lgbt", "deaf", "family", "pictures")
_ALLOWED_VALUES: Final = {
    "kind": ("tel", "sms", "web"),
    "bill": ("no", "yes", "unknown"),
    "relay": ("no", "yes", "unknown"),
}
_ALLOWED_LISTS: Final = {"ways": CONTACT_WAYS, "nations": NATIONS, "people": PEOPLE}


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """Opening hours on these weekdays (0 is Monday), in minutes of the day. `end_minute` may be 1440."""

    weekdays: frozenset[int]
    start_minute: int
    end_minute: int


@dataclass(frozen=True, slots=True)
class SupportService:
    """One row. `openings`: None means day and night, empty means unknown."""

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

    @property
    def is_emergency(self) -> bool:
        """Return whether this is help in an emergency."""
        return self.id in EMERGENCY_IDS

    def is_open(self, local_time: datetime) -> bool | None:
        """Return whether the service is open at `local_time` (in the directory's zone).

        Return None if the hours are unknown.
        """
        if self.openings is None:
            return True
        if not self.openings:
            return None
        minute = local_time.hour * 60 + local_time.minute
        return any(
            local_time.weekday() in opening.weekdays and opening.start_minute <= minute < opening.end_minute
            for opening in self.openings
        )


@dataclass(frozen=True, slots=True)
class SupportDirectory:
    """All rows in order, the time zone of their hours, and how long a check stays valid.

    `responsible` is the name of the person who has the rows checked, "" until the operator names one.
    """

    services: tuple[SupportService, ...]
    time_zone: ZoneInfo
    check_valid_for: timedelta
    responsible: str = ""

    def services_reached_by(self, way: str) -> tuple[SupportService, ...]:
        """Return the services that can be reached in one way: by call, text or BSL."""
        return tuple(service for service in self.services if way in service.ways)

    def services_due(self, today: date) -> tuple[SupportService, ...]:
        """Return the services that were never checked, or not recently enough.

        A check that is dated after `today` is a slip of the pen and does not count.
        """
        return tuple(
            service
            for service in self.services
            if service.checked_on is None
            or service.checked_on > today
            or service.checked_on + self.check_valid_for <= today
        )

    def due_date(self, service: SupportService) -> date | None:
        """Return the day on which the next check is due, or None if there was no check: it is due now."""
        return service.checked_on + self.check_valid_for if service.checked_on else None


def read_support_directory(path: Path = TABLE_PATH) -> SupportDirectory:
    """Return the directory.

    Raise BadSetting that names the faulty row: a wrong number on screen is worse than no page.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        services = tuple(_parse_service(row) for row in table["service"])
        valid_for = timedelta(days=int(table["due_after_days"]))
        directory = SupportDirectory(services, ZoneInfo(table["zone"]), valid_for, str(table.get("responsible", "")))
    except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
        raise BadSetting(f"{path.name}: {error}.") from None
    if len({service.id for service in services}) != len(services):
        raise BadSetting(f"{path.name}: two rows have the same id.")
    return directory


def _parse_service(row: dict[str, Any]) -> SupportService:
    """Return one row, checked. Raise ValueError with its id."""
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
    """Yield a sentence for each fault of a row."""
    for name in ("id", "name", "contact", "note", "status"):
        if not isinstance(row.get(name), str) or not row[name].strip():
            yield f"{name} is missing"
    for name, choices in _ALLOWED_VALUES.items():
        if row.get(name) not in choices:
            yield f"{name} is none of {', '.join(choices)}"
    for name, allowed in _ALLOWED_LISTS.items():
        if not row.get(name) or not set(row[name]) <= set(allowed):
            yield f"{name} contains something other than {', '.join(allowed)}"
    if not set(row.get("interpreter_languages", ("missing",))) <= set(INTERPRETERS):
        yield f"interpreter_languages contains something other than {', '.join(INTERPRETERS)}"
    if row.get("kind") != "web" and not str(row.get("contact", "")).replace(" ", "").isdigit():
        yield "the number contains something other than digits"
    if bool(row.get("checked_on")) != bool(row.get("checked_by")):
        yield "checked_on and checked_by belong together"


def _parse_opening_hours(line: str) -> OpeningHours:
    """Return the hours of a line like `mon tue 09:30-16:00`. Raise ValueError for any other line."""
    *days, time_range = line.split()
    start, end = (_parse_minute(text) for text in time_range.split("-"))
    if not days or end <= start:
        raise ValueError(f"hours {line!r} are invalid")
    return OpeningHours(frozenset(DAYS.index(day) for day in days), start, end)


def _parse_minute(text: str) -> int:
    """Return a time like `09:30` in minutes of the day; 24:00 is allowed. Raise ValueError for any other text."""
    hour, minute = (int(part) for part in text.split(":"))
    if not (0 <= minute < 60 and 0 <= hour * 60 + minute <= 1440):
        raise ValueError(f"{text!r} is not a time of day")
    return hour * 60 + minute
