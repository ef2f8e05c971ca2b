"""Metadata of a pack from its capsule: name, recipient profile, and the packs it continues."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from diary import constants
from diary.encoding import unb64
from diary.errors import BadRequest
from diary.pack.exhibit_parsing import non_negative_field
from diary.pack.preparer import Preparer, parse_preparer
from diary.record.reading import RecordFields, boolean_of, codes_of, integer_of, object_of, objects_of, text_of

PROFILES: Final = constants.PACK_PROFILES
PACK_KINDS: Final = ("pack", "supplement", "items", "portal")
# Languages of the screens; English is the default.
SCREEN_LANGUAGES: Final = ("en", "cy", "pl", "ur")
# The typesetter of a pack whose pages a phone laid out. A pack of a server or the command line names none.
BROWSER_ENGINE: Final = "browser"
TIME_LIMIT_MS: Final = 1 << 43
_REFERENCE_LIMIT_CHARACTERS: Final = 200
_FOLDER_PATTERN = re.compile(r"PACK_[A-Z]{1,4}_[1-9][0-9]{0,4}_[0-9]{8}")
_RELEASE_PATTERN = re.compile(r"[0-9a-f]{12}")
_ITEM_PATTERN = re.compile(r"[A-Z]{1,4}/[1-9][0-9]{0,4}")
_FEED_DIGEST_BYTES: Final = 32
_BAD_NAME_MESSAGE: Final = "The pack has an invalid name."
_INCOMPLETE_MESSAGE: Final = "The capsule is not complete."


@dataclass(frozen=True, slots=True)
class SupersededPack:
    """An earlier pack that a supplement continues."""

    number: int
    made_at: int
    receipt_ref: str
    delivered_to: str


@dataclass(frozen=True, slots=True)
class SupplementChanges:
    """Changes in a supplement by entry number."""

    new_entries: tuple[int, ...] = ()
    changed_entries: tuple[int, ...] = ()
    removed_entries: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class PictureReview:
    """The keeper's review before export. `override_at`: when they exported despite unreviewed pictures, ms UTC."""

    looked_at_count: int
    not_looked_at_count: int
    restricted_word_count: int
    override_at: int | None


@dataclass(frozen=True, slots=True)
class FeedHead:
    """Head of the diary when the pack was made.

    `digest`: a 32-byte running digest of the first `version_count` numbered versions.
    """

    version_count: int
    digest: bytes


@dataclass(frozen=True, slots=True)
class PackMetadata:
    """Validated metadata of a pack. `raw` is the object as received, for 12_record.json.

    `screen_language`: the language of the screens when the pack was made, and whether they used the wording for young
    people. `is_offline`: whether the pack was made from a sealed copy without a server. `is_restricted_asked`: whether
    the keeper asked for the restricted part of a pack that is made without one. `later_files_count`: how many pictures
    and files of its entries follow in a later pack; then it has no exhibit. `preparer`: who prepared the pack, if that
    was not the keeper; `initials` are theirs then.
    """

    raw: Mapping[str, object]
    number: int
    made_at: int
    tz: str
    initials: str
    folder: str
    language: str
    release: str
    origin: str
    covers_from: int | None
    covers_to: int | None
    consent_at: int | None
    profile: str
    kind: str
    items: tuple[str, ...]
    superseded_packs: tuple[SupersededPack, ...]
    changes: SupplementChanges
    review: PictureReview | None
    recipient_ref: str
    is_training: bool
    feed_head: FeedHead | None
    screen_language: tuple[str, bool]
    is_offline: bool
    is_restricted_asked: bool
    later_files_count: int
    preparer: Preparer | None

    @property
    def is_laid_out_in_browser(self) -> bool:
        """Return whether a phone laid out the pages by itself."""
        return self.raw.get("engine") == BROWSER_ENGINE

    @property
    def label(self) -> str:
        """Return the pack's label for headers: `JB 1`."""
        return f"{self.initials} {self.number}"

    @property
    def keeper_name(self) -> str:
        """Return what the servable pages call the keeper; the initials of a prepared pack are not the keeper's."""
        return self.initials if self.preparer is None else "the keeper"

    @property
    def has_restricted_part(self) -> bool:
        """Return whether the pack is made with its restricted part: for the police, a solicitor, or as asked for."""
        return self.is_restricted_asked or self.profile in constants.RESTRICTED_PART_PROFILES


def _parse_screen_language(row: RecordFields) -> tuple[str, bool]:
    """Return language and wording of the screens; the language is part of a file name, so it must be supported.

    Raise BadRequest for any other language.
    """
    language = text_of(row, "language") or SCREEN_LANGUAGES[0]
    if language not in SCREEN_LANGUAGES:
        raise BadRequest(_INCOMPLETE_MESSAGE)
    return language, text_of(row, "wording") == "young"


def parse_metadata(pack: dict[str, object]) -> PackMetadata:
    """Return the metadata. Raise BadRequest if they are not valid."""
    metadata = PackMetadata(
        raw=pack,
        number=non_negative_field(pack, "no"),
        made_at=non_negative_field(pack, "made_at"),
        tz=text_of(pack, "tz"),
        initials=text_of(pack, "initials"),
        folder=text_of(pack, "folder"),
        language=text_of(pack, "lang") or "en",
        release=text_of(pack, "release"),
        origin=text_of(pack, "origin"),
        covers_from=integer_of(pack, "covers_from"),
        covers_to=integer_of(pack, "covers_to"),
        consent_at=integer_of(pack, "consent_at"),
        profile=text_of(pack, "profile") or PROFILES[0],
        kind=text_of(pack, "kind") or PACK_KINDS[0],
        items=codes_of(pack, "items"),
        superseded_packs=tuple(_parse_superseded_pack(row) for row in objects_of(pack, "supersedes")),
        changes=_parse_supplement_changes(object_of(pack, "since")),
        review=_parse_review(pack),
        recipient_ref=text_of(pack, "recipient_ref"),
        is_training=boolean_of(pack, "training") is True,
        feed_head=_parse_feed_head(object_of(pack, "feed")) if "feed" in pack else None,
        screen_language=_parse_screen_language(object_of(pack, "asked_in")),
        is_offline=boolean_of(pack, "alone") is True,
        is_restricted_asked=boolean_of(pack, "restricted_asked") is True,
        later_files_count=_parse_later_files_count(pack),
        preparer=parse_preparer(pack),
    )
    if not _FOLDER_PATTERN.fullmatch(metadata.folder) or not _RELEASE_PATTERN.fullmatch(metadata.release):
        raise BadRequest(_BAD_NAME_MESSAGE)
    if (
        metadata.folder.split("_")[1:3] != [metadata.initials, str(metadata.number)]
        or not 0 <= metadata.made_at < TIME_LIMIT_MS
    ):
        raise BadRequest(_BAD_NAME_MESSAGE)
    if (
        metadata.profile not in PROFILES
        or metadata.kind not in PACK_KINDS
        or len(metadata.recipient_ref) > _REFERENCE_LIMIT_CHARACTERS
    ):
        raise BadRequest(_INCOMPLETE_MESSAGE)
    if pack.get("engine", BROWSER_ENGINE) != BROWSER_ENGINE:
        raise BadRequest(_INCOMPLETE_MESSAGE)
    if not all(_ITEM_PATTERN.fullmatch(item) for item in metadata.items):
        raise BadRequest(_INCOMPLETE_MESSAGE)
    return metadata


def _parse_later_files_count(pack: dict[str, object]) -> int:
    """Return how many files follow in a later pack. Raise BadRequest unless it is absent or a positive number."""
    if "files_later" not in pack:
        return 0
    count = non_negative_field(pack, "files_later")
    if not count:
        raise BadRequest(_INCOMPLETE_MESSAGE)
    return count


def _parse_superseded_pack(row: dict[str, object]) -> SupersededPack:
    """Parse an earlier pack. Raise BadRequest for an impossible number or time."""
    made_at = non_negative_field(row, "made_at")
    if made_at >= TIME_LIMIT_MS:
        raise BadRequest(_INCOMPLETE_MESSAGE)
    return SupersededPack(
        non_negative_field(row, "no"),
        made_at,
        text_of(row, "receipt_ref")[:_REFERENCE_LIMIT_CHARACTERS],
        text_of(row, "delivered_to"),
    )


def _parse_feed_head(row: dict[str, object]) -> FeedHead:
    """Parse the head of the diary. Raise BadRequest if it is invalid."""
    feed_head = FeedHead(non_negative_field(row, "seq"), unb64(text_of(row, "head")))
    if feed_head.version_count < 1 or len(feed_head.digest) != _FEED_DIGEST_BYTES:
        raise BadRequest(_INCOMPLETE_MESSAGE)
    return feed_head


def _parse_supplement_changes(row: dict[str, object]) -> SupplementChanges:
    return SupplementChanges(*(_entry_numbers(row.get(name)) for name in ("new", "changed", "removed")))


def _entry_numbers(value: object) -> tuple[int, ...]:
    """Return the positive integers of a list."""
    items = value if isinstance(value, list) else []
    return tuple(item for item in items if isinstance(item, int) and not isinstance(item, bool) and item > 0)


def _parse_review(pack: dict[str, object]) -> PictureReview | None:
    """Parse the review; None if the phone sent none."""
    row = object_of(pack, "review")
    if not row:
        return None
    override_at = integer_of(row, "override_at")
    if override_at is not None and not 0 <= override_at < TIME_LIMIT_MS:
        raise BadRequest(_INCOMPLETE_MESSAGE)
    return PictureReview(
        integer_of(row, "looked") or 0, integer_of(row, "not_looked") or 0, integer_of(row, "words") or 0, override_at
    )
