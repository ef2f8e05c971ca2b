"""Files that macOS, Windows and office programs add to a folder, or to a zip that is made of one.

Somebody who looks at a pack on a computer and packs it again puts such files in. They are no part of the pack, and
nothing covers them. Anybody can give a file such a name. So it counts as one only where a computer would put it, and
if it begins as such a file does. Every other file is judged as a member of the pack.
"""

import itertools
import re
from collections.abc import Collection, Iterator, Set
from typing import Final

from diary import constants

_NAME_PATTERN = re.compile(
    r"(?:__MACOSX/)?(?:[^/]{1,100}/){0,10}"
    r"(?:\.DS_Store|\.localized|[Tt]humbs\.db|\._[^/]{1,100}|~\$[^/]{1,100}|\.~lock\.[^/]{1,100}#)"
)
# Names of files that belong to another: attributes by macOS, locks by Excel and LibreOffice.
_BESIDE_PATTERN = re.compile(r"(?:\._|~\$)([^/]+)|\.~lock\.([^/]+)#")
_MACOS_PREFIX: Final = "__MACOSX/"
_DS_STORE_START: Final = b"\x00\x00\x00\x01Bud1"
_COMPOUND_FILE_START: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_APPLE_DOUBLE_START: Final = b"\x00\x05\x16\x07"
# Enough of a file for `is_system_file`.
START_BYTES: Final = 8


def is_system_filename(name: str) -> bool:
    """Return whether a computer could have added a file of this name, which may begin with its folders."""
    return _NAME_PATTERN.fullmatch(name) is not None and ".." not in name


def size_limit_bytes(name: str) -> int:
    """Return how large a file of this name may be."""
    base = name.rpartition("/")[2]
    if base == ".localized":
        return 0
    return constants.LOCK_FILE_LIMIT_BYTES if "~" in base[:2] else constants.SYSTEM_FILE_LIMIT_BYTES


def is_system_file(name: str, size_bytes: int, start: bytes, places: Set[str]) -> bool:
    """Return whether a computer added this file. `start`: its first START_BYTES. `places`: see `places_of`."""
    path = name.removeprefix(_MACOS_PREFIX)
    base = path.rpartition("/")[2]
    folder = path.removesuffix(base)
    if not is_system_filename(name) or folder not in places or size_bytes > size_limit_bytes(name):
        return False
    if path != name and not base.startswith("._"):
        return False
    beside = _BESIDE_PATTERN.fullmatch(base)
    other = folder + (beside[1] or beside[2]) if beside else ""
    if beside and not {other, f"{other}/"} & places:
        return False
    if base == ".DS_Store":
        return start.startswith(_DS_STORE_START)
    if base.lower() == "thumbs.db":
        return start.startswith(_COMPOUND_FILE_START)
    return not base.startswith("._") or start.startswith(_APPLE_DOUBLE_START)


def places_of(names: Collection[str]) -> set[str]:
    """Return the other files of a pack and the folders that they stand in, "" included: where a system file can be."""
    files = {name for name in names if not is_system_filename(name)}
    return files.union(*(folders_above(name) for name in files), {""})


def folders_above(name: str) -> Iterator[str]:
    """Yield the folders that a name begins with, the outermost first, each with a slash at its end."""
    # A hostile name may have thousands of slashes.
    for slash in itertools.islice(re.finditer("/", name), constants.PACK_FOLDERS_LIMIT):
        yield name[: slash.end()]
