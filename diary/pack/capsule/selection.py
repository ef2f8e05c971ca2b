"""Selection of the records that accompany the chosen entries; mirrored by static/src/pack/selection.ts.

A person, an account, a vehicle or a message schedule is included only if something in the pack refers to it. A record
about the whole case (an order, a report, a notice to stop) is included unless every entry it refers to is left out.
Withdrawn records are left out, and private notes are never read here.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from diary.pack.exhibit_parsing import REGISTER_KINDS
from diary.record.evidence import Attachment
from diary.record.incident import Incident
from diary.record.reading import boolean_of, codes_of, text_of
from diary.record.record_history import RecordHistory, RecordVersion, build_histories
from diary.record.referenced_ids import ids_named_by, reachable_records
from diary.record.roles import RoleClaim, assign_role_codes

INTIMATE_SENSITIVITY: Final = "intimate_adult"
# Included only with a record that refers to them: a pack must not disclose people unrelated to its entries.
_ONLY_WHEN_REFERENCED_KINDS: Final = frozenset({"account", "case", "person", "schedule", "vehicle"})
# An account belongs to its person, and a sighting to its account or person.
_OWNER_FIELDS: Final = {"account": ("person_id",), "sighting": ("account_id", "person_id"), "vehicle": ("person_ids",)}
_REFERENCE_PREFIXES: Final = {
    "account": "A", "background": "BG", "case": "CA", "consent": "CS", "export": "EX", "impact": "IM", "notice": "NC",
    "order": "O", "report": "R", "schedule": "MS", "sighting": "SG", "sitting": "SI", "statement": "ST", "vehicle": "V",
}  # fmt: skip


# A list of what was left out does not name records of other packs, nor of what the keeper agreed to.
_UNLISTED_KINDS: Final = frozenset({"consent", "export"})


@dataclass(frozen=True, slots=True)
class PackSelection:
    """Contents of a pack: histories of incidents, attachments, and records of every other kind."""

    incidents: tuple[RecordHistory, ...]
    attachments: tuple[Attachment, ...]
    registers: tuple[RecordHistory, ...]

    @property
    def record_ids(self) -> frozenset[str]:
        """Return the ids of all selected records."""
        ids = (item.record for item in (*self.incidents, *self.registers))
        return frozenset((*ids, *(item.record for item in self.attachments)))


def select_records(
    versions: Sequence[RecordVersion],
    incident_ids: Iterable[str],
    *,
    include_intimate: bool,
    requested_file_ids: frozenset[str] | None = None,
    with_files: bool = True,
) -> PackSelection:
    """Select everything for a pack of the given incidents.

    `include_intimate`: include private pictures of adults. `requested_file_ids`: attachments requested by number; if
    given, only these are included, and of the other records only those they refer to. `with_files`: False for a pack of
    words, whose files follow in a later one.
    """
    wanted_ids = set(incident_ids)
    incidents = build_histories(versions, "incident")
    chosen = tuple(record for record in incidents if record.record in wanted_ids and record.withdrawn_at_ms is None)
    files = [
        record
        for record in build_histories(versions, "attachment")
        if with_files and is_file_allowed(record, include_intimate=include_intimate)
    ]
    attachments = (
        _attachments_of(files, chosen)
        if requested_file_ids is None
        else tuple(Attachment(record) for record in files if record.record in requested_file_ids)
    )
    other_records = [
        record
        for kind in REGISTER_KINDS
        for record in build_histories(versions, kind)
        if record.withdrawn_at_ms is None and _is_sitting_allowed(record)
    ]
    included_records = _referenced_records(
        other_records,
        {record.record for record in incidents},
        chosen,
        attachments,
        only_referenced=requested_file_ids is not None,
    )
    referenced_ids = {record for history in included_records for record in ids_named_by(history)}
    attached_ids = {record.record for record in attachments}
    referenced_attachments = (
        []
        if requested_file_ids is not None
        else [
            Attachment(record)
            for record in files
            if record.record in referenced_ids and record.record not in attached_ids
        ]
    )
    return PackSelection(chosen, (*attachments, *referenced_attachments), included_records)


def is_file_allowed(file: RecordHistory, *, include_intimate: bool) -> bool:
    """Return whether a file may be included; an intimate picture of an adult needs the keeper's explicit choice."""
    is_excluded = boolean_of(file.current_version.fields, "include_in_pack") is False
    is_intimate = text_of(file.current_version.fields, "sensitivity") == INTIMATE_SENSITIVITY and not include_intimate
    return file.withdrawn_at_ms is None and not is_excluded and not is_intimate


def _is_sitting_allowed(record: RecordHistory) -> bool:
    """Return whether a record may be included: a sitting needs the keeper's explicit choice.

    It names files that the keeper may not have seen.
    """
    fields = record.current_version.fields
    return record.current_version.kind != "sitting" or boolean_of(fields, "include_in_pack") is True


def _attachments_of(files: Sequence[RecordHistory], incidents: Sequence[RecordHistory]) -> tuple[Attachment, ...]:
    """Return the files of the chosen incidents, in the order of the incidents and then of the files."""
    ranked: list[tuple[int, int, Attachment]] = []
    for file_rank, file in enumerate(files):
        incident_ids = codes_of(file.current_version.fields, "incident_ids")
        ranks = [
            rank
            for rank, incident in enumerate(incidents)
            if incident.record in incident_ids
            or file.record in codes_of(incident.current_version.fields, "attachment_ids")
            or file.record in codes_of(incident.current_version.fields, "narrative_media")
        ]
        if ranks:
            ranked.append((min(ranks), file_rank, Attachment(file)))
    return tuple(attachment for _, _, attachment in sorted(ranked, key=lambda row: row[:2]))


def _referenced_records(
    other_records: Sequence[RecordHistory],
    all_incident_ids: set[str],
    incidents: Sequence[RecordHistory],
    attachments: Sequence[Attachment],
    *,
    only_referenced: bool,
) -> tuple[RecordHistory, ...]:
    """Return the records of other kinds to include, by kind and then in feed order.

    `only_referenced`: include only records that another included record refers to.
    """
    references = {record.record: ids_named_by(record) for record in other_records}
    incident_ids = {record.record for record in incidents}
    start_ids = {
        record
        for history in (*incidents, *(file.history for file in attachments))
        for record in ids_named_by(history)
        if record in references
    }
    for record in other_records:
        referenced_incidents = references[record.record] & all_incident_ids
        if referenced_incidents & incident_ids or (
            not referenced_incidents
            and not only_referenced
            and record.current_version.kind not in _ONLY_WHEN_REFERENCED_KINDS
        ):
            start_ids.add(record.record)
    included_ids = reachable_records(start_ids, references)
    while owned_ids := {
        record.record
        for record in other_records
        if record.record not in included_ids and _is_owned_by_included(record, included_ids)
    }:
        included_ids = reachable_records(included_ids | owned_ids, references)
    return tuple(record for record in other_records if record.record in included_ids)


def _is_owned_by_included(history: RecordHistory, included_ids: set[str]) -> bool:
    """Return whether a record is an account, a sighting or a vehicle that belongs to an included record."""
    owners = (
        owner_id
        for name in _OWNER_FIELDS.get(history.current_version.kind, ())
        for owner_id in codes_of(history.current_version.fields, name)
    )
    return any(owner in included_ids for owner in owners)


def reference_rows(versions: Sequence[RecordVersion], selection: PackSelection) -> list[dict[str, object]]:
    """Return the references of selected records other than entries and files: a rank within the kind, and `S1` or `O2`.

    Ranks count all records of the diary.
    """
    person_codes = assign_role_codes(
        RoleClaim(version.record, text_of(version.fields, "role"), text_of(version.fields, "role_code"))
        for version in versions
        if version.kind == "person" and not version.is_withdrawal
    )
    ranks: dict[str, int] = {}
    for kind in REGISTER_KINDS:
        for rank, record in enumerate(dict.fromkeys(version.record for version in versions if version.kind == kind), 1):
            ranks[record] = rank
    return [
        {
            "kind": history.current_version.kind,
            "no": ranks[history.record],
            "record": history.record,
            "ref": person_codes.get(history.record)
            or register_code(history.current_version.kind, ranks[history.record]),
        }
        for history in selection.registers
    ]


def register_code(kind: str, rank: int) -> str:
    """Return what a record is called by its rank within its kind: `O2`; `P3` for a person without a role."""
    return f"{_REFERENCE_PREFIXES.get(kind, 'P')}{rank}"


def entry_counts(
    entries: Sequence[Incident], selection: PackSelection, previous_entry_ids: frozenset[str] | None = None
) -> dict[str, object]:
    """Count the entries by outcome: included, withheld, removed and earlier add up to the total.

    `previous_entry_ids`: for a supplement, the entries of earlier packs; they do not count as withheld.
    """
    included_ids = {history.record for history in selection.incidents}
    included = [entry for entry in entries if entry.record in included_ids]
    removed_count = sum(entry.history.withdrawn_at_ms is not None for entry in entries)
    earlier_count = sum(_is_in_previous_pack(entry, included_ids, previous_entry_ids) for entry in entries)
    return {
        **({} if previous_entry_ids is None else {"earlier": earlier_count}),
        "added_to": sum(entry.history.has_revision("addition") for entry in included),
        "amended": sum(entry.history.has_revision("amendment") for entry in included),
        "included": len(included),
        "late": sum(entry.is_late for entry in included),
        "removed": removed_count,
        "total": len(entries),
        "withheld": len(entries) - len(included) - removed_count - earlier_count,
    }


def _is_in_previous_pack(entry: Incident, included: set[str], previous_entry_ids: frozenset[str] | None) -> bool:
    """Return whether an active entry is not in this pack but in an earlier one."""
    return (
        entry.history.withdrawn_at_ms is None
        and entry.record not in included
        and entry.record in (previous_entry_ids or ())
    )


def add_missing_entries(
    counted_entries: Mapping[str, object], missing_entries: Sequence[Mapping[str, object]]
) -> dict[str, object]:
    """Add the missing entries to the counts: erased permanently, or unreadable."""
    missing_counts = {why: sum(row["why"] == why for row in missing_entries) for why in ("removed", "withheld")}
    return {
        name: int(str(number)) + missing_counts.get(name, len(missing_entries) if name == "total" else 0)
        for name, number in counted_entries.items()
    }


def gap_rows(
    entries: Sequence[Incident],
    selection: PackSelection,
    previous_entry_ids: frozenset[str] | None = None,
    missing_entries: Sequence[Mapping[str, object]] = (),
) -> list[dict[str, object]]:
    """Return the number and reason of every entry left out, and no content.

    `previous_entry_ids`: as in `entry_counts`.
    """
    included_ids = {history.record for history in selection.incidents}
    rows: list[dict[str, object]] = [
        {
            "at": entry.history.withdrawn_at_ms,
            "seq_no": entry.seq_no,
            "why": _gap_reason(entry, included_ids, previous_entry_ids),
        }
        for entry in entries
        if entry.record not in included_ids
    ]
    rows += [{"at": row["at"], "seq_no": row["no"], "why": row["why"]} for row in missing_entries]
    return sorted(rows, key=_entry_number_key)


def left_out_rows(
    versions: Sequence[RecordVersion],
    selection: PackSelection,
    entry_numbers: Mapping[str, int | None],
    previous_ids: frozenset[str] = frozenset(),
) -> list[dict[str, object]]:
    """Return kind, number and time of every record that stands and is not selected, and no content.

    Private notes are not read. `no`: the entry's number, None for a file, else the rank within the kind; `at`: when the
    first version was sealed, ms UTC. `previous_ids`: for a supplement, the entries and files of earlier packs; of other
    records it lists none, since earlier packs may have them.
    """
    kinds = ("incident", "attachment", *(kind for kind in REGISTER_KINDS if kind not in _UNLISTED_KINDS))
    return [
        {
            "at": history.first_recorded_at_ms,
            "kind": kind,
            "no": {"incident": entry_numbers.get(history.record), "attachment": None}.get(kind, rank),
        }
        for kind in (kinds[:2] if previous_ids else kinds)
        for rank, history in enumerate(build_histories(versions, kind), 1)
        if history.withdrawn_at_ms is None
        and history.record not in selection.record_ids
        and history.record not in previous_ids
    ]


def _gap_reason(entry: Incident, included: set[str], previous_entry_ids: frozenset[str] | None) -> str:
    """Return why an entry is left out."""
    if entry.history.withdrawn_at_ms is not None:
        return "removed"
    return "earlier" if _is_in_previous_pack(entry, included, previous_entry_ids) else "withheld"


def _entry_number_key(row: Mapping[str, object]) -> tuple[bool, int]:
    """Return a sort key by number, unnumbered rows last."""
    number = row["seq_no"]
    return (False, number) if isinstance(number, int) else (True, 0)
