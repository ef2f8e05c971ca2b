"""The access log of an account: security events that its keeper can read, deleted after half a year.

[Note: sign-ins are not trimmed by number] Of all other events only the newest 300 are kept, so that one session
cannot fill the disk. Sign-ins are kept for half a year whatever their number, because each has to be shown to the
keeper's devices. With a limit, an intruder could push their own sign-in out of the log with 300 more.
"""

from dataclasses import dataclass
from typing import Final

from pypika_tortoise.enums import Order
from pypika_tortoise.terms import ValueWrapper

from diary.storage.models.core import Access, Session
from diary.storage.statements import Statement, param, query, table
from diary.storage.writer import Transaction

MAX_ENTRIES: Final = 300
RETENTION_DAYS: Final = 183
SIGN_IN_EVENTS: Final = ("signed_in", "recovered")
_DAY_MS: Final = 86_400_000
_HOUR_MS: Final = 3_600_000
_MINUTE_MS: Final = 60_000

_ACCESS: Final = table(Access)
_SESSION: Final = table(Session)
_IS_ACCOUNTS: Final = _ACCESS.account_id == param.account
_IS_SIGN_IN: Final = _ACCESS.what.isin(SIGN_IN_EVENTS)
_IS_OTHER_EVENT: Final = _ACCESS.what.notin(SIGN_IN_EVENTS)
_ADD: Final = Statement(
    query.into(_ACCESS)
    .columns(_ACCESS.account_id, _ACCESS.at, _ACCESS.what, _ACCESS.session, _ACCESS.device_name, _ACCESS.kind)
    .from_(_SESSION)
    .select(
        _SESSION.account_id,
        ValueWrapper(param.at),
        ValueWrapper(param.what),
        _SESSION.id,
        _SESSION.device_name,
        ValueWrapper(param.kind),
    )
    .where((_SESSION.id == param.session) & (_SESSION.account_id == param.account))
)
_DELETE: Final = query.from_(_ACCESS).delete().where(_IS_ACCOUNTS)
_DELETE_OLD: Final = Statement(_DELETE.where(_ACCESS.at < param.before))
_NEWEST_OTHER_EVENTS: Final = (
    query.from_(_ACCESS)
    .select(_ACCESS.id)
    .where(_IS_ACCOUNTS & _IS_OTHER_EVENT)
    .orderby(_ACCESS.id, order=Order.desc)
    .limit(MAX_ENTRIES)
)
_DELETE_SURPLUS: Final = Statement(_DELETE.where(_IS_OTHER_EVENT & _ACCESS.id.notin(_NEWEST_OTHER_EVENTS)))
_LIST_NEWEST: Final = (
    query.from_(_ACCESS)
    .select(_ACCESS.id, _ACCESS.at, _ACCESS.what, _ACCESS.session, _ACCESS.device_name)
    .where(_IS_ACCOUNTS)
    .orderby(_ACCESS.id, order=Order.desc)
    .limit(MAX_ENTRIES)
)
_LIST_NEWEST_SIGN_INS: Final = Statement(_LIST_NEWEST.where(_IS_SIGN_IN))
_LIST_NEWEST_OTHER_EVENTS: Final = Statement(_LIST_NEWEST.where(_IS_OTHER_EVENT))
_FIND_FIRST_SIGN_IN: Final = Statement(
    query.from_(_ACCESS)
    .select(_ACCESS.id, _ACCESS.at)
    .where(_IS_ACCOUNTS & (_ACCESS.session == param.session) & _IS_SIGN_IN)
    .orderby(_ACCESS.id)
    .limit(1)
)
_LIST_SIGN_INS: Final = Statement(
    query.from_(_ACCESS)
    .left_join(_SESSION)
    .on(_SESSION.id == _ACCESS.session)
    .select(
        _ACCESS.id,
        _ACCESS.at,
        _ACCESS.what,
        _ACCESS.kind,
        _ACCESS.session,
        _ACCESS.device_name,
        _SESSION.expires_at,
        _SESSION.ended_at,
    )
    .where(_IS_ACCOUNTS & _IS_SIGN_IN & ((_ACCESS.id > param.after_id) | (_ACCESS.at > param.after_at)))
    .where(_ACCESS.session != param.session)
    .orderby(_ACCESS.id)
    .limit(param.limit)
)


@dataclass(frozen=True, slots=True)
class AccessRow:
    """An event. `at` is in ms; `device_name` is sealed under `session`."""

    at: int
    what: str
    session: bytes
    device_name: bytes


@dataclass(frozen=True, slots=True)
class SignInRow:
    """A sign-in. `id`: its number in the log. `kind`: None if an earlier release recorded it.

    `is_signed_in`: whether its session is neither expired nor ended.
    """

    id: int
    at: int
    what: str
    kind: str | None
    session: bytes
    device_name: bytes
    is_signed_in: bool


@dataclass(frozen=True, slots=True)
class SignInPosition:
    """The last sign-in of a page: its number in the log and its time in ms.

    The time is needed because a database that was restored from a backup allots the same ids again.
    """

    id: int
    at: int


def record_access(
    tx: Transaction, account: bytes, session: bytes, what: str, now: int, kind: str | None = None
) -> None:
    """Record an event of a session at `now` ms, and delete older events; nothing is recorded if the session is gone.

    `kind`: for a sign-in, ordinary, borrowed, desk or renewed. The stored time is rounded down: to the minute for a
    sign-in, to the hour for any other event.
    """
    at = now - now % (_MINUTE_MS if what in SIGN_IN_EVENTS else _HOUR_MS)
    tx.execute(*_ADD(at=at, what=what, kind=kind, session=session, account=account))
    tx.execute(*_DELETE_OLD(account=account, before=now - RETENTION_DAYS * _DAY_MS))
    tx.execute(*_DELETE_SURPLUS(account=account))


def list_entries(tx: Transaction, account: bytes) -> list[AccessRow]:
    """Return the account's events, newest first: at most 300 sign-ins and 300 others."""
    rows: list[tuple[int, int, str, bytes, bytes]] = []
    for statement in (_LIST_NEWEST_SIGN_INS, _LIST_NEWEST_OTHER_EVENTS):
        rows += tx.execute(*statement(account=account)).fetchall()
    rows.sort(reverse=True, key=lambda row: row[0])
    return [AccessRow(int(at), str(what), bytes(session), bytes(name)) for _, at, what, session, name in rows]


def find_sign_in_position(tx: Transaction, account: bytes, session: bytes) -> SignInPosition:
    """Return the position of the sign-in that started a session, or the start of the log if it was deleted."""
    row = tx.execute(*_FIND_FIRST_SIGN_IN(account=account, session=session)).fetchone()
    return SignInPosition(int(row[0]), int(row[1])) if row else SignInPosition(0, 0)


def list_sign_ins(
    tx: Transaction, account: bytes, session: bytes, after_position: SignInPosition, now: int, limit: int
) -> list[SignInRow]:
    """Return at most `limit` sign-ins after a position, oldest first, except the sign-in that started `session`."""
    statement = _LIST_SIGN_INS(
        account=account, session=session, after_id=after_position.id, after_at=after_position.at, limit=limit
    )
    rows = tx.execute(*statement).fetchall()
    # The last two columns are None if the session's row was deleted.
    return [
        SignInRow(
            int(sign_in_id),
            int(at),
            str(what),
            kind,
            bytes(session_id),
            bytes(device_name),
            is_signed_in=expires_at is not None and ended_at is None and expires_at > now,
        )
        for sign_in_id, at, what, kind, session_id, device_name, expires_at, ended_at in rows
    ]
