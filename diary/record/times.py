"""The three times and how sure they are.

*Occurred* is claimed by the keeper, with a precision; *recorded* is the device's clock when a version was
sealed; *received* is the server's. They are never mixed. Every printed time of day carries the offset
from UTC in force then, so that 01:30 in the night the clocks go back can only be read one way.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from diary import constants
from diary.record.reading import Fields, object_of, text_of, whole_of

MINUTE_MS: Final = 60_000
DAY_MS: Final = 86_400_000
# Years 1900 to 2200: what lies outside is a broken clock or a broken file, and datetime would refuse some.
EARLIEST_MS: Final = constants.RECORD_EARLIEST_MS
LATEST_MS: Final = constants.RECORD_LATEST_MS
_DATED: Final = re.compile(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}\s*")
_OF_DAY: Final = frozenset({"exact", "minute", "hour"})
# English whatever the machine's locale is: the same pack must come out everywhere.
_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True, slots=True)
class When:
    """A claimed time: [start, end) in ms UTC, how precise, what was typed, and the offset then, in minutes."""

    start: int | None
    end: int | None
    local: str
    tz: str
    offset_min: int
    precision: str
    source: str

    @property
    def is_known(self) -> bool:
        """Whether it can be placed in order at all."""
        return self.start is not None and self.precision != "unknown"

    def local_start(self) -> datetime | None:
        """Its beginning on the clock of the place, or None when unknown."""
        return None if self.start is None else at_offset(self.start, self.offset_min)

    @property
    def end_offset_min(self) -> int:
        """Minutes ahead of UTC when it ended: clocks may have been changed since it began."""
        return self._offset_at(self.end)

    def local_end(self) -> datetime | None:
        """Its exclusive end on the clock of the place, or None."""
        return None if self.end is None else at_offset(self.end, self.end_offset_min)

    def last_day(self) -> date | None:
        """The last local day of it, or None without an end: the end is read on the clock of its own night."""
        return None if self.end is None else at_offset(self.end - 1, self._offset_at(self.end - 1)).date()

    def _offset_at(self, ms: int | None) -> int:
        """The zone's offset at an instant, where the zone says of the start what was kept; else what was kept."""
        if (
            ms is None
            or self.start is None
            or find_zone(self.tz) is None
            or offset_at(self.start, self.tz) != self.offset_min
        ):
            return self.offset_min
        return offset_at(ms, self.tz)


@dataclass(frozen=True, slots=True)
class Printed:
    """A time in words: `day` always says something; `clock` and `note` may be ''."""

    day: str
    clock: str
    note: str

    def line(self) -> str:
        """All of it in one line."""
        return ", ".join(part for part in (self.day, self.clock, self.note) if part)


def occurred(fields: Fields) -> When:
    """When an incident is said to have happened."""
    return _when(fields, "occurred_start", "occurred_end", "occurred_local", "time_source")


def block(fields: Fields, name: str) -> When:
    """One of the other times: a single object with the same members under shorter names."""
    return _when(object_of(fields, name), "start", "end", "local", "source")


def _when(fields: Fields, start: str, end: str, local: str, source: str) -> When:
    """Read a time; an instant outside the possible years counts as not given."""
    begins = _possible(whole_of(fields, start))
    ends = _possible(whole_of(fields, end))
    precision = text_of(fields, "precision") or ("unknown" if begins is None else "minute")
    tz = text_of(fields, "tz")
    offset = whole_of(fields, "utc_offset_min")
    if offset is None or abs(offset) > constants.OFFSET_LIMIT_MINUTES:
        offset = 0 if begins is None else offset_at(begins, tz)
    return When(begins, ends, text_of(fields, local), tz, offset, precision, text_of(fields, source))


def _possible(ms: int | None) -> int | None:
    """The instant, when a calendar can hold it."""
    return ms if ms is not None and EARLIEST_MS <= ms < LATEST_MS else None


def at_offset(ms: int, offset_min: int) -> datetime:
    """An instant on a clock `offset_min` ahead of UTC."""
    return datetime.fromtimestamp(ms // 1000, UTC).astimezone(timezone(timedelta(minutes=offset_min)))


def offset_at(ms: int, tz: str) -> int:
    """Minutes ahead of UTC in a zone at an instant; 0 for a zone nobody knows."""
    zone = find_zone(tz)
    if zone is None:
        return 0
    offset = datetime.fromtimestamp(ms // 1000, zone).utcoffset()
    return 0 if offset is None else int(offset.total_seconds() // 60)


def find_zone(tz: str) -> ZoneInfo | None:
    """A zone by its IANA name, or None. Names come from records, so every refusal counts as unknown."""
    try:
        return ZoneInfo(tz) if tz else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def zone_label(ms: int, tz: str, offset_min: int) -> str:
    """`GMT (UTC)`, `BST (UTC+1)`, or `UTC+5:30` where the offset has no short name or is not the zone's."""
    sign, rest = ("-" if offset_min < 0 else "+"), divmod(abs(offset_min), 60)
    offset = "UTC" if not offset_min else f"UTC{sign}{rest[0]}" + (f":{rest[1]:02d}" if rest[1] else "")
    zone = find_zone(tz)
    if zone is None or offset_at(ms, tz) != offset_min:
        return offset
    name = datetime.fromtimestamp(ms // 1000, zone).tzname() or ""
    return f"{name} ({offset})" if name.isalpha() and name != "UTC" else offset


def day_words(moment: datetime) -> str:
    """`Tue 3 Nov 2026`."""
    return f"{_WEEKDAYS[moment.weekday()]} {moment.day} {month_short(moment.month)} {moment.year}"


def date_words(text: str) -> str:
    """`3 Nov 2026` for `2026-11-03`; any other text as it is."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return text
    return f"{day.day} {month_short(day.month)} {day.year}"


def month_short(month: int) -> str:
    """`Jan` … `Dec`."""
    return _MONTHS[month - 1][:3]


def month_long(month: int) -> str:
    """`January` … `December`."""
    return _MONTHS[month - 1]


def instant(ms: int, tz: str) -> Printed:
    """A recorded or received instant on the clock of a zone."""
    if _possible(ms) is None:
        return Printed("a time no calendar holds", "", "")
    offset = offset_at(ms, tz)
    moment = at_offset(ms, offset)
    return Printed(day_words(moment), f"{moment:%H:%M} {zone_label(ms, tz, offset)}", "")


def printed(when: When) -> Printed:
    """A claimed time in words, never more exact than it was said to be."""
    begins = when.local_start()
    if begins is None or when.start is None or when.precision == "unknown":
        return Printed("Date not known", "", when.local)
    if when.precision in _OF_DAY:
        clock = f"{begins:%H:%M} {zone_label(when.start, when.tz, when.offset_min)}"
        return Printed(day_words(begins), f"about {clock}" if when.precision == "hour" else clock, "")
    roughly = {
        "part_of_day": Printed(day_words(begins), _part(when.local), "time not exact"),
        "day": Printed(day_words(begins), "", "time not given"),
        "month": Printed(f"{month_long(begins.month)} {begins.year}", "", "day not known"),
        "season": Printed(when.local or f"{begins.year}", "", "season only"),
    }
    return roughly.get(when.precision) or _between(when, begins)


def _part(local: str) -> str:
    """The part of a day: `evening`, from the label or from `2026-11-03 evening` as a phone writes it."""
    return _DATED.sub("", local).replace("_", " ").strip().lower() or "part of the day"


def _between(when: When, begins: datetime) -> Printed:
    """A range: hours within one day, whole days, or hours of two days."""
    ends, last = when.local_end(), when.last_day()
    if ends is None or last is None:
        return Printed(f"from {day_words(begins)}", "", "end not known")
    is_whole = begins.time() == ends.time() == time.min
    start, until = _clocks(when, begins, ends)
    if last == begins.date():
        clock = "" if is_whole else f"between {start} and {until}"
        return Printed(day_words(begins), clock, "time not given" if is_whole else "")
    days = f"between {day_words(begins)} and {day_words(datetime.combine(last, time.min))}"
    if is_whole:
        return Printed(days, "", "date not exact")
    return Printed(days, f"from {start} on the first day to {until} on the last", "time not exact")


def _clocks(when: When, begins: datetime, ends: datetime) -> tuple[str, str]:
    """The two ends of a range by the clock, with the zone once where it is the same for both."""
    first = zone_label(when.start or 0, when.tz, when.offset_min)
    last = zone_label(when.end or 0, when.tz, when.end_offset_min)
    until = "midnight" if ends.time() == time.min else f"{ends:%H:%M}"
    return f"{begins:%H:%M}" + ("" if first == last else f" {first}"), f"{until} {last}"


def iso(ms: int | None, offset_min: int = 0) -> str:
    """ISO 8601 to the second with its offset; '' for None or an impossible instant."""
    if ms is None or _possible(ms) is None:
        return ""
    text = at_offset(ms, offset_min).isoformat(timespec="seconds")
    return text.replace("+00:00", "Z") if not offset_min else text


def delay_words(ms: int) -> str:
    """How long after the event it was written: `12 minutes later`, `3 days later`."""
    if ms < 0:
        return "before the time given"
    steps = ((DAY_MS, "day"), (60 * MINUTE_MS, "hour"), (MINUTE_MS, "minute"))
    for size, name in steps:
        count = ms // size
        if count:
            return f"{count} {name}{'' if count == 1 else 's'} later"
    return "within a minute"


def recorded_ms(fields: Mapping[str, object]) -> int | None:
    """When a version was sealed, by the device's clock."""
    return _possible(whole_of(object_of(fields, "_clock"), "utc"))
