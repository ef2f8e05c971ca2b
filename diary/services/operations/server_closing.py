"""Closing of the server: the operator's announcement, and the requests that are refused from then on.

[Note: what a closing server refuses] From the announcement on, nobody new may register: a new diary would have to move
almost at once. From the closing date on, content can be read, sent to another phone and made into a pack, but nothing
is added: a receipt by a server that is about to be switched off would mislead the keeper. From the second date on,
every request for a keeper's content is refused. The public pages and the log stay, because existing packs are checked
against them.
"""

from typing import Final

from diary.errors import ServerClosed, ServerClosing
from diary.services.instance import Instance
from diary.storage import server_closing
from diary.storage.server_closing import ClosingSchedule

__all__ = [
    "ClosingMonitor",
    "ClosingSchedule",
    "announce_closing",
    "closing_payload",
    "find_closing",
    "withdraw_closing",
]
# Other workers and the command line change the announcement in the database.
CACHE_LIFETIME_MS: Final = 2_000


class ClosingMonitor:
    """One worker's cached copy of the announcement, refreshed every two seconds."""

    def __init__(self) -> None:
        self._schedule: ClosingSchedule | None = None
        self._checked_at_ms: int | None = None

    async def current_schedule(self, instance: Instance) -> ClosingSchedule | None:
        """Return the announcement, or None."""
        now = instance.clock.now_ms()
        if self._checked_at_ms is None or not 0 <= now - self._checked_at_ms < CACHE_LIFETIME_MS:
            self._schedule, self._checked_at_ms = await find_closing(instance), now
        return self._schedule

    async def check_accepts(self, instance: Instance, *, adds_to_diary: bool, creates_account: bool) -> None:
        """Refuse a request that the announcement no longer allows; see [Note: what a closing server refuses].

        `adds_to_diary` and `creates_account` describe the request. Raise ServerClosed and ServerClosing.
        """
        schedule = await self.current_schedule(instance)
        if schedule is None:
            return
        now = instance.clock.now_ms()
        if now >= schedule.off_at or (adds_to_diary and now >= schedule.closes_at):
            raise ServerClosed
        if creates_account:
            raise ServerClosing


def closing_payload(schedule: ClosingSchedule | None) -> dict[str, int] | None:
    """Return the announcement as JSON, or None."""
    return {"off": schedule.off_at, "on": schedule.closes_at} if schedule else None


async def find_closing(instance: Instance) -> ClosingSchedule | None:
    """Return the announcement in the database, or None."""
    return await server_closing.find_closing(instance.db)


async def announce_closing(instance: Instance, schedule: ClosingSchedule) -> None:
    """Announce the closing dates, or change them."""
    await instance.db.writer.run(lambda tx: server_closing.announce_closing(tx, schedule))


async def withdraw_closing(instance: Instance) -> bool:
    """Withdraw the announcement. Return whether there was one."""
    return await instance.db.writer.run(server_closing.cancel_closing)
