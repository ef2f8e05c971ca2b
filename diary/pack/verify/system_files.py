"""Files that macOS, Windows and office programs add to a folder, or to a zip that is made of one.

Somebody who looks at a pack on a computer and packs it again puts such files in. They are no part of the pack, and
nothing covers them. Anybody can give a file such a name. So it counts as one only where a computer would put it, and
if it has the form of such a file. Every other file is judged as a member of the pack.
"""

import itertools
import re
import struct
from collections.abc import Collection, Iterator, Set
from typing import Final

from diary import constants
from diary.pack.verify.pack_root import is_plain_name

_NAME_PATTERN = re.compile(
    r"(?:[^/]{1,100}/){0,10}"
    r"(?:\.DS_Store|\.localized|[Tt]humbs\.db|\._[^/]{1,100}|~\$[^/]{1,100}|\.~lock\.[^/]{1,100}#)"
)
# Names of files that belong to another: attributes by macOS, locks by Excel and LibreOffice.
_BESIDE_PATTERN = re.compile(r"(?:\._|~\$)([^/]+)|\.~lock\.([^/]+)#")
# In a zip, macOS gives the attributes a folder of their own. "Extract all" puts another around it.
_MACOS_FOLDER: Final = re.compile(r"(^|/)__MACOSX/")
_DS_STORE_START: Final = b"\x00\x00\x00\x01Bud1"
_COMPOUND_FILE_START: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_APPLE_DOUBLE_HEADER: Final = struct.Struct(">2L16xH")
_APPLE_DOUBLE_ENTRY: Final = struct.Struct(">3L")
_APPLE_DOUBLE: Final = (0x00051607, 0x00020000)
# Of a file: what else it holds, and how the Finder shows it.
_RESOURCE_FORK, _FINDER_INFO = 2, 9
_FINDER_INFO_MIN_BYTES: Final = 32
# An alias, and a file that is not shown.
_REFUSED_FINDER_FLAGS: Final = 0xC000


def is_system_filename(name: str) -> bool:
    """Return whether a computer could have added a file of this name, which may begin with its folders."""
    return _NAME_PATTERN.fullmatch(name) is not None and ".." not in name


def size_limit_bytes(name: str) -> int:
    """Return how large a file of this name may be."""
    base = name.rpartition("/")[2]
    if base == ".localized":
        return 0
    if base.startswith("._"):
        return constants.ATTRIBUTES_FILE_LIMIT_BYTES
    return constants.LOCK_FILE_LIMIT_BYTES if "~" in base[:2] else constants.SYSTEM_FILE_LIMIT_BYTES


def is_system_file(name: str, content: bytes, names: Set[str]) -> bool:
    """Return whether a computer added this file. `names`: see `file_names`, in lower case."""
    if not is_system_filename(name) or len(content) > size_limit_bytes(name):
        return False
    path = _MACOS_FOLDER.sub(r"\1", name, count=1)
    base = path.rpartition("/")[2].lower()
    folder = path.lower().removesuffix(base)
    if path != name and not base.startswith("._"):
        return False
    # A folder that has the name of a file, or that a program shortens to it, would take its place when it is unpacked.
    if folder not in names and not all(is_plain_name(above) for above in folder.split("/")[:-1]):
        return False
    if {above.removesuffix("/") for above in folders_above(path.lower())} & names:
        return False
    beside = _BESIDE_PATTERN.fullmatch(base)
    other = folder + (beside[1] or beside[2]) if beside else ""
    return (not beside or bool({other, f"{other}/"} & names)) and _has_form(base, content)


def _has_form(base: str, content: bytes) -> bool:
    """Return whether a file of this name, in lower case, begins as a computer writes it."""
    if base == ".ds_store":
        return content.startswith(_DS_STORE_START)
    if base == "thumbs.db":
        return content.startswith(_COMPOUND_FILE_START)
    return not base.startswith("._") or _is_apple_double(content)


def _is_apple_double(content: bytes) -> bool:
    """Return whether a file keeps attributes as macOS writes them, and neither hides its file nor is a document."""
    if len(content) < _APPLE_DOUBLE_HEADER.size or b"%PDF" in content:
        return False
    *start, count = _APPLE_DOUBLE_HEADER.unpack_from(content)
    if tuple(start) != _APPLE_DOUBLE or len(content) < _APPLE_DOUBLE_HEADER.size + count * _APPLE_DOUBLE_ENTRY.size:
        return False
    for i in range(count):
        kind, offset, length = _APPLE_DOUBLE_ENTRY.unpack_from(
            content, _APPLE_DOUBLE_HEADER.size + i * _APPLE_DOUBLE_ENTRY.size
        )
        if kind not in (_RESOURCE_FORK, _FINDER_INFO) or offset + length > len(content):
            return False
        if kind == _FINDER_INFO and (
            length < _FINDER_INFO_MIN_BYTES or struct.unpack_from(">H", content, offset + 8)[0] & _REFUSED_FINDER_FLAGS
        ):
            return False
    return True


def file_names(names: Collection[str]) -> set[str]:
    """Return the names of files to which a system file can belong, with their folders, each with a slash at its end."""
    plain_names = {name for name in names if not _BESIDE_PATTERN.fullmatch(name.rpartition("/")[2])}
    return plain_names.union(*(folders_above(name) for name in plain_names if not is_system_filename(name)))


def folders_above(name: str) -> Iterator[str]:
    """Yield the folders that a name begins with, the outermost first, each with a slash at its end."""
    # A hostile name may have thousands of slashes.
    for slash in itertools.islice(re.finditer("/", name), constants.PACK_FOLDERS_LIMIT):
        yield name[: slash.end()]
