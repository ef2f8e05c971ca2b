"""Sealed files: announced, sent part by part in any order, declared whole, fetched."""

import hashlib
from dataclasses import dataclass
from typing import Final

from diary.crypto.file_parts import part_count, part_header
from diary.crypto.handover import header as handover_header
from diary.crypto.sealing import Kind, prefix
from diary.errors import BadRequest, DigestMismatch, Erased, Incomplete, KeptError, NotFound, TooLarge, Unavailable
from diary.ids import id_text
from diary.services.accounts.enrolment import day_limit
from diary.services.instance import Instance
from diary.storage.accounts import daily_quota
from diary.storage.accounts.sessions import Signed
from diary.storage.sharing import witness_statements
from diary.storage.sync import blobs
from diary.storage.sync.blobs import Asked, BlobPlace, BlobRow, PartRow, Stored, file_place
from diary.storage.writer import Hand

PART_LIMIT: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class BlobState:
    """Where an upload stands: parts in all, numbers of those that have come, and whether it was completed."""

    parts: int
    have: tuple[int, ...]
    complete: bool


def place_of(signed: Signed, diary: bytes, blob: bytes) -> BlobPlace:
    """A file of the session's account."""
    return file_place(signed.account, diary, blob)


async def reading_place(instance: Instance, signed: Signed, diary: bytes, blob: bytes) -> BlobPlace:
    """Where a keeper reads a file by its id: the diary's own, or else the files of a statement that came for this diary."""
    place = place_of(signed, diary, blob)
    if await blobs.find(instance.db, place) is None:
        return await witness_statements.find_files(instance.db, signed.account, diary, blob) or place
    return place


async def declare(instance: Instance, place: BlobPlace, parts: int, size: int) -> BlobState:
    """Announce a file of `parts` parts and `size` sealed bytes. Safe to repeat; other numbers replace those of an unfinished one.

    Raises BadRequest, TooLarge, NotFound, Erased, Conflict and OverQuota.
    """
    most = part_count(instance.settings.file_bytes)
    if parts > most or size > parts * PART_LIMIT:
        raise TooLarge("That file is larger than this server takes.")
    if parts < 1 or size < parts:
        raise BadRequest("The numbers of this file do not add up.")
    told = asked(instance, parts, size)
    row = await instance.db.writer.run(lambda hand: blobs.declare(hand, place, told), of=place.account, small=True)
    await clear(instance, place.account)
    return await _state(instance, row)


def asked(instance: Instance, parts: int, size: int) -> Asked:
    """A file that is announced now, with the room there is."""
    return Asked(parts, size, instance.settings.quota_bytes, instance.clock.now_ms(), instance.disk.refusal(size))


async def state(instance: Instance, place: BlobPlace) -> BlobState:
    """Where an upload stands. Raises NotFound."""
    return await _state(instance, await _get(instance, place))


async def put_part(instance: Instance, place: BlobPlace, i: int, raw: bytes) -> None:
    """Store one sealed part. The same bytes again change nothing; other bytes replace a part of an unfinished file.

    Raises BadRequest, NotFound, Erased, Conflict, Differs (the file is complete), TooLarge, OverQuota and Unavailable.
    """
    row = await _get(instance, place)
    if i >= row.parts:
        raise NotFound
    if not raw.startswith(prefix(*_header(place, i, row.parts))):
        raise BadRequest("This part belongs to another place.")
    digest = hashlib.sha256(raw).digest()
    part, now, account = PartRow(i, len(raw), digest, place.new_name(i, digest)), instance.clock.now_ms(), place.account
    writer, full, day = instance.db.writer, instance.disk.refusal(part.size), await day_limit(instance, account)

    def reserve(hand: Hand) -> bool:
        new = blobs.reserve(hand, account, row, part, now, full)
        if new and day:
            daily_quota.take(hand, day, files=part.size)
        return new

    def refuse(hand: Hand) -> None:
        blobs.drop(hand, account, row, part, now)
        if day:
            daily_quota.give_back(hand, day, part.size)

    # What all of a day share is a row of nobody's.
    whose = None if day else account
    if not await writer.run(reserve, of=whose, small=True):
        return
    try:
        await instance.blobs.put(part.name, raw)
        left = await writer.run(lambda hand: blobs.keep(hand, account, row, part, now), of=account, small=True)
    except KeptError:
        await writer.run(refuse, of=whose, small=True)
        await clear(instance, account)
        raise
    if left:
        await clear(instance, account)


async def clear(instance: Instance, account: bytes) -> None:
    """Remove the bytes that no part of this account's speaks of. What cannot be removed now is tried again by the hour."""
    if not await blobs.has_dropped(instance.db, account):
        return
    names = await instance.db.page(lambda hand: blobs.list_dropped(hand, account))
    try:
        for name in names:
            await instance.blobs.remove(name)
    except Unavailable:
        return
    await instance.db.writer.run(lambda hand: blobs.forget(hand, names), of=account)


async def complete(instance: Instance, place: BlobPlace, digest: bytes) -> None:
    """Make a file final. Raises NotFound, Erased, Incomplete with what is missing, and DigestMismatch, which drops its parts."""
    row, now, account = await _get(instance, place), instance.clock.now_ms(), place.account
    found = await instance.db.writer.run(lambda hand: blobs.complete(hand, account, row, digest, now), of=account)
    if found.missing:
        raise Incomplete(found.missing)
    if not found.matches:
        await clear(instance, account)
        raise DigestMismatch


async def get_part(instance: Instance, place: BlobPlace, i: int) -> bytes:
    """One sealed part. Raises NotFound, and DigestMismatch when what lies in the store is not what came."""
    part = await blobs.find_part(instance.db, await _get(instance, place), i)
    if part is None:
        raise NotFound
    raw = await instance.blobs.get(part.name)
    if hashlib.sha256(raw).digest() != part.digest:
        raise DigestMismatch("This part of a file has changed where it is stored.")
    return raw


def _header(place: BlobPlace, i: int, parts: int) -> tuple[Kind, dict[str, object]]:
    """The kind of envelope and the header that a part of this place must have."""
    if place.kind is Stored.FILE:
        return Kind.PART, part_header(id_text(place.diary), id_text(place.blob), i, parts)
    return Kind.HANDOVER, handover_header(id_text(place.blob), i, parts)


async def _get(instance: Instance, place: BlobPlace) -> BlobRow:
    """The file. Raises NotFound."""
    row = await blobs.find(instance.db, place)
    if row is None:
        raise NotFound
    if row.erased:
        raise Erased
    return row


async def _state(instance: Instance, row: BlobRow) -> BlobState:
    """A file's row and parts together."""
    parts = await blobs.list_parts(instance.db, row)
    return BlobState(row.parts, tuple(part.i for part in parts), row.complete)
