"""A record told by its versions: what was said first, and what was added or changed afterwards.

The first version is the last one sealed within ten minutes of the first save: a person correcting a typing
slip has not amended anything. After that a version that only adds is an *addition*, any other an *amendment*.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from diary.record.reading import Fields, codes_of, is_blank, text_of
from diary.record.times import recorded_ms

SETTLING_MS: Final = 600_000
# Bookkeeping that says nothing about what happened: never counted as a change.
_QUIET: Final = frozenset({"cards_opened", "reason", "include_in_pack", "start_with_this", "looked_at"})


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
            return all(item in self.new for item in self.old)
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
    """A record as told: its first version, its newest, and what came between."""

    record: str
    first: Opened
    newest: Opened
    revisions: tuple[Revision, ...]

    @property
    def started_at(self) -> int | None:
        """When its words were fixed: the sealing of the first version."""
        return self.first.at

    def has(self, kind: str) -> bool:
        """Whether it holds an `addition` or an `amendment`."""
        return any(revision.kind == kind for revision in self.revisions)


def tell(versions: Sequence[Opened]) -> Told:
    """One record from its versions in feed order; at least one."""
    began = versions[0].at
    settled = 0
    if began is not None:
        for index, version in enumerate(versions):
            if version.at is not None and began <= version.at <= began + SETTLING_MS:
                settled = index
    first = versions[settled]
    before = {version.version: version for version in versions[:settled]} | {first.version: first}
    revisions: list[Revision] = []
    newest = first
    for version in versions[settled + 1 :]:
        old, new = _parent(version, before, newest).everything(), version.everything()
        changes = tuple(_changes(old, new))
        if changes:
            kind = "addition" if all(change.only_adds for change in changes) else "amendment"
            reason = text_of(version.fields, "reason")
            revisions.append(Revision(version.version, version.at, kind, changes, reason, old, new))
        before[version.version] = newest = version
    return Told(first.record, first, newest, tuple(revisions))


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
        if was != is_now and not (is_blank(was) and is_blank(is_now)):
            yield Change(name, was, is_now)
