"""Reading a PDF that a stranger may have made: `python -I -m diary.pack.verify.pdf_worker FOLDER`, isolated as the pack
worker is.

The folder holds what it takes to answer one of two questions: which pictures stand in a volume of 04 (the answer is their keys,
in the order in which they are written beside it), or on which page two documents differ.
"""

import json
import logging
import sys
from collections.abc import Iterator, Set
from functools import partial
from pathlib import Path
from typing import Any, Final

import pypdf

from diary.pack.documents.exhibits import poster_key
from diary.pack.sandbox.supervisor import IsolatedJob, LayoutClient, supervise
from diary.pack.verify.pdf_reader import (
    PACK_DOCUMENT_FILENAME,
    PICTURES_LIMIT,
    REBUILT_DOCUMENT_FILENAME,
    STILLS_FILENAME,
    VOLUME_FILENAME,
    jpeg_name,
)

_DEPTH_LIMIT: Final = 8


def main() -> int:
    """Answer the question that the folder holds. The exit code is 1 when it could not be done."""
    folder, *flags = sys.argv[1:]
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    return supervise(
        IsolatedJob(
            folder=Path(folder),
            run_work=partial(_answer_question, Path(folder)),
            lay_out=lambda *_: None,
            on_unavailable=lambda _: 1,
            in_bubblewrap="--walled" in flags,
            is_unsandboxed="--unsandboxed" in flags,
        )
    )


def _answer_question(folder: Path, _spool: LayoutClient) -> int:
    """Runs isolated."""
    answer = (
        _extract_pictures(folder)
        if (folder / VOLUME_FILENAME).exists()
        else _first_differing_page(folder / PACK_DOCUMENT_FILENAME, folder / REBUILT_DOCUMENT_FILENAME)
    )
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()
    return 0


def _extract_pictures(folder: Path) -> list[str]:
    """The key of every picture, written as 0.jpg and so on. None at all where the volume cannot be read to its end."""
    stills = set(json.loads((folder / STILLS_FILENAME).read_text(encoding="utf-8")))
    try:
        pictures = list(_volume_pictures(folder / VOLUME_FILENAME, stills))[:PICTURES_LIMIT]
    except Exception:  # noqa: BLE001 - a forged PDF can make the reader fail in any way; the document then differs
        return []
    for number, (_, jpeg) in enumerate(pictures):
        (folder / jpeg_name(number)).write_bytes(jpeg)
    return [key for key, _ in pictures]


def _volume_pictures(path: Path, stills: Set[str]) -> Iterator[tuple[str, bytes]]:
    """Those of one volume."""
    reader = pypdf.PdfReader(path)
    for entry in reader.outline:
        if isinstance(entry, list):
            continue
        item = str(entry.title).partition(",")[0]
        number = reader.get_destination_page_number(entry)
        jpeg = _first_jpeg(reader.pages[number], 0) if number is not None else None
        if jpeg is not None:
            yield (poster_key(item) if item in stills else item), jpeg


def _first_jpeg(holder: Any, depth: int) -> bytes | None:
    """The first JPEG among the pictures of a page, or inside a drawing on it."""
    resources = holder.get("/Resources")
    xobjects = resources.get_object().get("/XObject") if resources is not None else None
    for reference in (xobjects.get_object() if xobjects is not None else {}).values():
        xobject = reference.get_object()
        if xobject.get("/Filter") == "/DCTDecode":
            # The bytes as they stand: what a reader's decoder makes of them would be another picture.
            return bytes(xobject._data)
        if xobject.get("/Subtype") == "/Form" and depth < _DEPTH_LIMIT:
            inner = _first_jpeg(xobject, depth + 1)
            if inner is not None:
                return inner
    return None


def _first_differing_page(pack_document: Path, rebuilt_document: Path) -> int | None:
    """The first page that differs, counted from 1; None when no page does, or it cannot be read."""
    try:
        rebuilt_pages, pack_pages = pypdf.PdfReader(rebuilt_document).pages, pypdf.PdfReader(pack_document).pages
        for index in range(max(len(rebuilt_pages), len(pack_pages))):
            if index >= min(len(rebuilt_pages), len(pack_pages)) or _page_content(
                rebuilt_pages[index]
            ) != _page_content(pack_pages[index]):
                return index + 1
    except Exception:  # noqa: BLE001 - a forged PDF can make the reader fail in any way, and each means the same
        return None
    return None


def _page_content(page: Any) -> bytes:
    """What a page draws."""
    contents = page.get_contents()
    return contents.get_data() if contents is not None else b""


if __name__ == "__main__":
    raise SystemExit(main())
