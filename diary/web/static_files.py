"""Static files: read once when the server starts, sent packed to whoever takes gzip.

Only what is the same for everyone is ever packed: an answer that mixes a secret with somebody else's text
would tell its length. The phone checks the unpacked bytes against the release (precache.py), so the packing
is nobody's to trust.
"""

import gzip
import hashlib
import mimetypes
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_COMPRESSIBLE_SUFFIXES: Final = {".css", ".js", ".json", ".mjs", ".svg", ".txt", ".webmanifest"}
# What a few systems' tables of types do not know, or say otherwise.
_MEDIA_TYPES: Final = {".js": "text/javascript", ".mjs": "text/javascript", ".webmanifest": "application/manifest+json"}
# What lies in vendor/ and is asked for as it is: Argon2id, which is no module, and the list of words.
_SERVED_VENDOR_NAMES: Final = {"hash-wasm", "words-en.js"}


@dataclass(frozen=True, slots=True)
class StaticFile:
    """One file: its bytes, packed where that helps, its type and entity tag."""

    stored_bytes: bytes
    is_gzipped: bool
    media_type: bytes
    etag: bytes

    @property
    def gzipped_bytes(self) -> bytes | None:
        """The bytes packed by gzip; None where packing does not help."""
        return self.stored_bytes if self.is_gzipped else None

    @property
    def plain_bytes(self) -> bytes:
        """The bytes as they are. Hardly any browser asks for them, so they are not kept twice."""
        return gzip.decompress(self.stored_bytes) if self.is_gzipped else self.stored_bytes


def read_files(folder: Path) -> Mapping[str, StaticFile]:
    """Every file below `folder` by its path there, with `/` between names. Raises OSError for an unreadable one."""
    return _read_matching_files(folder, lambda path: not is_outside_app(path))


def read_desk_files(folder: Path) -> Mapping[str, StaticFile]:
    """The files of the advocate's page alone, likewise."""
    return _read_matching_files(folder, is_desk_file)


def _read_matching_files(folder: Path, is_wanted: Callable[[Path], bool]) -> Mapping[str, StaticFile]:
    """The files whose path below the folder is wanted."""
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file() and is_wanted(path.relative_to(folder)))
    return {path.relative_to(folder).as_posix(): read_static_file(path) for path in paths}


def is_outside_app(path: Path) -> bool:
    """Whether a file below static/ is no part of the keeper's app.

    The sources in src/ reach no browser: set-up strips their types and writes js/ (.ci/strip_types.mjs). The modules of js/
    and of most libraries reach browsers joined, as the files of app/ (.ci/join_modules.mjs). The public host's pages take theirs
    one by one (scripted_pages.py).
    """
    return (
        path.parts[0] in ("src", "js")
        or (path.parts[0] == "vendor" and path.parts[1] not in _SERVED_VENDOR_NAMES)
        or is_desk_file(path)
    )


def is_desk_file(path: Path) -> bool:
    """Whether a file below static/ is for the advocate's page alone, which no phone needs."""
    return path.parts[:2] in (("app", "desk"), ("css", "desk.css"))


def read_static_file(path: Path) -> StaticFile:
    """One file as it will be sent. The same bytes give the same tag and the same packed bytes anywhere."""
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
    """Whether an Accept-Encoding header allows gzip (a weight of zero forbids it)."""
    for coding in accept_encoding.lower().split(b","):
        name, _, weight = coding.partition(b";")
        if name.strip() == b"gzip":
            return weight.replace(b" ", b"").rstrip(b"0") not in (b"q=", b"q=0.")
    return False


def _media_type(path: Path) -> str:
    """The type by the file's name; text in UTF-8."""
    media_type = _MEDIA_TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return f"{media_type}; charset=utf-8" if media_type.startswith("text/") else media_type
