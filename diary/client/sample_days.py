"""The ordinary days of a long made-up diary: bursts of messages, calls, somebody in the street; seeded.

Together with the 26 entries of sample_entries.json they make what docs/pack.md calls the sample pack: 120 entries, 300
exhibits and 2,500 messages.
"""

import hashlib
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BytesIO
from typing import Final
from zoneinfo import ZoneInfo

from PIL import Image, ImageDraw

from diary.client import sample, sample_records
from diary.client.sample import SampleEntry, SampleFile
from diary.client.sample_records import Written
from diary.client.sample_text import BOLD, write
from diary.record.reading import objects_of

ENTRIES: Final = 120
EXHIBITS: Final = 300
MESSAGES: Final = 2_500
BURSTS: Final = 30
WITHHELD: Final = "I have not decided whether to tell anybody about this one."
_ZONE: Final = ZoneInfo(sample.TZ)
_SIZE: Final = (480, 854)
_FIRST: Final = datetime(2026, 5, 7, 12, tzinfo=_ZONE)
_DAYS: Final = 196
_THEM: Final = "+44 7700 900618"
_SAID: Final = (
    "where are you",
    "answer me",
    "i can see your light is on",
    "who was that you were with",
    "im sorry",
    "please",
    "you owe me a talk",
    "nice coat",
    "you cant ignore me for ever",
    "i know your shifts",
    "pick up",
    "think about what you did",
    "goodnight then",
    "hello??",
)
_BACK: Final = ("Please stop.", "I have asked you not to contact me.", "Leave me alone.")
_DAY_KINDS: Final = (
    ("He drove past twice while I waited for the bus.", ["drive_past"], "in_person", "street"),
    (
        "He was sitting in the café across from work when I came out. He looked at me and did not get up.",
        ["turn_up_work_school", "watch"],
        "in_person",
        "work",
    ),
    (
        "A friend request from an account with no picture. It follows two of my colleagues.",
        ["friend_or_follow_requests"],
        "instagram",
        "online",
    ),
    ("Silent call at work. I said hello three times and could hear a road.", ["silent_calls"], "phone_call", "work"),
    (
        "He wrote to my cousin and asked whether I was seeing anybody.",
        ["contacts_friends_family", "contact_via_others"],
        "facebook",
        "online",
    ),
    ("A card through the door with no name. It said “see you soon”.", ["letters_cards"], "left_at_place", "outside_home"),
    ("He posted a photo of my street with the words “my favourite walk”.", ["posts_about_me"], "facebook", "online"),
)
_FEARS: Final = ("yes", "no", "not_sure", None)


@dataclass(frozen=True, slots=True)
class MadeEntry(SampleEntry):
    """An entry whose files are drawn small and quickly; `shots`: how many pictures, `lines`: what they show."""

    shots: int = 0
    lines: Sequence[tuple[str, str, str]] = ()
    others: Sequence[str] = ()

    def draw(self) -> Iterator[SampleFile]:
        """Its files, drawn now; the same entry gives the same bytes."""
        for index in range(self.shots):
            yield _screen(self.at, index, self.lines[index * 9 : index * 9 + 9])
        for name in self.others:
            yield _other(self.at, name)


def more_entries(seed: int) -> list[MadeEntry]:
    """The entries after the fictional diary's own, in the order of their days."""
    dice = random.Random(seed)  # noqa: S311 - made-up days; nothing depends on their being unguessable
    wanted = ENTRIES - len(sample.entries())
    pictures = EXHIBITS - sum(len(one.files) for one in sample.entries()) - len(_OTHERS)
    # None for the last, which is withheld: all 300 are to be in the pack.
    shots = [pictures // (wanted - 1) + (index < pictures % (wanted - 1)) for index in range(wanted - 1)] + [0]
    return [_entry(dice, index, wanted, shots[index]) for index in range(wanted)]


def _entry(dice: random.Random, index: int, of: int, shots: int) -> MadeEntry:
    """One day."""
    day = _FIRST + timedelta(days=index * _DAYS // of)
    start = day.replace(hour=dice.randrange(7, 23), minute=dice.randrange(60))
    at = _ms(start + timedelta(minutes=dice.randrange(20, 180)))
    burst = _bursts(of).get(index)
    lines = _lines(index, burst, start) if burst else [("them", f"{start:%H:%M}", dice.choice(_SAID))] * 3
    fields = _time(start) | (_told_burst(start) if burst else _told_day(dice, index))
    others = _OTHERS if index == 0 else ()
    restricted: dict[str, object] = {"place_detail": "9 Larch Court, Northmoor NM4 2QT"} if index % 9 == 4 else {}
    if index == of - 1:
        fields["narrative"] = WITHHELD
    return MadeEntry(at, fields, restricted, (), (), "", shots, lines, others)


def _bursts(of: int) -> dict[int, int]:
    """Which entries are bursts, and of how many messages: together with the diary's own they are MESSAGES."""
    rows = sum(len(objects_of(row.fields, "rows")) for row in sample_records.versions() if row.kind == "schedule")
    left = MESSAGES - rows
    places = [n * of // BURSTS for n in range(BURSTS)]
    return {place: left // BURSTS + (n < left % BURSTS) for n, place in enumerate(places)}


def _time(start: datetime) -> dict[str, object]:
    """When it was, to the minute."""
    return {
        "occurred_local": start.strftime("%Y-%m-%dT%H:%M"),
        "occurred_start": _ms(start),
        "precision": "minute",
        "time_source": "from_memory",
        "tz": sample.TZ,
        "utc_offset_min": int((start.utcoffset() or timedelta(0)).total_seconds() // 60),
    }


def _told_burst(start: datetime) -> dict[str, object]:
    """A burst of messages, and my answers among them."""
    return {
        "actor_ids": ["@callum"],
        "attribution_basis": ["known_account_or_number", "pattern"],
        "behaviours": ["chat_messages"],
        "channel": "whatsapp",
        "channel_account": _THEM,
        "feared_violence": "not_sure",
        "feelings_then": ["distressed"],
        "narrative": f"Messages without end again, from {start:%H:%M}. I said stop once and put the phone in a drawer.",
        "response": ["told_to_stop"],
        "who": "Callum Redfern, my ex",
    }


def _told_day(dice: random.Random, index: int) -> dict[str, object]:
    """One of the other things."""
    words, behaviours, channel, place = _DAY_KINDS[index % len(_DAY_KINDS)]
    fields: dict[str, object] = {
        "actor_ids": ["@callum"],
        "attribution_basis": [dice.choice(("saw_them", "pattern", "guess"))],
        "behaviours": behaviours,
        "channel": channel,
        "narrative": words,
        "place_category": place,
        "who": "Callum Redfern, my ex",
    }
    fear = dice.choice(_FEARS)
    if fear:
        fields["feared_violence"] = fear
    if index == _DELETED_CHAT:
        fields["missing_evidence"] = "I deleted the chat of that week in a panic. The phone company may still have the times."
    if index == _CHILD_THERE:
        fields |= {"children_present": True, "children_ages": "14", "present_ids": ["@child"]}
    if index == _TYPED:
        fields |= {"help_given": "typed_for_me", "language": "en"}
    return fields


_DELETED_CHAT: Final = 5
_CHILD_THERE: Final = 8
_TYPED: Final = 11
_OTHERS: Final = ("doorbell.mp4", "voicemail.m4a", "chat.txt")


def more_records(seed: int) -> list[Written]:
    """The message schedules of the bursts, a child by code, and a picture that was removed at once."""
    base = len(sample.entries())
    made = []
    for index, entry in enumerate(more_entries(seed)):
        if entry.fields["behaviours"] != ["chat_messages"] or len(entry.lines) < MESSAGES // BURSTS // 2:
            continue
        start = datetime.fromtimestamp(int(str(entry.fields["occurred_start"])) / 1000, _ZONE)
        fields = {
            "actor_ids": ["@callum"],
            "channel": "whatsapp",
            "chat": "Callum",
            "complete": "complete",
            "gap_hours": 6,
            "incident_ids": [f"@entry:{base + index}"],
            "rows": _rows(entry.lines, start),
            "title": f"Messages of {start:%-d %B}",
            "tz": sample.TZ,
        }
        made.append(Written(entry.at + 60_000, "schedule", f"burst{index}", fields, {"own_accounts": ["07700 900512"]}))
    child = {"name": "Lena", "role": "child", "role_code": "C1", "age_band": "from_13_to_15"}
    made.append(Written(_ms(_FIRST), "person", "child", child, {}))
    return made


def _lines(index: int, burst: int, start: datetime) -> list[tuple[str, str, str]]:
    """`(who, clock, words)` for each message of a burst; every tenth is an answer."""
    return [
        (
            "me" if no % 10 == 9 else "them",
            (start + timedelta(seconds=40 * no)).strftime("%H:%M"),
            _BACK[no // 10 % len(_BACK)] if no % 10 == 9 else _SAID[(index * 7 + no * 5) % len(_SAID)],
        )
        for no in range(burst)
    ]


def _rows(lines: Sequence[tuple[str, str, str]], start: datetime) -> list[Mapping[str, object]]:
    """The lines as a schedule keeps them."""
    rows: list[Mapping[str, object]] = []
    for no, (who, _, words) in enumerate(lines):
        at = start + timedelta(seconds=40 * no)
        sides = {"direction": "out", "from": "me", "to": _THEM} if who == "me" else {"direction": "in", "from": _THEM, "to": "me"}
        rows.append(
            {
                **sides,
                "msg_no": no + 1,
                "sent_at": _ms(at),
                "sent_local": at.strftime("%Y-%m-%dT%H:%M"),
                "sent_source": "message_or_call_stamp",
                "text": words,
                "type": "text",
            }
        )
    return rows


def _ms(moment: datetime) -> int:
    """Milliseconds UTC."""
    return int(moment.timestamp() * 1000)


def _screen(at: int, index: int, lines: Sequence[tuple[str, str, str]]) -> SampleFile:
    """A small chat screen."""
    image = Image.new("RGB", _SIZE, "white")
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, _SIZE[0], 78), fill=(238, 240, 243))
    write(draw, (20, 24), _THEM, 24, (22, 24, 28), BOLD)
    for row, (who, clock, words) in enumerate(lines):
        x, y = (20, 96 + row * 82) if who == "them" else (150, 96 + row * 82)
        draw.rounded_rectangle((x, y, x + 310, y + 66), 14, fill=(233, 234, 238) if who == "them" else (205, 222, 246))
        write(draw, (x + 14, y + 8), words[:34], 17, (22, 24, 28))
        write(draw, (x + 252, y + 40), clock, 14, (90, 94, 100))
    out = BytesIO()
    image.save(out, "PNG", compress_level=1)
    about = f"Messages from the number ending 618, screen {index + 1} of {datetime.fromtimestamp(at / 1000, _ZONE):%-d %B}"
    return _file(f"IMG_{at // 60_000 % 100_000}_{index}.PNG", out.getvalue(), "image/png", "screenshot", about, at)


def _other(at: int, name: str) -> SampleFile:
    """A film with a still, a voice message, a saved chat. The film and the sound are stand-ins: bytes, not recordings."""
    grain = random.Random(name).randbytes(4_000)  # noqa: S311 - filling
    if name.endswith(".mp4"):
        made = _file(
            name, b"\0\0\0\x18ftypmp42" + grain, "video/mp4", "video", "Doorbell film: somebody at the gate, 21 seconds", at
        )
        still = BytesIO()
        Image.new("RGB", (480, 270), (64, 66, 72)).save(still, "JPEG", quality=80)
        return SampleFile(made.name, made.content, {**made.fields, "duration_ms": 21_000}, made.restricted, still.getvalue())
    if name.endswith(".m4a"):
        made = _file(name, b"\0\0\0\x18ftypM4A " + grain, "audio/mp4", "voicemail", "Voicemail: breathing, then my name", at)
        return SampleFile(made.name, made.content, {**made.fields, "duration_ms": 34_000}, made.restricted)
    text = "".join(f"07/05/2026, 20:{minute:02d} - Callum: {_SAID[minute % 14]}\n" for minute in range(40))
    return _file(name, text.encode(), "text/plain", "chat_export", "Saved chat with the number ending 618, 7 May", at)


def _file(name: str, content: bytes, media_type: str, kind: str, about: str, at: int) -> SampleFile:
    """A file with its fields; somebody has looked at it."""
    fields = {
        "added_at": at,
        "alteration_before_receipt": "none_known",
        "description": about,
        "flags": [],
        "kind": kind,
        "looked_at": at,
        "media_type": media_type,
        "sensitivity": "normal",
        "sha256": hashlib.sha256(content).hexdigest(),
        "sha512": hashlib.sha512(content).hexdigest(),
        "size_bytes": len(content),
        "shows": ["whole_screen", "number_or_handle", "clock"] if kind == "screenshot" else [],
        "not_shown": ["url", "profile"] if kind == "screenshot" else [],
    }
    received = {
        "claimed_type": media_type,
        "filename": name,
        "magic_type": media_type,
        "platform": "command line",
        "route": "files",
    }
    return SampleFile(name, content, fields, {"gps_present": False, "received_as": received})
