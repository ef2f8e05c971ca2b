"""Worker that reads a PDF which may be forged, isolated like the pack worker.

`python -I -m diary.pack.verify.pdf_worker FOLDER` answers one of two questions, depending on the files in the folder:
which pictures a volume of 04 contains (it prints their keys, in the order of the files it writes next to it), or on
which page two documents differ.
"""

import json
import logging
import re
import sys
from collections.abc import Iterator, Set
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import pypdf

from diary.errors import BadRequest
from diary.pack.contents import page_key, poster_key
from diary.pack.sandbox.supervisor import IsolatedJob, LayoutClient, supervise
from diary.pack.verify.document_frame import has_same_frame, has_same_page_frame, page_box
from diary.pack.verify.drawn_page import PageReader, draws_the_same
from diary.pack.verify.pdf_reader import (
    OTHER_ENGINE_FILENAME,
    PACK_DOCUMENT_FILENAME,
    PICTURES_LIMIT,
    REBUILT_DOCUMENT_FILENAME,
    SAME_PAGES,
    STILLS_FILENAME,
    VOLUME_FILENAME,
    jpeg_name,
)
from diary.pack.verify.strict_pdf import check_document

_DEPTH_LIMIT: Final = 8
# A page has a picture or a few.
_LOOKS_LIMIT: Final = 100_000
# How much larger than the document laid out again a document may be, unpacked: the engines write a little more or less.
_SIZE_FACTOR, _SPARE_BYTES = 2, 1 << 18
# As both typesetters write it: the text of a cluster, then its glyphs.
_CLUSTER_PATTERN: Final = re.compile(rb"/Span\s*<<\s*/ActualText\s*<([0-9A-Fa-f]*)>\s*>>\s*BDC.*?EMC", re.DOTALL)
_MARK_FONT: Final = "KeptMark"
_MARK_PATTERN: Final = re.compile(r"<<([0-9]{1,6})>>")
_LATIN_PATTERN: Final = re.compile("[!-~\u00a1-\u024f\u2010-\u22ff]+")
_PAGE_PATTERN: Final = re.compile(r"page ([1-9][0-9]{0,3})")


def main() -> int:
    """Answer the question in the folder. Return the exit code, 1 on failure."""
    folder, *flags = sys.argv[1:]
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    return supervise(
        IsolatedJob(
            folder=Path(folder),
            run_work=partial(_answer_question, Path(folder)),
            lay_out=lambda *_: None,
            on_unavailable=lambda _: 1,
            in_bubblewrap="--in-bubblewrap" in flags,
            is_unsandboxed="--unsandboxed" in flags,
        )
    )


def _answer_question(folder: Path, _layout_client: LayoutClient) -> int:
    """Answer inside the isolated process."""
    answer = (
        _extract_pictures(folder)
        if (folder / VOLUME_FILENAME).exists()
        else _first_differing_page(
            folder / PACK_DOCUMENT_FILENAME,
            folder / REBUILT_DOCUMENT_FILENAME,
            is_other_engine=(folder / OTHER_ENGINE_FILENAME).exists(),
        )
    )
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()
    return 0


def _extract_pictures(folder: Path) -> list[str]:
    """Write every picture as 0.jpg and so on, and return their keys; none if the volume cannot be read to its end."""
    stills = set(json.loads((folder / STILLS_FILENAME).read_text(encoding="utf-8")))
    try:
        pictures = list(_volume_pictures(folder / VOLUME_FILENAME, stills))[:PICTURES_LIMIT]
    except Exception:  # noqa: BLE001 - a forged PDF can make the reader fail in any way; the document then differs
        return []
    for number, (_, jpeg) in enumerate(pictures):
        (folder / jpeg_name(number)).write_bytes(jpeg)
    return [key for key, _ in pictures]


def _volume_pictures(path: Path, stills: Set[str]) -> Iterator[tuple[str, bytes]]:
    """Yield key and JPEG of the pictures of one volume."""
    reader, search = pypdf.PdfReader(path), _JpegSearch()
    for level, title, entry in _bookmarks(reader.outline, 0):
        item, _, part = title.partition(", ")
        is_page = _PAGE_PATTERN.fullmatch(part)
        # Slices show the picture of the first, and letters have a bookmark for each page.
        if level == 0 or is_page:
            number = reader.get_destination_page_number(entry)
            jpeg = search.first_jpeg(reader.pages[number], 0) if number is not None else None
            if jpeg is not None:
                key = page_key(item, int(is_page[1])) if is_page else poster_key(item) if item in stills else item
                yield key, jpeg


def _bookmarks(outline: Any, level: int) -> Iterator[tuple[int, str, Any]]:
    """Yield every bookmark with its level, counted from 0, and its title."""
    for entry in outline:
        if not isinstance(entry, list):
            yield level, str(entry.title), entry
        elif level < _DEPTH_LIMIT:
            yield from _bookmarks(entry, level + 1)


@dataclass
class _JpegSearch:
    """A search on the pages of one volume. `remaining`: how many more pictures and forms are looked at."""

    remaining: int = _LOOKS_LIMIT

    def first_jpeg(self, holder: Any, depth: int) -> bytes | None:
        """Return the first JPEG among the pictures of a page, or in a form on it. Raise BadRequest after too many."""
        resources = holder.get("/Resources")
        xobjects = resources.get_object().get("/XObject") if resources is not None else None
        for reference in (xobjects.get_object() if xobjects is not None else {}).values():
            # Forms that contain the same forms would be looked at for days.
            self.remaining -= 1
            if self.remaining < 0:
                raise BadRequest("A volume has more pictures and forms than any of ours.")
            xobject = reference.get_object()
            if xobject.get("/Filter") == "/DCTDecode":
                # The stored bytes: decoding would give a different picture.
                return bytes(xobject._data)
            if xobject.get("/Subtype") == "/Form" and depth < _DEPTH_LIMIT:
                nested_jpeg = self.first_jpeg(xobject, depth + 1)
                if nested_jpeg is not None:
                    return nested_jpeg
        return None


def _first_differing_page(pack_document: Path, rebuilt_document: Path, *, is_other_engine: bool) -> int | None:
    """Return the first page that differs, counted from 1; None if no page does or one is unreadable.

    With `is_other_engine` compare what is drawn and the words, and return SAME_PAGES if they are the same on each page.
    """
    try:
        if is_other_engine:
            size = check_document(rebuilt_document.read_bytes(), None)
            check_document(pack_document.read_bytes(), _SIZE_FACTOR * size + _SPARE_BYTES)
        rebuilt = PageReader(pypdf.PdfReader(rebuilt_document))
        pack = PageReader(pypdf.PdfReader(pack_document), rebuilt)
        if is_other_engine and not has_same_frame(rebuilt, pack):
            return None
        rebuilt_count, pack_count = len(rebuilt.reader.pages), len(pack.reader.pages)
        for index in range(max(rebuilt_count, pack_count)):
            if index >= min(rebuilt_count, pack_count) or not (
                _is_same_page(rebuilt, pack, index)
                if is_other_engine
                else _page_content(rebuilt.reader.pages[index]) == _page_content(pack.reader.pages[index])
            ):
                return index + 1
    except Exception:  # noqa: BLE001 - a forged PDF can make the reader fail in any way, and each means the same
        return None
    return SAME_PAGES if is_other_engine else None


def _is_same_page(rebuilt: PageReader, pack: PageReader, index: int) -> bool:
    """Return whether two pages draw the same, and a program reads the same words in them."""
    pages = rebuilt.reader.pages[index], pack.reader.pages[index]
    # The marks of the document laid out again come first: they bound what is read of the other. Reading the words changes
    # the page in memory.
    marks = list(rebuilt.marks(pages[0]))
    return (
        has_same_page_frame(rebuilt, pack, index)
        and draws_the_same(marks, pack.marks(pages[1]), page_box(pages[0]))
        and page_words(pages[0]) == page_words(pages[1])
    )


def page_words(page: Any) -> str:
    """Return the words of a page in Latin letters, with digits and signs, and without spaces.

    Typesetters of different releases differ in how they say what the glyphs of other scripts stand for, and where a reader
    sees a space depends on distances between letters. A cluster that says what it stands for (ActualText) is read so.
    """
    contents = page.get_contents()
    if contents is None:
        return ""
    clusters: list[str] = []

    def mark(match: re.Match[bytes]) -> bytes:
        clusters.append(bytes.fromhex(match[1].decode("ascii")).decode("utf-16", "replace"))
        return b"/%s 10 Tf (%s) Tj\n" % (_MARK_FONT.encode(), _mark(len(clusters) - 1).encode())

    stream = pypdf.generic.DecodedStreamObject()
    stream.set_data(_CLUSTER_PATTERN.sub(mark, contents.get_data()))
    page[pypdf.generic.NameObject("/Contents")] = stream
    fonts = (
        page["/Resources"].get_object().setdefault(pypdf.generic.NameObject("/Font"), pypdf.generic.DictionaryObject())
    )
    fonts.get_object()[pypdf.generic.NameObject(f"/{_MARK_FONT}")] = pypdf.generic.DictionaryObject(
        {
            pypdf.generic.NameObject("/Type"): pypdf.generic.NameObject("/Font"),
            pypdf.generic.NameObject("/Subtype"): pypdf.generic.NameObject("/Type1"),
            pypdf.generic.NameObject("/BaseFont"): pypdf.generic.NameObject("/Helvetica"),
        }
    )
    words = _MARK_PATTERN.sub(lambda match: clusters[int(match[1])], page.extract_text())
    return "".join(_LATIN_PATTERN.findall(words))


def _mark(number: int) -> str:
    """Return the placeholder that replaces a cluster while the text of the page is extracted."""
    return f"<<{number}>>"


def _page_content(page: Any) -> bytes:
    """Return the content stream of a page."""
    contents = page.get_contents()
    return contents.get_data() if contents is not None else b""


if __name__ == "__main__":
    raise SystemExit(main())
