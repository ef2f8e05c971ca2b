"""Times never look more exact than they were recorded, and repeated hours have one reading."""

from datetime import UTC, datetime

import pytest

from diary.record import times


def utc_ms(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> int:
    return int(datetime(year, month, day, hour, minute, tzinfo=UTC).timestamp() * 1000)


def make_when(
    start: int | None,
    precision: str,
    offset: int | None = 0,
    end: int | None = None,
    local: str = "",
    tz: str = "Europe/London",
) -> times.ClaimedTime:
    fields = {
        "occurred_start": start,
        "occurred_end": end,
        "precision": precision,
        "tz": tz,
        "utc_offset_min": offset,
        "occurred_local": local,
    }
    return times.occurred_time({name: value for name, value in fields.items() if value is not None})


def test_the_repeated_hour_is_printed_two_ways() -> None:
    """01:30 on 25 October 2026 happens twice; the offset distinguishes them, in print and in ISO."""
    first, second = (
        make_when(utc_ms(2026, 10, 25, 0, 30), "minute", 60),
        make_when(utc_ms(2026, 10, 25, 1, 30), "minute", 0),
    )
    assert times.format_claimed_time(first).to_line() == "Sun 25 Oct 2026, 01:30 BST (UTC+1)"
    assert times.format_claimed_time(second).to_line() == "Sun 25 Oct 2026, 01:30 GMT (UTC)"
    assert times.format_iso(first.start_ms, 60) == "2026-10-25T01:30:00+01:00"
    assert times.format_iso(second.start_ms, 0) == "2026-10-25T01:30:00Z"


def test_a_time_abroad_carries_its_zone() -> None:
    """Half-hour zones and zones without a short name are printed too."""
    assert (
        times.format_claimed_time(make_when(utc_ms(2026, 7, 1, 10), "minute", 120, tz="Europe/Warsaw")).clock
        == "12:00 CEST (UTC+2)"
    )
    assert (
        times.format_claimed_time(make_when(utc_ms(2026, 7, 1, 10), "minute", 330, tz="Asia/Kolkata")).clock
        == "15:30 IST (UTC+5:30)"
    )
    assert (
        times.format_claimed_time(make_when(utc_ms(2026, 7, 1, 10), "minute", -180, tz="America/Sao_Paulo")).clock
        == "07:00 UTC-3"
    )


def test_a_stored_offset_wins_over_what_the_zone_would_say() -> None:
    """The stored offset is used; a zone name that would contradict it is not printed."""
    assert times.format_claimed_time(make_when(utc_ms(2026, 7, 1, 10), "minute", 0)).clock == "10:00 UTC"


@pytest.mark.parametrize(
    ("precision", "end", "local", "line"),
    [
        ("exact", None, "", "Tue 3 Nov 2026, 20:14 GMT (UTC)"),
        ("hour", None, "", "Tue 3 Nov 2026, about 20:14 GMT (UTC)"),
        ("part_of_day", None, "Evening", "Tue 3 Nov 2026, evening, time not exact"),
        ("part_of_day", None, "2026-11-03 early_morning", "Tue 3 Nov 2026, early morning, time not exact"),
        ("day", None, "", "Tue 3 Nov 2026, time not given"),
        (
            "day",
            utc_ms(2026, 11, 3, 22, 5),
            "2026-11-03 earlier_today",
            "Tue 3 Nov 2026, “Earlier today”, before 22:05 GMT (UTC), time not exact",
        ),
        ("day", None, "2026-11-03 earlier_today", "Tue 3 Nov 2026, time not exact"),
        (
            "date_range",
            utc_ms(2026, 11, 6),
            "",
            "between Tue 3 Nov 2026 and Thu 5 Nov 2026, from 20:14 on the first day to midnight GMT (UTC) on the last, "
            "time not exact",
        ),
        ("date_range", utc_ms(2026, 11, 3, 22), "", "Tue 3 Nov 2026, between 20:14 and 22:00 GMT (UTC)"),
        ("date_range", None, "", "from Tue 3 Nov 2026, end not known"),
        ("month", None, "", "November 2026, day not known"),
        ("season", None, "Autumn 2026", "Autumn 2026, season only"),
        ("unknown", None, "when it snowed", "Date not known, when it snowed"),
        ("of a later release", None, "", "from Tue 3 Nov 2026, end not known"),
    ],
)
def test_each_precision_has_its_own_words(precision: str, end: int | None, local: str, line: str) -> None:
    """Every precision of the format has its wording, and so has an unknown one."""
    assert times.format_claimed_time(make_when(utc_ms(2026, 11, 3, 20, 14), precision, 0, end, local)).to_line() == line


OCTOBER_RANGE_TEXT = "between Thu 1 Oct 2026 and Sat 31 Oct 2026, date not exact"
WEEKEND_RANGE_TEXT = "between Sat 28 Mar 2026 and Sun 29 Mar 2026, date not exact"
NIGHT_RANGE_TEXT = (
    "between Tue 3 Nov 2026 and Wed 4 Nov 2026, from 23:30 on the first day to 00:30 GMT (UTC) on the last, "
    "time not exact"
)
REPEATED_HOUR_TEXT = "Sun 25 Oct 2026, between 00:30 BST (UTC+1) and 01:30 GMT (UTC)"


@pytest.mark.parametrize(
    ("start", "end", "line", "iso"),
    [
        (utc_ms(2026, 9, 30, 23), utc_ms(2026, 11, 1), OCTOBER_RANGE_TEXT, "2026-11-01T00:00:00Z"),
        (utc_ms(2026, 3, 28), utc_ms(2026, 3, 29, 23), WEEKEND_RANGE_TEXT, "2026-03-30T00:00:00+01:00"),
        (utc_ms(2026, 10, 24, 23), utc_ms(2026, 10, 26), "Sun 25 Oct 2026, time not given", "2026-10-26T00:00:00Z"),
        (utc_ms(2026, 10, 24, 23, 30), utc_ms(2026, 10, 25, 1, 30), REPEATED_HOUR_TEXT, "2026-10-25T01:30:00Z"),
        (utc_ms(2026, 11, 3, 23, 30), utc_ms(2026, 11, 4, 0, 30), NIGHT_RANGE_TEXT, "2026-11-04T00:30:00Z"),
        (
            utc_ms(2026, 11, 3, 22),
            utc_ms(2026, 11, 4),
            "Tue 3 Nov 2026, between 22:00 and midnight GMT (UTC)",
            "2026-11-04T00:00:00Z",
        ),
    ],
)
def test_a_range_ends_by_the_clock_of_its_end(start: int, end: int, line: str, iso: str) -> None:
    """Clock changes, the repeated hour and midnight are handled; both times the keeper gave are shown."""
    when_range = make_when(start, "date_range", times.offset_minutes_at(start, "Europe/London"), end)
    assert times.format_claimed_time(when_range).to_line() == line
    assert times.format_iso(when_range.end_ms, when_range.end_offset_minutes) == iso


@pytest.mark.parametrize("start", [None, -(10**18), 10**18])
def test_an_impossible_instant_counts_as_unknown(start: int | None) -> None:
    """A broken clock never stops a pack."""
    assert times.format_claimed_time(make_when(start, "minute", None)).day == "Date not known"
    assert times.format_iso(start) == ""


def test_an_unknown_zone_is_utc() -> None:
    """Zone names come from records, and may be paths or nonsense."""
    for tz in ("", "Mars/Olympus", "../../etc/passwd", "Europe/London\0", "x" * 400):
        assert times.offset_minutes_at(utc_ms(2026, 7, 1), tz) == 0


@pytest.mark.parametrize(
    ("delay", "words"),
    [
        (0, "within a minute"),
        (60_000, "1 minute later"),
        (7_200_000, "2 hours later"),
        (172_800_000, "2 days later"),
        (-5, "before the time given"),
    ],
)
def test_delays_in_words(delay: int, words: str) -> None:
    """The delay until an entry was written is put in words."""
    assert times.format_delay(delay) == words


def test_a_time_without_a_precision_is_to_the_minute_and_no_time_is_unknown() -> None:
    """Both codes are in the list, as in a sealed record."""
    start = utc_ms(2026, 5, 4, 12)
    assert times.occurred_time({"occurred_start": start}).precision == "minute"
    assert times.occurred_time({}).precision == "unknown"
    assert times.occurred_time({"occurred_start": times.LATEST_MS}).precision == "unknown"
    assert times.occurred_time({"occurred_start": start, "precision": "day"}).precision == "day"
    assert times.read_time_block({"at": {"start": start}}, "at").precision == "minute"


@pytest.mark.parametrize(
    ("minutes", "kept"), [(18 * 60, 18 * 60), (-18 * 60, -18 * 60), (18 * 60 + 1, 60), (-18 * 60 - 1, 60), (None, 60)]
)
def test_an_offset_that_no_clock_has_is_read_from_the_zone(minutes: int | None, kept: int) -> None:
    """Eighteen hours either way is the limit."""
    assert make_when(utc_ms(2026, 5, 4, 12), "minute", minutes).offset_minutes == kept


def test_the_end_has_the_offset_of_its_own_moment_where_the_zone_is_known() -> None:
    """The end has its own offset where the zone is known; otherwise it is that of the start."""
    before, after = utc_ms(2026, 10, 24, 22), utc_ms(2026, 10, 25, 6)
    assert make_when(before, "minute", 60).end_offset_minutes == 60
    assert make_when(before, "minute", 60, end=after).end_offset_minutes == 0
    assert make_when(before, "minute", 120, end=after).end_offset_minutes == 120
    assert make_when(before, "minute", 60, end=after, tz="Nowhere/None").end_offset_minutes == 60
    assert make_when(None, "minute", 60, end=after).end_offset_minutes == 60
