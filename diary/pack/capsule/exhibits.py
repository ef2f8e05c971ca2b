"""Exhibits of a pack: numbers, sealed copies and custody; mirrored by static/src/pack/exhibits.ts."""

from collections.abc import Mapping, Sequence
from typing import Final, TypedDict

from diary.crypto.padding import part_count
from diary.encoding import b64
from diary.record.evidence import Attachment
from diary.record.reading import integer_of, objects_of, text_of
from diary.record.record_history import RecordVersion, build_histories

# Copies of orders go into a folder of their own, because they often contain an address.
ORDER_FILE_KIND: Final = "order_or_court_paper"
# Files that the pack worker opens to print what is in them: letters and e-mails.
LETTER_TYPE: Final = "application/pdf"
MAIL_TYPE: Final = "message/rfc822"
OPENED_TYPES: Final = (LETTER_TYPE, MAIL_TYPE)


class OpenedPart(TypedDict):
    """One decrypted part: all fields (reserved names included), the seed, and the blob keys in stored order."""

    fields: Mapping[str, object]
    seed: bytes
    keys: Sequence[tuple[str, bytes]]


class DiaryVersion(TypedDict):
    """One decrypted version of a diary. `seq` and `receipt` are None until a server has received it."""

    record: str
    version: str
    kind: str
    schema: int
    seq: int | None
    c: str
    sig: str
    parents: Sequence[str]
    env: str | None
    receipt: Mapping[str, object] | None
    open: OpenedPart
    restricted: OpenedPart | None


def exhibit_rows(
    versions: Sequence[DiaryVersion], numbered_attachments: Sequence[tuple[int, Attachment]], initials: str
) -> list[dict[str, object]]:
    """Return one row for each numbered attachment."""
    # The current version is not always the newest one: a file withdrawn on one device may be edited on another.
    by_version = {row["version"]: row for row in versions}
    rows: list[dict[str, object]] = []
    for number, attachment in numbered_attachments:
        row = by_version[attachment.history.current_version.version]
        is_withheld = _is_picture_withheld(attachment)
        rows.append(
            {
                "file": f"{initials}-{number}.{attachment.extension}",
                "hold_picture": is_withheld,
                "item": f"{initials}/{number}",
                "looked_at": integer_of(attachment.fields, "looked_at"),
                "print": None,
                "received": None,
                "record": attachment.record,
                "sha256": text_of(attachment.fields, "sha256"),
                "sha512": text_of(attachment.fields, "sha512"),
                "size": integer_of(attachment.fields, "size_bytes") or 0,
                **({"order": True} if text_of(attachment.fields, "kind") == ORDER_FILE_KIND else {}),
                # A withheld picture is not printed, so the worker gets no key of it.
                **({} if is_withheld else _picture_fields(attachment, row)),
            }
        )
    return rows


def _picture_fields(attachment: Attachment, row: DiaryVersion) -> dict[str, object]:
    """Return the members of an exhibit that give the worker a picture to print, with its key."""
    print_row = _print_rendition(attachment, row)
    media_type = text_of(attachment.fields, "media_type")
    # What is in a letter or an e-mail is printed only after the keeper has looked through it.
    is_printable = media_type.startswith("image/") or (media_type in OPENED_TYPES and attachment.is_reviewed)
    # A picture whose masked copy is missing is not printed: the received bytes show what the mask covered.
    needs_decoding = print_row is None and is_printable and print_purpose(attachment) == "print"
    return {
        "print": print_row,
        "received": _received_row(attachment, row) if needs_decoding else None,
        **_poster_field(attachment, row),
    }


def _is_picture_withheld(attachment: Attachment) -> bool:
    """Return whether every picture of a file is withheld from print.

    A masked copy may be printed if the home address was the only reason to hold the file back.
    """
    if not attachment.is_held_back:
        return False
    is_masked = print_purpose(attachment) == "masked" and attachment.find_rendition("masked") is not None
    return not (is_masked and attachment.is_ordinary and attachment.is_reviewed)


def _poster_field(attachment: Attachment, row: DiaryVersion) -> dict[str, object]:
    """Return the member `poster` for a video with a still image, else {}."""
    if not text_of(attachment.fields, "media_type").startswith("video/"):
        return {}
    still = _rendition_row(attachment, row, "preview")
    return {} if still is None else {"poster": still}


def print_purpose(attachment: Attachment) -> str:
    """Return the purpose of the copy to print: `masked` if the keeper chose that, else `print`."""
    return "masked" if text_of(attachment.fields, "print_copy") == "masked" else "print"


def _print_rendition(attachment: Attachment, row: DiaryVersion) -> dict[str, object] | None:
    """Return the copy to print, or None."""
    return _rendition_row(attachment, row, print_purpose(attachment))


def _rendition_row(attachment: Attachment, row: DiaryVersion, purpose: str) -> dict[str, object] | None:
    """Return a rendition with its key, which has the same index in the open part as the rendition in its list."""
    indexed_rendition, keys = attachment.find_rendition(purpose), row["open"]["keys"]
    if indexed_rendition is None or indexed_rendition[0] >= len(keys):
        return None
    index, rendition = indexed_rendition
    blob, key = keys[index]
    size = integer_of(rendition, "size_bytes") or 0
    return {
        "blob": blob,
        "height": integer_of(rendition, "height") or 0,
        "key": b64(key),
        "parts": part_count(size),
        "size": size,
        "width": integer_of(rendition, "width") or 0,
    }


def _received_row(attachment: Attachment, row: DiaryVersion) -> dict[str, object] | None:
    """Return the file as received, for what only the pack worker's sandbox can decode."""
    keys = row["restricted"]["keys"] if row["restricted"] else ()
    if not keys:
        return None
    blob, key = keys[0]
    return {"blob": blob, "key": b64(key), "parts": part_count(integer_of(attachment.fields, "size_bytes") or 0)}


def custody_rows(
    versions: Sequence[RecordVersion],
    attachments: Sequence[Attachment],
    exhibits: Sequence[Mapping[str, object]],
    made_at: int,
    exported_by: str = "keeper",
) -> list[dict[str, object]]:
    """Return the custody steps of the packed files, oldest first; the last step is the export into this pack.

    A file without custody records gets the steps `received` and `hashed`, both dated by its `added_at`.
    `exported_by`: `advocate` in a pack that somebody else prepared.
    """
    items = {str(row["record"]): str(row["item"]) for row in exhibits}
    lines = [
        (line, record)
        for history in build_histories(versions, "custody")
        if history.withdrawn_at_ms is None
        for line in objects_of(history.current_version.fields, "lines")
        if (record := text_of(line, "attachment")) in items
    ]
    rows = [
        _custody_row(
            items[record],
            integer_of(line, "at"),
            text_of(line, "actor"),
            text_of(line, "action"),
            text_of(line, "detail"),
        )
        for line, record in lines
    ]
    logged_ids = {record for _, record in lines}
    for attachment in attachments:
        item = items[attachment.record]
        if attachment.record not in logged_ids:
            added_at = integer_of(attachment.fields, "added_at")
            rows.append(_custody_row(item, added_at, "app", "received", ""))
            rows.append(_custody_row(item, added_at, "app", "hashed", text_of(attachment.fields, "sha256")))
        rows.append(_custody_row(item, made_at, exported_by, "exported", ""))
    return sorted(rows, key=lambda row: integer_of(row, "at") or 0)


def _custody_row(item: str, at: int | None, actor: str, action: str, detail: str) -> dict[str, object]:
    """Return one line of the custody log."""
    return {"action": action, "actor": actor, "at": at, "detail": detail, "item": item}
