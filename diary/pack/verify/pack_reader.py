"""Safe opening of a pack from its zip or folder: names are checked before reading, and every member is hashed.

A copy of the servable folder alone is accepted too, and marked as such.
"""

import collections
import os
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, BinaryIO, Final

from diary import constants
from diary.pack.bag.manifest import RESTRICTED_PREFIX, SERVABLE_PREFIX, MemberDigests, StreamHasher
from diary.pack.bag.zip_headers import (
    DOS_DIRECTORY_FLAG,
    DOS_SKIPPED_FLAGS,
    LocalHeader,
    has_hidden_bytes,
    has_unicode_path,
    is_deflate_stream_whole,
    is_directory_contiguous,
    is_end_record_right,
    listed_name,
    name_spelling,
    read_local_header,
)
from diary.pack.verify.findings import Finding, make_finding
from diary.pack.verify.pack_root import (
    BAG_INFO_FILENAME,
    PART_PREFIXES,
    PackRoot,
    find_root,
    folder_in_bag_info,
    is_beside,
    is_other_form,
    is_plain_name,
    is_zip_beside,
    pack_among_others,
)
from diary.pack.verify.system_files import (
    file_names,
    folders_above,
    is_system_file,
    is_system_filename,
    size_limit_bytes,
)
from diary.record.reading import RecordFields

MEMBERS_LIMIT: Final = constants.PACK_MEMBERS_LIMIT
TOTAL_LIMIT_BYTES: Final = constants.PACK_TOTAL_LIMIT_BYTES
COMPRESSION_RATIO_LIMIT: Final = constants.PACK_RATIO_LIMIT
COMPRESSION_ALLOWANCE_BYTES: Final = constants.PACK_ALLOWANCE_BYTES
CHUNK_BYTES: Final = 1 << 20
# Members that are read as a whole: proofs, manifests, tables, and single PDFs.
READ_LIMIT_BYTES: Final = constants.PACK_MEMBER_LIMIT_BYTES
# Java packs folders too.
_EMPTY_DEFLATE_STREAM: Final = b"\x03\x00"
_PATH_PATTERN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}(?:/[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}){0,6}")
# Exceptions of zipfile for a modified file: NotImplementedError for an unsupported version or compression, RuntimeError
# for a member marked as encrypted.
ZIP_ERRORS: Final = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError)


@dataclass(frozen=True, slots=True)
class ZippedMember:
    """A row of an opened zip. `data_end`: offset of the end of its data, None for one without a local header."""

    archive: zipfile.ZipFile
    row: zipfile.ZipInfo
    data_end: int | None


MemberSource = ZippedMember | Path


@dataclass(frozen=True, slots=True)
class FileBeside:
    """A slip or a timestamp that was given with a pack."""

    name: str
    source: MemberSource


@dataclass(slots=True)
class OpenedPack:
    """An opened pack: members by path in its folder, with their digests. `findings`: faults found on the way.

    `is_servable_only`: it has the servable part and nothing of the restricted one. `set_digests`: of a portal set, the
    files of the set by name; None for a pack in its folder. `folder` is "" for a portal set. `unreadable_parts`: those
    zips of a portal set that cannot be read. `beside`: the slips and timestamps that were given with the pack.
    `record`: 12_record.json, once it was read (`read_record`).
    """

    folder: str
    archives: list[zipfile.ZipFile] = field(default_factory=list)
    digests: dict[str, MemberDigests] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    sources: dict[str, MemberSource] = field(default_factory=dict)
    is_servable_only: bool = False
    set_digests: dict[str, MemberDigests] | None = None
    unreadable_parts: set[str] = field(default_factory=set)
    beside: list[FileBeside] = field(default_factory=list)
    record: RecordFields | None = None

    @property
    def is_portal_set(self) -> bool:
        """Return whether these are the files of a portal set, which stand in no folder."""
        return self.set_digests is not None

    @property
    def is_part_folder(self) -> bool:
        """Return whether the folder is not the pack's own: a part of it, or none."""
        return self.is_portal_set or self.folder in PART_PREFIXES

    def read(self, path: str) -> bytes | None:
        """Return a member; None if it is absent, too large or damaged (which has a finding already)."""
        if path not in self.digests or self.digests[path].size_bytes > READ_LIMIT_BYTES:
            return None
        with self.open_member(self.sources[path]) as member:
            return member.read()

    def open_member(self, source: MemberSource) -> IO[bytes]:
        """Open a member."""
        return open_source(source)

    def close(self) -> None:
        """Close every zip."""
        for archive in self.archives:
            archive.close()

    def add_member(self, path: str, source: MemberSource) -> None:
        """Hash one member. One that cannot be read gets a finding."""
        try:
            self.digests[path] = hash_member(source)
            self.sources[path] = source
        except ZIP_ERRORS:
            self.findings.append(make_finding("damaged", path))

    def finish(self) -> "OpenedPack":
        """Return the pack, once every member was added."""
        # A file that a computer added, and a folder by itself, are no part of a pack.
        findings = [finding for finding in self.findings if finding.code != "system_file"]
        names = (*self.digests, *(finding.member or "" for finding in findings))
        names = tuple(name for name in names if not name.endswith("/"))
        self.is_servable_only = any(name.startswith(SERVABLE_PREFIX) for name in names) and not any(
            name.startswith(RESTRICTED_PREFIX) for name in names
        )
        return self


def has_too_many_values(raw: bytes) -> bool:
    """Return whether JSON has more values than a pack's does: they would fill the memory before anything is judged."""
    return sum(map(raw.count, (b",", b"[", b"{"))) > constants.PACK_JSON_TOKENS_LIMIT


def open_source(source: MemberSource) -> IO[bytes]:
    """Open a member.

    Zip members are opened by row: by name, zipfile would read the last of two members of one name, while the first
    was hashed.
    """
    return source.open("rb") if isinstance(source, Path) else source.archive.open(source.row)


def size_of(source: MemberSource) -> int:
    """Return the size of a member, as claimed. Raise OSError for a file that is gone."""
    return source.lstat().st_size if isinstance(source, Path) else source.row.file_size


@dataclass(frozen=True, slots=True)
class CandidateMember:
    """A file before it is checked.

    `is_name_exact`: the name is complete, as in the zip, and the only one. `is_header_as_listed`: its local header
    agrees with the central directory.
    """

    name: str
    source: MemberSource
    is_name_exact: bool = True
    is_file: bool = True
    is_header_as_listed: bool = True


@dataclass(frozen=True, slots=True)
class ReadZip:
    """A zip whose list of members was judged.

    `has_hidden_bytes`: some of its bytes belong to no member. `empty_folders`: names of folders in which nothing is.
    """

    archive: zipfile.ZipFile
    members: list[CandidateMember]
    has_hidden_bytes: bool
    empty_folders: list[str]


def open_pack(path: Path) -> OpenedPack | list[Finding]:
    """Open and hash a pack, or return the findings that make it unreadable. The caller closes the pack."""
    return _open_folder(path) if path.is_dir() else _open_zip(path)


def read_zip(path: Path) -> ReadZip | list[Finding]:
    """Read the list of a zip, or return the findings that make it unreadable. The caller closes the archive."""
    try:
        archive = zipfile.ZipFile(path)
    except ZIP_ERRORS:
        return [make_finding("not_a_pack")]
    rows = archive.infolist()
    with path.open("rb") as raw:
        is_directory_sound = is_end_record_right(raw, rows) and is_directory_contiguous(raw, archive, rows)
        if refusals := _refusals(rows) if is_directory_sound else [make_finding("not_a_pack")]:
            archive.close()
            return refusals
        headers = [read_local_header(raw, row) for row in rows]
        is_hiding = has_hidden_bytes(raw, archive, rows, headers)
        folders = [_is_folder_row(raw, row, header) for row, header in zip(rows, headers, strict=True)]
    spellings = {name_spelling(row) for row in rows if not listed_name(row).isascii()}
    members = [
        _zip_member(archive, row, header, is_spelling_clear=len(spellings) <= 1)
        for row, header in zip(rows, headers, strict=True)
    ]
    files, empty_folders = _without_folders(members, folders)
    return ReadZip(archive, files, is_hiding, empty_folders)


def _without_folders(members: list[CandidateMember], folders: list[bool]) -> tuple[list[CandidateMember], list[str]]:
    """Return the members without those that are folders by themselves, and the names of the empty ones.

    `folders`: which of them are folders. One counts as a member if its name stands twice, is the name of a file, or is
    written in another way by some programs.
    """
    counts = collections.Counter(member.name.lower().removesuffix("/") for member in members)
    files = {member.name for member, is_folder in zip(members, folders, strict=True) if not is_folder}
    above = {folder for name in files for folder in folders_above(name)}
    others, empty_folders = list[CandidateMember](), list[str]()
    for member, is_folder in zip(members, folders, strict=True):
        is_plain = member.name in above or all(is_plain_name(name) for name in member.name.split("/")[:-1])
        if not is_folder or not is_plain or counts[member.name.lower().removesuffix("/")] > 1:
            others.append(member)
        elif member.name not in above:
            empty_folders.append(member.name)
    return others, empty_folders


def _is_folder_row(raw: BinaryIO, row: zipfile.ZipInfo, header: LocalHeader) -> bool:
    """Return whether a row is of a folder by itself. Programs that pack a folder again write one for each."""
    kind = stat.S_IFMT(row.external_attr >> 16)
    return (
        header.data_end is not None
        and header.is_as_listed
        and not header.has_other_name
        and listed_name(row).endswith("/")
        and "\0" not in row.orig_filename
        and not has_unicode_path(row.extra)
        and not row.flag_bits & 0x1
        and not row.volume
        and kind in (0, stat.S_IFDIR)
        and row.create_system in constants.ZIP_KNOWN_HOST_KINDS
        and row.file_size == row.CRC == 0
        and row.compress_size <= len(_EMPTY_DEFLATE_STREAM)
        and _packed_bytes(raw, row, header.data_end) in (b"", _EMPTY_DEFLATE_STREAM)
    )


def _packed_bytes(raw: BinaryIO, row: zipfile.ZipInfo, data_end: int) -> bytes:
    raw.seek(data_end - row.compress_size)
    return raw.read(row.compress_size)


def _open_zip(path: Path) -> OpenedPack | list[Finding]:
    """Open a pack's zip."""
    opened = read_zip(path)
    if isinstance(opened, list):
        return opened
    findings = [make_finding("hidden")] if opened.has_hidden_bytes else []
    findings += [make_finding("empty_folder", name) for name in opened.empty_folders]
    pack = _hash_members(opened.members, archives=[opened.archive], findings=findings)
    if isinstance(pack, list):
        opened.archive.close()
    return pack


def _zip_member(
    archive: zipfile.ZipFile, row: zipfile.ZipInfo, header: LocalHeader, *, is_spelling_clear: bool
) -> CandidateMember:
    """Return one row of a zip under its name in the central directory.

    `is_spelling_clear`: programs choose the same letters for all names that are not ASCII.
    """
    kind = stat.S_IFMT(row.external_attr >> 16)
    is_file = not listed_name(row).endswith("/") and kind in (0, stat.S_IFREG) and not row.flag_bits & 0x1
    is_file = is_file and not row.external_attr & (DOS_DIRECTORY_FLAG | DOS_SKIPPED_FLAGS) and not row.volume
    # Of a system that it does not know, a program may take a file for something else.
    is_file = is_file and row.create_system in constants.ZIP_KNOWN_HOST_KINDS
    is_name_exact = "\0" not in row.orig_filename and not header.has_other_name and not has_unicode_path(row.extra)
    is_name_exact = is_name_exact and (is_spelling_clear or listed_name(row).isascii())
    return CandidateMember(
        listed_name(row),
        ZippedMember(archive, row, header.data_end),
        is_name_exact,
        is_file,
        header.data_end is None or header.is_as_listed,
    )


def _open_folder(path: Path) -> OpenedPack | list[Finding]:
    """Open an unpacked pack. No link is followed."""
    root = path.resolve()
    members = sorted(_folder_members(root), key=lambda member: member.name)
    if not members:
        return [make_finding("not_a_pack")]
    if len(members) > MEMBERS_LIMIT:
        return [make_finding("too_many")]
    if sum(member.source.lstat().st_size for member in members if isinstance(member.source, Path)) > TOTAL_LIMIT_BYTES:
        return [make_finding("too_large")]
    return _hash_members(members)


def _folder_members(root: Path) -> Iterator[CandidateMember]:
    """Yield every file below a folder; links are yielded as such."""
    for folder, folders, names in os.walk(root):
        for name in (*names, *(subfolder for subfolder in folders if (Path(folder) / subfolder).is_symlink())):
            path = Path(folder) / name
            is_file = stat.S_ISREG(path.lstat().st_mode)
            yield CandidateMember(f"{root.name}/{path.relative_to(root).as_posix()}", path, is_file=is_file)


def _hash_members(
    members: list[CandidateMember], archives: Sequence[zipfile.ZipFile] = (), findings: Sequence[Finding] = ()
) -> OpenedPack | list[Finding]:
    """Hash every valid member and return the pack; return the finding about files that are none."""
    findings = list(findings)
    members = without_system_files(members, findings)
    if not members:
        return [make_finding("not_a_pack")]
    names = [member.name for member in members]
    root = find_root(names)
    if (root is None or root.folder in PART_PREFIXES) and is_other_form(names):
        return [make_finding("unpack_first", names[0])]
    # Only what is in a zip with a pack was packed with it, and may pass for a part of it.
    if not archives and (pack_name := pack_among_others(names, root)) is not None:
        return [make_finding("choose_pack", pack_name or None)]
    if root is not None and not root.folder:
        root = PackRoot(root.prefix, _folder_in_bag_info(members, root))
        findings.append(make_finding("renamed"))
    if root is None or not root.folder:
        top = names[0].partition("/")[0]
        root = PackRoot(f"{top}/", top)
        findings.append(make_finding("no_folder", names[0]))
    pack = OpenedPack(root.folder, list(archives), findings=findings)
    counts = collections.Counter(name.lower() for name in names)
    others = list[CandidateMember]()
    for member in members:
        is_sound = member.is_file and member.is_name_exact and member.is_header_as_listed
        is_single = is_sound and counts[member.name.lower()] == 1
        if is_single and is_beside(member.name, root):
            pack.beside.append(FileBeside(member.name, member.source))
        elif is_single and is_zip_beside(member.name, root):
            pack.findings.append(make_finding("zip_beside", member.name))
        else:
            others.append(member)
    for member, path in _sound_members(pack, others, root):
        pack.add_member(path, member.source)
    return pack.finish()


def _folder_in_bag_info(members: list[CandidateMember], root: PackRoot) -> str:
    """Return the name of the pack in its bag-info.txt; "" if it has none or is damaged."""
    for member in members:
        if member.name == f"{root.prefix}{BAG_INFO_FILENAME}" and member.is_file and member.is_header_as_listed:
            try:
                if size_of(member.source) > constants.BAG_INFO_LIMIT_BYTES:
                    return ""
                hash_member(member.source)
                with open_source(member.source) as opened:
                    return folder_in_bag_info(opened.read())
            except ZIP_ERRORS:
                return ""
    return ""


def without_system_files(
    members: list[CandidateMember], findings: list[Finding], names_beside: Sequence[str] = ()
) -> list[CandidateMember]:
    """Return the members that no computer added, and add a finding for each of the others.

    `names_beside`: of files that are here and are no members.
    """
    names = {name.lower() for name in file_names([*names_beside, *(member.name for member in members)])}
    counts = collections.Counter(member.name.lower() for member in members)
    others = list[CandidateMember]()
    for member in members:
        if counts[member.name.lower()] == 1 and _is_system_file(member, names):
            findings.append(make_finding("system_file", member.name))
        else:
            others.append(member)
    return others


def _is_system_file(member: CandidateMember, names: Set[str]) -> bool:
    """Return whether a computer added this file. It is read whole, so that no program unpacks anything else.

    `names`: of all files that are here, in lower case.
    """
    source = member.source
    if not (is_system_filename(member.name) and member.is_file and member.is_name_exact and member.is_header_as_listed):
        return False
    if size_of(source) > size_limit_bytes(member.name):
        return False
    try:
        hash_member(source)
        with open_source(source) as opened:
            return is_system_file(member.name, opened.read(), names)
    except ZIP_ERRORS:
        return False


def _refusals(rows: list[zipfile.ZipInfo]) -> list[Finding]:
    """Return the findings that forbid reading the zip at all."""
    if not rows:
        return [make_finding("not_a_pack")]
    if len(rows) > MEMBERS_LIMIT:
        return [make_finding("too_many")]
    total = sum(row.file_size for row in rows)
    # One member may be packed tightly: a silent recording is. All together may not.
    packed_total = sum(row.compress_size for row in rows)
    is_zip_bomb = total > COMPRESSION_RATIO_LIMIT * packed_total + COMPRESSION_ALLOWANCE_BYTES
    return [make_finding("too_large")] if total > TOTAL_LIMIT_BYTES or is_zip_bomb else []


def _sound_members(
    pack: OpenedPack, members: list[CandidateMember], root: PackRoot
) -> Iterator[tuple[CandidateMember, str]]:
    """Yield the ordinary files of the pack's folder with their paths in the pack; add findings for the others."""
    seen_names: set[str] = set()
    for member in members:
        path = member.name.removeprefix(root.prefix)
        code = fault_code(member, path, is_in_folder=member.name.startswith(root.prefix))
        if code is None and member.name.lower() in seen_names:
            code = "twice"
        seen_names.add(member.name.lower())
        if code is None:
            yield member, PART_PREFIXES.get(pack.folder, "") + path
        else:
            pack.findings.append(make_finding(code, path or member.name))


def fault_code(member: CandidateMember, path: str, *, is_in_folder: bool = True) -> str | None:
    """Return why a member is not an ordinary file of the pack, or None."""
    if not _PATH_PATTERN.fullmatch(path) or ".." in member.name or not member.is_name_exact:
        return "bad_name"
    if not is_in_folder:
        return "no_folder"
    if not member.is_file:
        return "not_a_file"
    return None if member.is_header_as_listed else "damaged"


def hash_member(source: MemberSource) -> MemberDigests:
    """Return a member's digests; reading it to the end also checks its CRC. Raise one of ZIP_ERRORS."""
    claimed_size = size_of(source)
    if isinstance(source, ZippedMember) and source.row.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError("compressed with a method that browsers do not support")
    hasher = StreamHasher()
    with open_source(source) as member:
        while chunk := member.read(CHUNK_BYTES):
            hasher.update(chunk)
            if hasher.size_bytes > claimed_size:
                raise ValueError("longer than its stated size")
    if hasher.size_bytes != claimed_size:
        raise ValueError("shorter than its stated size")
    if isinstance(source, ZippedMember) and not _is_packed_data_whole(source):
        raise ValueError("with bytes after its packed data")
    return hasher.digests()


def _is_packed_data_whole(source: ZippedMember) -> bool:
    row = source.row
    if row.compress_type != zipfile.ZIP_DEFLATED or source.data_end is None:
        return True
    with Path(str(source.archive.filename)).open("rb") as raw:
        return is_deflate_stream_whole(raw, source.data_end - row.compress_size, row.compress_size, row.file_size)
