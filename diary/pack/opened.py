"""A pack's zip, opened with care: names judged before anything is read, every member hashed as it passes."""

import io
import re
import stat
import struct
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

from diary.pack.findings import Finding, find
from diary.pack.manifest import Digests, Hashing

MEMBERS: Final = 60_000
TOTAL_BYTES: Final = 64 << 30
RATIO: Final = 200
CHUNK: Final = 1 << 20
# What is read whole: proofs, lists, tables, and one PDF.
WHOLE_BYTES: Final = 512 << 20
_LOCAL: Final = struct.Struct("<4s5H3I2H")
_END: Final = 22
_DESCRIPTORS: Final = (12, 16, 20, 24)
_FOLDER = re.compile(r"PACK_[A-Z]{1,4}_[1-9][0-9]{0,4}_[0-9]{8}")
_PATH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}(?:/[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}){0,6}")
_BROKEN: Final = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError)


@dataclass(slots=True)
class OpenedPack:
    """The members by path inside the pack's folder, with their digests. `findings`: what was wrong on the way."""

    archive: zipfile.ZipFile
    folder: str
    digests: dict[str, Digests] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    rows: dict[str, zipfile.ZipInfo] = field(default_factory=dict)

    def read(self, path: str) -> bytes | None:
        """A member whole; None when it is absent, too large or damaged (which has been found already)."""
        if path not in self.digests or self.digests[path].size > WHOLE_BYTES:
            return None
        # By its row: by its name the last of two would be read, where the first was hashed.
        return self.archive.read(self.rows[path])


def open_pack(path: Path) -> OpenedPack | list[Finding]:
    """Open and hash a pack, or the findings that make it no pack at all. The caller closes `archive`."""
    try:
        archive = zipfile.ZipFile(path)
    except _BROKEN:
        return [find("not_a_pack")]
    rows = archive.infolist()
    if refused := _refuse(rows):
        archive.close()
        return refused
    pack = OpenedPack(archive, rows[0].filename.partition("/")[0])
    if _hides(path, archive, rows):
        pack.findings.append(find("hidden"))
    for row in _sound(pack, rows):
        inside = row.filename.removeprefix(f"{pack.folder}/")
        try:
            pack.digests[inside] = _hash(archive, row)
            pack.rows[inside] = row
        except _BROKEN:
            pack.findings.append(find("damaged", inside))
    return pack


def _refuse(rows: list[zipfile.ZipInfo]) -> list[Finding]:
    """Reasons not to read anything at all."""
    if not rows:
        return [find("not_a_pack")]
    if len(rows) > MEMBERS:
        return [find("too_many")]
    total = sum(row.file_size for row in rows)
    tight = any(row.file_size > RATIO * max(1, row.compress_size) + CHUNK for row in rows)
    return [find("too_large")] if total > TOTAL_BYTES or tight else []


def _hides(path: Path, archive: zipfile.ZipFile, rows: list[zipfile.ZipInfo]) -> bool:
    """Whether something lies before, between or after the members: readers that start elsewhere would see another pack.

    A descriptor after a member is allowed, since tools that pack a zip again write them.
    """
    ordered = sorted(rows, key=lambda one: one.header_offset)
    starts = [*(row.header_offset for row in ordered), archive.start_dir]
    if starts[0] != 0 or archive.comment:
        return True
    try:
        with path.open("rb") as raw:
            gaps = [start - _end_of(raw, row) for row, start in zip(ordered, starts[1:], strict=True)]
            return not _ends(raw, archive) or any(
                gap not in (_DESCRIPTORS if row.flag_bits & 0x8 else (0,)) for row, gap in zip(ordered, gaps, strict=True)
            )
    except _BROKEN:
        return True


def _end_of(raw: BinaryIO, row: zipfile.ZipInfo) -> int:
    """Where a member's bytes end. Raises ValueError when there is no member."""
    raw.seek(row.header_offset)
    head = raw.read(_LOCAL.size)
    if len(head) != _LOCAL.size or not head.startswith(b"PK\x03\x04"):
        raise ValueError("no member")
    *_, names, extra = _LOCAL.unpack(head)
    return row.header_offset + _LOCAL.size + int(names) + int(extra) + row.compress_size


def _ends(raw: BinaryIO, archive: zipfile.ZipFile) -> bool:
    """Whether the file ends with the list of members and its end record, and nothing after them."""
    raw.seek(0, io.SEEK_END)
    size = raw.tell()
    raw.seek(max(0, size - _END))
    tail = raw.read()
    return tail.startswith(b"PK\x05\x06") and size >= archive.start_dir + _END


def _sound(pack: OpenedPack, rows: list[zipfile.ZipInfo]) -> list[zipfile.ZipInfo]:
    """The rows that are ordinary files of one folder; the others are found."""
    if not _FOLDER.fullmatch(pack.folder):
        pack.findings.append(find("no_folder", _printable(rows[0].filename)))
    seen: set[str] = set()
    sound: list[zipfile.ZipInfo] = []
    for row in rows:
        folder, _, inside = row.filename.partition("/")
        name = _printable(inside or row.filename)
        code = _fault(row, inside, folder == pack.folder)
        if code is None and row.filename.lower() in seen:
            code = "twice"
        seen.add(row.filename.lower())
        if code is None:
            sound.append(row)
        else:
            pack.findings.append(find(code, name))
    return sound


def _fault(row: zipfile.ZipInfo, inside: str, is_in_folder: bool) -> str | None:
    """Why a row is no ordinary file of the pack."""
    # Python shortens a name at a zero byte and turns backslashes; what stood in the file is `orig_filename`.
    if not _PATH.fullmatch(inside) or ".." in row.orig_filename or row.orig_filename != row.filename:
        return "bad_name"
    if not is_in_folder:
        return "no_folder"
    kind = stat.S_IFMT(row.external_attr >> 16)
    if row.is_dir() or kind not in (0, stat.S_IFREG) or row.flag_bits & 0x1:
        return "not_a_file"
    return None


def _printable(name: str) -> str:
    """A name that can be shown on a terminal."""
    return "".join(letter if " " <= letter <= "~" else "?" for letter in name)[:200]


def _hash(archive: zipfile.ZipFile, row: zipfile.ZipInfo) -> Digests:
    """A member's digests, its checksum included."""
    if row.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError("packed in a way that browsers do not read")
    passing = Hashing()
    with archive.open(row) as member:
        while chunk := member.read(CHUNK):
            passing.update(chunk)
            if passing.size > row.file_size:
                raise ValueError("longer than it says")
    if passing.size != row.file_size:
        raise ValueError("shorter than it says")
    return passing.done()
