"""The log's public state, checkpoints and tiles, and inclusion proofs for a keeper's own versions."""

from collections.abc import Mapping
from typing import Final

from diary.crypto.signing import ed25519_fingerprint
from diary.encoding import b64, unb64
from diary.errors import NotFound
from diary.ids import id_text
from diary.ledger import tree
from diary.services.instance import Instance
from diary.storage.accounts.sessions import AuthenticatedSession
from diary.storage.log import cosignatures, public_log, stamps
from diary.storage.log.public_log import CheckpointRow
from diary.storage.log.stamps import AcceptedStamp

NO_SUCH_CHECKPOINT_MESSAGE: Final = "There is no checkpoint of that size."


async def log_state(instance: Instance) -> dict[str, object]:
    """Return the state of the log as JSON.

    It has the newest checkpoint, the newest timestamped one, the newest cosigned one, the authorities, the witnesses
    and the statements about notary keys.
    """
    newest = await public_log.find_newest_checkpoint(instance.db)
    newest_stamped_number = await stamps.find_newest_stamped(instance.db)
    stamped = (
        None if newest_stamped_number is None else await public_log.find_checkpoint(instance.db, newest_stamped_number)
    )
    newest_cosigned_number = await cosignatures.find_newest_cosigned(instance.db)
    cosigned = (
        None
        if newest_cosigned_number is None
        else await public_log.find_checkpoint(instance.db, newest_cosigned_number)
    )
    return {
        "authorities": [authority.name for authority in instance.timestamp_authorities],
        "checkpoint": checkpoint_payload(newest) if newest else None,
        "log": instance.notary.log_id,
        "now": instance.clock.now_ms(),
        "stamped": await stamped_checkpoint_payload(instance, stamped) if stamped else None,
        "statements": [dict(statement) for statement in instance.notary_key_statements],
        "witnessed": checkpoint_payload(cosigned) | {"note": (await join_cosignatures(instance, cosigned)).decode()}
        if cosigned
        else None,
        "witnesses": witnesses_payload(instance),
    }


def checkpoint_payload(row: CheckpointRow) -> dict[str, object]:
    """Return a checkpoint as JSON."""
    return {"n": row.number, "note": row.note.decode(), "size": row.size}


async def stamped_checkpoint_payload(instance: Instance, row: CheckpointRow) -> dict[str, object]:
    """Return a checkpoint with every accepted timestamp as JSON."""
    return checkpoint_payload(row) | {
        "stamps": [stamp_payload(stamp) for stamp in await stamps.list_for_checkpoint(instance.db, row.number)]
    }


def stamp_payload(stamp: AcceptedStamp) -> dict[str, object]:
    """Return a timestamp as JSON: the authority's response, and the pins under which it was accepted."""
    return {
        "authority": stamp.authority,
        "chain": stamp.chain.decode(),
        "nonce": b64(stamp.nonce),
        "policy": stamp.policy,
        "tsr": b64(stamp.tsr),
    }


def format_keys(instance: Instance) -> str:
    """Return the instance key and the notary keys as text, each with its fingerprint, for comparison by people."""
    statements = instance.notary_key_statements
    instance_key = str(statements[0]["instance"]) if statements else None
    lines = [
        f"instance key  {instance_key or 'none'}",
        f"              {ed25519_fingerprint(unb64(instance_key)) if instance_key else ''}",
    ]
    lines += [
        f"notary key    {b64(instance.notary.pub)}",
        f"              {ed25519_fingerprint(instance.notary.pub)}",
        "",
    ]
    lines += [
        f"{statement['n']}  {statement['why']:8} {statement['pub']}  {ed25519_fingerprint(unb64(str(statement['pub'])))}"
        for statement in statements
    ]
    return "".join(f"{line.rstrip()}\n" for line in lines)


async def newest_checkpoint_note(instance: Instance) -> bytes:
    """Return the note of the newest checkpoint. Raise NotFound."""
    return _require_checkpoint(await public_log.find_newest_checkpoint(instance.db)).note


async def checkpoint_note(instance: Instance, n: int) -> bytes:
    """Return the note of checkpoint `n`. Raise NotFound."""
    return _require_checkpoint(await public_log.find_checkpoint(instance.db, n)).note


async def newest_cosigned_note(instance: Instance) -> bytes:
    """Return the note of the newest cosigned checkpoint with all its cosignatures. Raise NotFound."""
    n = await cosignatures.find_newest_cosigned(instance.db)
    return await join_cosignatures(
        instance, _require_checkpoint(None if n is None else await public_log.find_checkpoint(instance.db, n))
    )


async def cosigned_note(instance: Instance, n: int) -> bytes:
    """Return the note of checkpoint `n` with all its cosignatures, if any. Raise NotFound."""
    return await join_cosignatures(instance, _require_checkpoint(await public_log.find_checkpoint(instance.db, n)))


async def join_cosignatures(instance: Instance, row: CheckpointRow) -> bytes:
    """Return a checkpoint's note with every accepted cosignature."""
    return row.note + b"".join(await cosignatures.list_lines(instance.db, row.number))


def witnesses_payload(instance: Instance) -> list[dict[str, str]]:
    """Return the log witnesses as JSON."""
    return [
        {"name": asked_witness.witness.name, "pub": b64(asked_witness.witness.pub)}
        for asked_witness in instance.log_witnesses
    ]


def format_witness_keys(instance: Instance) -> str:
    """Return the witnesses' verifier keys as text, one per line (signed-note)."""
    return "".join(f"{asked_witness.witness.vkey}\n" for asked_witness in instance.log_witnesses)


async def get_tile(instance: Instance, level: int, index: int, width: int | None) -> bytes:
    """Return a tile of the log's hashes (C2SP tlog-tiles). `width` None means a full tile.

    Raise NotFound if no checkpoint covers it.
    """
    width = width or tree.TILE_WIDTH
    newest = await public_log.find_newest_checkpoint(instance.db)
    if newest is None or index * tree.TILE_WIDTH + width > tree.tile_entry_count(newest.size, level):
        raise NotFound
    return b"".join(await public_log.read_tile(instance.db, level, index, width))


async def checkpoint_with_stamps(instance: Instance, n: int) -> dict[str, object]:
    """Return checkpoint `n` with its timestamps as JSON. Raise NotFound."""
    return await stamped_checkpoint_payload(
        instance, _require_checkpoint(await public_log.find_checkpoint(instance.db, n))
    )


async def list_leaves(instance: Instance, page: int) -> list[bytes]:
    """Return a page of the leaves under the newest checkpoint. Raise NotFound if it has none."""
    newest = _require_checkpoint(await public_log.find_newest_checkpoint(instance.db))
    page_leaves = await public_log.list_leaves(instance.db, page, newest.size)
    if not page_leaves:
        raise NotFound
    return page_leaves


def _require_checkpoint(row: CheckpointRow | None) -> CheckpointRow:
    """Return the row. Raise NotFound if it is None."""
    if row is None:
        raise NotFound
    return row


async def consistency_proof(instance: Instance, older_size: int, newer_size: int) -> dict[str, object]:
    """Return the proof that one checkpoint's log is a prefix of another's.

    Raise NotFound unless both sizes have a checkpoint.
    """
    checkpoints = [await public_log.find_checkpoint_by_size(instance.db, size) for size in (older_size, newer_size)]
    if None in checkpoints or older_size > newer_size:
        raise NotFound(NO_SUCH_CHECKPOINT_MESSAGE)
    return {
        "path": [b64(node) for node in await public_log.build_consistency_proof(instance.db, older_size, newer_size)]
    }


async def inclusion_proofs(
    instance: Instance, session: AuthenticatedSession, diary: bytes, size: int, after_seq: int
) -> Mapping[str, object]:
    """Return the proofs of a diary's versions above number `after_seq` in the log of this size: docs/api.md.

    `to` is the number up to which the response is complete for this checkpoint. Raise NotFound.
    """
    row = await public_log.find_checkpoint_by_size(instance.db, size)
    if row is None:
        raise NotFound(NO_SUCH_CHECKPOINT_MESSAGE)
    proof_rows = await public_log.list_inclusion_proofs(instance.db, session.account, diary, after_seq, size)
    return {
        "checkpoint": checkpoint_payload(row),
        "proofs": [
            {
                "i": proof_row.leaf_index,
                "path": [b64(node) for node in proof_row.inclusion_path],
                "seq": proof_row.seq,
                "version": id_text(proof_row.version),
            }
            for proof_row in proof_rows
            if proof_row.leaf_index is not None and proof_row.leaf_index < size
        ],
        "to": proof_rows[-1].seq if proof_rows else after_seq,
    }
