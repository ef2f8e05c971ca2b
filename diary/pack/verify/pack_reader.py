"""A pack opened with care, from its zip or its folder: names judged before anything is read, every member hashed as it passes.

Somebody who was given the one folder that may be served has a pack too: it is opened as what it is, and says so.
"""

import os
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

from diary import constants
from diary.pack.bag.manifest import APART, SERVABLE, Digests, Hashing
from diary.pack.bag.zip_headers import (
    DOS_FOLDER,
    Header,
    gives_other_name,
    header_of,
    hides,
    is_counted,
    is_walked,
    name_of,
)
from diary.pack.verify.findings import Finding, find

MEMBERS: Final = constants.PACK_MEMBERS_LIMIT
TOTAL_BYTES: Final = constants.PACK_TOTAL_LIMIT_BYTES
RATIO: Final = constants.PACK_RATIO_LIMIT
CHUNK: Final = 1 << 20
# What is read whole: proofs, lists, tables, and one PDF.
WHOLE_BYTES: Final = constants.PACK_MEMBER_LIMIT_BYTES
_FOLDER = re.compile(r"PACK_[A-Z]{1,4}_[1-9][0-9]{0,4}_[0-9]{8}")
_PATH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}(?:/[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}){0,6}")
# What the folder may be called where only a part of a pack was copied, and where in the pack that part lies.
_PARTS: Final = {"data": "data/", "servable": SERVABLE}
# What zipfile raises for a file that was changed: NotImplementedError for a version or a compression that it does not know,
# RuntimeError for a member that is marked as encrypted.
ZIP_ERRORS: Final = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError)


Source = zipfile.ZipInfo | Path


@dataclass(slots=True)
class OpenedPack:
    """The members by path inside the pack's folder, with their digests. `findings`: what was wrong on the way.

    `alone`: the servable part by itself, with nothing of the restricted one.
    """

    folder: str
    archive: zipfile.ZipFile | None = None
    digests: dict[str, Digests] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    sources: dict[str, Source] = field(default_factory=dict)
    alone: bool = False

    @property
    def is_part(self) -> bool:
        """Whether its folder is one of a pack's and not the pack's own."""
        return self.folder in _PARTS

    def read(self, path: str) -> bytes | None:
        """A member whole; None when it is absent, too large or damaged (which has been found already)."""
        if path not in self.digests or self.digests[path].size > WHOLE_BYTES:
            return None
        with self.stream(self.sources[path]) as member:
            return member.read()

    def stream(self, source: Source) -> IO[bytes]:
        """A member's bytes. By its row: by its name the last of two would be read, where the first was hashed."""
        if isinstance(source, Path):
            return source.open("rb")
        assert self.archive
        return self.archive.open(source)

    def close(self) -> None:
        """Let go of the zip."""
        if self.archive:
            self.archive.close()


@dataclass(frozen=True, slots=True)
class _Member:
    """A file before it is judged. `is_as_written`: its name is the one that stood in the zip, whole, and it has no other.

    `agrees`: its own header says what the zip's list says of it.
    """

    name: str
    source: Source
    is_as_written: bool = True
    is_file: bool = True
    agrees: bool = True


def open_pack(path: Path) -> OpenedPack | list[Finding]:
    """Open and hash a pack, or the findings that make it no pack at all. The caller closes it."""
    return _open_folder(path) if path.is_dir() else _open_zip(path)


def _open_zip(path: Path) -> OpenedPack | list[Finding]:
    """A pack's zip."""
    try:
        archive = zipfile.ZipFile(path)
    except ZIP_ERRORS:
        return [find("not_a_pack")]
    rows = archive.infolist()
    with path.open("rb") as raw:
        is_list = is_counted(raw, rows) and is_walked(raw, archive, rows)
        if refused := _refuse(rows) if is_list else [find("not_a_pack")]:
            archive.close()
            return refused
        pack = OpenedPack(name_of(rows[0]).partition("/")[0], archive)
        headers = [header_of(raw, row) for row in rows]
        if hides(raw, archive, rows, headers):
            pack.findings.append(find("hidden"))
    return _filled(pack, [_member(row, header) for row, header in zip(rows, headers, strict=True)])


def _member(row: zipfile.ZipInfo, header: Header) -> _Member:
    """One row of a zip, by the name in the zip's list."""
    kind = stat.S_IFMT(row.external_attr >> 16)
    is_file = not name_of(row).endswith("/") and kind in (0, stat.S_IFREG) and not row.flag_bits & 0x1
    is_file = is_file and not row.external_attr & DOS_FOLDER and not row.volume
    is_named = row.orig_filename == name_of(row) and not header.renames and not gives_other_name(row.extra)
    return _Member(name_of(row), row, is_named, is_file, header.end is None or header.agrees)


def _open_folder(path: Path) -> OpenedPack | list[Finding]:
    """A folder that was taken out of its zip already. No link is followed."""
    root = path.resolve()
    members = sorted(_below(root), key=lambda one: one.name)
    if not members:
        return [find("not_a_pack")]
    if len(members) > MEMBERS:
        return [find("too_many")]
    if sum(one.source.lstat().st_size for one in members if isinstance(one.source, Path)) > TOTAL_BYTES:
        return [find("too_large")]
    return _filled(OpenedPack(root.name), members)


def _below(root: Path) -> Iterator[_Member]:
    """Every file below a folder, links as what they are."""
    for place, folders, names in os.walk(root):
        for name in (*names, *(one for one in folders if (Path(place) / one).is_symlink())):
            path = Path(place) / name
            is_file = stat.S_ISREG(path.lstat().st_mode)
            yield _Member(f"{root.name}/{path.relative_to(root).as_posix()}", path, is_file=is_file)


def _filled(pack: OpenedPack, members: list[_Member]) -> OpenedPack:
    """The pack with every sound member hashed."""
    for member, inside in _sound(pack, members):
        try:
            pack.digests[inside] = _hash(pack, member.source)
            pack.sources[inside] = member.source
        except ZIP_ERRORS:
            pack.findings.append(find("damaged", inside))
    names = (*pack.digests, *(one.member or "" for one in pack.findings))
    pack.alone = any(name.startswith(SERVABLE) for name in names) and not any(name.startswith(APART) for name in names)
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


def _sound(pack: OpenedPack, members: list[_Member]) -> Iterator[tuple[_Member, str]]:
    """The ordinary files of one folder with their paths in the pack; the others are found."""
    if not _FOLDER.fullmatch(pack.folder) and pack.folder not in _PARTS:
        pack.findings.append(find("no_folder", _printable(members[0].name)))
    seen: set[str] = set()
    for member in members:
        folder, _, inside = member.name.partition("/")
        code = _fault(member, inside, folder == pack.folder)
        if code is None and not member.agrees:
            code = "damaged"
        if code is None and member.name.lower() in seen:
            code = "twice"
        seen.add(member.name.lower())
        if code is None:
            yield member, _PARTS.get(folder, "") + inside
        else:
            pack.findings.append(find(code, _printable(inside or member.name)))


def _fault(member: _Member, inside: str, is_in_folder: bool) -> str | None:
    """Why a member is no ordinary file of the pack."""
    if not _PATH.fullmatch(inside) or ".." in member.name or not member.is_as_written:
        return "bad_name"
    if not is_in_folder:
        return "no_folder"
    return None if member.is_file else "not_a_file"


def _printable(name: str) -> str:
    """A name that can be shown on a terminal."""
    return "".join(letter if " " <= letter <= "~" else "?" for letter in name)[:200]


def _hash(pack: OpenedPack, source: Source) -> Digests:
    """A member's digests, its checksum included."""
    if isinstance(source, zipfile.ZipInfo) and source.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError("packed in a way that browsers do not read")
    claimed = source.lstat().st_size if isinstance(source, Path) else source.file_size
    passing = Hashing()
    with pack.stream(source) as member:
        while chunk := member.read(CHUNK):
            passing.update(chunk)
            if passing.size > claimed:
                raise ValueError("longer than it says")
    if passing.size != claimed:
        raise ValueError("shorter than it says")
    return passing.done()
