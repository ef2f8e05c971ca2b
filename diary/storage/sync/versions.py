"""Versions: the hot path of writing, and the feed of changes."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Final

from diary import constants
from diary.errors import Conflict, NotFound, QuotaExceeded, Unavailable
from diary.storage.accounts import daily_quota
from diary.storage.accounts.daily_quota import DailyLimit
from diary.storage.accounts.key_rotation import is_rotation_active
from diary.storage.database_interface import Database
from diary.storage.writer import Transaction

PAGE_VERSIONS: Final = constants.FEED_PAGE_VERSIONS
PAGE_BYTES: Final = 8 << 20
# One statement for all that a push has to know; NEXT_PLACE is the database's way to allot a number.
_PUSH_STATE_SQL: Final = (
    "SELECT d.seq, d.head, (SELECT CAST(sum(text_bytes) AS BIGINT) FROM diary WHERE account_id = ?2),"
    " NEXT_PLACE, v.body_digest, v.answer, (SELECT is_open FROM account WHERE id = ?2),"
    " (SELECT touched_at FROM rotation WHERE id = ?2)"
    " FROM diary d LEFT JOIN version v ON v.diary_id = d.id AND v.version = ?3"
    " WHERE d.id = ?1 AND d.account_id = ?2"
)


@dataclass(frozen=True, slots=True)
class NewVersion:
    """A push that has been checked. `sealed`: wraps and envelopes in frames; `size`: bytes to be charged."""

    account: bytes
    diary: bytes
    record: bytes
    version: bytes
    body_digest: bytes
    sealed: bytes
    charged_bytes: int


@dataclass(frozen=True, slots=True)
class TextQuota:
    """Bytes of words an account may have; `open_quota`: one that registered where anyone may. `day`: what those send today."""

    quota_bytes: int
    open_quota_bytes: int
    daily_limit: DailyLimit | None = None


@dataclass(frozen=True, slots=True)
class NotarisedVersion:
    """What the notary made of a version once its number is known; JSON is canonical bytes."""

    head: bytes
    signed_head: bytes
    leaf: bytes
    facts: bytes
    answer: bytes


@dataclass(frozen=True, slots=True)
class AppendResult:
    """The answer to a push, and whether it had been given before."""

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
    """Versions in order, and where the diary stands."""

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
    """Add a version at the end of its diary; or find that the same bytes are there already.

    `witness` is given the version's number and the head before it; `next_place` is the database's own. Raises
    NotFound (no such diary of this account), Conflict (other bytes under this version id), OverQuota, and Unavailable when the
    day's room is used up, or while the account's keys are being changed at `now` ms ([Note: who wins],
    storage/accounts/key_rotation.py).
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
    """The statement for a database with that way to allot a number."""
    return _PUSH_STATE_SQL.replace("NEXT_PLACE", next_version_id_sql)


def _insert_version(
    tx: Transaction, new_version: NewVersion, version_id: int, seq: int, notarised: NotarisedVersion
) -> None:
    """The changes of a push; its leaf waits for a place in the log."""
    tx.execute(
        "INSERT INTO version (id, diary_id, seq, record, version, body_digest, leaf, facts, sealed, answer)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            version_id,
            new_version.diary,
            seq,
            new_version.record,
            new_version.version,
            new_version.body_digest,
            notarised.leaf,
            notarised.facts,
            new_version.sealed,
            notarised.answer,
        ),
    )
    tx.execute("INSERT INTO waiting_leaf (id) VALUES (?)", (version_id,))
    tx.execute(
        "UPDATE diary SET seq = ?, head = ?, signed_head = ?, text_bytes = text_bytes + ? WHERE id = ?",
        (seq, notarised.head, notarised.signed_head, new_version.charged_bytes, new_version.diary),
    )


async def read_page(db: Database, account: bytes, diary: bytes, after_seq: int) -> FeedPage:
    """The versions numbered above `after`, at most 500 and 8 MiB, but one at least. Raises NotFound."""
    return await db.run_read(lambda tx: _read_page(tx, account, diary, after_seq))


def _read_page(tx: Transaction, account: bytes, diary: bytes, after_seq: int) -> FeedPage:
    """The reading behind `page`."""
    diary_row = tx.execute(
        "SELECT seq, signed_head FROM diary WHERE id = ? AND account_id = ?", (diary, account)
    ).fetchone()
    if diary_row is None:
        raise NotFound
    rows = tx.execute(
        "SELECT seq, facts, sealed FROM version WHERE diary_id = ? AND seq > ? ORDER BY seq LIMIT ?",
        (diary, after_seq, PAGE_VERSIONS),
    )
    versions: list[FeedVersion] = []
    size = 0
    for seq, facts, sealed in rows:
        size += len(facts) + len(sealed)
        if versions and size > PAGE_BYTES:
            break
        versions.append(FeedVersion(seq, facts, sealed))
    return FeedPage(diary_row[0], diary_row[1], tuple(versions))
