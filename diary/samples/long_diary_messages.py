"""The messages of a long made-up diary: what a burst says line by line, a saved chat and a saved e-mail."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from diary.samples import fictional_diary
from diary.samples.long_diary_files import SAID, THEM, ZONE
from diary.samples.register_records import Written

SAVED_LINES: Final = 40
_BACK: Final = ("Please stop.", "I have asked you not to contact me.", "Leave me alone.")


def lines_of(index: int, burst: int, start: datetime) -> list[tuple[str, str, str]]:
    """`(who, clock, words)` for each message of a burst; every tenth is an answer."""
    return [
        (
            "me" if no % 10 == 9 else "them",
            (start + timedelta(seconds=40 * no)).strftime("%H:%M"),
            _BACK[no // 10 % len(_BACK)] if no % 10 == 9 else SAID[(index * 7 + no * 5) % len(SAID)],
        )
        for no in range(burst)
    ]


def rows_of(lines: Sequence[tuple[str, str, str]], start: datetime) -> list[Mapping[str, object]]:
    """The lines as a schedule keeps them."""
    rows: list[Mapping[str, object]] = []
    for no, (who, _, words) in enumerate(lines):
        at = start + timedelta(seconds=40 * no)
        sides = (
            {"direction": "out", "from": "me", "to": THEM}
            if who == "me"
            else {"direction": "in", "from": THEM, "to": "me"}
        )
        rows.append(
            {
                **sides,
                "msg_no": no + 1,
                "sent_at": in_ms(at),
                "sent_local": at.strftime("%Y-%m-%dT%H:%M"),
                "sent_source": "message_or_call_stamp",
                "text": words,
                "type": "text",
            }
        )
    return rows


def saved_lists(first: datetime, base: int) -> list[Written]:
    """What a saved chat and a saved e-mail hold, as lists made from those files.

    `first`: the first of the days; `base`: the number of the entry of that day.
    """
    start = first.replace(hour=20, minute=0)
    chat = {
        "actor_ids": ["@callum"],
        "channel": "whatsapp",
        "chat": "Callum",
        "complete": "some_missing",
        "incident_ids": [f"@entry:{base}"],
        "rows": rows_of(lines_of(0, SAVED_LINES, start), start),
        "source_attachment_id": "@file:chat.txt",
        "title": "Saved chat of 7 May",
        "tz": fictional_diary.TZ,
    }
    sent = datetime(2026, 7, 21, 2, 12, tzinfo=ZONE)
    row = {
        "description": "Subject: You should read this",
        "direction": "in",
        "from": "c.redfern.new@example.net",
        "msg_no": 1,
        "sent_at": in_ms(sent),
        "sent_local": sent.strftime("%Y-%m-%dT%H:%M"),
        "sent_source": "message_or_call_stamp",
        "text": "You read my messages. I can see that you do.\n\nI will not stop writing until you talk to me.",
        "to": "me",
        "type": "email",
    }
    mail = {
        "channel": "email",
        "complete": "complete",
        "incident_ids": ["@entry:11"],
        "rows": [row],
        "source_attachment_id": "@file:you_should_read_this.eml",
        "title": "E-mail of 21 July",
        "tz": fictional_diary.TZ,
    }
    own = {"own_accounts": ["07700 900512"]}
    return [
        Written(in_ms(first) + 120_000, "schedule", "saved_chat", chat, own),
        Written(in_ms(sent) + 86_400_000, "schedule", "saved_mail", mail, {}),
    ]


def in_ms(moment: datetime) -> int:
    """Milliseconds UTC."""
    return int(moment.timestamp() * 1000)
