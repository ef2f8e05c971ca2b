"""What the log shows: to anyone its checkpoints and their stamps, to a keeper where the diary's own versions stand."""

from collections.abc import Mapping
from typing import Final

from diary.crypto.signing import fingerprint
from diary.encoding import b64, unb64
from diary.errors import NotFound
from diary.ids import id_text
from diary.ledger import tree
from diary.services.instance import Instance
from diary.storage.accounts.sessions import Signed
from diary.storage.log import cosignatures, public_log, stamps
from diary.storage.log.public_log import CheckpointRow
from diary.storage.log.stamps import Stamp

NOT_LOGGED: Final = "There is no checkpoint of that size."


async def state(instance: Instance) -> dict[str, object]:
    """Where the log stands: the newest checkpoint, the newest with a stamp and its stamps, who is asked, whose keys sign."""
    newest = await public_log.newest_checkpoint(instance.db)
    n = await stamps.newest_stamped(instance.db)
    stamped = None if n is None else await public_log.checkpoint(instance.db, n)
    seen = await cosignatures.newest(instance.db)
    witnessed = None if seen is None else await public_log.checkpoint(instance.db, seen)
    return {
        "authorities": [one.name for one in instance.authorities],
        "checkpoint": told(newest) if newest else None,
        "log": instance.notary.log,
        "now": instance.clock.now_ms(),
        "stamped": await with_stamps(instance, stamped) if stamped else None,
        "statements": [dict(one) for one in instance.statements],
        "witnessed": told(witnessed) | {"note": (await joined(instance, witnessed)).decode()} if witnessed else None,
        "witnesses": witnesses_told(instance),
    }


def told(row: CheckpointRow) -> dict[str, object]:
    """A checkpoint as it is sent."""
    return {"n": row.n, "note": row.note.decode(), "size": row.size}


async def with_stamps(instance: Instance, row: CheckpointRow) -> dict[str, object]:
    """A checkpoint with every stamp that was accepted for it."""
    return told(row) | {"stamps": [stamp_told(one) for one in await stamps.of_checkpoint(instance.db, row.n)]}


def stamp_told(one: Stamp) -> dict[str, object]:
    """A stamp as it is sent: the answer, and what was pinned when it was accepted."""
    return {
        "authority": one.authority,
        "chain": one.chain.decode(),
        "nonce": b64(one.nonce),
        "policy": one.policy,
        "tsr": b64(one.tsr),
    }


def keys_text(instance: Instance) -> str:
    """The keys to compare with what a phone, a pack or a command shows, each with its short form."""
    told = instance.statements
    top = str(told[0]["instance"]) if told else None
    lines = [f"instance key  {top or 'none'}", f"              {fingerprint(unb64(top)) if top else ''}"]
    lines += [f"notary key    {b64(instance.notary.pub)}", f"              {fingerprint(instance.notary.pub)}", ""]
    lines += [f"{one['n']}  {one['why']:8} {one['pub']}  {fingerprint(unb64(str(one['pub'])))}" for one in told]
    return "".join(f"{line.rstrip()}\n" for line in lines)


async def newest_note(instance: Instance) -> bytes:
    """The newest checkpoint's note. Raises NotFound."""
    return _found(await public_log.newest_checkpoint(instance.db)).note


async def note(instance: Instance, n: int) -> bytes:
    """Checkpoint `n`'s note. Raises NotFound."""
    return _found(await public_log.checkpoint(instance.db, n)).note


async def newest_witnessed(instance: Instance) -> bytes:
    """The newest checkpoint that a witness cosigned, with the lines of all that did. Raises NotFound."""
    n = await cosignatures.newest(instance.db)
    return await joined(instance, _found(None if n is None else await public_log.checkpoint(instance.db, n)))


async def witnessed(instance: Instance, n: int) -> bytes:
    """Checkpoint `n`'s note with the lines of the witnesses that cosigned it, if any did. Raises NotFound."""
    return await joined(instance, _found(await public_log.checkpoint(instance.db, n)))


async def joined(instance: Instance, row: CheckpointRow) -> bytes:
    """A checkpoint's note with every cosignature that was accepted for it."""
    return row.note + b"".join(await cosignatures.lines_of(instance.db, row.n))


def witnesses_told(instance: Instance) -> list[dict[str, str]]:
    """The witnesses that are asked, as phones and the checking page are told."""
    return [{"name": one.witness.name, "pub": b64(one.witness.pub)} for one in instance.witnesses]


def witnesses_text(instance: Instance) -> str:
    """The witnesses that are asked, one key a line as signed-note writes it."""
    return "".join(f"{one.witness.vkey}\n" for one in instance.witnesses)


async def tile(instance: Instance, level: int, n: int, width: int | None) -> bytes:
    """A tile of the log's hashes (C2SP tlog-tiles); `width` None: a full one. Raises NotFound for what no checkpoint covers."""
    width = width or tree.TILE_WIDTH
    top = await public_log.newest_checkpoint(instance.db)
    if top is None or n * tree.TILE_WIDTH + width > tree.tile_entries(top.size, level):
        raise NotFound
    return b"".join(await public_log.tile(instance.db, level, n, width))


async def stamps_of(instance: Instance, n: int) -> dict[str, object]:
    """Checkpoint `n` with its stamps. Raises NotFound."""
    return await with_stamps(instance, _found(await public_log.checkpoint(instance.db, n)))


async def leaves(instance: Instance, page: int) -> list[bytes]:
    """A page of the leaves under the newest checkpoint. Raises NotFound when there are none."""
    top = _found(await public_log.newest_checkpoint(instance.db))
    found = await public_log.leaves(instance.db, page, top.size)
    if not found:
        raise NotFound
    return found


def _found(row: CheckpointRow | None) -> CheckpointRow:
    """A row that is there. Raises NotFound."""
    if row is None:
        raise NotFound
    return row


async def consistency(instance: Instance, older: int, newer: int) -> dict[str, object]:
    """What shows that one checkpoint's log begins another's. Raises NotFound for sizes that have none."""
    known = [await public_log.checkpoint_of(instance.db, size) for size in (older, newer)]
    if None in known or older > newer:
        raise NotFound(NOT_LOGGED)
    return {"path": [b64(one) for one in await public_log.consistency(instance.db, older, newer)]}


async def proofs(instance: Instance, signed: Signed, diary: bytes, size: int, after: int) -> Mapping[str, object]:
    """Where a diary's versions above number `after` stand in the log of a checkpoint's `size`: docs/api.md.

    `to`: everything up to this number is told, or will never be under this checkpoint. Raises NotFound.
    """
    row = await public_log.checkpoint_of(instance.db, size)
    if row is None:
        raise NotFound(NOT_LOGGED)
    found = await public_log.proofs(instance.db, signed.account, diary, after, size)
    return {
        "checkpoint": told(row),
        "proofs": [
            {"i": one.i, "path": [b64(step) for step in one.path], "seq": one.seq, "version": id_text(one.version)}
            for one in found
            if one.i is not None and one.i < size
        ],
        "to": found[-1].seq if found else after,
    }
