"""Where sealed parts lie: a folder, or whatever else obstore can reach.

[Note: durable parts] The library's local store writes beside the place and renames, so a part is whole or
absent; but it asks nothing of the disk, and an acknowledged part could vanish when the power goes. So after
each write the file is flushed here, and then the folders that got a new name in them.
"""

import asyncio
import os
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from obstore.exceptions import BaseError, NotFoundError
from obstore.store import LocalStore, ObjectStore, from_url

from diary.errors import NotFound, Unavailable

FILE: Final = "file"


class BlobStore:
    """Bytes by name; a name never gets other bytes than it had."""

    def __init__(self, store: ObjectStore, folder: Path | None) -> None:
        """`folder`: where a local store keeps its files, None for any other."""
        self._store = store
        self._folder = folder
        self._flushed: set[Path] = set()

    async def put(self, name: str, raw: bytes) -> None:
        """Store bytes durably. Raises Unavailable when they cannot be."""
        try:
            await self._store.put_async(name, raw)
            if self._folder is not None:
                await asyncio.to_thread(self._flush, self._folder / name)
        except (OSError, BaseError):
            raise Unavailable("The file cannot be stored just now.") from None

    async def get(self, name: str) -> bytes:
        """The bytes of a name. Raises NotFound, and Unavailable when the store does not answer."""
        try:
            found = await self._store.get_async(name)
            return bytes(await found.bytes_async())
        except (FileNotFoundError, NotFoundError):
            raise NotFound from None
        except (OSError, BaseError):
            raise Unavailable("The file cannot be fetched just now.") from None

    async def remove(self, name: str) -> None:
        """Have a name hold nothing. Raises Unavailable."""
        try:
            await self._store.delete_async(name)
            if self._folder is not None:
                await asyncio.to_thread(flush, (self._folder / name).parent)
        except (FileNotFoundError, NotFoundError):
            return
        except (OSError, BaseError):
            raise Unavailable("A file cannot be removed just now.") from None

    async def remove_below(self, prefix: str) -> None:
        """Remove every name below `prefix`. Raises Unavailable."""
        try:
            found = [meta["path"] async for page in self._store.list(prefix) for meta in page]
        except (OSError, BaseError):
            raise Unavailable("A file cannot be removed just now.") from None
        for name in found:
            await self.remove(name)

    def _flush(self, path: Path) -> None:
        """Flush a new file, its folder, and each folder above that was not known to be on the disk."""
        flush(path)
        folder = path.parent
        flush(folder)
        while folder != self._folder and folder not in self._flushed:
            self._flushed.add(folder)
            folder = folder.parent
            flush(folder)


def flush(path: Path) -> None:
    """Make the disk have what was written to a file, or the names in a folder."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def open_store(url: str) -> BlobStore:
    """The store at a `file://` address or one that obstore knows."""
    parts = urlsplit(url)
    if parts.scheme != FILE:
        return BlobStore(from_url(url), None)
    folder = Path(unquote(parts.path))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return BlobStore(LocalStore(prefix=str(folder), mkdir=True), folder)


def blob_prefix(diary: bytes, blob: bytes) -> str:
    """What the names of all parts of a file begin with."""
    return f"{diary.hex()}/{blob.hex()}"


def part_name(diary: bytes, blob: bytes, i: int, digest: bytes) -> str:
    """Where a part lies. Its digest stands in the name: two that race for one number never mix."""
    return f"{blob_prefix(diary, blob)}/{i}-{digest.hex()[:32]}"
