"""The ordinary days of a long made-up diary: bursts of messages, calls, somebody in the street; seeded.

Together with the 26 entries of sample_entries.json they make what docs/pack.md calls the sample pack: 120 entries, 300
exhibits and 2,500 messages, and of each odd thing exactly one.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from diary.record.reading import objects_of
from diary.samples import fictional_diary, register_records
from diary.samples.fictional_diary import SampleEntry, SampleFile
from diary.samples.long_diary_files import SAID, SIGNED, THEM, ZONE, mistake, other, screen
from diary.samples.long_diary_messages import SAVED_LINES, in_ms, lines_of, rows_of, saved_lists
from diary.samples.register_records import Written

ENTRIES: Final = 120
EXHIBITS: Final = 300
MESSAGES: Final = 2_500
BURSTS: Final = 30
WITHHELD: Final = "I have not decided whether to tell anybody about this one."
_FIRST: Final = datetime(2026, 5, 7, 12, tzinfo=ZONE)
_DAYS: Final = 196
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
    (
        "A card through the door with no name. It said “see you soon”.",
        ["letters_cards"],
        "left_at_place",
        "outside_home",
    ),
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
            yield screen(self.at, index, self.lines[index * 9 : index * 9 + 9] or self.lines[:9])
        for name in self.others:
            yield other(self.at, name)


def of_the_mix(entry: SampleEntry) -> SampleEntry:
    """An entry of the fictional diary as the sample pack has it: none taken out, and one photo alone that says where it was."""
    files = tuple({**one, "gps": one["name"] == AT_HOME} for one in entry.files)
    return replace(entry, files=files, later=tuple(change for change in entry.later if not change.takes_out))


def more_entries(seed: int) -> list[MadeEntry]:
    """The entries after the fictional diary's own, in the order of their days."""
    dice = random.Random(seed)  # noqa: S311 - made-up days; nothing depends on their being unguessable
    wanted = ENTRIES - len(fictional_diary.entries())
    pictures = EXHIBITS - sum(len(one.files) for one in fictional_diary.entries()) - len(_OTHERS)
    # None for the last, which is withheld: all 300 are to be in the pack.
    shots = [pictures // (wanted - 1) + (index < pictures % (wanted - 1)) for index in range(wanted - 1)] + [0]
    return [_entry(dice, index, wanted, shots[index]) for index in range(wanted)]


def _entry(dice: random.Random, index: int, of: int, shots: int) -> MadeEntry:
    """One day."""
    day = _FIRST + timedelta(days=index * _DAYS // of)
    day = day.replace(tzinfo=ZoneInfo(ABROAD)) if index == _ABROAD else day
    start = day.replace(hour=dice.randrange(7, 23), minute=dice.randrange(60))
    at = in_ms(start + timedelta(minutes=dice.randrange(20, 180)))
    burst = _bursts(of).get(index)
    lines = lines_of(index, burst, start) if burst else [("them", f"{start:%H:%M}", dice.choice(SAID))] * 3
    fields = _time(start) | (_told_burst(start) if burst else _told_day(dice, index))
    others = _OTHERS[:3] if index == 0 else _OTHERS[3:] if index == _SIGNED else ()
    restricted: dict[str, object] = {"place_detail": "9 Larch Court, Northmoor NM4 2QT"} if index % 9 == 4 else {}
    if index == of - 1:
        fields["narrative"] = WITHHELD
    made = MadeEntry(at, fields, restricted, (), (), "", shots=shots, lines=lines, others=others)
    if index == _SIGNED:
        return replace(made, account=SIGNED, fields=_signed(fields))
    return replace(made, purged=(mistake(at),)) if index == _UNDER_18 else made


def _signed(fields: Mapping[str, object]) -> dict[str, object]:
    """An account in British Sign Language: the film is the account, somebody's translation stands beside it."""
    words = "He waited by the lifts and walked behind me to the car park. I signed it in the car, straight away."
    made = {"by": "Jo Hale", "at": "2026-06-07", "relation": "registered interpreter", "text": words}
    told = {name: value for name, value in fields.items() if name != "help_given"}
    did = {"behaviours": ["turn_up_work_school", "follow"], "channel": "in_person", "place_category": "work"}
    return {**told, **did, "language": "bfi", "narrative": "Account in BSL.", "translation": made}


def _bursts(of: int) -> dict[int, int]:
    """Which entries are bursts, and of how many messages: together with the diary's own they are MESSAGES."""
    rows = sum(len(objects_of(row.fields, "rows")) for row in register_records.versions() if row.kind == "schedule")
    left = MESSAGES - rows - SAVED_LINES - 1
    places = [n * of // BURSTS for n in range(BURSTS)]
    return {place: left // BURSTS + (n < left % BURSTS) for n, place in enumerate(places)}


def _time(start: datetime) -> dict[str, object]:
    """When it was, to the minute."""
    return {
        "occurred_local": start.strftime("%Y-%m-%dT%H:%M"),
        "occurred_start": in_ms(start),
        "precision": "minute",
        "time_source": "from_memory",
        "tz": str(start.tzinfo),
        "utc_offset_min": int((start.utcoffset() or timedelta(0)).total_seconds() // 60),
    }


def _told_burst(start: datetime) -> dict[str, object]:
    """A burst of messages, and my answers among them."""
    return {
        "actor_ids": ["@callum"],
        "attribution_basis": ["known_account_or_number", "pattern"],
        "behaviours": ["chat_messages"],
        "channel": "whatsapp",
        "channel_account": THEM,
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
        fields["missing_evidence"] = (
            "I deleted the chat of that week in a panic. The phone company may still have the times."
        )
    if index == _CHILD_THERE:
        fields |= {"children_present": True, "children_ages": "14", "present_ids": ["@child"]}
    if index == _UNDER_18:
        fields["narrative"] = (
            "He sent a picture that nobody may keep. I added it by mistake and took it out at once. It showed a girl from my "
            "old school. The message came from the number ending 618."
        )
    if index == _ABROAD:
        fields["narrative"] = (
            "At my aunt’s in Lahore. A silent call at night, then a message with the name of her street."
        )
        fields |= {"behaviours": ["silent_calls", "knows_things_they_should_not"], "channel": "phone_call"}
        fields["place_category"] = "friend_or_family_home"
    if index == _TYPED:
        fields |= {"help_given": "typed_for_me", "language": "en"}
    return fields


_DELETED_CHAT: Final = 5
_CHILD_THERE: Final = 8
_TYPED: Final = 11
_SIGNED: Final = 14
_ABROAD: Final = 17
_UNDER_18: Final = 20
ABROAD: Final = "Asia/Karachi"
# The one photo that says where it was taken, and that shows where the keeper lives.
AT_HOME: Final = "IMG_2321.JPG"
_OTHERS: Final = ("doorbell.mp4", "voicemail.m4a", "chat.txt", SIGNED)
# Files that other records name.
NAMED_FILES: Final = ("chat.txt", "you_should_read_this.eml")


def more_records(seed: int) -> list[Written]:
    """The message schedules of the bursts, a child by code, and a picture that was removed at once."""
    base = len(fictional_diary.entries())
    made = []
    for index, entry in enumerate(more_entries(seed)):
        if entry.fields["behaviours"] != ["chat_messages"] or len(entry.lines) < MESSAGES // BURSTS // 2:
            continue
        start = datetime.fromtimestamp(int(str(entry.fields["occurred_start"])) / 1000, ZONE)
        fields = {
            "actor_ids": ["@callum"],
            "channel": "whatsapp",
            "chat": "Callum",
            "complete": "complete",
            "gap_hours": 6,
            "incident_ids": [f"@entry:{base + index}"],
            "rows": rows_of(entry.lines, start),
            "title": f"Messages of {start:%-d %B}",
            "tz": fictional_diary.TZ,
        }
        made.append(Written(entry.at + 60_000, "schedule", f"burst{index}", fields, {"own_accounts": ["07700 900512"]}))
    made += saved_lists(_FIRST, base)
    child = {"name": "Lena", "role": "child", "role_code": "C1", "age_band": "from_13_to_15"}
    made.append(Written(in_ms(_FIRST), "person", "child", child, {}))
    return made
