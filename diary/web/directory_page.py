"""The directory as a page: right for the minute it is asked in, and the same for everyone who asks in that minute."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from diary.web.directory import DAYS, WAYS, Directory, Opening, Service

# Its address, without the language.
DIRECTORY: Final = "/directory"
MINUTE_MS: Final = 60_000
WEEK: Final = timedelta(days=7)
Render = Callable[..., bytes]


class DirectoryPage:
    """Renders at most once a minute, so that asking often costs nothing."""

    def __init__(self, directory: Directory, render: Render) -> None:
        """`render`: takes the page's values by name and gives the bytes."""
        self._directory = directory
        self._render = render
        self._minute = -1
        self._page = b""

    def at(self, now_ms: int) -> bytes:
        """The page for a moment."""
        minute = now_ms // MINUTE_MS
        if minute != self._minute:
            local = datetime.fromtimestamp(minute * 60, self._directory.zone)
            sections = [(way, [row(one, local) for one in self._directory.reached_by(way)]) for way in WAYS]
            self._page, self._minute = (
                self._render(sections=sections, day=DAYS[local.weekday()], time=f"{local:%H:%M}"),
                minute,
            )
        return self._page


def row(service: Service, local: datetime) -> dict[str, object]:
    """What the template says of one row.

    `state` is always, open, closed or unknown; `opens` (day, time) when closed; `hours` those of a week.
    """
    is_open = service.is_open(local)
    state = "always" if service.openings is None else "unknown" if is_open is None else "open" if is_open else "closed"
    opens = next_opening(service, local) if state == "closed" else None
    return {"is": service, "state": state, "opens": opens, "hours": [hours(one) for one in service.openings or ()]}


def hours(opening: Opening) -> tuple[list[tuple[str, str]], str]:
    """Runs of days, each its first and its last, and the time of day: `([("mon", "tue"), ("thu", "fri")], "09:30–16:00")`."""
    days = sorted(opening.days)
    starts = [day for day in days if day - 1 not in opening.days]
    ends = [day for day in days if day + 1 not in opening.days]
    start, end = (f"{minute // 60:02}:{minute % 60:02}" for minute in (opening.start, opening.end))
    return [(DAYS[first], DAYS[last]) for first, last in zip(starts, ends, strict=True)], f"{start}–{end}"


def next_opening(service: Service, local: datetime) -> tuple[str, str]:
    """The day and time at which somebody answers again."""
    moments = [
        (local + timedelta(days=ahead)).replace(hour=one.start // 60, minute=one.start % 60)
        for ahead in range(WEEK.days + 1)
        for one in service.openings or ()
        if (local + timedelta(days=ahead)).weekday() in one.days
    ]
    first = min(moment for moment in moments if moment > local)
    return DAYS[first.weekday()], f"{first:%H:%M}"
