"""Files: sealed part by part as they are, with a print copy beside them, and fetched back again."""

import hashlib
import secrets
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Final

from PIL import Image, ImageOps

from diary.client.transport import Server
from diary.crypto.file_parts import open_part, part_count, part_header, parts_digest, seal_parts
from diary.crypto.sealing import KEY_BYTES
from diary.encoding import b64
from diary.errors import SealError
from diary.ids import id_text, new_id

PRINT_WIDTH: Final = 900
PRINT_QUALITY: Final = 80
# First bytes and what they mean; docs/record.md: the type a file shows, not the one it claims.
_SIGNATURES: Final = (
    (b"\x89PNG\r\n\x1a\n", 0, "image/png"),
    (b"\xff\xd8\xff", 0, "image/jpeg"),
    (b"ftypheic", 4, "image/heic"),
    (b"ftypheix", 4, "image/heic"),
    (b"ftypmif1", 4, "image/heif"),
    (b"%PDF-", 0, "application/pdf"),
)
_CLAIMS: Final = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "heic": "image/heic",
    "eml": "message/rfc822",
    "pdf": "application/pdf",
}
_MAIL_STARTS: Final = (b"Return-Path:", b"Received:", b"From:", b"Delivered-To:", b"Date:", b"Message-ID:")


@dataclass(frozen=True, slots=True)
class Blob:
    """One sealed file: id as text, its 32-byte key, how many bytes it holds."""

    blob: str
    key: bytes = field(repr=False)
    size: int

    @classmethod
    def new(cls, size: int) -> "Blob":
        """A fresh place and key for `size` bytes."""
        return cls(id_text(new_id()), secrets.token_bytes(KEY_BYTES), size)

    @property
    def parts(self) -> int:
        """How many sealed parts it has."""
        return part_count(self.size)

    @property
    def pair(self) -> tuple[str, bytes]:
        """As it stands among a version's keys."""
        return self.blob, self.key


@dataclass(frozen=True, slots=True)
class PrintCopy:
    """A JPEG without metadata, upright, at most PRINT_WIDTH wide."""

    content: bytes
    width: int
    height: int


def shown_type(content: bytes, name: str) -> str:
    """The media type that the first bytes show; mail and text are told by their beginning, else octet-stream."""
    for start, at, kind in _SIGNATURES:
        if content[at : at + len(start)] == start:
            return kind
    if name.lower().endswith(".eml") and content.startswith(_MAIL_STARTS):
        return "message/rfc822"
    return "application/octet-stream"


def claimed_type(name: str) -> str:
    """The media type that a file's name claims."""
    return _CLAIMS.get(name.rpartition(".")[2].lower(), "application/octet-stream")


def make_print_copy(content: bytes, kind: str) -> PrintCopy | None:
    """A picture re-encoded for print; None for what a browser would not decode either (HEIC, files)."""
    if kind not in ("image/png", "image/jpeg"):
        return None
    with Image.open(BytesIO(content)) as picture:
        upright = ImageOps.exif_transpose(picture).convert("RGB")
    if upright.width > PRINT_WIDTH:
        upright = upright.resize((PRINT_WIDTH, round(upright.height * PRINT_WIDTH / upright.width)))
    # A new image: nothing of the old one's metadata can come along.
    bare = Image.new("RGB", upright.size)
    bare.paste(upright)
    out = BytesIO()
    bare.save(out, "JPEG", quality=PRINT_QUALITY)
    return PrintCopy(out.getvalue(), *bare.size)


def seal(diary: str, blob: Blob, content: bytes) -> list[bytes]:
    """A file's sealed parts. Sealed once and then kept: sealing again would give other bytes."""
    return list(seal_parts(blob.key, diary, blob.blob, [content], blob.size))


async def upload(server: Server, diary: str, blob: Blob, sealed: Sequence[bytes]) -> None:
    """Put sealed parts on the server; those it already has are not sent again."""
    address = f"/v1/diaries/{diary}/blobs/{blob.blob}"
    declared = {"parts": len(sealed), "size": sum(len(part) for part in sealed)}
    there = set((await server.json("PUT", address, declared))["have"])
    for i, part in enumerate(sealed):
        if i not in there:
            await server.put(f"{address}/parts/{i}", part)
    digest = parts_digest(hashlib.sha256(part).digest() for part in sealed)
    await server.json("POST", f"{address}/complete", {"digest": b64(digest)})


async def fetch(server: Server, diary: str, blob: Blob) -> AsyncIterator[bytes]:
    """The bytes of a file, one part at a time. Raises SealError for a part that is not this file's.

    The size comes from the signed version, so the padding needs no search: it is what lies beyond.
    """
    left = blob.size
    for i in range(blob.parts):
        sealed = await server.get(f"/v1/diaries/{diary}/blobs/{blob.blob}/parts/{i}")
        content = open_part(blob.key, part_header(diary, blob.blob, i, blob.parts), sealed)[:left]
        left -= len(content)
        if content:
            yield content
    if left:
        raise SealError
