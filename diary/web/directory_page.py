"""The page with the directory: it shows which services are open in the current minute, the same for every visitor."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from diary.web.directory import CONTACT_WAYS, DAYS, OpeningHours, SupportDirectory, SupportService

# Path without the language prefix.
DIRECTORY_PATH: Final = "/directory"
MINUTE_MS: Final = 60_000
WEEK: Final = timedelta(days=7)
RenderFunction = Callable[..., bytes]


class DirectoryPage:
    """Page that is rendered at most once a minute, so that frequent requests cost nothing."""

    def __init__(self, directory: SupportDirectory, render: RenderFunction) -> None:
        """Store `render`, which takes the page's values by name and returns its bytes."""
        self._directory = directory
        self._render = render
        self._cached_minute = -1
        self._cached_page = b""

    def render_at(self, now_ms: int) -> bytes:
        """Return the HTML of the page at `now_ms`."""
        minute = now_ms // MINUTE_MS
        if minute != self._cached_minute:
            local = datetime.fromtimestamp(minute * 60, self._directory.time_zone)
            sections = [
                (way, [service_row(service, local) for service in self._directory.services_reached_by(way)])
                for way in CONTACT_WAYS
            ]
            self._cached_page, self._cached_minute = (
                self._render(sections=sections, day=DAYS[local.weekday()], time=f"{local:%H:%M}"),
                minute,
            )
        return self._cached_page


def service_row(service: SupportService, local_time: datetime) -> dict[str, object]:
    """Return the values of one row for the template.

    `state` is always, open, closed or unknown. `opens` is (day, time) if the service is closed. `hours` are those of a
    week. `tells_of_checks`: whether the page may say who checked it.
    """
    is_open = service.is_open(local_time)
    state = "always" if service.openings is None else "unknown" if is_open is None else "open" if is_open else "closed"
    next_opening_time = next_opening(service, local_time) if state == "closed" else None
    return {
        "is": service,
        "tells_of_checks": not service.is_emergency,
        "state": state,
        "opens": next_opening_time,
        "hours": [format_hours(opening) for opening in service.openings or ()],
    }


def format_hours(opening: OpeningHours) -> tuple[list[tuple[str, str]], str]:
    """Return runs of days with the hours: `([("mon", "tue"), ("thu", "fri")], "09:30–16:00")`."""
    days = sorted(opening.weekdays)
    starts = [day for day in days if day - 1 not in opening.weekdays]
    ends = [day for day in days if day + 1 not in opening.weekdays]
    start, end = (f"{minute // 60:02}:{minute % 60:02}" for minute in (opening.start_minute, opening.end_minute))
    return [(DAYS[first], DAYS[last]) for first, last in zip(starts, ends, strict=True)], f"{start}–{end}"


def next_opening(service: SupportService, local_time: datetime) -> tuple[str, str]:
    """Return the weekday and time at which the service opens next."""
    moments = [
        (local_time + timedelta(days=ahead)).replace(hour=opening.start_minute // 60, minute=opening.start_minute % 60)
        for ahead in range(WEEK.days + 1)
        for opening in service.openings or ()
        if (local_time + timedelta(days=ahead)).weekday() in opening.weekdays
    ]
    first = min(moment for moment in moments if moment > local_time)
    return DAYS[first.weekday()], f"{first:%H:%M}"
