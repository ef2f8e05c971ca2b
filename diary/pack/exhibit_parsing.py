"""Parsing of a capsule's exhibits and record references, strict because their names become paths."""

import re
from dataclasses import dataclass
from typing import Final

from diary.encoding import unb64
from diary.errors import BadRequest
from diary.ids import parse_id
from diary.record.reading import RecordFields, boolean_of, integer_of, object_of

# Kinds a pack may contain besides incidents and files. Private notes, settings, an advocate's questions and the app's
# own bookkeeping are excluded; of custody records only the lines of packed files are used.
REGISTER_KINDS: Final = (
    "account", "background", "case", "consent", "export", "impact", "notice", "order",
    "person", "report", "schedule", "sighting", "sitting", "statement", "vehicle",
)  # fmt: skip
PACKABLE_KINDS: Final = frozenset({"incident", "attachment", *REGISTER_KINDS})
_ITEM_PATTERN = re.compile(r"([A-Z]{1,4})/([1-9][0-9]{0,4})")
_FILENAME_PATTERN = re.compile(r"[A-Z]{1,4}-[1-9][0-9]{0,4}\.[a-z0-9]{1,5}")
_HEX64 = re.compile(r"[0-9a-f]{64}")
_HEX128 = re.compile(r"[0-9a-f]{128}")
_REFERENCE_PATTERN = re.compile(r"[A-Z]{1,2}[1-9][0-9]{0,5}")


@dataclass(frozen=True, slots=True)
class SealedFile:
    """A sealed file: blob id, 32-byte key, number of parts."""

    blob: str
    key: bytes
    part_count: int


@dataclass(frozen=True, slots=True)
class Exhibit:
    """One numbered attachment. `print_size`: width and height of its print copy in pixels."""

    item: str
    filename: str
    record: str
    sha256: str
    sha512: str
    size_bytes: int
    print_copy: SealedFile | None
    received_file: SealedFile | None
    print_size: tuple[int, int]
    looked_at: int | None
    is_picture_withheld: bool
    poster: SealedFile | None = None
    is_order: bool = False

    @property
    def number(self) -> int:
        """Return the number in the item reference."""
        return int(self.item.partition("/")[2])

    @property
    def stem(self) -> str:
        """Return the item reference for file names: `JB-1`."""
        return self.item.replace("/", "-")


@dataclass(frozen=True, slots=True)
class RecordReference:
    """Reference of a record other than entries and files: `S1`, `O2`. `rank` counts within its kind."""

    record: str
    kind: str
    rank: int
    ref: str


def parse_reference(row: dict[str, object]) -> RecordReference:
    """Parse a reference, which becomes part of paths and sentences. Raise BadRequest if it is not valid."""
    kind, rank, ref = str(row["kind"]), non_negative_field(row, "no"), str(row["ref"])
    if kind not in REGISTER_KINDS or not 1 <= rank < 1_000_000 or not _REFERENCE_PATTERN.fullmatch(ref):
        raise BadRequest("The capsule is not complete.")
    return RecordReference(id_field(row, "record"), kind, rank, ref)


def parse_exhibit(row: dict[str, object]) -> Exhibit:
    """Parse an exhibit, whose names become paths. Raise BadRequest if a name or a digest does not match its pattern."""
    item, filename = str(row["item"]), str(row["file"])
    item_match = _ITEM_PATTERN.fullmatch(item)
    if (
        not item_match
        or not _FILENAME_PATTERN.fullmatch(filename)
        or not filename.startswith(f"{item_match[1]}-{item_match[2]}.")
    ):
        raise BadRequest("An exhibit has an invalid name.")
    if not _HEX64.fullmatch(str(row["sha256"])) or not _HEX128.fullmatch(str(row["sha512"])):
        raise BadRequest("An exhibit has no digest.")
    print_row = object_of(row, "print")
    return Exhibit(
        item=item,
        filename=filename,
        record=id_field(row, "record"),
        sha256=str(row["sha256"]),
        sha512=str(row["sha512"]),
        size_bytes=non_negative_field(row, "size"),
        print_copy=_parse_sealed_file(print_row),
        received_file=_parse_sealed_file(object_of(row, "received")),
        print_size=(integer_of(print_row, "width") or 0, integer_of(print_row, "height") or 0),
        looked_at=integer_of(row, "looked_at"),
        is_picture_withheld=boolean_of(row, "hold_picture") is not False,
        poster=_parse_sealed_file(object_of(row, "poster")),
        is_order=boolean_of(row, "order") is True,
    )


def _parse_sealed_file(row: dict[str, object]) -> SealedFile | None:
    """Return a sealed file, or None for an empty row. Raise BadRequest if the key or the part count is not valid."""
    if not row:
        return None
    key, part_count = unb64(str(row["key"])), non_negative_field(row, "parts")
    if len(key) != 32 or not 1 <= part_count <= 256:
        raise BadRequest("A picture has an invalid key.")
    return SealedFile(id_field(row, "blob"), key, part_count)


def id_field(row: RecordFields, name: str) -> str:
    """Return an id as text. Raise BadRequest if it is not an id."""
    text = str(row[name])
    parse_id(text)
    return text


def non_negative_field(row: RecordFields, name: str) -> int:
    """Return a non-negative integer. Raise BadRequest for anything else."""
    number = integer_of(row, name)
    if number is None or number < 0:
        raise BadRequest("The capsule is not complete.")
    return number
