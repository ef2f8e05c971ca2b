"""Keeping the public log: leaves get their places, checkpoints are signed, authorities and witnesses are asked about them.

A receipt promises that its leaf is in a checkpoint within twenty minutes. Leaves are placed every half minute
and a checkpoint is made ten minutes after the one before, when there is something new. Every worker of every
host may run this: the rows decide who goes first (storage/log/public_log.py).
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

LEAVES_AT_ONCE: Final = 200
_ROUNDS: Final = 20  # times a checkpoint's interval that leaves are looked for


async def place_leaves(instance: Instance) -> int:
    """Give every waiting leaf its place; how many there were. In small jobs, so that pushes need not wait for it."""
    placed = 0
    while True:
        some = await instance.db.writer.run(lambda hand: public_log.append_waiting(hand, LEAVES_AT_ONCE))
        placed += some
        if some < LEAVES_AT_ONCE:
            return placed


async def place_release(instance: Instance) -> bool:
    """Give the signed list of the release that is served its place in the log; False when it has one, or nothing is signed."""
    leaf = instance.release
    if leaf is None or await public_log.has_release(instance.db, leaf):
        return False
    return await instance.db.writer.run(lambda hand: public_log.append_release(hand, leaf))


def read_release(settings: Settings) -> bytes | None:
    """The leaf of DIARY_RELEASE, where DIARY_RELEASE_KEY signed it; else None: doctor says what is wrong with it."""
    if settings.release is None or not settings.release_key:
        return None
    try:
        raw = settings.release.read_bytes()
        releases.read(raw, unb64(settings.release_key))
    except (OSError, BadRequest, BadSignature):
        return None
    return release_leaf(raw)


async def make_checkpoint(instance: Instance) -> CheckpointRow | None:
    """A checkpoint, when the log has grown and the last one is old enough."""
    least = instance.settings.checkpoint_seconds * 1000
    names = tuple(one.name for one in instance.authorities)
    return await instance.db.writer.run(
        lambda hand: public_log.add_checkpoint(
            hand,
            instance.clock.now_ms(),
            least,
            lambda size, root: checkpoints.make(instance.notary, size, root),
            names,
        )
    )


async def tend(instance: Instance) -> None:
    """One round: the release, leaves, a checkpoint, stamps, cosignatures."""
    await place_release(instance)
    await place_leaves(instance)
    await make_checkpoint(instance)
    await timestamping.ask_all(instance)
    await cosigning.ask_all(instance)


async def keep(instance: Instance, fault: Callable[[BaseException], None]) -> None:
    """Rounds for as long as the server runs. A round that fails is told to `fault`; the next one tries again."""
    while True:
        await asyncio.sleep(instance.settings.checkpoint_seconds / _ROUNDS)
        try:
            await tend(instance)
        except Exception as error:  # noqa: BLE001 - whatever it is, the promise of twenty minutes stays
            fault(error)
