"""Signed-in devices."""

from dataclasses import dataclass
from typing import Final

from diary.storage.database_interface import Database
from diary.storage.models.core import Session
from diary.storage.writer import Transaction

MAX_SESSIONS_PER_ACCOUNT: Final = 20
NO_LIMIT: Final = 1 << 30


@dataclass(frozen=True, slots=True)
class AuthenticatedSession:
    """What every request of a signed-in device needs, found by the digest of its token."""

    session: bytes
    account: bytes
    login_mac: bytes
    ecdsa_pub: bytes
    seen_at: int
    expires_at: int
    ended_at: int | None = None


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A session as the keeper sees it listed. `device_name` is sealed at rest."""

    id: bytes
    device_name: bytes
    created_at: int
    seen_at: int


_SELECT_AUTHENTICATED: Final = (
    "SELECT s.id, a.id, a.login_mac, a.ecdsa_pub, s.seen_at, s.expires_at, s.ended_at FROM session s"
    " JOIN account a ON a.id = s.account_id WHERE "
)


async def find(db: Database, token_digest: bytes) -> AuthenticatedSession | None:
    """The session of a token, whether or not its time is over or it was ended."""
    row = await db.fetch_one(_SELECT_AUTHENTICATED + "s.token_digest = ?", (token_digest,))
    return AuthenticatedSession(*row) if row else None


async def find_by_id(db: Database, session: bytes) -> AuthenticatedSession | None:
    """A session by its id, whether or not its time is over or it was ended."""
    row = await db.fetch_one(_SELECT_AUTHENTICATED + "s.id = ?", (session,))
    return AuthenticatedSession(*row) if row else None


async def list_active(db: Database, account: bytes, now: int) -> tuple[SessionRow, ...]:
    """The account's sessions that let somebody in at `now` ms, newest first."""
    return await db.run_orm_read(_load_active(account, now))


def add(
    tx: Transaction,
    *,
    session: bytes,
    account: bytes,
    token_digest: bytes,
    device: bytes,
    device_name: bytes,
    now: int,
    expires_at: int,
) -> None:
    """Start a session. The device's earlier one, those whose time is over and the oldest above a limit go, ended ones first."""
    tx.execute("DELETE FROM session WHERE expires_at <= ? OR (account_id = ? AND device = ?)", (now, account, device))
    tx.execute(
        "DELETE FROM session WHERE id IN"
        " (SELECT id FROM session WHERE account_id = ?"
        " ORDER BY coalesce(ended_at, 0), seen_at DESC, expires_at DESC LIMIT ? OFFSET ?)",
        (account, NO_LIMIT, MAX_SESSIONS_PER_ACCOUNT - 1),
    )
    tx.execute(
        "INSERT INTO session (id, account_id, token_digest, device, device_name, created_at, seen_at, expires_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (session, account, token_digest, device, device_name, now, now, expires_at),
    )


def count_proof_attempt(tx: Transaction, session: bytes, max_wrong_proofs: int) -> bool:
    """Count a proof that is about to be checked; False when the session is gone or has used all its tries."""
    return (
        tx.execute(
            "UPDATE session SET wrong_proofs = wrong_proofs + 1 WHERE id = ? AND ended_at IS NULL AND wrong_proofs < ?",
            (session, max_wrong_proofs),
        ).rowcount
        == 1
    )


def reset_proof_attempts(tx: Transaction, session: bytes) -> None:
    """A proof was right: the count begins anew."""
    tx.execute("UPDATE session SET wrong_proofs = 0 WHERE id = ?", (session,))


def end_if_proofs_exhausted(tx: Transaction, account: bytes, session: bytes, max_wrong_proofs: int) -> bool:
    """A proof was wrong: end the session if it was the last try, and say so. Its row goes, so its device is told `signed_out`."""
    condition = "id = ? AND account_id = ? AND wrong_proofs >= ?"
    return tx.execute(f"DELETE FROM session WHERE {condition}", (session, account, max_wrong_proofs)).rowcount == 1  # noqa: S608


def replace_token(tx: Transaction, session: bytes, token_digest: bytes) -> None:
    """Give a session another token; the one it had stops working."""
    tx.execute("UPDATE session SET token_digest = ? WHERE id = ?", (token_digest, session))


def touch(tx: Transaction, session: bytes, now: int) -> None:
    """Note that a session was used at `now` ms."""
    tx.execute("UPDATE session SET seen_at = ? WHERE id = ?", (now, session))


def end(tx: Transaction, account: bytes, session: bytes) -> bool:
    """End one session of this account; whether there was one."""
    return tx.execute("DELETE FROM session WHERE id = ? AND account_id = ?", (session, account)).rowcount == 1


def revoke(tx: Transaction, account: bytes, session: bytes, now: int) -> bool:
    """End a session from another device, at `now` ms, so that its own is told; whether there was one that stood."""
    return _revoke_matching(tx, "account_id = ? AND id = ?", account, session, now) == 1


def revoke_others(tx: Transaction, account: bytes, session: bytes, now: int) -> None:
    """End every session of the account but this one, so that their devices are told."""
    _revoke_matching(tx, "account_id = ? AND id <> ?", account, session, now)


def rename(tx: Transaction, session: bytes, device_name: bytes) -> None:
    """What the keeper calls the device of a session, sealed."""
    tx.execute("UPDATE session SET device_name = ? WHERE id = ?", (device_name, session))


def end_by_token(tx: Transaction, token_digest: bytes) -> None:
    """End the session of a token, if there is one."""
    tx.execute("DELETE FROM session WHERE token_digest = ?", (token_digest,))


def end_others(tx: Transaction, account: bytes, session: bytes) -> None:
    """End every session of the account but this one."""
    tx.execute("DELETE FROM session WHERE account_id = ? AND id <> ?", (account, session))


def _revoke_matching(tx: Transaction, condition: str, account: bytes, session: bytes, now: int) -> int:
    """End sessions and take their names away: what is left tells the device, and nobody else anything."""
    return tx.execute(
        f"UPDATE session SET ended_at = ?, device_name = ? WHERE {condition} AND ended_at IS NULL",  # noqa: S608
        (now, b"", account, session),
    ).rowcount


async def _load_active(account: bytes, now: int) -> tuple[SessionRow, ...]:
    """The rows behind `list_of`."""
    sessions = await Session.filter(account_id=account, expires_at__gt=now, ended_at__isnull=True).order_by(
        "-seen_at", "id"
    )
    return tuple(SessionRow(row.id, row.device_name, row.created_at, row.seen_at) for row in sessions)
