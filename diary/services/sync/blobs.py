"""Sealed files: declared, uploaded part by part in any order, completed, fetched."""

import hashlib
from dataclasses import dataclass
from functools import partial
from typing import Final

from diary.crypto.file_parts import part_header
from diary.crypto.handover import handover_part_header as handover_header
from diary.crypto.padding import part_count
from diary.crypto.sealing import EnvelopeKind, envelope_prefix
from diary.errors import (
    BadRequest,
    ContentErased,
    DigestMismatch,
    IncompleteUpload,
    KeptError,
    NotFound,
    TooLarge,
    Unavailable,
)
from diary.ids import id_text
from diary.services.accounts.enrolment import find_daily_limit
from diary.services.instance import Instance
from diary.storage.accounts import daily_quota
from diary.storage.accounts.sessions import AuthenticatedSession
from diary.storage.sharing import witness_statements
from diary.storage.sync import blobs
from diary.storage.sync.blobs import BlobAnnouncement, BlobKind, BlobReference, BlobRow, PartRow, file_reference
from diary.storage.writer import Transaction

PART_LIMIT_BYTES: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class BlobState:
    """State of an upload: the number of parts, the numbers of those received, and whether it is complete."""

    part_count: int
    received_parts: tuple[int, ...]
    is_complete: bool


def own_file_reference(session: AuthenticatedSession, diary: bytes, blob: bytes) -> BlobReference:
    """Return the reference to a file of the session's account."""
    return file_reference(session.account, diary, blob)


async def find_readable_reference(
    instance: Instance, session: AuthenticatedSession, diary: bytes, blob: bytes
) -> BlobReference:
    """Return where a keeper's file is stored: in the diary itself, or among the files of a statement for this diary."""
    reference = own_file_reference(session, diary, blob)
    if await blobs.find_blob(instance.db, reference) is None:
        return await witness_statements.find_statement_files(instance.db, session.account, diary, blob) or reference
    return reference


async def declare_file(instance: Instance, reference: BlobReference, parts: int, size: int) -> BlobState:
    """Declare a file of `parts` parts and `size` sealed bytes.

    Idempotent. For an incomplete file, replace its part count and size. Raise BadRequest, TooLarge, NotFound,
    ContentErased, Conflict and QuotaExceeded.
    """
    max_parts = part_count(instance.settings.file_bytes)
    if parts > max_parts or size > parts * PART_LIMIT_BYTES:
        raise TooLarge("That file is larger than this server takes.")
    if parts < 1 or size < parts:
        raise BadRequest("The numbers of this file do not add up.")
    upload = new_upload(instance, parts, size)
    row = await instance.db.writer.run(
        lambda tx: blobs.announce(tx, reference, upload), account=reference.account, is_short=True
    )
    await remove_dropped_bytes(instance, reference.account)
    return await _build_blob_state(instance, row)


def new_upload(instance: Instance, parts: int, size: int) -> BlobAnnouncement:
    """Return the announcement of a file at the present time, with the present quota and free space."""
    return BlobAnnouncement(
        parts, size, instance.settings.quota_bytes, instance.clock.now_ms(), instance.disk_space.refusal_message(size)
    )


async def find_upload_state(instance: Instance, reference: BlobReference) -> BlobState:
    """Return the state of an upload. Raise NotFound and ContentErased."""
    return await _build_blob_state(instance, await _require_blob(instance, reference))


async def put_part(instance: Instance, reference: BlobReference, i: int, raw: bytes) -> None:
    """Store one sealed part. Equal bytes change nothing; other bytes replace a part of an unfinished file.

    Raise BadRequest, NotFound, ContentErased, Conflict, ContentDiffers if the file is complete, TooLarge, QuotaExceeded
    and Unavailable.
    """
    row = await _require_blob(instance, reference)
    if i >= row.parts:
        raise NotFound
    if not raw.startswith(envelope_prefix(*_expected_part_header(reference, i, row.parts))):
        raise BadRequest("This part belongs to another place.")
    digest = hashlib.sha256(raw).digest()
    part, now, account = (
        PartRow(i, len(raw), digest, reference.new_part_name(i, digest)),
        instance.clock.now_ms(),
        reference.account,
    )
    writer, refusal_message, daily_limit = (
        instance.db.writer,
        instance.disk_space.refusal_message(part.size),
        await find_daily_limit(instance, account),
    )

    def reserve(tx: Transaction) -> bool:
        is_new = blobs.reserve_part(tx, account, row, part, now, refusal_message)
        if is_new and daily_limit:
            daily_quota.consume(tx, daily_limit, file_bytes=part.size)
        return is_new

    def undo_reservation(tx: Transaction) -> None:
        blobs.drop_part(tx, account, row, part, now)
        if daily_limit:
            daily_quota.refund_file_bytes(tx, daily_limit, part.size)

    # The daily limit is shared, so its row belongs to no account.
    job_owner = None if daily_limit else account
    if not await writer.run(reserve, account=job_owner, is_short=True):
        return
    try:
        await instance.blob_store.put(part.name, raw)
        has_leftovers = await writer.run(
            lambda tx: blobs.add_part(tx, account, row, part, now), account=account, is_short=True
        )
    except KeptError:
        await writer.run(undo_reservation, account=job_owner, is_short=True)
        await remove_dropped_bytes(instance, account)
        raise
    if has_leftovers:
        await remove_dropped_bytes(instance, account)


async def remove_dropped_bytes(instance: Instance, account: bytes) -> None:
    """Delete stored bytes that no part of this account references. The hourly purge repeats what fails now."""
    while await blobs.has_dropped(instance.db, account):
        names = await instance.db.run_read(lambda tx: blobs.list_dropped(tx, account))
        try:
            for name in names:
                await instance.blob_store.remove(name)
        except Unavailable:
            return
        await instance.db.writer.run(partial(blobs.delete_names, names=names), account=account)


async def complete_file(instance: Instance, reference: BlobReference, digest: bytes) -> None:
    """Complete a file. Raise NotFound, ContentErased, IncompleteUpload, and DigestMismatch, which deletes its parts."""
    row, now, account = await _require_blob(instance, reference), instance.clock.now_ms(), reference.account
    completion = await instance.db.writer.run(
        lambda tx: blobs.complete_blob(tx, account, row, digest, now), account=account
    )
    if completion.missing:
        raise IncompleteUpload(completion.missing)
    if not completion.matches:
        await remove_dropped_bytes(instance, account)
        raise DigestMismatch


async def get_part(instance: Instance, reference: BlobReference, i: int) -> bytes:
    """Return one sealed part. Raise NotFound, ContentErased, and DigestMismatch if the stored bytes have changed."""
    part = await blobs.find_part(instance.db, await _require_blob(instance, reference), i)
    if part is None:
        raise NotFound
    raw = await instance.blob_store.get(part.name)
    if hashlib.sha256(raw).digest() != part.digest:
        raise DigestMismatch("This part of a file has changed where it is stored.")
    return raw


def _expected_part_header(reference: BlobReference, i: int, parts: int) -> tuple[EnvelopeKind, dict[str, object]]:
    """Return the envelope kind and header that a part of this blob must have."""
    if reference.kind is BlobKind.FILE:
        return EnvelopeKind.FILE_PART, part_header(id_text(reference.diary), id_text(reference.blob), i, parts)
    return EnvelopeKind.HANDOVER, handover_header(id_text(reference.blob), i, parts)


async def _require_blob(instance: Instance, reference: BlobReference) -> BlobRow:
    """Return the file's row. Raise NotFound and ContentErased."""
    row = await blobs.find_blob(instance.db, reference)
    if row is None:
        raise NotFound
    if row.erased:
        raise ContentErased
    return row


async def _build_blob_state(instance: Instance, row: BlobRow) -> BlobState:
    """Return the state of a file from its row and parts."""
    parts = await blobs.list_parts(instance.db, row)
    return BlobState(row.parts, tuple(part.i for part in parts), row.complete)
