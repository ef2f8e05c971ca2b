"""What was done to an account: written as it is done, read by its keeper, gone after half a year.

[Note: sign-ins are not trimmed by number] Of everything else the newest 300 are kept, so that somebody who acts without end
does not fill the disk. Sign-ins are kept for half a year however many there are: each has to be shown to the keeper's devices,
and whoever could push one out with 300 acts would stay unseen.
"""

from dataclasses import dataclass
from typing import Final

from diary.storage.writer import Transaction

MAX_ENTRIES: Final = 300
RETENTION_DAYS: Final = 183
SIGN_IN_EVENTS: Final = ("signed_in", "recovered")
_DAY_MS: Final = 86_400_000
_HOUR_MS: Final = 3_600_000
_MINUTE_MS: Final = 60_000


@dataclass(frozen=True, slots=True)
class AccessRow:
    """One thing that was done. `device_name` is sealed under `session`."""

    at: int
    what: str
    session: bytes
    device_name: bytes


@dataclass(frozen=True, slots=True)
class SignInRow:
    """A sign-in. `id`: its place in the log. `kind`: None where an earlier release noted it. `is_in`: not signed out since."""

    id: int
    at: int
    what: str
    kind: str | None
    session: bytes
    device_name: bytes
    is_signed_in: bool


@dataclass(frozen=True, slots=True)
class SignInPosition:
    """Where a look at the sign-ins ended: the last one's place and time.

    The time is there because a database that was put back gives out the same places again.
    """

    id: int
    at: int


def record_access(
    tx: Transaction, account: bytes, session: bytes, what: str, now: int, kind: str | None = None
) -> None:
    """Write down what is done in a session that is there, at `now` ms; older lines go. `kind`: of a sign-in."""
    at = now - now % (_MINUTE_MS if what in SIGN_IN_EVENTS else _HOUR_MS)
    tx.execute(
        "INSERT INTO access (account_id, at, what, session, device_name, kind)"
        " SELECT account_id, ?, ?, id, device_name, ? FROM session WHERE id = ? AND account_id = ?",
        (at, what, kind, session, account),
    )
    tx.execute("DELETE FROM access WHERE account_id = ? AND at < ?", (account, now - RETENTION_DAYS * _DAY_MS))
    tx.execute(
        "DELETE FROM access WHERE account_id = ? AND what NOT IN (?, ?) AND id NOT IN"
        " (SELECT id FROM access WHERE account_id = ? AND what NOT IN (?, ?) ORDER BY id DESC LIMIT ?)",
        (account, *SIGN_IN_EVENTS, account, *SIGN_IN_EVENTS, MAX_ENTRIES),
    )


def list_entries(tx: Transaction, account: bytes) -> list[AccessRow]:
    """What was done, newest first: at most 300 sign-ins and 300 of everything else."""
    rows: list[tuple[int, int, str, bytes, bytes]] = []
    for operator in ("IN", "NOT IN"):
        rows += tx.execute(
            f"SELECT id, at, what, session, device_name FROM access WHERE account_id = ? AND what {operator} (?, ?)"  # noqa: S608
            " ORDER BY id DESC LIMIT ?",
            (account, *SIGN_IN_EVENTS, MAX_ENTRIES),
        ).fetchall()
    rows.sort(reverse=True, key=lambda row: row[0])
    return [AccessRow(int(at), str(what), bytes(session), bytes(name)) for _, at, what, session, name in rows]


def find_sign_in_position(tx: Transaction, account: bytes, session: bytes) -> SignInPosition:
    """The place of the sign-in that began a session; the beginning of the log where it is not there any more."""
    row = tx.execute(
        "SELECT id, at FROM access WHERE account_id = ? AND session = ? AND what IN (?, ?) ORDER BY id LIMIT 1",
        (account, session, *SIGN_IN_EVENTS),
    ).fetchone()
    return SignInPosition(int(row[0]), int(row[1])) if row else SignInPosition(0, 0)


def list_sign_ins(
    tx: Transaction, account: bytes, session: bytes, after_position: SignInPosition, now: int, limit: int
) -> list[SignInRow]:
    """At most `most` sign-ins after a place, oldest first, but for the one that began `session`."""
    rows = tx.execute(
        "SELECT a.id, a.at, a.what, a.kind, a.session, a.device_name,"
        " CASE WHEN s.id IS NOT NULL AND s.ended_at IS NULL AND s.expires_at > ? THEN 1 ELSE 0 END"
        " FROM access a LEFT JOIN session s ON s.id = a.session"
        " WHERE a.account_id = ? AND a.what IN (?, ?) AND (a.id > ? OR a.at > ?) AND a.session <> ?"
        " ORDER BY a.id LIMIT ?",
        (now, account, *SIGN_IN_EVENTS, after_position.id, after_position.at, session, limit),
    ).fetchall()
    return [
        SignInRow(int(row[0]), int(row[1]), str(row[2]), row[3], bytes(row[4]), bytes(row[5]), bool(row[6]))
        for row in rows
    ]
