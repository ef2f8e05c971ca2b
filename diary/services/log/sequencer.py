"""The log sequencer: it appends leaves, signs checkpoints and requests timestamps and cosignatures.

A receipt promises that its leaf is in a checkpoint within twenty minutes. Leaves are appended every half minute, and a
checkpoint is made ten minutes after the previous one if there are new leaves. Every worker on every host may run this:
the database decides which one goes first (storage/log/public_log.py).
"""

import asyncio
from collections.abc import Callable
from typing import Final

from diary.config import Settings
from diary.encoding import unb64
from diary.errors import BadRequest, BadSignature
from diary.ledger import checkpoints, releases
from diary.ledger.leaves import release_leaf
from diary.services.instance import Instance
from diary.services.log import cosigning, timestamping
from diary.storage.log import public_log
from diary.storage.log.public_log import CheckpointRow

LEAVES_PER_BATCH: Final = 200
_ROUNDS_PER_CHECKPOINT: Final = 20  # how often leaves are appended within one checkpoint interval


async def sequence_leaves(instance: Instance) -> int:
    """Append every waiting leaf to the log. Return their number. Small transactions keep pushes from waiting."""
    sequenced_count = 0
    while True:
        batch_count = await instance.db.writer.run(lambda tx: public_log.append_waiting_leaves(tx, LEAVES_PER_BATCH))
        sequenced_count += batch_count
        if batch_count < LEAVES_PER_BATCH:
            return sequenced_count


async def log_release(instance: Instance) -> bool:
    """Append the leaf of the served release. Return False if it is in the log already, or if no release is signed."""
    leaf = instance.release_leaf
    if leaf is None or await public_log.is_release_logged(instance.db, leaf):
        return False
    return await instance.db.writer.run(lambda tx: public_log.append_release_leaf(tx, leaf))


def read_release_leaf(settings: Settings) -> bytes | None:
    """Return the leaf of DIARY_RELEASE if DIARY_RELEASE_KEY signed it, else None. `doctor` reports what is wrong."""
    if settings.release is None or not settings.release_key:
        return None
    try:
        raw = settings.release.read_bytes()
        releases.read_release(raw, unb64(settings.release_key))
    except (OSError, BadRequest, BadSignature):
        return None
    return release_leaf(raw)


async def make_checkpoint(instance: Instance) -> CheckpointRow | None:
    """Make a checkpoint if the log has grown and the last one is old enough. Return it, or None."""
    min_interval_ms = instance.settings.checkpoint_seconds * 1000
    authority_names = tuple(authority.name for authority in instance.timestamp_authorities)
    return await instance.db.writer.run(
        lambda tx: public_log.add_checkpoint(
            tx,
            instance.clock.now_ms(),
            min_interval_ms,
            lambda size, root: checkpoints.sign_checkpoint(instance.notary, size, root),
            authority_names,
        )
    )


async def run_round(instance: Instance) -> None:
    """Run one round: release, leaves, checkpoint, timestamps, cosignatures."""
    await log_release(instance)
    await sequence_leaves(instance)
    await make_checkpoint(instance)
    await timestamping.request_due_timestamps(instance)
    await cosigning.request_due_cosignatures(instance)


async def run_forever(instance: Instance, on_error: Callable[[BaseException], None]) -> None:
    """Run rounds until cancelled. A failed round is reported to `on_error`, and the next one tries again."""
    while True:
        await asyncio.sleep(instance.settings.checkpoint_seconds / _ROUNDS_PER_CHECKPOINT)
        try:
            await run_round(instance)
        except Exception as error:  # noqa: BLE001 - no failure may end the loop: receipts promise twenty minutes
            on_error(error)
