"""Chat exports and emails in the form in which a phone saves them.

This is the Python copy of tests/js/chat_exports.mjs.
"""

import base64
import io
import json
import zipfile
from datetime import UTC, datetime, timedelta

from playwright.sync_api import FilePayload

from tests.browser.pictures import make_png, picker_file

NARROW_SPACE, DIRECTION_MARK = "\u202f", "\u200e"
ANDROID_CHAT = "\n".join(
    [
        "This line stands before any message",
        "24/10/2026, 20:58 - Messages and calls are end-to-end encrypted.",
        *[f"24/10/2026, 21:{10 + n} - Sam Hill: Answer me" for n in range(3)],
        "24/10/2026, 21:20 - Jo: Please stop",
        f"24/10/2026, 21:21 - Sam Hill: {DIRECTION_MARK}IMG-20261024-WA0001.jpg (file attached)",
        "24/10/2026, 21:22 - Sam Hill: This message was deleted",
        "24/10/2026, 21:23 - Missed voice call",
        "25/10/2026, 09:00 - Sam Hill: I know where you are",
        "",
        "the light is on",
        "25/10/2026, 09:05 - A line of no known kind",
        "",
    ]
)
IOS_CHAT = "\r\n".join(
    [
        f"[03/04/26, 9:10:05{NARROW_SPACE}PM] Sam: {DIRECTION_MARK}Messages and calls are end-to-end encrypted.",
        f"[03/04/26, 9:10:05{NARROW_SPACE}PM] \u202bسارة الخطيب\u202c: مرحبا، أين أنت؟",
        f"{DIRECTION_MARK}[03/04/26, 9:10:40{NARROW_SPACE}PM] Sam: {DIRECTION_MARK}image omitted",
        f"[03/04/26, 9:12:00{NARROW_SPACE}PM] Jo: leave me alone {DIRECTION_MARK}<This message was edited>",
        f"[03/05/26, 1:05:00{NARROW_SPACE}AM] Sam: two",
        "lines",
        "",
    ]
)
SAVED_EMAIL = "\r\n".join(
    [
        "Received: from mail.example (192.0.2.1)",
        " by mx.example; Tue, 20 Oct 2026 21:10:05 +0000",
        "From: =?UTF-8?Q?S=C3=A1m?= <sam@example.org>",
        "To: jo@example.net",
        "Subject: =?iso-8859-1?Q?Caf=E9?= tonight",
        "Date: Tue, 20 Oct 2026 22:10:00 +0100",
        "MIME-Version: 1.0",
        'Content-Type: multipart/mixed; boundary="b1"',
        "",
        "--b1",
        "Content-Type: text/plain; charset=windows-1252",
        "Content-Transfer-Encoding: quoted-printable",
        "",
        "That cost =80 20",
        "--b1",
        'Content-Type: image/png; name="map.png"',
        "Content-Disposition: attachment",
        "Content-Transfer-Encoding: base64",
        "",
        "iVBORw0KGgo=",
        "--b1--",
        "",
    ]
)


def make_zip(files: dict[str, bytes]) -> bytes:
    """Return a zip file of these files. Its bytes are the same each time."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in files.items():
            archive.writestr(zipfile.ZipInfo(name), body, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def android_zip(*, more: str = "", name: str = "WhatsApp Chat with Sam Hill.zip") -> FilePayload:
    """Return an Android export with its picture. `more` are lines that a later export adds."""
    files = {"WhatsApp Chat with Sam Hill.txt": (ANDROID_CHAT + more).encode(), "IMG-20261024-WA0001.jpg": make_png(5)}
    return picker_file(name, "application/zip", make_zip(files))


def ios_zip() -> FilePayload:
    """Return an iOS export without media."""
    return picker_file("WhatsApp Chat - Sam.zip", "application/zip", make_zip({"_chat.txt": IOS_CHAT.encode()}))


def make_long_chat(count: int) -> FilePayload:
    """Return a chat of `count` messages, about 60 a day."""
    lines = []
    for n in range(count):
        start = datetime(2024, 3, 1, 8)  # noqa: DTZ001 - local, as in an export
        sent_at = start + timedelta(days=n // 60, minutes=7 * (n % 60))
        sender = "Sam Hill" if n % 3 else "Jo"
        lines.append(
            f"{sent_at:%d/%m/%Y, %H:%M} - {sender}: message number {n},"
            " with as many words as people write to one another"
        )
    return picker_file("WhatsApp Chat with Sam Hill.txt", "text/plain", "\n".join(lines).encode())


_NEWS_EMAIL = "From: Shop <news@shop.example>\nTo: jo@example.net\nDate: Wed, 21 Oct 2026 09:00:00 +0100\n\nSale.\n"
_OWN_EMAIL = (
    "From: Jo <jo@example.net>\nTo: sam@example.org\nDate: Thu, 22 Oct 2026 08:00:00 +0100\nSubject: No more\n\nStop.\n"
)


def phone_backup() -> str:
    """Return a backup of text messages: two from Sam, one of them with a picture, one to him, and one from a shop."""
    picture = base64.b64encode(make_png(7)).decode()
    noon_ms = int(datetime(2026, 10, 24, 12, tzinfo=UTC).timestamp() * 1000)
    sam = 'address="+447700900123" contact_name="Sam &lt;b&gt;Hill"'
    return (
        "<?xml version='1.0' encoding='UTF-8' standalone='yes' ?>\n<smses count=\"4\">\n"
        f'<sms {sam} date="{noon_ms}" type="1" body="I know where you are &lt;b&gt;" />\n'
        f'<sms address="SHOP" contact_name="(Unknown)" date="{noon_ms + 60_000}" type="1" body="Sale" />\n'
        f'<sms {sam} date="{noon_ms + 120_000}" type="2" body="Stop" />\n'
        f'<mms {sam} date="{noon_ms + 180_000}" msg_box="1"><parts>'
        '<part ct="text/plain" text="Look" />'
        f'<part ct="image/png" cl="door.png" text="null" data="{picture}" /></parts>'
        '<addrs><addr address="+447700900123" type="137" /></addrs></mms>\n</smses>\n'
    )


def instagram_download() -> FilePayload:
    """Return a download with two conversations: three messages with Sam, one of them a picture, and one from Lee."""
    root = "your_instagram_activity/messages/inbox"
    noon_ms = int(datetime(2026, 10, 24, 12, tzinfo=UTC).timestamp() * 1000)

    def conversation(number: str, sender: str, messages: list[dict[str, object]]) -> bytes:
        value = {
            "participants": [{"name": sender}, {"name": "Jo"}],
            "messages": messages,
            "title": sender,
            "thread_path": f"inbox/{number}",
        }
        return json.dumps(value, indent=2).encode()

    photo = {"uri": f"{root}/sam_1234567/photos/door.png", "creation_timestamp": noon_ms // 1000}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        sam = [
            {"sender_name": "Sam <b>", "timestamp_ms": noon_ms + 180_000, "photos": [photo]},
            {"sender_name": "Jo", "timestamp_ms": noon_ms + 120_000, "content": "Stop"},
            # As Instagram writes "I know where you are, Zoë".
            {"sender_name": "Sam <b>", "timestamp_ms": noon_ms, "content": "I know where you are, Zo\u00c3\u00ab"},
        ]
        archive.writestr(f"{root}/sam_1234567/message_1.json", conversation("sam_1234567", "Sam <b>", sam))
        archive.writestr(f"{root}/sam_1234567/photos/door.png", make_png(7))
        lee = [{"sender_name": "Lee", "timestamp_ms": noon_ms, "content": "Lunch?"}]
        archive.writestr(f"{root}/lee_7654321/message_1.json", conversation("lee_7654321", "Lee", lee))
    return picker_file("instagram-jo.zip", "application/zip", buffer.getvalue())


def telegram_export() -> FilePayload:
    """Return an export of one chat: a line of the app, a picture with words, a missed call, and an answer."""
    noon = int(datetime(2026, 10, 24, 12, tzinfo=UTC).timestamp())

    def item(kind: str, minute: int, who: str, **members: object) -> dict[str, object]:
        names = ("actor", "actor_id") if kind == "service" else ("from", "from_id")
        time = {"date_unixtime": str(noon + 60 * minute)}
        return {"id": minute, "type": kind, **time, names[0]: who, names[1]: f"user{len(who)}", **members}

    messages = [
        item("service", 0, "Sam <b>", action="pin_message", text=""),
        item(
            "message", 1, "Sam <b>", text=["I am at ", {"type": "bold", "text": "your door"}], photo="photos/door.png"
        ),
        item("service", 2, "Sam <b>", action="phone_call", discard_reason="missed", text=""),
        item("message", 3, "Jo", text="Stop"),
    ]
    chat = {"name": "Sam <b>", "type": "personal_chat", "id": 4242, "messages": messages}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("ChatExport_2026-10-24/result.json", json.dumps(chat, indent=1))
        archive.writestr("ChatExport_2026-10-24/photos/door.png", make_png(7))
    return picker_file("ChatExport.zip", "application/zip", buffer.getvalue())


def telegram_pages() -> FilePayload:
    """Return the pages that Telegram Desktop writes of one chat: a line of the app, a picture, a missed call, words."""

    def message(minute: int, body: str, who: str = "", classes: str = "default clearfix") -> str:
        colour = 1 if who != "Jo" else 2
        head = f'<div class="pull_left userpic_wrap"><div class="userpic userpic{colour}"></div></div>' if who else ""
        name = f'<div class="from_name">\n{who}\n</div>' if who else ""
        time = f"24.10.2026 12:{minute:02}:00 UTC+00:00"
        return (
            f'<div class="message {classes}" id="message{minute}">{head}<div class="body">'
            f'<div class="pull_right date details" title="{time}">12:{minute:02}</div>{name}{body}</div></div>\n'
        )

    door = '<div class="media_wrap clearfix"><a class="photo_wrap clearfix pull_left" href="photos/door.png"></a></div>'
    call = '<div class="media_wrap clearfix"><div class="media media_call"><div class="status">Missed</div></div></div>'
    messages = [
        '<div class="message service" id="message-1"><div class="body details">24 October 2026</div></div>\n',
        message(1, f'{door}<div class="text">I am at <strong>your door</strong></div>', "Sam &lt;b&gt;"),
        message(2, call, classes="default clearfix joined"),
        message(3, '<div class="text">Stop &lt;script&gt;alert(1)&lt;/script&gt;</div>', "Jo"),
    ]
    page = (
        '<!DOCTYPE html><html><head><meta charset="utf-8"/><title>Exported Data</title>'
        '<script src="js/script.js" type="text/javascript"></script></head><body onload="CheckLocation();">'
        '<div class="page_wrap"><div class="page_header"><div class="content"><div class="text bold">Sam &lt;b&gt;'
        f'</div></div></div><div class="page_body chat_page"><div class="history">{"".join(messages)}</div></div></div>'
        "</body></html>"
    )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("ChatExport_2026-10-24/messages.html", page)
        archive.writestr("ChatExport_2026-10-24/js/script.js", "alert(1)")
        archive.writestr("ChatExport_2026-10-24/photos/door.png", make_png(7))
    return picker_file("ChatExport.zip", "application/zip", buffer.getvalue())


def imazing_table() -> FilePayload:
    """Return iMazing's table of one conversation, with dates that can be read in two ways, and one that cannot be."""
    lines = [
        "Chat Session,Message Date,Service,Type,Sender ID,Sender Name,Status,Subject,Text,Attachment",
        'Sam,03/04/2026 21:10:05,iMessage,Incoming,+447700900123,Sam,Read,,"Where are you?\nAnswer",',
        "Sam,03/04/2026 21:11:00,iMessage,Outgoing,,,Read,,Stop,",
        "Sam,30/02/2026 21:12:00,iMessage,Incoming,+447700900123,Sam,Read,,on no day,",
        "Sam,03/04/2026 21:13:00,iMessage,Notification,,,,,Sam left,",
    ]
    return picker_file("Messages - Sam.csv", "text/csv", "\r\n".join([*lines, ""]).encode())


def mailbox() -> str:
    """Return a mailbox file with a newsletter, an email to Sam and one from him, the newest first."""
    saved = SAVED_EMAIL.replace("\r\n", "\n")
    return "".join(f"From - Thu Oct 22 21:10:00 2026\n{text}\n" for text in (_OWN_EMAIL, _NEWS_EMAIL, saved))


def phone_bill() -> str:
    """Return a bill with two people's calls, a text, and a line that cannot be read."""
    return "\r\n".join(
        [
            "Account,0001",
            "Date,Time,Number called,Duration,Type",
            "03/10/2026,21:10:05,07700900123,1:23,UK mobile",
            "03/10/2026,21:12:40,07700900456,10:00,UK mobile",
            '03/10/2026,21:15:00,+44 7700 900123,0:03,"<b>=cmd</b>"',
            "03/10/2026,21:16:00,07700900123,,Text message",
            "Total,,,,",
            "",
        ]
    )


def contacts() -> str:
    """Return two contacts, one with what must not be taken."""
    return (
        "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Sam <b>Hill\r\nTEL;TYPE=CELL:07700 900123\r\n"
        "IMPP;X-SERVICE-TYPE=WhatsApp:x-apple:+447700900124\r\nBDAY:1990-01-02\r\nADR:;;1 Mill Lane;Leeds;;;\r\n"
        "END:VCARD\r\nBEGIN:VCARD\r\nVERSION:3.0\r\nFN:Lee\r\nEMAIL:lee@example.org\r\nEND:VCARD\r\n"
    )
