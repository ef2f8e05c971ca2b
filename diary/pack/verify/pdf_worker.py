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
from diary.pack.sandbox.supervisor import Job, Spool, supervise
from diary.pack.verify.pdf_reader import HELD, MADE, MOST_PICTURES, STILLS, VOLUME, jpeg_name

_DEPTH: Final = 8


def main() -> int:
    """Answer the question that the folder holds. The exit code is 1 when it could not be done."""
    folder, *flags = sys.argv[1:]
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    return supervise(
        Job(
            folder=Path(folder),
            work=partial(_read, Path(folder)),
            lay_out=lambda *_: None,
            refused=lambda _: 1,
            is_walled="--walled" in flags,
            is_unsandboxed="--unsandboxed" in flags,
        )
    )


def _read(folder: Path, _spool: Spool) -> int:
    """Runs isolated."""
    answer = _pictures(folder) if (folder / VOLUME).exists() else _page(folder / HELD, folder / MADE)
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()
    return 0


def _pictures(folder: Path) -> list[str]:
    """The key of every picture, written as 0.jpg and so on. None at all where the volume cannot be read to its end."""
    stills = set(json.loads((folder / STILLS).read_text(encoding="utf-8")))
    try:
        found = list(_pictures_of(folder / VOLUME, stills))[:MOST_PICTURES]
    except Exception:  # noqa: BLE001 - a forged PDF can make the reader fail in any way; the document then differs
        return []
    for number, (_, jpeg) in enumerate(found):
        (folder / jpeg_name(number)).write_bytes(jpeg)
    return [key for key, _ in found]


def _pictures_of(path: Path, stills: Set[str]) -> Iterator[tuple[str, bytes]]:
    """Those of one volume."""
    reader = pypdf.PdfReader(path)
    for entry in reader.outline:
        if isinstance(entry, list):
            continue
        item = str(entry.title).partition(",")[0]
        number = reader.get_destination_page_number(entry)
        jpeg = _jpeg(reader.pages[number], 0) if number is not None else None
        if jpeg is not None:
            yield (poster_key(item) if item in stills else item), jpeg


def _jpeg(holder: Any, depth: int) -> bytes | None:
    """The first JPEG among the pictures of a page, or inside a drawing on it."""
    resources = holder.get("/Resources")
    things = resources.get_object().get("/XObject") if resources is not None else None
    for one in (things.get_object() if things is not None else {}).values():
        thing = one.get_object()
        if thing.get("/Filter") == "/DCTDecode":
            # The bytes as they stand: what a reader's decoder makes of them would be another picture.
            return bytes(thing._data)
        if thing.get("/Subtype") == "/Form" and depth < _DEPTH:
            inner = _jpeg(thing, depth + 1)
            if inner is not None:
                return inner
    return None


def _page(held: Path, made: Path) -> int | None:
    """The first page that differs, counted from 1; None when no page does, or it cannot be read."""
    try:
        ours, theirs = pypdf.PdfReader(made).pages, pypdf.PdfReader(held).pages
        for index in range(max(len(ours), len(theirs))):
            if index >= min(len(ours), len(theirs)) or _drawn(ours[index]) != _drawn(theirs[index]):
                return index + 1
    except Exception:  # noqa: BLE001 - a forged PDF can make the reader fail in any way, and each means the same
        return None
    return None


def _drawn(page: Any) -> bytes:
    """What a page draws."""
    contents = page.get_contents()
    return contents.get_data() if contents is not None else b""


if __name__ == "__main__":
    raise SystemExit(main())
