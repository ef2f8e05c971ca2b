"""Check of the custody steps in 12_record.json against the proofs of the files.

Custody records are in no pack, so only the signature covers that a logged step took place. What follows from the
files' proofs is checked: when each was added, its digest, and that it went into this pack.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from typing import Final

from diary.pack.capsule.exhibits import custody_rows
from diary.record import vocabulary
from diary.record.evidence import Attachment
from diary.record.reading import RecordFields, integer_of, is_same_json, object_of, objects_of, text_of
from diary.record.record_history import RecordVersion, build_histories

# The app takes these steps itself when a file is added; each other step is the keeper's, or that of an advocate who
# looked at a file in a sitting.
_ARRIVAL_ACTIONS: Final = frozenset({"received", "hashed"})
_DIGEST_ACTIONS: Final = frozenset({"hashed", "verified"})


def is_custody_right(record: RecordFields, versions: Sequence[RecordVersion]) -> bool:
    """Return whether the custody steps agree with the exhibits, their proofs and the time of the pack."""
    files = {history.record: Attachment(history) for history in build_histories(versions, "attachment")}
    exhibits, lines = objects_of(record, "exhibits"), objects_of(record, "custody")
    pack = object_of(record, "pack")
    is_prepared = bool(object_of(pack, "prepared"))
    # What the steps are where nothing was logged.
    plain_steps = custody_rows(
        (),
        [files[text_of(row, "record")] for row in exhibits],
        exhibits,
        integer_of(pack, "made_at") or 0,
        "advocate" if is_prepared else "keeper",
    )
    if is_prepared:
        # An advocate is given no custody records.
        return is_same_json(plain_steps, list(lines))
    times = [integer_of(line, "at") or 0 for line in lines]
    exports = {text_of(step, "item"): step for step in plain_steps if step["action"] == "exported"}
    # By item: a forger's pack may have tens of thousands of steps and files.
    lines_by_item, versions_by_record = defaultdict(list), defaultdict(list)
    for line in lines:
        lines_by_item[text_of(line, "item")].append(line)
    for version in versions:
        versions_by_record[version.record].append(version)
    return times == sorted(times) and all(
        _are_steps_right(
            lines_by_item[text_of(row, "item")],
            exports[text_of(row, "item")],
            versions_by_record[text_of(row, "record")],
        )
        for row in exhibits
    )


def _are_steps_right(
    lines: Sequence[RecordFields], export: Mapping[str, object], versions: Sequence[RecordVersion]
) -> bool:
    """Return whether one file went into this pack once, and has at least one other step, each as its proofs say."""
    logged_lines = [line for line in lines if not is_same_json(line, export)]
    # A forger's file may have tens of thousands of versions, and as many steps.
    added_times = {integer_of(version.fields, "added_at") for version in versions}
    digests = {text_of(version.fields, "sha256") for version in versions}
    is_collected = any(object_of(version.fields, "collected") for version in versions)
    return 0 < len(logged_lines) == len(lines) - 1 and all(
        _is_step_right(line, added_times, digests, is_collected=is_collected) for line in logged_lines
    )


def _is_step_right(line: RecordFields, added_times: Set[int | None], digests: Set[str], *, is_collected: bool) -> bool:
    """Return whether a step names an actor who takes it, and the time and the digest in a version of its file."""
    action, at, detail = text_of(line, "action"), integer_of(line, "at"), text_of(line, "detail")
    is_arrival = action in _ARRIVAL_ACTIONS
    is_look_in_sitting = is_collected and action == "viewed" and text_of(line, "actor") == "advocate"
    return (
        line.keys() == {"action", "actor", "at", "detail", "item"}
        and vocabulary.CHOICE_LISTS["custody_actions"].find_term(action) is not None
        and (is_look_in_sitting or text_of(line, "actor") == ("app" if is_arrival else "keeper"))
        and (not is_arrival or (line["at"] == at and at in added_times))
        and (action not in _DIGEST_ACTIONS or (line["detail"] == detail and detail in digests))
    )
