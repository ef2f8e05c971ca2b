"""12_record.json and the sidecars: every version whole, and what follows from the versions.

static/src/pack/record_json.ts writes the same bytes: tests/vectors/capsule.json. What is derived is never sealed: a
reader who doubts it works it out again from the versions beside it, and `verify` does.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from diary.encoding import canon
from diary.pack.capsule.reader import Capsule, Version
from diary.pack.exhibit_numbers import Exhibit
from diary.pack.proofs.proof_files import RECORD_LIMIT, RECORD_TYPE, entry_labels
from diary.record.incident import Incident
from diary.record.reading import object_of, text_of
from diary.record.record_history import Opened, Revision, Told, tell
from diary.record.times import iso

SIDECAR_TYPE: Final = "sidecar/v1"


def record_file(capsule: Capsule) -> bytes:
    """12_record.json: every version with every field that has a value, and a newline at the end."""
    whole = {
        # What the pages say besides, so that they can be laid out again from here.
        "asked": [dict(row) for row in capsule.asked],
        "exhibits": [_exhibit(one) for one in capsule.exhibits],
        **({"hold_words": list(capsule.hold_words)} if capsule.hold_words else {}),
        "own_words": capsule.own_words,
        "refs": [
            {"kind": ref.kind, "no": ref.no, "record": ref.record, "ref": ref.ref} for ref in capsule.refs.values()
        ],
        "sheet": dict(capsule.sheet),
        "start_with": list(capsule.start_with),
        "counts": dict(capsule.counts),
        "custody": [dict(line) for line in capsule.custody],
        "gaps": [dict(gap) for gap in capsule.gaps],
        "pack": dict(capsule.head.raw),
        "records": derived((version.opened for version in capsule.versions), _facts(capsule), names(capsule)),
        "t": RECORD_TYPE,
        "versions": [
            {
                "c": version.c,
                "fields": _valued(version.opened),
                "kind": version.opened.kind,
                "parents": list(version.parents),
                "receipt_at": version.received_at,
                "record": version.opened.record,
                "schema": version.opened.schema,
                "seq": version.seq,
                "seq_no": version.seq_no,
                "version": version.opened.version,
            }
            for version in capsule.versions
        ],
    }
    return canon(whole, limit=RECORD_LIMIT) + b"\n"


def _exhibit(one: Exhibit) -> dict[str, object]:
    """An exhibit's row without its keys: `printed` and `still` say whether there was a copy for the pages."""
    return {
        "file": one.file,
        "hold_picture": one.hold_picture,
        "item": one.item,
        "looked_at": one.looked_at,
        **({"order": True} if one.is_order else {}),
        "printed": one.print_copy is not None or one.received is not None,
        "record": one.record,
        "sha256": one.sha256,
        "sha512": one.sha512,
        "size": one.size,
        **({"still": True} if one.poster is not None else {}),
    }


def names(capsule: Capsule) -> dict[str, str]:
    """What each record of a pack is called: `7`, `U1`, `JB/3`, `S1`. A link in a field is looked up here."""
    files = {exhibit.record: exhibit.item for exhibit in capsule.exhibits}
    return entry_labels(capsule) | files | {ref.record: ref.ref for ref in capsule.refs.values()}


Fact = tuple[str, int | None, int | None]


def _facts(capsule: Capsule) -> dict[str, Fact]:
    """Per version what its fields do not hold: commitment, receipt time, entry number."""
    return {one.opened.version: (one.c, one.received_at, one.seq_no) for one in capsule.versions}


def derived(
    versions: Iterable[Opened], facts: Mapping[str, Fact], called: Mapping[str, str]
) -> list[dict[str, object]]:
    """One row a record, in the order of their earliest versions: name, times, delay, and each revision field by field."""
    grouped: dict[str, list[Opened]] = {}
    for version in versions:
        grouped.setdefault(version.record, []).append(version)
    return [_row(group, facts, called.get(record, "")) for record, group in grouped.items()]


def _row(group: Sequence[Opened], facts: Mapping[str, Fact], name: str) -> dict[str, object]:
    """What follows from one record's versions."""
    told = tell(group)
    by = {version.version: version for version in group}
    c, received_at, seq_no = facts[told.first.version]
    return {
        "commitment": c,
        "delay_ms": Incident(name, seq_no, told).delay_ms if told.first.kind == "incident" else None,
        "first": told.first.version,
        "kind": told.first.kind,
        "newest": told.newest.version,
        "received_at": received_at,
        "record": told.record,
        "recorded_at": told.started_at,
        "ref": name,
        "revisions": [_revision(no, one, by[one.version]) for no, one in enumerate(told.revisions, 1)],
        "seq_no": seq_no,
        "taken_out": [
            {"at": version.fields["taken_out"], "reason": text_of(version.fields, "reason"), "version": version.version}
            for version in group
            if version.takes_out
        ],
    }


def _revision(no: int, revision: Revision, version: Opened) -> dict[str, object]:
    """One addition or amendment; `by` is the device it was sealed on."""
    return {
        "at": revision.at,
        "by": text_of(object_of(version.fields, "_author"), "device"),
        "changes": [{"field": change.field, "new": change.new, "old": change.old} for change in revision.changes],
        "kind": revision.kind,
        "no": no,
        "reason": revision.reason,
        "version": revision.version,
    }


def _valued(opened: Opened) -> dict[str, object]:
    """Every field of both parts that has a value."""
    return {name: value for name, value in opened.everything().items() if value is not None}


def newest_of(capsule: Capsule, record: str) -> Version:
    """The version of a record that stands now."""
    own = [version for version in capsule.versions if version.opened.record == record]
    told: Told = tell([version.opened for version in own])
    return next(version for version in own if version.opened.version == told.newest.version)


def sidecar(capsule: Capsule, item: str) -> bytes:
    """14_sidecars/JB-1.json: one exhibit's digests and every field of the version that stands."""
    exhibit = next(exhibit for exhibit in capsule.exhibits if exhibit.item == item)
    return canon(
        {
            "fields": _valued(newest_of(capsule, exhibit.record).opened),
            "file": exhibit.file,
            "item": exhibit.item,
            "made_at": iso(capsule.head.made_at),
            "record": exhibit.record,
            "sha256": exhibit.sha256,
            "sha512": exhibit.sha512,
            "size_bytes": exhibit.size,
            "t": SIDECAR_TYPE,
        },
        limit=RECORD_LIMIT,
    )
