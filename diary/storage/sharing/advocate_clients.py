"""What an advocate does with the grants they have: look, and nothing else. Every look is written down for the keeper."""

from dataclasses import dataclass
from typing import Final

from diary.encoding import b64
from diary.errors import NotFound
from diary.storage.database_interface import Database
from diary.storage.sharing.grants import SELECT_GRANT, GrantRow
from diary.storage.writer import Transaction

MAX_LOOKS_PER_GRANT: Final = 500
MINUTE_MS: Final = 60_000
_PAGE_VERSIONS: Final = 300
_PAGE_BYTES: Final = 8 << 20


@dataclass(frozen=True, slots=True)
class GrantedVersion:
    """One version as an advocate gets it: `facts` and `sealed` as the keeper's feed has them, and the grant's own wraps."""

    seq: int
    facts: bytes
    sealed: bytes
    wraps: bytes


async def list_active(db: Database, advocate: bytes, now: int) -> list[GrantRow]:
    """The grants an advocate has, those that end first at the top."""

    def read(tx: Transaction) -> list[GrantRow]:
        rows = tx.execute(
            f"{SELECT_GRANT} WHERE g.advocate_id = ? AND g.ended_at IS NULL AND g.not_after > ? ORDER BY g.not_after, g.id",
            (advocate, now),
        ).fetchall()
        return [GrantRow(*row) for row in rows]

    return await db.run_read(read)


async def find_active(db: Database, advocate: bytes, grant: bytes, now: int) -> GrantRow:
    """A grant of this advocate that stands. Raises NotFound."""
    row = await db.fetch_one(
        f"{SELECT_GRANT} WHERE g.id = ? AND g.advocate_id = ? AND g.ended_at IS NULL AND g.not_after > ?",
        (grant, advocate, now),
    )
    if row is None:
        raise NotFound
    return GrantRow(*row)


async def read_page(db: Database, grant: bytes, after_seq: int) -> list[GrantedVersion]:
    """The versions numbered above `after` that a grant has wraps for, at most 300 and 8 MiB, but one at least."""

    def read(tx: Transaction) -> list[GrantedVersion]:
        rows = tx.execute(
            "SELECT v.seq, v.facts, v.sealed, w.wraps FROM version v JOIN grant_wrap w ON w.place = v.id"
            " WHERE w.grant_id = ? AND v.seq > ? AND v.erased_at IS NULL ORDER BY v.seq LIMIT ?",
            (grant, after_seq, _PAGE_VERSIONS),
        )
        versions: list[GrantedVersion] = []
        size = 0
        for row in rows:
            size += len(row[1]) + len(row[2])
            if versions and size > _PAGE_BYTES:
                break
            versions.append(GrantedVersion(*row))
        return versions

    return await db.run_read(read)


async def find_newest_seq(db: Database, grant: bytes) -> int:
    """The highest number of a version that a grant has wraps for; 0 when there is none."""
    row = await db.fetch_one(
        "SELECT max(v.seq) FROM version v JOIN grant_wrap w ON w.place = v.id WHERE w.grant_id = ? AND v.erased_at IS NULL",
        (grant,),
    )
    return int(row[0] or 0) if row else 0


async def count_packs(db: Database, advocate: bytes, diary: bytes) -> int:
    """How many packs an advocate noted of one diary, under whichever grant."""
    row = await db.fetch_one(
        "SELECT count(*) FROM grant_look l JOIN access_grant g ON g.id = l.grant_id"
        " WHERE l.what = 'pack' AND g.advocate_id = ? AND g.diary_id = ?",
        (advocate, diary),
    )
    return int(row[0]) if row else 0


async def is_file_referenced(db: Database, grant: bytes, blob: bytes) -> bool:
    """Whether a version that this grant has wraps for names a file."""

    def read(tx: Transaction) -> bool:
        name = b64(blob).encode()
        rows = tx.execute(
            "SELECT v.facts FROM version v JOIN grant_wrap w ON w.place = v.id WHERE w.grant_id = ? AND v.erased_at IS NULL",
            (grant,),
        )
        # Ids are 128 random bits in text: one that stands there by chance does not happen.
        return any(name in bytes(facts) for (facts,) in rows)

    return await db.run_read(read)


def record_look(tx: Transaction, grant: bytes, now: int, what: str) -> None:
    """Write down, to the minute, that an advocate looked; the same within a minute once."""
    minute = now - now % MINUTE_MS
    tx.execute("UPDATE access_grant SET looked_at = ? WHERE id = ?", (minute, grant))
    if tx.execute(
        "SELECT 1 FROM grant_look WHERE grant_id = ? AND at = ? AND what = ?", (grant, minute, what)
    ).fetchone():
        return
    tx.execute("INSERT INTO grant_look (grant_id, at, what) VALUES (?, ?, ?)", (grant, minute, what))
    tx.execute(
        "DELETE FROM grant_look WHERE grant_id = ? AND id NOT IN"
        " (SELECT id FROM grant_look WHERE grant_id = ? ORDER BY id DESC LIMIT ?)",
        (grant, grant, MAX_LOOKS_PER_GRANT),
    )
