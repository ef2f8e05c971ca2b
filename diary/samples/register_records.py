"""The other records of the fictional diary: people, accounts, an order, reports and the rest, and how entries name them.

sample_records.json tells them. A value `@callum` stands for that record's id, `@entry:3` for the fourth entry's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from diary.samples.fictional_diary import SAMPLE, TZ, Story

_ZONE: Final = ZoneInfo(TZ)
_CLOCK_ROW: Final = 3  # of a drawn message: who, when, what


@dataclass(frozen=True, slots=True)
class Written:
    """One version of a record: when it was written (ms UTC), of what kind, and all it says."""

    at: int
    kind: str
    key: str
    fields: Mapping[str, object]
    restricted: Mapping[str, object]


def versions(story: Story = SAMPLE) -> list[Written]:
    """Every version in the order it was written, links as they stand in the table."""
    told = (one for row in story.table("records")["records"] for one in _versions(row, story))
    return sorted(told, key=lambda one: one.at)


def links_of_entries(story: Story = SAMPLE) -> dict[int, dict[str, object]]:
    """Per entry, the fields that name these records."""
    return {int(index): fields for index, fields in story.table("records")["entries"].items()}


def keys() -> list[str]:
    """What each record is called in the table."""
    return [row["key"] for row in SAMPLE.table("records")["records"]]


def resolved(value: Any, ids: Mapping[str, str]) -> Any:
    """A value with the ids its `@` names stand for; what is no name (an account's handle) stays as it is."""
    if isinstance(value, str):
        return ids.get(value[1:], value) if value.startswith("@") else value
    if isinstance(value, Mapping):
        return {name: resolved(inner, ids) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [resolved(inner, ids) for inner in value]
    return value


def _versions(row: Mapping[str, Any], story: Story) -> list[Written]:
    """The first version of a record, what was added or changed, and a taking out."""
    fields = dict(row["fields"]) | _rows(row, story)
    restricted = row.get("restricted", {})
    told = [Written(_ms(row["written"]), row["kind"], row["key"], fields, restricted)]
    for change in row.get("later", ()):
        fields = fields | change["fields"]
        reason = {"reason": change["reason"]} if "reason" in change else {}
        told.append(Written(_ms(change["at"]), row["kind"], row["key"], fields | reason, restricted))
    if out := row.get("taken_out"):
        at = _ms(out["at"])
        told.append(Written(at, row["kind"], row["key"], {"reason": out["reason"], "taken_out": at}, {}))
    return told


def _rows(row: Mapping[str, Any], story: Story) -> dict[str, object]:
    """The lines of a message schedule: calls evenly spread, or the messages of an entry's pictures."""
    if "calls" in row:
        calls = row["calls"]
        first, last = _ms(calls["from"]), _ms(calls["to"])
        times = [first + (last - first) * i // (calls["count"] - 1) for i in range(calls["count"])]
        lines = [{"direction": "in", "from": calls["them"], "to": "me", "type": "missed_call"} for _ in times]
    elif "lines_of" in row:
        said = _drawn(row["lines_of"]["entry"], story)
        times = [_ms(f"{row['lines_of']['day']}T{clock}") for _, clock, _ in said]
        them = row["lines_of"]["them"]
        sides = {
            "me": {"direction": "out", "from": "me", "to": them},
            "them": {"direction": "in", "from": them, "to": "me"},
        }
        lines = [sides[who] | {"text": text, "type": "text"} for who, _, text in said]
    else:
        return {}
    return {"rows": [_line(no, at, line) for no, (at, line) in enumerate(zip(times, lines, strict=True), 1)]}


def _line(no: int, at: int, line: Mapping[str, object]) -> dict[str, object]:
    """One line with its number and time."""
    local = datetime.fromtimestamp(at / 1000, _ZONE).strftime("%Y-%m-%dT%H:%M")
    return {**line, "msg_no": no, "sent_at": at, "sent_local": local, "sent_source": "message_or_call_stamp"}


def _drawn(entry: int, story: Story) -> Sequence[Sequence[str]]:
    """The messages drawn in an entry's pictures: who, when, what."""
    told = story.table("entries")[entry]
    return [line for file in told["files"] for line in file["lines"] if len(line) == _CLOCK_ROW]


def _ms(text: str) -> int:
    """Local time in the diary's zone as ms UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=_ZONE).timestamp() * 1000)
