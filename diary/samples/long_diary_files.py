"""Files of the long made-up diary, drawn small and quickly: chat screens, videos with a still, sound, a saved chat.

Videos and sound are placeholders: bytes with the right signature, not recordings.
"""

import hashlib
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from io import BytesIO
from typing import Final
from zoneinfo import ZoneInfo

from PIL import Image, ImageDraw

from diary.samples.fictional_diary import TZ, SampleFile
from diary.samples.picture_text import BOLD_FONT, draw_text

ZONE: Final = ZoneInfo(TZ)
SENDER_NUMBER: Final = "+44 7700 900618"
SIGN_LANGUAGE_FILM: Final = "VID_20260605.MP4"
SCREEN_SIZE_PIXELS: Final = (480, 854)
MESSAGE_TEXTS: Final = (
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
# Who, clock, words: a message a minute, from eight in the morning of 7 May.
SAVED_CHAT: Final = tuple(
    ("them", f"08:{minute:02d}", MESSAGE_TEXTS[minute % len(MESSAGE_TEXTS)]) for minute in range(40)
)


def draw_chat_screen(added_at_ms: int, index: int, messages: Sequence[tuple[str, str, str]]) -> SampleFile:
    """Draw a small chat screen."""
    image = Image.new("RGB", SCREEN_SIZE_PIXELS, "white")
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, SCREEN_SIZE_PIXELS[0], 78), fill=(238, 240, 243))
    draw_text(draw, (20, 24), SENDER_NUMBER, 24, (22, 24, 28), BOLD_FONT)
    shown_at = datetime.fromtimestamp(added_at_ms / 1000 + 60 * index, ZONE)
    draw_text(draw, (SCREEN_SIZE_PIXELS[0] - 70, 30), f"{shown_at:%H:%M}", 18, (90, 94, 100))
    for row, (sender, clock, text) in enumerate(messages):
        x, y = (20, 96 + row * 82) if sender == "them" else (150, 96 + row * 82)
        draw.rounded_rectangle(
            (x, y, x + 310, y + 66), 14, fill=(233, 234, 238) if sender == "them" else (205, 222, 246)
        )
        draw_text(draw, (x + 14, y + 8), text[:34], 17, (22, 24, 28))
        draw_text(draw, (x + 252, y + 40), clock, 14, (90, 94, 100))
    buffer = BytesIO()
    image.save(buffer, "PNG", compress_level=1)
    description = (
        f"Messages from the number ending 618, screen {index + 1} of "
        f"{datetime.fromtimestamp(added_at_ms / 1000, ZONE):%-d %B}"
    )
    return _sample_file(
        f"IMG_{added_at_ms // 60_000 % 100_000}_{index}.PNG",
        buffer.getvalue(),
        "image/png",
        "screenshot",
        description,
        added_at_ms,
    )


def make_other_file(added_at_ms: int, name: str) -> SampleFile:
    """Return a video with a still, a voice message or a saved chat, by name.

    Videos and sound are placeholders, not recordings.
    """
    filler = random.Random(name).randbytes(4_000)  # noqa: S311 - filling
    if name.lower().endswith(".mp4"):
        description, duration_ms = _FILMS[name]
        file = _sample_file(name, b"\0\0\0\x18ftypmp42" + filler, "video/mp4", "video", description, added_at_ms)
        return SampleFile(
            file.name,
            file.content,
            {**file.fields, "duration_ms": duration_ms},
            file.restricted,
            _draw_still_frame(name),
        )
    if name.endswith(".m4a"):
        file = _sample_file(
            name,
            b"\0\0\0\x18ftypM4A " + filler,
            "audio/mp4",
            "voicemail",
            "Voicemail: breathing, then my name",
            added_at_ms,
        )
        return SampleFile(file.name, file.content, {**file.fields, "duration_ms": 34_000}, file.restricted)
    text = "".join(f"07/05/2026, {clock} - Callum: {words}\n" for _, clock, words in SAVED_CHAT)
    file = _sample_file(
        name, text.encode(), "text/plain", "chat_export", "Saved chat with the number ending 618, 7 May", added_at_ms
    )
    return replace(file, fields={**file.fields, "flags": ["text_can_be_edited"]})


_FILMS: Final = {
    "doorbell.mp4": ("Doorbell film: somebody at the gate, 21 seconds", 21_000),
    SIGN_LANGUAGE_FILM: ("My account of that evening, in British Sign Language", 154_000),
}


def _draw_still_frame(name: str) -> bytes:
    """Draw a video frame: a gate at night, or somebody signing."""
    image = Image.new("RGB", (480, 270), (54, 58, 66))
    draw = ImageDraw.Draw(image)
    if name == SIGN_LANGUAGE_FILM:
        draw.rectangle((0, 0, 480, 270), fill=(188, 194, 200))
        draw.ellipse((202, 40, 278, 130), fill=(150, 112, 88))
        draw.rounded_rectangle((150, 128, 330, 290), 46, fill=(52, 74, 98))
        for x in (130, 320):
            draw.ellipse((x, 150, x + 36, 190), fill=(150, 112, 88))
    else:
        draw.polygon([(150, 270), (190, 60), (300, 60), (340, 270)], fill=(96, 92, 80))
        draw.rounded_rectangle((226, 90, 270, 240), 18, fill=(24, 24, 28))
    buffer = BytesIO()
    image.save(buffer, "JPEG", quality=80)
    return buffer.getvalue()


def _sample_file(
    name: str, content: bytes, media_type: str, kind: str, description: str, added_at_ms: int
) -> SampleFile:
    """Return a file with its fields, marked as reviewed."""
    fields = {
        "added_at": added_at_ms,
        "alteration_before_receipt": "none_known",
        "description": description,
        "flags": [],
        "kind": kind,
        "looked_at": added_at_ms,
        "media_type": media_type,
        "sensitivity": "normal",
        "sha256": hashlib.sha256(content).hexdigest(),
        "sha512": hashlib.sha512(content).hexdigest(),
        "size_bytes": len(content),
        "shows": ["whole_screen", "number_or_handle", "clock"] if kind == "screenshot" else [],
        "not_shown": ["url", "profile"] if kind == "screenshot" else [],
    }
    received_as = {
        "claimed_type": media_type,
        "filename": name,
        "magic_type": media_type,
        "platform": "command line",
        "route": "files",
    }
    return SampleFile(name, content, fields, {"gps_present": False, "received_as": received_as})


def make_purged_file(added_at_ms: int) -> SampleFile:
    """Return the file that is purged: its bytes are a grey square. It is in no pack and in no store."""
    buffer = BytesIO()
    Image.new("RGB", (64, 64), (120, 120, 120)).save(buffer, "PNG")
    return _sample_file("IMG_9999.PNG", buffer.getvalue(), "image/png", "screenshot", "Added by mistake", added_at_ms)
