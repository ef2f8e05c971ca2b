"""Closing of accounts: requested, cancelled, carried out.

Of a closed account, the leaves of its versions stay in the public log. They identify nobody, and a log with missing
leaves could not be told from one that was tampered with. Everything else is deleted: first the files in the blob
store (diary/storage/sync/erasures.py), then the rows.
"""

from typing import Final

from diary.storage.account_changes import key_rotation
from diary.storage.accounts import renewal_tokens
from diary.storage.models.core import Account, Blob, Diary, Session, Version
from diary.storage.models.handovers import Handover
from diary.storage.models.log import LogLeaf, WaitingLeaf
from diary.storage.models.witness_statements import WitnessCode
from diary.storage.sharing import grants
from diary.storage.statements import Statement, param, query, table
from diary.storage.writer import Transaction

_ACCOUNT: Final = table(Account)
_BLOB: Final = table(Blob)
_DIARY: Final = table(Diary)
_HANDOVER: Final = table(Handover)
_LOG_LEAF: Final = table(LogLeaf)
_SESSION: Final = table(Session)
_VERSION: Final = table(Version)
_WAITING_LEAF: Final = table(WaitingLeaf)
_WITNESS_CODE: Final = table(WitnessCode)

_UPDATE: Final = query.update(_ACCOUNT).where(_ACCOUNT.id == param.account)
_SET_CLOSING: Final = Statement(_UPDATE.set(_ACCOUNT.closing_at, param.due_at).where(_ACCOUNT.closing_at.isnull()))
_CANCEL_CLOSING: Final = Statement(_UPDATE.set(_ACCOUNT.closing_at, None).where(_ACCOUNT.closing_at.notnull()))
_FIND_CLOSING: Final = Statement(query.from_(_ACCOUNT).select(_ACCOUNT.closing_at).where(_ACCOUNT.id == param.account))
_LIST_DUE: Final = Statement(
    query.from_(_ACCOUNT).select(_ACCOUNT.id).where(_ACCOUNT.closing_at <= param.now).orderby(_ACCOUNT.closing_at)
)
_FIND_WAITING_LEAF: Final = Statement(
    query.from_(_WAITING_LEAF)
    .join(_VERSION)
    .on(_VERSION.id == _WAITING_LEAF.id)
    .join(_DIARY)
    .on(_DIARY.id == _VERSION.diary_id)
    .select(_WAITING_LEAF.id)
    .where(_DIARY.account_id == param.account)
    .limit(1)
)
_DIARY_IDS: Final = query.from_(_DIARY).select(_DIARY.id).where(_DIARY.account_id == param.account)
_VERSION_IDS: Final = (
    query.from_(_VERSION)
    .join(_DIARY)
    .on(_DIARY.id == _VERSION.diary_id)
    .select(_VERSION.id)
    .where(_DIARY.account_id == param.account)
)
_DELETE_SESSIONS: Final = Statement(query.from_(_SESSION).delete().where(_SESSION.account_id == param.account))
_DELETE_WITNESS_CODES: Final = Statement(
    query.from_(_WITNESS_CODE).delete().where(_WITNESS_CODE.diary_id.isin(_DIARY_IDS))
)
_DELETE_HANDOVERS: Final = Statement(query.from_(_HANDOVER).delete().where(_HANDOVER.diary_id.isin(_DIARY_IDS)))
# No username has this HMAC, and no proof has an empty digest: the account cannot be signed in to any more.
_EMPTY_ACCOUNT: Final = Statement(
    _UPDATE.set(_ACCOUNT.login_mac, _ACCOUNT.id)
    .set(_ACCOUNT.auth_digest, b"")
    .set(_ACCOUNT.code_digest, None)
    .set(_ACCOUNT.words_wrap, b"")
    .set(_ACCOUNT.kdf, b"")
    .set(_ACCOUNT.code_wrap, None)
    .set(_ACCOUNT.keyset, b"")
)
_DETACH_LEAVES: Final = Statement(
    query.update(_LOG_LEAF).set(_LOG_LEAF.version_id, None).where(_LOG_LEAF.version_id.isin(_VERSION_IDS))
)
_DELETE_VERSIONS: Final = Statement(query.from_(_VERSION).delete().where(_VERSION.diary_id.isin(_DIARY_IDS)))
_MARK_BLOBS_ERASED: Final = Statement(
    query.update(_BLOB).set(_BLOB.erased, True).set(_BLOB.complete, False).where(_BLOB.diary_id.isin(_DIARY_IDS))
)
_DELETE_ACCOUNT: Final = Statement(query.from_(_ACCOUNT).delete().where(_ACCOUNT.id == param.account))


def request_closing(tx: Transaction, account: bytes, due_at: int) -> int:
    """Schedule the closing of the account. Return when it is due, in ms; a repeated request does not postpone it."""
    tx.execute(*_SET_CLOSING(account=account, due_at=due_at))
    return int(tx.execute(*_FIND_CLOSING(account=account)).fetchone()[0])


def start_closing(tx: Transaction, account: bytes, due_at: int) -> tuple[int, bool] | None:
    """Schedule the closing of an account that may be gone.

    Return when it is due, in ms, and whether it was not scheduled before; None if there is no such account.
    """
    is_new = tx.execute(*_SET_CLOSING(account=account, due_at=due_at)).rowcount == 1
    row = tx.execute(*_FIND_CLOSING(account=account)).fetchone()
    return (int(row[0]), is_new) if row else None


def cancel_closing(tx: Transaction, account: bytes) -> bool:
    """Cancel the closing of the account. Return whether it was scheduled."""
    return tx.execute(*_CANCEL_CLOSING(account=account)).rowcount == 1


def list_due(tx: Transaction, now: int) -> tuple[bytes, ...]:
    """Return the accounts whose closing is due at `now` ms, the longest overdue first."""
    return tuple(row[0] for row in tx.execute(*_LIST_DUE(now=now)).fetchall())


def erase_contents(tx: Transaction, account: bytes) -> bool:
    """Delete the account's data and end all access to it; its files are only marked for deletion.

    Return False, and change nothing, while one of its leaves waits for the log.
    """
    if tx.execute(*_FIND_WAITING_LEAF(account=account)).fetchone():
        return False
    tx.execute(*_DELETE_SESSIONS(account=account))
    renewal_tokens.delete_all(tx, account)
    key_rotation.discard_rotation(tx, account)
    tx.execute(*_DELETE_WITNESS_CODES(account=account))
    tx.execute(*_DELETE_HANDOVERS(account=account))
    grants.delete_all(tx, account)
    tx.execute(*_EMPTY_ACCOUNT(account=account))
    tx.execute(*_DETACH_LEAVES(account=account))
    tx.execute(*_DELETE_VERSIONS(account=account))
    tx.execute(*_MARK_BLOBS_ERASED(account=account))
    return True


def delete_account(tx: Transaction, account: bytes) -> None:
    """Delete the row of an erased account after its files are deleted."""
    tx.execute(*_DELETE_ACCOUNT(account=account))
