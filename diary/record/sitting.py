"""What was collected in a sitting, and whether the keeper has seen it; mirrored by static/src/record/sitting.ts."""

from diary.record.reading import RecordFields, integer_of, object_of, text_of


def collector_of(fields: RecordFields) -> str:
    """Return who collected a file, as initials; '' for a file that was not collected in a sitting."""
    return text_of(object_of(fields, "collected"), "by")


def is_unseen(fields: RecordFields) -> bool:
    """Return whether a file was collected in a sitting and the keeper has not opened it."""
    return bool(object_of(fields, "collected")) and integer_of(fields, "opened_by_keeper_at") is None
