"""Renewal tokens: what begins a device's next session when the last one ran out. docs/api.md, Tokens."""

from dataclasses import dataclass
from typing import Final

from diary.storage.reading import Database
from diary.storage.writer import Hand

# Of one account; a keeper with more devices types the words on the oldest.
KEPT: Final = 40
MANY: Final = 1 << 30


@dataclass(frozen=True, slots=True)
class RenewalRow:
    """Whose it is, the device it is bound to, and when it was given, in ms."""

    account: bytes
    device: bytes
    made_at: int


async def find(db: Database, digest: bytes) -> RenewalRow | None:
    """The renewal of a token's digest."""
    row = await db.look("SELECT account_id, device, made_at FROM renewal WHERE id = ?", (digest,))
    return RenewalRow(*row) if row else None


def put(hand: Hand, digest: bytes, row: RenewalRow, session: bytes) -> None:
    """Keep a renewal for the device of a session that begins; the one the device had goes."""
    hand.execute("DELETE FROM renewal WHERE account_id = ? AND device = ?", (row.account, row.device))
    hand.execute(
        "DELETE FROM renewal WHERE id IN"
        " (SELECT id FROM renewal WHERE account_id = ? ORDER BY made_at DESC, id LIMIT ? OFFSET ?)",
        (row.account, MANY, KEPT - 1),
    )
    hand.execute(
        "INSERT INTO renewal (id, account_id, device, session, made_at) VALUES (?, ?, ?, ?, ?)",
        (digest, row.account, row.device, session, row.made_at),
    )


def end(hand: Hand, account: bytes, session: bytes) -> None:
    """The session was ended on purpose: its device gets no other without the words."""
    hand.execute("DELETE FROM renewal WHERE account_id = ? AND session = ?", (account, session))


def end_others(hand: Hand, account: bytes, session: bytes) -> None:
    """Every other device of the account gets no other session without the words."""
    hand.execute("DELETE FROM renewal WHERE account_id = ? AND session <> ?", (account, session))


def end_all(hand: Hand, account: bytes) -> None:
    """No device of the account gets a session without the words."""
    hand.execute("DELETE FROM renewal WHERE account_id = ?", (account,))
