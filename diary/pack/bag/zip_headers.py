"""Consistency of a zip outside its central directory: local headers, end record, and bytes in between.

Zip readers differ in which of these they trust. If they contradict each other, one zip is two different packs; these
checks detect that.
"""

import io
import struct
import zipfile
from dataclasses import dataclass
from typing import BinaryIO, Final

from diary import constants

_LOCAL_HEADER: Final = struct.Struct("<4s5H3I2H")
_DIRECTORY_HEADER: Final = struct.Struct("<4s24x3H12x")
_END_RECORD_MIN_BYTES: Final = 22
_END_RECORD: Final = struct.Struct("<4s4H2IH")
_ZIP64_END_RECORD: Final = struct.Struct("<4s12x2L4Q")
_ZIP64_LOCATOR: Final = struct.Struct("<4sLQL")
_ZIP64_LOCATOR_BYTES: Final = _ZIP64_LOCATOR.size
_COMMENT_LIMIT_BYTES: Final = 65_535
# Encryption and data descriptor bits: readers interpret a member differently if its header and the directory disagree.
_COMPARED_FLAGS: Final = 0x9
_ZIP64_MARKER: Final = 0xFFFFFFFF
_ZIP64_COUNT_MARKER: Final = 0xFFFF
_UNICODE_PATH_FIELD: Final = 0x7075
DOS_DIRECTORY_FLAG: Final = 0x10
_DESCRIPTOR_SIZES_BYTES: Final = (12, 16, 20, 24)
# Beyond every file size, and still a valid argument of seek().
_OFFSET_LIMIT_BYTES: Final = 1 << 62


@dataclass(frozen=True, slots=True)
class LocalHeader:
    """Result of reading a local header. `data_end`: offset of the end of the data, None without a header."""

    data_end: int | None = None
    is_as_listed: bool = False
    has_other_name: bool = False


def listed_name(row: zipfile.ZipInfo) -> str:
    """Return the name in the central directory up to a zero byte.

    From Python 3.13 on, `filename` may come from an extra field instead.
    """
    return row.orig_filename.partition("\0")[0]


def is_directory_contiguous(raw: BinaryIO, archive: zipfile.ZipFile, rows: list[zipfile.ZipInfo]) -> bool:
    """Return whether the lengths in the central directory lead from row to row and then to the end record."""
    raw.seek(archive.start_dir)
    for _ in rows:
        header = raw.read(_DIRECTORY_HEADER.size)
        if len(header) != _DIRECTORY_HEADER.size or not header.startswith(b"PK\x01\x02"):
            return False
        raw.seek(sum(_DIRECTORY_HEADER.unpack(header)[1:]), io.SEEK_CUR)
    return raw.read(4) in (b"PK\x05\x06", b"PK\x06\x06")


def is_end_record_right(raw: BinaryIO, rows: list[zipfile.ZipInfo]) -> bool:
    """Return whether the end record matches the directory: member count, a single disk, and a possible offset and size.

    Readers that rely on the count or the offset would otherwise see other members.
    """
    size = raw.seek(0, io.SEEK_END)
    raw.seek(max(0, size - _END_RECORD_MIN_BYTES - _COMMENT_LIMIT_BYTES))
    tail = raw.read()
    record_start = tail.rfind(b"PK\x05\x06")
    if record_start < 0 or len(tail) - record_start < _END_RECORD_MIN_BYTES:
        return False
    _, disk, directory_disk, disk_entries, total_entries, directory_bytes, offset, comment_bytes = (
        _END_RECORD.unpack_from(tail, record_start)
    )
    if comment_bytes > len(tail) - record_start - _END_RECORD_MIN_BYTES:
        return False
    directory_limit = size - len(tail) + record_start
    needs_zip64 = total_entries == _ZIP64_COUNT_MARKER or _ZIP64_MARKER in (directory_bytes, offset)
    # Some readers look for the record of a large zip, others only when the numbers here do not fit.
    locator = tail[max(0, record_start - _ZIP64_LOCATOR_BYTES) : record_start]
    if needs_zip64 or (len(locator) == _ZIP64_LOCATOR_BYTES and locator.startswith(b"PK\x06\x07")):
        if not locator.startswith(b"PK\x06\x07"):
            return False
        said_numbers = (total_entries, directory_bytes, offset)
        record = tail[max(0, record_start - _ZIP64_LOCATOR_BYTES - _ZIP64_END_RECORD.size) : record_start]
        # Python looks directly before the locator, others where the locator says: it must be the same record.
        if (
            len(record) != _ZIP64_LOCATOR_BYTES + _ZIP64_END_RECORD.size
            or not record.startswith(b"PK\x06\x06")
            or _ZIP64_LOCATOR.unpack(locator)[1:3] != (0, directory_limit - len(record))
        ):
            return False
        (_, disk, directory_disk, disk_entries, total_entries, directory_bytes, offset), directory_limit = (
            _ZIP64_END_RECORD.unpack_from(record),
            directory_limit - len(record),
        )
        # zipfile writes a ZIP64 record from 2 GiB on, and the true numbers here as long as they fit. With any other
        # number than the true one or the marker, two readers would see two packs.
        real_numbers = (total_entries, directory_bytes, offset)
        markers = (_ZIP64_COUNT_MARKER, _ZIP64_MARKER, _ZIP64_MARKER)
        if any(
            said not in (real, marker) for said, real, marker in zip(said_numbers, real_numbers, markers, strict=True)
        ):
            return False
    return bool(
        offset + directory_bytes <= directory_limit
        and disk == directory_disk == 0
        and disk_entries == total_entries == len(rows)
    )


def has_hidden_bytes(
    raw: BinaryIO, archive: zipfile.ZipFile, rows: list[zipfile.ZipInfo], headers: list[LocalHeader]
) -> bool:
    """Return whether there are bytes before, between or after the members; some readers would see another pack in them.

    A data descriptor after a member is allowed, because tools that repack a zip write them.
    """
    ordered_members = sorted(zip(rows, headers, strict=True), key=lambda member: member[0].header_offset)
    starts = [*(row.header_offset for row, _ in ordered_members), archive.start_dir]
    if starts[0] != 0 or archive.comment or not _ends_with_directory(raw, archive):
        return True
    return any(
        header.data_end is None
        or start - header.data_end not in (_DESCRIPTOR_SIZES_BYTES if row.flag_bits & 0x8 else (0,))
        for (row, header), start in zip(ordered_members, starts[1:], strict=True)
    )


def read_local_header(raw: BinaryIO, row: zipfile.ZipInfo) -> LocalHeader:
    """Compare a member's local header with its row in the central directory."""
    raw.seek(min(max(0, row.header_offset), _OFFSET_LIMIT_BYTES))
    header = raw.read(_LOCAL_HEADER.size)
    if len(header) != _LOCAL_HEADER.size or not header.startswith(b"PK\x03\x04"):
        return LocalHeader()
    _, _, flags, method, _, _, crc, compressed_size, size, name_bytes, extra_bytes = _LOCAL_HEADER.unpack(header)
    raw.seek(name_bytes, io.SEEK_CUR)
    local_sizes, listed_sizes = (crc, compressed_size, size), (row.CRC, row.compress_size, row.file_size)
    permitted_values = (_ZIP64_MARKER, 0) if flags & 0x8 else (_ZIP64_MARKER,)
    is_same_checksum = local_sizes[0] == listed_sizes[0] or (flags & 0x8 and not local_sizes[0])
    is_as_listed = is_same_checksum and all(
        local_size == listed_size or local_size in permitted_values
        for local_size, listed_size in zip(local_sizes[1:], listed_sizes[1:], strict=True)
    )
    is_as_listed = bool(is_as_listed) and method == row.compress_type and not (flags ^ row.flag_bits) & _COMPARED_FLAGS
    # Readers differ on every other flag.
    is_as_listed = is_as_listed and not (flags | row.flag_bits) & ~constants.ZIP_KNOWN_FLAG_BITS
    # Some readers take all bytes of a member that is not packed, others only as many as its size says.
    is_as_listed = is_as_listed and (method != zipfile.ZIP_STORED or row.compress_size == row.file_size)
    data_end = row.header_offset + _LOCAL_HEADER.size + int(name_bytes) + int(extra_bytes) + row.compress_size
    return LocalHeader(data_end, is_as_listed, has_unicode_path(raw.read(extra_bytes)))


def has_unicode_path(extra: bytes) -> bool:
    """Return whether an extra field gives the member another name, which some readers would use."""
    position = 0
    while position + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, position)
        if kind == _UNICODE_PATH_FIELD:
            return True
        position += 4 + length
    return False


def _ends_with_directory(raw: BinaryIO, archive: zipfile.ZipFile) -> bool:
    """Return whether the file ends directly after the central directory and its end record."""
    raw.seek(0, io.SEEK_END)
    size = raw.tell()
    raw.seek(max(0, size - _END_RECORD_MIN_BYTES))
    tail = raw.read()
    return tail.startswith(b"PK\x05\x06") and size >= archive.start_dir + _END_RECORD_MIN_BYTES
