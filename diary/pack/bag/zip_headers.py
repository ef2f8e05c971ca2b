"""Consistency of a zip outside its central directory: local headers, end record, and bytes in between.

Zip readers differ in which of these they trust. If they contradict each other, one zip is two different packs; these
checks detect that.
"""

import io
import itertools
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Final

from diary import constants

_LOCAL_HEADER: Final = struct.Struct("<4s5H3I2H")
_DIRECTORY_HEADER: Final = struct.Struct("<4s24x3H12x")
_END_RECORD_MIN_BYTES: Final = 22
_END_RECORD: Final = struct.Struct("<4s4H2IH")
_ZIP64_END_RECORD: Final = struct.Struct("<4sQ2xH2L4Q")
_ZIP64_LOCATOR: Final = struct.Struct("<4sLQL")
_ZIP64_LOCATOR_BYTES: Final = _ZIP64_LOCATOR.size
_COMMENT_LIMIT_BYTES: Final = 65_535
_UTF8_FLAG: Final = 0x800
_ZIP64_MARKER: Final = 0xFFFFFFFF
_ZIP64_COUNT_MARKER: Final = 0xFFFF
_ZIP64_FIELD: Final = 1
_UNICODE_PATH_FIELD: Final = 0x7075
DOS_DIRECTORY_FLAG: Final = 0x10
# Volume label, device and reparse point: some programs do not take such a member out, or make a link of it.
DOS_SKIPPED_FLAGS: Final = 0x448
# ZIP64. What needs a newer version is encrypted or packed in a way that browsers do not read.
ZIP_VERSION_LIMIT: Final = constants.ZIP_VERSION_LIMIT
_DESCRIPTOR_LIMIT_BYTES: Final = 24
_CHUNK_BYTES: Final = 1 << 20
# Beyond every file size, and still a valid argument of seek().
_OFFSET_LIMIT_BYTES: Final = 1 << 62


@dataclass(frozen=True, slots=True)
class LocalHeader:
    """Result of reading a local header. `data_end`: offset of the end of the data, None without a header.

    `has_odd_extra`: it has an extra field that common programs do not write.
    """

    data_end: int | None = None
    is_as_listed: bool = False
    has_other_name: bool = False
    has_odd_extra: bool = False


def listed_name(row: zipfile.ZipInfo) -> str:
    """Return the name in the central directory up to a zero byte, one letter for each byte unless it is UTF-8.

    From Python 3.13 on, `filename` may come from an extra field instead.
    """
    raw = _raw_listed_name(row).partition(b"\0")[0]
    return raw.decode("utf-8" if row.flag_bits & _UTF8_FLAG else "latin-1")


def name_spelling(row: zipfile.ZipInfo) -> tuple[int, int, int]:
    """Return what programs look at when they choose the letters for the bytes of a name that are not ASCII."""
    return row.flag_bits & _UTF8_FLAG, row.create_system, row.create_version


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
        said_numbers = (total_entries, directory_bytes, offset)
        record = tail[max(0, record_start - _ZIP64_LOCATOR_BYTES - _ZIP64_END_RECORD.size) : record_start]
        # Python looks directly before the locator, others where the locator says: it must be the same record.
        if (
            len(record) != _ZIP64_LOCATOR_BYTES + _ZIP64_END_RECORD.size
            or not record.startswith(b"PK\x06\x06")
            or not locator.startswith(b"PK\x06\x07")
            or _ZIP64_LOCATOR.unpack(locator)[1:] != (0, directory_limit - len(record), 1)
        ):
            return False
        directory_limit -= len(record)
        _, record_bytes, version, disk, directory_disk, disk_entries, total_entries, directory_bytes, offset = (
            _ZIP64_END_RECORD.unpack_from(record)
        )
        # The number of bytes after itself. Some readers take the record for a longer one, and others for none.
        if record_bytes != _ZIP64_END_RECORD.size - 12 or version > ZIP_VERSION_LIMIT:
            return False
        # zipfile writes a ZIP64 record from 2 GiB on, and the true numbers here as long as they fit. With any other
        # number than the true one or the marker, two readers would see two packs.
        real_numbers = (total_entries, directory_bytes, offset)
        markers = (_ZIP64_COUNT_MARKER, _ZIP64_MARKER, _ZIP64_MARKER)
        if any(
            said not in (real, marker) for said, real, marker in zip(said_numbers, real_numbers, markers, strict=True)
        ):
            return False
    return bool(
        directory_bytes <= constants.ZIP_DIRECTORY_LIMIT_BYTES
        and offset + directory_bytes <= directory_limit
        and disk == directory_disk == 0
        and disk_entries == total_entries == len(rows)
    )


def has_hidden_bytes(
    raw: BinaryIO, archive: zipfile.ZipFile, rows: list[zipfile.ZipInfo], headers: list[LocalHeader]
) -> bool:
    """Return whether the zip has bytes that are neither a member nor needed to read one.

    Some readers would see another pack in bytes before, between or after the members. A comment or an extra field can
    hold a text that no signature covers. What programs that pack a zip again write is allowed: a data descriptor after
    a member, and extra fields for its size, times and owner.
    """
    ordered_members = sorted(zip(rows, headers, strict=True), key=lambda member: member[0].header_offset)
    starts = [*(row.header_offset for row, _ in ordered_members), archive.start_dir]
    if starts[0] != 0 or archive.comment or not _ends_with_directory(raw, archive):
        return True
    if any(_has_odd_directory_row(row) for row in rows) or any(header.has_odd_extra for header in headers):
        return True
    return any(
        header.data_end is None or not _is_gap_right(raw, row, header.data_end, start)
        for (row, header), start in zip(ordered_members, starts[1:], strict=True)
    )


def _has_odd_directory_row(row: zipfile.ZipInfo) -> bool:
    """Return whether a member's row in the central directory has a comment, an odd extra field, or untrue ZIP64 sizes."""
    numbers = (row.file_size, row.compress_size, row.header_offset)
    zip64_contents = {
        _pack_sizes(*chosen) for count in range(len(numbers) + 1) for chosen in itertools.combinations(numbers, count)
    }
    return (
        bool(row.comment)
        or has_odd_extra(row.extra)
        or any(kind == _ZIP64_FIELD and content not in zip64_contents for kind, content in _extra_fields(row.extra))
    )


def _is_gap_right(raw: BinaryIO, row: zipfile.ZipInfo, start: int, end: int) -> bool:
    """Return whether between a member's data and what follows there is nothing, or its data descriptor if it has one."""
    if not row.flag_bits & 0x8:
        return start == end
    if not 0 < end - start <= _DESCRIPTOR_LIMIT_BYTES:
        return False
    raw.seek(start)
    numbers = (row.CRC, row.compress_size, row.file_size)
    descriptors = [struct.pack("<L", row.CRC) + _pack_sizes(row.compress_size, row.file_size)]
    if max(numbers) <= _ZIP64_MARKER:
        descriptors.append(struct.pack("<3L", *numbers))
    # Programs differ in whether they write the signature, and in the width of the sizes.
    return raw.read(end - start) in (*descriptors, *(b"PK\x07\x08" + descriptor for descriptor in descriptors))


def is_deflate_stream_whole(raw: BinaryIO, start: int, packed_bytes: int, size: int) -> bool:
    """Return whether a deflate stream ends exactly where the data of its member do.

    zipfile ignores bytes after the stream; browsers refuse them. Raise zlib.error for bytes that are no such stream.
    """
    decompressor = zlib.decompressobj(-zlib.MAX_WBITS)
    raw.seek(start)
    remaining_bytes = packed_bytes
    while not decompressor.eof:
        if not (packed := decompressor.unconsumed_tail):
            packed = raw.read(min(remaining_bytes, _CHUNK_BYTES))
            remaining_bytes -= len(packed)
        # The output is bounded by the claimed size, which hashing compared already; this bounds the memory.
        unpacked = decompressor.decompress(packed, _CHUNK_BYTES)
        size -= len(unpacked)
        if size < 0 or (not unpacked and not packed):
            return False
    return not size and not remaining_bytes and not decompressor.unused_data and not decompressor.unconsumed_tail


def read_local_header(raw: BinaryIO, row: zipfile.ZipInfo) -> LocalHeader:
    """Compare a member's local header with its row in the central directory.

    Some programs use the local header when they unpack, its name included.
    """
    raw.seek(min(max(0, row.header_offset), _OFFSET_LIMIT_BYTES))
    header = raw.read(_LOCAL_HEADER.size)
    if len(header) != _LOCAL_HEADER.size or not header.startswith(b"PK\x03\x04"):
        return LocalHeader()
    _, version, flags, method, _, _, crc, compressed_size, size, name_bytes, extra_bytes = _LOCAL_HEADER.unpack(header)
    name = raw.read(name_bytes)
    local_sizes, listed_sizes = (crc, compressed_size, size), (row.CRC, row.compress_size, row.file_size)
    permitted_values = (_ZIP64_MARKER, 0) if flags & 0x8 else (_ZIP64_MARKER,)
    is_same_checksum = local_sizes[0] == listed_sizes[0] or (flags & 0x8 and not local_sizes[0])
    is_as_listed = is_same_checksum and all(
        local_size == listed_size or local_size in permitted_values
        for local_size, listed_size in zip(local_sizes[1:], listed_sizes[1:], strict=True)
    )
    is_as_listed = bool(is_as_listed) and method == row.compress_type and flags == row.flag_bits
    is_as_listed = is_as_listed and name == _raw_listed_name(row)
    # zipfile reads the second byte of the version apart. Programs that do not take the member for a newer one's.
    listed_version = row.extract_version | row.reserved << 8
    is_as_listed = is_as_listed and max(version, listed_version) <= ZIP_VERSION_LIMIT
    extra = raw.read(extra_bytes)
    is_as_listed = is_as_listed and _are_local_zip64_sizes_as_listed(extra, local_sizes[1:], row, flags)
    # Readers differ on every other flag.
    is_as_listed = is_as_listed and not flags & ~constants.ZIP_KNOWN_FLAG_BITS
    # Some readers take all bytes of a member that is not packed, others only as many as its size says.
    is_as_listed = is_as_listed and (method != zipfile.ZIP_STORED or row.compress_size == row.file_size)
    data_end = row.header_offset + _LOCAL_HEADER.size + int(name_bytes) + int(extra_bytes) + row.compress_size
    return LocalHeader(data_end, is_as_listed, has_unicode_path(extra), has_odd_extra(extra))


def _raw_listed_name(row: zipfile.ZipInfo) -> bytes:
    """Return the bytes of a name in the central directory, which zipfile decodes by the flag for UTF-8."""
    return row.orig_filename.encode("utf-8" if row.flag_bits & _UTF8_FLAG else "cp437")


def has_unicode_path(extra: bytes) -> bool:
    """Return whether an extra field gives the member another name, which some readers would use."""
    return any(kind == _UNICODE_PATH_FIELD for kind, _ in _extra_fields(extra))


def has_odd_extra(extra: bytes) -> bool:
    """Return whether extra fields hold more than the size, the times and the owner, each once and as short as usual."""
    fields = list(_extra_fields(extra))
    kinds = [kind for kind, _ in fields]
    return (
        len(set(kinds)) != len(kinds)
        or not set(kinds) <= set(constants.ZIP_KNOWN_EXTRA_KINDS)
        or any(len(content) > constants.ZIP_EXTRA_FIELD_LIMIT_BYTES for _, content in fields)
        or sum(4 + length for length in _extra_lengths(extra)) != len(extra)
    )


def _extra_lengths(extra: bytes) -> Iterator[int]:
    """Yield the length that each extra field says it has."""
    position = 0
    while position + 4 <= len(extra):
        (length,) = struct.unpack_from("<2xH", extra, position)
        yield length
        position += 4 + length


def _extra_fields(extra: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the kind and content of each extra field. The content of the last one may be cut off."""
    position = 0
    while position + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, position)
        yield kind, extra[position + 4 : position + 4 + length]
        position += 4 + length


def _are_local_zip64_sizes_as_listed(extra: bytes, sizes: Sequence[int], row: zipfile.ZipInfo, flags: int) -> bool:
    """Return whether the sizes in a local header's ZIP64 field are those listed. `sizes`: packed, then unpacked.

    Readers that go from member to member use them instead of the central directory.
    """
    contents = [content for kind, content in _extra_fields(extra) if kind == _ZIP64_FIELD]
    marked = [
        listed for said, listed in zip(sizes, (row.compress_size, row.file_size), strict=True) if said == _ZIP64_MARKER
    ]
    if not contents:
        # A member can be one byte shorter than 4 GiB.
        return all(listed == _ZIP64_MARKER for listed in marked)
    # The field has both sizes, or as some programs write it, those that do not fit; unpacked first.
    permitted_contents = [_pack_sizes(row.file_size, row.compress_size)]
    permitted_contents += [_pack_sizes(*reversed(marked))] if marked else []
    permitted_contents += [bytes(16)] if flags & 0x8 else []
    return contents[0] in permitted_contents


def _pack_sizes(*numbers: int) -> bytes:
    """Return numbers as a ZIP64 field has them; one that is too large for it wraps, and equals no field that is read."""
    return b"".join(struct.pack("<Q", number % (1 << 64)) for number in numbers)


def _ends_with_directory(raw: BinaryIO, archive: zipfile.ZipFile) -> bool:
    """Return whether the file ends directly after the central directory and its end record."""
    raw.seek(0, io.SEEK_END)
    size = raw.tell()
    raw.seek(max(0, size - _END_RECORD_MIN_BYTES))
    tail = raw.read()
    return tail.startswith(b"PK\x05\x06") and size >= archive.start_dir + _END_RECORD_MIN_BYTES
