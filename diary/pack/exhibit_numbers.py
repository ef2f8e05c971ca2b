"""The numbered files of a capsule and what its other records are called, each read with care: their names become paths."""

import re
from dataclasses import dataclass
from typing import Final

from diary.encoding import unb64
from diary.errors import BadRequest
from diary.ids import parse_id
from diary.record.reading import Fields, object_of, switch_of, whole_of

# What may stand in a pack beside incidents and files. A private note, the settings, a question of an advocate and the
# app's own bookkeeping never do; of custody only the lines of the packed files.
REGISTERS: Final = (
    "account", "background", "case", "consent", "export", "impact", "notice", "order",
    "person", "report", "schedule", "sighting", "statement", "vehicle",
)  # fmt: skip
PACKED: Final = frozenset({"incident", "attachment", *REGISTERS})
_ITEM = re.compile(r"([A-Z]{1,4})/([1-9][0-9]{0,4})")
_FILE = re.compile(r"[A-Z]{1,4}-[1-9][0-9]{0,4}\.[a-z0-9]{1,5}")
_HEX64 = re.compile(r"[0-9a-f]{64}")
_HEX128 = re.compile(r"[0-9a-f]{128}")
_REF = re.compile(r"[A-Z]{1,2}[1-9][0-9]{0,5}")


@dataclass(frozen=True, slots=True)
class Sealed:
    """Where a picture lies: blob id, its 32-byte key, how many parts."""

    blob: str
    key: bytes
    parts: int


@dataclass(frozen=True, slots=True)
class Exhibit:
    """One numbered attachment. `shape`: width and height of its print copy in pixels."""

    item: str
    file: str
    record: str
    sha256: str
    sha512: str
    size: int
    print_copy: Sealed | None
    received: Sealed | None
    shape: tuple[int, int]
    looked_at: int | None
    hold_picture: bool
    poster: Sealed | None = None
    is_order: bool = False

    @property
    def number(self) -> int:
        """The number in its reference."""
        return int(self.item.partition("/")[2])

    @property
    def stem(self) -> str:
        """The file form of its reference: `JB-1`."""
        return self.item.replace("/", "-")


@dataclass(frozen=True, slots=True)
class Reference:
    """What a record that is no entry and no file is called: `S1`, `O2`; `no` is its rank within its kind."""

    record: str
    kind: str
    no: int
    ref: str


def reference_of(row: dict[str, object]) -> Reference:
    """One reference; it becomes part of a path and of a sentence."""
    kind, no, ref = str(row["kind"]), whole_from_0(row, "no"), str(row["ref"])
    if kind not in REGISTERS or not 1 <= no < 1_000_000 or not _REF.fullmatch(ref):
        raise BadRequest("The capsule is not complete.")
    return Reference(id_of(row, "record"), kind, no, ref)


def exhibit_of(row: dict[str, object]) -> Exhibit:
    """One exhibit; its names become paths, so they are held to a pattern."""
    item, file = str(row["item"]), str(row["file"])
    found = _ITEM.fullmatch(item)
    if not found or not _FILE.fullmatch(file) or not file.startswith(f"{found[1]}-{found[2]}."):
        raise BadRequest("An exhibit's name is not one a pack can have.")
    if not _HEX64.fullmatch(str(row["sha256"])) or not _HEX128.fullmatch(str(row["sha512"])):
        raise BadRequest("An exhibit has no digest.")
    printed = object_of(row, "print")
    return Exhibit(
        item=item,
        file=file,
        record=id_of(row, "record"),
        sha256=str(row["sha256"]),
        sha512=str(row["sha512"]),
        size=whole_from_0(row, "size"),
        print_copy=_sealed(printed),
        received=_sealed(object_of(row, "received")),
        shape=(whole_of(printed, "width") or 0, whole_of(printed, "height") or 0),
        looked_at=whole_of(row, "looked_at"),
        hold_picture=switch_of(row, "hold_picture") is not False,
        poster=_sealed(object_of(row, "poster")),
        is_order=switch_of(row, "order") is True,
    )


def _sealed(row: dict[str, object]) -> Sealed | None:
    """A place and key, or None when the capsule gives none."""
    if not row:
        return None
    key, parts = unb64(str(row["key"])), whole_from_0(row, "parts")
    if len(key) != 32 or not 1 <= parts <= 256:
        raise BadRequest("A picture's key is not one.")
    return Sealed(id_of(row, "blob"), key, parts)


def id_of(row: Fields, name: str) -> str:
    """An id as text. Raises BadRequest."""
    text = str(row[name])
    parse_id(text)
    return text


def whole_from_0(row: Fields, name: str) -> int:
    """A whole number from 0. Raises BadRequest."""
    number = whole_of(row, name)
    if number is None or number < 0:
        raise BadRequest("The capsule is not complete.")
    return number
