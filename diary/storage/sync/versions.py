"""Versions: the hot path of writing, and the feed of changes."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Final

from diary import constants
from diary.errors import Conflict, NotFound, OverQuota, Unavailable
from diary.storage.accounts import daily_quota
from diary.storage.accounts.daily_quota import DayLimit
from diary.storage.accounts.key_rotation import is_alive
from diary.storage.database_interface import Database
from diary.storage.writer import Hand

PAGE_VERSIONS: Final = constants.FEED_PAGE_VERSIONS
PAGE_BYTES: Final = 8 << 20
# One statement for all that a push has to know; NEXT_PLACE is the database's way to allot a number.
_BEFORE: Final = (
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
    size: int


@dataclass(frozen=True, slots=True)
class TextRoom:
    """Bytes of words an account may have; `open_quota`: one that registered where anyone may. `day`: what those send today."""

    quota: int
    open_quota: int
    day: DayLimit | None = None


@dataclass(frozen=True, slots=True)
class Witnessed:
    """What the notary made of a version once its number is known; JSON is canonical bytes."""

    head: bytes
    signed_head: bytes
    leaf: bytes
    facts: bytes
    answer: bytes


@dataclass(frozen=True, slots=True)
class Appended:
    """The answer to a push, and whether it had been given before."""

    answer: bytes
    repeated: bool


@dataclass(frozen=True, slots=True)
class Stored:
    """One version of the feed."""

    seq: int
    facts: bytes
    sealed: bytes


@dataclass(frozen=True, slots=True)
class Page:
    """Versions in order, and where the diary stands."""

    latest: int
    signed_head: bytes | None
    versions: tuple[Stored, ...]


def append(
    hand: Hand, new: NewVersion, next_place: str, room: TextRoom, witness: Callable[[int, bytes], Witnessed], now: int
) -> Appended:
    """Add a version at the end of its diary; or find that the same bytes are there already.

    `witness` is given the version's number and the head before it; `next_place` is the database's own. Raises
    NotFound (no such diary of this account), Conflict (other bytes under this version id), OverQuota, and Unavailable when the
    day's room is used up, or while the account's keys are being changed at `now` ms ([Note: who wins],
    storage/accounts/key_rotation.py).
    """
    found = hand.execute(_before(next_place), (new.diary, new.account, new.version)).fetchone()
    if found is None:
        raise NotFound
    seq, head, used, index, earlier_digest, earlier_answer, is_open, rotating = found
    if earlier_digest is not None:
        if earlier_digest != new.body_digest:
            raise Conflict("Another version already has this id.")
        return Appended(earlier_answer, repeated=True)
    if rotating is not None and is_alive(rotating, now):
        raise Unavailable(
            "The keys of this diary are being changed on another device. Nothing was lost; try again later."
        )
    if used + new.size > (room.open_quota if is_open else room.quota):
        raise OverQuota("There is no room left for words in this account.")
    if room.day:
        daily_quota.take(hand, room.day, text=new.size)
    made = witness(seq + 1, head)
    _insert(hand, new, index, seq + 1, made)
    return Appended(made.answer, repeated=False)


@cache
def _before(next_place: str) -> str:
    """The statement for a database with that way to allot a number."""
    return _BEFORE.replace("NEXT_PLACE", next_place)


def _insert(hand: Hand, new: NewVersion, index: int, seq: int, made: Witnessed) -> None:
    """The changes of a push; its leaf waits for a place in the log."""
    hand.execute(
        "INSERT INTO version (id, diary_id, seq, record, version, body_digest, leaf, facts, sealed, answer)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            index,
            new.diary,
            seq,
            new.record,
            new.version,
            new.body_digest,
            made.leaf,
            made.facts,
            new.sealed,
            made.answer,
        ),
    )
    hand.execute("INSERT INTO waiting_leaf (id) VALUES (?)", (index,))
    hand.execute(
        "UPDATE diary SET seq = ?, head = ?, signed_head = ?, text_bytes = text_bytes + ? WHERE id = ?",
        (seq, made.head, made.signed_head, new.size, new.diary),
    )


async def page(db: Database, account: bytes, diary: bytes, after: int) -> Page:
    """The versions numbered above `after`, at most 500 and 8 MiB, but one at least. Raises NotFound."""
    return await db.page(lambda hand: _page(hand, account, diary, after))


def _page(hand: Hand, account: bytes, diary: bytes, after: int) -> Page:
    """The reading behind `page`."""
    found = hand.execute(
        "SELECT seq, signed_head FROM diary WHERE id = ? AND account_id = ?", (diary, account)
    ).fetchone()
    if found is None:
        raise NotFound
    rows = hand.execute(
        "SELECT seq, facts, sealed FROM version WHERE diary_id = ? AND seq > ? ORDER BY seq LIMIT ?",
        (diary, after, PAGE_VERSIONS),
    )
    versions: list[Stored] = []
    size = 0
    for seq, facts, sealed in rows:
        size += len(facts) + len(sealed)
        if versions and size > PAGE_BYTES:
            break
        versions.append(Stored(seq, facts, sealed))
    return Page(found[0], found[1], tuple(versions))
