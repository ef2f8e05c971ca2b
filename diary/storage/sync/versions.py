"""Versions: appending them, which is the most frequent write, and the feed of changes."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Final

from diary import constants
from diary.errors import Conflict, NotFound, QuotaExceeded, Unavailable
from diary.storage.accounts import daily_quota
from diary.storage.accounts.account_rows import is_rotation_active
from diary.storage.accounts.daily_quota import DailyLimit
from diary.storage.database_interface import Database
from diary.storage.hot import sync as hot_sql
from diary.storage.models.core import Diary, Version
from diary.storage.models.log import WaitingLeaf
from diary.storage.statements import Statement, param, query, table
from diary.storage.writer import Transaction

PAGE_VERSIONS: Final = constants.FEED_PAGE_VERSIONS
PAGE_BYTES: Final = 8 << 20
_DIARY: Final = table(Diary)
_VERSION: Final = table(Version)
_WAITING_LEAF: Final = table(WaitingLeaf)
_ADD_VERSION: Final = Statement(
    query.into(_VERSION)
    .columns(
        _VERSION.id,
        _VERSION.diary_id,
        _VERSION.seq,
        _VERSION.record,
        _VERSION.version,
        _VERSION.body_digest,
        _VERSION.leaf,
        _VERSION.facts,
        _VERSION.sealed,
        _VERSION.answer,
    )
    .insert(
        param.id,
        param.diary,
        param.seq,
        param.record,
        param.version,
        param.body_digest,
        param.leaf,
        param.facts,
        param.sealed,
        param.answer,
    )
)
_ADD_WAITING_LEAF: Final = Statement(query.into(_WAITING_LEAF).columns(_WAITING_LEAF.id).insert(param.id))
_ADVANCE_DIARY: Final = Statement(
    query.update(_DIARY)
    .set(_DIARY.seq, param.seq)
    .set(_DIARY.head, param.head)
    .set(_DIARY.signed_head, param.signed_head)
    .set(_DIARY.text_bytes, _DIARY.text_bytes + param.size)
    .where(_DIARY.id == param.id)
)
_FIND_DIARY: Final = Statement(
    query.from_(_DIARY)
    .select(_DIARY.seq, _DIARY.signed_head)
    .where((_DIARY.id == param.diary) & (_DIARY.account_id == param.account))
)
_LIST_AFTER: Final = Statement(
    query.from_(_VERSION)
    .select(_VERSION.seq, _VERSION.facts, _VERSION.sealed)
    .where((_VERSION.diary_id == param.diary) & (_VERSION.seq > param.after_seq))
    .orderby(_VERSION.seq)
    .limit(PAGE_VERSIONS)
)


@dataclass(frozen=True, slots=True)
class NewVersion:
    """A push that has been checked. `sealed`: framed wraps and envelopes; `charged_bytes`: the size that is charged."""

    account: bytes
    diary: bytes
    record: bytes
    version: bytes
    body_digest: bytes
    sealed: bytes
    charged_bytes: int


@dataclass(frozen=True, slots=True)
class TextQuota:
    """Bytes of text an account may store.

    `open_quota_bytes`: the limit for accounts from open registration; `daily_limit`: what all of those together may
    send today, None for an account that has no such limit.
    """

    quota_bytes: int
    open_quota_bytes: int
    daily_limit: DailyLimit | None = None


@dataclass(frozen=True, slots=True)
class NotarisedVersion:
    """Result of notarising a version once its number is known. JSON is canonical, in UTF-8."""

    head: bytes
    signed_head: bytes
    leaf: bytes
    facts: bytes
    answer: bytes


@dataclass(frozen=True, slots=True)
class AppendResult:
    """The response to a push. `is_repeated`: the same bytes had been pushed before."""

    answer: bytes
    is_repeated: bool


@dataclass(frozen=True, slots=True)
class FeedVersion:
    """One version of the feed."""

    seq: int
    facts: bytes
    sealed: bytes


@dataclass(frozen=True, slots=True)
class FeedPage:
    """Versions in order, with the diary's newest number and its signed head (None before the first version)."""

    latest_seq: int
    signed_head: bytes | None
    versions: tuple[FeedVersion, ...]


def append_version(
    tx: Transaction,
    new_version: NewVersion,
    next_version_id_sql: str,
    text_quota: TextQuota,
    notarise: Callable[[int, bytes], NotarisedVersion],
    now: int,
) -> AppendResult:
    """Append a version to its diary; return the earlier response when the same bytes were appended before.

    `notarise` takes the version's number and the head before it; `next_version_id_sql` is the database's expression for
    a new id. Raise NotFound (the account has no such diary), Conflict (the version id has other bytes), QuotaExceeded,
    and Unavailable when the daily limit is reached or the account's keys are being changed at `now` ms ([Note:
    concurrent changes of keys], storage/account_changes/key_rotation.py).
    """
    push_state = tx.execute(
        _push_state_sql(next_version_id_sql), (new_version.diary, new_version.account, new_version.version)
    ).fetchone()
    if push_state is None:
        raise NotFound
    seq, head, used_bytes, version_id, earlier_digest, earlier_answer, is_open, rotation_touched_at = push_state
    if earlier_digest is not None:
        if earlier_digest != new_version.body_digest:
            raise Conflict("Another version already has this id.")
        return AppendResult(earlier_answer, is_repeated=True)
    if rotation_touched_at is not None and is_rotation_active(rotation_touched_at, now):
        raise Unavailable(
            "The keys of this diary are being changed on another device. Nothing was lost; try again later."
        )
    if used_bytes + new_version.charged_bytes > (text_quota.open_quota_bytes if is_open else text_quota.quota_bytes):
        raise QuotaExceeded("There is no room left for words in this account.")
    if text_quota.daily_limit:
        daily_quota.consume(tx, text_quota.daily_limit, text_bytes=new_version.charged_bytes)
    notarised = notarise(seq + 1, head)
    _insert_version(tx, new_version, version_id, seq + 1, notarised)
    return AppendResult(notarised.answer, is_repeated=False)


@cache
def _push_state_sql(next_version_id_sql: str) -> str:
    """Return the statement for a database with that expression for a new id."""
    return hot_sql.PUSH_STATE.replace("NEXT_VERSION_ID", next_version_id_sql)


def _insert_version(
    tx: Transaction, new_version: NewVersion, version_id: int, seq: int, notarised: NotarisedVersion
) -> None:
    """Insert the version, queue its leaf for the public log, and update the diary."""
    tx.execute(
        *_ADD_VERSION(
            id=version_id,
            diary=new_version.diary,
            seq=seq,
            record=new_version.record,
            version=new_version.version,
            body_digest=new_version.body_digest,
            leaf=notarised.leaf,
            facts=notarised.facts,
            sealed=new_version.sealed,
            answer=notarised.answer,
        )
    )
    tx.execute(*_ADD_WAITING_LEAF(id=version_id))
    tx.execute(
        *_ADVANCE_DIARY(
            seq=seq,
            head=notarised.head,
            signed_head=notarised.signed_head,
            size=new_version.charged_bytes,
            id=new_version.diary,
        )
    )


async def read_page(db: Database, account: bytes, diary: bytes, after_seq: int) -> FeedPage:
    """Return the versions numbered above `after_seq`, at most 500 and 8 MiB, but at least one. Raise NotFound."""
    return await db.run_read(lambda tx: _read_page(tx, account, diary, after_seq))


def _read_page(tx: Transaction, account: bytes, diary: bytes, after_seq: int) -> FeedPage:
    """Read the page for `read_page`."""
    diary_row = tx.execute(*_FIND_DIARY(diary=diary, account=account)).fetchone()
    if diary_row is None:
        raise NotFound
    versions: list[FeedVersion] = []
    size = 0
    for seq, facts, sealed in tx.execute(*_LIST_AFTER(diary=diary, after_seq=after_seq)):
        size += len(facts) + len(sealed)
        if versions and size > PAGE_BYTES:
            break
        versions.append(FeedVersion(seq, facts, sealed))
    return FeedPage(diary_row[0], diary_row[1], tuple(versions))
