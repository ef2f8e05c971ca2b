"""Files embedded in a PDF, by name, if the PDF has exactly the form that typst and this project write.

That is a cross-reference table at the end, objects at the offsets it lists, and streams that are plain or deflated.
Everything else is rejected: lenient readers repair damaged files in different ways, so that one PDF could be two
documents. Mirrored by static/src/verify/pdf.ts; both reject the same files (tests/judges).
"""

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from diary import constants

EMBEDDED_FILE_LIMIT_BYTES: Final = constants.PDF_FILE_LIMIT_BYTES
EMBEDDED_FILES_LIMIT: Final = constants.PDF_FILES_LIMIT
DEPTH_LIMIT: Final = constants.PDF_DEPTH_LIMIT
NODES_LIMIT: Final = constants.PDF_NODES_LIMIT
_SPACE: Final = rb"[\0\t\n\f\r ]"
_STARTXREF: Final = re.compile(rb"startxref" + _SPACE + rb"+(\d{1,12})" + _SPACE + rb"+%%EOF" + _SPACE + rb"*\Z")
_XREF_TABLE: Final = re.compile(rb"xref" + _SPACE + rb"+0 (\d{1,7})" + _SPACE + rb"+")
_XREF_ROW: Final = re.compile(rb"(\d{10}) (?:00000 (n)|\d{5} f)(?: \r| \n|\r\n)")
_TRAILER: Final = re.compile(_SPACE + rb"*trailer" + _SPACE + rb"*(?=<<)")
_SPACES: Final = re.compile(_SPACE + rb"+")
_OBJECT: Final = re.compile(rb"(\d{1,10}) 0 obj" + _SPACE)
# What programs search for in a file that they repair, with the white space that any of them knows.
_OBJECT_MARK: Final = re.compile(rb"\d[\0\t-\r \xa0]+\d+[\0\t-\r \xa0]+obj")
_TRAILER_MARK: Final = re.compile(rb"trailer[\0\t-\r \xa0]*(?:<<|%)")
_TABLE_MARK: Final = re.compile(rb"/(?:XRef|ObjStm)")
_STREAM: Final = re.compile(_SPACE + rb"*stream\r?\n")
_STREAM_END: Final = re.compile(_SPACE + rb"*endstream")
_SPACE_AND_COMMENTS: Final = re.compile(rb"(?:" + _SPACE + rb"|%[^\r\n]*)*")
_NAME: Final = re.compile(rb"/[^\0\t\n\f\r ()<>\[\]{}/%]*")
_HEX: Final = re.compile(rb"<[0-9A-Fa-f\0\t\n\f\r ]*>")
_REFERENCE: Final = re.compile(rb"(\d{1,10}) 0 R(?![A-Za-z])")
_NUMBER: Final = re.compile(rb"[-+]?\d{0,15}\.?\d{1,15}")
_KEYWORD: Final = re.compile(rb"true|false|null")
_STRING: Final = re.compile(rb"\(((?:[^()\\]|\\[\s\S])*)\)")
_PRINTABLE_ASCII: Final = re.compile(rb"[ -~]*")
# Limits of the search for a header from its offset, as in the TypeScript reader.
_TRAILER_SEARCH_BYTES, _XREF_HEAD_BYTES, _OBJECT_HEAD_BYTES, _STREAM_HEAD_BYTES = 200, 40, 30, 20
_HEADER: Final = b"%PDF-1."
# Members of a trailer that lead other readers to other objects, or to none.
_OTHER_OBJECTS: Final = frozenset({b"Prev", b"XRefStm", b"Encrypt"})
# A stream with others, such as parameters of its filter, has another content for other readers.
_STREAM_MEMBERS: Final = frozenset({b"Length", b"Type", b"Filter", b"Subtype", b"Params"})


class _UnsupportedPdf(Exception):
    """Raised for a PDF of any other form."""


@dataclass(frozen=True, slots=True)
class _ObjectReference:
    """A reference to an object."""

    number: int


PdfValue = dict[bytes, "PdfValue"] | list["PdfValue"] | bytes | float | _ObjectReference


def embedded_files(raw: bytes) -> dict[str, bytes] | None:
    """Return the files in a PDF by name, or None for a PDF of another form."""
    try:
        pdf = _PdfObjects(raw)
        trailer = pdf.read_trailer()
        catalog = pdf.dict_of(trailer.get(b"Root"))
        tree = pdf.dict_of(pdf.dict_of(catalog.get(b"Names", {})).get(b"EmbeddedFiles", {}))
        files: dict[str, bytes] = {}
        for name, spec in pdf.walk_name_tree(tree, 0):
            # Two files of one name would be ambiguous.
            if name in files or len(files) >= EMBEDDED_FILES_LIMIT:
                return None
            files[name] = pdf.read_stream(_single_stream(pdf.dict_of(spec), name, pdf))
        pdf.check_objects()
    except _UnsupportedPdf:
        return None
    return files


def _single_stream(spec: dict[bytes, PdfValue], name: str, pdf: "_PdfObjects") -> PdfValue | None:
    """Return the stream of a file. Raise _UnsupportedPdf for one that has two streams, or another name for others."""
    streams = pdf.dict_of(spec.get(b"EF"))
    names = {spec[key] for key in (b"F", b"UF") if isinstance(spec.get(key), bytes)}
    stream = streams.get(b"F")
    if names != {name.encode()} or not set(streams) <= {b"F", b"UF"} or streams.get(b"UF", stream) != stream:
        raise _UnsupportedPdf
    return stream


class _PdfObjects:
    """Objects of a PDF, located by its cross-reference table."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._offsets: dict[int, int] = {}
        self._visited_nodes = 0
        self._plain_bodies: list[tuple[int, int]] = []
        # An object is read again for each reference to it. Without a limit, many references to one large object would
        # keep the reader busy for days.
        self._remaining_bytes = constants.PDF_OBJECTS_LIMIT_BYTES
        # A file that has many names is also read once for each name.
        self._remaining_file_bytes = constants.PDF_FILES_LIMIT_BYTES

    def read_trailer(self) -> dict[bytes, PdfValue]:
        """Read the cross-reference table, and return the trailer after it."""
        raw = self._raw
        if not raw.startswith(_HEADER):
            raise _UnsupportedPdf
        end = _STARTXREF.search(raw, max(0, len(raw) - _TRAILER_SEARCH_BYTES))
        table_offset = int(end[1]) if end else -1
        head = _XREF_TABLE.match(raw, table_offset, table_offset + _XREF_HEAD_BYTES) if end else None
        if head is None:
            raise _UnsupportedPdf
        count, start = int(head[1]), head.end()
        for i in range(count):
            row = _XREF_ROW.match(raw, start + i * 20, start + i * 20 + 20)
            if row is None:
                raise _UnsupportedPdf
            if row[2] == b"n":
                self._offsets[i] = int(row[1])
        # Nothing may stand around the trailer, not even a comment: other readers look for another one there.
        trailer_start = _TRAILER.match(raw, start + count * 20)
        trailer, position = self._read_value(trailer_start.end()) if trailer_start else (None, 0)
        is_last = end is not None and _SPACES.fullmatch(raw, position, end.start()) is not None
        if not isinstance(trailer, dict) or not is_last or _OTHER_OBJECTS & trailer.keys():
            raise _UnsupportedPdf
        # To other readers, objects above this number do not exist.
        if trailer.get(b"Size") != count:
            raise _UnsupportedPdf
        return trailer

    def check_objects(self) -> None:
        """Raise _UnsupportedPdf if there are objects or tables besides those that are listed.

        Other readers search for them if a page is damaged, and look for another table first if the file is linearized.
        The files that were read are left out: they are somebody's words, which may be of any form.
        """
        searched = bytearray(self._raw)
        for start, end in self._plain_bodies:
            searched[start:end] = b"." * (end - start)
        ends, count = {self._object_head(number).end() - 1 for number in self._offsets}, 0
        # One by one: a forger's file may have millions.
        for mark in _OBJECT_MARK.finditer(searched):
            count += 1
            if mark.end() not in ends:
                raise _UnsupportedPdf
        trailers = islice(_TRAILER_MARK.finditer(searched), 2)
        if count != len(ends) or sum(1 for _ in trailers) != 1 or _TABLE_MARK.search(searched):
            raise _UnsupportedPdf
        first = _SPACE_AND_COMMENTS.match(self._raw)
        position = first.end() if first else 0
        head = _OBJECT.match(self._raw, position, position + _OBJECT_HEAD_BYTES)
        value = self._read_value(head.end())[0] if head else None
        is_plain = isinstance(value, dict) and b"Linearized" not in value
        if not is_plain or position > constants.PDF_VALUE_LIMIT_BYTES:
            raise _UnsupportedPdf

    def resolve(self, value: PdfValue | None) -> PdfValue | None:
        """Follow references from a value to what they refer to. Raise _UnsupportedPdf after too many steps."""
        steps = 0
        while isinstance(value, _ObjectReference):
            if steps > DEPTH_LIMIT:
                raise _UnsupportedPdf
            value, _end = self.read_object(value.number)
            steps += 1
        return value

    def dict_of(self, value: PdfValue | None) -> dict[bytes, PdfValue]:
        """Return the dictionary that a value is or refers to. Raise _UnsupportedPdf for anything else."""
        resolved = self.resolve(value)
        if not isinstance(resolved, dict):
            raise _UnsupportedPdf
        return resolved

    def list_of(self, value: PdfValue | None) -> list[PdfValue]:
        """Return the list that a value is or refers to, empty for None. Raise _UnsupportedPdf for anything else."""
        resolved = self.resolve(value)
        if resolved is None:
            return []
        if not isinstance(resolved, list):
            raise _UnsupportedPdf
        return resolved

    def read_object(self, number: int) -> tuple[PdfValue, int]:
        """Return an object and the offset of its end."""
        return self._read_value(self._object_head(number).end())

    def _object_head(self, number: int) -> re.Match[bytes]:
        offset = self._offsets.get(number, -1)
        head = _OBJECT.match(self._raw, offset, offset + _OBJECT_HEAD_BYTES) if offset >= 0 else None
        if head is None or int(head[1]) != number:
            raise _UnsupportedPdf
        return head

    def _read_value(self, position: int) -> tuple[PdfValue, int]:
        """Return the value at an offset and the offset of its end."""
        reader = _ValueReader(self._raw, position, position + self._remaining_bytes)
        value = reader.read_value(0)
        self._remaining_bytes -= reader.position - position
        if self._remaining_bytes < 0:
            raise _UnsupportedPdf
        return value, reader.position

    def walk_name_tree(self, node: dict[bytes, PdfValue], depth: int) -> Iterator[tuple[str, PdfValue]]:
        """Yield name and value of every leaf of a name tree."""
        self._visited_nodes += 1
        if depth > DEPTH_LIMIT or self._visited_nodes > NODES_LIMIT:
            raise _UnsupportedPdf
        names = self.list_of(node.get(b"Names"))
        if len(names) % 2:
            raise _UnsupportedPdf
        for name, value in zip(names[::2], names[1::2], strict=True):
            name_bytes = self.resolve(name)
            if not isinstance(name_bytes, bytes) or not _PRINTABLE_ASCII.fullmatch(name_bytes):
                raise _UnsupportedPdf
            yield name_bytes.decode("ascii"), value
        for kid in self.list_of(node.get(b"Kids")):
            yield from self.walk_name_tree(self.dict_of(kid), depth + 1)

    def read_stream(self, ref: PdfValue | None) -> bytes:
        """Return the content of a stream, inflated if necessary."""
        if not isinstance(ref, _ObjectReference):
            raise _UnsupportedPdf
        value, end = self.read_object(ref.number)
        head = _STREAM.match(self._raw, end, end + _STREAM_HEAD_BYTES)
        if not isinstance(value, dict) or head is None or not value.keys() <= _STREAM_MEMBERS:
            raise _UnsupportedPdf
        length = self.resolve(value.get(b"Length"))
        if (
            not isinstance(length, float)
            or not length.is_integer()
            or length < 0
            or head.end() + length > len(self._raw)
        ):
            raise _UnsupportedPdf
        data_end = head.end() + int(length)
        # Other readers search for the end where it is not here.
        if _STREAM_END.match(self._raw, data_end, data_end + _STREAM_HEAD_BYTES) is None:
            raise _UnsupportedPdf
        stream_bytes = self._raw[head.end() : data_end]
        filter_name = self.resolve(value.get(b"Filter"))
        if filter_name not in (None, b"/FlateDecode"):
            raise _UnsupportedPdf
        if filter_name is None:
            self._plain_bodies.append((head.end(), data_end))
        content = stream_bytes if filter_name is None else _inflate(stream_bytes)
        self._remaining_file_bytes -= len(content)
        if self._remaining_file_bytes < 0:
            raise _UnsupportedPdf
        return content


def _inflate(raw: bytes) -> bytes:
    """Inflate bytes; reject incomplete data and trailing bytes."""
    decompressor = zlib.decompressobj()
    try:
        inflated = decompressor.decompress(raw, EMBEDDED_FILE_LIMIT_BYTES + 1)
    except zlib.error:
        raise _UnsupportedPdf from None
    if len(inflated) > EMBEDDED_FILE_LIMIT_BYTES or not decompressor.eof or decompressor.unused_data:
        raise _UnsupportedPdf
    return inflated


class _ValueReader:
    """Parser of PDF syntax. `position`: offset of the next value. Nothing after the offset `limit` is read."""

    def __init__(self, raw: bytes, position: int, limit: int) -> None:
        self._raw = raw
        self._limit = limit
        self.position = position

    def read_value(self, depth: int) -> PdfValue:
        """Return the next value. A name keeps its slash, a string loses its parentheses."""
        if depth > DEPTH_LIMIT:
            raise _UnsupportedPdf
        self._match(_SPACE_AND_COMMENTS)
        prefix = self._raw[self.position : self.position + 2]
        if prefix == b"<<":
            return self._read_dict(depth)
        if prefix[:1] == b"[":
            return self._read_list(depth)
        if prefix[:1] == b"(":
            return self._require_match(_STRING)[1]
        return self._read_scalar(prefix[:1])

    def _read_scalar(self, prefix: bytes) -> PdfValue:
        """Return a value that is not a dictionary, list or literal string."""
        if prefix in (b"<", b"/"):
            return self._require_match(_HEX if prefix == b"<" else _NAME)[0]
        if ref := self._match(_REFERENCE):
            return _ObjectReference(int(ref[1]))
        if number := self._match(_NUMBER):
            return float(number[0])
        return self._require_match(_KEYWORD)[0]

    def _match(self, pattern: re.Pattern[bytes]) -> re.Match[bytes] | None:
        match = pattern.match(self._raw, self.position)
        if match:
            # No page of ours has a longer one, and browsers run out of memory on some.
            if match.end() - match.start() > constants.PDF_VALUE_LIMIT_BYTES:
                raise _UnsupportedPdf
            self.position = match.end()
            if self.position > self._limit:
                raise _UnsupportedPdf
        return match

    def _require_match(self, pattern: re.Pattern[bytes]) -> re.Match[bytes]:
        match = self._match(pattern)
        if match is None:
            raise _UnsupportedPdf
        return match

    def _read_dict(self, depth: int) -> PdfValue:
        self.position += 2
        members: dict[bytes, PdfValue] = {}
        while True:
            self._match(_SPACE_AND_COMMENTS)
            if self._raw.startswith(b">>", self.position):
                self.position += 2
                return members
            name = self._require_match(_NAME)[0][1:]
            # Of two members of one name, readers choose either. A `#` writes a letter of a name in another way.
            if name in members or b"#" in name:
                raise _UnsupportedPdf
            members[name] = self.read_value(depth + 1)

    def _read_list(self, depth: int) -> PdfValue:
        self.position += 1
        items: list[PdfValue] = []
        while True:
            self._match(_SPACE_AND_COMMENTS)
            if self._raw.startswith(b"]", self.position):
                self.position += 1
                return items
            items.append(self.read_value(depth + 1))
