"""Write the corpus: small made-up files of each format. `python -m tests.fuzzing.seeds`."""

import base64
import io
import json
import shutil
import struct
import subprocess
import tempfile
import wave
import zipfile
from pathlib import Path

from PIL import Image

from diary.crypto import sealing
from diary.encoding import b64, canonical_json, encode_frames, unb64
from diary.ledger import timestamps
from diary.samples.timestamp_authority import make_authority
from tests.pack.test_embedded_files import READABLE_PDFS, REFUSED_PDFS
from tests.test_layers import PROJECT_ROOT

CORPUS = Path(__file__).parent / "corpus"
# A stored reply of a local authority with its certificates: openssl writes different ones each time.
STAMPED_NOTE_FOLDER = Path(__file__).parent / "stamped"
NOTE_BYTES = b"a note"
VECTORS_FOLDER = PROJECT_ROOT / "tests" / "vectors"
MAIL_HEADER = "From: sam@example.org\r\nTo: alex@example.org\r\nDate: Thu, 12 Mar 2026 21:15:02 +0000\r\n"
CHATS = {
    "android": "12/03/2026, 21:14 - Messages and calls are end-to-end encrypted.\n"
    "12/03/2026, 21:15 - Sam: Where are you\n"
    "12/03/2026, 21:16 - Sam: IMG-20260312-WA0001.jpg (file attached)\nsecond line\n"
    "13/03/2026, 07:01 - Alex: stop writing\n",
    "iphone": "[12/03/2026, 21:15:02] Sam: Where are you\r\n"
    "\u200e[12/03/2026, 21:16:40] Sam: \u200e<attached: 00000002-PHOTO.jpg>\r\n",
    "american": "3/12/26, 9:15\u202fPM - Sam: Where are you\n3/12/26, 9:16\u202fPM - Sam: <Media omitted>\n",
}
MAILS = {
    "plain": MAIL_HEADER + "Subject: You\r\n\r\nI saw you.\r\n",
    "parts": MAIL_HEADER + "Subject: =?utf-8?q?You=3F?=\r\nMIME-Version: 1.0\r\n"
    'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/html; charset=utf-8\r\n'
    "Content-Transfer-Encoding: quoted-printable\r\n\r\n<p>I saw =C3=A9 you</p>\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n"
    "From: a@example.org\r\nSubject: in\r\n\r\nin\r\n--b\r\nContent-Type: image/png; name=a.png\r\n"
    "Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename*=utf-8''a.png\r\n\r\n"
    "iVBORw0KGgo=\r\n--b--\r\n",
}
CONTACTS = {
    "old": "BEGIN:VCARD\nVERSION:2.1\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Hill;Zo=C3=AB;;;\nTEL;CELL:07700900123\n"
    "X-SKYPE-USERNAME:sam\nAGENT:\nBEGIN:VCARD\nTEL:1\nEND:VCARD\n"
    "PHOTO;ENCODING=BASE64;JPEG:/9j/4AAQ\n SkZJRg==\n\nEND:VCARD\n",
    "iphone": "BEGIN:VCARD\nVERSION:3.0\nN:Hill;Sam;;;\nFN:Sam Hill\nitem1.TEL;type=pref:+44 7700 900123\n"
    "IMPP;X-SERVICE-TYPE=WhatsApp;type=pref:x-apple:sam\nX-SOCIALPROFILE;type=twitter:https://twitter.com/sam\n"
    "END:VCARD\nBEGIN:VCARD\nVERSION:3.0\nFN:Lee\nEMAIL:lee@exam\n ple.org\nEND:VCARD\n",
    "new": 'BEGIN:VCARD\nVERSION:4.0\nFN:Sam\nTEL;VALUE=uri;TYPE="voice,home":tel:+44-7700-900123;ext=5\n'
    "IMPP:xmpp:sam@chat.example\nNOTE:a\\, b\\n c\nBDAY:19900102\nEND:VCARD\n",
}
BILL = (
    "Account,0001\r\n\r\nDate,Time,Number called,Duration,Type,Cost\r\n"
    "28/10/2026,21:10:05,07700900123,00:01:23,UK mobile,0.00\r\n"
    '"28/10/2026","21:12:40","07700 900456","0:03","Text ""message""\r\nUK",0.10\r\n'
    "Total,,,,,0.10\r\n"
)
CALL_LIST = (
    "Call type\tPhone number\tDate\tDuration\n"
    "Missed\t+447700900123\t2026-10-28 21:10:05+0000\t0\nOutgoing\t\t3 Nov 2026 9:05 pm\t83\n"
)
BACKUP_OF_TEXTS = (
    "<?xml version='1.0'?><!--<sms--><smses count=\"2\">\n"
    '<sms address="+447700900123" date="1793793600000" type="1" body="I &lt;see&gt; you &#55357;&#56832; &#10;" />\n'
    '<mms address="1~2" date="1793793600000" msg_box="1"><parts><part ct="text/plain" text="Look" />'
    '<part ct="image/png" cl="a.png" data="iVBORw0KGgo=" /></parts><addrs><addr address="1" type="137" /></addrs></mms>\n'
    "</smses>\n"
)
BACKUP_OF_CALLS = '<calls count="1"><call number="-2" duration="0" date="1793793600000" type="3" /></calls>'

CONVERSATION_TEXTS = {
    "telegram_page": "<!DOCTYPE html><html><head><title>Exported Data</title></head><body>"
    '<div class="page_wrap"><div class="page_header"><div class="text bold">Sam</div></div><div class="history">'
    '<div class="message default clearfix" id="message1"><div class="pull_left userpic_wrap">'
    '<div class="userpic userpic3"></div></div><div class="body"><div class="pull_right date details" '
    'title="04.11.2026 09:20:00 UTC+01:00">09:20</div><div class="from_name">Sam</div><div class="media_wrap">'
    '<a class="photo_wrap" href="photos/1.png"></a></div><div class="text">I &lt;see&gt;<br>you &#128512;</div></div></div>'
    '<div class="message default clearfix joined" id="message2"><div class="body"><div class="date" '
    'title="04.11.2026 09:21:00"></div><div class="media_wrap"><div class="media media_call">'
    '<div class="status">Missed</div></div></div></div></div></div></div></body></html>',
    "meta_page": '<html><head><title>Sam</title></head><body><div class="pam _3-95 _2ph- _a6-g uiBoxWhite noborder">'
    '<h2 class="_3-95 _2pim _a6-h _a6-i">Sam</h2><div class="_3-95 _a6-p"><div><div>x &#039;</div><a href="a/1.png">'
    '<img src="a/1.png"></a><ul><li>!Jo</li></ul></div></div><div class="_3-94 _a6-o">Nov 04, 2026 9:20 am</div></div>',
    "messages_page": '<html>\n<head></head><body><div class="message"><div class="received"><p><span class="timestamp">'
    'Nov 04, 2026  9:20:00 AM (Read by you after 1 second)</span><span class="sender">Sam</span></p>'
    '<div class="message_part"><span class="bubble">x</span></div><div class="replies"></div></div></div></body></html>',
    "messages_text": "Nov 04, 2026  9:20:00 AM (Read by you after 1 second)\nSam\nx\nTapbacks:\nLoved by Me\n\n"
    "Nov 04, 2026  9:21:00 AM Sam left\n\nNov 04, 2026  9:22:00 AM\nMe\nattachments/1/a.png\n\n",
    "imazing": "Chat Session,Message Date,Service,Type,Sender ID,Sender Name,Text,Attachment\r\n"
    'Sam,03/04/2026 09:20:00,iMessage,Incoming,+447700900123,Sam,"x ""y""\nz",a.png\r\n'
    "Sam,2026-11-04 09:21:00,SMS,Outgoing,,,x,\r\n",
    "tiktok_text": ">>> Chat History with sam.b::\n\n2026-11-04 09:20:00 UTC sam.b: x\ny\n26-11-04 09:20 UTC jo: z\n",
    "signal": '{"version":"1","backupTimeMs":"1"}\n{"account":{"givenName":"Jo"}}\n{"recipient":{"id":"2","self":{}}}\n'
    '{"recipient":{"id":"1","contact":{"aci":"c2Ft","profileGivenName":"Sam"}}}\n{"chat":{"id":"7","recipientId":"1"}}\n'
    '{"chatItem":{"chatId":"7","authorId":"1","dateSent":"1793784000000","incoming":{},"standardMessage":{"text":'
    '{"body":"x"},"attachments":[{"pointer":{"contentType":"image/png","locatorInfo":{"plaintextHash":"AAAA"}}}]}}}\n'
    '{"chatItem":{"chatId":"7","authorId":"1","dateSent":"1793784000000","directionless":{},"updateMessage":'
    '{"individualCall":{"state":"MISSED"}}}}\n',
}
CONVERSATIONS = {
    "download": {
        "participants": [{"name": "Zo\u00c3\u00ab"}, {"name": "Jo"}],
        "messages": [
            {"sender_name": "Jo", "timestamp_ms": 1793793600000, "content": '\u00f0\u009f\u0098\u0080 "]}\\'},
            {"sender_name": "Sam", "timestamp_ms": 1793793600000, "photos": [{"uri": "a/1.png"}], "call_duration": 0},
            {"sender_name": "Sam", "timestamp_ms": 1, "reactions": [{"reaction": "!", "actor": "Jo"}], "share": {}},
        ],
        "title": "Sam",
        "thread_path": "inbox/sam_1234567",
    },
    "encrypted": {
        "participants": ["Sam", "Jo"],
        "threadName": "Sam_1",
        "messages": [
            {"senderName": "Sam", "timestamp": 1793793600000, "text": "x", "media": [{"uri": "./media/a.png"}]}
        ],
    },
    "telegram": {
        "chats": {
            "list": [
                {
                    "name": "Sam",
                    "type": "personal_chat",
                    "id": 4242,
                    "messages": [
                        {
                            "type": "message",
                            "date_unixtime": "1793793600",
                            "from": "Sam",
                            "from_id": "user11",
                            "text": ["a", {"type": "bold", "text": "b"}],
                            "photo": "photos/1.png",
                            "reactions": [{"emoji": "!", "count": 1, "recent": [{"from": "Jo"}]}],
                            "poll": {"question": "?"},
                            "location_information": {"latitude": 1.5, "longitude": -2},
                        },
                        {
                            "type": "service",
                            "date_unixtime": "1793793600",
                            "action": "phone_call",
                            "discard_reason": "busy",
                        },
                    ],
                }
            ]
        }
    },
    "snapchat": {
        "sam.b": [
            {
                "From": "sam.b",
                "Media Type": "MEDIA",
                "Created": "2026-11-04 09:20:00 UTC",
                "Content": "x",
                "IsSender": False,
                "Created(microseconds)": 1793784000000,
                "Media IDs": "b~1 | b~2",
            }
        ]
    },
    "tiktok": {
        "Direct Message": {
            "Direct Messages": {
                "ChatHistory": {
                    "Chat History with sam.b:": [{"Date": "2026-11-04 09:20:00", "From": "sam.b", "Content": "x"}]
                }
            }
        }
    },
    "discord_own": [{"ID": 1, "Timestamp": "2026-11-04 09:20:00", "Contents": "x", "Attachments": "https://a/b.png?c"}],
    "discord": {
        "guild": {"id": "0"},
        "channel": {"id": "777777", "name": "Sam"},
        "messages": [
            {
                "type": "Call",
                "timestamp": "2026-11-04T09:20:00.123+00:00",
                "callEndedTimestamp": "2026-11-04T09:21:00+00:00",
                "author": {"id": "11", "nickname": "Sam"},
                "attachments": [{"url": "a/b.png"}],
                "embeds": [{"title": "t"}],
                "reactions": [{"emoji": {"name": "!"}, "count": 2}],
            },
            {"type": "Reply", "timestamp": "2026-11-04T09:20:00Z", "content": "y", "stickers": [{"name": "s"}]},
        ],
    },
}


def make_zip(members: dict[str, bytes], method: int) -> bytes:
    """Return a zip of the members, with fixed times."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return buffer.getvalue()


def sample_pictures() -> dict[str, bytes]:
    """Return tiny pictures in each format, with camera metadata."""
    picture = Image.new("RGB", (8, 8), (90, 40, 40))
    about = Image.Exif()
    about[0x010F], about[0x0110], about[0x0132], about[0x0112] = "Maker", "Model 1", "2026:03:12 21:15:02", 6
    about.get_ifd(0x8769).update({0x9003: "2026:03:12 21:15:02", 0x9011: "+01:00"})
    about.get_ifd(0x8825).update({1: "N", 2: (51.0, 30.0, 1.0)})
    picture_by_name = {}
    for kind in ("JPEG", "PNG", "WEBP", "TIFF", "GIF"):
        buffer = io.BytesIO()
        picture.save(buffer, kind, **({} if kind == "GIF" else {"exif": about}))
        picture_by_name[kind.lower()] = buffer.getvalue()
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG")
    return {**picture_by_name, "plain_jpeg": buffer.getvalue(), "exif": about.tobytes()[6:]}


def sealed_copy_head(changes: dict[str, object]) -> dict[str, object]:
    """Return the manifest of a sealed copy whose keys open with nothing."""
    ident, wrap = b64(bytes(16)), b64(sealing.envelope_prefix(sealing.EnvelopeKind.WRAP, {"t": "wrap"}) + bytes(64))
    names = ("code_wrap", "diary_wrap", "keyset", "words_wrap")
    keys = {"account": ident, "diary": ident, "diary_epoch": 1, "kdf": {}, **dict.fromkeys(names, wrap), **changes}
    no_files: list[object] = []
    rest = {"blobs": no_files, "feed": None, "log": None, "made_at": 1, "notary": None, "t": "backup/v1", "versions": 0}
    return {**rest, "keys": keys}


def made_by_node(script: str) -> dict[str, bytes]:
    """Return the samples that a module of tests/js/ prints: base64 by name."""
    command = ["node", str(PROJECT_ROOT / "tests" / "js" / script)]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return {name: base64.b64decode(content) for name, content in json.loads(printed).items()}


def sample_sounds() -> dict[str, bytes]:
    """Return the beginnings of sounds in each format whose length is read from its header."""
    frame = bytes.fromhex("fffb9064") + bytes(32)
    info = bytes.fromhex("2ad7b1830f4240" + "448988") + struct.pack(">d", 2500.0) + bytes.fromhex("446188") + bytes(8)
    segment = bytes.fromhex("1549a966") + bytes([0x80 | len(info)]) + info
    head = b"OpusHead" + bytes([1, 1]) + struct.pack("<HIhB", 312, 48_000, 0, 0)
    pages = [
        b"OggS" + struct.pack("<BBqIII", 0, 2, granule, 7, number, 0) + bytes([1, len(body)]) + body
        for number, (granule, body) in enumerate([(0, head), (120_312, bytes(20))])
    ]
    sound = io.BytesIO()
    with wave.open(sound, "wb") as file:
        file.setparams((1, 1, 8_000, 0, "NONE", ""))
        file.writeframes(bytes(20_000))
    return {
        "wav": sound.getvalue()[:400],
        "flac": b"fLaC" + bytes.fromhex("80000022") + bytes(10) + bytes.fromhex("0ac442f00001ae24") + bytes(16),
        "amr": b"#!AMR\n" + (b"\x3c" + bytes(31)) * 5,
        "mp3": b"ID3\x04\0\0\0\0\0\x02\0\0" + frame + b"Info" + struct.pack(">II", 1, 96) + bytes(100),
        "webm": bytes.fromhex("1a45dfa380" + "18538067") + bytes([0x80 | len(segment)]) + segment,
        "opus": b"".join(pages),
    }


def corpus_files() -> dict[str, dict[str, bytes]]:
    """Return the files by format and name."""
    vectors = {
        name: json.loads((VECTORS_FOLDER / f"{name}.json").read_text(encoding="utf-8"))
        for name in ("log", "tables", "versions")
    }
    members = {
        "A/bagit.txt": b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n",
        "A/data/a.txt": b"He waited." * 40,
    }
    pack = {f"PACK_A_1_20260312/{name[2:]}": content for name, content in members.items()}
    case = next(case_row for case_row in vectors["versions"]["cases"] if case_row["body"])
    key = bytes.fromhex("308187020100301306072a8648ce3d020106082a8648ce3d030107") + b"\x04\x6d" + bytes(0x6D)
    notes = [*vectors["log"]["notes"][:1], *vectors["log"]["joined_notes"][:2]]
    outlook = made_by_node("outlook_files.mjs")
    return {
        "outlook": {name: raw for name, raw in outlook.items() if not name.startswith("packed_")},
        "rtf": {name: raw for name, raw in outlook.items() if name.startswith("packed_")},
        "page": made_by_node("saved_page_files.mjs"),
        "archive": made_by_node("web_archive_files.mjs"),
        "zip": {
            "stored": make_zip(members, zipfile.ZIP_STORED),
            "deflated": make_zip(members, zipfile.ZIP_DEFLATED),
            "pack": make_zip(pack, zipfile.ZIP_STORED),
        },
        "table": {f"table_{i}": row["table"].encode() for i, row in enumerate(vectors["tables"]["cases"])},
        # One of them has megabytes of numbers.
        "pdf": {
            name.replace(" ", "_"): raw
            for name, raw in [*READABLE_PDFS.items(), *list(REFUSED_PDFS.items())[:6]]
            if len(raw) < 64 << 10
        },
        "picture": sample_pictures(),
        "chat": {name: text.encode() for name, text in CHATS.items()},
        "mail": {name: text.encode() for name, text in MAILS.items()},
        "mailbox": {"all": "".join(f"From - Tue Nov 24 21:10:00 2026\n{text}\n\n" for text in MAILS.values()).encode()},
        "phone": {"messages": BACKUP_OF_TEXTS.encode(), "calls": BACKUP_OF_CALLS.encode()},
        "conversation": {
            **{name: json.dumps(value, indent=2).encode() for name, value in CONVERSATIONS.items()},
            **{name: text.encode() for name, text in CONVERSATION_TEXTS.items()},
        },
        "contacts": {name: text.replace("\n", "\r\n").encode() for name, text in CONTACTS.items()},
        "sound": sample_sounds(),
        "bill": {
            "bill": BILL.encode(),
            "semicolons": BILL.replace(",", ";").encode("utf-16"),
            "list": CALL_LIST.encode(),
        },
        "json": {
            "object": canonical_json({"a": [1, None, True, "\u00e9\n"], "t": "x/v1", "z": {"y": -5}}),
            "capsule": canonical_json(
                {"counts": {}, "keys": {}, "own_words": "", "pack": {}, "sheet": {}, "t": "capsule/v1", "versions": []}
            ),
        },
        "copy_head": {
            "empty": canonical_json(sealed_copy_head({})),
            "odd": canonical_json(sealed_copy_head({"code_wrap": 7})),
            "none": canonical_json({**sealed_copy_head({}), "keys": None}),
        },
        "frames": {"three": encode_frames([b"", b"one", b"two" * 9]), "push": unb64(case["body"])},
        "envelope": {
            "version": sealing.envelope_prefix(sealing.EnvelopeKind.VERSION, {"t": "version"}) + bytes(range(256))
        },
        "note": {f"note_{i}": case_row["note"].encode() for i, case_row in enumerate(notes)},
        "der": {
            "key": key,
            "time": bytes.fromhex("170d3236303331323231313530325a"),
            "nested": bytes.fromhex("3009300702010106022a03"),
        },
        "stamp": {"answer": (STAMPED_NOTE_FOLDER / "answer.tsr").read_bytes()},
        "pem": {"chain": (STAMPED_NOTE_FOLDER / "chain.pem").read_bytes()},
        "words": {
            "code": b"abandon ability able",
            "characters": b"O1IL-0000-ZZZZ",
            "number": b"12",
            "b64": b64(bytes(range(16))).encode(),
        },
    }


def stamp_note() -> None:
    """Timestamp `NOTE_BYTES`, once."""
    if STAMPED_NOTE_FOLDER.exists():
        return
    STAMPED_NOTE_FOLDER.mkdir()
    with tempfile.TemporaryDirectory() as folder:
        authority = make_authority(Path(folder) / "tsa")
        timestamp_request = timestamps.build_request(NOTE_BYTES)
        (STAMPED_NOTE_FOLDER / "answer.tsr").write_bytes(authority.answer_query(timestamp_request.der))
        (STAMPED_NOTE_FOLDER / "chain.pem").write_bytes(authority.chain_pem)
        pins = {"nonce": b64(timestamp_request.nonce), "note": NOTE_BYTES.decode(), "policy": authority.policy}
        (STAMPED_NOTE_FOLDER / "pins.json").write_text(json.dumps(pins) + "\n", encoding="utf-8")


def main() -> None:
    """Write all files again."""
    stamp_note()
    shutil.rmtree(CORPUS, ignore_errors=True)
    for form, files in corpus_files().items():
        (CORPUS / form).mkdir(parents=True)
        for name, raw in files.items():
            (CORPUS / form / name).write_bytes(raw)


if __name__ == "__main__":
    main()
