"""The purge at the server's start and every hour: it carries out due erasures and removes what was abandoned.

[Note: clock jumps] Erasure cannot be undone, so one wrong clock reading must not cause it. The database records
when the clock was last read and since when it has been steady. If it was set back, or is further ahead than hourly
readings explain (a machine that woke up in the wrong year, a server that was off), nothing is erased and the steady
period starts again. Due erasures happen once the clock has been steady for almost an hour. The price is an erasure up
to an hour late after the server was off; an early one would be a loss.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from diary import constants
from diary.services.instance import Instance
from diary.services.sync import blobs
from diary.storage import purge_clock
from diary.storage.account_changes import account_closing
from diary.storage.accounts import daily_quota
from diary.storage.sharing import grants, letters, witness_statements
from diary.storage.sharing import handovers as handovers_store
from diary.storage.sync import blobs as stored
from diary.storage.sync import erasures
from diary.storage.sync.erasures import ErasureRow
from diary.storage.writer import Transaction

PURGE_INTERVAL_SECONDS: Final = 3600
STEADY_CLOCK_MS: Final = 50 * 60_000
MAX_CLOCK_GAP_MS: Final = 2 * 3_600_000
MAX_CLOCK_SETBACK_MS: Final = 5 * 60_000
UPLOAD_ABANDONED_AFTER_MS: Final = 30 * 86_400_000
# An expired hand-over keeps only its times, so that its keeper can still see them.
HANDOVER_RETENTION_MS: Final = constants.HANDOVER_KEPT_DAYS * 86_400_000
# A witness code is kept after its statement was taken in or after it expired, so that a witness who is late gets a
# message that says so.
WITNESS_RETENTION_MS: Final = constants.WITNESS_KEPT_DAYS * 86_400_000
# Letters after they were taken in ([Note: taken in], diary/storage/sharing/letters.py).
LETTER_RETENTION_MS: Final = constants.LETTER_KEPT_DAYS * 86_400_000
# An interrupted hand-over cannot be continued, because its key was only in the phone's memory.
UNFINISHED_HANDOVER_TIMEOUT_MS: Final = 86_400_000
DAY_MS: Final = 86_400_000
DAILY_QUOTA_RETENTION_DAYS: Final = 7
# No upload of a part takes so long. If one does, it is refused at its end and sent again.
STALE_PART_AGE_MS: Final = 3_600_000


@dataclass(frozen=True, slots=True)
class PurgeResult:
    """Counts of one purge. `is_clock_steady` is False if the clock was not trusted."""

    is_clock_steady: bool
    erasure_count: int = 0
    account_count: int = 0
    upload_count: int = 0
    file_count: int = 0
    handover_count: int = 0


async def purge(instance: Instance) -> PurgeResult:
    """Run one purge. It is idempotent and may run twice at once."""
    now = instance.clock.now_ms()
    writer = instance.db.writer
    is_clock_steady = await writer.run(lambda tx: _update_clock_record(tx, now))
    erasure_count = account_count = upload_count = handover_count = 0
    if is_clock_steady:
        for row in await writer.run(lambda tx: erasures.list_due(tx, now)):
            erasure_count += await writer.run(lambda tx, row=row: _carry_out(tx, row, now))  # type: ignore[misc]
        for account in await writer.run(lambda tx: account_closing.list_due(tx, now)):
            account_count += await _close_account(instance, account)
        ages = (now - HANDOVER_RETENTION_MS, now - UNFINISHED_HANDOVER_TIMEOUT_MS)
        handover_count = await writer.run(lambda tx: handovers_store.erase_expired(tx, now, *ages))
        await writer.run(lambda tx: grants.end_expired(tx, now))
        await writer.run(lambda tx: witness_statements.delete_expired(tx, now - WITNESS_RETENTION_MS))
        await writer.run(lambda tx: letters.delete_taken(tx, now - LETTER_RETENTION_MS))
        upload_count = await writer.run(
            lambda tx: erasures.erase_abandoned_uploads(tx, now - UPLOAD_ABANDONED_AFTER_MS, now)
        )
    file_count = await delete_unserved_files(instance)
    await _remove_stale_parts(instance, now)
    await writer.run(lambda tx: daily_quota.delete_before(tx, now // DAY_MS - DAILY_QUOTA_RETENTION_DAYS))
    if erasure_count or account_count:
        await instance.db.purge_deleted_data()
    return PurgeResult(is_clock_steady, erasure_count, account_count, upload_count, file_count, handover_count)


async def delete_unserved_files(instance: Instance, account: bytes | None = None) -> int:
    """Delete the bytes of files that are no longer served, of one account or of all. Return their number.

    Raise Unavailable.
    """
    unwanted_files = await instance.db.writer.run(lambda tx: erasures.list_erased_blobs(tx, account))
    for unwanted_file in unwanted_files:
        for name in unwanted_file.part_names:
            await instance.blob_store.remove(name)
        if unwanted_file.legacy_folder:
            await instance.blob_store.remove_prefix(unwanted_file.legacy_folder)
        await instance.db.writer.run(partial(erasures.delete_erased_blob, row_id=unwanted_file.row_id))
    return len(unwanted_files)


async def _remove_stale_parts(instance: Instance, now: int) -> None:
    """Delete bytes that no part references: of refused or interrupted uploads, and of replaced parts."""
    writer = instance.db.writer
    for account in await writer.run(lambda tx: stored.drop_stale(tx, now - STALE_PART_AGE_MS, now + STALE_PART_AGE_MS)):
        await blobs.remove_dropped_bytes(instance, account)


async def run_hourly(instance: Instance, on_error: Callable[[BaseException], None]) -> None:
    """Run the purge now and every hour until cancelled.

    A failed run is reported to `on_error` and repeated an hour later.
    """
    while True:
        try:
            await purge(instance)
        except Exception as error:  # noqa: BLE001 - no failure may end the hourly runs
            on_error(error)
        await asyncio.sleep(PURGE_INTERVAL_SECONDS)


def _update_clock_record(tx: Transaction, now: int) -> bool:
    """Record the clock reading. Return whether the clock may be trusted; see [Note: clock jumps]."""
    clock_record = purge_clock.find_purge_clock(tx)
    if clock_record is None:
        steady_since_ms = now
    else:
        is_even = -MAX_CLOCK_SETBACK_MS <= now - clock_record.seen_at <= MAX_CLOCK_GAP_MS
        steady_since_ms = clock_record.steady_since if is_even else now
    purge_clock.set_purge_clock(tx, seen_at=now, steady_since=steady_since_ms)
    return now - steady_since_ms >= STEADY_CLOCK_MS


def _carry_out(tx: Transaction, row: ErasureRow, now: int) -> int:
    """Erase the records of one erasure, and return 1, or 0 if it is no longer pending."""
    if not erasures.is_pending(tx, row.id):
        return 0
    erasures.erase_records(tx, row.diary, row.records, now)
    erasures.delete_pending(tx, row.id)
    return 1


async def _close_account(instance: Instance, account: bytes) -> int:
    """Close one account and return 1, or 0 if its leaves still wait for the log."""
    if not await instance.db.writer.run(lambda tx: account_closing.erase_contents(tx, account)):
        return 0
    await delete_unserved_files(instance)
    await instance.db.writer.run(lambda tx: account_closing.delete_account(tx, account))
    return 1
