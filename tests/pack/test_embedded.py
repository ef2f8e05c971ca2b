"""PDFs made by hand in place of 01: what our renderer would write is read, and everything cleverer is refused by both judges."""

from __future__ import annotations

import time
import zlib
from pathlib import Path

from diary.pack.verify.embedded_files import FILE_MOST, embedded_files
from tests.pack.conftest import BuiltPack
from tests.pack.judging import Cases, compare

PAGE = "data/servable/01_chronology.pdf"
WORDS = b"He waited."
SPEC = "<< /Type /Filespec /F (a.txt) /EF << /F 4 0 R >> >>"


def pdf(*objects: str | bytes, root: str = "1 0 R", end: str = "") -> bytes:
    """A PDF of these objects, numbered from 1, with a table of places."""
    made, places = b"%PDF-1.7\n", []
    for number, one in enumerate(objects, 1):
        places.append(len(made))
        made += f"{number} 0 obj\n".encode() + (one.encode() if isinstance(one, str) else one) + b"\nendobj\n"
    rows = "".join(f"{at:010} 00000 n\r\n" for at in places)
    table = (
        f"xref\n0 {len(places) + 1}\n0000000000 65535 f\r\n{rows}trailer\n<< /Size {len(places) + 1} /Root {root} >>\n"
    )
    return made + (table + f"startxref\n{len(made)}\n%%EOF{end}").encode()


def stream(content: bytes, more: str = "", length: str | None = None) -> bytes:
    """A stream object."""
    return f"<< /Length {length or len(content)} {more} >>\nstream\n".encode() + content + b"\nendstream"


def tree(names: str, *more: str | bytes, file: bytes | None = None) -> bytes:
    """A PDF whose tree of names is this; object 4 is a file."""
    catalog = "<< /Type /Catalog /Names << /EmbeddedFiles 2 0 R >> >>"
    return pdf(catalog, names, SPEC, stream(WORDS) if file is None else file, *more)


GOOD = {
    "plain": tree("<< /Names [(a.txt) 3 0 R] >>"),
    "deflated": tree("<< /Names [(a.txt) 3 0 R] >>", file=stream(zlib.compress(WORDS), "/Filter /FlateDecode")),
    "branches": tree("<< /Kids [5 0 R] >>", "<< /Names [(a.txt) 3 0 R] >>"),
    "a length elsewhere": tree("<< /Names [(a.txt) 3 0 R] >>", "10", file=stream(WORDS, length="5 0 R")),
}
BAD = {
    "a tree that leads back into itself": tree("<< /Kids [2 0 R 2 0 R 2 0 R] >>"),
    "two files of one name": tree("<< /Names [(a.txt) 3 0 R (a.txt) 3 0 R] >>"),
    "a name without a file": tree("<< /Names [(a.txt)] >>"),
    "names that are no list": tree("<< /Names (ab) >>"),
    "branches that are no list": tree("<< /Kids << >> >>"),
    "a name that is not plain": tree("<< /Names [(\x07.txt) 3 0 R] >>"),
    "a name that is none": tree("<< /Names [7 3 0 R] >>"),
    "a reference to itself": tree("2 0 R"),
    "nothing there": tree("<< /Names [(a.txt) 9 0 R] >>"),
    "another filter": tree("<< /Names [(a.txt) 3 0 R] >>", file=stream(WORDS, "/Filter /ASCIIHexDecode")),
    "bytes after what was deflated": tree(
        "<< /Names [(a.txt) 3 0 R] >>", file=stream(zlib.compress(WORDS) + b"more", "/Filter /FlateDecode")
    ),
    "deflated in part": tree(
        "<< /Names [(a.txt) 3 0 R] >>", file=stream(zlib.compress(WORDS)[:-5], "/Filter /FlateDecode")
    ),
    "a bomb": tree(
        "<< /Names [(a.txt) 3 0 R] >>", file=stream(zlib.compress(bytes(FILE_MOST + 1)), "/Filter /FlateDecode")
    ),
    "a length that is too long": tree("<< /Names [(a.txt) 3 0 R] >>", file=stream(WORDS, length="99999")),
    "a length below nothing": tree("<< /Names [(a.txt) 3 0 R] >>", file=stream(WORDS, length="-1")),
    "half a length": tree("<< /Names [(a.txt) 3 0 R] >>", file=stream(WORDS, length="1.5")),
    "no stream": tree("<< /Names [(a.txt) 3 0 R] >>", file=b"<< >>"),
    "deep": tree("<< /Names " + "[" * 50 + "]" * 50 + " >>"),
    "no trailer": tree("<< /Names [(a.txt) 3 0 R] >>").replace(b"trailer", b"trailex"),
    "no end": tree("<< /Names [(a.txt) 3 0 R] >>").replace(b"%%EOF", b"%%EOX"),
    "bytes after the end": tree("<< /Names [(a.txt) 3 0 R] >>") + b"x",
    "no table": tree("<< /Names [(a.txt) 3 0 R] >>").replace(b"xref\n0", b"xreg\n0"),
    "no root": pdf("<< >>", root="7"),
    "empty": b"",
    "no PDF": b"\xff" * 300,
}


def test_what_our_renderer_would_write_is_read() -> None:
    """Names and bytes."""
    for name, raw in GOOD.items():
        assert embedded_files(raw) == {"a.txt": WORDS}, name
    assert embedded_files(pdf("<< /Type /Catalog >>")) == {}


def test_anything_cleverer_is_refused_and_quickly() -> None:
    """Each by itself; none takes long, whatever it leads to."""
    began = time.process_time()
    for name, raw in BAD.items():
        assert embedded_files(raw) is None, name
    assert time.process_time() - began < 5


def test_the_page_reads_and_refuses_the_same(small: BuiltPack, tmp_path: Path) -> None:
    """One that is read has the wrong files in it; one that is refused is unreadable."""
    cases = Cases(tmp_path, small.diary.notary.pub)
    for name, raw in (GOOD | BAD).items():
        cases.bent(name, small.path, lambda held, raw=raw: {**held, PAGE: raw})
    found = compare(cases)
    for name, codes in found.items():
        assert (("unreadable", PAGE) in codes) == (name in BAD), name
        assert (("narrative", f"{PAGE}#a.txt") in codes) == (name in GOOD), name
