"""PDFs in exactly the form that the typesetter writes, so that every program finds the same objects in them.

Programs repair damaged files in different ways, and of two entries of one name in a dictionary some take the first and
some the last. So a file must consist of objects one after the other and a table that lists each where it is, without
comments, without a name twice in a dictionary, and without data that programs unpack differently.
"""

import re
import zlib
from dataclasses import dataclass
from typing import Final

from diary.errors import BadRequest

_DEPTH_LIMIT: Final = 24
_SPACE: Final = rb"[\0\t\n\f\r ]"
_HEADER: Final = re.compile(rb"%PDF-1\.\d\r?\n%[\x80-\xff]{4}" + _SPACE + rb"+")
_OBJECT: Final = re.compile(rb"([1-9]\d{0,9}) 0 obj(?=[\0\t\n\f\r <\[(/])")
_STREAM: Final = re.compile(_SPACE + rb"*stream\r?\n")
_STREAM_END: Final = re.compile(_SPACE + rb"*endstream")
_OBJECT_END: Final = re.compile(_SPACE + rb"*endobj" + _SPACE + rb"+")
_TABLE: Final = re.compile(rb"xref\r?\n0 (\d{1,7}) ?\r?\n")
_ROW: Final = re.compile(rb"(\d{10}) (\d{5}) ([nf])(?: \r| \n|\r\n)")
_TRAILER: Final = re.compile(rb"trailer" + _SPACE + rb"*")
_END: Final = re.compile(_SPACE + rb"*startxref\s+(\d{1,12})\s+%%EOF\s*\Z")
_TOKEN: Final = re.compile(
    _SPACE + rb"*(?:(?P<mark><<|>>|\[|\])|(?P<name>/[^\0-\x20()<>\[\]{}/%\x7f-\xff]*)"
    rb"|(?P<plain>\d{1,10} 0 R(?![0-9A-Za-z])|<[0-9A-Fa-f]*>"
    rb"|[-+]?(?:\d{1,20}(?:\.\d{0,50})?|\.\d{1,50})(?![0-9.+-])|(?:true|false|null)(?![0-9A-Za-z]))"
    rb"|(?P<string>\()|(?P<operator>[A-Za-z'\"][A-Za-z0-9*]{0,2}))"
)
_ESCAPED_BYTE: Final = re.compile(rb"#([0-9A-Fa-f]{2})")
# Some programs take a zero for the end of a name.
_UNCLEAR_NAME: Final = re.compile(rb"#(?:00|(?![0-9A-Fa-f]{2}))")
# Programs read other escapes, and a carriage return, in different ways.
_STRING_PART: Final = re.compile(rb"[()\r]|\\(?:[0-3][0-7]{2}|[nrtbf()\\])?")
_TRAILER_NAMES: Final = frozenset((b"/Size", b"/Root", b"/Info", b"/ID"))
# Data elsewhere, or unpacked in a way that the typesetter does not use.
_REFUSED_STREAM_NAMES: Final = frozenset((b"/F", b"/FFilter", b"/FDecodeParms", b"/DecodeParms", b"/DP"))
# They lead some programs to other objects, or to none.
_REFUSED_TYPES: Final = frozenset((b"/XRef", b"/ObjStm"))
_REFERENCE: Final = re.compile(rb"\d{1,10} 0 R")
_FILTERS: Final = frozenset((None, b"/FlateDecode", b"/DCTDecode"))

_Value = dict[bytes, "_Value"] | list["_Value"] | bytes


def check_document(raw: bytes, limit_bytes: int | None) -> int:
    """Return the size of a PDF with its streams unpacked, too. Raise BadRequest for a PDF of another form, or for more bytes.

    `limit_bytes`: None for a document of our own.
    """
    head = _HEADER.match(raw)
    if head is None or (limit_bytes is not None and len(raw) > limit_bytes):
        raise _refusal()
    offsets, position, total = dict[int, int](), head.end(), len(raw)
    while (start := _OBJECT.match(raw, position)) is not None:
        number = int(start[1])
        if number in offsets:
            raise _refusal()
        offsets[number] = position
        position, size = _read_object(raw, start.end(), None if limit_bytes is None else limit_bytes - total)
        total += size
    _check_table(raw, position, offsets)
    return total


def check_content(data: bytes) -> int:
    """Return how many operators a content stream has. Raise BadRequest for one that programs might read differently."""
    data = data.rstrip(b"\0\t\n\f\r ")
    scanner, count = _Scanner(data, 0), 0
    while scanner.position < len(data):
        scanner.read(0)
        count += scanner.was_operator
    return count


def _refusal() -> BadRequest:
    return BadRequest("A PDF has a form that the typesetter does not write.")


def _read_object(raw: bytes, position: int, limit_bytes: int | None) -> tuple[int, int]:
    """Return where an object ends, and how many bytes its stream has, unpacked; 0 if it has none."""
    scanner, size = _Scanner(raw, position), 0
    value = scanner.read_value()
    position = scanner.position
    is_elsewhere = isinstance(value, bytes) and _REFERENCE.fullmatch(value) is not None
    if is_elsewhere or (isinstance(value, dict) and (b"/Linearized" in value or value.get(b"/Type") in _REFUSED_TYPES)):
        raise _refusal()
    stream = _STREAM.match(raw, position)
    if stream is not None:
        if not isinstance(value, dict) or value.keys() & _REFUSED_STREAM_NAMES:
            raise _refusal()
        length, name = value.get(b"/Length"), value.get(b"/Filter")
        if not isinstance(length, bytes) or not length.isdigit() or isinstance(name, dict | list):
            raise _refusal()
        data_end = stream.end() + int(length)
        size = _unpacked_size(raw[stream.end() : data_end], name, limit_bytes)
        end_of_stream = _STREAM_END.match(raw, data_end)
        position = end_of_stream.end() if end_of_stream else len(raw)
    end = _OBJECT_END.match(raw, position)
    if end is None:
        raise _refusal()
    return end.end(), size


def _unpacked_size(data: bytes, filter_name: bytes | None, limit_bytes: int | None) -> int:
    """Return the size of a stream's data, unpacked. Raise BadRequest for data that are incomplete or too large."""
    if filter_name not in _FILTERS:
        raise _refusal()
    size = len(data)
    if filter_name == b"/FlateDecode":
        unpacker = zlib.decompressobj()
        try:
            size = len(unpacker.decompress(data, 0 if limit_bytes is None else max(limit_bytes, 0) + 1))
        except zlib.error:
            raise _refusal() from None
        if (limit_bytes is None or size <= limit_bytes) and (not unpacker.eof or unpacker.unused_data):
            raise _refusal()
    if limit_bytes is not None and size > limit_bytes:
        raise _refusal()
    return size


def _check_table(raw: bytes, position: int, offsets: dict[int, int]) -> None:
    """Raise BadRequest unless the file ends with a table that lists exactly these objects, and a plain trailer."""
    table = _TABLE.match(raw, position)
    if table is None:
        raise _refusal()
    row_position, listed = table.end(), dict[int, int]()
    for number in range(int(table[1])):
        row = _ROW.match(raw, row_position)
        if row is None or (row[3] == b"n" and row[2] != b"00000"):
            raise _refusal()
        if row[3] == b"n":
            listed[number] = int(row[1])
        row_position = row.end()
    trailer = _TRAILER.match(raw, row_position)
    if listed != offsets or trailer is None:
        raise _refusal()
    scanner = _Scanner(raw, trailer.end())
    value = scanner.read_value()
    end = _END.match(raw, scanner.position)
    if not isinstance(value, dict) or value.keys() - _TRAILER_NAMES or value.get(b"/Size") != table[1]:
        raise _refusal()
    if end is None or int(end[1]) != position:
        raise _refusal()


@dataclass
class _Scanner:
    """Reads values from `position` on. `was_operator`: whether the last one was an operator of a content stream."""

    raw: bytes
    position: int
    was_operator: bool = False

    def read_value(self) -> _Value:
        """Return the next value, which is no operator."""
        value = self.read(0)
        if self.was_operator:
            raise _refusal()
        return value

    def read(self, depth: int) -> _Value:
        """Return the next value: a dictionary, list, name, or anything else as it is written."""
        token = _TOKEN.match(self.raw, self.position)
        if token is None or depth > _DEPTH_LIMIT:
            raise _refusal()
        self.position, self.was_operator = token.end(), token.lastgroup == "operator"
        if token["mark"] == b"<<":
            return self._read_dictionary(depth)
        if token["mark"] == b"[":
            return self._read_list(depth)
        if token["name"] is not None:
            if _UNCLEAR_NAME.search(token["name"]):
                raise _refusal()
            return _ESCAPED_BYTE.sub(lambda match: bytes.fromhex(match[1].decode("ascii")), token["name"])
        if token["string"] is not None:
            self._skip_string()
            return b"()"
        return token[token.lastgroup or ""]

    def _read_dictionary(self, depth: int) -> _Value:
        members: dict[bytes, _Value] = {}
        while (name := self.read(depth + 1)) != b">>":
            if not isinstance(name, bytes) or not name.startswith(b"/") or name in members:
                raise _refusal()
            members[name] = self._read_member(depth)
        return members

    def _read_member(self, depth: int) -> _Value:
        value = self.read(depth + 1)
        if value in (b">>", b"]") or self.was_operator:
            raise _refusal()
        return value

    def _read_list(self, depth: int) -> _Value:
        items: list[_Value] = []
        while (item := self.read(depth + 1)) != b"]":
            if item == b">>" or self.was_operator:
                raise _refusal()
            items.append(item)
        return items

    def _skip_string(self) -> None:
        """Go behind a string, in which brackets may stand in pairs."""
        depth = 1
        while depth:
            part = _STRING_PART.search(self.raw, self.position)
            if part is None or part[0] in (b"\r", b"\\"):
                raise _refusal()
            self.position = part.end()
            depth += {b"(": 1, b")": -1}.get(part[0], 0)
