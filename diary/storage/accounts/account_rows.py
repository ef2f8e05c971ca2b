"""Accounts and the diaries they hold."""

from dataclasses import dataclass
from typing import Final

from diary.storage.database_interface import Database
from diary.storage.models.core import Diary
from diary.storage.writer import Transaction

_SELECT_ACCOUNT: Final = (
    "SELECT id, login_mac, kdf, words_wrap, auth_salt, auth_digest, code_digest, code_wrap, keyset, ecdsa_pub, hpke_pub,"
    " closing_at, quota_bytes FROM account"
)


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account. `kdf` and `words_wrap` are sealed at rest; digests are of proofs, never the proofs."""

    id: bytes
    login_mac: bytes
    kdf: bytes
    words_wrap: bytes
    auth_salt: bytes
    auth_digest: bytes
    code_digest: bytes | None
    code_wrap: bytes | None
    keyset: bytes
    ecdsa_pub: bytes
    hpke_pub: bytes
    closing_at: int | None = None
    quota_bytes: int | None = None
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class DiaryRow:
    """A diary. `signed_head`: canonical JSON of the newest signed head, None before the first version."""

    id: bytes
    epoch: int
    wrap: bytes
    seq: int
    signed_head: bytes | None


@dataclass(frozen=True, slots=True)
class StorageUsage:
    """How many bytes an account has stored."""

    file_bytes: int
    text_bytes: int
    quota_bytes: int | None = None
    is_open: bool = False


def list_sealed_kdfs(tx: Transaction, limit: int) -> list[tuple[bytes, bytes]]:
    """Ids of some accounts and their `kdf`, sealed at rest. An account that is being closed has none any more."""
    rows = tx.execute("SELECT id, kdf FROM account WHERE length(kdf) > 0 ORDER BY id LIMIT ?", (limit,)).fetchall()
    return [(row[0], row[1]) for row in rows]


async def find_by_login(db: Database, login_mac: bytes) -> AccountRow | None:
    """The account with this HMAC of a sign-in name.

    A plain look-up: what the models build of a row that is there takes long enough to tell it from one that is not.
    """
    row = await db.fetch_one(f"{_SELECT_ACCOUNT} WHERE login_mac = ?", (login_mac,))
    return AccountRow(*row) if row else None


async def find_by_id(db: Database, account: bytes) -> AccountRow | None:
    """The account with this id."""
    row = await db.fetch_one(f"{_SELECT_ACCOUNT} WHERE id = ?", (account,))
    return AccountRow(*row) if row else None


async def list_diaries(db: Database, account: bytes) -> tuple[DiaryRow, ...]:
    """The account's diaries."""
    return await db.run_orm_read(_load_diaries(account))


async def find_storage_usage(db: Database, account: bytes) -> StorageUsage | None:
    """What the account has stored."""
    row = await db.fetch_one(
        "SELECT file_bytes, (SELECT CAST(coalesce(sum(text_bytes), 0) AS BIGINT) FROM diary WHERE account_id = ?1), quota_bytes,"
        " is_open"
        " FROM account WHERE id = ?1",
        (account,),
    )
    return StorageUsage(row[0], row[1], row[2], bool(row[3])) if row else None


def is_taken(tx: Transaction, *, account: bytes, login_mac: bytes, diary: bytes = b"") -> bool:
    """Whether any of them is in use."""
    row = tx.execute(
        "SELECT EXISTS(SELECT 1 FROM account WHERE id = ? OR login_mac = ?)"
        " OR EXISTS(SELECT 1 FROM diary WHERE id = ?)",
        (account, login_mac, diary),
    ).fetchone()
    return bool(row[0])


def add_account(tx: Transaction, row: AccountRow) -> None:
    """Store a new account; see `is_taken`."""
    tx.execute(
        "INSERT INTO account (id, login_mac, kdf, words_wrap, auth_salt, auth_digest, code_digest, code_wrap,"
        " keyset, ecdsa_pub, hpke_pub, quota_bytes, is_open, file_bytes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)",
        (
            row.id,
            row.login_mac,
            row.kdf,
            row.words_wrap,
            row.auth_salt,
            row.auth_digest,
            row.code_digest,
            row.code_wrap,
            row.keyset,
            row.ecdsa_pub,
            row.hpke_pub,
            row.quota_bytes,
            row.is_open,
        ),
    )


def add_diary(tx: Transaction, account: bytes, diary: bytes, *, epoch: int, wrap: bytes, first_head: bytes) -> None:
    """Store an account's first diary."""
    tx.execute(
        "INSERT INTO diary (id, account_id, epoch, wrap, seq, head, text_bytes) VALUES (?, ?, ?, ?, 0, ?, 0)",
        (diary, account, epoch, wrap, first_head),
    )


def replace_words(
    tx: Transaction, account: bytes, *, kdf: bytes, words_wrap: bytes, auth_salt: bytes, auth_digest: bytes
) -> None:
    """Put a new lock on the account's words."""
    tx.execute(
        "UPDATE account SET kdf = ?, words_wrap = ?, auth_salt = ?, auth_digest = ? WHERE id = ?",
        (kdf, words_wrap, auth_salt, auth_digest, account),
    )


def replace_recovery_code(tx: Transaction, account: bytes, *, code_digest: bytes, code_wrap: bytes) -> None:
    """Put a new recovery code in the place of the one before."""
    tx.execute("UPDATE account SET code_digest = ?, code_wrap = ? WHERE id = ?", (code_digest, code_wrap, account))


async def _load_diaries(account: bytes) -> tuple[DiaryRow, ...]:
    """The rows behind `list_diaries`."""
    diaries = await Diary.filter(account_id=account).order_by("id")
    return tuple(DiaryRow(row.id, row.epoch, row.wrap, row.seq, row.signed_head) for row in diaries)
