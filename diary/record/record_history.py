"""History of a record from its versions: the first one, and later additions and amendments.

The first version is the last one recorded within ten minutes of the first save, so that correcting a typing slip is not
an amendment. After that, a version that only adds is an *addition* and every other one an *amendment*. A withdrawal is
a version without content. It is not an amendment, and the earlier content stays behind it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from diary import constants
from diary.record.reading import RecordFields, codes_of, integer_of, is_blank, is_same_json, json_text, text_of
from diary.record.times import recorded_ms

CORRECTION_WINDOW_MS: Final = constants.SETTLING_MS
# Fields that do not describe what happened; their changes are not tracked. The label of an assisted entry states, with
# the day, that the keeper confirmed it.
_UNTRACKED_FIELDS: Final = frozenset(
    {"assisted", "cards_opened", "reason", "include_in_pack", "start_with_this", "looked_at"}
)
_WITHDRAWAL_FIELDS: Final = frozenset({"taken_out", "reason"})


@dataclass(frozen=True, slots=True)
class RecordVersion:
    """One decrypted version. `restricted` is empty if there is no such part or it was withheld."""

    record: str
    version: str
    kind: str
    schema: int
    fields: RecordFields
    restricted: RecordFields

    @property
    def recorded_at_ms(self) -> int | None:
        """Return when the version was sealed, ms UTC by the device's clock."""
        return recorded_ms(self.fields)

    @property
    def is_withdrawal(self) -> bool:
        """Return whether the version does nothing but withdraw the record."""
        present_names = {name for name, value in self.fields.items() if not name.startswith("_") and value is not None}
        return (
            integer_of(self.fields, "taken_out") is not None
            and present_names <= _WITHDRAWAL_FIELDS
            and not self.restricted
        )

    def all_fields(self) -> dict[str, object]:
        """Return all fields, open and restricted; their names never collide."""
        return {**self.fields, **self.restricted}


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One changed field: the stored values, None for a missing one."""

    field: str
    old: object
    new: object

    @property
    def is_addition(self) -> bool:
        """Return whether all of the old value is still present."""
        if is_blank(self.old):
            return True
        if isinstance(self.old, str) and isinstance(self.new, str):
            return self.new.startswith(self.old)
        if isinstance(self.old, list | tuple) and isinstance(self.new, list | tuple):
            return set(map(json_text, self.old)) <= set(map(json_text, self.new))
        return False


@dataclass(frozen=True, slots=True)
class Revision:
    """A version after the first: an `addition` or an `amendment`, with its changes in order of name.

    `fields_before` and `fields_after` are the complete fields of both versions: a time or a code cannot be worded
    without its neighbours.
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
    """A record with its first version, its current version and the revisions in between.

    `withdrawn_at_ms`: when the keeper withdrew the record, ms UTC; None if it is active. For a withdrawn record,
    `current_version` is the last one with content.
    """

    record: str
    first_version: RecordVersion
    current_version: RecordVersion
    revisions: tuple[Revision, ...]
    withdrawn_at_ms: int | None = None

    @property
    def first_recorded_at_ms(self) -> int | None:
        """Return when the first version was sealed, ms UTC."""
        return self.first_version.recorded_at_ms

    def has_revision(self, kind: str) -> bool:
        """Return whether there is a revision of this kind (`addition` or `amendment`)."""
        return any(revision.kind == kind for revision in self.revisions)


class RecordView:
    """Base of typed views of a record: incident, attachment, person, order."""

    __slots__ = ()
    history: RecordHistory

    @property
    def record(self) -> str:
        """Return the record id."""
        return self.history.record

    @property
    def fields(self) -> RecordFields:
        """Return the current open fields."""
        return self.history.current_version.fields

    @property
    def restricted_fields(self) -> RecordFields:
        """Return the current restricted fields."""
        return self.history.current_version.restricted

    def text(self, name: str) -> str:
        """Return the current text of an open field."""
        return text_of(self.fields, name)

    def codes(self, name: str) -> tuple[str, ...]:
        """Return the current codes or ids of an open field."""
        return codes_of(self.fields, name)


def build_history(versions: Sequence[RecordVersion]) -> RecordHistory:
    """Build the history of one record from its versions in feed order; at least one is required."""
    worded_versions = [version for version in versions if not version.is_withdrawal] or list(versions)
    first_version = _first_version(worded_versions, versions[0].recorded_at_ms)
    effective_versions: dict[str, RecordVersion] = {}
    revisions: list[Revision] = []
    latest_worded = worded_versions[0]
    is_first_settled = False
    for version in versions:
        parent = _find_parent(version, effective_versions, latest_worded)
        if version.is_withdrawal and version is not first_version:
            # The parent of a version written after a withdrawal is the content before the withdrawal.
            effective_versions[version.version] = parent
            continue
        if is_first_settled and (revision := _make_revision(parent, version)):
            revisions.append(revision)
        is_first_settled = is_first_settled or version is first_version
        effective_versions[version.version] = latest_worded = version
    current_version, withdrawn_at_ms = _current_version(versions, latest_worded)
    return RecordHistory(first_version.record, first_version, current_version, tuple(revisions), withdrawn_at_ms)


def _first_version(worded_versions: Sequence[RecordVersion], began_ms: int | None) -> RecordVersion:
    """Return the last version sealed within the correction window; stop at the first one sealed outside it.

    Setting a device's clock back does not reopen the window.
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
    """Return the current version and when the record was withdrawn, or None if it is active.

    A record is withdrawn if every version without a child is a withdrawal: content written on another device at the
    same time restores the record.
    """
    parent_ids = {parent for version in versions for parent in codes_of(version.fields, "_parents")}
    leaf_versions = [version for version in versions if version.version not in parent_ids]
    worded_leaves = [version for version in leaf_versions if not version.is_withdrawal]
    if worded_leaves:
        return worded_leaves[-1], None
    return newest, integer_of(leaf_versions[-1].fields, "taken_out") if leaf_versions else None


def _make_revision(parent: RecordVersion, version: RecordVersion) -> Revision | None:
    """Return the revision a version makes, or None if it changes nothing."""
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
    """Build the histories of all records of a kind, in the order of their earliest versions."""
    grouped: dict[str, list[RecordVersion]] = {}
    for version in versions:
        if version.kind == kind:
            grouped.setdefault(version.record, []).append(version)
    return tuple(build_history(group) for group in grouped.values())


def _find_parent(
    version: RecordVersion, effective_versions: Mapping[str, RecordVersion], newest: RecordVersion
) -> RecordVersion:
    """Return the first parent of a version that is present, otherwise the version before it.

    Two devices may both continue from one version; each is compared with what its user saw.
    """
    for parent in codes_of(version.fields, "_parents"):
        if parent in effective_versions:
            return effective_versions[parent]
    return newest


def _field_changes(old_fields: RecordFields, new_fields: RecordFields) -> Iterable[FieldChange]:
    """Yield every tracked field that differs between two versions."""
    for name in sorted(old_fields.keys() | new_fields.keys()):
        if name.startswith("_") or name in _UNTRACKED_FIELDS:
            continue
        old, new = old_fields.get(name), new_fields.get(name)
        if not is_same_json(old, new) and not (is_blank(old) and is_blank(new)):
            yield FieldChange(name, old, new)
