"""Questions about a pack's PDFs, which may be forged: an isolated process (pdf_worker.py) reads them, never this one.

Its output is as untrusted as the PDFs: numbers, keys and JPEGs are used, but no paths.
"""

import json
import tempfile
from collections.abc import Set
from pathlib import Path
from typing import Final

from diary.pack.sandbox.isolated_call import call_isolated

VOLUME_FILENAME: Final = "volume.pdf"
STILLS_FILENAME: Final = "stills.json"
PACK_DOCUMENT_FILENAME: Final = "held.pdf"
REBUILT_DOCUMENT_FILENAME: Final = "made.pdf"
OTHER_ENGINE_FILENAME: Final = "other-engine"
SAME_PAGES: Final = 0
PICTURES_LIMIT: Final = 10_000
_WORKER_MODULE: Final = "diary.pack.verify.pdf_worker"
_KEY_LIMIT_BYTES: Final = 200


def jpeg_name(number: int) -> str:
    """Return the file name of an extracted picture; counted from 0."""
    return f"{number}.jpg"


def read_pictures(volume: bytes, stills: Set[str], *, is_unsandboxed: bool = False) -> dict[str, bytes]:
    """Return the JPEGs of a volume of 04 by item, from the pages of its bookmarks; stills have keys of their own.

    `stills`: items of which 04 shows only a still. The result is empty if the volume cannot be read. Raise Unavailable
    if this computer cannot isolate the process.
    """
    pictures: dict[str, bytes] = {}
    with tempfile.TemporaryDirectory(prefix="kept-volume-") as work_folder:
        folder = Path(work_folder)
        (folder / VOLUME_FILENAME).write_bytes(volume)
        (folder / STILLS_FILENAME).write_text(json.dumps(sorted(stills)), encoding="utf-8")
        keys = call_isolated(_WORKER_MODULE, folder, is_unsandboxed=is_unsandboxed)
        for number, key in enumerate(keys[:PICTURES_LIMIT] if isinstance(keys, list) else []):
            path = folder / jpeg_name(number)
            if isinstance(key, str) and _is_picture_key(key) and path.is_file() and not path.is_symlink():
                pictures[key] = path.read_bytes()
    return pictures


def first_differing_page(
    pack_document: bytes, rebuilt_document: bytes, *, is_other_engine: bool = False, is_unsandboxed: bool = False
) -> int | None:
    """Return the first page, counted from 1, on which two documents differ; None if no page does or one is unreadable.

    `is_other_engine`: compare what each page draws and its words, and return SAME_PAGES where all are the same. Raise
    Unavailable if this computer cannot isolate the process.
    """
    with tempfile.TemporaryDirectory(prefix="kept-pages-") as work:
        (Path(work) / PACK_DOCUMENT_FILENAME).write_bytes(pack_document)
        (Path(work) / REBUILT_DOCUMENT_FILENAME).write_bytes(rebuilt_document)
        if is_other_engine:
            (Path(work) / OTHER_ENGINE_FILENAME).touch()
        page = call_isolated(_WORKER_MODULE, Path(work), is_unsandboxed=is_unsandboxed)
    return page if isinstance(page, int) and page >= (SAME_PAGES if is_other_engine else 1) else None


def _is_picture_key(key: str) -> bool:
    """Return whether a key has a plausible form and length."""
    return key.isprintable() and 0 < len(key.encode()) <= _KEY_LIMIT_BYTES
