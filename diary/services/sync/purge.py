"""The purge at the server's start and every hour: it carries out due erasures and removes what was abandoned.

[Note: clock jumps] Erasure cannot be undone, so one wrong clock reading must not cause it. The database records
when the clock was last read and since when it has been steady. If it was set back, or is further ahead than hourly
readings explain (a machine that woke up in the wrong year, a server that was off), nothing is erased and the steady
period starts again. Due erasures happen once the clock has been steady for almost an hour. The price is an erasure up
to an hour late after the server was off; an early one would be a loss.

[Note: small steps] While a job of the purge runs in the writer, no entry of anybody is stored. So every job is one short
transaction over at most a few hundred rows, which it finds by an index of the rows that are due, and the writer runs
whatever waits between two of them. What needs more reading than that is read outside the writer, and the job checks
again what it was told. Each job leaves the rows that it has not reached as they were. So an interrupted purge is
continued by the next one, and two that run at once share the work. tests/storage/test_plans.py checks that no statement
reads a whole table; `python -m tests.bench purge` measures the jobs.

The exceptions: one request for erasure is carried out at once, so that it can be cancelled whole or not at all; the
access to an account that is closed ends at once; so does the access by one hand-over or code.
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
from diary.storage.partial_indexes import LOOP_ROWS
from diary.storage.sharing import grants, letters, witness_statements
from diary.storage.sharing import handovers as handovers_store
from diary.storage.sharing.handovers import HandoverState
from diary.storage.sync import blobs as stored
from diary.storage.sync import erasures
from diary.storage.sync.blobs import BlobKind
from diary.storage.sync.erasures import ErasureRow, UnfinishedUpload
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
        erasure_count = await _carry_out_erasures(instance, now)
        account_count = await _close_accounts(instance, now)
        handover_count = await _erase_handovers(instance, now)
        await _repeat(instance, lambda tx: grants.end_expired(tx, now))
        await _repeat(instance, lambda tx: witness_statements.delete_expired(tx, now - WITNESS_RETENTION_MS))
        await _repeat(instance, lambda tx: letters.delete_taken(tx, now - LETTER_RETENTION_MS))
        upload_count = await _erase_abandoned_uploads(instance, now)
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
    count = 0
    while unwanted_files := await instance.db.run_read(lambda tx: erasures.list_erased_blobs(tx, account)):
        for unwanted_file in unwanted_files:
            for name in unwanted_file.part_names:
                await instance.blob_store.remove(name)
            if unwanted_file.legacy_folder:
                await instance.blob_store.remove_prefix(unwanted_file.legacy_folder)
            await instance.db.writer.run(partial(erasures.delete_erased_blob, row_id=unwanted_file.row_id))
        count += len(unwanted_files)
    return count


async def _repeat(instance: Instance, step: Callable[[Transaction], int]) -> int:
    """Run a step in the writer until it changes nothing; see [Note: small steps]. Return the sum of its counts."""
    total = 0
    while count := await instance.db.writer.run(step):
        total += count
    return total


async def _carry_out_erasures(instance: Instance, now: int) -> int:
    """Carry out the erasures that are due, and return their number."""
    count = 0
    while rows := await instance.db.run_read(lambda tx: erasures.list_due(tx, now)):
        for row in rows:
            count += await instance.db.writer.run(partial(_carry_out, row=row, now=now))
    return count


async def _close_accounts(instance: Instance, now: int) -> int:
    """Close the accounts that are due, and return their number."""
    count = 0
    after = (0, b"")
    # Those whose leaves wait for the log stay, so each page follows the last.
    while page := await instance.db.run_read(partial(account_closing.list_due, now=now, after=after)):
        for _, account in page:
            count += await _close_account(instance, account, now)
        after = page[-1]
    return count


async def _erase_handovers(instance: Instance, now: int) -> int:
    """Erase the hand-overs that are due and return their number. Delete the rows of those that expired long ago."""
    unfinished_before = now - UNFINISHED_HANDOVER_TIMEOUT_MS
    count = 0
    last: HandoverState | None = None
    while page := await instance.db.run_read(partial(handovers_store.list_states, after=last)):
        due_ids = [state.id for state in page if state.is_due(now, unfinished_before)]
        for start in range(0, len(due_ids), LOOP_ROWS):
            some_ids = due_ids[start : start + LOOP_ROWS]
            count += await instance.db.writer.run(
                partial(handovers_store.erase_due, handovers=some_ids, now=now, unfinished_before=unfinished_before)
            )
        last = page[-1]
    await _repeat(instance, lambda tx: handovers_store.delete_expired(tx, now - HANDOVER_RETENTION_MS))
    return count


async def _erase_abandoned_uploads(instance: Instance, now: int) -> int:
    """Erase incomplete uploads without a new part for thirty days that no version names. Return their number."""
    before = now - UPLOAD_ABANDONED_AFTER_MS
    count = 0
    for kind in BlobKind:
        await _repeat(instance, partial(erasures.set_missing_times, kind=kind, now=now))
        last: UnfinishedUpload | None = None
        while page := await instance.db.run_read(
            partial(erasures.list_abandoned, kind=kind, before=before, after=last)
        ):
            for upload in page:
                count += await _erase_abandoned_upload(instance, upload, before)
            last = page[-1]
    return count


async def _erase_abandoned_upload(instance: Instance, upload: UnfinishedUpload, before: int) -> bool:
    """Erase an upload, unless a version names it or a part arrived after `before` ms. Return whether it was erased."""
    seq = await instance.db.run_read(lambda tx: erasures.find_unreferenced_seq(tx, upload))
    return seq is not None and await instance.db.writer.run(
        lambda tx: erasures.erase_abandoned(tx, upload, before, seq)
    )


async def _remove_stale_parts(instance: Instance, now: int) -> None:
    """Delete bytes that no part references: of refused or interrupted uploads, and of replaced parts."""
    await _repeat(instance, lambda tx: stored.drop_stale(tx, now - STALE_PART_AGE_MS, now + STALE_PART_AGE_MS))
    after = b""
    while accounts := await instance.db.run_read(partial(stored.list_accounts_with_dropped, after=after)):
        for account in accounts:
            await blobs.remove_dropped_bytes(instance, account)
        after = accounts[-1]


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


async def _close_account(instance: Instance, account: bytes, now: int) -> int:
    """Close one account and return 1, or 0 if its leaves still wait for the log; see [Note: closing in steps]."""
    writer = instance.db.writer
    if not await writer.run(lambda tx: account_closing.end_access(tx, account, now)):
        return 0
    await _repeat(instance, lambda tx: account_closing.erase_some_contents(tx, account))
    await delete_unserved_files(instance, account)
    await _repeat(instance, lambda tx: account_closing.delete_some_rows(tx, account))
    await writer.run(lambda tx: account_closing.delete_account(tx, account))
    return 1
