"""Letters from advocates, sealed to a keeper, until the keeper's device has taken them in."""

from dataclasses import dataclass
from typing import Final

from diary.errors import Conflict, NotFound, OverQuota
from diary.storage import erasures
from diary.storage.reading import Database
from diary.storage.writer import Hand

MOST: Final = 200


@dataclass(frozen=True, slots=True)
class LetterRow:
    """A letter that waits for its keeper."""

    id: bytes
    grant: bytes
    made_at: int
    envelope: bytes


def post(hand: Hand, row: LetterRow) -> None:
    """Keep a letter for its keeper; the same one again changes nothing. Raises Conflict and OverQuota."""
    known = hand.execute("SELECT grant_id, envelope FROM letter WHERE id = ?", (row.id,)).fetchone()
    if known:
        if (bytes(known[0]), bytes(known[1])) != (row.grant, row.envelope):
            raise Conflict
        return
    if hand.execute("SELECT count(*) FROM letter WHERE grant_id = ?", (row.grant,)).fetchone()[0] >= MOST:
        raise OverQuota("Too many questions wait for an answer. They must be read first.")
    hand.execute(
        "INSERT INTO letter (id, grant_id, made_at, envelope) VALUES (?, ?, ?, ?)",
        (row.id, row.grant, row.made_at, row.envelope),
    )


async def list_waiting(db: Database, account: bytes, diary: bytes) -> list[LetterRow]:
    """What waits for a keeper, oldest first. Raises NotFound."""

    def read(hand: Hand) -> list[LetterRow]:
        erasures.owned(hand, account, diary)
        rows = hand.execute(
            "SELECT l.id, l.grant_id, l.made_at, l.envelope FROM letter l JOIN access_grant g ON g.id = l.grant_id"
            " WHERE g.diary_id = ? ORDER BY l.made_at, l.id",
            (diary,),
        ).fetchall()
        return [LetterRow(*row) for row in rows]

    return await db.page(read)


def take_in(hand: Hand, account: bytes, diary: bytes, letter: bytes) -> None:
    """A letter has become the keeper's. Raises NotFound."""
    erasures.owned(hand, account, diary)
    gone = hand.execute(
        "DELETE FROM letter WHERE id = ? AND grant_id IN (SELECT id FROM access_grant WHERE diary_id = ?)", (letter, diary)
    )
    if gone.rowcount != 1:
        raise NotFound
