"""Search for the pack among the files that were given: in its own folder, inside other folders, or in no folder.

People rename the folder, move it into another, or zip only its contents. The signature covers the name of the pack,
which bag-info.txt contains too. It does not cover the names of outer folders.
"""

import re
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from typing import Final

from diary import constants
from diary.pack.bag.manifest import SERVABLE_PREFIX

# A computer writes more after the name of a second copy: ` (1)`, ` - Copy`, ` 2`, in its own language.
_PACK_NAME: Final = r"(PACK_[A-Z]{1,4}_[1-9][0-9]{0,4}_[0-9]{8})"
_FOLDER_PATTERN = re.compile(_PACK_NAME + r"(?:[ (-][^/\\\x00-\x1f\x7f]{0,60})?")
_IDENTIFIER_PATTERN = re.compile(f"\nExternal-Identifier: {_PACK_NAME}\n".encode())
# A name that leads nowhere else when the zip is unpacked.
_HARMLESS_PATTERN = re.compile(r"(?!\.)[^/\\:\x00-\x1f\x7f]{1,100}")
# A name that every program writes unchanged. Some programs drop other letters, or a dot or space at the end.
_PLAIN_PATTERN = re.compile(r"(?!\.{1,2}\Z)[ -.0-9;-\[\]-~]{0,99}[!-\-0-9;-\[\]-~]")
# Names of a folder that is a copied part of a pack, and the prefix of that part in the pack.
PART_PREFIXES: Final = {"data": "data/", "servable": SERVABLE_PREFIX}
# What comes beside a pack. A browser may have numbered it: `pack (1).tsr`.
BESIDE_PATTERN: Final = re.compile(r"(?![.~])(?:[^/]+\.tsr|[^/]*receipt-slip[^/]*\.json)", re.ASCII | re.IGNORECASE)
_PACK_ZIP_PATTERN = re.compile(_FOLDER_PATTERN.pattern + r"\.zip", re.ASCII | re.IGNORECASE)
_STAMP_PATTERN = re.compile(r"[^/]+\.tsr", re.ASCII | re.IGNORECASE)
PART_PATTERN: Final = re.compile(r"13_part[1-9][0-9]{0,2}\.zip")
BAG_INFO_FILENAME: Final = "bag-info.txt"
_BAGIT_FILENAME: Final = "bagit.txt"


@dataclass(frozen=True, slots=True)
class PackRoot:
    """Where a pack was found.

    `prefix`: what the names of its files begin with. `folder`: the name of the pack, or of the part that was copied;
    "" if only bag-info.txt has it.
    """

    prefix: str
    folder: str


def find_root(names: Sequence[str]) -> PackRoot | None:
    """Return where the pack is among these file names; None if there is no pack."""
    # Some programs write this before every name.
    start = "./" if all(name.startswith("./") for name in names) else ""
    names = [name.removeprefix(start) for name in names]
    known = set(names)
    finders: tuple[Callable[[str, Set[str]], PackRoot | None], ...] = (_own_root, _bag_root, _part_root)
    for finder in finders:
        for name in names:
            root = finder(name, known)
            if root and all(_is_harmless_name(folder) for folder in root.prefix.split("/")[:-1]):
                return PackRoot(start + root.prefix, root.folder)
    return None


def _folders_of(name: str) -> list[str]:
    """Return the outermost folders of a name: as many as can be around a pack, and one for its own."""
    return name.split("/", constants.PACK_OUTER_FOLDERS_LIMIT + 1)[:-1]


def _own_root(name: str, _known: Set[str]) -> PackRoot | None:
    """Return the root in a folder that is named as a pack, the innermost one."""
    folders = _folders_of(name)
    matches = [_FOLDER_PATTERN.fullmatch(folder) for folder in folders]
    for i, match in reversed(list(enumerate(matches))):
        if match:
            return PackRoot("".join(f"{folder}/" for folder in folders[: i + 1]), match[1])
    return None


def _bag_root(name: str, known: Set[str]) -> PackRoot | None:
    """Return the folder that contains bag-info.txt."""
    folders = _folders_of(name)
    prefix = "".join(f"{folder}/" for folder in folders)
    is_bag = name == f"{prefix}{BAG_INFO_FILENAME}" and f"{prefix}{_BAGIT_FILENAME}" in known
    return PackRoot(prefix, "") if is_bag else None


def _part_root(name: str, _known: Set[str]) -> PackRoot | None:
    """Return the root in a folder that is named as a part of a pack, the outermost one."""
    folders = _folders_of(name)
    for i, folder in enumerate(folders):
        if folder in PART_PREFIXES:
            return PackRoot("".join(f"{above}/" for above in folders[: i + 1]), folder)
    return None


def _is_harmless_name(name: str) -> bool:
    """Return whether programs that unpack a zip make a folder of this name where it belongs."""
    return _HARMLESS_PATTERN.fullmatch(name) is not None and ".." not in name


def is_plain_name(name: str) -> bool:
    """Return whether every program writes a file or folder of this name unchanged."""
    return _PLAIN_PATTERN.fullmatch(name) is not None


def folder_in_bag_info(raw: bytes) -> str:
    """Return the name of the pack from bag-info.txt; "" if the file does not give one."""
    match = _IDENTIFIER_PATTERN.search(raw)
    return match[1].decode() if match else ""


def is_beside(name: str, root: PackRoot) -> bool:
    """Return whether a file is a slip or timestamp, in a folder that contains the pack's folder."""
    return BESIDE_PATTERN.fullmatch(name.rpartition("/")[2]) is not None and _is_around(name, root)


def is_zip_beside(name: str, root: PackRoot) -> bool:
    """Return whether a file is the zip of a pack in a folder around the pack's own: "Extract here" leaves it there."""
    return _PACK_ZIP_PATTERN.fullmatch(name.rpartition("/")[2]) is not None and _is_around(name, root)


def _is_around(name: str, root: PackRoot) -> bool:
    """Return whether every program writes a file into a folder around the pack's own, and in place of no other."""
    base = name.rpartition("/")[2]
    folder = name.removesuffix(base)
    is_there = root.prefix.startswith(folder) and root.prefix != folder
    return is_there and is_plain_name(base) and not root.prefix.lower().startswith(f"{name.lower()}/")


def is_stamp(name: str) -> bool:
    """Return whether a file beside a pack is a timestamp. Every other one is a slip."""
    return _STAMP_PATTERN.fullmatch(name.rpartition("/")[2]) is not None


def pack_among_others(names: Sequence[str], root: PackRoot | None) -> str | None:
    """Return the pack in a folder that has files of other kinds too: somebody chose Downloads, or a whole stick.

    Return its folder or zip, "" if there are several, and None where every file is to be judged as one of the pack.
    """
    if root is None:
        zips = [name for name in names if _PACK_ZIP_PATTERN.fullmatch(name.rpartition("/")[2])]
        return None if not zips else zips[0] if len(zips) == 1 else ""
    if root.folder in PART_PREFIXES:
        return None
    around = [
        name
        for name in names
        if not name.startswith(root.prefix) and not is_beside(name, root) and not is_zip_beside(name, root)
    ]
    # A pack into which somebody put a folder that is named as another pack.
    is_inside_a_pack = any(
        name.endswith(f"/{BAG_INFO_FILENAME}") and root.prefix.startswith(name.removesuffix(BAG_INFO_FILENAME))
        for name in around
    )
    if not around or is_inside_a_pack:
        return None
    return root.prefix.removesuffix("/") if find_root(around) is None else ""


def is_other_form(names: Sequence[str]) -> bool:
    """Return whether these are the files of a portal set, or a single zip: to be unpacked before they are checked."""
    bases = [name.rpartition("/")[2] for name in names]
    own = [base for base in bases if not BESIDE_PATTERN.fullmatch(base)]
    return any(PART_PATTERN.fullmatch(base) for base in own) or (len(own) == 1 and own[0].lower().endswith(".zip"))
