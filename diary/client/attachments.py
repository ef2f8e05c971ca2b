"""Attached files: sealed part by part, with a print rendition, uploaded and fetched."""

import hashlib
import secrets
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Final

from PIL import Image, ImageOps

from diary.client.transport import RemoteServer
from diary.crypto.file_parts import open_part, part_header, parts_digest, seal_parts
from diary.crypto.padding import part_count
from diary.crypto.sealing import KEY_BYTES
from diary.encoding import b64
from diary.errors import SealError
from diary.ids import id_text, new_id

PRINT_WIDTH_LIMIT_PIXELS: Final = 900
PRINT_JPEG_QUALITY: Final = 80
# Magic numbers: prefix, offset, media type. docs/record.md uses the detected type, not the claimed one.
_MAGIC_NUMBERS: Final = (
    (b"\x89PNG\r\n\x1a\n", 0, "image/png"),
    (b"\xff\xd8\xff", 0, "image/jpeg"),
    (b"ftypheic", 4, "image/heic"),
    (b"ftypheix", 4, "image/heic"),
    (b"ftypmif1", 4, "image/heif"),
    (b"%PDF-", 0, "application/pdf"),
)
_TYPES_BY_EXTENSION: Final = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "heic": "image/heic",
    "eml": "message/rfc822",
    "pdf": "application/pdf",
}
_MAIL_PREFIXES: Final = (b"Return-Path:", b"Received:", b"From:", b"Delivered-To:", b"Date:", b"Message-ID:")


@dataclass(frozen=True, slots=True)
class SealedFileReference:
    """One sealed file: id as text, 32-byte key, size in bytes."""

    blob_id: str
    key: bytes = field(repr=False)
    size_bytes: int

    @classmethod
    def new(cls, size_bytes: int) -> "SealedFileReference":
        """Return a reference with a new id and key for `size_bytes` bytes."""
        return cls(id_text(new_id()), secrets.token_bytes(KEY_BYTES), size_bytes)

    @property
    def sealed_part_count(self) -> int:
        """Return the number of sealed parts."""
        return part_count(self.size_bytes)

    @property
    def id_and_key(self) -> tuple[str, bytes]:
        """Return the pair (id, key), as a version's keys list it."""
        return self.blob_id, self.key


@dataclass(frozen=True, slots=True)
class PrintRendition:
    """Upright JPEG without metadata, at most PRINT_WIDTH_LIMIT_PIXELS wide."""

    content: bytes
    width: int
    height: int


def detect_media_type(content: bytes, name: str) -> str:
    """Return the media type that the first bytes show.

    Mail also needs a name that ends in `.eml`; anything unrecognised is application/octet-stream.
    """
    for magic, offset, media_type in _MAGIC_NUMBERS:
        if content[offset : offset + len(magic)] == magic:
            return media_type
    if name.lower().endswith(".eml") and content.startswith(_MAIL_PREFIXES):
        return "message/rfc822"
    return "application/octet-stream"


def claimed_media_type(name: str) -> str:
    """Return the media type that the extension of a file's name claims."""
    return _TYPES_BY_EXTENSION.get(name.rpartition(".")[2].lower(), "application/octet-stream")


def make_print_rendition(content: bytes, media_type: str) -> PrintRendition | None:
    """Re-encode a picture for print. Return None for what browsers do not decode either (HEIC, other files)."""
    if media_type not in ("image/png", "image/jpeg"):
        return None
    with Image.open(BytesIO(content)) as picture:
        upright_picture = ImageOps.exif_transpose(picture).convert("RGB")
    if upright_picture.width > PRINT_WIDTH_LIMIT_PIXELS:
        upright_picture = upright_picture.resize(
            (PRINT_WIDTH_LIMIT_PIXELS, round(upright_picture.height * PRINT_WIDTH_LIMIT_PIXELS / upright_picture.width))
        )
    # A new image carries over none of the original's metadata.
    clean_picture = Image.new("RGB", upright_picture.size)
    clean_picture.paste(upright_picture)
    buffer = BytesIO()
    clean_picture.save(buffer, "JPEG", quality=PRINT_JPEG_QUALITY)
    return PrintRendition(buffer.getvalue(), *clean_picture.size)


def seal_file(diary: str, blob: SealedFileReference, content: bytes) -> list[bytes]:
    """Return the sealed parts of a file.

    Keep them for retries: sealing again produces other bytes.
    """
    return list(seal_parts(blob.key, diary, blob.blob_id, [content], blob.size_bytes))


async def upload_blob(
    server: RemoteServer, diary: str, blob: SealedFileReference, sealed_parts: Sequence[bytes]
) -> None:
    """Upload the sealed parts that the server does not have yet, and complete the blob."""
    blob_path = f"/v1/diaries/{diary}/blobs/{blob.blob_id}"
    declaration = {"parts": len(sealed_parts), "size": sum(len(part) for part in sealed_parts)}
    stored_parts = set((await server.json("PUT", blob_path, declaration))["have"])
    for i, part in enumerate(sealed_parts):
        if i not in stored_parts:
            await server.put(f"{blob_path}/parts/{i}", part)
    digest = parts_digest(hashlib.sha256(part).digest() for part in sealed_parts)
    await server.json("POST", f"{blob_path}/complete", {"digest": b64(digest)})


async def fetch_blob(server: RemoteServer, diary: str, blob: SealedFileReference) -> AsyncIterator[bytes]:
    """Yield the bytes of a file, part by part. Raise SealError for a part that is not of this file.

    The size comes from the signed version: bytes beyond it are padding.
    """
    remaining_bytes = blob.size_bytes
    for i in range(blob.sealed_part_count):
        sealed_part = await server.get(f"/v1/diaries/{diary}/blobs/{blob.blob_id}/parts/{i}")
        content = open_part(blob.key, part_header(diary, blob.blob_id, i, blob.sealed_part_count), sealed_part)[
            :remaining_bytes
        ]
        remaining_bytes -= len(content)
        if content:
            yield content
    if remaining_bytes:
        raise SealError
