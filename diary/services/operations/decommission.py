"""Decommissioning: the operator's announcement that the server closes, and what it still does.

[Note: what a closing server refuses] From the announcement on, nobody new may register: a new diary would have to move
almost at once. From the closing date on, content can be read, sent to another phone and made into a pack, but nothing
is added: a receipt by a server that is about to be switched off would mislead the keeper. From the second date on,
every request for a keeper's content is refused. The public pages and the log stay, because existing packs are checked
against them.
"""

from typing import Final

from diary.errors import ServerClosed, ServerClosing
from diary.services.instance import Instance
from diary.storage import decommission
from diary.storage.decommission import ShutdownSchedule

__all__ = [
    "ShutdownMonitor",
    "ShutdownSchedule",
    "announce_shutdown",
    "find_notice",
    "shutdown_payload",
    "withdraw_notice",
]
# Other workers and the command line change the announcement in the database.
CACHE_LIFETIME_MS: Final = 2_000


class ShutdownMonitor:
    """One worker's cached copy of the announcement, refreshed every two seconds."""

    def __init__(self) -> None:
        self._notice: ShutdownSchedule | None = None
        self._checked_at_ms: int | None = None

    async def current_notice(self, instance: Instance) -> ShutdownSchedule | None:
        """Return the announcement, or None."""
        now = instance.clock.now_ms()
        if self._checked_at_ms is None or not 0 <= now - self._checked_at_ms < CACHE_LIFETIME_MS:
            self._notice, self._checked_at_ms = await find_notice(instance), now
        return self._notice

    async def check_accepts(self, instance: Instance, *, adds_to_diary: bool, creates_account: bool) -> None:
        """Refuse a request that the announcement no longer allows; see [Note: what a closing server refuses].

        `adds_to_diary` and `creates_account` describe the request. Raise ServerClosed and ServerClosing.
        """
        notice = await self.current_notice(instance)
        if notice is None:
            return
        now = instance.clock.now_ms()
        if now >= notice.off_at or (adds_to_diary and now >= notice.closes_at):
            raise ServerClosed
        if creates_account:
            raise ServerClosing


def shutdown_payload(notice: ShutdownSchedule | None) -> dict[str, int] | None:
    """Return the announcement as JSON, or None."""
    return {"off": notice.off_at, "on": notice.closes_at} if notice else None


async def find_notice(instance: Instance) -> ShutdownSchedule | None:
    """Return the announcement in the database, or None."""
    return await decommission.find(instance.db)


async def announce_shutdown(instance: Instance, notice: ShutdownSchedule) -> None:
    """Announce the closing dates, or change them."""
    await instance.db.writer.run(lambda tx: decommission.announce(tx, notice))


async def withdraw_notice(instance: Instance) -> bool:
    """Withdraw the announcement. Return whether there was one."""
    return await instance.db.writer.run(decommission.cancel)
