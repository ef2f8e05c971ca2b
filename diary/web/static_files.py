"""Static files: read once when the server starts, and sent compressed to clients that accept gzip.

Only files that are the same for everyone are compressed: the compressed length of a response that mixes a secret with
text from somebody else could reveal the secret. The phone checks the uncompressed bytes against the release
(precache.py), so nobody has to trust the compression.
"""

import gzip
import hashlib
import mimetypes
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_COMPRESSIBLE_SUFFIXES: Final = {".css", ".js", ".json", ".mjs", ".svg", ".txt", ".webmanifest"}
# Types that some systems' tables lack or define differently.
_MEDIA_TYPES: Final = {".js": "text/javascript", ".mjs": "text/javascript", ".webmanifest": "application/manifest+json"}
# Files of vendor/ that are served unchanged: Argon2id, which is not a module, and the word list.
_SERVED_VENDOR_NAMES: Final = {"hash-wasm", "words-en.js"}


@dataclass(frozen=True, slots=True)
class StaticFile:
    """One file: its bytes, compressed if that makes them smaller, with its media type and entity tag."""

    stored_bytes: bytes
    is_gzipped: bool
    media_type: bytes
    etag: bytes

    @property
    def gzipped_bytes(self) -> bytes | None:
        """Return the gzip bytes, or None if compression does not help."""
        return self.stored_bytes if self.is_gzipped else None

    @property
    def plain_bytes(self) -> bytes:
        """Return the uncompressed bytes. Few browsers need them, so they are not stored twice."""
        return gzip.decompress(self.stored_bytes) if self.is_gzipped else self.stored_bytes


def read_files(folder: Path) -> Mapping[str, StaticFile]:
    """Return the files of the app below `folder` by relative path, with `/` between names.

    Raise OSError if one cannot be read.
    """
    return _read_matching_files(folder, lambda path: not is_outside_app(path))


def read_desk_files(folder: Path) -> Mapping[str, StaticFile]:
    """Return the files of the advocate's page below `folder` by relative path. Raise OSError if one cannot be read."""
    return _read_matching_files(folder, is_desk_file)


def _read_matching_files(folder: Path, is_wanted: Callable[[Path], bool]) -> Mapping[str, StaticFile]:
    """Return the files whose relative path `is_wanted` accepts."""
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file() and is_wanted(path.relative_to(folder)))
    return {path.relative_to(folder).as_posix(): read_static_file(path) for path in paths}


def is_outside_app(path: Path) -> bool:
    """Return whether a file below static/ is not part of the keeper's app.

    Browsers get no sources of src/: set-up strips their types and writes js/ (.ci/strip_types.mjs). They get the
    modules of js/ and of most libraries joined, as the files of app/ (.ci/join_modules.mjs). The public host's pages
    use single modules (scripted_pages.py). What lays out packs and reads pictures stays on disk (engine_files.py).
    """
    return (
        path.parts[0] in ("src", "js", "engine")
        or (path.parts[0] == "vendor" and path.parts[1] not in _SERVED_VENDOR_NAMES)
        or is_desk_file(path)
    )


def is_desk_file(path: Path) -> bool:
    """Return whether a file below static/ is for the advocate's page only. Phones do not need it."""
    return path.parts[:2] in (("app", "desk"), ("css", "desk.css"))


def read_static_file(path: Path) -> StaticFile:
    """Return one file, ready to send. Equal bytes have equal tags and equal compressed bytes on every server."""
    plain_bytes = path.read_bytes()
    gzipped_bytes = gzip.compress(plain_bytes, 9, mtime=0) if path.suffix in _COMPRESSIBLE_SUFFIXES else plain_bytes
    is_smaller = len(gzipped_bytes) < len(plain_bytes)
    return StaticFile(
        stored_bytes=gzipped_bytes if is_smaller else plain_bytes,
        is_gzipped=is_smaller,
        media_type=_media_type(path).encode(),
        etag=f'"{hashlib.sha256(plain_bytes).hexdigest()[:32]}"'.encode(),
    )


def accepts_gzip(accept_encoding: bytes) -> bool:
    """Return whether an Accept-Encoding header allows gzip. A weight of zero forbids it."""
    for coding in accept_encoding.lower().split(b","):
        name, _, weight = coding.partition(b";")
        if name.strip() == b"gzip":
            return weight.replace(b" ", b"").rstrip(b"0") not in (b"q=", b"q=0.")
    return False


def _media_type(path: Path) -> str:
    """Return the media type for a file name; text is UTF-8."""
    media_type = _MEDIA_TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return f"{media_type}; charset=utf-8" if media_type.startswith("text/") else media_type
