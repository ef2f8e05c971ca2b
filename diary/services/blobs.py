"""Sealed files: announced, sent part by part in any order, declared whole, fetched."""

import hashlib
from dataclasses import dataclass
from typing import Final

from diary.crypto.handover import header as handover_header
from diary.crypto.parts import part_count, part_header
from diary.crypto.sealing import Kind, prefix
from diary.encoding import b64, canon
from diary.errors import BadRequest, Differs, DigestMismatch, Erased, Incomplete, NotFound, TooLarge
from diary.ids import id_text
from diary.services.instance import Instance
from diary.storage import blobs
from diary.storage.blobs import BlobPlace, BlobRow, PartRow
from diary.storage.blobstore import part_name
from diary.storage.sessions import Signed

PART_LIMIT: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class BlobState:
    """Where an upload stands: parts in all, numbers of those that have come, and whether it was completed."""

    parts: int
    have: tuple[int, ...]
    complete: bool


def place_of(signed: Signed, diary: bytes, blob: bytes) -> BlobPlace:
    """A file of the session's account."""
    return BlobPlace(signed.account, diary, blob)


async def declare(instance: Instance, place: BlobPlace, parts: int, size: int) -> BlobState:
    """Announce a file of `parts` parts and `size` sealed bytes. Safe to repeat.

    Raises BadRequest, TooLarge, NotFound, Conflict and OverQuota.
    """
    most = part_count(instance.settings.file_bytes)
    if parts > most or size > parts * PART_LIMIT:
        raise TooLarge("That file is larger than this server takes.")
    if parts < 1 or size < parts:
        raise BadRequest("The numbers of this file do not add up.")
    quota, now = instance.settings.quota_bytes, instance.clock.now_ms()
    row = await instance.db.writer.run(
        lambda hand: blobs.declare(hand, place, parts=parts, size=size, quota=quota, now=now), of=place.account, small=True
    )
    return await _state(instance, row)


async def state(instance: Instance, place: BlobPlace) -> BlobState:
    """Where an upload stands. Raises NotFound."""
    return await _state(instance, await _get(instance, place))


async def put_part(instance: Instance, place: BlobPlace, i: int, raw: bytes, kind: Kind = Kind.PART) -> None:
    """Store one sealed part. The same bytes again change nothing. Raises BadRequest, NotFound, Differs, TooLarge.

    `kind`: PART for a diary's file, HANDOVER for a pack left for whoever has the words.
    """
    row = await _get(instance, place)
    if i >= row.parts:
        raise NotFound
    if not raw.startswith(prefix(kind, _header(kind, place, i, row.parts))):
        raise BadRequest("This part belongs to another place.")
    part = PartRow(i, len(raw), hashlib.sha256(raw).digest())
    earlier = await blobs.find_part(instance.db, row, i)
    if earlier is not None:
        if earlier.digest != part.digest:
            raise Differs
        return
    if part.size > row.size:
        raise TooLarge("The parts are larger than the file they belong to.")
    # Bytes before row: a row without bytes would be a promise we cannot keep, bytes without a row are waste.
    name = part_name(place.diary, place.blob, i, part.digest)
    await instance.blobs.put(name, raw)
    now = instance.clock.now_ms()
    try:
        await instance.db.writer.run(lambda hand: blobs.add_part(hand, row, part, now), of=place.account, small=True)
    except Erased:
        # It was erased while these bytes were on their way; whoever removed the others may have come too early.
        await instance.blobs.remove(name)
        raise


async def complete(instance: Instance, place: BlobPlace, digest: bytes) -> None:
    """Declare a file whole. Raises NotFound, Incomplete with what is missing, and DigestMismatch."""
    row = await _get(instance, place)
    parts = await blobs.list_parts(instance.db, row)
    missing = sorted(set(range(row.parts)) - {part.i for part in parts})
    if missing:
        raise Incomplete(tuple(missing))
    together = hashlib.sha256(canon([b64(part.digest) for part in parts])).digest()
    if together != digest or sum(part.size for part in parts) != row.size:
        raise DigestMismatch
    if not row.complete:
        await instance.db.writer.run(lambda hand: blobs.complete(hand, row), of=place.account, small=True)


async def get_part(instance: Instance, place: BlobPlace, i: int) -> bytes:
    """One sealed part. Raises NotFound, and DigestMismatch when what lies in the store is not what came."""
    part = await blobs.find_part(instance.db, await _get(instance, place), i)
    if part is None:
        raise NotFound
    raw = await instance.blobs.get(part_name(place.diary, place.blob, i, part.digest))
    if hashlib.sha256(raw).digest() != part.digest:
        raise DigestMismatch("This part of a file has changed where it is stored.")
    return raw


def _header(kind: Kind, place: BlobPlace, i: int, parts: int) -> dict[str, object]:
    """The header a part of this place must have."""
    if kind is Kind.HANDOVER:
        return handover_header(id_text(place.blob), i, parts)
    return part_header(id_text(place.diary), id_text(place.blob), i, parts)


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
