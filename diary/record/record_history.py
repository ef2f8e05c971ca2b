"""A record told by its versions: what was said first, and what was added or changed afterwards.

The first version is the last one sealed within ten minutes of the first save: a person correcting a typing
slip has not amended anything. After that a version that only adds is an *addition*, any other an *amendment*.
Taking out is a version without words. It is no amendment, and what was said before it still stands behind it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from diary import constants
from diary.record.reading import Fields, codes_of, is_blank, is_same, text_of, whole_of
from diary.record.times import recorded_ms

SETTLING_MS: Final = constants.SETTLING_MS
# Bookkeeping that says nothing about what happened: never counted as a change. That the keeper confirmed an assisted entry
# is said in its mark, with the day.
_QUIET: Final = frozenset({"assisted", "cards_opened", "reason", "include_in_pack", "start_with_this", "looked_at"})
_TAKING_OUT: Final = frozenset({"taken_out", "reason"})


@dataclass(frozen=True, slots=True)
class Opened:
    """One opened version. `restricted` is empty when there is no such part, or when it was withheld."""

    record: str
    version: str
    kind: str
    schema: int
    fields: Fields
    restricted: Fields

    @property
    def at(self) -> int | None:
        """When it was sealed, ms UTC by the device."""
        return recorded_ms(self.fields)

    @property
    def takes_out(self) -> bool:
        """Whether it says only that the record was taken out."""
        own = {name for name, value in self.fields.items() if not name.startswith("_") and value is not None}
        return whole_of(self.fields, "taken_out") is not None and own <= _TAKING_OUT and not self.restricted

    def everything(self) -> dict[str, object]:
        """Every field, open and restricted; names never collide."""
        return {**self.fields, **self.restricted}


@dataclass(frozen=True, slots=True)
class Change:
    """One field that differs: values as stored, None where there was nothing."""

    field: str
    old: object
    new: object

    @property
    def only_adds(self) -> bool:
        """Whether nothing that was said before has gone."""
        if is_blank(self.old):
            return True
        if isinstance(self.old, str) and isinstance(self.new, str):
            return self.new.startswith(self.old)
        if isinstance(self.old, list | tuple) and isinstance(self.new, list | tuple):
            return all(any(is_same(item, other) for other in self.new) for item in self.old)
        return False


@dataclass(frozen=True, slots=True)
class Revision:
    """A version after the first: an `addition` or an `amendment`, with its changes in order of name.

    `before` and `after` are the whole of the two versions: a time or a code cannot be put in words alone.
    """

    version: str
    at: int | None
    kind: str
    changes: tuple[Change, ...]
    reason: str
    before: Fields
    after: Fields


@dataclass(frozen=True, slots=True)
class Told:
    """A record as told: its first version, the one that stands now, and what came between.

    `taken_out`: when the keeper took it out, ms UTC; None while it stands. `newest` then holds the words taken out.
    """

    record: str
    first: Opened
    newest: Opened
    revisions: tuple[Revision, ...]
    taken_out: int | None = None

    @property
    def started_at(self) -> int | None:
        """When its words were fixed: the sealing of the first version."""
        return self.first.at

    def has(self, kind: str) -> bool:
        """Whether it holds an `addition` or an `amendment`."""
        return any(revision.kind == kind for revision in self.revisions)


class OfRecord:
    """What every reading of a told record gives: an incident, a file, a person, an order."""

    __slots__ = ()
    told: Told

    @property
    def record(self) -> str:
        """The record's id."""
        return self.told.record

    @property
    def said(self) -> Fields:
        """The open fields as they stand now."""
        return self.told.newest.fields

    @property
    def kept_apart(self) -> Fields:
        """The restricted fields as they stand now."""
        return self.told.newest.restricted

    def text(self, name: str) -> str:
        """The text of an open field as it stands now."""
        return text_of(self.said, name)

    def codes(self, name: str) -> tuple[str, ...]:
        """The codes or ids of an open field as they stand now."""
        return codes_of(self.said, name)


def tell(versions: Sequence[Opened]) -> Told:
    """One record from its versions in feed order; at least one."""
    words = [version for version in versions if not version.takes_out] or list(versions)
    first = _settled(words, versions[0].at)
    behind: dict[str, Opened] = {}
    revisions: list[Revision] = []
    newest = words[0]
    fixed = False
    for version in versions:
        before = _parent(version, behind, newest)
        if version.takes_out and version is not first:
            # Whoever writes on from a taking out writes on from the words behind it.
            behind[version.version] = before
            continue
        if fixed and (revision := _revision(before, version)):
            revisions.append(revision)
        fixed = fixed or version is first
        behind[version.version] = newest = version
    shown, out = _standing(versions, newest)
    return Told(first.record, first, shown, tuple(revisions), out)


def _settled(words: Sequence[Opened], began: int | None) -> Opened:
    """The last version sealed while a slip could still be corrected; none that came after one sealed later counts.

    Whoever puts a clock back does not get the ten minutes a second time.
    """
    first = words[0]
    for version in words:
        if began is None or version.at is None or not began <= version.at <= began + SETTLING_MS:
            break
        first = version
    return first


def _standing(versions: Sequence[Opened], newest: Opened) -> tuple[Opened, int | None]:
    """Which version is shown, and when the record was taken out.

    It is out when no version is the last word on any device but takings out: words written elsewhere at the same
    moment bring it back rather than vanish with it.
    """
    followed = {parent for version in versions for parent in codes_of(version.fields, "_parents")}
    last = [version for version in versions if version.version not in followed]
    alive = [version for version in last if not version.takes_out]
    if alive:
        return alive[-1], None
    return newest, whole_of(last[-1].fields, "taken_out") if last else None


def _revision(before: Opened, version: Opened) -> Revision | None:
    """What a version changed; None when it says nothing new."""
    old, new = before.everything(), version.everything()
    changes = tuple(_changes(old, new))
    if not changes:
        return None
    kind = "addition" if all(change.only_adds for change in changes) else "amendment"
    return Revision(version.version, version.at, kind, changes, text_of(version.fields, "reason"), old, new)


def tell_all(versions: Iterable[Opened], kind: str) -> tuple[Told, ...]:
    """Every record of a kind, in the order of their earliest versions."""
    grouped: dict[str, list[Opened]] = {}
    for version in versions:
        if version.kind == kind:
            grouped.setdefault(version.record, []).append(version)
    return tuple(tell(group) for group in grouped.values())


def _parent(version: Opened, before: Mapping[str, Opened], newest: Opened) -> Opened:
    """What a version grew from: its first parent that is here, else the one before it.

    Two devices may both have written on from one version; each is compared with what its keeper saw.
    """
    for parent in codes_of(version.fields, "_parents"):
        if parent in before:
            return before[parent]
    return newest


def _changes(before: Fields, after: Fields) -> Iterable[Change]:
    """Every telling field that differs between two versions."""
    for name in sorted(before.keys() | after.keys()):
        if name.startswith("_") or name in _QUIET:
            continue
        was, is_now = before.get(name), after.get(name)
        if not is_same(was, is_now) and not (is_blank(was) and is_blank(is_now)):
            yield Change(name, was, is_now)
