"""A pack's own facts, as its capsule states them: what it is called, for whom it was made, what it continues."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from diary import constants
from diary.encoding import unb64
from diary.errors import BadRequest
from diary.pack.exhibit_numbers import whole_from_0
from diary.record.reading import Fields, codes_of, object_of, objects_of, switch_of, text_of, whole_of

PROFILES: Final = constants.PACK_PROFILES
KINDS: Final = ("pack", "supplement", "items", "portal")
# The languages of the screens, English first.
SCREENS: Final = ("en", "cy", "pl", "ur")
TIMES_LIMIT: Final = 1 << 43
_REF_LIMIT: Final = 200
_FOLDER = re.compile(r"PACK_[A-Z]{1,4}_[1-9][0-9]{0,4}_[0-9]{8}")
_RELEASE = re.compile(r"[0-9a-f]{12}")
_ITEM = re.compile(r"[A-Z]{1,4}/[1-9][0-9]{0,4}")
_HEAD_BYTES: Final = 32
_NOT_ONE: Final = "The pack's name is not one a pack can have."
_NOT_COMPLETE: Final = "The capsule is not complete."


@dataclass(frozen=True, slots=True)
class Superseded:
    """An earlier pack that a supplement continues."""

    no: int
    made_at: int
    receipt_ref: str
    delivered_to: str


@dataclass(frozen=True, slots=True)
class Since:
    """What a supplement changes, by entry number."""

    new: tuple[int, ...] = ()
    changed: tuple[int, ...] = ()
    removed: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Review:
    """What the keeper looked at before it left. `override_at`: when they let it go with something left to look at."""

    looked: int
    not_looked: int
    words: int
    override_at: int | None


@dataclass(frozen=True, slots=True)
class Feed:
    """The diary's own head when the pack was made: its running digest, 32 bytes, over its first `seq` numbered versions."""

    seq: int
    digest: bytes


@dataclass(frozen=True, slots=True)
class Head:
    """The pack's own facts. `raw` is the object as it came, for 12_record.json.

    `asked_in`: the language of the screens when it was made, and whether they asked in words for young people. `alone`: made
    from a sealed copy, with no server.
    """

    raw: Mapping[str, object]
    no: int
    made_at: int
    tz: str
    initials: str
    folder: str
    lang: str
    release: str
    origin: str
    covers_from: int | None
    covers_to: int | None
    consent_at: int | None
    profile: str
    kind: str
    items: tuple[str, ...]
    supersedes: tuple[Superseded, ...]
    since: Since
    review: Review | None
    recipient_ref: str
    training: bool
    feed: Feed | None
    asked_in: tuple[str, bool]
    alone: bool

    @property
    def name(self) -> str:
        """What headers call it: `JB 1`."""
        return f"{self.initials} {self.no}"


def _asked_in(told: Fields) -> tuple[str, bool]:
    """How the screens asked; the language names a file, so it is one that the screens have. Raises BadRequest."""
    language = text_of(told, "language") or SCREENS[0]
    if language not in SCREENS:
        raise BadRequest(_NOT_COMPLETE)
    return language, text_of(told, "wording") == "young"


def head_of(pack: dict[str, object]) -> Head:
    """The facts, each checked. Raises BadRequest."""
    head = Head(
        raw=pack,
        no=whole_from_0(pack, "no"),
        made_at=whole_from_0(pack, "made_at"),
        tz=text_of(pack, "tz"),
        initials=text_of(pack, "initials"),
        folder=text_of(pack, "folder"),
        lang=text_of(pack, "lang") or "en",
        release=text_of(pack, "release"),
        origin=text_of(pack, "origin"),
        covers_from=whole_of(pack, "covers_from"),
        covers_to=whole_of(pack, "covers_to"),
        consent_at=whole_of(pack, "consent_at"),
        profile=text_of(pack, "profile") or PROFILES[0],
        kind=text_of(pack, "kind") or KINDS[0],
        items=codes_of(pack, "items"),
        supersedes=tuple(_superseded(row) for row in objects_of(pack, "supersedes")),
        since=_since(object_of(pack, "since")),
        review=_review(pack),
        recipient_ref=text_of(pack, "recipient_ref"),
        training=switch_of(pack, "training") is True,
        feed=_feed(object_of(pack, "feed")) if "feed" in pack else None,
        asked_in=_asked_in(object_of(pack, "asked_in")),
        alone=switch_of(pack, "alone") is True,
    )
    if not _FOLDER.fullmatch(head.folder) or not _RELEASE.fullmatch(head.release):
        raise BadRequest(_NOT_ONE)
    if head.folder.split("_")[1:3] != [head.initials, str(head.no)] or not 0 <= head.made_at < TIMES_LIMIT:
        raise BadRequest(_NOT_ONE)
    if head.profile not in PROFILES or head.kind not in KINDS or len(head.recipient_ref) > _REF_LIMIT:
        raise BadRequest(_NOT_COMPLETE)
    if not all(_ITEM.fullmatch(item) for item in head.items):
        raise BadRequest(_NOT_COMPLETE)
    return head


def _superseded(row: dict[str, object]) -> Superseded:
    """One earlier pack. Raises BadRequest for one that cannot have been before this one or at any time."""
    made_at = whole_from_0(row, "made_at")
    if made_at >= TIMES_LIMIT:
        raise BadRequest(_NOT_COMPLETE)
    return Superseded(
        whole_from_0(row, "no"), made_at, text_of(row, "receipt_ref")[:_REF_LIMIT], text_of(row, "delivered_to")
    )


def _feed(told: dict[str, object]) -> Feed:
    """How far the server had numbered the diary. Raises BadRequest for what is no head."""
    feed = Feed(whole_from_0(told, "seq"), unb64(text_of(told, "head")))
    if feed.seq < 1 or len(feed.digest) != _HEAD_BYTES:
        raise BadRequest(_NOT_COMPLETE)
    return feed


def _since(told: dict[str, object]) -> Since:
    return Since(*(_numbers(told.get(name)) for name in ("new", "changed", "removed")))


def _numbers(value: object) -> tuple[int, ...]:
    """Entry numbers of a list."""
    items = value if isinstance(value, list) else []
    return tuple(item for item in items if isinstance(item, int) and not isinstance(item, bool) and item > 0)


def _review(pack: dict[str, object]) -> Review | None:
    """What was looked at, or None where the phone did not say."""
    told = object_of(pack, "review")
    if not told:
        return None
    at = whole_of(told, "override_at")
    if at is not None and not 0 <= at < TIMES_LIMIT:
        raise BadRequest(_NOT_COMPLETE)
    return Review(whole_of(told, "looked") or 0, whole_of(told, "not_looked") or 0, whole_of(told, "words") or 0, at)
