"""Closing an account: asked for, taken back, carried out.

What stays of a closed account is the leaves of its versions in the public log, which name nobody: a log that
forgot could not be told from one that cheated. Everything else goes, the files of the blob store first
(diary/storage/sync/erasures.py), the rows when no file is left.
"""

from diary.storage.accounts import renewal_tokens
from diary.storage.sharing import grants
from diary.storage.writer import Transaction


def request_closing(tx: Transaction, account: bytes, due_at: int) -> int:
    """Note that the account is to be closed; when, which a second asking does not put off."""
    tx.execute("UPDATE account SET closing_at = ? WHERE id = ? AND closing_at IS NULL", (due_at, account))
    return int(tx.execute("SELECT closing_at FROM account WHERE id = ?", (account,)).fetchone()[0])


def cancel_closing(tx: Transaction, account: bytes) -> bool:
    """The account stays; whether it was to be closed."""
    cursor = tx.execute("UPDATE account SET closing_at = NULL WHERE id = ? AND closing_at IS NOT NULL", (account,))
    return cursor.rowcount == 1


def list_due(tx: Transaction, now: int) -> tuple[bytes, ...]:
    """The accounts to be closed at `now` ms."""
    rows = tx.execute("SELECT id FROM account WHERE closing_at <= ? ORDER BY closing_at", (now,)).fetchall()
    return tuple(row[0] for row in rows)


def erase_contents(tx: Transaction, account: bytes) -> bool:
    """Take everything of an account from everybody; False, and nothing done, while a leaf of it waits for the log."""
    waiting_leaf = tx.execute(
        "SELECT 1 FROM waiting_leaf w JOIN version v ON v.id = w.id JOIN diary d ON d.id = v.diary_id"
        " WHERE d.account_id = ? LIMIT 1",
        (account,),
    ).fetchone()
    if waiting_leaf:
        return False
    tx.execute("DELETE FROM session WHERE account_id = ?", (account,))
    renewal_tokens.delete_all(tx, account)
    tx.execute("DELETE FROM rotation WHERE id = ?", (account,))
    tx.execute("DELETE FROM rotation_wrap WHERE account = ?", (account,))
    tx.execute("DELETE FROM witness_code WHERE diary_id IN (SELECT id FROM diary WHERE account_id = ?)", (account,))
    tx.execute("DELETE FROM handover WHERE diary_id IN (SELECT id FROM diary WHERE account_id = ?)", (account,))
    grants.delete_all(tx, account)
    # Nobody signs in to it any more: no name leads here, and no proof has this digest.
    tx.execute(
        "UPDATE account SET login_mac = id, auth_digest = ?, code_digest = NULL, words_wrap = ?, kdf = ?,"
        " code_wrap = NULL, keyset = ? WHERE id = ?",
        (b"", b"", b"", b"", account),
    )
    tx.execute(
        "UPDATE log_leaf SET version_id = NULL WHERE version_id IN"
        " (SELECT v.id FROM version v JOIN diary d ON d.id = v.diary_id WHERE d.account_id = ?)",
        (account,),
    )
    tx.execute("DELETE FROM version WHERE diary_id IN (SELECT id FROM diary WHERE account_id = ?)", (account,))
    tx.execute(
        "UPDATE blob SET erased = ?, complete = ? WHERE diary_id IN (SELECT id FROM diary WHERE account_id = ?)",
        (True, False, account),
    )
    return True


def delete_account(tx: Transaction, account: bytes) -> None:
    """Delete an emptied account whose files are gone."""
    tx.execute("DELETE FROM account WHERE id = ?", (account,))
