"""Rotation of an account's keys: the new keys are staged beside the old ones and replace them in one step.

[Note: concurrent changes of keys] While a rotation is active, no pushes to the account are accepted
(storage/sync/versions.py). Otherwise anyone with a session and the old keys could keep it from ever being complete. A
rotation is active for ten minutes after it was started or last made progress, so it blocks pushes only while a phone
works on it. A rotation started with the recovery code replaces one started with the words, but not the other way round.

[Note: one transaction] Until the last wrap is staged the account is unchanged, so a phone that is interrupted continues
where it stopped, and nothing is half changed. The change itself is one transaction: keys, wraps, words, code and
sessions.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Final

from pypika_tortoise import functions

from diary.encoding import decode_frames, encode_frames
from diary.errors import Conflict, IncompleteUpload, NotFound
from diary.storage.accounts import renewal_tokens
from diary.storage.accounts.account_rows import is_rotation_active
from diary.storage.models.core import Account, Diary, Session, Version
from diary.storage.models.key_rotation import Rotation, RotationWrap
from diary.storage.sharing import grants
from diary.storage.statements import Statement, param, query, table
from diary.storage.writer import Transaction

MAX_FRAMES: Final = 4
_EXPIRED_MESSAGE: Final = "The change of keys was not finished in time. Begin it again."

_ACCOUNT: Final = table(Account)
_DIARY: Final = table(Diary)
_ROTATION: Final = table(Rotation)
_SESSION: Final = table(Session)
_VERSION: Final = table(Version)
_WRAP: Final = table(RotationWrap)
_ROTATION_OF_ACCOUNT: Final = query.from_(_ROTATION).where(_ROTATION.id == param.account)
_FIND_STARTED: Final = Statement(_ROTATION_OF_ACCOUNT.select(_ROTATION.keyset, _ROTATION.by_code, _ROTATION.touched_at))
_FIND_BY_CODE: Final = Statement(_ROTATION_OF_ACCOUNT.select(_ROTATION.by_code))
_FIND_EPOCH: Final = Statement(_ROTATION_OF_ACCOUNT.select(_ROTATION.epoch, _ROTATION.keyset, _ROTATION.touched_at))
_FIND_PROGRESS: Final = Statement(_ROTATION_OF_ACCOUNT.select(_ROTATION.seq, _ROTATION.touched_at))
_ADD: Final = Statement(
    query.into(_ROTATION)
    .columns(
        _ROTATION.id,
        _ROTATION.epoch,
        _ROTATION.seq,
        _ROTATION.kdf,
        _ROTATION.words_wrap,
        _ROTATION.auth_salt,
        _ROTATION.auth_digest,
        _ROTATION.keyset,
        _ROTATION.ecdsa_pub,
        _ROTATION.hpke_pub,
        _ROTATION.diary_wrap,
        _ROTATION.by_code,
        _ROTATION.touched_at,
    )
    .insert(
        param.account,
        param.epoch,
        param.seq,
        param.kdf,
        param.words_wrap,
        param.auth_salt,
        param.auth_digest,
        param.keyset,
        param.ecdsa_pub,
        param.hpke_pub,
        param.diary_wrap,
        param.by_code,
        param.now,
    )
)
_TOUCH: Final = Statement(
    query.update(_ROTATION).set(_ROTATION.touched_at, param.now).where(_ROTATION.id == param.account)
)
_DELETE: Final = Statement(query.from_(_ROTATION).delete().where(_ROTATION.id == param.account))
_DELETE_WRAPS: Final = Statement(query.from_(_WRAP).delete().where(_WRAP.account == param.account))
_DELETE_WRAP: Final = Statement(query.from_(_WRAP).delete().where(_WRAP.id == param.version_id))
_ADD_WRAP: Final = Statement(
    query.into(_WRAP).columns(_WRAP.id, _WRAP.account, _WRAP.wraps).insert(param.version_id, param.account, param.wraps)
)
_FIND_DIARY_SEQ: Final = Statement(
    query.from_(_DIARY).select(_DIARY.seq).where((_DIARY.id == param.diary) & (_DIARY.account_id == param.account))
)
_FIND_ACCOUNT_SEQ: Final = Statement(query.from_(_DIARY).select(_DIARY.seq).where(_DIARY.account_id == param.account))
_FIND_VERSION: Final = Statement(
    query.from_(_VERSION)
    .join(_DIARY)
    .on(_DIARY.id == _VERSION.diary_id)
    .select(_VERSION.id, _VERSION.sealed, _VERSION.erased_at)
    .where(_DIARY.account_id == param.account)
    .where((_VERSION.diary_id == param.diary) & (_VERSION.version == param.version))
)
_UNSTAGED_VERSIONS: Final = (
    query.from_(_VERSION)
    .join(_DIARY)
    .on(_DIARY.id == _VERSION.diary_id)
    .left_join(_WRAP)
    .on(_WRAP.id == _VERSION.id)
    .where((_DIARY.account_id == param.account) & _VERSION.erased_at.isnull() & _WRAP.id.isnull())
)
_COUNT_UNSTAGED: Final = Statement(_UNSTAGED_VERSIONS.select(functions.Count("*")))
_FIND_FIRST_UNSTAGED_SEQ: Final = Statement(_UNSTAGED_VERSIONS.select(functions.Min(_VERSION.seq)))
_LIST_STAGED: Final = Statement(
    query.from_(_VERSION)
    .join(_WRAP)
    .on(_WRAP.id == _VERSION.id)
    .select(_VERSION.id, _VERSION.sealed, _WRAP.wraps)
    .where((_WRAP.account == param.account) & _VERSION.erased_at.isnull())
)
_SET_SEALED: Final = Statement(
    query.update(_VERSION).set(_VERSION.sealed, param.sealed).where(_VERSION.id == param.version_id)
)
_REPLACE_ACCOUNT_KEYS: Final = Statement(
    query.update(_ACCOUNT)
    .from_(_ROTATION)
    .set(_ACCOUNT.kdf, _ROTATION.kdf)
    .set(_ACCOUNT.words_wrap, _ROTATION.words_wrap)
    .set(_ACCOUNT.auth_salt, _ROTATION.auth_salt)
    .set(_ACCOUNT.auth_digest, _ROTATION.auth_digest)
    .set(_ACCOUNT.keyset, _ROTATION.keyset)
    .set(_ACCOUNT.ecdsa_pub, _ROTATION.ecdsa_pub)
    .set(_ACCOUNT.hpke_pub, _ROTATION.hpke_pub)
    .set(_ACCOUNT.code_digest, None)
    .set(_ACCOUNT.code_wrap, None)
    .where((_ACCOUNT.id == param.account) & (_ROTATION.id == param.account))
)
_REPLACE_DIARY_KEY: Final = Statement(
    query.update(_DIARY)
    .from_(_ROTATION)
    .set(_DIARY.epoch, _ROTATION.epoch)
    .set(_DIARY.wrap, _ROTATION.diary_wrap)
    .where((_DIARY.id == param.diary) & (_ROTATION.id == param.account))
)
_DELETE_SESSIONS: Final = Statement(query.from_(_SESSION).delete().where(_SESSION.account_id == param.account))


@dataclass(frozen=True, slots=True)
class RotationRow:
    """The new keys of an account. `seq`: the diary's sequence number when the rotation statement was signed.

    `by_code`: whether the rotation was started with the recovery code.
    """

    account: bytes
    epoch: int
    seq: int
    kdf: bytes
    words_wrap: bytes
    auth_salt: bytes
    auth_digest: bytes
    keyset: bytes
    ecdsa_pub: bytes
    hpke_pub: bytes
    diary_wrap: bytes
    by_code: bool


def begin_rotation(tx: Transaction, row: RotationRow, diary: bytes, now: int) -> bool:
    """Start a rotation at `now` ms, or continue the one with the same keyset. A rotation with other keys is discarded.

    Return False if the diary has changed since the statement was signed: the phone then has to start again, and no
    pushes are accepted meanwhile. Raise Conflict if a rotation started with the recovery code is active and this one
    was started with the words.
    """
    existing = tx.execute(*_FIND_STARTED(account=row.account)).fetchone()
    is_same = existing is not None and bytes(existing[0]) == row.keyset
    if existing and existing[1] and is_rotation_active(existing[2], now) and not (row.by_code or is_same):
        raise Conflict("A change of keys that was begun with the recovery code is under way.")
    if is_same:
        tx.execute(*_TOUCH(account=row.account, now=now))
    else:
        discard_rotation(tx, row.account)
        tx.execute(*_ADD(now=now, **asdict(row)))
    diary_row = tx.execute(*_FIND_DIARY_SEQ(diary=diary, account=row.account)).fetchone()
    return diary_row is not None and int(diary_row[0]) == row.seq


def abandon_rotation(tx: Transaction, account: bytes, *, by_code: bool) -> None:
    """Discard the account's rotation, because the words it was started with are no longer in use.

    `by_code`: discard a rotation that was started with the recovery code too.
    """
    rotation_row = tx.execute(*_FIND_BY_CODE(account=account)).fetchone()
    if rotation_row is None or (rotation_row[0] and not by_code):
        return
    discard_rotation(tx, account)


def discard_rotation(tx: Transaction, account: bytes) -> None:
    """Delete the account's rotation and its staged wraps."""
    tx.execute(*_DELETE(account=account))
    tx.execute(*_DELETE_WRAPS(account=account))


def find_epoch(tx: Transaction, account: bytes, keyset_digest: bytes, now: int) -> int:
    """Return the epoch of the staged keys. `keyset_digest`: the SHA-256 of their keyset.

    Raise NotFound if there is no rotation, and Conflict if it has other keys or has timed out at `now` ms.
    """
    rotation_row = tx.execute(*_FIND_EPOCH(account=account)).fetchone()
    if rotation_row is None:
        raise NotFound
    if not is_rotation_active(rotation_row[2], now):
        raise Conflict(_EXPIRED_MESSAGE)
    if hashlib.sha256(bytes(rotation_row[1])).digest() != keyset_digest:
        raise Conflict("Other keys were begun meanwhile.")
    return int(rotation_row[0])


def stage_wraps(
    tx: Transaction, account: bytes, diary: bytes, wraps: Sequence[tuple[bytes, Sequence[bytes]]], now: int
) -> int:
    """Store the new wraps of some versions. Return how many versions still have none. Raise NotFound and Conflict.

    The timeout restarts only when a version gets its first wrap, so sending the same wraps again does not prolong it.
    """
    has_new_wrap = False
    for version, new_wraps in wraps:
        row = tx.execute(*_FIND_VERSION(account=account, diary=diary, version=version)).fetchone()
        if row is None:
            raise NotFound
        version_id, sealed, erased_at = row
        if erased_at is not None:
            continue  # Nothing is left to decrypt.
        if len(new_wraps) * 2 != len(decode_frames(bytes(sealed), frames_limit=MAX_FRAMES)):
            raise Conflict("That version has another number of parts.")
        has_new_wrap |= tx.execute(*_DELETE_WRAP(version_id=version_id)).rowcount == 0
        tx.execute(*_ADD_WRAP(version_id=version_id, account=account, wraps=encode_frames(new_wraps)))
    if has_new_wrap:
        tx.execute(*_TOUCH(account=account, now=now))
    return count_unstaged(tx, account)


def count_unstaged(tx: Transaction, account: bytes) -> int:
    """Return how many of the account's versions have no new wrap yet."""
    return int(tx.execute(*_COUNT_UNSTAGED(account=account)).fetchone()[0])


def find_last_staged_seq(tx: Transaction, account: bytes) -> int:
    """Return the sequence number up to which every version has its new wrap."""
    first_unstaged_seq = tx.execute(*_FIND_FIRST_UNSTAGED_SEQ(account=account)).fetchone()[0]
    if first_unstaged_seq is not None:
        return int(first_unstaged_seq) - 1
    return int(tx.execute(*_FIND_ACCOUNT_SEQ(account=account)).fetchone()[0])


def commit_rotation(tx: Transaction, account: bytes, diary: bytes, now: int) -> None:
    """Replace the old keys with the staged ones. The old words, recovery code and sessions stop working.

    Raise NotFound; IncompleteUpload if a version has no new wrap; Conflict if the diary has changed since or the
    rotation has timed out at `now` ms.
    """
    rotation_row = tx.execute(*_FIND_PROGRESS(account=account)).fetchone()
    diary_row = tx.execute(*_FIND_DIARY_SEQ(diary=diary, account=account)).fetchone()
    if rotation_row is None or diary_row is None:
        raise NotFound
    rotation_seq, touched_at = rotation_row
    if not is_rotation_active(touched_at, now):
        raise Conflict(_EXPIRED_MESSAGE)
    if count_unstaged(tx, account):
        raise IncompleteUpload((), "Some of the entries have not been given their new keys yet.")
    if diary_row[0] != rotation_seq:
        raise Conflict("Something was written while the keys were being changed.")
    for version_id, sealed, wraps in tx.execute(*_LIST_STAGED(account=account)).fetchall():
        parts = decode_frames(bytes(sealed), frames_limit=MAX_FRAMES)
        rewrapped = bytes(wraps) + encode_frames(parts[len(parts) // 2 :])
        tx.execute(*_SET_SEALED(version_id=version_id, sealed=rewrapped))
    _activate_new_keys(tx, account, diary, now)


def _activate_new_keys(tx: Transaction, account: bytes, diary: bytes, now: int) -> None:
    """Update the rows of the account and its diary, and revoke every other means of access."""
    replaced = tx.execute(*_REPLACE_ACCOUNT_KEYS(account=account)).rowcount
    replaced += tx.execute(*_REPLACE_DIARY_KEY(account=account, diary=diary)).rowcount
    if replaced != 2:
        raise Conflict("The new keys are not all here. Begin again.")
    tx.execute(*_DELETE_SESSIONS(account=account))
    renewal_tokens.delete_all(tx, account)
    grants.end_all(tx, account, now)
    discard_rotation(tx, account)
