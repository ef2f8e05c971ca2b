"""An advocate's reading of a diary under a grant. Every access is recorded for the keeper."""

from dataclasses import dataclass
from typing import Final

from pypika_tortoise import functions
from pypika_tortoise.enums import Order

from diary.encoding import b64
from diary.errors import NotFound
from diary.storage.database_interface import Database
from diary.storage.models.advocates import Grant, GrantLook, GrantWrap
from diary.storage.models.core import Version
from diary.storage.sharing.grants import SELECT_GRANT, GrantRow
from diary.storage.statements import Statement, param, query, table
from diary.storage.writer import Transaction

MAX_LOOKS_PER_GRANT: Final = 500
MINUTE_MS: Final = 60_000
_PAGE_VERSIONS: Final = 300
_PAGE_BYTES: Final = 8 << 20
_GRANT: Final = table(Grant)
_LOOK: Final = table(GrantLook)
_VERSION: Final = table(Version)
_WRAP: Final = table(GrantWrap)
_SELECT_ACTIVE: Final = SELECT_GRANT.where(
    (_GRANT.advocate_id == param.advocate) & _GRANT.ended_at.isnull() & (_GRANT.not_after > param.now)
)
_LIST_ACTIVE: Final = Statement(_SELECT_ACTIVE.orderby(_GRANT.not_after, _GRANT.id))
_FIND_ACTIVE: Final = Statement(_SELECT_ACTIVE.where(_GRANT.id == param.id))
_FROM_WRAPPED_VERSIONS: Final = (
    query.from_(_VERSION)
    .join(_WRAP)
    .on(_WRAP.place == _VERSION.id)
    .where((_WRAP.grant_id == param.grant) & _VERSION.erased_at.isnull())
)
_LIST_AFTER: Final = Statement(
    _FROM_WRAPPED_VERSIONS.select(_VERSION.seq, _VERSION.facts, _VERSION.sealed, _WRAP.wraps)
    .where(_VERSION.seq > param.after_seq)
    .orderby(_VERSION.seq)
    .limit(_PAGE_VERSIONS)
)
_FIND_NEWEST_SEQ: Final = Statement(_FROM_WRAPPED_VERSIONS.select(functions.Max(_VERSION.seq)))
_LIST_FACTS: Final = Statement(_FROM_WRAPPED_VERSIONS.select(_VERSION.facts))
_COUNT_PACKS: Final = Statement(
    query.from_(_LOOK)
    .join(_GRANT)
    .on(_GRANT.id == _LOOK.grant_id)
    .select(functions.Count("*"))
    .where((_LOOK.what == "pack") & (_GRANT.advocate_id == param.advocate) & (_GRANT.diary_id == param.diary))
)
_SET_LOOKED_AT: Final = Statement(
    query.update(_GRANT).set(_GRANT.looked_at, param.minute).where(_GRANT.id == param.grant)
)
_FIND_LOOK: Final = Statement(
    query.from_(_LOOK)
    .select(_LOOK.id)
    .where((_LOOK.grant_id == param.grant) & (_LOOK.at == param.minute) & (_LOOK.what == param.what))
)
_ADD_LOOK: Final = Statement(
    query.into(_LOOK).columns(_LOOK.grant_id, _LOOK.at, _LOOK.what).insert(param.grant, param.minute, param.what)
)
_DELETE_OLDEST_LOOKS: Final = Statement(
    query.from_(_LOOK)
    .delete()
    .where(
        (_LOOK.grant_id == param.grant)
        & _LOOK.id.notin(
            query.from_(_LOOK)
            .select(_LOOK.id)
            .where(_LOOK.grant_id == param.grant)
            .orderby(_LOOK.id, order=Order.desc)
            .limit(MAX_LOOKS_PER_GRANT)
        )
    )
)


@dataclass(frozen=True, slots=True)
class GrantedVersion:
    """One version as an advocate receives it: `facts` and `sealed` as in the keeper's feed, and the grant's wraps."""

    seq: int
    facts: bytes
    sealed: bytes
    wraps: bytes


async def list_active(db: Database, advocate: bytes, now: int) -> list[GrantRow]:
    """Return the advocate's grants that are active at `now` ms, ordered by their end."""

    def read(tx: Transaction) -> list[GrantRow]:
        return [GrantRow(*row) for row in tx.execute(*_LIST_ACTIVE(advocate=advocate, now=now)).fetchall()]

    return await db.run_read(read)


async def find_active(db: Database, advocate: bytes, grant: bytes, now: int) -> GrantRow:
    """Return a grant of this advocate that is active at `now` ms. Raise NotFound."""
    row = await db.fetch_one(*_FIND_ACTIVE(advocate=advocate, now=now, id=grant))
    if row is None:
        raise NotFound
    return GrantRow(*row)


async def read_page(db: Database, grant: bytes, after_seq: int) -> list[GrantedVersion]:
    """Return the versions above `after_seq` that the grant has wraps for: at most 300 and 8 MiB, but at least one."""

    def read(tx: Transaction) -> list[GrantedVersion]:
        versions: list[GrantedVersion] = []
        size = 0
        for row in tx.execute(*_LIST_AFTER(grant=grant, after_seq=after_seq)):
            size += len(row[1]) + len(row[2])
            if versions and size > _PAGE_BYTES:
                break
            versions.append(GrantedVersion(*row))
        return versions

    return await db.run_read(read)


async def find_newest_seq(db: Database, grant: bytes) -> int:
    """Return the highest number of a version that the grant has wraps for, or 0."""
    row = await db.fetch_one(*_FIND_NEWEST_SEQ(grant=grant))
    return int(row[0] or 0) if row else 0


async def count_packs(db: Database, advocate: bytes, diary: bytes) -> int:
    """Return how many packs the advocate recorded for one diary, under any grant."""
    row = await db.fetch_one(*_COUNT_PACKS(advocate=advocate, diary=diary))
    return int(row[0]) if row else 0


async def is_file_referenced(db: Database, grant: bytes, blob: bytes) -> bool:
    """Return whether a version that the grant has wraps for names the file."""

    def read(tx: Transaction) -> bool:
        name = b64(blob).encode()
        # A search for the text is enough: 128 random bits do not occur in it by chance.
        return any(name in bytes(facts) for (facts,) in tx.execute(*_LIST_FACTS(grant=grant)))

    return await db.run_read(read)


def record_look(tx: Transaction, grant: bytes, now: int, what: str) -> None:
    """Record a look by the advocate, to the minute; a repetition within the same minute is recorded once."""
    minute = now - now % MINUTE_MS
    tx.execute(*_SET_LOOKED_AT(minute=minute, grant=grant))
    if tx.execute(*_FIND_LOOK(grant=grant, minute=minute, what=what)).fetchone():
        return
    tx.execute(*_ADD_LOOK(grant=grant, minute=minute, what=what))
    tx.execute(*_DELETE_OLDEST_LOOKS(grant=grant))
