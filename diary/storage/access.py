"""What was done to an account: written as it is done, read by its keeper, gone after half a year."""

from dataclasses import dataclass
from typing import Final

from diary.storage.writer import Hand

KEPT: Final = 300
DAYS: Final = 183
_DAY_MS: Final = 86_400_000
_HOUR_MS: Final = 3_600_000


@dataclass(frozen=True, slots=True)
class AccessRow:
    """One thing that was done. `device_name` is sealed under `session`."""

    at: int
    what: str
    session: bytes
    device_name: bytes


def note(hand: Hand, account: bytes, session: bytes, what: str, now: int) -> None:
    """Write down, to the hour, what is done in a session that is there; older lines go."""
    hand.execute(
        "INSERT INTO access (account_id, at, what, session, device_name)"
        " SELECT account_id, ?, ?, id, device_name FROM session WHERE id = ? AND account_id = ?",
        (now - now % _HOUR_MS, what, session, account),
    )
    hand.execute(
        "DELETE FROM access WHERE account_id = ? AND (at < ? OR id NOT IN"
        " (SELECT id FROM access WHERE account_id = ? ORDER BY id DESC LIMIT ?))",
        (account, now - DAYS * _DAY_MS, account, KEPT),
    )


def list_of(hand: Hand, account: bytes) -> list[AccessRow]:
    """What was done, newest first."""
    rows = hand.execute(
        "SELECT at, what, session, device_name FROM access WHERE account_id = ? ORDER BY id DESC", (account,)
    ).fetchall()
    return [AccessRow(int(at), str(what), bytes(session), bytes(name)) for at, what, session, name in rows]
