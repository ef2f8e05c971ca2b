"""The files embedded in a PDF, by name: as our own renderer writes them, and nothing else.

A table of places at the end, objects where it says, streams bare or deflated. Anything cleverer is not a page of ours. A lenient
reader mends what it is given, each in its own way, and so a damaged PDF could be two things to two readers. The twin of
static/src/verify/pdf.ts: both refuse the same (tests/judges).
"""

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from diary import constants

FILE_MOST: Final = constants.PDF_FILE_LIMIT_BYTES
FILES_MOST: Final = constants.PDF_FILES_LIMIT
DEPTH_MOST: Final = constants.PDF_DEPTH_LIMIT
NODES_MOST: Final = constants.PDF_NODES_LIMIT
_SPACE: Final = rb"[\0\t\n\f\r ]"
_END: Final = re.compile(rb"startxref" + _SPACE + rb"+(\d{1,12})" + _SPACE + rb"+%%EOF" + _SPACE + rb"*\Z")
_TABLE: Final = re.compile(rb"xref" + _SPACE + rb"+0 (\d{1,7})" + _SPACE + rb"+")
_ROW: Final = re.compile(rb"(\d{10}) \d{5} ([nf])")
_OBJECT: Final = re.compile(rb"(\d{1,10}) \d{1,5} obj" + _SPACE)
_STREAM: Final = re.compile(_SPACE + rb"*stream\r?\n")
_SKIPPED: Final = re.compile(rb"(?:" + _SPACE + rb"|%[^\r\n]*)*")
_NAME: Final = re.compile(rb"/[^\0\t\n\f\r ()<>\[\]{}/%]*")
_HEX: Final = re.compile(rb"<[0-9A-Fa-f\0\t\n\f\r ]*>")
_REF: Final = re.compile(rb"(\d{1,10}) (\d{1,5}) R(?![A-Za-z])")
_NUMBER: Final = re.compile(rb"[-+]?\d{0,15}\.?\d{1,15}")
_WORD: Final = re.compile(rb"true|false|null")
_STRING: Final = re.compile(rb"\(((?:[^()\\]|\\[\s\S])*)\)")
_PLAIN: Final = re.compile(rb"[ -~]*")
# How far from its place a head may reach, as the page looks for it.
_TAIL, _HEAD, _STREAM_HEAD = 200, 40, 20


class _BrokenPdf(Exception):
    """Not a page of ours."""


@dataclass(frozen=True, slots=True)
class _Ref:
    """A reference to an object."""

    number: int


Value = dict[bytes, "Value"] | list["Value"] | bytes | float | _Ref


def embedded_files(raw: bytes) -> dict[str, bytes] | None:
    """The files inside a PDF by name; None for one that is not as our own renderer writes it."""
    try:
        pdf = _Pdf(raw)
        catalog = pdf.dict_of(pdf.trailer().get(b"Root"))
        tree = pdf.dict_of(pdf.dict_of(catalog.get(b"Names", {})).get(b"EmbeddedFiles", {}))
        files: dict[str, bytes] = {}
        for name, spec in pdf.names_in(tree, 0):
            held = pdf.dict_of(pdf.dict_of(spec).get(b"EF"))
            # Which of two files of one name is meant, nobody could say; and our names are plain.
            if name in files or len(files) >= FILES_MOST:
                return None
            files[name] = pdf.stream(held.get(b"F", held.get(b"UF")))
    except _BrokenPdf:
        return None
    return files


class _Pdf:
    """A PDF's objects, by the table of places."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._places: dict[int, int] = {}
        self._nodes = 0

    def trailer(self) -> dict[bytes, Value]:
        """Read the table of places, and give the trailer after it."""
        raw = self._raw
        end = _END.search(raw, max(0, len(raw) - _TAIL))
        at = int(end[1]) if end else -1
        head = _TABLE.match(raw, at, at + _HEAD) if end else None
        if head is None:
            raise _BrokenPdf
        count, start = int(head[1]), head.end()
        for i in range(count):
            row = _ROW.match(raw, start + i * 20, start + i * 20 + 20)
            if row is None:
                raise _BrokenPdf
            if row[2] == b"n":
                self._places[i] = int(row[1])
        after = raw.find(b"trailer", start + count * 20)
        if after < 0:
            raise _BrokenPdf
        return self.dict_of(_Reader(raw, after + 7).value(0))

    def resolve(self, value: Value | None) -> Value | None:
        """What a reference leads to, through other references."""
        for _ in range(DEPTH_MOST + 1):
            if not isinstance(value, _Ref):
                return value
            value, _end = self.object(value.number)
        raise _BrokenPdf

    def dict_of(self, value: Value | None) -> dict[bytes, Value]:
        """Give the dictionary that a value is or refers to. Raises _BrokenPdf for anything else."""
        found = self.resolve(value)
        if not isinstance(found, dict):
            raise _BrokenPdf
        return found

    def list_of(self, value: Value | None) -> list[Value]:
        """Give the list that a value is or refers to, empty for no value. Raises _BrokenPdf for anything else."""
        found = self.resolve(value)
        if found is None:
            return []
        if not isinstance(found, list):
            raise _BrokenPdf
        return found

    def object(self, number: int) -> tuple[Value, int]:
        """An object, and where it ends."""
        at = self._places.get(number, -1)
        head = _OBJECT.match(self._raw, at, at + 30) if at >= 0 else None
        if head is None or int(head[1]) != number:
            raise _BrokenPdf
        reader = _Reader(self._raw, head.end())
        return reader.value(0), reader.at

    def names_in(self, node: dict[bytes, Value], depth: int) -> Iterator[tuple[str, Value]]:
        """Name and value of every leaf of a tree of names."""
        self._nodes += 1
        if depth > DEPTH_MOST or self._nodes > NODES_MOST:
            raise _BrokenPdf
        names = self.list_of(node.get(b"Names"))
        if len(names) % 2:
            raise _BrokenPdf
        for name, value in zip(names[::2], names[1::2], strict=True):
            found = self.resolve(name)
            if not isinstance(found, bytes) or not _PLAIN.fullmatch(found):
                raise _BrokenPdf
            yield found.decode("ascii"), value
        for kid in self.list_of(node.get(b"Kids")):
            yield from self.names_in(self.dict_of(kid), depth + 1)

    def stream(self, ref: Value | None) -> bytes:
        """A stream's bytes, inflated where they are deflated."""
        if not isinstance(ref, _Ref):
            raise _BrokenPdf
        value, end = self.object(ref.number)
        head = _STREAM.match(self._raw, end, end + _STREAM_HEAD)
        if not isinstance(value, dict) or head is None:
            raise _BrokenPdf
        length = self.resolve(value.get(b"Length"))
        if (
            not isinstance(length, float)
            or not length.is_integer()
            or length < 0
            or head.end() + length > len(self._raw)
        ):
            raise _BrokenPdf
        held = self._raw[head.end() : head.end() + int(length)]
        packed = self.resolve(value.get(b"Filter"))
        if packed is None:
            return held
        if packed != b"/FlateDecode":
            raise _BrokenPdf
        return _inflated(held)


def _inflated(raw: bytes) -> bytes:
    """Bytes that were deflated, whole and with nothing after them."""
    inflating = zlib.decompressobj()
    try:
        found = inflating.decompress(raw, FILE_MOST + 1)
    except zlib.error:
        raise _BrokenPdf from None
    if len(found) > FILE_MOST or not inflating.eof or inflating.unused_data:
        raise _BrokenPdf
    return found


class _Reader:
    """Values of a PDF's own notation, from one place on. `at`: where the next one begins."""

    def __init__(self, raw: bytes, at: int) -> None:
        self._raw = raw
        self.at = at

    def value(self, depth: int) -> Value:
        """The next value. A name keeps its stroke, a string loses its brackets."""
        if depth > DEPTH_MOST:
            raise _BrokenPdf
        self._match(_SKIPPED)
        begins = self._raw[self.at : self.at + 2]
        if begins == b"<<":
            return self._dict(depth)
        if begins[:1] == b"[":
            return self._list(depth)
        if begins[:1] == b"(":
            return self._take(_STRING)[1]
        return self._plain(begins[:1])

    def _plain(self, begins: bytes) -> Value:
        """A value that holds no others."""
        if begins in (b"<", b"/"):
            return self._take(_HEX if begins == b"<" else _NAME)[0]
        if ref := self._match(_REF):
            return _Ref(int(ref[1]))
        if number := self._match(_NUMBER):
            return float(number[0])
        return self._take(_WORD)[0]

    def _match(self, pattern: re.Pattern[bytes]) -> re.Match[bytes] | None:
        found = pattern.match(self._raw, self.at)
        if found:
            self.at = found.end()
        return found

    def _take(self, pattern: re.Pattern[bytes]) -> re.Match[bytes]:
        found = self._match(pattern)
        if found is None:
            raise _BrokenPdf
        return found

    def _dict(self, depth: int) -> Value:
        self.at += 2
        held: dict[bytes, Value] = {}
        while True:
            self._match(_SKIPPED)
            if self._raw.startswith(b">>", self.at):
                self.at += 2
                return held
            name = self._take(_NAME)[0]
            held[name[1:]] = self.value(depth + 1)

    def _list(self, depth: int) -> Value:
        self.at += 1
        held: list[Value] = []
        while True:
            self._match(_SKIPPED)
            if self._raw.startswith(b"]", self.at):
                self.at += 1
                return held
            held.append(self.value(depth + 1))
