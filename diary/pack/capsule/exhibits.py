"""The numbered files of a pack, where each lies sealed, and how each was handled; the twin of static/src/pack/exhibits.ts."""

from collections.abc import Mapping, Sequence
from typing import Final, TypedDict

from diary.crypto.file_parts import part_count
from diary.encoding import b64
from diary.record.evidence import Attachment
from diary.record.reading import objects_of, text_of, whole_of
from diary.record.record_history import Opened, tell_all

# Copies of orders lie apart from other files: they often print an address.
ORDER: Final = "order_or_court_paper"


class Part(TypedDict):
    """One opened part: every field (reserved names among them), the seed, and the blob keys as they stand."""

    fields: Mapping[str, object]
    seed: bytes
    keys: Sequence[tuple[str, bytes]]


class DiaryVersion(TypedDict):
    """One opened version of a diary. `seq` and `receipt` None while no server has received it."""

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
    open: Part
    restricted: Part | None


def exhibit_rows(
    versions: Sequence[DiaryVersion], attached: Sequence[tuple[int, Attachment]], initials: str
) -> list[dict[str, object]]:
    """One row an attachment with its number."""
    # What stands is not always what came last: a file taken out on one device may have been written on from on another.
    by_version = {row["version"]: row for row in versions}
    rows: list[dict[str, object]] = []
    for no, attachment in attached:
        row = by_version[attachment.told.newest.version]
        printed = _print(attachment, row)
        # A picture whose masked copy is missing is not printed at all: its received bytes show what was covered.
        is_picture = text_of(attachment.said, "media_type").startswith("image/")
        decode = printed is None and is_picture and _wanted(attachment) == "print"
        rows.append(
            {
                "file": f"{initials}-{no}.{attachment.extension}",
                "hold_picture": _is_held_back(attachment),
                "item": f"{initials}/{no}",
                "looked_at": whole_of(attachment.said, "looked_at"),
                "print": printed,
                "received": _received(attachment, row) if decode else None,
                "record": attachment.record,
                "sha256": text_of(attachment.said, "sha256"),
                "sha512": text_of(attachment.said, "sha512"),
                "size": whole_of(attachment.said, "size_bytes") or 0,
                **({"order": True} if text_of(attachment.said, "kind") == ORDER else {}),
                **_poster(attachment, row),
            }
        )
    return rows


def _is_held_back(attachment: Attachment) -> bool:
    """Whether no picture of it may stand in 04. A masked copy may, where what was covered is all there was to hold back."""
    if not attachment.is_held_back:
        return False
    is_masked = _wanted(attachment) == "masked" and attachment.rendition("masked") is not None
    return not (is_masked and attachment.is_ordinary and attachment.is_looked_at)


def _poster(attachment: Attachment, row: DiaryVersion) -> dict[str, object]:
    """The still of a film, for its card; nothing for other files."""
    if not text_of(attachment.said, "media_type").startswith("video/"):
        return {}
    still = _rendition(attachment, row, "preview")
    return {} if still is None else {"poster": still}


def _wanted(attachment: Attachment) -> str:
    """Which copy the pages print: the one with parts covered where the keeper chose that."""
    return "masked" if text_of(attachment.said, "print_copy") == "masked" else "print"


def _print(attachment: Attachment, row: DiaryVersion) -> dict[str, object] | None:
    """The copy to print."""
    return _rendition(attachment, row, _wanted(attachment))


def _rendition(attachment: Attachment, row: DiaryVersion, purpose: str) -> dict[str, object] | None:
    """A derived picture: its key stands in the open part at the place its rendition has in the list."""
    found, keys = attachment.rendition(purpose), row["open"]["keys"]
    if found is None or found[0] >= len(keys):
        return None
    index, rendition = found
    blob, key = keys[index]
    size = whole_of(rendition, "size_bytes") or 0
    return {
        "blob": blob,
        "height": whole_of(rendition, "height") or 0,
        "key": b64(key),
        "parts": part_count(size),
        "size": size,
        "width": whole_of(rendition, "width") or 0,
    }


def _received(attachment: Attachment, row: DiaryVersion) -> dict[str, object] | None:
    """The bytes as received, for a picture that only the pack's own sandbox can decode."""
    keys = row["restricted"]["keys"] if row["restricted"] else ()
    if not keys:
        return None
    blob, key = keys[0]
    return {"blob": blob, "key": b64(key), "parts": part_count(whole_of(attachment.said, "size_bytes") or 0)}


def custody_rows(
    opened: Sequence[Opened],
    attached: Sequence[Attachment],
    exhibits: Sequence[Mapping[str, object]],
    made_at: int,
) -> list[dict[str, object]]:
    """Every handling step of the packed files, oldest first; the last one is going into this pack."""
    items = {str(row["record"]): str(row["item"]) for row in exhibits}
    lines = [
        (line, record)
        for told in tell_all(opened, "custody")
        if told.taken_out is None
        for line in objects_of(told.newest.fields, "lines")
        if (record := text_of(line, "attachment")) in items
    ]
    rows = [
        _step(
            items[record],
            whole_of(line, "at"),
            text_of(line, "actor"),
            text_of(line, "action"),
            text_of(line, "detail"),
        )
        for line, record in lines
    ]
    logged = {record for _, record in lines}
    for attachment in attached:
        item = items[attachment.record]
        if attachment.record not in logged:
            added = whole_of(attachment.said, "added_at")
            rows.append(_step(item, added, "app", "received", ""))
            rows.append(_step(item, added, "app", "hashed", text_of(attachment.said, "sha256")))
        rows.append(_step(item, made_at, "keeper", "exported", ""))
    return sorted(rows, key=lambda row: whole_of(row, "at") or 0)


def _step(item: str, at: int | None, actor: str, action: str, detail: str) -> dict[str, object]:
    """One line of the custody log."""
    return {"action": action, "actor": actor, "at": at, "detail": detail, "item": item}
