"""PDFs made by hand in place of 01: both verifiers read what our renderer could write and refuse everything else."""

from __future__ import annotations

import re
import time
import zlib
from pathlib import Path

from diary.pack.verify.embedded_files import DEPTH_LIMIT, EMBEDDED_FILE_LIMIT_BYTES, embedded_files
from tests.pack.conftest import BuiltPack
from tests.pack.pack_members import with_member
from tests.pack.verifier_comparison import PackCases, compare_verifiers

CHRONOLOGY_PATH = "data/servable/01_chronology.pdf"
NARRATIVE_BYTES = b"He waited."
FILE_SPEC = "<< /Type /Filespec /F (a.txt) /UF (a.txt) /EF << /F 4 0 R /UF 4 0 R >> >>"
ONE_NAME = "<< /Names [(a.txt) 3 0 R] >>"


def make_pdf(*objects: str | bytes, root: str = "1 0 R", trailer: str = "") -> bytes:
    """Return a PDF of these objects, numbered from 1, with a cross-reference table."""
    content, offsets = b"%PDF-1.7\n", []
    for number, pdf_object in enumerate(objects, 1):
        offsets.append(len(content))
        content += (
            f"{number} 0 obj\n".encode()
            + (pdf_object.encode() if isinstance(pdf_object, str) else pdf_object)
            + b"\nendobj\n"
        )
    rows = "".join(f"{at:010} 00000 n\r\n" for at in offsets)
    table = f"xref\n0 {len(offsets) + 1}\n0000000000 65535 f\r\n{rows}trailer\n<< /Size {len(offsets) + 1} /Root {root} >>\n"
    return content + (table + f"startxref\n{len(content)}\n%%EOF{trailer}").encode()


def stream_object(content: bytes, extra_entries: str = "", length: str | None = None) -> bytes:
    """Return a stream object."""
    return f"<< /Length {length or len(content)} {extra_entries} >>\nstream\n".encode() + content + b"\nendstream"


def pdf_with_name_tree(names: str, *extra_entries: str | bytes, file: bytes | None = None) -> bytes:
    """Return a PDF with this name tree, whose object 4 is a file."""
    catalog = "<< /Type /Catalog /Names << /EmbeddedFiles 2 0 R >> >>"
    return make_pdf(catalog, names, FILE_SPEC, stream_object(NARRATIVE_BYTES) if file is None else file, *extra_entries)


def pdf_with_a_long_object(count: int) -> bytes:
    """Return a PDF with `count` names of one file, each with a reference to an object of 300 kB."""
    spaces = " " * 60_000
    long_object = spaces.join(("<<", "/F", "4 0 R", "/UF", "4 0 R", ">>"))
    names, specs = _many_names(count, "5 0 R", first=6)
    return pdf_with_name_tree(names, long_object, *specs)


def _many_names(count: int, streams: str, *, first: int) -> tuple[str, list[str]]:
    """Return a name tree of `count` names, and their file specifications, which are numbered from `first`."""
    names = [f"entry-{number}.txt" for number in range(count)]
    tree = " ".join(f"({name}) {first + number} 0 R" for number, name in enumerate(names))
    return f"<< /Names [{tree}] >>", [f"<< /F ({name}) /EF {streams} >>" for name in names]


def pdf_with_a_file_of_many_names(count: int) -> bytes:
    """Return a PDF with `count` names of one file of almost the largest size, packed tightly."""
    names, specs = _many_names(count, "<< /F 4 0 R >>", first=5)
    file = stream_object(zlib.compress(bytes(EMBEDDED_FILE_LIMIT_BYTES)), "/Filter /FlateDecode")
    return pdf_with_name_tree(names, *specs, file=file)


def pdf_with_spec(spec: str, *extra_objects: str | bytes) -> bytes:
    """Return a PDF with this file specification; the streams of two files are objects 4 and 5."""
    catalog = "<< /Type /Catalog /Names << /EmbeddedFiles 2 0 R >> >>"
    return make_pdf(catalog, ONE_NAME, spec, stream_object(NARRATIVE_BYTES), stream_object(b"A lie."), *extra_objects)


def with_line_before(raw: bytes, word: bytes, line: bytes) -> bytes:
    """Return a PDF with a line before the last place of a word."""
    position = raw.rindex(word)
    return raw[:position] + line + b"\n" + raw[position:]


def with_first_object(content: str) -> bytes:
    """Return a PDF whose first object is one more, which nothing refers to."""
    raw = pdf_with_name_tree(ONE_NAME, content)
    start, table = raw.index(b"5 0 obj"), raw.index(b"xref\n0")
    moved = raw[start:table]
    body = raw[:9] + moved + raw[9:start]

    def move(row: re.Match[bytes]) -> bytes:
        offset = int(row[1])
        return b"%010d 00000 n" % (9 if offset == start else offset + len(moved))

    return body + re.sub(rb"(\d{10}) 00000 n", move, raw[table:])


def with_bytes_before_table(added: bytes) -> bytes:
    """Return a PDF with bytes between its last object and its table."""
    raw = pdf_with_name_tree(ONE_NAME)
    table = raw.index(b"xref\n0")
    end = raw[table:].replace(f"startxref\n{table}\n".encode(), f"startxref\n{table + len(added)}\n".encode())
    return raw[:table] + added + end


# Somebody may send such words, and a pack with them is sound.
WORDS_OF_A_PDF = b"5 0 obj << /Type /XRef >> endobj trailer << /Root 3 0 R >> 7 0 obj /ObjStm"
READABLE_PDFS = {
    "an account that names parts of a PDF": pdf_with_name_tree(ONE_NAME, file=stream_object(WORDS_OF_A_PDF)),
    "numbers before the table": with_bytes_before_table(b"1 0 " * 1_000_000),
    "words of a trailer": with_bytes_before_table(b"% He towed a trailer to 1 Obj Road, 50 % full.\n"),
    "a space before the table": with_bytes_before_table(b"\n"),
    "an object before the catalog": with_first_object("<< >>"),
    "plain": pdf_with_name_tree(ONE_NAME),
    "deflated": pdf_with_name_tree(
        ONE_NAME, file=stream_object(zlib.compress(NARRATIVE_BYTES), "/Filter /FlateDecode")
    ),
    "branches": pdf_with_name_tree("<< /Kids [5 0 R] >>", ONE_NAME),
    "as many references as are followed": pdf_with_name_tree(
        "5 0 R", *(f"{number} 0 R" for number in range(6, 5 + DEPTH_LIMIT)), ONE_NAME
    ),
    "a length elsewhere": pdf_with_name_tree(ONE_NAME, "10", file=stream_object(NARRATIVE_BYTES, length="5 0 R")),
}
REFUSED_PDFS = {
    "a tree that leads back into itself": pdf_with_name_tree("<< /Kids [2 0 R 2 0 R 2 0 R] >>"),
    "two files of one name": pdf_with_name_tree("<< /Names [(a.txt) 3 0 R (a.txt) 3 0 R] >>"),
    "a name without a file": pdf_with_name_tree("<< /Names [(a.txt)] >>"),
    "names that are no list": pdf_with_name_tree("<< /Names (ab) >>"),
    "branches that are no list": pdf_with_name_tree("<< /Kids << >> >>"),
    "a name that is not plain": pdf_with_name_tree("<< /Names [(\x07.txt) 3 0 R] >>"),
    "a name that is none": pdf_with_name_tree("<< /Names [7 3 0 R] >>"),
    "a reference to itself": pdf_with_name_tree("2 0 R"),
    "one reference more than are followed": pdf_with_name_tree(
        "5 0 R", *(f"{number} 0 R" for number in range(6, 6 + DEPTH_LIMIT)), ONE_NAME
    ),
    "nothing there": pdf_with_name_tree("<< /Names [(a.txt) 9 0 R] >>"),
    "another filter": pdf_with_name_tree(ONE_NAME, file=stream_object(NARRATIVE_BYTES, "/Filter /ASCIIHexDecode")),
    "bytes after what was deflated": pdf_with_name_tree(
        ONE_NAME,
        file=stream_object(zlib.compress(NARRATIVE_BYTES) + b"more", "/Filter /FlateDecode"),
    ),
    "deflated in part": pdf_with_name_tree(
        ONE_NAME, file=stream_object(zlib.compress(NARRATIVE_BYTES)[:-5], "/Filter /FlateDecode")
    ),
    "a bomb": pdf_with_name_tree(
        ONE_NAME,
        file=stream_object(zlib.compress(bytes(EMBEDDED_FILE_LIMIT_BYTES + 1)), "/Filter /FlateDecode"),
    ),
    "a length that is too long": pdf_with_name_tree(ONE_NAME, file=stream_object(NARRATIVE_BYTES, length="99999")),
    "a length below nothing": pdf_with_name_tree(ONE_NAME, file=stream_object(NARRATIVE_BYTES, length="-1")),
    "half a length": pdf_with_name_tree(ONE_NAME, file=stream_object(NARRATIVE_BYTES, length="1.5")),
    "no stream": pdf_with_name_tree(ONE_NAME, file=b"<< >>"),
    "deep": pdf_with_name_tree("<< /Names " + "[" * 50 + "]" * 50 + " >>"),
    "a name longer than any of ours": pdf_with_name_tree(f"<< /Kids [] /{'x' * 100_000} 1 >>"),
    "a text longer than any of ours": pdf_with_name_tree(f"<< /Kids [] /x ({'x' * 100_000}) >>"),
    "spaces without end": pdf_with_name_tree("<< /Names [(a.txt) 3 0 R] " + " " * 10_000_000 + ">>"),
    "comments without end": pdf_with_name_tree("<< /Names [(a.txt) 3 0 R] " + "%\n" * 1_000_000 + ">>"),
    "no trailer": pdf_with_name_tree(ONE_NAME).replace(b"trailer", b"trailex"),
    "no end": pdf_with_name_tree(ONE_NAME).replace(b"%%EOF", b"%%EOX"),
    "bytes after the end": pdf_with_name_tree(ONE_NAME) + b"x",
    "no table": pdf_with_name_tree(ONE_NAME).replace(b"xref\n0", b"xreg\n0"),
    "no root": make_pdf("<< >>", root="7"),
    "empty": b"",
    "no PDF": b"\xff" * 300,
    # Other readers would open other bytes, or bytes under another name.
    "a trailer in a comment": with_line_before(pdf_with_name_tree(ONE_NAME), b"trailer", b"%trailer << /Root 1 0 R >>"),
    "a comment before the trailer": with_line_before(pdf_with_name_tree(ONE_NAME), b"trailer", b"% a comment"),
    "two trailers": with_line_before(pdf_with_name_tree(ONE_NAME), b"startxref", b"trailer << /Root 3 0 R >>"),
    "a table before this one": pdf_with_name_tree(ONE_NAME).replace(b"/Root", b"/Prev 9 /Root"),
    "a stream of references": pdf_with_name_tree(ONE_NAME).replace(b"/Root", b"/XRefStm 9 /Root"),
    "an encrypted PDF": pdf_with_name_tree(ONE_NAME).replace(b"/Root", b"/Encrypt 3 0 R /Root"),
    "two roots": pdf_with_name_tree(ONE_NAME).replace(b"/Root", b"/Root 3 0 R /Root"),
    "a root in other letters": pdf_with_name_tree(ONE_NAME).replace(b"/Root", b"/#52oot 3 0 R /Root"),
    "bytes before the header": b"x" + pdf_with_name_tree(ONE_NAME),
    "an object of another generation": pdf_with_name_tree(ONE_NAME).replace(b"(a.txt) 3 0 R", b"(a.txt) 3 1 R"),
    "a row of another generation": pdf_with_name_tree(ONE_NAME).replace(b" 00000 n", b" 00001 n"),
    "two streams of one file": pdf_with_spec("<< /F (a.txt) /UF (a.txt) /EF << /F 4 0 R /UF 5 0 R >> >>"),
    "a third stream": pdf_with_spec("<< /F (a.txt) /UF (a.txt) /EF << /F 4 0 R /Unix 5 0 R >> >>"),
    "only another stream": pdf_with_spec("<< /F (a.txt) /EF << /UF 4 0 R >> >>"),
    "another name shown": pdf_with_spec("<< /F (a.txt) /UF (b.txt) /EF << /F 4 0 R >> >>"),
    "no name shown": pdf_with_spec("<< /EF << /F 4 0 R >> >>"),
    "two dictionaries of streams": pdf_with_spec("<< /F (a.txt) /EF << /F 4 0 R >> /EF << /F 5 0 R >> >>"),
    "parameters of a filter": pdf_with_name_tree(
        ONE_NAME,
        file=stream_object(zlib.compress(NARRATIVE_BYTES), "/Filter /FlateDecode /DecodeParms << /Predictor 12 >>"),
    ),
    "a length that ends before the stream": pdf_with_name_tree(
        ONE_NAME, file=stream_object(NARRATIVE_BYTES + b" I made this up.", length=str(len(NARRATIVE_BYTES)))
    ),
    "a row with another end": pdf_with_name_tree(ONE_NAME).replace(b" n\r\n", b" nxx", 1),
    "a size below the objects": pdf_with_name_tree(ONE_NAME).replace(b"/Size 5", b"/Size 4"),
    "no size": pdf_with_name_tree(ONE_NAME).replace(b"/Size 5", b""),
    "a table behind the first object": with_first_object("<< /Linearized 1 /L 900 /N 1 >>"),
    "something before the first object": with_first_object("<< >>").replace(b"5 0 obj", b"5 0 obx"),
    "an object that is not listed": with_bytes_before_table(b"1 0 obj\n<< >>\nendobj\n"),
    "an object in a comment": with_bytes_before_table(b"% \r1\x0b\xa0  0\t obj\n"),
    "a second trailer": with_bytes_before_table(b"%\ntrailer %x\n<< /Root 3 0 R >>\n"),
    "another table": pdf_with_name_tree(ONE_NAME, stream_object(b"", "/Type /XRef")),
    "objects in a stream": pdf_with_name_tree(ONE_NAME, stream_object(b"", "/Type /ObjStm")),
    "a row without an object": pdf_with_name_tree(ONE_NAME, "<< >>").replace(b"5 0 obj", b"5 1 obj"),
    "objects without end": with_bytes_before_table(b"1 0 obj" * 1_000_000),
    "trailers without end": with_bytes_before_table(b"trailer<<" * 1_000_000),
    "a file elsewhere": pdf_with_name_tree(ONE_NAME, file=stream_object(NARRATIVE_BYTES, "/F (other.txt)")),
}


def test_pdfs_like_our_renderers_are_read() -> None:
    """The embedded files' names and bytes are read."""
    for name, raw in READABLE_PDFS.items():
        assert embedded_files(raw) in ({"a.txt": NARRATIVE_BYTES}, {"a.txt": WORDS_OF_A_PDF}), name
    assert embedded_files(make_pdf("<< /Type /Catalog >>")) == {}


def test_unusual_pdfs_are_refused_quickly() -> None:
    """Each unusual PDF is refused, and none takes long, whatever it refers to."""
    started_at = time.process_time()
    for name, raw in REFUSED_PDFS.items():
        assert embedded_files(raw) is None, name
    assert time.process_time() - started_at < 5


def test_the_verify_page_reads_and_refuses_the_same_pdfs(small_pack: BuiltPack, tmp_path: Path) -> None:
    """A PDF that is read has the wrong files in it. A refused PDF is reported as unreadable."""
    cases = PackCases(tmp_path, small_pack.diary.notary.pub)
    for name, raw in (READABLE_PDFS | REFUSED_PDFS).items():
        cases.add_changed(name, small_pack.path, with_member(CHRONOLOGY_PATH, raw))
    findings = compare_verifiers(cases)
    for name, codes in findings.items():
        assert (("unreadable", CHRONOLOGY_PATH) in codes) == (name in REFUSED_PDFS), name
        assert (("narrative", f"{CHRONOLOGY_PATH}#a.txt") in codes) == (name in READABLE_PDFS), name
