"""04_exhibits.pdf as data: one exhibit a page, its picture print-sized and without metadata.

A picture reaches the template as a one-line SVG around a JPEG that this project encoded: typst then passes
the JPEG through undecoded, and the bytes stand in the PDF as they are. That is why nothing as received may
ever come this way: its metadata would stand there too.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from diary.pack.bursts import lines_of
from diary.pack.contents import Contents, Shown
from diary.pack.glyphs import drawable, paragraphs
from diary.pack.registers import of_kind
from diary.pack.rows import Row
from diary.pack.wording import chosen, numbers_words, point_words, size_words
from diary.record import times, vocabulary
from diary.record.reading import codes_of, object_of, text_of, whole_of

# Room for a picture on the page, in millimetres, beneath the heading; and how far two slices overlap.
WIDTH_MM: Final = 170.0
HEIGHT_MM: Final = 212.0
# An upright picture stands beside its facts, a wide one above them, where it must leave them room.
BESIDE_MM: Final = 105.0
ABOVE_MM: Final = 150.0
UPRIGHT_SHAPE: Final = 1.2
STILL_MM: Final = 110.0
_MAIL_WORDS: Final = ("text", "body", "words")
OVERLAP_MM: Final = 10.0
# Taller than this for its width, a screenshot becomes unreadable when it is fitted to one page.
LONG_SHAPE: Final = 2.6


@dataclass(frozen=True, slots=True)
class Picture:
    """A print copy in the working folder, with its size in pixels."""

    file: str
    width: int
    height: int


def exhibits_page(contents: Contents, volume: Sequence[Shown], pictures: Mapping[str, Picture], part: str) -> Row:
    """Everything one volume of 04 needs. `pictures`: by item. `part`: '' or ', part 2 of 3'."""
    head = contents.capsule.head
    return {
        **contents.sheet_facts(f"Exhibits{part}, pack {head.name}", "Prepared by the person named; not a sworn statement"),
        "exhibits": [
            _exhibit(contents, shown, pictures.get(shown.exhibit.item), pictures.get(poster_key(shown.exhibit.item)))
            for shown in volume
        ],
    }


def _exhibit(contents: Contents, shown: Shown, picture: Picture | None, poster: Picture | None) -> Row:
    """One exhibit's page. `poster`: the still of a film."""
    said = shown.attachment.said
    held = shown.exhibit.hold_picture
    return {
        "item": shown.exhibit.item,
        "description": drawable(shown.attachment.description),
        "facts": [[label, drawable(words)] for label, words in _facts(shown) if words],
        "shows": _shows(shown),
        "sha256": shown.exhibit.sha256,
        "transcript": paragraphs(text_of(said, "transcript")),
        "flags": list(vocabulary.labels("attachment_flags", codes_of(said, "flags"))),
        "picture": None if held or picture is None else _placed(shown, picture),
        "card": _card(shown, held) if held or picture is None else "",
        "poster": _still(shown, poster) if not held and picture is None and poster is not None else None,
        "mail": _mail(shown),
        "chat": [] if held else _chat(contents, shown),
    }


def _facts(shown: Shown) -> list[tuple[str, str]]:
    """What is known about it, servable fields only."""
    said = shown.attachment.said
    taken, shown_time = shown.attachment.taken, shown.attachment.shown_time
    lasts = whole_of(said, "duration_ms")
    masked = text_of(said, "print_copy") == "masked" and shown.exhibit.print_copy is not None and not shown.exhibit.hold_picture
    return [
        ("Copy", "masked copy, unmasked item held with the restricted part" if masked else ""),
        ("Lasts", f"{lasts // 60_000} min {lasts // 1000 % 60} s" if lasts is not None else ""),
        ("Kind", shown.attachment.kind_label),
        ("Entries", numbers_words(shown.entries) or "not linked to an entry"),
        ("Taken", times.printed(taken).line() if taken.is_known else "not recorded"),
        ("Time it shows", times.printed(shown_time).line() if shown_time.is_known else ""),
        ("Account or number", text_of(said, "account_or_number_shown")),
        ("Web address", text_of(said, "url_full")),
        ("Changed before it was added", chosen(said, "alteration_before_receipt")),
        ("File as received", f"{shown.exhibit.file}, {size_words(shown.exhibit.size)}"),
    ]


def _shows(shown: Shown) -> list[list[str]]:
    """The nine points of a useful screenshot, each shown, not shown or not answered; none for other kinds."""
    if text_of(shown.attachment.said, "kind") != "screenshot":
        return []
    return [[term.label, point_words(shown.attachment.said, term.code)] for term in vocabulary.LISTS["shows"].terms]


def poster_key(item: str) -> str:
    """What the still of a film is filed under among the pictures."""
    return f"{item} still"


def _still(shown: Shown, poster: Picture) -> Row:
    """A film's still on its card."""
    shape = poster.height / max(1, poster.width)
    width = min(STILL_MM, STILL_MM / shape)
    alt = drawable(f"Still from {shown.exhibit.item}: {shown.attachment.description}")
    return {"file": poster.file, "alt": alt, "width": width, "height": width * shape}


def _mail(shown: Shown) -> Row | None:
    """A mail as its record tells it: headers, then its words. None for other files."""
    told = object_of(shown.attachment.said, "mail")
    if not told:
        return None
    heads = [
        [name.replace("_", " ").capitalize(), drawable(value)]
        for name, value in sorted(told.items())
        if isinstance(value, str) and value and name not in _MAIL_WORDS
    ]
    words = next((text_of(told, name) for name in _MAIL_WORDS if text_of(told, name)), "")
    return {"heads": heads, "words": paragraphs(words)}


def _chat(contents: Contents, shown: Shown) -> list[list[str]]:
    """The messages of a saved chat, as its schedules keep them: number, time, who, words."""
    rows = []
    for one in of_kind(contents.registers, "schedule"):
        whole = shown.exhibit.record in one.codes("source_attachment_id")
        for row in lines_of(one.said):
            if whole or text_of(row, "attachment_id") == shown.exhibit.record:
                words = text_of(row, "text") or text_of(row, "description")
                side = "to the keeper" if text_of(row, "direction") == "in" else "from the keeper"
                number = f"{one.ref}/{whole_of(row, 'msg_no') or ''}"
                rows.append([number, text_of(row, "sent_local").replace("T", " "), side, drawable(words)])
    return rows if shown.exhibit.print_copy is None else []


def _card(shown: Shown, held: bool) -> str:
    """What stands where a picture cannot."""
    if held:
        return "[held back, see 06] The picture is not printed here. The file as received is held with the restricted part."
    return (
        f"{shown.attachment.kind_label}. There is no picture of it to print. The file as received, "
        f"{shown.exhibit.file}, is held with the restricted part; its digest stands on this page."
    )


def _placed(shown: Shown, picture: Picture) -> Row:
    """Size on paper and the slices of a picture, in millimetres."""
    words = text_of(shown.attachment.said, "alt_text") or shown.attachment.description
    alt = drawable(f"{shown.exhibit.item}: {words}")
    shape = picture.height / max(1, picture.width)
    if shape <= LONG_SHAPE:
        beside = shape >= UPRIGHT_SHAPE
        width = min(BESIDE_MM, HEIGHT_MM / shape) if beside else min(WIDTH_MM, ABOVE_MM / shape)
        return {
            "file": picture.file,
            "alt": alt,
            "width": width,
            "height": width * shape,
            "slices": [],
            "slice": 0.0,
            "beside": beside,
        }
    width = BESIDE_MM
    total = width * shape
    step = HEIGHT_MM - OVERLAP_MM
    count = max(1, math.ceil((total - OVERLAP_MM) / step))
    return {
        "file": picture.file,
        "alt": alt,
        "width": width,
        "height": total,
        "slices": [min(index * step, total - HEIGHT_MM) for index in range(count)],
        "slice": HEIGHT_MM,
        "beside": True,
    }


def wrapper(jpeg: str, width: int, height: int) -> str:
    """The one-line SVG around a JPEG beside it. `jpeg`: a name we made, never one from outside."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'width="{width}" height="{height}" viewBox="0 0 {width} {height}">'
        f'<image xlink:href="{jpeg}" width="{width}" height="{height}"/></svg>'
    )
