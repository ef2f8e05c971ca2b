"""12_record.json and the sidecars: all versions in full, and what is derived from them.

static/src/pack/record_json.ts writes the same bytes, tested against tests/vectors/capsule.json. Derived values are not
sealed: they can be recomputed from the versions in the same file, and `verify` does so.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from diary.encoding import canonical_json
from diary.pack.capsule.reader import Capsule, CapsuleVersion
from diary.pack.exhibit_parsing import Exhibit
from diary.pack.proofs.proof_files import RECORD_LIMIT_BYTES, RECORD_TYPE, entry_labels
from diary.record.incident import Incident
from diary.record.reading import object_of, text_of
from diary.record.record_history import RecordHistory, RecordVersion, Revision, build_history
from diary.record.times import format_iso

SIDECAR_TYPE: Final = "sidecar/v1"


def encode_record(capsule: Capsule) -> bytes:
    """Return 12_record.json: every version with every field that has a value, and a newline at the end."""
    record = {
        # Further content of the pages, so that they can be rendered again from this file.
        "asked": [dict(row) for row in capsule.opened_cards],
        "exhibits": [_exhibit_row(exhibit) for exhibit in capsule.exhibits],
        **({"hold_words": list(capsule.withheld_words)} if capsule.withheld_words else {}),
        **({} if capsule.left_out is None else {"left_out": [dict(row) for row in capsule.left_out]}),
        "own_words": capsule.own_words,
        "refs": [
            {"kind": ref.kind, "no": ref.rank, "record": ref.record, "ref": ref.ref}
            for ref in capsule.references.values()
        ],
        "sheet": dict(capsule.sheet),
        "start_with": list(capsule.start_with),
        "counts": dict(capsule.counts),
        "custody": [dict(line) for line in capsule.custody],
        "gaps": [dict(gap) for gap in capsule.gaps],
        "pack": dict(capsule.metadata.raw),
        "records": derived_rows(
            (version.opened for version in capsule.versions), _version_facts(capsule), record_labels(capsule)
        ),
        "t": RECORD_TYPE,
        "versions": [
            {
                "c": version.commitment,
                "fields": _non_empty_fields(version.opened),
                "kind": version.opened.kind,
                "parents": list(version.parents),
                "receipt_at": version.received_at,
                "record": version.opened.record,
                "schema": version.opened.schema,
                "seq": version.seq,
                "seq_no": version.entry_number,
                "version": version.opened.version,
            }
            for version in capsule.versions
        ],
    }
    return canonical_json(record, limit_bytes=RECORD_LIMIT_BYTES) + b"\n"


def _exhibit_row(exhibit: Exhibit) -> dict[str, object]:
    """Return an exhibit's row without its keys; `printed` and `still` state whether there was a copy for the pages."""
    return {
        "file": exhibit.filename,
        "hold_picture": exhibit.is_picture_withheld,
        "item": exhibit.item,
        "looked_at": exhibit.looked_at,
        **({"order": True} if exhibit.is_order else {}),
        "printed": exhibit.print_copy is not None or exhibit.received_file is not None,
        "record": exhibit.record,
        "sha256": exhibit.sha256,
        "sha512": exhibit.sha512,
        "size": exhibit.size_bytes,
        **({"still": True} if exhibit.poster is not None else {}),
    }


def record_labels(capsule: Capsule) -> dict[str, str]:
    """Return the reference of each record of a pack, for links in fields: `7`, `U1`, `JB/3`, `S1`."""
    files = {exhibit.record: exhibit.item for exhibit in capsule.exhibits}
    return entry_labels(capsule) | files | {ref.record: ref.ref for ref in capsule.references.values()}


VersionFacts = tuple[str, int | None, int | None]


def _version_facts(capsule: Capsule) -> dict[str, VersionFacts]:
    """Return, by version, the facts that its fields do not contain: commitment, time of receipt, entry number."""
    return {
        version.opened.version: (version.commitment, version.received_at, version.entry_number)
        for version in capsule.versions
    }


def derived_rows(
    versions: Iterable[RecordVersion], facts: Mapping[str, VersionFacts], labels: Mapping[str, str]
) -> list[dict[str, object]]:
    """Return one row for each record, by earliest version: reference, times, delay, and each revision by field."""
    grouped: dict[str, list[RecordVersion]] = {}
    for version in versions:
        grouped.setdefault(version.record, []).append(version)
    return [_derived_row(group, facts, labels.get(record, "")) for record, group in grouped.items()]


def _derived_row(versions: Sequence[RecordVersion], facts: Mapping[str, VersionFacts], label: str) -> dict[str, object]:
    """Return the row of data derived from one record's versions."""
    history = build_history(versions)
    versions_by_id = {version.version: version for version in versions}
    commitment, received_at, seq_no = facts[history.first_version.version]
    return {
        "commitment": commitment,
        "delay_ms": Incident(label, seq_no, history).delay_ms if history.first_version.kind == "incident" else None,
        "first": history.first_version.version,
        "kind": history.first_version.kind,
        "newest": history.current_version.version,
        "received_at": received_at,
        "record": history.record,
        "recorded_at": history.first_recorded_at_ms,
        "ref": label,
        "revisions": [
            _revision_row(no, revision, versions_by_id[revision.version])
            for no, revision in enumerate(history.revisions, 1)
        ],
        "seq_no": seq_no,
        "taken_out": [
            {"at": version.fields["taken_out"], "reason": text_of(version.fields, "reason"), "version": version.version}
            for version in versions
            if version.is_withdrawal
        ],
    }


def _revision_row(number: int, revision: Revision, version: RecordVersion) -> dict[str, object]:
    """Return one addition or amendment; `by` is the device on which it was sealed."""
    return {
        "at": revision.recorded_at_ms,
        "by": text_of(object_of(version.fields, "_author"), "device"),
        "changes": [{"field": change.field, "new": change.new, "old": change.old} for change in revision.changes],
        "kind": revision.kind,
        "no": number,
        "reason": revision.reason,
        "version": revision.version,
    }


def _non_empty_fields(version: RecordVersion) -> dict[str, object]:
    """Return the fields of both parts that have a value."""
    return {name: value for name, value in version.all_fields().items() if value is not None}


def newest_version(capsule: Capsule, record: str) -> CapsuleVersion:
    """Return the current version of a record."""
    record_versions = [version for version in capsule.versions if version.opened.record == record]
    history: RecordHistory = build_history([version.opened for version in record_versions])
    return next(version for version in record_versions if version.opened.version == history.current_version.version)


def encode_sidecar(capsule: Capsule, item: str) -> bytes:
    """Return 14_sidecars/JB-1.json: an exhibit's digests and all fields of its current version."""
    exhibit = next(exhibit for exhibit in capsule.exhibits if exhibit.item == item)
    return canonical_json(
        {
            "fields": _non_empty_fields(newest_version(capsule, exhibit.record).opened),
            "file": exhibit.filename,
            "item": exhibit.item,
            "made_at": format_iso(capsule.metadata.made_at),
            "record": exhibit.record,
            "sha256": exhibit.sha256,
            "sha512": exhibit.sha512,
            "size_bytes": exhibit.size_bytes,
            "t": SIDECAR_TYPE,
        },
        limit_bytes=RECORD_LIMIT_BYTES,
    )
