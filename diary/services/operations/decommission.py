"""A server that ends: what its operator has announced, and what is still done.

[Note: ending] From the announcement on, nobody new is let in: a diary begun now would have to move before it is used to
its place. From the day itself what is here can be read, sent to another phone and made into a pack, and nothing is added:
a keeper whose phone believed in a receipt of a server that is about to be switched off would be misled. From the second
date on nothing of a keeper's is answered. The public pages and the log stay: packs that were made are checked against them.
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
# Other workers, and the command line, announce through the database.
CACHE_LIFETIME_MS: Final = 2_000


class ShutdownMonitor:
    """What one worker knows of the end, looked at again every two seconds."""

    def __init__(self) -> None:
        """Nothing is known yet."""
        self._notice: ShutdownSchedule | None = None
        self._checked_at_ms: int | None = None

    async def current_notice(self, instance: Instance) -> ShutdownSchedule | None:
        """What is announced."""
        now = instance.clock.now_ms()
        if self._checked_at_ms is None or not 0 <= now - self._checked_at_ms < CACHE_LIFETIME_MS:
            self._notice, self._checked_at_ms = await find_notice(instance), now
        return self._notice

    async def check_accepts(self, instance: Instance, *, adds_to_diary: bool, creates_account: bool) -> None:
        """Let a request for a keeper's things go on. `grows`: it adds to a diary; `begins`: it opens an account.

        Raises Closing and Closed. See [Note: ending].
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
    """The announcement as it is sent."""
    return {"off": notice.off_at, "on": notice.closes_at} if notice else None


async def find_notice(instance: Instance) -> ShutdownSchedule | None:
    """What the database says now."""
    return await decommission.find(instance.db)


async def announce_shutdown(instance: Instance, notice: ShutdownSchedule) -> None:
    """Announce the end, or move it."""
    await instance.db.writer.run(lambda tx: decommission.announce(tx, notice))


async def withdraw_notice(instance: Instance) -> bool:
    """Take the announcement back; whether there was one."""
    return await instance.db.writer.run(decommission.cancel)
