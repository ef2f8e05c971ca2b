"""The public log and the feed of changes as they grow: appending, proving, reading, over a real database file.

A log of the wanted size is written straight into the tables, then the product's own functions add to it and prove
from it. Times are the processor's, so that a busy computer changes them little. `python -m tests.bench.log --ten`
does ten million leaves as well: minutes, and 1.5 GB in the temporary folder.
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
from diary.crypto.signing import Notary
from diary.encoding import canon, frames
from diary.ledger import checkpoints, tree
from diary.ledger.audit import Tree
from diary.storage import database
from diary.storage.database_interface import Database
from diary.storage.log import public_log
from diary.storage.sqlite.connection import connect, path_of
from diary.storage.sync import versions

SMALL, LARGE, TEN = 10_000, 1_000_000, 10_000_000
ADDED, PROVED, CHUNK = 2_000, 300, 50_000
FEED, SEALED = 20_000, 5_300
# A tree a hundred times as large has seven levels more on fourteen; beyond that something is not logarithmic.
BAR = 2.5
DIARY, ACCOUNT = bytes(16), bytes(15) + b"\1"


def leaf(i: int) -> bytes:
    """A leaf nobody has."""
    return hashlib.sha256(i.to_bytes(8, "big")).digest()


def fill(connection: sqlite3.Connection, size: int) -> None:
    """A log of `size` leaves, its nodes, and nothing else."""
    grown = Tree()
    connection.execute("PRAGMA synchronous = OFF")  # filling is not what is measured
    connection.execute("PRAGMA secure_delete = OFF")
    for first in range(0, size, CHUNK):
        some = [leaf(i) for i in range(first, min(size, first + CHUNK))]
        made = grown.add(some)
        connection.execute("BEGIN")
        connection.executemany("INSERT INTO log_leaf (id, leaf) VALUES (?, ?)", enumerate(some, first))
        nodes = ((tree.node_id(level, i), node) for (level, i), node in made.items())
        connection.executemany("INSERT INTO log_node (id, node) VALUES (?, ?)", nodes)
        connection.execute("COMMIT")
    connection.execute("UPDATE log_size SET size = ? WHERE id = 0", (size,))


def queue(connection: sqlite3.Connection, count: int) -> None:
    """Versions of one diary that wait for a place."""
    facts = canon({"filler": "x" * 900})
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
    sealed = frames([bytes(SEALED)])
    for i in range(count):
        connection.execute(
            "INSERT INTO version (id, diary_id, seq, record, version, body_digest, leaf, facts, sealed, answer)"
            " VALUES (?, ?, ?, ?, ?, x'', ?, ?, ?, x'')",
            (i, DIARY, i + 1, ACCOUNT, i.to_bytes(16, "big"), leaf(-1 - i & 2**63 - 1), facts, sealed),
        )
    connection.execute(f"INSERT INTO waiting_leaf (id) SELECT id FROM version LIMIT {ADDED}")
    connection.execute("COMMIT")


async def measured(size: int, folder: Path) -> dict[str, float]:
    """Milliseconds for a leaf appended and for a proof given, and versions a second off the feed, at `size` leaves."""
    settings = config.load({"DIARY_DATA": str(folder / str(size))})
    await database.migrate(settings)
    connection = connect(path_of(settings.database_url))
    fill(connection, size)
    queue(connection, FEED)
    connection.close()
    async with database.opened(settings) as db:
        began = time.process_time()
        while await db.writer.run(lambda hand: public_log.append_waiting(hand, 200)):
            pass
        append = (time.process_time() - began) * 1000 / ADDED
        notary = Notary(bytes(31) + b"\1")
        row = await db.writer.run(
            lambda hand: public_log.add_checkpoint(hand, 0, 0, lambda n, r: checkpoints.make(notary, n, r), ())
        )
        assert row is not None and row.size == size + ADDED
        began = time.process_time()
        found = await public_log.proofs(db, ACCOUNT, DIARY, ADDED - PROVED, row.size)
        proof = (time.process_time() - began) * 1000 / PROVED
        said = checkpoints.read(row.note)
        one = found[PROVED // 2]
        assert one.i is not None
        tree.verify_inclusion(leaf(-1 - (one.seq - 1) & 2**63 - 1), one.i, said.size, one.path, said.root)
        began = time.process_time()
        older = await public_log.consistency(db, size, row.size)
        consistency = (time.process_time() - began) * 1000
        assert older
        return {"append": append, "proof": proof, "consistency": consistency, "feed": await feed(db)}


async def feed(db: Database) -> float:
    """Versions a second, read page by page and put into frames as the answer has them."""
    after = seen = 0
    began = time.process_time()
    while True:
        page = await versions.page(db, ACCOUNT, DIARY, after)
        if not page.versions:
            return seen / (time.process_time() - began)
        frames([b"{}", *(frames([one.facts]) + one.sealed for one in page.versions)])
        seen, after = seen + len(page.versions), page.versions[-1].seq


def rows(sizes: tuple[int, ...] = (SMALL, LARGE)) -> Iterator[dict[str, Any]]:
    """The bench's rows: each size beside the smallest."""
    with tempfile.TemporaryDirectory(prefix="kept-log-") as name:
        found = {size: asyncio.run(measured(size, Path(name))) for size in sizes}
    floor = found[sizes[0]]
    for size in sizes[1:]:
        for what, unit in (("append", "a leaf appended"), ("proof", "an inclusion proof")):
            ratio = found[size][what] / floor[what]
            yield {
                "name": f"log of {size:,}: {unit}, ms of processor (floor: of {sizes[0]:,})",
                "value": found[size][what],
                "floor": floor[what],
                "ratio": ratio,
                "bar": f"≤ {BAR} × (logarithmic)",
                "holds": ratio <= BAR,
            }
        ratio = found[size]["feed"] / floor["feed"]
        yield {
            "name": f"changes feed before HTTP, versions a second of processor (log of {size:,}; floor: of {sizes[0]:,})",
            "value": found[size]["feed"],
            "floor": floor["feed"],
            "ratio": ratio,
            "bar": "≥ 50,000/s",
            "holds": found[size]["feed"] >= 50_000,
        }


if __name__ == "__main__":
    for row in rows((SMALL, TEN) if "--ten" in sys.argv else (SMALL, LARGE)):
        sys.stdout.write(
            f"{row['name']}: {row['value']:.3f} (floor {row['floor']:.3f}, {row['ratio']:.2f})  {row['holds']}\n"
        )
