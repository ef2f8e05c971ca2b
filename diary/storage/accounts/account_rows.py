"""Accounts and their diaries."""

from dataclasses import asdict, dataclass
from typing import Final

from pypika_tortoise import functions

from diary.storage.database_interface import Database
from diary.storage.hot.accounts import FIND_ACCOUNT_BY_ID, FIND_ACCOUNT_BY_LOGIN
from diary.storage.models.advocates import Member
from diary.storage.models.core import Account, Diary
from diary.storage.statements import Statement, param, query, table
from diary.storage.writer import Transaction

# How long a rotation blocks pushes after it last made progress.
ROTATION_TIMEOUT_MS: Final = 600_000

_ACCOUNT: Final = table(Account)
_DIARY: Final = table(Diary)
_MEMBER: Final = table(Member)
_LIST_SEALED_KDFS: Final = Statement(
    query.from_(_ACCOUNT)
    .select(_ACCOUNT.id, _ACCOUNT.kdf)
    .where(functions.Length(_ACCOUNT.kdf) > 0)
    .orderby(_ACCOUNT.id)
    .limit(param.limit)
)
_SUM_TEXT_BYTES: Final = (
    # PostgreSQL's sum is a decimal number.
    query.from_(_DIARY)
    .select(functions.Cast(functions.Sum(_DIARY.text_bytes), "BIGINT"))
    .where(_DIARY.account_id == param.account)
)
_FIND_STORAGE_USAGE: Final = Statement(
    query.from_(_ACCOUNT)
    .select(_ACCOUNT.file_bytes, _SUM_TEXT_BYTES, _ACCOUNT.quota_bytes, _ACCOUNT.is_open)
    .where(_ACCOUNT.id == param.account)
)
_COUNT_ACCOUNTS: Final = Statement(query.from_(_ACCOUNT).select(functions.Count("*")))
_LIST_PAGE: Final = Statement(
    query.from_(_ACCOUNT)
    .left_join(_MEMBER)
    .on(_MEMBER.id == _ACCOUNT.id)
    .select(
        _ACCOUNT.id,
        _ACCOUNT.login_mac,
        _ACCOUNT.closing_at,
        _MEMBER.organisation_id,
        _MEMBER.made_at,
        _ACCOUNT.file_bytes,
        # PostgreSQL's sum is a decimal number.
        query.from_(_DIARY)
        .select(functions.Cast(functions.Sum(_DIARY.text_bytes), "BIGINT"))
        .where(_DIARY.account_id == _ACCOUNT.id),
        _ACCOUNT.quota_bytes,
        _ACCOUNT.is_open,
    )
    .where(_ACCOUNT.id > param.after)
    .orderby(_ACCOUNT.id)
    .limit(param.limit)
)
_FIND_ACCOUNT_IN_USE: Final = Statement(
    query.from_(_ACCOUNT)
    .select(_ACCOUNT.id)
    .where((_ACCOUNT.id == param.account) | (_ACCOUNT.login_mac == param.login_mac))
)
_FIND_DIARY_IN_USE: Final = Statement(query.from_(_DIARY).select(_DIARY.id).where(_DIARY.id == param.diary))
_ADD_ACCOUNT: Final = Statement(
    query.into(_ACCOUNT)
    .columns(
        _ACCOUNT.id,
        _ACCOUNT.login_mac,
        _ACCOUNT.kdf,
        _ACCOUNT.words_wrap,
        _ACCOUNT.auth_salt,
        _ACCOUNT.auth_digest,
        _ACCOUNT.code_digest,
        _ACCOUNT.code_wrap,
        _ACCOUNT.keyset,
        _ACCOUNT.ecdsa_pub,
        _ACCOUNT.hpke_pub,
        _ACCOUNT.closing_at,
        _ACCOUNT.quota_bytes,
        _ACCOUNT.is_open,
        _ACCOUNT.file_bytes,
    )
    .insert(
        param.id,
        param.login_mac,
        param.kdf,
        param.words_wrap,
        param.auth_salt,
        param.auth_digest,
        param.code_digest,
        param.code_wrap,
        param.keyset,
        param.ecdsa_pub,
        param.hpke_pub,
        param.closing_at,
        param.quota_bytes,
        param.is_open,
        0,
    )
)
_ADD_DIARY: Final = Statement(
    query.into(_DIARY)
    .columns(_DIARY.id, _DIARY.account_id, _DIARY.epoch, _DIARY.wrap, _DIARY.seq, _DIARY.head, _DIARY.text_bytes)
    .insert(param.diary, param.account, param.epoch, param.wrap, 0, param.first_head, 0)
)
_REPLACE_WORDS: Final = Statement(
    query.update(_ACCOUNT)
    .set(_ACCOUNT.kdf, param.kdf)
    .set(_ACCOUNT.words_wrap, param.words_wrap)
    .set(_ACCOUNT.auth_salt, param.auth_salt)
    .set(_ACCOUNT.auth_digest, param.auth_digest)
    .where(_ACCOUNT.id == param.account)
)
_REPLACE_RECOVERY_CODE: Final = Statement(
    query.update(_ACCOUNT)
    .set(_ACCOUNT.code_digest, param.code_digest)
    .set(_ACCOUNT.code_wrap, param.code_wrap)
    .where(_ACCOUNT.id == param.account)
)


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account. `kdf` and `words_wrap` are sealed at rest; the digests are of sign-in proofs.

    `closing_at`: when the account is due to be closed, in ms. `is_open`: whether it was created by open registration;
    set for a new account only, not when a row is read.
    """

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
    """A diary. `signed_head`: canonical JSON of the newest signed head; None before the first version."""

    id: bytes
    epoch: int
    wrap: bytes
    seq: int
    signed_head: bytes | None


@dataclass(frozen=True, slots=True)
class StorageUsage:
    """How many bytes an account has stored, and its quota for files; None means the server's quota."""

    file_bytes: int
    text_bytes: int
    quota_bytes: int | None = None
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class ListedAccount:
    """An account in the operator's list. Of a member of an organisation: its id, and when they joined, in ms."""

    id: bytes
    login_mac: bytes
    closing_at: int | None
    organisation: bytes | None
    joined_at: int | None
    usage: StorageUsage


def count_accounts(tx: Transaction) -> int:
    """Return the number of accounts, those that are due to be closed included."""
    return int(tx.execute(*_COUNT_ACCOUNTS()).fetchone()[0])


def list_page(tx: Transaction, after: bytes, limit: int) -> list[ListedAccount]:
    """Return at most `limit` accounts with an id above `after`, in the order of their ids."""
    return [
        ListedAccount(
            row_id, mac, closing_at, organisation, joined_at, StorageUsage(files, text or 0, quota, bool(is_open))
        )
        for row_id, mac, closing_at, organisation, joined_at, files, text, quota, is_open in tx.execute(
            *_LIST_PAGE(after=after, limit=limit)
        ).fetchall()
    ]


def list_sealed_kdfs(tx: Transaction, limit: int) -> list[tuple[bytes, bytes]]:
    """Return at most `limit` account ids with their sealed `kdf`. Leave out erased accounts, whose `kdf` is empty."""
    rows = tx.execute(*_LIST_SEALED_KDFS(limit=limit)).fetchall()
    return [(row[0], row[1]) for row in rows]


async def find_by_login(db: Database, login_mac: bytes) -> AccountRow | None:
    """Return the account with this HMAC of a username, or None.

    A known and an unknown name take the same time: the statement returns a row for both, and a value is made of both.
    The models are not used, because they take measurably longer for a row that exists.
    """
    row = await db.fetch_one(FIND_ACCOUNT_BY_LOGIN, (login_mac,))
    account = AccountRow(*row) if row else None
    return account if row and row[0] is not None else None


async def find_by_id(db: Database, account: bytes) -> AccountRow | None:
    """Return the account with this id, or None."""
    row = await db.fetch_one(FIND_ACCOUNT_BY_ID, (account,))
    return AccountRow(*row) if row else None


async def list_diaries(db: Database, account: bytes) -> tuple[DiaryRow, ...]:
    """Return the account's diaries, in the order of their ids."""
    return await db.run_orm_read(_load_diaries(account))


async def find_storage_usage(db: Database, account: bytes) -> StorageUsage | None:
    """Return how much the account has stored, or None if there is no such account."""
    row = await db.fetch_one(*_FIND_STORAGE_USAGE(account=account))
    return StorageUsage(row[0], row[1] or 0, row[2], bool(row[3])) if row else None


def is_taken(tx: Transaction, *, account: bytes, login_mac: bytes, diary: bytes = b"") -> bool:
    """Return whether the account id, the username or the diary id is in use."""
    if tx.execute(*_FIND_ACCOUNT_IN_USE(account=account, login_mac=login_mac)).fetchone():
        return True
    return tx.execute(*_FIND_DIARY_IN_USE(diary=diary)).fetchone() is not None


def add_account(tx: Transaction, row: AccountRow) -> None:
    """Store a new account. Check `is_taken` first, in the same transaction."""
    tx.execute(*_ADD_ACCOUNT(**asdict(row)))


def add_diary(tx: Transaction, account: bytes, diary: bytes, *, epoch: int, wrap: bytes, first_head: bytes) -> None:
    """Store an account's first diary. `first_head`: the head of an empty diary."""
    tx.execute(*_ADD_DIARY(diary=diary, account=account, epoch=epoch, wrap=wrap, first_head=first_head))


def replace_words(
    tx: Transaction, account: bytes, *, kdf: bytes, words_wrap: bytes, auth_salt: bytes, auth_digest: bytes
) -> None:
    """Store what a new passphrase derives its keys from and is checked against."""
    tx.execute(
        *_REPLACE_WORDS(account=account, kdf=kdf, words_wrap=words_wrap, auth_salt=auth_salt, auth_digest=auth_digest)
    )


def replace_recovery_code(tx: Transaction, account: bytes, *, code_digest: bytes, code_wrap: bytes) -> None:
    """Replace the account's recovery code."""
    tx.execute(*_REPLACE_RECOVERY_CODE(account=account, code_digest=code_digest, code_wrap=code_wrap))


async def _load_diaries(account: bytes) -> tuple[DiaryRow, ...]:
    """Load the rows of `list_diaries`."""
    diaries = await Diary.filter(account_id=account).order_by("id")
    return tuple(DiaryRow(row.id, row.epoch, row.wrap, row.seq, row.signed_head) for row in diaries)


def is_rotation_active(touched_at: int, now: int) -> bool:
    """Return whether a rotation that last made progress at `touched_at` ms is active.

    The difference is absolute, so that a clock that was set back does not prolong a rotation.
    """
    return abs(now - touched_at) < ROTATION_TIMEOUT_MS
