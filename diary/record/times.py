"""Occurred, recorded and received times, and their precision.

*Occurred* is claimed by the keeper, with a precision; *recorded* is the device's clock when a version was sealed;
*received* is the server's clock. They are never mixed. Every printed time of day includes its UTC offset, so that 01:30
in the night the clocks go back is unambiguous.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from diary import constants
from diary.record.reading import RecordFields, integer_of, object_of, text_of

MINUTE_MS: Final = 60_000
DAY_MS: Final = 86_400_000
# Years 1900 to 2200. Anything outside comes from a broken clock or file, and datetime cannot represent all of it.
EARLIEST_MS: Final = constants.RECORD_EARLIEST_MS
LATEST_MS: Final = constants.RECORD_LATEST_MS
_DATE_PREFIX: Final = re.compile(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}\s*")
# What the local text ends with where "Earlier today" was tapped: the day was meant up to that moment, which is the end.
_EARLIER_TODAY: Final = " earlier_today"
_CLOCK_PRECISIONS: Final = frozenset({"exact", "minute", "hour"})
# English regardless of the locale, so that a pack is the same on every machine.
_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True, slots=True)
class ClaimedTime:
    """A claimed time: [start, end) in ms UTC, typed text, UTC offset at the start in minutes, and precision."""

    start_ms: int | None
    end_ms: int | None
    local_text: str
    tz: str
    offset_minutes: int
    precision: str
    source: str

    @property
    def is_known(self) -> bool:
        """Return whether the time can be placed in order."""
        return self.start_ms is not None and self.precision != "unknown"

    def local_start(self) -> datetime | None:
        """Return the start in local time, or None if unknown."""
        return None if self.start_ms is None else to_local_datetime(self.start_ms, self.offset_minutes)

    @property
    def end_offset_minutes(self) -> int:
        """Return the UTC offset in minutes at the end, which differs from the start's after a clock change."""
        return self._offset_at(self.end_ms)

    def local_end(self) -> datetime | None:
        """Return the exclusive end in local time, or None."""
        return None if self.end_ms is None else to_local_datetime(self.end_ms, self.end_offset_minutes)

    def last_day(self) -> date | None:
        """Return the last local day, or None without an end; it uses the offset in force at the end."""
        return (
            None if self.end_ms is None else to_local_datetime(self.end_ms - 1, self._offset_at(self.end_ms - 1)).date()
        )

    def _offset_at(self, ms: int | None) -> int:
        """Return the zone's offset at an instant, or the stored offset if the zone disagrees with it at the start."""
        if (
            ms is None
            or self.start_ms is None
            or find_time_zone(self.tz) is None
            or offset_minutes_at(self.start_ms, self.tz) != self.offset_minutes
        ):
            return self.offset_minutes
        return offset_minutes_at(ms, self.tz)


@dataclass(frozen=True, slots=True)
class FormattedTime:
    """A time in words: `day` is never empty; `clock` and `note` may be ''."""

    day: str
    clock: str
    note: str

    def to_line(self) -> str:
        """Return day, clock time and note, joined by commas."""
        return ", ".join(part for part in (self.day, self.clock, self.note) if part)


def occurred_time(fields: RecordFields) -> ClaimedTime:
    """Return when an incident is claimed to have happened."""
    return _read_time(fields, "occurred_start", "occurred_end", "occurred_local", "time_source")


def read_time_block(fields: RecordFields, name: str) -> ClaimedTime:
    """Return another claimed time: an object with the same members under shorter names."""
    return _read_time(object_of(fields, name), "start", "end", "local", "source")


def _read_time(fields: RecordFields, start_name: str, end_name: str, local_name: str, source_name: str) -> ClaimedTime:
    """Read a claimed time; an instant outside the supported years counts as missing."""
    start_ms = _if_possible(integer_of(fields, start_name))
    end_ms = _if_possible(integer_of(fields, end_name))
    precision = text_of(fields, "precision") or ("unknown" if start_ms is None else "minute")
    tz = text_of(fields, "tz")
    offset_minutes = integer_of(fields, "utc_offset_min")
    if offset_minutes is None or abs(offset_minutes) > constants.OFFSET_LIMIT_MINUTES:
        offset_minutes = 0 if start_ms is None else offset_minutes_at(start_ms, tz)
    return ClaimedTime(
        start_ms, end_ms, text_of(fields, local_name), tz, offset_minutes, precision, text_of(fields, source_name)
    )


def _if_possible(ms: int | None) -> int | None:
    """Return the instant if it is within the supported years, else None."""
    return ms if ms is not None and EARLIEST_MS <= ms < LATEST_MS else None


def to_local_datetime(ms: int, offset_minutes: int) -> datetime:
    """Return an instant in local time, `offset_minutes` ahead of UTC."""
    return datetime.fromtimestamp(ms // 1000, UTC).astimezone(timezone(timedelta(minutes=offset_minutes)))


def offset_minutes_at(ms: int, tz: str) -> int:
    """Return the minutes a zone is ahead of UTC at an instant; 0 for an unknown zone."""
    zone = find_time_zone(tz)
    if zone is None:
        return 0
    offset = datetime.fromtimestamp(ms // 1000, zone).utcoffset()
    return 0 if offset is None else int(offset.total_seconds() // 60)


def find_time_zone(tz: str) -> ZoneInfo | None:
    """Return a zone by its IANA name, or None. Names come from records, so every error means an unknown zone."""
    try:
        return ZoneInfo(tz) if tz else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def zone_label(ms: int, tz: str, offset_minutes: int) -> str:
    """Return `GMT (UTC)`, `BST (UTC+1)`, or `UTC+5:30` if the offset has no short name or is not the zone's."""
    sign, hours_and_minutes = ("-" if offset_minutes < 0 else "+"), divmod(abs(offset_minutes), 60)
    utc_label = (
        "UTC"
        if not offset_minutes
        else f"UTC{sign}{hours_and_minutes[0]}" + (f":{hours_and_minutes[1]:02d}" if hours_and_minutes[1] else "")
    )
    zone = find_time_zone(tz)
    if zone is None or offset_minutes_at(ms, tz) != offset_minutes:
        return utc_label
    name = datetime.fromtimestamp(ms // 1000, zone).tzname() or ""
    return f"{name} ({utc_label})" if name.isalpha() and name != "UTC" else utc_label


def format_day(moment: datetime) -> str:
    """Return for example `Tue 3 Nov 2026`."""
    return f"{_WEEKDAYS[moment.weekday()]} {moment.day} {short_month_name(moment.month)} {moment.year}"


def format_iso_date(text: str) -> str:
    """Return `3 Nov 2026` for `2026-11-03`; return any other text unchanged."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return text
    return f"{day.day} {short_month_name(day.month)} {day.year}"


def short_month_name(month: int) -> str:
    """Return `Jan` … `Dec`."""
    return _MONTHS[month - 1][:3]


def long_month_name(month: int) -> str:
    """Return `January` … `December`."""
    return _MONTHS[month - 1]


def format_instant(ms: int, tz: str) -> FormattedTime:
    """Format a recorded or received instant in the local time of a zone."""
    if _if_possible(ms) is None:
        return FormattedTime("a time no calendar holds", "", "")
    offset = offset_minutes_at(ms, tz)
    moment = to_local_datetime(ms, offset)
    return FormattedTime(format_day(moment), f"{moment:%H:%M} {zone_label(ms, tz, offset)}", "")


def format_claimed_time(claimed_time: ClaimedTime) -> FormattedTime:
    """Format a claimed time, never more precisely than it was claimed."""
    local_start = claimed_time.local_start()
    if local_start is None or claimed_time.start_ms is None or claimed_time.precision == "unknown":
        return FormattedTime("Date not known", "", claimed_time.local_text)
    if claimed_time.precision in _CLOCK_PRECISIONS:
        clock = f"{local_start:%H:%M} {zone_label(claimed_time.start_ms, claimed_time.tz, claimed_time.offset_minutes)}"
        return FormattedTime(
            format_day(local_start), f"about {clock}" if claimed_time.precision == "hour" else clock, ""
        )
    if claimed_time.precision == "day" and claimed_time.local_text.endswith(_EARLIER_TODAY):
        return FormattedTime(format_day(local_start), _earlier_today(claimed_time), "time not exact")
    approximate_forms = {
        "part_of_day": FormattedTime(format_day(local_start), _part_of_day(claimed_time.local_text), "time not exact"),
        "day": FormattedTime(format_day(local_start), "", "time not given"),
        "month": FormattedTime(f"{long_month_name(local_start.month)} {local_start.year}", "", "day not known"),
        "season": FormattedTime(claimed_time.local_text or f"{local_start.year}", "", "season only"),
    }
    return approximate_forms.get(claimed_time.precision) or _format_range(claimed_time, local_start)


def _earlier_today(claimed_time: ClaimedTime) -> str:
    """Return the keeper's choice, and the time until which it was meant, or '' if that is not known."""
    local_end = claimed_time.local_end()
    if local_end is None:
        return ""
    zone = zone_label(claimed_time.end_ms or 0, claimed_time.tz, claimed_time.end_offset_minutes)
    return f"“Earlier today”, before {local_end:%H:%M} {zone}"


def _part_of_day(local_text: str) -> str:
    """Return the part of a day, such as `evening`, from a label or from `2026-11-03 evening` as the phone writes it."""
    return _DATE_PREFIX.sub("", local_text).replace("_", " ").strip().lower() or "part of the day"


def _format_range(claimed_time: ClaimedTime, local_start: datetime) -> FormattedTime:
    """Format a range: hours within one day, whole days, or hours of two days."""
    local_end, last_day = claimed_time.local_end(), claimed_time.last_day()
    if local_end is None or last_day is None:
        return FormattedTime(f"from {format_day(local_start)}", "", "end not known")
    is_whole_days = local_start.time() == local_end.time() == time.min
    start, until = _format_range_clocks(claimed_time, local_start, local_end)
    if last_day == local_start.date():
        clock = "" if is_whole_days else f"between {start} and {until}"
        return FormattedTime(format_day(local_start), clock, "time not given" if is_whole_days else "")
    days = f"between {format_day(local_start)} and {format_day(datetime.combine(last_day, time.min))}"
    if is_whole_days:
        return FormattedTime(days, "", "date not exact")
    return FormattedTime(days, f"from {start} on the first day to {until} on the last", "time not exact")


def _format_range_clocks(claimed_time: ClaimedTime, local_start: datetime, local_end: datetime) -> tuple[str, str]:
    """Return both clock times of a range; the zone is given once if it is the same for both."""
    start_zone = zone_label(claimed_time.start_ms or 0, claimed_time.tz, claimed_time.offset_minutes)
    end_zone = zone_label(claimed_time.end_ms or 0, claimed_time.tz, claimed_time.end_offset_minutes)
    until = "midnight" if local_end.time() == time.min else f"{local_end:%H:%M}"
    return f"{local_start:%H:%M}" + ("" if start_zone == end_zone else f" {start_zone}"), f"{until} {end_zone}"


def format_iso(ms: int | None, offset_minutes: int = 0) -> str:
    """Return ISO 8601 to the second with the offset; '' for None or an unsupported instant."""
    if ms is None or _if_possible(ms) is None:
        return ""
    text = to_local_datetime(ms, offset_minutes).isoformat(timespec="seconds")
    return text.replace("+00:00", "Z") if not offset_minutes else text


def format_delay(ms: int) -> str:
    """Return how long after the event an entry was written: `12 minutes later`, `3 days later`."""
    if ms < 0:
        return "before the time given"
    steps = ((DAY_MS, "day"), (60 * MINUTE_MS, "hour"), (MINUTE_MS, "minute"))
    for size, name in steps:
        count = ms // size
        if count:
            return f"{count} {name}{'' if count == 1 else 's'} later"
    return "within a minute"


def recorded_ms(fields: Mapping[str, object]) -> int | None:
    """Return when a version was sealed, ms UTC by the device's clock, or None."""
    return _if_possible(integer_of(object_of(fields, "_clock"), "utc"))
