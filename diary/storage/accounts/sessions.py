"""Signed-in devices."""

from dataclasses import dataclass
from typing import Final

from diary.storage.database_interface import Database
from diary.storage.models.core import Session
from diary.storage.writer import Hand

KEPT: Final = 20
MANY: Final = 1 << 30


@dataclass(frozen=True, slots=True)
class Signed:
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


_SIGNED: Final = (
    "SELECT s.id, a.id, a.login_mac, a.ecdsa_pub, s.seen_at, s.expires_at, s.ended_at FROM session s"
    " JOIN account a ON a.id = s.account_id WHERE "
)


async def find(db: Database, token_digest: bytes) -> Signed | None:
    """The session of a token, whether or not its time is over or it was ended."""
    row = await db.look(_SIGNED + "s.token_digest = ?", (token_digest,))
    return Signed(*row) if row else None


async def find_by_id(db: Database, session: bytes) -> Signed | None:
    """A session by its id, whether or not its time is over or it was ended."""
    row = await db.look(_SIGNED + "s.id = ?", (session,))
    return Signed(*row) if row else None


async def list_of(db: Database, account: bytes, now: int) -> tuple[SessionRow, ...]:
    """The account's sessions that let somebody in at `now` ms, newest first."""
    return await db.orm(_listed(account, now))


def add(
    hand: Hand,
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
    hand.execute("DELETE FROM session WHERE expires_at <= ? OR (account_id = ? AND device = ?)", (now, account, device))
    hand.execute(
        "DELETE FROM session WHERE id IN"
        " (SELECT id FROM session WHERE account_id = ?"
        " ORDER BY coalesce(ended_at, 0), seen_at DESC, expires_at DESC LIMIT ? OFFSET ?)",
        (account, MANY, KEPT - 1),
    )
    hand.execute(
        "INSERT INTO session (id, account_id, token_digest, device, device_name, created_at, seen_at, expires_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (session, account, token_digest, device, device_name, now, now, expires_at),
    )


def begin_proof(hand: Hand, session: bytes, most: int) -> bool:
    """Count a proof that is about to be checked; False when the session is gone or has used all its tries."""
    return (
        hand.execute(
            "UPDATE session SET wrong_proofs = wrong_proofs + 1 WHERE id = ? AND ended_at IS NULL AND wrong_proofs < ?",
            (session, most),
        ).rowcount
        == 1
    )


def settle_proof(hand: Hand, session: bytes) -> None:
    """A proof was right: the count begins anew."""
    hand.execute("UPDATE session SET wrong_proofs = 0 WHERE id = ?", (session,))


def end_after_proofs(hand: Hand, account: bytes, session: bytes, most: int) -> bool:
    """A proof was wrong: end the session if it was the last try, and say so. Its row goes, so its device is told `signed_out`."""
    which = "id = ? AND account_id = ? AND wrong_proofs >= ?"
    return hand.execute(f"DELETE FROM session WHERE {which}", (session, account, most)).rowcount == 1  # noqa: S608


def hold(hand: Hand, session: bytes, token_digest: bytes) -> None:
    """Give a session another token; the one it had stops working."""
    hand.execute("UPDATE session SET token_digest = ? WHERE id = ?", (token_digest, session))


def touch(hand: Hand, session: bytes, now: int) -> None:
    """Note that a session was used at `now` ms."""
    hand.execute("UPDATE session SET seen_at = ? WHERE id = ?", (now, session))


def end(hand: Hand, account: bytes, session: bytes) -> bool:
    """End one session of this account; whether there was one."""
    return hand.execute("DELETE FROM session WHERE id = ? AND account_id = ?", (session, account)).rowcount == 1


def shut(hand: Hand, account: bytes, session: bytes, now: int) -> bool:
    """End a session from another device, at `now` ms, so that its own is told; whether there was one that stood."""
    return _shut(hand, "account_id = ? AND id = ?", account, session, now) == 1


def shut_others(hand: Hand, account: bytes, session: bytes, now: int) -> None:
    """End every session of the account but this one, so that their devices are told."""
    _shut(hand, "account_id = ? AND id <> ?", account, session, now)


def rename(hand: Hand, session: bytes, device_name: bytes) -> None:
    """What the keeper calls the device of a session, sealed."""
    hand.execute("UPDATE session SET device_name = ? WHERE id = ?", (device_name, session))


def end_token(hand: Hand, token_digest: bytes) -> None:
    """End the session of a token, if there is one."""
    hand.execute("DELETE FROM session WHERE token_digest = ?", (token_digest,))


def end_others(hand: Hand, account: bytes, session: bytes) -> None:
    """End every session of the account but this one."""
    hand.execute("DELETE FROM session WHERE account_id = ? AND id <> ?", (account, session))


def _shut(hand: Hand, which: str, account: bytes, session: bytes, now: int) -> int:
    """End sessions and take their names away: what is left tells the device, and nobody else anything."""
    return hand.execute(
        f"UPDATE session SET ended_at = ?, device_name = ? WHERE {which} AND ended_at IS NULL",  # noqa: S608
        (now, b"", account, session),
    ).rowcount


async def _listed(account: bytes, now: int) -> tuple[SessionRow, ...]:
    """The rows behind `list_of`."""
    found = await Session.filter(account_id=account, expires_at__gt=now, ended_at__isnull=True).order_by(
        "-seen_at", "id"
    )
    return tuple(SessionRow(row.id, row.device_name, row.created_at, row.seen_at) for row in found)
