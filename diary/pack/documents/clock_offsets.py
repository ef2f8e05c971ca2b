"""Offsets of each device's clock from the server's when entries were sealed, for document 10."""

from collections.abc import Sequence
from dataclasses import dataclass

from diary.pack.contents import PackContents
from diary.pack.wording import format_entry_numbers
from diary.record import times
from diary.record.reading import integer_of, object_of, text_of


@dataclass(frozen=True, slots=True)
class ClockReading:
    """Times at which an entry was first sealed and received (ms UTC), and the offset of its device's clock (ms)."""

    entry_number: str
    sealed_at: int | None
    received_at: int | None
    offset_ms: int | None


def clock_offset_rows(contents: PackContents) -> list[list[str]]:
    """Return the clock offsets, with entries of one device and the same offset in seconds in a single row.

    One row for each entry would fill pages with repetition; document 02 gives the times of each entry.
    """
    groups: dict[tuple[str, int | None], list[ClockReading]] = {}
    for entry in contents.unredacted_entries:
        version = contents.first_version(entry)
        offset_ms = integer_of(object_of(version.opened.fields, "_clock"), "offset_ms")
        device = text_of(object_of(version.opened.fields, "_line"), "device")
        offset_seconds = None if offset_ms is None else round(offset_ms / 1000)
        groups.setdefault((device, offset_seconds), []).append(
            ClockReading(entry.number, version.opened.recorded_at_ms, version.received_at, offset_ms)
        )
    tz = contents.capsule.metadata.tz
    return [
        [
            format_entry_numbers(tuple(reading.entry_number for reading in readings)),
            device,
            *_format_readings(readings, tz),
        ]
        for (device, _), readings in groups.items()
    ]


def _format_readings(readings: Sequence[ClockReading], tz: str) -> list[str]:
    """Return for a group of entries: the days of sealing, the longest delay until receipt, and the offset."""
    days = [
        times.format_instant(at, tz).day
        for at in sorted(reading.sealed_at for reading in readings if reading.sealed_at is not None)
    ]
    delays_ms = [
        reading.received_at - reading.sealed_at
        for reading in readings
        if reading.received_at is not None and reading.sealed_at is not None
    ]
    unreceived_count = sum(reading.received_at is None for reading in readings)
    longest_delay = (
        f"at most {times.format_delay(max(delays_ms))}"
        if delays_ms and max(delays_ms) >= times.MINUTE_MS
        else "within a minute"
    )
    receipt_words = [longest_delay if delays_ms else "", f"{unreceived_count} not received" if unreceived_count else ""]
    sorted_offsets = sorted(reading.offset_ms for reading in readings if reading.offset_ms is not None)
    ends = (
        list(dict.fromkeys(f"{offset / 1000:+.1f}" for offset in (sorted_offsets[0], sorted_offsets[-1])))
        if sorted_offsets
        else []
    )
    return [
        " to ".join(dict.fromkeys((days[0], days[-1]))) if days else "not known",
        "; ".join(part for part in receipt_words if part),
        f"{' to '.join(ends)} s" if ends else "not checked",
    ]
