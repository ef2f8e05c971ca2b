"""Messages of a long made-up diary: bursts line by line, a saved chat and a saved e-mail."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from diary.samples import fictional_diary
from diary.samples.long_diary_files import MESSAGE_TEXTS, SAVED_CHAT, SENDER_NUMBER, ZONE
from diary.samples.register_records import SampleRecordVersion

_SECONDS_APART: Final = 40
_SAVED_MAIL: Final = "you_should_read_this.eml"
_REPLIES: Final = ("Please stop.", "I have asked you not to contact me.", "Leave me alone.")


def burst_messages(index: int, message_count: int, start: datetime) -> list[tuple[str, str, str]]:
    """Return `(who, clock, words)` for each message of a burst. Every tenth is an answer."""
    return [
        (
            "me" if number % 10 == 9 else "them",
            (start + timedelta(seconds=_SECONDS_APART * number)).strftime("%H:%M"),
            _REPLIES[number // 10 % len(_REPLIES)]
            if number % 10 == 9
            else MESSAGE_TEXTS[(index * 7 + number * 5) % len(MESSAGE_TEXTS)],
        )
        for number in range(message_count)
    ]


def schedule_rows(
    messages: Sequence[tuple[str, str, str]], start: datetime, seconds_apart: int = _SECONDS_APART
) -> list[Mapping[str, object]]:
    """Return the messages as rows of a schedule."""
    rows: list[Mapping[str, object]] = []
    for index, (sender, _, text) in enumerate(messages):
        sent_at = start + timedelta(seconds=seconds_apart * index)
        parties = (
            {"direction": "out", "from": "me", "to": SENDER_NUMBER}
            if sender == "me"
            else {"direction": "in", "from": SENDER_NUMBER, "to": "me"}
        )
        rows.append(
            {
                **parties,
                "msg_no": index + 1,
                "sent_at": utc_ms(sent_at),
                "sent_local": sent_at.strftime("%Y-%m-%dT%H:%M"),
                "sent_source": "message_or_call_stamp",
                "text": text,
                "type": "text",
            }
        )
    return rows


def saved_message_lists(first_day: datetime, first_index: int) -> list[SampleRecordVersion]:
    """Return schedules of the messages in a saved chat and a saved e-mail, as the phone reads them from the files.

    `first_day`: the first day of the series; `first_index`: the number of the entry of that day.
    """
    start = first_day.replace(hour=8, minute=0)
    chat_fields = {
        "actor_ids": ["@callum"],
        "channel": "whatsapp",
        "chat": "Callum",
        "complete": "some_missing",
        "incident_ids": [f"@entry:{first_index}"],
        "rows": schedule_rows(SAVED_CHAT, start, seconds_apart=60),
        "source_attachment_id": "@file:chat.txt",
        "title": "Saved chat of 7 May",
        "tz": fictional_diary.TZ,
    }
    (mail,) = (file for entry in fictional_diary.load_entries() for file in entry.files if file["name"] == _SAVED_MAIL)
    sent_at = datetime.fromisoformat(mail["sent"]).replace(tzinfo=ZONE)
    email_row = {
        "description": f"Subject: {mail['subject']}",
        "direction": "in",
        "from": mail["from"],
        "msg_no": 1,
        "sent_at": utc_ms(sent_at),
        "sent_local": sent_at.strftime("%Y-%m-%dT%H:%M"),
        "sent_source": "message_or_call_stamp",
        "text": mail["text"].strip(),
        "to": "me",
        "type": "email",
    }
    mail_fields = {
        "channel": "email",
        "complete": "complete",
        "incident_ids": ["@entry:11"],
        "rows": [email_row],
        "source_attachment_id": f"@file:{_SAVED_MAIL}",
        "title": "E-mail of 21 July",
        "tz": fictional_diary.TZ,
    }
    restricted_fields = {"own_accounts": ["07700 900512"]}
    return [
        SampleRecordVersion(utc_ms(first_day) + 120_000, "schedule", "saved_chat", chat_fields, restricted_fields),
        SampleRecordVersion(utc_ms(sent_at) + 86_400_000, "schedule", "saved_mail", mail_fields, {}),
    ]


def utc_ms(moment: datetime) -> int:
    """Return the time in ms UTC."""
    return int(moment.timestamp() * 1000)
