"""05_message-schedules.csv: every line of every message schedule of a pack, both ways.

The keeper's own numbers and accounts stand in the restricted part alone: here they are me (1), me (2).
"""

from collections.abc import Iterator
from typing import Final

from diary.pack.contents import Contents
from diary.pack.registers import Register, linked, of_kind
from diary.pack.tables.csv_tables import table
from diary.pack.wording import chosen, entries_words
from diary.record import times, vocabulary
from diary.record.reading import Fields, objects_of, switch_of, text_of, whole_of
from diary.record.record_history import Opened, tell_all

HEADER: Final = (
    "schedule", "entries", "channel", "chat", "is_complete", "counted", "msg_no", "sent", "sent_local", "zone", "time_source",
    "time_note", "direction", "from", "to", "type", "text", "description", "edited", "read", "file_name", "item", "page",
)  # fmt: skip
ME: Final = "me"


def schedules_csv(contents: Contents) -> bytes | None:
    """The table, or None for a pack without a schedule."""
    found = list(schedules(contents))
    return table(HEADER, (line for one, whole in found for line in _lines(contents, one, whole))) if found else None


def schedules(contents: Contents) -> Iterator[tuple[Register, Opened]]:
    """Each message schedule as servable, and the same before its words were masked."""
    whole = {
        told.record: told.newest for told in tell_all((one.opened for one in contents.capsule.versions), "schedule")
    }
    for one in of_kind(contents.registers, "schedule"):
        yield one, whole[one.record]


def parties(whole: Opened, row: Fields, before: Fields) -> tuple[str, ...]:
    """From whom and to whom a message went; the keeper as `me (1)`. `before`: the row before its words were masked."""
    own = _own_accounts(whole)
    return tuple(own.get(text_of(before, name)) or text_of(row, name) for name in ("from", "to"))


def lines_of(said: Fields) -> tuple[dict[str, object], ...]:
    """The messages of a schedule."""
    return objects_of(said, "rows")


def _own_accounts(whole: Opened) -> dict[str, str]:
    """The keeper's own accounts as they are named here: the restricted part says which they are."""
    value = whole.restricted.get("own_accounts")
    texts = [one for one in value if isinstance(one, str)] if isinstance(value, list | tuple) else []
    return {ME: f"{ME} (1)"} | {account: f"{ME} ({no})" for no, account in enumerate(texts, 1)}


def _lines(contents: Contents, schedule: Register, whole: Opened) -> Iterator[tuple[object, ...]]:
    """One line a message. `whole`: the same schedule before its words were masked."""
    said = schedule.said
    numbers = [
        entry.number
        for entry in contents.entries
        if schedule in linked(contents.registers, entry.codes("schedule_id"), "schedule")
        or entry.record in schedule.codes("incident_ids")
    ]
    count = whole_of(said, "count")
    about = "about " if switch_of(said, "count_is_estimate") else ""
    head = (
        schedule.ref,
        entries_words(numbers) if numbers else "not linked",
        chosen(said, "channel"),
        schedule.text("chat") or schedule.text("title"),
        chosen(said, "complete"),
        "" if count is None else f"{about}{count}",
    )
    for row, before in zip(lines_of(said), lines_of(whole.fields), strict=False):
        yield (*head, *_message(contents, row, schedule.text("tz"), parties(whole, row, before)))


def _message(contents: Contents, row: Fields, tz: str, between: tuple[str, ...]) -> tuple[object, ...]:
    """The cells of one message."""
    return (
        whole_of(row, "msg_no"),
        times.iso(whole_of(row, "sent_at")),
        text_of(row, "sent_local"),
        tz,
        _label("time_sources", row, "sent_source"),
        _label("schedule_time_notes", row, "sent_note"),
        _label("schedule_directions", row, "direction"),
        *between,
        _label("message_types", row, "type"),
        text_of(row, "text"),
        text_of(row, "description"),
        "edited" if switch_of(row, "edited") else "",
        _label("schedule_read", row, "read"),
        text_of(row, "file_name"),
        contents.names.get(text_of(row, "attachment_id"), ""),
        row.get("page"),
    )


def _label(choice: str, row: Fields, name: str) -> str:
    """A code in words; '' for none."""
    code = text_of(row, name)
    return vocabulary.label(choice, code) if code else ""
