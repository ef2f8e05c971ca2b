"""What the server does by itself, at its start and every hour: carry out what is due, give up what is abandoned.

[Note: a clock that jumps] What is erased does not come back, so one wrong look at the clock must not do it. The
database remembers when the clock was last looked at and since when it has run evenly: a look that finds it set
back, or further on than the hourly looks account for (a machine that woke up in the wrong year, a server that
was off), erases nothing and starts the count anew. What is due goes once the clock has been even for close to
an hour. A late erasure is the price, by an hour after the server was off; an early one would be a loss.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from diary import constants
from diary.services.instance import Instance
from diary.services.sync import blobs
from diary.storage import purge_clock
from diary.storage.accounts import account_closing, daily_quota
from diary.storage.sharing import grants, letters, witness_statements
from diary.storage.sharing import handovers as handovers_store
from diary.storage.sync import blobs as stored
from diary.storage.sync import erasures
from diary.storage.sync.erasures import ErasureRow
from diary.storage.writer import Hand

HOUR_S: Final = 3600
EVEN_MS: Final = 50 * 60_000
LONGEST_MS: Final = 2 * 3_600_000
BACK_MS: Final = 5 * 60_000
ABANDONED_MS: Final = 30 * 86_400_000
# What is left of a hand-over that ran out, times without a place, so that its keeper can still see them.
HANDOVER_KEPT_MS: Final = constants.HANDOVER_KEPT_DAYS * 86_400_000
# What is left of a witness code that was taken in, or that ran out unused: a witness who comes late with the right words gets a
# message that says so.
WITNESS_KEPT_MS: Final = constants.WITNESS_KEPT_DAYS * 86_400_000
# A letter that was taken in ([Note: taken in], diary/storage/sharing/letters.py).
LETTER_KEPT_MS: Final = constants.LETTER_KEPT_DAYS * 86_400_000
# A phone that was shut while it left a pack cannot go on: the key was in its memory only.
HANDOVER_UNFINISHED_MS: Final = 86_400_000
DAY_MS: Final = 86_400_000
DAYS_KEPT: Final = 7
# No part is on its way for so long. One that is all the same is refused at its end, and sent again.
STALE_MS: Final = 3_600_000


@dataclass(frozen=True, slots=True)
class Purged:
    """What one run did. `steady`: whether the clock was believed."""

    steady: bool
    erasures: int = 0
    accounts: int = 0
    uploads: int = 0
    files: int = 0
    handovers: int = 0


async def purge(instance: Instance) -> Purged:
    """One run. Safe to repeat and to run twice at once."""
    now = instance.clock.now_ms()
    writer = instance.db.writer
    steady = await writer.run(lambda hand: _look(hand, now))
    done = closed = uploads = handovers = 0
    if steady:
        for row in await writer.run(lambda hand: erasures.list_due(hand, now)):
            done += await writer.run(lambda hand, row=row: _carry_out(hand, row, now))  # type: ignore[misc]
        for account in await writer.run(lambda hand: account_closing.list_due(hand, now)):
            closed += await _close(instance, account)
        ages = (now - HANDOVER_KEPT_MS, now - HANDOVER_UNFINISHED_MS)
        handovers = await writer.run(lambda hand: handovers_store.doom_due(hand, now, *ages))
        await writer.run(lambda hand: grants.end_due(hand, now))
        await writer.run(lambda hand: witness_statements.drop_due(hand, now - WITNESS_KEPT_MS))
        await writer.run(lambda hand: letters.drop_taken(hand, now - LETTER_KEPT_MS))
        uploads = await writer.run(lambda hand: erasures.doom_abandoned(hand, now - ABANDONED_MS, now))
    files = await bury(instance)
    await _clear(instance, now)
    await writer.run(lambda hand: daily_quota.forget(hand, now // DAY_MS - DAYS_KEPT))
    if done or closed:
        await instance.db.forget()
    return Purged(steady, done, closed, uploads, files, handovers)


async def bury(instance: Instance, account: bytes | None = None) -> int:
    """Remove the bytes of files that nobody is given any more, of one account or of all; how many files. Raises Unavailable."""
    doomed = await instance.db.writer.run(lambda hand: erasures.list_doomed(hand, account))
    for one in doomed:
        for name in one.names:
            await instance.blobs.remove(name)
        if one.folder:
            await instance.blobs.remove_below(one.folder)
        await instance.db.writer.run(lambda hand, one=one: erasures.bury(hand, one.row))  # type: ignore[misc]
    return len(doomed)


async def _clear(instance: Instance, now: int) -> None:
    """Remove bytes that no part speaks of: of uploads that were refused or broken off, and of parts that were replaced."""
    writer = instance.db.writer
    for account in await writer.run(lambda hand: stored.drop_stale(hand, now - STALE_MS, now + STALE_MS)):
        await blobs.clear(instance, account)


async def every_hour(instance: Instance, failed: Callable[[BaseException], None]) -> None:
    """Run now and every hour until cancelled; a run that fails is told and tried again an hour later."""
    while True:
        try:
            await purge(instance)
        except Exception as error:  # noqa: BLE001 - whatever it is, the next hour is due all the same
            failed(error)
        await asyncio.sleep(HOUR_S)


def _look(hand: Hand, now: int) -> bool:
    """Look at the clock; True when it may be believed. See [Note: a clock that jumps]."""
    known = purge_clock.find_clock(hand)
    if known is None:
        since = now
    else:
        even = -BACK_MS <= now - known.seen_at <= LONGEST_MS
        since = known.steady_since if even else now
    purge_clock.set_clock(hand, seen_at=now, steady_since=since)
    return now - since >= EVEN_MS


def _carry_out(hand: Hand, row: ErasureRow, now: int) -> int:
    """Erase what one erasure names, if it still waits."""
    if not erasures.is_pending(hand, row.id):
        return 0
    erasures.carry_out(hand, row.diary, row.records, now)
    erasures.close(hand, row.id)
    return 1


async def _close(instance: Instance, account: bytes) -> int:
    """Close one account; 0 when its leaves still wait for the log."""
    if not await instance.db.writer.run(lambda hand: account_closing.empty(hand, account)):
        return 0
    await bury(instance)
    await instance.db.writer.run(lambda hand: account_closing.remove(hand, account))
    return 1
