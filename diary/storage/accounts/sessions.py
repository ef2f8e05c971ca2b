"""Sessions of signed-in devices."""

from dataclasses import dataclass
from typing import Final

from pypika_tortoise import functions
from pypika_tortoise.enums import Order

from diary.storage.database_interface import Database
from diary.storage.hot.accounts import FIND_SESSION_BY_ID, FIND_SESSION_BY_TOKEN
from diary.storage.models.core import Session
from diary.storage.statements import Statement, param, query, table
from diary.storage.writer import Transaction

MAX_SESSIONS_PER_ACCOUNT: Final = 20
# SQLite takes OFFSET only after LIMIT.
NO_LIMIT: Final = 1 << 30

_SESSION: Final = table(Session)
_IS_ACCOUNTS: Final = _SESSION.account_id == param.account
_DELETE: Final = query.from_(_SESSION).delete()
_DELETE_REPLACED: Final = Statement(
    _DELETE.where((_SESSION.expires_at <= param.now) | (_IS_ACCOUNTS & (_SESSION.device == param.device)))
)
# Sessions that still admit a device come first, then the newest.
_MOST_USEFUL_FIRST: Final = (
    query.from_(_SESSION)
    .select(_SESSION.id)
    .where(_IS_ACCOUNTS)
    .orderby(functions.Coalesce(_SESSION.ended_at, 0))
    .orderby(_SESSION.seen_at, order=Order.desc)
    .orderby(_SESSION.expires_at, order=Order.desc)
)
_DELETE_ABOVE_LIMIT: Final = Statement(
    _DELETE.where(_SESSION.id.isin(_MOST_USEFUL_FIRST.limit(NO_LIMIT).offset(MAX_SESSIONS_PER_ACCOUNT - 1)))
)
_ADD: Final = Statement(
    query.into(_SESSION)
    .columns(
        _SESSION.id,
        _SESSION.account_id,
        _SESSION.token_digest,
        _SESSION.device,
        _SESSION.device_name,
        _SESSION.created_at,
        _SESSION.seen_at,
        _SESSION.expires_at,
    )
    .insert(
        param.session,
        param.account,
        param.token_digest,
        param.device,
        param.device_name,
        param.now,
        param.now,
        param.expires_at,
    )
)
_UPDATE: Final = query.update(_SESSION).where(_SESSION.id == param.session)
_COUNT_PROOF: Final = Statement(
    _UPDATE.set(_SESSION.wrong_proofs, _SESSION.wrong_proofs + 1).where(
        _SESSION.ended_at.isnull() & (_SESSION.wrong_proofs < param.max_wrong_proofs)
    )
)
_RESET_PROOFS: Final = Statement(_UPDATE.set(_SESSION.wrong_proofs, 0))
_SET_TOKEN: Final = Statement(_UPDATE.set(_SESSION.token_digest, param.token_digest))
_SET_SEEN_AT: Final = Statement(_UPDATE.set(_SESSION.seen_at, param.now))
_SET_DEVICE_NAME: Final = Statement(_UPDATE.set(_SESSION.device_name, param.device_name))
_DELETE_ONE: Final = Statement(_DELETE.where((_SESSION.id == param.session) & _IS_ACCOUNTS))
_DELETE_EXHAUSTED: Final = Statement(
    _DELETE.where((_SESSION.id == param.session) & _IS_ACCOUNTS & (_SESSION.wrong_proofs >= param.max_wrong_proofs))
)
_DELETE_BY_TOKEN: Final = Statement(_DELETE.where(_SESSION.token_digest == param.token_digest))
_DELETE_OTHERS: Final = Statement(_DELETE.where(_IS_ACCOUNTS & (_SESSION.id != param.session)))
# The device's name is removed: the row stays only to tell the device that it was signed out.
_REVOKE: Final = (
    query.update(_SESSION)
    .set(_SESSION.ended_at, param.now)
    .set(_SESSION.device_name, b"")
    .where(_IS_ACCOUNTS & _SESSION.ended_at.isnull())
)
_REVOKE_ONE: Final = Statement(_REVOKE.where(_SESSION.id == param.session))
_REVOKE_OTHERS: Final = Statement(_REVOKE.where(_SESSION.id != param.session))


@dataclass(frozen=True, slots=True)
class AuthenticatedSession:
    """A session with the columns of its account that every request of a signed-in device needs."""

    session: bytes
    account: bytes
    login_mac: bytes
    ecdsa_pub: bytes
    seen_at: int
    expires_at: int
    ended_at: int | None = None


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A session in the keeper's list of devices. `device_name` is sealed at rest."""

    id: bytes
    device_name: bytes
    created_at: int
    seen_at: int


async def find_session(db: Database, token_digest: bytes) -> AuthenticatedSession | None:
    """Return the session with this token, including an expired or revoked one, or None."""
    row = await db.fetch_one(FIND_SESSION_BY_TOKEN, (token_digest,))
    return AuthenticatedSession(*row) if row else None


async def find_by_id(db: Database, session: bytes) -> AuthenticatedSession | None:
    """Return the session with this id, including an expired or revoked one, or None."""
    row = await db.fetch_one(FIND_SESSION_BY_ID, (session,))
    return AuthenticatedSession(*row) if row else None


async def list_active(db: Database, account: bytes, now: int) -> tuple[SessionRow, ...]:
    """Return the account's sessions that are neither expired nor revoked at `now` ms, newest first."""
    return await db.run_orm_read(_load_active(account, now))


def add_session(
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
    """Store a new session; times in ms.

    Delete the device's earlier session, every expired one and, above the account's limit, revoked sessions first and
    then those used longest ago.
    """
    tx.execute(*_DELETE_REPLACED(now=now, account=account, device=device))
    tx.execute(*_DELETE_ABOVE_LIMIT(account=account))
    tx.execute(
        *_ADD(
            session=session,
            account=account,
            token_digest=token_digest,
            device=device,
            device_name=device_name,
            now=now,
            expires_at=expires_at,
        )
    )


def count_proof_attempt(tx: Transaction, session: bytes, max_wrong_proofs: int) -> bool:
    """Count a proof before it is checked. Return False if the session is gone, is revoked or has no attempts left."""
    return tx.execute(*_COUNT_PROOF(session=session, max_wrong_proofs=max_wrong_proofs)).rowcount == 1


def reset_proof_attempts(tx: Transaction, session: bytes) -> None:
    """Set the count of wrong proofs to 0 after a correct one."""
    tx.execute(*_RESET_PROOFS(session=session))


def end_if_proofs_exhausted(tx: Transaction, account: bytes, session: bytes, max_wrong_proofs: int) -> bool:
    """Delete the session if no attempts are left after a wrong proof. Return whether it was deleted.

    The device's next request is answered with `signed_out`, because the row is gone.
    """
    statement = _DELETE_EXHAUSTED(session=session, account=account, max_wrong_proofs=max_wrong_proofs)
    return tx.execute(*statement).rowcount == 1


def replace_token(tx: Transaction, session: bytes, token_digest: bytes) -> None:
    """Replace the session's token. The old one stops working."""
    tx.execute(*_SET_TOKEN(session=session, token_digest=token_digest))


def touch_session(tx: Transaction, session: bytes, now: int) -> None:
    """Store `now`, in ms, as the session's last use."""
    tx.execute(*_SET_SEEN_AT(session=session, now=now))


def end_session(tx: Transaction, account: bytes, session: bytes) -> bool:
    """Delete a session of this account. Return whether it existed."""
    return tx.execute(*_DELETE_ONE(session=session, account=account)).rowcount == 1


def revoke_session(tx: Transaction, account: bytes, session: bytes, now: int) -> bool:
    """Revoke a session from another device, at `now` ms. Return whether there was one that was not revoked yet.

    The row stays, so that the device's next request is answered with `session_ended`.
    """
    return tx.execute(*_REVOKE_ONE(now=now, account=account, session=session)).rowcount == 1


def revoke_others(tx: Transaction, account: bytes, session: bytes, now: int) -> None:
    """Revoke every session of the account except this one, at `now` ms."""
    tx.execute(*_REVOKE_OTHERS(now=now, account=account, session=session))


def rename_session(tx: Transaction, session: bytes, device_name: bytes) -> None:
    """Store the sealed name of the session's device."""
    tx.execute(*_SET_DEVICE_NAME(session=session, device_name=device_name))


def end_by_token(tx: Transaction, token_digest: bytes) -> None:
    """Delete the session with this token, if it exists."""
    tx.execute(*_DELETE_BY_TOKEN(token_digest=token_digest))


def end_others(tx: Transaction, account: bytes, session: bytes) -> None:
    """Delete every session of the account except this one."""
    tx.execute(*_DELETE_OTHERS(account=account, session=session))


async def _load_active(account: bytes, now: int) -> tuple[SessionRow, ...]:
    """Load the rows of `list_active`."""
    sessions = await Session.filter(account_id=account, expires_at__gt=now, ended_at__isnull=True).order_by(
        "-seen_at", "id"
    )
    return tuple(SessionRow(row.id, row.device_name, row.created_at, row.seen_at) for row in sessions)
