"""A record told by its versions: what was said first, and what was added or changed afterwards.

The first version is the last one sealed within ten minutes of the first save: a person correcting a typing
slip has not amended anything. After that a version that only adds is an *addition*, any other an *amendment*.
Taking out is a version without words. It is no amendment, and what was said before it still stands behind it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from diary import constants
from diary.record.reading import RecordFields, codes_of, integer_of, is_blank, is_same_json, text_of
from diary.record.times import recorded_ms

CORRECTION_WINDOW_MS: Final = constants.SETTLING_MS
# Bookkeeping that says nothing about what happened: never counted as a change. That the keeper confirmed an assisted entry
# is said in its mark, with the day.
_UNTRACKED_FIELDS: Final = frozenset(
    {"assisted", "cards_opened", "reason", "include_in_pack", "start_with_this", "looked_at"}
)
_WITHDRAWAL_FIELDS: Final = frozenset({"taken_out", "reason"})


@dataclass(frozen=True, slots=True)
class RecordVersion:
    """One opened version. `restricted` is empty when there is no such part, or when it was withheld."""

    record: str
    version: str
    kind: str
    schema: int
    fields: RecordFields
    restricted: RecordFields

    @property
    def recorded_at_ms(self) -> int | None:
        """When it was sealed, ms UTC by the device."""
        return recorded_ms(self.fields)

    @property
    def is_withdrawal(self) -> bool:
        """Whether it says only that the record was taken out."""
        present_names = {name for name, value in self.fields.items() if not name.startswith("_") and value is not None}
        return (
            integer_of(self.fields, "taken_out") is not None
            and present_names <= _WITHDRAWAL_FIELDS
            and not self.restricted
        )

    def all_fields(self) -> dict[str, object]:
        """Every field, open and restricted; names never collide."""
        return {**self.fields, **self.restricted}


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field that differs: values as stored, None where there was nothing."""

    field: str
    old: object
    new: object

    @property
    def is_addition(self) -> bool:
        """Whether nothing that was said before has gone."""
        if is_blank(self.old):
            return True
        if isinstance(self.old, str) and isinstance(self.new, str):
            return self.new.startswith(self.old)
        if isinstance(self.old, list | tuple) and isinstance(self.new, list | tuple):
            return all(any(is_same_json(item, other) for other in self.new) for item in self.old)
        return False


@dataclass(frozen=True, slots=True)
class Revision:
    """A version after the first: an `addition` or an `amendment`, with its changes in order of name.

    `before` and `after` are the whole of the two versions: a time or a code cannot be put in words alone.
    """

    version: str
    recorded_at_ms: int | None
    kind: str
    changes: tuple[FieldChange, ...]
    reason: str
    fields_before: RecordFields
    fields_after: RecordFields


@dataclass(frozen=True, slots=True)
class RecordHistory:
    """A record as told: its first version, the one that stands now, and what came between.

    `taken_out`: when the keeper took it out, ms UTC; None while it stands. `newest` then holds the words taken out.
    """

    record: str
    first_version: RecordVersion
    current_version: RecordVersion
    revisions: tuple[Revision, ...]
    withdrawn_at_ms: int | None = None

    @property
    def first_recorded_at_ms(self) -> int | None:
        """When its words were fixed: the sealing of the first version."""
        return self.first_version.recorded_at_ms

    def has_revision(self, kind: str) -> bool:
        """Whether it holds an `addition` or an `amendment`."""
        return any(revision.kind == kind for revision in self.revisions)


class RecordView:
    """What every reading of a told record gives: an incident, a file, a person, an order."""

    __slots__ = ()
    history: RecordHistory

    @property
    def record(self) -> str:
        """The record's id."""
        return self.history.record

    @property
    def fields(self) -> RecordFields:
        """The open fields as they stand now."""
        return self.history.current_version.fields

    @property
    def restricted_fields(self) -> RecordFields:
        """The restricted fields as they stand now."""
        return self.history.current_version.restricted

    def text(self, name: str) -> str:
        """The text of an open field as it stands now."""
        return text_of(self.fields, name)

    def codes(self, name: str) -> tuple[str, ...]:
        """The codes or ids of an open field as they stand now."""
        return codes_of(self.fields, name)


def build_history(versions: Sequence[RecordVersion]) -> RecordHistory:
    """One record from its versions in feed order; at least one."""
    worded_versions = [version for version in versions if not version.is_withdrawal] or list(versions)
    first_version = _first_version(worded_versions, versions[0].recorded_at_ms)
    effective_versions: dict[str, RecordVersion] = {}
    revisions: list[Revision] = []
    latest_worded = worded_versions[0]
    is_first_settled = False
    for version in versions:
        parent = _find_parent(version, effective_versions, latest_worded)
        if version.is_withdrawal and version is not first_version:
            # Whoever writes on from a taking out writes on from the words behind it.
            effective_versions[version.version] = parent
            continue
        if is_first_settled and (revision := _make_revision(parent, version)):
            revisions.append(revision)
        is_first_settled = is_first_settled or version is first_version
        effective_versions[version.version] = latest_worded = version
    current_version, withdrawn_at_ms = _current_version(versions, latest_worded)
    return RecordHistory(first_version.record, first_version, current_version, tuple(revisions), withdrawn_at_ms)


def _first_version(worded_versions: Sequence[RecordVersion], began_ms: int | None) -> RecordVersion:
    """The last version sealed while a slip could still be corrected; none that came after one sealed later counts.

    Whoever puts a clock back does not get the ten minutes a second time.
    """
    settled = worded_versions[0]
    for version in worded_versions:
        if (
            began_ms is None
            or version.recorded_at_ms is None
            or not began_ms <= version.recorded_at_ms <= began_ms + CORRECTION_WINDOW_MS
        ):
            break
        settled = version
    return settled


def _current_version(versions: Sequence[RecordVersion], newest: RecordVersion) -> tuple[RecordVersion, int | None]:
    """Which version is shown, and when the record was taken out.

    It is out when no version is the last word on any device but takings out: words written elsewhere at the same
    moment bring it back rather than vanish with it.
    """
    parent_ids = {parent for version in versions for parent in codes_of(version.fields, "_parents")}
    leaf_versions = [version for version in versions if version.version not in parent_ids]
    worded_leaves = [version for version in leaf_versions if not version.is_withdrawal]
    if worded_leaves:
        return worded_leaves[-1], None
    return newest, integer_of(leaf_versions[-1].fields, "taken_out") if leaf_versions else None


def _make_revision(parent: RecordVersion, version: RecordVersion) -> Revision | None:
    """What a version changed; None when it says nothing new."""
    old_fields, new_fields = parent.all_fields(), version.all_fields()
    changes = tuple(_field_changes(old_fields, new_fields))
    if not changes:
        return None
    kind = "addition" if all(change.is_addition for change in changes) else "amendment"
    return Revision(
        version.version,
        version.recorded_at_ms,
        kind,
        changes,
        text_of(version.fields, "reason"),
        old_fields,
        new_fields,
    )


def build_histories(versions: Iterable[RecordVersion], kind: str) -> tuple[RecordHistory, ...]:
    """Every record of a kind, in the order of their earliest versions."""
    grouped: dict[str, list[RecordVersion]] = {}
    for version in versions:
        if version.kind == kind:
            grouped.setdefault(version.record, []).append(version)
    return tuple(build_history(group) for group in grouped.values())


def _find_parent(
    version: RecordVersion, effective_versions: Mapping[str, RecordVersion], newest: RecordVersion
) -> RecordVersion:
    """What a version grew from: its first parent that is here, else the one before it.

    Two devices may both have written on from one version; each is compared with what its keeper saw.
    """
    for parent in codes_of(version.fields, "_parents"):
        if parent in effective_versions:
            return effective_versions[parent]
    return newest


def _field_changes(old_fields: RecordFields, new_fields: RecordFields) -> Iterable[FieldChange]:
    """Every telling field that differs between two versions."""
    for name in sorted(old_fields.keys() | new_fields.keys()):
        if name.startswith("_") or name in _UNTRACKED_FIELDS:
            continue
        old, new = old_fields.get(name), new_fields.get(name)
        if not is_same_json(old, new) and not (is_blank(old) and is_blank(new)):
            yield FieldChange(name, old, new)
