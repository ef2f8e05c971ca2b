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

_PACKED: Final = {".css", ".js", ".json", ".mjs", ".svg", ".txt", ".webmanifest"}
# What a few systems' tables of types do not know, or say otherwise.
_TYPES: Final = {".js": "text/javascript", ".mjs": "text/javascript", ".webmanifest": "application/manifest+json"}
# What lies in vendor/ and is asked for as it is: Argon2id, which is no module, and the list of words.
_ASKED_FOR: Final = {"hash-wasm", "words-en.js"}


@dataclass(frozen=True, slots=True)
class StaticFile:
    """One file: its bytes, packed where that helps, its type and entity tag."""

    held: bytes
    is_packed: bool
    media_type: bytes
    tag: bytes

    @property
    def packed(self) -> bytes | None:
        """The bytes packed by gzip; None where packing does not help."""
        return self.held if self.is_packed else None

    @property
    def raw(self) -> bytes:
        """The bytes as they are. Hardly any browser asks for them, so they are not kept twice."""
        return gzip.decompress(self.held) if self.is_packed else self.held


def read_files(folder: Path) -> Mapping[str, StaticFile]:
    """Every file below `folder` by its path there, with `/` between names. Raises OSError for an unreadable one."""
    return _read(folder, lambda path: not is_elsewhere(path))


def read_desk(folder: Path) -> Mapping[str, StaticFile]:
    """The files of the advocate's page alone, likewise."""
    return _read(folder, is_of_desk)


def _read(folder: Path, wanted: Callable[[Path], bool]) -> Mapping[str, StaticFile]:
    """The files whose path below the folder is wanted."""
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file() and wanted(path.relative_to(folder)))
    return {path.relative_to(folder).as_posix(): read_file(path) for path in paths}


def is_elsewhere(path: Path) -> bool:
    """Whether a file below static/ is no part of the keeper's app.

    The sources in src/ reach no browser: set-up strips their types and writes js/ (.ci/strip_types.mjs). The modules of js/
    and of most libraries reach browsers joined, as the files of app/ (.ci/join_modules.mjs). The public host's pages take theirs
    one by one (scripted_pages.py).
    """
    return (
        path.parts[0] in ("src", "js")
        or (path.parts[0] == "vendor" and path.parts[1] not in _ASKED_FOR)
        or is_of_desk(path)
    )


def is_of_desk(path: Path) -> bool:
    """Whether a file below static/ is for the advocate's page alone, which no phone needs."""
    return path.parts[:2] in (("app", "desk"), ("css", "desk.css"))


def read_file(path: Path) -> StaticFile:
    """One file as it will be sent. The same bytes give the same tag and the same packed bytes anywhere."""
    raw = path.read_bytes()
    packed = gzip.compress(raw, 9, mtime=0) if path.suffix in _PACKED else raw
    helps = len(packed) < len(raw)
    return StaticFile(
        held=packed if helps else raw,
        is_packed=helps,
        media_type=_media_type(path).encode(),
        tag=f'"{hashlib.sha256(raw).hexdigest()[:32]}"'.encode(),
    )


def takes_gzip(accepted: bytes) -> bool:
    """Whether an Accept-Encoding header allows gzip (a weight of zero forbids it)."""
    for one in accepted.lower().split(b","):
        name, _, weight = one.partition(b";")
        if name.strip() == b"gzip":
            return weight.replace(b" ", b"").rstrip(b"0") not in (b"q=", b"q=0.")
    return False


def _media_type(path: Path) -> str:
    """The type by the file's name; text in UTF-8."""
    known = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return f"{known}; charset=utf-8" if known.startswith("text/") else known
