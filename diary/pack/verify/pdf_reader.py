"""What is asked of a pack's PDFs, which a stranger may have made: an isolated process reads each (pdf_worker.py), never this one.

What comes back is as little trusted as the PDFs: numbers, keys and JPEGs are taken from it, and no path.
"""

import json
import tempfile
from collections.abc import Set
from pathlib import Path
from typing import Final

from diary.pack.sandbox.isolated_call import answer_of

VOLUME: Final = "volume.pdf"
STILLS: Final = "stills.json"
HELD: Final = "held.pdf"
MADE: Final = "made.pdf"
MOST_PICTURES: Final = 10_000
_MODULE: Final = "diary.pack.verify.pdf_worker"
_KEY_BYTES: Final = 200


def jpeg_name(number: int) -> str:
    """Where a picture that was found lies; counted from 0."""
    return f"{number}.jpg"


def pictures_in(volume: bytes, stills: Set[str], *, is_unsandboxed: bool = False) -> dict[str, bytes]:
    """The JPEGs of a volume of 04 by item, taken from the pages its bookmarks lead to; a film's still under its own key.

    `stills`: items of which 04 shows only a still. Empty when the volume cannot be read. Raises Unavailable where this computer
    cannot isolate the process that reads it.
    """
    found: dict[str, bytes] = {}
    with tempfile.TemporaryDirectory(prefix="kept-volume-") as work:
        folder = Path(work)
        (folder / VOLUME).write_bytes(volume)
        (folder / STILLS).write_text(json.dumps(sorted(stills)), encoding="utf-8")
        keys = answer_of(_MODULE, folder, is_unsandboxed=is_unsandboxed)
        for number, key in enumerate(keys[:MOST_PICTURES] if isinstance(keys, list) else []):
            path = folder / jpeg_name(number)
            if isinstance(key, str) and _is_key(key) and path.is_file() and not path.is_symlink():
                found[key] = path.read_bytes()
    return found


def differing_page(held: bytes, made: bytes, *, is_unsandboxed: bool = False) -> int | None:
    """The first page, counted from 1, on which two documents differ; None when no page does, or it cannot be told.

    Raises Unavailable where this computer cannot isolate the process that reads them.
    """
    with tempfile.TemporaryDirectory(prefix="kept-pages-") as work:
        (Path(work) / HELD).write_bytes(held)
        (Path(work) / MADE).write_bytes(made)
        page = answer_of(_MODULE, Path(work), is_unsandboxed=is_unsandboxed)
    return page if isinstance(page, int) and page > 0 else None


def _is_key(key: str) -> bool:
    """Whether it can name a file."""
    return key.isprintable() and 0 < len(key.encode()) <= _KEY_BYTES
