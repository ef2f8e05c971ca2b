"""05_message-schedules.csv: every line of every message schedule of a pack, in both directions.

The keeper's own numbers and accounts appear only in the restricted part; here they are me (1), me (2).
"""

from collections.abc import Iterator
from typing import Final

from diary.pack.contents import PackContents
from diary.pack.registers import RegisterRecord, linked_records, records_of_kind
from diary.pack.tables.csv_tables import encode_csv
from diary.pack.wording import format_entries, format_field_choice
from diary.record import times, vocabulary
from diary.record.reading import RecordFields, boolean_of, integer_of, objects_of, text_of
from diary.record.record_history import RecordVersion, build_histories

SCHEDULE_COLUMNS: Final = (
    "schedule", "entries", "channel", "chat", "is_complete", "counted", "msg_no", "sent", "sent_local", "zone", "time_source",
    "time_note", "direction", "from", "to", "type", "text", "description", "edited", "read", "file_name", "item", "page",
)  # fmt: skip
KEEPER_LABEL: Final = "me"


def schedules_csv(contents: PackContents) -> bytes | None:
    """Return the table, or None for a pack without a schedule."""
    pairs = list(schedule_pairs(contents))
    return (
        encode_csv(
            SCHEDULE_COLUMNS,
            (line for schedule, unredacted in pairs for line in _schedule_cells(contents, schedule, unredacted)),
        )
        if pairs
        else None
    )


def schedule_pairs(contents: PackContents) -> Iterator[tuple[RegisterRecord, RecordVersion]]:
    """Yield each message schedule after and before redaction."""
    unredacted = {
        history.record: history.current_version
        for history in build_histories((schedule.opened for schedule in contents.capsule.versions), "schedule")
    }
    for schedule in records_of_kind(contents.registers, "schedule"):
        yield schedule, unredacted[schedule.record]


def message_parties(unredacted: RecordVersion, row: RecordFields, unredacted_row: RecordFields) -> tuple[str, ...]:
    """Return sender and recipient of a message, with the keeper as `me (1)`.

    `unredacted_row`: the row before redaction.
    """
    own_accounts = _own_accounts(unredacted)
    return tuple(own_accounts.get(text_of(unredacted_row, name)) or text_of(row, name) for name in ("from", "to"))


def message_rows(fields: RecordFields) -> tuple[dict[str, object], ...]:
    """Return the rows of a schedule, one for each message."""
    return objects_of(fields, "rows")


def _own_accounts(unredacted: RecordVersion) -> dict[str, str]:
    """Map the keeper's own accounts, which a restricted field lists, to their labels in a pack."""
    value = unredacted.restricted.get("own_accounts")
    accounts = [account for account in value if isinstance(account, str)] if isinstance(value, list | tuple) else []
    return {KEEPER_LABEL: f"{KEEPER_LABEL} (1)"} | {
        account: f"{KEEPER_LABEL} ({number})" for number, account in enumerate(accounts, 1)
    }


def _schedule_cells(
    contents: PackContents, schedule: RegisterRecord, unredacted: RecordVersion
) -> Iterator[tuple[object, ...]]:
    """Yield one line for each message. `unredacted`: the same schedule before redaction."""
    fields = schedule.fields
    numbers = [
        entry.number
        for entry in contents.entries
        if schedule in linked_records(contents.registers, entry.codes("schedule_id"), "schedule")
        or entry.record in schedule.codes("incident_ids")
    ]
    count = integer_of(fields, "count")
    estimate_prefix = "about " if boolean_of(fields, "count_is_estimate") else ""
    schedule_columns = (
        schedule.code,
        format_entries(numbers) if numbers else "not linked",
        format_field_choice(fields, "channel"),
        schedule.text("chat") or schedule.text("title"),
        format_field_choice(fields, "complete"),
        "" if count is None else f"{estimate_prefix}{count}",
    )
    for row, unredacted_row in zip(message_rows(fields), message_rows(unredacted.fields), strict=False):
        yield (
            *schedule_columns,
            *_message_cells(contents, row, schedule.text("tz"), message_parties(unredacted, row, unredacted_row)),
        )


def _message_cells(
    contents: PackContents, row: RecordFields, tz: str, sender_and_recipient: tuple[str, ...]
) -> tuple[object, ...]:
    """Return the CSV cells of one message."""
    return (
        integer_of(row, "msg_no"),
        times.format_iso(integer_of(row, "sent_at")),
        text_of(row, "sent_local"),
        tz,
        _code_label("time_sources", row, "sent_source"),
        _code_label("schedule_time_notes", row, "sent_note"),
        _code_label("schedule_directions", row, "direction"),
        *sender_and_recipient,
        _code_label("message_types", row, "type"),
        text_of(row, "text"),
        text_of(row, "description"),
        "edited" if boolean_of(row, "edited") else "",
        _code_label("schedule_read", row, "read"),
        text_of(row, "file_name"),
        contents.labels.get(text_of(row, "attachment_id"), ""),
        row.get("page"),
    )


def _code_label(vocabulary_name: str, row: RecordFields, name: str) -> str:
    """Return the label of a code, or '' without one."""
    code = text_of(row, name)
    return vocabulary.label(vocabulary_name, code) if code else ""
