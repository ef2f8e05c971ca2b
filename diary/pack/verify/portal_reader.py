"""Opening of a portal set: its single files and the members of its zips, by their paths in the pack.

A set is a flat folder, or files given one by one: upload pages know no folders (docs/pack.md, "Portal set").
"""

import os
import re
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from diary import constants
from diary.pack.bag.manifest import EXPORT_PROOF_PATH, MANIFEST_FILENAME, RESTRICTED_PREFIX, SERVABLE_PREFIX
from diary.pack.bag.pack_statement import PACK_STATEMENT_PATH
from diary.pack.verify.findings import Finding, make_finding
from diary.pack.verify.pack_reader import (
    MEMBERS_LIMIT,
    TOTAL_LIMIT_BYTES,
    ZIP_ERRORS,
    CandidateMember,
    FileBeside,
    OpenedPack,
    ReadZip,
    fault_code,
    hash_member,
    open_pack,
    read_zip,
    without_system_files,
)
from diary.pack.verify.pack_root import BESIDE_PATTERN, PART_PATTERN, PART_PREFIXES
from diary.pack.verify.system_files import is_system_filename

# Files about the set, which are not listed in it.
LIST_FILES: Final = (MANIFEST_FILENAME, EXPORT_PROOF_PATH, PACK_STATEMENT_PATH)
STAMP_NAME: Final = "pack.tsr"
SLIP_NAME: Final = "receipt-slip.json"
# The single files of a set, by the folder of the pack that they come from.
_PREFIXES_BY_NAME: Final = (
    ("data/", re.compile(r"00_READ-FIRST\.txt")),
    (SERVABLE_PREFIX, re.compile(r"0[1-8]_(?!RESTRICTED_).+")),
    (RESTRICTED_PREFIX, re.compile(r"(?:06|10)_RESTRICTED_.+|12_record\.json")),
)


def open_given(paths: Sequence[Path]) -> OpenedPack | list[Finding]:
    """Open a pack (one zip or folder) or a portal set (a flat folder, or several files). The caller closes it.

    What comes beside a pack is given with it, or lies beside it under its own name. Return the findings that make it
    unreadable otherwise.
    """
    flat = _files_of_flat_folder(paths[0]) if len(paths) == 1 and paths[0].is_dir() else None
    files, beside = _split_beside(paths if flat is None else flat)
    own = [path for path in files if path.is_dir() or not is_system_filename(path.name)]
    if not own:
        return [make_finding("not_a_pack")]
    # A folder may have come from anybody, and a link in it leads to a file that did not come with it.
    if flat is not None and len(own) == 1 and not stat.S_ISREG(own[0].lstat().st_mode):
        return [make_finding("not_a_file", own[0].name)]
    if len(own) > 1 and _is_pack_among_others([path.name for path in own]):
        return [make_finding("choose_pack")]
    if len(own) > 1 or (flat is not None and PART_PATTERN.fullmatch(own[0].name)):
        opened = open_portal_set(files, beside)
    else:
        opened = open_pack(own[0])
        folder = own[0].absolute().parent
        beside += [folder / name for name in (STAMP_NAME, SLIP_NAME) if (folder / name).is_file()]
    if isinstance(opened, OpenedPack):
        by_path = {path.absolute(): path for path in beside}
        opened.beside += [FileBeside(path.name, path) for path in by_path.values()]
    return opened


def _is_pack_among_others(names: Sequence[str]) -> bool:
    """Return whether files that were given together hold a zip that is a pack by itself, and are no portal set."""
    is_set = any(PART_PATTERN.fullmatch(name) or name in LIST_FILES for name in names)
    return not is_set and any(name.lower().endswith(".zip") for name in names)


def _files_of_flat_folder(folder: Path) -> list[Path] | None:
    """Return the files of a folder that holds a portal set or one zip, with what comes beside a pack.

    Other folders may stand around it; files that a computer added there are left out. Return None for any other folder.
    """
    found = list[Path]()
    for _ in range(constants.PACK_OUTER_FOLDERS_LIMIT + 1):
        paths = sorted(folder.iterdir())
        folders = [path for path in paths if path.is_dir() and not path.is_symlink() and _holds_files(path)]
        files = [path for path in paths if path.is_symlink() or not path.is_dir()]
        known = [path for path in files if not is_system_filename(path.name)]
        own = [path.name for path in known if not BESIDE_PATTERN.fullmatch(path.name)]
        if not folders:
            is_zip = len(own) == 1 and own[0].lower().endswith(".zip")
            is_part = folder.resolve().name in PART_PREFIXES
            is_set = any(PART_PATTERN.fullmatch(name) for name in own) or (
                not is_part and any(name in LIST_FILES for name in own)
            )
            return [*found, *files] if is_zip or is_set else None
        if own or len(folders) > 1:
            return None
        found += known
        folder = folders[0]
    return None


def _holds_files(folder: Path) -> bool:
    """Return whether there is a file in a folder, or below it, that no computer added."""
    return any(not is_system_filename(name) for _, _, names in os.walk(folder) for name in names)


def _split_beside(paths: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """Return the files of a pack, and those that come beside one."""
    beside = [path for path in paths if BESIDE_PATTERN.fullmatch(path.name) and not path.is_dir()]
    return [path for path in paths if path not in beside], beside


def open_portal_set(files: Sequence[Path], beside: Sequence[Path] = ()) -> OpenedPack | list[Finding]:
    """Open and hash the files of a portal set. `beside`: the slips and timestamps that are with it."""
    if len(files) > MEMBERS_LIMIT:
        return [make_finding("too_many")]
    if sum(path.lstat().st_size for path in files) > TOTAL_LIMIT_BYTES:
        return [make_finding("too_large")]
    pack = OpenedPack("", set_digests={})
    members = [CandidateMember(path.name, path, is_file=stat.S_ISREG(path.lstat().st_mode)) for path in files]
    members.sort(key=lambda member: member.name)
    members = without_system_files(members, pack.findings, [path.name for path in beside])
    seen_names: set[str] = set()
    for member in members:
        _add_set_file(pack, member, is_twice=member.name.lower() in seen_names)
        seen_names.add(member.name.lower())
    parts: dict[str, ReadZip] = {}
    for name in sorted(pack.set_digests or {}):
        if not PART_PATTERN.fullmatch(name):
            continue
        part = read_zip(next(path for path in files if path.name == name))
        if isinstance(part, ReadZip):
            parts[name] = part
            pack.archives.append(part.archive)
        elif [finding.code for finding in part] == ["not_a_pack"]:
            pack.findings.append(make_finding("damaged", name))
            pack.unreadable_parts.add(name)
        else:
            pack.close()
            return part
    if refusals := _refusals(parts):
        pack.close()
        return refusals
    _add_part_members(pack, parts)
    return pack.finish()


def _add_set_file(pack: OpenedPack, member: CandidateMember, *, is_twice: bool) -> None:
    """Hash one file of a set. A single file of the pack becomes a member of it."""
    assert pack.set_digests is not None
    code = fault_code(member, member.name) or ("twice" if is_twice else None)
    try:
        if code is None:
            digests = pack.set_digests[member.name] = hash_member(member.source)
            if path_in_pack := _path_in_pack(member.name):
                pack.digests[path_in_pack], pack.sources[path_in_pack] = digests, member.source
    except ZIP_ERRORS:
        code = "damaged"
    if code:
        pack.findings.append(make_finding(code, member.name))


def is_set_filename(name: str) -> bool:
    """Return whether a portal set can have a file of this name."""
    return PART_PATTERN.fullmatch(name) is not None or _path_in_pack(name) is not None


def _path_in_pack(name: str) -> str | None:
    """Return the path that a single file of a set has in the pack; None for a zip, or for a file of no set."""
    if name in LIST_FILES:
        return name
    return next((prefix + name for prefix, pattern in _PREFIXES_BY_NAME if pattern.fullmatch(name)), None)


def _refusals(parts: Mapping[str, ReadZip]) -> list[Finding]:
    """Return the findings that forbid reading the zips together. Each by itself was judged by `read_zip`."""
    rows = [row for part in parts.values() for row in part.archive.infolist()]
    if len(rows) > MEMBERS_LIMIT:
        return [make_finding("too_many")]
    return [make_finding("too_large")] if sum(row.file_size for row in rows) > TOTAL_LIMIT_BYTES else []


def _add_part_members(pack: OpenedPack, parts: Mapping[str, ReadZip]) -> None:
    """Hash the members of the zips, whose names are their paths below `data/`."""
    # A path that stands twice could be read in two ways, also where one of the two is a single file.
    seen_paths = {path.lower() for path in pack.digests}
    for name, part in parts.items():
        if part.has_hidden_bytes:
            pack.findings.append(make_finding("hidden", name))
        pack.findings += [make_finding("empty_folder", f"{name}/{folder}") for folder in part.empty_folders]
        for member in part.members:
            path = f"data/{member.name}"
            code = fault_code(member, path)
            if code is None and path.lower() in seen_paths:
                code = "twice"
            seen_paths.add(path.lower())
            if code is None:
                pack.add_member(path, member.source)
            else:
                pack.findings.append(make_finding(code, path))
