"""New keys for an account: kept beside the old ones until all of them are here, and then put in their place.

[Note: who wins] While a change of keys is alive, nothing is pushed to the account (storage/sync/versions.py): otherwise
whoever has a session and the keys of before could keep it from ever being complete. It is alive for ten minutes after it was
begun or last got further, so it cannot hold pushes up for longer than its own phone works at it. One begun with
the recovery code replaces one begun with the words, and is not replaced by one.

[Note: all at once] Until the last wrap has come the account is as it was, so a phone that is interrupted goes on
where it stopped, and nothing is half changed. The step itself is one transaction: keys, wraps, words, code, sessions.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from diary.encoding import decode_frames, encode_frames
from diary.errors import Conflict, IncompleteUpload, NotFound
from diary.storage.accounts import renewal_tokens
from diary.storage.sharing import grants
from diary.storage.writer import Transaction

MAX_FRAMES: Final = 4
ROTATION_TIMEOUT_MS: Final = 600_000
_EXPIRED_MESSAGE: Final = "The change of keys was not finished in time. Begin it again."
_FROM_UNSTAGED_VERSIONS: Final = (
    "FROM version v JOIN diary d ON d.id = v.diary_id LEFT JOIN rotation_wrap w ON w.id = v.id"
    " WHERE d.account_id = ? AND v.erased_at IS NULL AND w.id IS NULL"
)


@dataclass(frozen=True, slots=True)
class RotationRow:
    """What will stand at the account; `seq`: how far its diary went when the old key was ended."""

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


def is_rotation_active(touched_at: int, now: int) -> bool:
    """Whether a change of keys that last got further at `touched_at` ms counts; a clock that was set back does not keep it."""
    return abs(now - touched_at) < ROTATION_TIMEOUT_MS


def begin(tx: Transaction, row: RotationRow, diary: bytes, now: int) -> bool:
    """Begin, or begin anew with other keys: what was sent under those is of no use. The same again goes on.

    False when the diary has gone on since the statement: it has to be begun again, and until then nothing more is pushed.
    Raises Conflict while one that was begun with the recovery code is alive and this one was begun with the words.
    """
    existing = tx.execute("SELECT keyset, by_code, touched_at FROM rotation WHERE id = ?", (row.account,)).fetchone()
    is_same = existing is not None and bytes(existing[0]) == row.keyset
    if existing and existing[1] and is_rotation_active(existing[2], now) and not (row.by_code or is_same):
        raise Conflict("A change of keys that was begun with the recovery code is under way.")
    if is_same:
        tx.execute("UPDATE rotation SET touched_at = ? WHERE id = ?", (now, row.account))
    else:
        _replace_rotation(tx, row, now)
    diary_row = tx.execute("SELECT seq FROM diary WHERE id = ? AND account_id = ?", (diary, row.account)).fetchone()
    return diary_row is not None and int(diary_row[0]) == row.seq


def abandon(tx: Transaction, account: bytes, *, by_code: bool) -> None:
    """Drop what was begun: the words it was begun with are no longer in use. `by_code`: also one begun with the code."""
    rotation_row = tx.execute("SELECT by_code FROM rotation WHERE id = ?", (account,)).fetchone()
    if rotation_row is None or (rotation_row[0] and not by_code):
        return
    tx.execute("DELETE FROM rotation WHERE id = ?", (account,))
    tx.execute("DELETE FROM rotation_wrap WHERE account = ?", (account,))


def _replace_rotation(tx: Transaction, row: RotationRow, now: int) -> None:
    """Put a new one in the place of what was there."""
    tx.execute("DELETE FROM rotation WHERE id = ?", (row.account,))
    tx.execute("DELETE FROM rotation_wrap WHERE account = ?", (row.account,))
    tx.execute(
        "INSERT INTO rotation (id, epoch, seq, kdf, words_wrap, auth_salt, auth_digest, keyset, ecdsa_pub, hpke_pub,"
        " diary_wrap, by_code, touched_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            row.account,
            row.epoch,
            row.seq,
            row.kdf,
            row.words_wrap,
            row.auth_salt,
            row.auth_digest,
            row.keyset,
            row.ecdsa_pub,
            row.hpke_pub,
            row.diary_wrap,
            row.by_code,
            now,
        ),
    )


def find_epoch(tx: Transaction, account: bytes, keyset_digest: bytes, now: int) -> int:
    """The epoch of the keys that are to come; `of`: SHA-256 of their keyset.

    Raises NotFound for none, and Conflict for others or when its time is over.
    """
    rotation_row = tx.execute("SELECT epoch, keyset, touched_at FROM rotation WHERE id = ?", (account,)).fetchone()
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
    """Keep the new wraps of some versions; how many versions still lack theirs. Raises NotFound and Conflict.

    Its time begins anew only when a version got its first wrap: the same ones sent again and again do not keep it alive.
    """
    has_new_wrap = False
    for version, new_wraps in wraps:
        row = tx.execute(
            "SELECT v.id, v.sealed, v.erased_at FROM version v JOIN diary d ON d.id = v.diary_id"
            " WHERE d.account_id = ? AND v.diary_id = ? AND v.version = ?",
            (account, diary, version),
        ).fetchone()
        if row is None:
            raise NotFound
        if row[2] is not None:
            continue  # erased meanwhile: nothing is left to open
        if len(new_wraps) * 2 != len(decode_frames(bytes(row[1]), frames_limit=MAX_FRAMES)):
            raise Conflict("That version has another number of parts.")
        has_new_wrap |= tx.execute("DELETE FROM rotation_wrap WHERE id = ?", (row[0],)).rowcount == 0
        tx.execute(
            "INSERT INTO rotation_wrap (id, account, wraps) VALUES (?, ?, ?)",
            (row[0], account, encode_frames(new_wraps)),
        )
    if has_new_wrap:
        tx.execute("UPDATE rotation SET touched_at = ? WHERE id = ?", (now, account))
    return count_unstaged(tx, account)


def count_unstaged(tx: Transaction, account: bytes) -> int:
    """How many of the account's versions have no new wrap yet."""
    return int(tx.execute(f"SELECT count(*) {_FROM_UNSTAGED_VERSIONS}", (account,)).fetchone()[0])


def find_last_staged_seq(tx: Transaction, account: bytes) -> int:
    """The number up to which every version has its new wrap."""
    first_unstaged_seq = tx.execute(f"SELECT min(v.seq) {_FROM_UNSTAGED_VERSIONS}", (account,)).fetchone()[0]
    if first_unstaged_seq is not None:
        return int(first_unstaged_seq) - 1
    return int(tx.execute("SELECT seq FROM diary WHERE account_id = ?", (account,)).fetchone()[0])


def commit(tx: Transaction, account: bytes, diary: bytes, now: int) -> None:
    """Put the new keys in the place of the old: from here on the old words, code and sessions open nothing.

    Raises NotFound, Incomplete (a version has no new wrap) and Conflict (something was written since, or its time is over).
    """
    rotation_row = tx.execute("SELECT epoch, seq, touched_at FROM rotation WHERE id = ?", (account,)).fetchone()
    diary_row = tx.execute("SELECT seq FROM diary WHERE id = ? AND account_id = ?", (diary, account)).fetchone()
    if rotation_row is None or diary_row is None:
        raise NotFound
    if not is_rotation_active(rotation_row[2], now):
        raise Conflict(_EXPIRED_MESSAGE)
    if count_unstaged(tx, account):
        raise IncompleteUpload((), "Some of the entries have not been given their new keys yet.")
    if diary_row[0] != rotation_row[1]:
        raise Conflict("Something was written while the keys were being changed.")
    rows = tx.execute(
        "SELECT v.id, v.sealed, w.wraps FROM version v JOIN rotation_wrap w ON w.id = v.id"
        " WHERE w.account = ? AND v.erased_at IS NULL",
        (account,),
    ).fetchall()
    for version_id, sealed, wraps in rows:
        parts = decode_frames(bytes(sealed), frames_limit=MAX_FRAMES)
        tx.execute(
            "UPDATE version SET sealed = ? WHERE id = ?",
            (bytes(wraps) + encode_frames(parts[len(parts) // 2 :]), version_id),
        )
    _activate_new_keys(tx, account, diary, now)


def _activate_new_keys(tx: Transaction, account: bytes, diary: bytes, now: int) -> None:
    """The account's own row, its diary's, and the end of every way in there was."""
    names = ("kdf", "words_wrap", "auth_salt", "auth_digest", "keyset", "ecdsa_pub", "hpke_pub")
    assignments = ", ".join(f"{name} = (SELECT {name} FROM rotation WHERE id = ?1)" for name in names)  # noqa: S608
    tx.execute(f"UPDATE account SET {assignments}, code_digest = NULL, code_wrap = NULL WHERE id = ?1", (account,))  # noqa: S608
    tx.execute(
        "UPDATE diary SET epoch = (SELECT epoch FROM rotation WHERE id = ?1),"
        " wrap = (SELECT diary_wrap FROM rotation WHERE id = ?1) WHERE id = ?2",
        (account, diary),
    )
    tx.execute("DELETE FROM session WHERE account_id = ?", (account,))
    renewal_tokens.delete_all(tx, account)
    grants.end_all(tx, account, now)
    tx.execute("DELETE FROM rotation_wrap WHERE account = ?", (account,))
    tx.execute("DELETE FROM rotation WHERE id = ?", (account,))
