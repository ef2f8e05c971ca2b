"""How far each device's clock was from the server's when entries were sealed, for 10."""

from collections.abc import Sequence
from dataclasses import dataclass

from diary.pack.contents import Contents
from diary.pack.wording import numbers_words
from diary.record import times
from diary.record.reading import object_of, text_of, whole_of


@dataclass(frozen=True, slots=True)
class Clock:
    """When an entry was first sealed and received, and how far its device's clock was from the server's; ms."""

    number: str
    sealed: int | None
    received: int | None
    offset: int | None


def clock_checks(contents: Contents) -> list[list[str]]:
    """The device's clock against the server's: entries of one device that differ by the same second stand together.

    A line for each entry filled five pages and said the same thing a hundred times; when each was sealed and received
    stands in 02, entry by entry.
    """
    groups: dict[tuple[str, int | None], list[Clock]] = {}
    for entry in contents.whole:
        version = contents.first_version(entry)
        offset = whole_of(object_of(version.opened.fields, "_clock"), "offset_ms")
        device = text_of(object_of(version.opened.fields, "_line"), "device")
        second = None if offset is None else round(offset / 1000)
        groups.setdefault((device, second), []).append(
            Clock(entry.number, version.opened.at, version.received_at, offset)
        )
    tz = contents.capsule.head.tz
    return [
        [numbers_words(tuple(one.number for one in held)), device, *_clock_words(held, tz)]
        for (device, _), held in groups.items()
    ]


def _clock_words(held: Sequence[Clock], tz: str) -> list[str]:
    """Of entries that stand together: sealed from when to when, how long until a server had them, the difference."""
    days = [times.instant(at, tz).day for at in sorted(one.sealed for one in held if one.sealed is not None)]
    waits = [one.received - one.sealed for one in held if one.received is not None and one.sealed is not None]
    missing = sum(one.received is None for one in held)
    longest = (
        f"at most {times.delay_words(max(waits))}" if waits and max(waits) >= times.MINUTE_MS else "within a minute"
    )
    received = [longest if waits else "", f"{missing} not received" if missing else ""]
    differ = sorted(one.offset for one in held if one.offset is not None)
    ends = list(dict.fromkeys(f"{offset / 1000:+.1f}" for offset in (differ[0], differ[-1]))) if differ else []
    return [
        " to ".join(dict.fromkeys((days[0], days[-1]))) if days else "not known",
        "; ".join(part for part in received if part),
        f"{' to '.join(ends)} s" if ends else "not checked",
    ]
