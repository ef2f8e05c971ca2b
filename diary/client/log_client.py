"""What the log shows of a diary, fetched and checked by its keeper's device, for a pack: docs/pack.md, `log`.

Nothing is passed on that does not hold: a pack with a proof that fails would speak against its keeper.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final

from diary.client.journal import Journal
from diary.client.transport import Server
from diary.crypto.signing import notary_key_id
from diary.encoding import b64, unb64
from diary.errors import BadSignature, NotFound
from diary.ledger import checkpoints, key_statements, leaves, timestamps, tree
from diary.ledger.checkpoints import Checkpoint
from diary.ledger.key_statements import NotaryKey

WAIT_SECONDS: Final = 0.2


async def look(server: Server, journal: Journal) -> dict[str, object] | None:
    """`log` of a capsule; None while the server has no checkpoint. Raises BadSignature when the log does not hold."""
    told = await server.json("GET", "/v1/log")
    if told["checkpoint"] is None:
        return None
    keys = _keys(told["statements"], journal.identity.notary_pub)
    witnessed = told.get("witnessed") or {}
    anchors = [_anchor(row, keys, witnessed) for row in (told["stamped"], told["checkpoint"]) if row]
    if len(anchors) == 2 and anchors[0][0].size == anchors[1][0].size:
        anchors.pop()
    if len(anchors) == 2:
        anchors[1][1]["path"] = await _grown(server, anchors[0][0], anchors[1][0])
    newest = anchors[-1][0]
    journal.beacon = {"log": newest.origin, "root": b64(newest.root), "size": newest.size}
    receipts = {row["version"]: row["receipt"] for row in journal.versions() if row["receipt"]}
    proofs: dict[str, dict[str, object]] = {}
    for said, _ in anchors:
        async for row in _proofs(server, journal, said, receipts):
            proofs.setdefault(str(row["version"]), row)
    used = {row["size"] for row in proofs.values()}
    return {
        "authorities": told["authorities"],
        "checkpoints": [row for said, row in anchors if said.size in used or row["stamps"]],
        "proofs": sorted(proofs.values(), key=lambda row: str(row["version"])),
        "statements": told["statements"],
    }


def _keys(told: Sequence[Mapping[str, Any]], own: bytes) -> tuple[NotaryKey, ...]:
    """The key this device signed in with, and those that statements say came before it."""
    alone = NotaryKey(b64(notary_key_id(own)), own, 0, None)
    if not told:
        return (alone,)
    keys = key_statements.chain(told, unb64(str(told[0]["instance"])))
    key_statements.key_of(keys, alone.log)
    return keys


def _anchor(
    row: Mapping[str, Any], keys: Sequence[NotaryKey], witnessed: Mapping[str, Any]
) -> tuple[Checkpoint, dict[str, object]]:
    """A checkpoint and its stamps, all of them checked, and the lines of witnesses over it as they came."""
    note = str(row["note"]).encode()
    said = checkpoints.verify(note, key_statements.key_of(keys, checkpoints.read(note).origin).pub)
    stamps = [dict(stamp) for stamp in row.get("stamps", [])]
    stamped = checkpoints.one_line(note)
    for stamp in stamps:
        timestamps.check(
            unb64(stamp["tsr"]),
            stamped,
            chain=stamp["chain"].encode(),
            policy=stamp["policy"],
            nonce=unb64(stamp["nonce"]),
        )
    anchor: dict[str, object] = {"note": row["note"], "path": [], "size": said.size, "stamps": stamps}
    joined = str(witnessed.get("note", "")).encode()
    if witnessed.get("size") == said.size and checkpoints.one_line(joined) == stamped:
        lines = [line for line in checkpoints.take(joined).lines if line.name != said.origin]
        anchor["cosignatures"] = [checkpoints.line_text(line).rstrip("\n") for line in lines]
    return said, anchor


async def _grown(server: Server, older: Checkpoint, newer: Checkpoint) -> list[str]:
    """What shows that one continues the other."""
    answer = await server.json("GET", f"/v1/log/consistency/{older.size}/{newer.size}")
    path = [unb64(step) for step in answer["path"]]
    tree.verify_consistency(older.size, newer.size, (older.root, newer.root), path)
    return [b64(step) for step in path]


async def _proofs(
    server: Server, journal: Journal, said: Checkpoint, receipts: Mapping[str, Any]
) -> AsyncIterator[dict[str, object]]:
    """Where the diary's versions stand under one checkpoint, each checked."""
    after = 0
    while True:
        answer = await server.json("GET", f"/v1/diaries/{journal.identity.diary}/proofs/{said.size}?after={after}")
        for row in answer["proofs"]:
            receipt = receipts.get(row["version"])
            if receipt is None:
                raise BadSignature("The log speaks of a version that has no receipt here.")
            leaf = leaves.leaf(c=receipt["c"], n=receipt["n"], ts=receipt["ts"])
            tree.verify_inclusion(leaf, row["i"], said.size, [unb64(step) for step in row["path"]], said.root)
            yield {"i": row["i"], "path": row["path"], "size": said.size, "version": row["version"]}
        if answer["to"] <= after:
            return
        after = answer["to"]


async def wait_for(server: Server, journal: Journal, seconds: float, *, stamped: bool) -> None:
    """Return when everything with a receipt is in the log, and stamped if that is asked. Raises NotFound if not in time."""
    wanted = {row["version"] for row in journal.versions() if row["receipt"]}
    try:
        async with asyncio.timeout(seconds):
            while True:
                log = await look(server, journal)
                sizes = {row["size"] for row in _rows(log, "checkpoints") if row["stamps"] or not stamped}
                if wanted <= {row["version"] for row in _rows(log, "proofs") if row["size"] in sizes}:
                    return
                await asyncio.sleep(WAIT_SECONDS)
    except TimeoutError:
        raise NotFound("The log did not take these entries in time.") from None


def _rows(log: Mapping[str, Any] | None, name: str) -> list[Any]:
    """A list of a log; empty when there is none."""
    return list(log[name]) if log else []
