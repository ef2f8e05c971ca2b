"""What stands in a zip beside its list: each member's own header, the end record, and anything between them.

Readers differ in which of them they believe. Where two say different things one zip is two packs, and that is found.
"""

import io
import struct
import zipfile
from dataclasses import dataclass
from typing import BinaryIO, Final

_LOCAL: Final = struct.Struct("<4s5H3I2H")
_CENTRAL: Final = struct.Struct("<4s24x3H12x")
_END: Final = 22
_END_RECORD: Final = struct.Struct("<4s4H2IH")
_END_64: Final = struct.Struct("<4s12x2L4Q")
_LOCATOR_64: Final = 20
_COMMENT_MOST: Final = 65_535
# Encrypted, and followed by a descriptor: a header that says otherwise than the list is read otherwise by some.
_FLAGS: Final = 0x9
_LARGE: Final = 0xFFFFFFFF
_UNICODE_PATH: Final = 0x7075
DOS_FOLDER: Final = 0x10
_DESCRIPTORS: Final = (12, 16, 20, 24)
# Further than any file reaches, and no further than a file can be asked for.
_FURTHEST: Final = 1 << 62


@dataclass(frozen=True, slots=True)
class Header:
    """A member's own header in a zip. `end`: where its bytes end, None when there is no header."""

    end: int | None = None
    agrees: bool = False
    renames: bool = False


def name_of(row: zipfile.ZipInfo) -> str:
    """The name in the zip's list, up to a zero byte; from Python 3.13 on `filename` is the one an extra field gives."""
    return row.orig_filename.partition("\0")[0]


def is_walked(raw: BinaryIO, archive: zipfile.ZipFile, rows: list[zipfile.ZipInfo]) -> bool:
    """Whether the list's own lengths lead from each of its rows to the next, and from the last to the end record."""
    raw.seek(archive.start_dir)
    for _ in rows:
        head = raw.read(_CENTRAL.size)
        if len(head) != _CENTRAL.size or not head.startswith(b"PK\x01\x02"):
            return False
        raw.seek(sum(_CENTRAL.unpack(head)[1:]), io.SEEK_CUR)
    return raw.read(4) in (b"PK\x05\x06", b"PK\x06\x06")


def is_counted(raw: BinaryIO, rows: list[zipfile.ZipInfo]) -> bool:
    """Whether the end record says of the list what is so: its members, one disk, and a place that leaves room for it.

    Readers that go by the count, or by the place, see other members.
    """
    size = raw.seek(0, io.SEEK_END)
    raw.seek(max(0, size - _END - _COMMENT_MOST))
    tail = raw.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < _END:
        return False
    _, disk, first, here, total, length, offset, comment = _END_RECORD.unpack_from(tail, at)
    if comment > len(tail) - at - _END:
        return False
    is_large, ends = total == 0xFFFF or _LARGE in (length, offset), size - len(tail) + at
    if tail[max(0, at - _LOCATOR_64) : at].startswith(b"PK\x06\x07") != is_large:
        return (
            False  # the numbers of a large zip stand in a record of their own: with one, no reader may go by the others
        )
    if is_large:
        record = tail[max(0, at - _LOCATOR_64 - _END_64.size) : at]
        if len(record) != _LOCATOR_64 + _END_64.size or not record.startswith(b"PK\x06\x06"):
            return False
        (_, disk, first, here, total, length, offset), ends = _END_64.unpack_from(record), ends - len(record)
    return bool(offset + length <= ends and disk == first == 0 and here == total == len(rows))


def hides(raw: BinaryIO, archive: zipfile.ZipFile, rows: list[zipfile.ZipInfo], headers: list[Header]) -> bool:
    """Whether something lies before, between or after the members: readers that start elsewhere would see another pack.

    A descriptor after a member is allowed, since tools that pack a zip again write them.
    """
    ordered = sorted(zip(rows, headers, strict=True), key=lambda one: one[0].header_offset)
    starts = [*(row.header_offset for row, _ in ordered), archive.start_dir]
    if starts[0] != 0 or archive.comment or not _ends(raw, archive):
        return True
    return any(
        header.end is None or start - header.end not in (_DESCRIPTORS if row.flag_bits & 0x8 else (0,))
        for (row, header), start in zip(ordered, starts[1:], strict=True)
    )


def header_of(raw: BinaryIO, row: zipfile.ZipInfo) -> Header:
    """A member's own header, against what the list says of it."""
    raw.seek(min(max(0, row.header_offset), _FURTHEST))
    head = raw.read(_LOCAL.size)
    if len(head) != _LOCAL.size or not head.startswith(b"PK\x03\x04"):
        return Header()
    _, _, flags, method, _, _, crc, packed, size, names, extra = _LOCAL.unpack(head)
    raw.seek(names, io.SEEK_CUR)
    told, listed = (crc, packed, size), (row.CRC, row.compress_size, row.file_size)
    may = (_LARGE, 0) if flags & 0x8 else (_LARGE,)
    same = told[0] == listed[0] or (flags & 0x8 and not told[0])
    agrees = same and all(one == other or one in may for one, other in zip(told[1:], listed[1:], strict=True))
    agrees = bool(agrees) and method == row.compress_type and not (flags ^ row.flag_bits) & _FLAGS
    end = row.header_offset + _LOCAL.size + int(names) + int(extra) + row.compress_size
    return Header(end, agrees, gives_other_name(raw.read(extra)))


def gives_other_name(extra: bytes) -> bool:
    """Whether an extra field gives a member another name, as some readers would take it."""
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, at)
        if kind == _UNICODE_PATH:
            return True
        at += 4 + length
    return False


def _ends(raw: BinaryIO, archive: zipfile.ZipFile) -> bool:
    """Whether the file ends with the list of members and its end record, and nothing after them."""
    raw.seek(0, io.SEEK_END)
    size = raw.tell()
    raw.seek(max(0, size - _END))
    tail = raw.read()
    return tail.startswith(b"PK\x05\x06") and size >= archive.start_dir + _END
