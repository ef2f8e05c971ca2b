"""Log proofs of a diary for a pack (docs/pack.md, `log`), fetched and verified on the keeper's device.

Checkpoints, timestamps and proofs are verified before they are passed on: a pack with a failing proof would count
against its keeper. Cosignatures of witnesses are passed on as they are.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final

from diary.client.journal import Journal
from diary.client.transport import RemoteServer
from diary.crypto.signing import ed25519_key_id
from diary.encoding import b64, unb64
from diary.errors import BadSignature, NotFound
from diary.ledger import checkpoints, key_statements, leaves, timestamps, tree
from diary.ledger.checkpoints import Checkpoint
from diary.ledger.key_statements import NotaryKey

POLL_SECONDS: Final = 0.2


async def fetch_log(server: RemoteServer, journal: Journal) -> dict[str, object] | None:
    """Return `log` of a capsule, or None while the server has no checkpoint. Raise BadSignature for an invalid log.

    Set `journal.beacon` to the newest checkpoint.
    """
    log_state = await server.json("GET", "/v1/log")
    if log_state["checkpoint"] is None:
        return None
    keys = _notary_keys(log_state["statements"], journal.identity.notary_pub)
    cosigned_checkpoint = log_state.get("witnessed") or {}
    anchors = [
        _verify_anchor(row, keys, cosigned_checkpoint) for row in (log_state["stamped"], log_state["checkpoint"]) if row
    ]
    if len(anchors) == 2 and anchors[0][0].size == anchors[1][0].size:
        anchors.pop()
    if len(anchors) == 2:
        anchors[1][1]["path"] = await _fetch_consistency_path(server, anchors[0][0], anchors[1][0])
    newest_checkpoint = anchors[-1][0]
    journal.latest_checkpoint = {
        "log": newest_checkpoint.origin,
        "root": b64(newest_checkpoint.root),
        "size": newest_checkpoint.size,
    }
    receipts = {row["version"]: row["receipt"] for row in journal.versions() if row["receipt"]}
    proofs: dict[str, dict[str, object]] = {}
    for checkpoint, _ in anchors:
        async for row in _fetch_proofs(server, journal, checkpoint, receipts):
            proofs.setdefault(str(row["version"]), row)
    used_sizes = {row["size"] for row in proofs.values()}
    return {
        "authorities": log_state["authorities"],
        "checkpoints": [row for checkpoint, row in anchors if checkpoint.size in used_sizes or row["stamps"]],
        "proofs": sorted(proofs.values(), key=lambda row: str(row["version"])),
        "statements": log_state["statements"],
    }


def _notary_keys(statements: Sequence[Mapping[str, Any]], pinned_key: bytes) -> tuple[NotaryKey, ...]:
    """Return the server's notary keys: the one pinned at sign-in, and the others of the chain that contains it.

    Raise BadSignature if the chain is not valid or lacks the pinned key.
    """
    pinned_notary_key = NotaryKey(b64(ed25519_key_id(pinned_key)), pinned_key, 0, None)
    if not statements:
        return (pinned_notary_key,)
    keys = key_statements.verify_chain(statements, unb64(str(statements[0]["instance"])))
    key_statements.find_key(keys, pinned_notary_key.log_id)
    return keys


def _verify_anchor(
    row: Mapping[str, Any], keys: Sequence[NotaryKey], cosigned_checkpoint: Mapping[str, Any]
) -> tuple[Checkpoint, dict[str, object]]:
    """Verify a checkpoint and its timestamps, and add the cosignatures of witnesses unverified."""
    note = str(row["note"]).encode()
    checkpoint = checkpoints.verify_note(
        note, key_statements.find_key(keys, checkpoints.parse_checkpoint(note).origin).pub
    )
    stamps = [dict(stamp) for stamp in row.get("stamps", [])]
    checkpoint_text = checkpoints.strip_cosignatures(note)
    for stamp in stamps:
        timestamps.verify_response(
            unb64(stamp["tsr"]),
            checkpoint_text,
            chain=stamp["chain"].encode(),
            policy=stamp["policy"],
            nonce=unb64(stamp["nonce"]),
        )
    anchor: dict[str, object] = {"note": row["note"], "path": [], "size": checkpoint.size, "stamps": stamps}
    cosigned_note = str(cosigned_checkpoint.get("note", "")).encode()
    if (
        cosigned_checkpoint.get("size") == checkpoint.size
        and checkpoints.strip_cosignatures(cosigned_note) == checkpoint_text
    ):
        witness_lines = [
            line for line in checkpoints.parse_note(cosigned_note).signature_lines if line.key_name != checkpoint.origin
        ]
        anchor["cosignatures"] = [checkpoints.format_signature_line(line).rstrip("\n") for line in witness_lines]
    return checkpoint, anchor


async def _fetch_consistency_path(server: RemoteServer, older: Checkpoint, newer: Checkpoint) -> list[str]:
    """Fetch and verify the proof that `newer` extends `older`."""
    response = await server.json("GET", f"/v1/log/consistency/{older.size}/{newer.size}")
    path = [unb64(step) for step in response["path"]]
    tree.verify_consistency(older.size, newer.size, (older.root, newer.root), path)
    return [b64(step) for step in path]


async def _fetch_proofs(
    server: RemoteServer, journal: Journal, checkpoint: Checkpoint, receipts: Mapping[str, Any]
) -> AsyncIterator[dict[str, object]]:
    """Yield the inclusion proofs of the diary's versions under one checkpoint, each verified."""
    after_seq = 0
    while True:
        response = await server.json(
            "GET", f"/v1/diaries/{journal.identity.diary}/proofs/{checkpoint.size}?after={after_seq}"
        )
        for row in response["proofs"]:
            receipt = receipts.get(row["version"])
            if receipt is None:
                raise BadSignature("The log has a proof for a version that has no receipt on this device.")
            leaf = leaves.receipt_leaf(commitment=receipt["c"], number=receipt["n"], timestamp_ms=receipt["ts"])
            tree.verify_inclusion(
                leaf, row["i"], checkpoint.size, [unb64(step) for step in row["path"]], checkpoint.root
            )
            yield {"i": row["i"], "path": row["path"], "size": checkpoint.size, "version": row["version"]}
        if response["to"] <= after_seq:
            return
        after_seq = response["to"]


async def wait_until_logged(
    server: RemoteServer, journal: Journal, timeout_seconds: float, *, require_stamps: bool
) -> None:
    """Return when every version with a receipt is in the log, and timestamped if `require_stamps`.

    Raise NotFound after `timeout_seconds`.
    """
    wanted_versions = {row["version"] for row in journal.versions() if row["receipt"]}
    try:
        async with asyncio.timeout(timeout_seconds):
            while True:
                log = await fetch_log(server, journal)
                sizes = {row["size"] for row in _log_rows(log, "checkpoints") if row["stamps"] or not require_stamps}
                if wanted_versions <= {row["version"] for row in _log_rows(log, "proofs") if row["size"] in sizes}:
                    return
                await asyncio.sleep(POLL_SECONDS)
    except TimeoutError:
        raise NotFound("The log did not include these entries in time.") from None


def _log_rows(log: Mapping[str, Any] | None, name: str) -> list[Any]:
    """Return a list member of a log, empty without a log."""
    return list(log[name]) if log else []
