"""04_exhibits.pdf as data: one exhibit a page, its picture print-sized and without metadata.

A picture reaches the template as a one-line SVG around a JPEG that this project encoded: typst then passes
the JPEG through undecoded, and the bytes stand in the PDF as they are. That is why nothing as received may
ever come this way: its metadata would stand there too.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from diary.pack.contents import Contents, Picture, Shown
from diary.pack.documents.incident_rows import Row, duration_words
from diary.pack.printable_text import drawable, paragraphs
from diary.pack.registers import Register
from diary.pack.tables.message_schedules import lines_of, parties, schedules
from diary.pack.wording import chosen, point_words, size_words
from diary.record import times, vocabulary
from diary.record.reading import Fields, codes_of, object_of, text_of, whole_of

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


def exhibits_page(contents: Contents, volume: Sequence[Shown], pictures: Mapping[str, Picture], part: str) -> Row:
    """Everything one volume of 04 needs. `pictures`: by item. `part`: '' or ', part 2 of 3'."""
    head = contents.capsule.head
    return {
        **contents.sheet_facts(
            f"Exhibits{part}, pack {head.name}", "Prepared by the person named; not a sworn statement"
        ),
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
        "facts": [[label, drawable(words)] for label, words in _facts(contents, shown) if words],
        "shows": _shows(shown),
        "sha256": shown.exhibit.sha256,
        "transcript": paragraphs(text_of(said, "transcript")),
        "flags": list(vocabulary.labels("attachment_flags", codes_of(said, "flags"))),
        "picture": None if held or picture is None else _placed(shown, picture),
        "card": _card(shown, held=held, still=poster is not None) if held or picture is None else "",
        "poster": _still(shown, poster) if not held and picture is None and poster is not None else None,
        "mail": [] if held else _mail(contents, shown),
        "chat": [] if held else _chat(contents, shown),
    }


def _facts(contents: Contents, shown: Shown) -> list[tuple[str, str]]:
    """What is known about it, servable fields only."""
    said = shown.attachment.said
    taken, shown_time = shown.attachment.taken, shown.attachment.shown_time
    lasts = whole_of(said, "duration_ms")
    masked = (
        text_of(said, "print_copy") == "masked"
        and shown.exhibit.print_copy is not None
        and not shown.exhibit.hold_picture
    )
    return [
        ("Copy", "masked copy, unmasked item held with the restricted part" if masked else ""),
        ("Lasts", duration_words(lasts) if lasts is not None else ""),
        ("Kind", shown.attachment.kind_label),
        ("Belongs to" if not shown.entries else "Entries", contents.linked_to(shown) or "nothing in this pack"),
        ("Taken", times.printed(taken).line() if taken.is_known else "not recorded"),
        ("Taken by", contents.handler(said, "captured_by_id") if text_of(said, "captured_by_id") else ""),
        ("Produced by", contents.handler(said, "producer_id")),
        ("Reference the police gave it", text_of(said, "officer_exhibit_ref")),
        ("Reference the keeper would like", text_of(said, "suggested_exhibit_ref")),
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


def _mail(contents: Contents, shown: Shown) -> list[Row]:
    """A mail as its record tells it, or the list made of it when it came: headers, words, and mails sent on inside it."""
    told = object_of(shown.attachment.said, "mail")
    if not told:
        found = messages(contents, shown)
        return [_letter(one.text("tz"), row, between) for one, row, between in found if text_of(row, "type") == "email"]
    heads = [
        [name.replace("_", " ").capitalize(), drawable(value)]
        for name, value in sorted(told.items())
        if isinstance(value, str) and value and name not in _MAIL_WORDS
    ]
    words = next((text_of(told, name) for name in _MAIL_WORDS if text_of(told, name)), "")
    return [{"heads": heads, "words": paragraphs(words)}]


def _letter(tz: str, row: Fields, between: Sequence[str]) -> Row:
    """One mail of a list."""
    at = whole_of(row, "sent_at")
    sent = "no date with a zone" if at is None else times.instant(at, tz).line()
    heads = (("From", between[0]), ("To", between[1]), ("Sent", sent), ("Of it", text_of(row, "description")))
    return {
        "heads": [[label, drawable(words)] for label, words in heads if words],
        "words": paragraphs(text_of(row, "text") or "(no words)"),
    }


def messages(contents: Contents, shown: Shown) -> Iterator[tuple[Register, Fields, tuple[str, ...]]]:
    """Every message that was made of a file, with its list and who it is from and to."""
    for one, whole in schedules(contents):
        of_file = shown.exhibit.record in one.codes("source_attachment_id")
        for row, before in zip(lines_of(one.said), lines_of(whole.fields), strict=False):
            if of_file or text_of(row, "attachment_id") == shown.exhibit.record:
                yield one, row, parties(whole, row, before)


def _chat(contents: Contents, shown: Shown) -> list[list[str]]:
    """The messages of a saved chat, as its schedules keep them: number, time, from whom, words."""
    rows = []
    for one, row, (source, _) in messages(contents, shown):
        if text_of(row, "type") == "email":
            continue
        words, way = text_of(row, "text") or text_of(row, "description"), text_of(row, "direction")
        number = f"{one.ref}/{whole_of(row, 'msg_no') or ''}"
        when = text_of(row, "sent_local").replace("T", " ")
        side = source or (vocabulary.label("schedule_directions", way) if way else "")
        rows.append([number, when, drawable(side), drawable(words)])
    return rows if shown.exhibit.print_copy is None else []


def _card(shown: Shown, *, held: bool, still: bool) -> str:
    """What stands where a picture cannot."""
    if held:
        return "[held back, see 06] The picture is not printed here. The file as received is held with the restricted part."
    printed = "One still of it is printed here." if still else "There is no picture of it to print."
    return (
        f"{shown.attachment.kind_label}. {printed} The file as received, "
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
