"""Public log and feed of changes at different sizes: appending, proving, reading, over a real database file.

A log of the given size is written directly to the tables; the product's functions then append to it and build proofs.
Times are processor times, so that other load changes them little. `python -m tests.bench.log --ten` also measures ten
million leaves: minutes, and 1.5 GB in the temporary folder.
"""

from __future__ import annotations

import asyncio
import hashlib
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from diary import config
from diary.crypto.signing import Ed25519Signer
from diary.encoding import canonical_json, encode_frames
from diary.ledger import checkpoints, tree
from diary.ledger.audit import IncrementalMerkleTree
from diary.storage import database
from diary.storage.database_interface import Database
from diary.storage.log import public_log
from diary.storage.sqlite.connection import connect, path_from_url
from diary.storage.sync import versions

SMALL_LOG_SIZE, LARGE_LOG_SIZE, LARGEST_LOG_SIZE = 10_000, 1_000_000, 10_000_000
APPENDED_COUNT, PROOF_COUNT, INSERT_CHUNK = 2_000, 300, 50_000
FEED_VERSIONS, SEALED_BYTES = 20_000, 5_300
# A tree with a hundred times as many leaves has 21 levels instead of 14. A larger ratio is not logarithmic.
BAR_RATIO = 2.5
DIARY, ACCOUNT = bytes(16), bytes(15) + b"\1"


def random_leaf(i: int) -> bytes:
    """Return a leaf derived from a number."""
    return hashlib.sha256(i.to_bytes(8, "big")).digest()


def fill_log(connection: sqlite3.Connection, size: int) -> None:
    """Fill the tables with a log of `size` leaves and its nodes."""
    grown = IncrementalMerkleTree()
    connection.execute("PRAGMA synchronous = OFF")  # filling is not measured
    connection.execute("PRAGMA secure_delete = OFF")
    for first in range(0, size, INSERT_CHUNK):
        leaves = [random_leaf(index) for index in range(first, min(size, first + INSERT_CHUNK))]
        new_nodes = grown.append(leaves)
        connection.execute("BEGIN")
        connection.executemany("INSERT INTO log_leaf (id, leaf) VALUES (?, ?)", enumerate(leaves, first))
        nodes = ((tree.node_id(level, index), node) for (level, index), node in new_nodes.items())
        connection.executemany("INSERT INTO log_node (id, node) VALUES (?, ?)", nodes)
        connection.execute("COMMIT")
    connection.execute("UPDATE log_size SET size = ? WHERE id = 0", (size,))


def queue_versions(connection: sqlite3.Connection, count: int) -> None:
    """Insert versions of one diary that are not in the log yet."""
    facts = canonical_json({"filler": "x" * 900})
    connection.execute("BEGIN")
    connection.execute("PRAGMA foreign_keys = OFF")
    fixed = "login_mac, kdf, words_wrap, auth_salt, auth_digest, keyset, ecdsa_pub, hpke_pub"
    connection.execute(
        f"INSERT INTO account (id, {fixed}, file_bytes) VALUES (?{', ?' * 8}, 0)", (ACCOUNT, *[ACCOUNT] * 8)
    )
    connection.execute(
        "INSERT INTO diary (id, account_id, epoch, wrap, seq, head, text_bytes) VALUES (?, ?, 1, x'', ?, x'', 0)",
        (DIARY, ACCOUNT, count),
    )
    sealed = encode_frames([bytes(SEALED_BYTES)])
    for i in range(count):
        connection.execute(
            "INSERT INTO version (id, diary_id, seq, record, version, body_digest, leaf, facts, sealed, answer)"
            " VALUES (?, ?, ?, ?, ?, x'', ?, ?, ?, x'')",
            (i, DIARY, i + 1, ACCOUNT, i.to_bytes(16, "big"), random_leaf(-1 - i & 2**63 - 1), facts, sealed),
        )
    connection.execute(f"INSERT INTO waiting_leaf (id) SELECT id FROM version LIMIT {APPENDED_COUNT}")
    connection.execute("COMMIT")


async def measure_log(size: int, folder: Path) -> dict[str, float]:
    """Measure a log of `size` leaves: ms for an appended leaf and for proofs, feed versions per second."""
    settings = config.load_settings({"DIARY_DATA": str(folder / str(size))})
    await database.migrate(settings)
    connection = connect(path_from_url(settings.database_url))
    fill_log(connection, size)
    queue_versions(connection, FEED_VERSIONS)
    connection.close()
    async with database.open_database(settings) as db:
        started_at = time.process_time()
        while await db.writer.run(lambda hand: public_log.append_waiting_leaves(hand, 200)):
            pass
        append = (time.process_time() - started_at) * 1000 / APPENDED_COUNT
        notary = Ed25519Signer(bytes(31) + b"\1")
        row = await db.writer.run(
            lambda hand: public_log.add_checkpoint(
                hand, 0, 0, lambda n, r: checkpoints.sign_checkpoint(notary, n, r), ()
            )
        )
        assert row is not None and row.size == size + APPENDED_COUNT
        started_at = time.process_time()
        proofs = await public_log.list_inclusion_proofs(db, ACCOUNT, DIARY, APPENDED_COUNT - PROOF_COUNT, row.size)
        proof = (time.process_time() - started_at) * 1000 / PROOF_COUNT
        checkpoint = checkpoints.parse_checkpoint(row.note)
        middle_proof = proofs[PROOF_COUNT // 2]
        assert middle_proof.leaf_index is not None
        tree.verify_inclusion(
            random_leaf(-1 - (middle_proof.seq - 1) & 2**63 - 1),
            middle_proof.leaf_index,
            checkpoint.size,
            middle_proof.inclusion_path,
            checkpoint.root,
        )
        started_at = time.process_time()
        older = await public_log.build_consistency_proof(db, size, row.size)
        consistency = (time.process_time() - started_at) * 1000
        assert older
        return {"append": append, "proof": proof, "consistency": consistency, "feed": await measure_feed(db)}


async def measure_feed(db: Database) -> float:
    """Return how many feed versions per second are read in pages and encoded as frames."""
    cursor = versions_read = 0
    started_at = time.process_time()
    while True:
        page = await versions.read_page(db, ACCOUNT, DIARY, cursor)
        if not page.versions:
            return versions_read / (time.process_time() - started_at)
        encode_frames([b"{}", *(encode_frames([version.facts]) + version.sealed for version in page.versions)])
        versions_read, cursor = versions_read + len(page.versions), page.versions[-1].seq


def measure_rows(sizes: tuple[int, ...] = (SMALL_LOG_SIZE, LARGE_LOG_SIZE)) -> Iterator[dict[str, Any]]:
    """Yield the rows of the bench: each size compared with the smallest."""
    with tempfile.TemporaryDirectory(prefix="kept-log-") as name:
        measured_by_size = {size: asyncio.run(measure_log(size, Path(name))) for size in sizes}
    floor = measured_by_size[sizes[0]]
    for size in sizes[1:]:
        for what, unit in (("append", "a leaf appended"), ("proof", "an inclusion proof")):
            ratio = measured_by_size[size][what] / floor[what]
            yield {
                "name": f"log of {size:,}: {unit}, ms of processor (floor: of {sizes[0]:,})",
                "value": measured_by_size[size][what],
                "floor": floor[what],
                "ratio": ratio,
                "bar": f"≤ {BAR_RATIO} × (logarithmic)",
                "holds": ratio <= BAR_RATIO,
            }
        ratio = measured_by_size[size]["feed"] / floor["feed"]
        yield {
            "name": f"changes feed before HTTP, versions a second of processor (log of {size:,}; floor: of {sizes[0]:,})",
            "value": measured_by_size[size]["feed"],
            "floor": floor["feed"],
            "ratio": ratio,
            "bar": "≥ 50,000/s",
            "holds": measured_by_size[size]["feed"] >= 50_000,
        }


if __name__ == "__main__":
    for row in measure_rows(
        (SMALL_LOG_SIZE, LARGEST_LOG_SIZE) if "--ten" in sys.argv else (SMALL_LOG_SIZE, LARGE_LOG_SIZE)
    ):
        sys.stdout.write(
            f"{row['name']}: {row['value']:.3f} (floor {row['floor']:.3f}, {row['ratio']:.2f})  {row['holds']}\n"
        )
