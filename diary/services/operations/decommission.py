"""A server that ends: what its operator has announced, and what is still done.

[Note: ending] From the announcement on, nobody new is let in: a diary begun now would have to move before it is used to
its place. From the day itself what is here can be read, sent to another phone and made into a pack, and nothing is added:
a keeper whose phone believed in a receipt of a server that is about to be switched off would be misled. From the second
date on nothing of a keeper's is answered. The public pages and the log stay: packs that were made are checked against them.
"""

from typing import Final

from diary.errors import Closed, Closing
from diary.services.instance import Instance
from diary.storage import decommission
from diary.storage.decommission import End

__all__ = ["End", "Ending", "announce", "announced", "take_back", "told"]
# Other workers, and the command line, announce through the database.
FRESH_MS: Final = 2_000


class Ending:
    """What one worker knows of the end, looked at again every two seconds."""

    def __init__(self) -> None:
        """Nothing is known yet."""
        self._end: End | None = None
        self._at: int | None = None

    async def known(self, instance: Instance) -> End | None:
        """What is announced."""
        now = instance.clock.now_ms()
        if self._at is None or not 0 <= now - self._at < FRESH_MS:
            self._end, self._at = await announced(instance), now
        return self._end

    async def admit(self, instance: Instance, *, grows: bool, begins: bool) -> None:
        """Let a request for a keeper's things go on. `grows`: it adds to a diary; `begins`: it opens an account.

        Raises Closing and Closed. See [Note: ending].
        """
        end = await self.known(instance)
        if end is None:
            return
        now = instance.clock.now_ms()
        if now >= end.off or (grows and now >= end.on):
            raise Closed
        if begins:
            raise Closing


def told(end: End | None) -> dict[str, int] | None:
    """The announcement as it is sent."""
    return {"off": end.off, "on": end.on} if end else None


async def announced(instance: Instance) -> End | None:
    """What the database says now."""
    return await decommission.find(instance.db)


async def announce(instance: Instance, end: End) -> None:
    """Announce the end, or move it."""
    await instance.db.writer.run(lambda hand: decommission.put(hand, end))


async def take_back(instance: Instance) -> bool:
    """Take the announcement back; whether there was one."""
    return await instance.db.writer.run(decommission.take_back)
