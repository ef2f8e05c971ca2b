"""Files with which a browser lays out the pages of a pack, or reads the words in a picture.

There are 90 MB of them, most of them fonts that few packs need.

Set-up writes static/engine/ (.ci/engine.py), with a list of the digests. The release names every file with its digest,
so a phone refuses other bytes, and the server need not read them when it starts. They stay on disk until somebody asks.
"""

import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ENGINE_PREFIX: Final = "engine/"
_PIECE_BYTES: Final = 1 << 16
_FONTS_PREFIX: Final = "fonts/"
_MEDIA_TYPES: Final = {
    ".json": b"application/json",
    ".mjs": b"text/javascript; charset=utf-8",
    ".wasm": b"application/wasm",
    ".traineddata": b"application/octet-stream",
    ".ttf": b"font/ttf",
    ".zip": b"application/zip",
}


@dataclass(frozen=True, slots=True)
class EngineFile:
    """One file. `stored_path`: where it is on disk, as gzip if `is_gzipped`; `digest`: SHA-256 of its bytes in hex."""

    stored_path: Path
    is_gzipped: bool
    media_type: bytes
    digest: str

    def read_plain(self) -> bytes:
        """Return the uncompressed bytes. Raise OSError."""
        stored = self.stored_path.read_bytes()
        return gzip.decompress(stored) if self.is_gzipped else stored

    def stream(self, *, as_stored: bool) -> Iterator[bytes]:
        """Yield the bytes in small pieces, compressed as on disk or not: slow readers hold no file in memory.

        Raise OSError.
        """
        with self.stored_path.open("rb") if as_stored or not self.is_gzipped else gzip.open(self.stored_path) as file:
            while piece := file.read(_PIECE_BYTES):
                yield piece


def engine_digests(static_folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each file in hex by path below static/; empty in a folder without the engine."""
    path = static_folder / ENGINE_PREFIX / "digests.json"
    if not path.exists():
        return {}
    digests: dict[str, str] = json.loads(path.read_text(encoding="ascii"))
    return {ENGINE_PREFIX + name: digest for name, digest in digests.items()}


def find_engine_files(static_folder: Path, font_folder: Path) -> Mapping[str, EngineFile]:
    """Return the files by path below static/."""
    return {
        path: _find_file(path, digest, static_folder, font_folder)
        for path, digest in engine_digests(static_folder).items()
    }


def _find_file(path: str, digest: str, static_folder: Path, font_folder: Path) -> EngineFile:
    name = path.removeprefix(ENGINE_PREFIX)
    plain_path = (
        font_folder / name.removeprefix(_FONTS_PREFIX) if name.startswith(_FONTS_PREFIX) else static_folder / path
    )
    gzipped_path = plain_path.with_name(f"{plain_path.name}.gz")
    is_gzipped = gzipped_path.exists()
    return EngineFile(gzipped_path if is_gzipped else plain_path, is_gzipped, _MEDIA_TYPES[plain_path.suffix], digest)
