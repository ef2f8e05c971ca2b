"""Storage of sealed parts: a folder, or any other store that obstore supports.

[Note: durable parts] The library's local store writes to a temporary name and renames, so a part is complete or
absent. But it does not flush, and a part that was acknowledged could vanish in a power cut. So after each write this
module flushes the file, then the folders that contain a new name.
"""

import asyncio
import os
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from obstore.exceptions import BaseError, NotFoundError
from obstore.store import LocalStore, ObjectStore, S3Store, from_url

from diary.errors import BadSetting, NotFound, Unavailable

FILE_SCHEME: Final = "file"
S3_SCHEME: Final = "s3"
# An unreachable store fails within half a minute: phones try again by themselves.
CLIENT: Final[Any] = {"connect_timeout": "3s", "timeout": "20s"}
RETRY_CONFIG: Final[Any] = {"max_retries": 2, "retry_timeout": timedelta(seconds=10)}


class BlobStore:
    """Bytes by name. Each stored part has a random name (storage/sync/blobs.py), and no name is used twice."""

    def __init__(self, store: ObjectStore, folder: Path | None) -> None:
        """Store the object store and, if it is local, its folder; None for any other."""
        self._store = store
        self.folder = folder
        self._flushed_folders: set[Path] = set()

    async def put(self, name: str, raw: bytes) -> None:
        """Store bytes durably under a name. Raise Unavailable."""
        try:
            await self._store.put_async(name, raw)
            if self.folder is not None:
                await asyncio.to_thread(self._flush_with_folders, self.folder / name)
        except (OSError, BaseError):
            raise Unavailable("The file cannot be stored just now.") from None

    async def get(self, name: str) -> bytes:
        """Return the bytes of a name. Raise NotFound, and Unavailable when the store does not answer."""
        try:
            response = await self._store.get_async(name)
            return bytes(await response.bytes_async())
        except (FileNotFoundError, NotFoundError):
            raise NotFound from None
        except (OSError, BaseError):
            raise Unavailable("The file cannot be fetched just now.") from None

    async def remove(self, name: str) -> None:
        """Remove a name. A name that does not exist is no error. Raise Unavailable."""
        try:
            await self._store.delete_async(name)
            if self.folder is not None:
                await asyncio.to_thread(flush, (self.folder / name).parent)
        except (FileNotFoundError, NotFoundError):
            return
        except (OSError, BaseError):
            raise Unavailable("A file cannot be removed just now.") from None

    async def remove_prefix(self, prefix: str) -> None:
        """Remove every name below `prefix`. Raise Unavailable."""
        try:
            names = [meta["path"] async for page in self._store.list(prefix) for meta in page]
        except (OSError, BaseError):
            raise Unavailable("A file cannot be removed just now.") from None
        for name in names:
            await self.remove(name)

    def _flush_with_folders(self, path: Path) -> None:
        """Flush a new file, its folder, and each folder above that this store has not flushed yet."""
        flush(path)
        folder = path.parent
        flush(folder)
        while folder != self.folder and folder not in self._flushed_folders:
            self._flushed_folders.add(folder)
            folder = folder.parent
            flush(folder)


def flush(path: Path) -> None:
    """Flush a file, or the names in a folder, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def folder_from_url(url: str) -> Path | None:
    """Return the folder of a `file://` address, None for any other address."""
    parts = urlsplit(url)
    return Path(unquote(parts.path)) if parts.scheme == FILE_SCHEME else None


def open_blob_store(url: str) -> BlobStore:
    """Open the store of a `file://`, `s3://` or other address that obstore supports.

    Raise BadSetting, without the address.
    """
    parts = urlsplit(url)
    if folder := folder_from_url(url):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return BlobStore(LocalStore(prefix=str(folder), mkdir=True), folder)
    try:
        if parts.scheme == S3_SCHEME:
            return BlobStore(_open_s3_store(parts), None)
        return BlobStore(from_url(url, client_options=CLIENT, retry_config=RETRY_CONFIG), None)
    except (BaseError, ValueError, TypeError):
        raise BadSetting("DIARY_BLOB_URL is not a usable address.") from None


def _open_s3_store(parts: SplitResult) -> S3Store:
    """Open the store of `s3://key:secret@bucket/folder?endpoint=https://…&region=…`.

    Without a key, obstore takes the credentials of the machine.
    """
    query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    config: dict[str, Any] = {"region": query.get("region", "us-east-1")}
    options = dict(CLIENT)
    if "endpoint" in query:
        # Self-hosted stores seldom have a host name for each bucket.
        config |= {"endpoint": query["endpoint"], "virtual_hosted_style_request": query.get("style") == "host"}
        options["allow_http"] = query["endpoint"].startswith("http:")
    if parts.username and parts.password:
        config |= {"access_key_id": unquote(parts.username), "secret_access_key": unquote(parts.password)}
    prefix = parts.path.strip("/") or None
    typed: Any = {"config": config, "client_options": options, "retry_config": RETRY_CONFIG}
    return S3Store(parts.hostname or "", prefix=prefix, **typed)
