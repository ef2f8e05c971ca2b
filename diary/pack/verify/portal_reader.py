"""Opening of a portal set: its single files and the members of its zips, by their paths in the pack.

A set is a flat folder, or files given one by one: upload pages know no folders (docs/pack.md, "Portal set").
"""

import os
import re
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from diary.pack.bag.manifest import EXPORT_PROOF_PATH, MANIFEST_FILENAME, RESTRICTED_PREFIX, SERVABLE_PREFIX
from diary.pack.bag.pack_statement import PACK_STATEMENT_PATH
from diary.pack.verify.findings import Finding, make_finding
from diary.pack.verify.pack_reader import (
    MEMBERS_LIMIT,
    PART_PREFIXES,
    TOTAL_LIMIT_BYTES,
    ZIP_ERRORS,
    CandidateMember,
    OpenedPack,
    ReadZip,
    fault_code,
    hash_member,
    open_pack,
    read_zip,
    without_system_files,
)

# Files about the set, which are not listed in it.
LIST_FILES: Final = (MANIFEST_FILENAME, EXPORT_PROOF_PATH, PACK_STATEMENT_PATH)
STAMP_NAME: Final = "pack.tsr"
SLIP_NAME: Final = "receipt-slip.json"
# `.` would match other line ends here than in JavaScript.
STAMP_PATTERN: Final = re.compile(r"[^/]+\.tsr")
_BESIDE_PATTERN: Final = re.compile(r"(?!\.)[^/]+\.tsr|receipt-slip[^/]*\.json")
PART_PATTERN: Final = re.compile(r"13_part[1-9][0-9]{0,2}\.zip")
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
    files, beside = _split_beside(paths)
    if not files:
        return [make_finding("not_a_pack")]
    if len(files) > 1:
        opened = open_portal_set(files, beside)
    elif files[0].is_dir() and _is_portal_set(files[0]):
        files, of_set = _split_beside([path for path in files[0].iterdir() if path.is_symlink() or not path.is_dir()])
        beside += of_set
        opened = open_portal_set(files, beside)
    else:
        opened = open_pack(files[0])
        folder = files[0].absolute().parent
        beside += [folder / name for name in (STAMP_NAME, SLIP_NAME) if (folder / name).is_file()]
    if isinstance(opened, OpenedPack):
        opened.beside = list({path.absolute(): path for path in beside}.values())
    return opened


def _split_beside(paths: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """Return the files of a pack, and those that come beside one. A browser may have numbered them: `pack (1).tsr`."""
    beside = [path for path in paths if _BESIDE_PATTERN.fullmatch(path.name) and not path.is_dir()]
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
    for member in members:
        _add_set_file(pack, member)
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


def _is_portal_set(folder: Path) -> bool:
    """Return whether a folder holds the files of a set, and no folder with a file in it."""
    if folder.resolve().name in PART_PREFIXES:
        return False
    paths = list(folder.iterdir())
    folders = [path for path in paths if path.is_dir() and not path.is_symlink()]
    is_flat = not any(names for subfolder in folders for _, _, names in os.walk(subfolder))
    return is_flat and any(path.name in LIST_FILES or PART_PATTERN.fullmatch(path.name) for path in paths)


def _add_set_file(pack: OpenedPack, member: CandidateMember) -> None:
    """Hash one file of a set. A single file of the pack becomes a member of it."""
    assert pack.set_digests is not None
    code = fault_code(member, member.name)
    if code is None and member.name.lower() in {name.lower() for name in pack.set_digests}:
        code = "twice"
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
