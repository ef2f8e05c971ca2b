"""Closing of accounts: requested, cancelled, carried out.

Of a closed account, the leaves of its versions stay in the public log. They identify nobody, and a log with missing
leaves could not be told from one that was tampered with. Everything else is deleted: first the files in the blob
store (diary/storage/sync/erasures.py), then the rows.

[Note: closing in steps] An account may have a hundred thousand rows. One transaction ends all access to it: nobody can
sign in, no session, hand-over, witness code or grant is left that could show its content. From then on nothing can be
added either, so the rows are deleted a few at a time. After an interruption the next purge finds the account again,
because its own row is deleted last.
"""

from typing import Final

from diary.storage.account_changes import key_rotation
from diary.storage.accounts import renewal_tokens
from diary.storage.models.core import Access, Account, Blob, Diary, Session, Version
from diary.storage.models.handovers import Handover
from diary.storage.models.log import LogLeaf, WaitingLeaf
from diary.storage.models.witness_statements import WitnessCode
from diary.storage.partial_indexes import STEP_ROWS
from diary.storage.sharing import grants
from diary.storage.statements import Statement, param, query, table
from diary.storage.writer import Transaction

_ACCESS: Final = table(Access)
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
    query.from_(_ACCOUNT)
    .select(_ACCOUNT.closing_at, _ACCOUNT.id)
    .where(
        (_ACCOUNT.closing_at <= param.now)
        & (_ACCOUNT.closing_at >= param.after_time)
        & ((_ACCOUNT.closing_at > param.after_time) | (_ACCOUNT.id > param.after_id))
    )
    .orderby(_ACCOUNT.closing_at, _ACCOUNT.id)
    .limit(STEP_ROWS)
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
# The same versions both times: in the order of the index of `diary_id` and `seq`.
_SOME_VERSION_IDS: Final = (
    query.from_(_VERSION)
    .select(_VERSION.id)
    .where(_VERSION.diary_id == param.diary)
    .orderby(_VERSION.seq)
    .limit(STEP_ROWS)
)
_LIST_DIARIES: Final = Statement(_DIARY_IDS)
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
    query.update(_LOG_LEAF).set(_LOG_LEAF.version_id, None).where(_LOG_LEAF.version_id.isin(_SOME_VERSION_IDS))
)
_DELETE_VERSIONS: Final = Statement(query.from_(_VERSION).delete().where(_VERSION.id.isin(_SOME_VERSION_IDS)))
_MARK_BLOBS_ERASED: Final = Statement(
    query.update(_BLOB)
    .set(_BLOB.erased, True)
    .set(_BLOB.complete, False)
    .where(
        _BLOB.id.isin(
            query.from_(_BLOB)
            .select(_BLOB.id)
            .where((_BLOB.diary_id == param.diary) & _BLOB.erased.eq(False))
            .limit(STEP_ROWS)
        )
    )
)
# The rows of files whose bytes have been deleted.
_DELETE_EMPTY_BLOBS: Final = Statement(
    query.from_(_BLOB)
    .delete()
    .where(
        _BLOB.id.isin(
            query.from_(_BLOB)
            .select(_BLOB.id)
            .where((_BLOB.diary_id == param.diary) & _BLOB.erased.eq(True) & (_BLOB.parts == 0))
            .limit(STEP_ROWS)
        )
    )
)
_DELETE_ACCESS: Final = Statement(
    query.from_(_ACCESS)
    .delete()
    .where(
        _ACCESS.id.isin(
            query.from_(_ACCESS).select(_ACCESS.id).where(_ACCESS.account_id == param.account).limit(STEP_ROWS)
        )
    )
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


def list_due(tx: Transaction, now: int, after: tuple[int, bytes] = (0, b"")) -> list[tuple[int, bytes]]:
    """Return when the closing was due, in ms, and the account, of closings due at `now` ms, the longest overdue first.

    At most STEP_ROWS, those that follow `after`; [] at the end.
    """
    rows = tx.execute(*_LIST_DUE(now=now, after_time=after[0], after_id=after[1])).fetchall()
    return [(int(closing_at), bytes(account)) for closing_at, account in rows]


def end_access(tx: Transaction, account: bytes, now: int) -> bool:
    """End all access to an account that is due at `now` ms. See [Note: closing in steps].

    Return False, and change nothing, while one of its leaves waits for the log, or if the closing was cancelled.
    """
    row = tx.execute(*_FIND_CLOSING(account=account)).fetchone()
    if row is None or row[0] is None or row[0] > now or tx.execute(*_FIND_WAITING_LEAF(account=account)).fetchone():
        return False
    tx.execute(*_DELETE_SESSIONS(account=account))
    renewal_tokens.delete_all(tx, account)
    key_rotation.discard_rotation(tx, account)
    tx.execute(*_DELETE_WITNESS_CODES(account=account))
    tx.execute(*_DELETE_HANDOVERS(account=account))
    grants.close_all(tx, account, now)
    tx.execute(*_EMPTY_ACCOUNT(account=account))
    return True


def erase_some_contents(tx: Transaction, account: bytes) -> int:
    """Delete some of the content of an account whose access has ended; its files are only marked for deletion.

    Return how many rows were changed, about STEP_ROWS at most, and 0 when nothing is left.
    """
    if changed_count := grants.delete_some(tx, account):
        return changed_count
    for (diary,) in tx.execute(*_LIST_DIARIES(account=account)).fetchall():
        tx.execute(*_DETACH_LEAVES(diary=diary))
        for statement in (_DELETE_VERSIONS, _MARK_BLOBS_ERASED):
            if changed_count := tx.execute(*statement(diary=diary)).rowcount:
                return changed_count
    return 0


def delete_some_rows(tx: Transaction, account: bytes) -> int:
    """Delete some of the remaining rows of an account whose content and files are deleted.

    Return how many, at most STEP_ROWS, and 0 when few enough are left for `delete_account`.
    """
    if deleted_count := tx.execute(*_DELETE_ACCESS(account=account)).rowcount:
        return deleted_count
    for (diary,) in tx.execute(*_LIST_DIARIES(account=account)).fetchall():
        if deleted_count := tx.execute(*_DELETE_EMPTY_BLOBS(diary=diary)).rowcount:
            return deleted_count
    return 0


def delete_account(tx: Transaction, account: bytes) -> None:
    """Delete the row of an erased account after its files are deleted."""
    tx.execute(*_DELETE_ACCOUNT(account=account))
