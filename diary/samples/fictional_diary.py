"""A fictional diary of 26 incidents, one of them taken out, with 30 pictures and files, for the demo, tests and teaching.

sample_entries.json tells it. Nobody in it exists; telephone numbers are the ones kept for drama, addresses
of the web are the ones kept for examples.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from diary.client.attachments import claimed_type, shown_type
from diary.samples.photos import mail, photo
from diary.samples.screenshots import screenshot

TZ: Final = "Europe/London"
WORDS: Final = "harbor violin ladder cactus pepper noodle"
INITIALS: Final = "JB"
_ZONE: Final = ZoneInfo(TZ)
_APP: Final = "reference client"
SETTINGS: Final[Mapping[str, object]] = {
    "exhibit_start_no": 1,
    "initials": INITIALS,
    "language": "en",
    "own_words": (
        "I ended it on 3 May. I told him in writing on 4 May not to contact me. Since then it has not stopped for "
        "more than three weeks. He finds a new number or account each time I block one. I have changed my bus, my "
        "gym and my shifts. I sleep at my sister's most nights. I want it to stop."
    ),
}
SHEET: Final[Mapping[str, object]] = {
    "concerns": "He knows where my sister lives. He has a key to nothing that I know of. He broke a door in 2025.",
    "name_to_use": "Jas",
    "needs": "An interpreter for my grandmother if you speak to her (Urdu).",
    "safe_contact": "Text 07700 900512 between 12 and 2. Do not ring the flat. Please do not leave a voicemail.",
}


@dataclass(frozen=True, slots=True)
class Story:
    """A fictional diary: `NAME_entries.json` and `NAME_records.json` beside this file, and what its keeper set up."""

    name: str
    words: str
    settings: Mapping[str, object]
    sheet: Mapping[str, object]

    def table(self, part: str) -> Any:
        """One of its two files as it stands; `part` is entries or records."""
        return json.loads(Path(__file__).with_name(f"{self.name}_{part}.json").read_text(encoding="utf-8"))


SAMPLE: Final = Story("sample", WORDS, SETTINGS, SHEET)


@dataclass(frozen=True, slots=True)
class SampleFile:
    """One file: its bytes, the open and restricted fields that go with it."""

    name: str
    content: bytes
    fields: Mapping[str, object]
    restricted: Mapping[str, object]
    still: bytes | None = None  # of a film

    @property
    def kind(self) -> str:
        """The media type its bytes show."""
        return shown_type(self.content, self.name)


@dataclass(frozen=True, slots=True)
class Change:
    """A later version of an entry: when, which fields, why. `takes_out`: they are all it says."""

    at: int
    fields: Mapping[str, object]
    takes_out: bool = False


@dataclass(frozen=True, slots=True)
class SampleEntry:
    """One incident: when it was written (ms UTC), what it says, its files, what changed later, its private note."""

    at: int
    fields: Mapping[str, object]
    restricted: Mapping[str, object]
    files: Sequence[Mapping[str, Any]]
    later: Sequence[Change]
    note: str
    account: str = ""  # the file in which it is told: signed, or spoken
    purged: Sequence[SampleFile] = ()  # added by mistake, and gone at once

    def draw(self) -> Iterator[SampleFile]:
        """Its files, drawn now; the same entry gives the same bytes."""
        return (draw_file(picture, self.at) for picture in self.files)


def entries(story: Story = SAMPLE) -> list[SampleEntry]:
    """The whole diary in the order it was written."""
    return [_entry(row) for row in story.table("entries")]


def _entry(row: Mapping[str, Any]) -> SampleEntry:
    """One row of the table."""
    fields = dict(row["fields"]) | _occurred(row["occurred"])
    if "discovered" in row:
        fields["discovered_at"] = _block(_moment(row["discovered"]), "minute")
    at = _ms(_moment(row["written"]))
    shown = [card for card, names in _CARDS if any(name in fields for name in names)]
    fields["cards_opened"] = [{"at": at, "card": card} for card in shown]
    later = tuple(
        Change(_ms(_moment(change["at"])), change["fields"] | {"reason": change["reason"] or None})
        for change in row.get("later", ())
    )
    if out := row.get("taken_out"):
        gone = _ms(_moment(out["at"]))
        later += (Change(gone, {"reason": out["reason"], "taken_out": gone}, takes_out=True),)
    return SampleEntry(at, fields, row.get("restricted", {}), row["files"], later, row.get("note", ""))


_CARDS: Final = (
    ("who", ("who",)),
    ("where", ("place_category",)),
    ("kind", ("behaviours",)),
    ("channel", ("channel",)),
    ("effect", ("feelings_then", "feared_violence")),
    ("seen_by", ("told_others",)),
    ("camera", ("independent_evidence",)),
)


def _moment(text: str, fold: int = 0) -> datetime:
    """Local time in the diary's zone; `fold` 1 is the second of two equal ones."""
    return datetime.fromisoformat(text).replace(tzinfo=_ZONE, fold=fold)


def _ms(moment: datetime) -> int:
    """Milliseconds UTC."""
    return int(moment.timestamp() * 1000)


def _offset(moment: datetime) -> int:
    """Minutes ahead of UTC."""
    ahead = moment.utcoffset() or timedelta(0)
    return int(ahead.total_seconds() // 60)


def _occurred(row: Mapping[str, Any]) -> dict[str, object]:
    """The time block of an incident, docs/record.md."""
    fields: dict[str, object] = {"precision": row["precision"], "time_source": row["source"], "tz": TZ}
    if "from" not in row:
        return fields | {"occurred_local": row["local"]}
    start = _moment(row["from"], row.get("fold", 0))
    end = _moment(row["to"]) if "to" in row else None
    if row["precision"] == "day":
        end = start + timedelta(days=1)
    elif row["precision"] == "date_range" and end and len(row["to"]) == len("2026-01-01"):
        end += timedelta(days=1)
    local = row.get("local") or "/".join(row[name] for name in ("from", "to") if name in row)
    fields |= {"occurred_local": local, "occurred_start": _ms(start), "utc_offset_min": _offset(start)}
    return fields | ({"occurred_end": _ms(end)} if end else {})


def _block(moment: datetime, precision: str) -> dict[str, object]:
    """One of the other times."""
    return {
        "local": moment.strftime("%Y-%m-%dT%H:%M"),
        "precision": precision,
        "start": _ms(moment),
        "tz": TZ,
        "utc_offset_min": _offset(moment),
    }


def draw_file(picture: Mapping[str, Any], added: int) -> SampleFile:
    """One picture, photo or e-mail with its fields. `added`: when it came into the app, ms UTC."""
    made = _made(picture, added)
    if picture["draw"] == "mail":
        content = mail(picture, made)
    elif "taken" in picture:
        content = photo(picture, made)
    else:
        content = screenshot(picture)
    fields, restricted = _fields(picture, content, made, added), _restricted(picture, content, made)
    return SampleFile(picture["name"], content, fields, restricted)


def _made(picture: Mapping[str, Any], added: int) -> datetime:
    """When the picture was taken; a screenshot shows its own clock on the day it was added."""
    text = picture.get("taken") or picture.get("sent")
    if text:
        return _moment(text, picture.get("fold", 0))
    hour, minute = picture["clock"].split(":")
    day = datetime.fromtimestamp(added / 1000, _ZONE)
    return day.replace(hour=int(hour), minute=int(minute), second=0, microsecond=0)


def _fields(picture: Mapping[str, Any], content: bytes, made: datetime, added: int) -> dict[str, object]:
    """The open fields of an attachment."""
    kind = shown_type(content, picture["name"])
    flags = ["type_mismatch"] if kind != claimed_type(picture["name"]) else []
    if kind == "image/heic":
        flags.append("no_print_copy")
    return {
        "added_at": added,
        "alteration_before_receipt": picture.get("alteration", "none_known"),
        "captured_at": _block(made, "minute"),
        "description": picture["description"],
        "flags": flags,
        "kind": picture["kind"],
        "looked_at": added,
        "media_type": kind,
        "sensitivity": picture.get("sensitivity", "normal"),
        "sha256": hashlib.sha256(content).hexdigest(),
        "sha512": hashlib.sha512(content).hexdigest(),
        "shows": picture["shows"],
        "size_bytes": len(content),
        "url_full": picture.get("url"),
    }


def _restricted(picture: Mapping[str, Any], content: bytes, made: datetime) -> dict[str, object]:
    """The fields of an attachment that are kept apart."""
    return {
        "gps_present": bool(picture.get("gps")),
        "outside_copy": {"at": _ms(made), "state": "kept"},
        "received_as": {
            "app_version": _APP,
            "claimed_type": claimed_type(picture["name"]),
            "filename": picture["name"],
            "last_modified": _ms(made),
            "magic_type": shown_type(content, picture["name"]),
            "platform": "command line",
            "route": "files",
        },
        "shows_where_i_live": bool(picture.get("lives_here")) or None,
    }
