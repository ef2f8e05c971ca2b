"""What advocates have looked through, sealed; one row a grant, which stays when the grant ends: it is for its keeper to read."""

from collections.abc import Mapping

from diary.errors import NotFound
from diary.storage.reading import Database
from diary.storage.writer import Hand


def put(hand: Hand, grant: bytes, sealed: bytes) -> None:
    """Put newer marks in the place of those before. The number they stand under grows by one."""
    if not hand.execute("UPDATE grant_marks SET sealed = ?, n = n + 1 WHERE grant_id = ?", (sealed, grant)).rowcount:
        hand.execute("INSERT INTO grant_marks (grant_id, n, sealed) VALUES (?, 1, ?)", (grant, sealed))


async def find(db: Database, grant: bytes) -> bytes | None:
    """The sealed marks of a grant, or None."""
    row = await db.look("SELECT sealed FROM grant_marks WHERE grant_id = ?", (grant,))
    return bytes(row[0]) if row else None


async def numbers(db: Database, account: bytes) -> Mapping[bytes, int]:
    """The number of the newest marks by grant, of those of an account's grants that have some."""

    def read(hand: Hand) -> Mapping[bytes, int]:
        rows = hand.execute(
            "SELECT k.grant_id, k.n FROM grant_marks k JOIN access_grant g ON g.id = k.grant_id"
            " JOIN diary d ON d.id = g.diary_id WHERE d.account_id = ?",
            (account,),
        ).fetchall()
        return {bytes(grant): int(n) for grant, n in rows}

    return await db.page(read)


async def owned(db: Database, account: bytes, diary: bytes, grant: bytes) -> bytes | None:
    """The sealed marks of a grant of this account's diary, of one that is over too. Raises NotFound."""
    row = await db.look(
        "SELECT k.sealed FROM access_grant g JOIN diary d ON d.id = g.diary_id LEFT JOIN grant_marks k ON k.grant_id = g.id"
        " WHERE g.id = ? AND d.id = ? AND d.account_id = ?",
        (grant, diary, account),
    )
    if row is None:
        raise NotFound
    return bytes(row[0]) if row[0] is not None else None
