"""Data of 04_exhibits.pdf: one exhibit on each page, with its picture at print size and without metadata.

A picture reaches the template as a one-line SVG around a JPEG that this project encoded. Typst embeds such a JPEG
unchanged in the PDF. For this reason a received file must never be used here: its metadata would be embedded too.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from diary import constants
from diary.pack.contents import ExhibitView, PackContents, Picture, page_key, poster_key
from diary.pack.documents.incident_rows import TemplateData, format_duration
from diary.pack.documents.later_files import later_files_text
from diary.pack.documents.mail_words import MailMessage
from diary.pack.documents.prepared_wording import not_sworn_text
from diary.pack.documents.sittings import collected_text
from diary.pack.metadata import PackMetadata
from diary.pack.printable_text import escape_unprintable, paragraphs
from diary.pack.registers import RegisterRecord
from diary.pack.tables.message_schedules import message_parties, message_rows, schedule_pairs
from diary.pack.wording import format_field_choice, format_screenshot_point, format_size
from diary.record import times, vocabulary
from diary.record.reading import RecordFields, codes_of, integer_of, object_of, text_of

# Space for a picture below the heading, in millimetres.
PICTURE_WIDTH_LIMIT_MM: Final = 170.0
PICTURE_HEIGHT_LIMIT_MM: Final = 212.0
# An upright picture is beside its facts; a wide one is above them and must leave space for them.
UPRIGHT_WIDTH_LIMIT_MM: Final = 105.0
WIDE_HEIGHT_LIMIT_MM: Final = 150.0
UPRIGHT_MIN_RATIO: Final = 1.2
STILL_SIZE_LIMIT_MM: Final = 110.0
# Exhibits of which only a card and facts are printed share a page, unless they have a longer transcript.
SHORT_TRANSCRIPT_CHARACTERS: Final = 1000
# The title of a letter's page stands above it.
LETTER_HEIGHT_LIMIT_MM: Final = 228.0
_MAIL_BODY_FIELDS: Final = ("text", "body", "words")
SLICE_OVERLAP_MM: Final = 10.0
# A picture longer than this in relation to its other side is unreadable when fitted to one page.
SLICED_MIN_RATIO: Final = constants.PRINT_WHOLE_PIXELS / constants.PRINT_WIDTH_PIXELS
# A slice of a wide picture leaves space for the facts below it, and for a second slice on each further page. A picture
# of few pixels is not enlarged beyond what it shows.
WIDE_SLICE_HEIGHT_MM: Final = 102.0
SLICE_MIN_PIXELS_PER_MM: Final = 6.0


Mails = Mapping[str, Sequence[MailMessage]]


def exhibits_data(
    contents: PackContents,
    volume: Sequence[ExhibitView],
    pictures: Mapping[str, Picture],
    part_label: str,
    mails: Mails = MappingProxyType({}),
) -> TemplateData:
    """Return the data of one volume of 04.

    `pictures`: by item, with stills and pages by keys of their own. `part_label`: '' or ', part 2 of 3'. `mails`: the
    messages of e-mails that were read from their files, by item.
    """
    metadata = contents.capsule.metadata
    return {
        **contents.page_header(
            f"Exhibits{part_label}, pack {metadata.label}", not_sworn_text(contents.capsule.metadata)
        ),
        "later": later_files_text(metadata),
        "exhibits": [_exhibit_page(contents, view, pictures, mails.get(view.exhibit.item, ())) for view in volume],
    }


def _exhibit_page(
    contents: PackContents, view: ExhibitView, pictures: Mapping[str, Picture], messages: Sequence[MailMessage]
) -> TemplateData:
    """Return the template data of one exhibit's page."""
    fields, item = view.attachment.fields, view.exhibit.item
    is_withheld = view.exhibit.is_picture_withheld
    picture = None if is_withheld else pictures.get(item)
    poster = None if is_withheld or picture is not None else pictures.get(poster_key(item))
    pages = [] if is_withheld else _letter_pages(view, pictures)
    mail = [] if is_withheld else _mail_sections(contents, view) or _read_mail_sections(contents, messages)
    chat = [] if is_withheld else _chat_rows(contents, view, only_checked=picture is not None)
    printed = "pages" if pages else "mail" if mail else "chat" if chat else "still" if poster is not None else "nothing"
    return {
        "item": item,
        "description": escape_unprintable(view.attachment.description),
        "facts": [[label, escape_unprintable(words)] for label, words in _exhibit_facts(contents, view) if words],
        "shows": _screenshot_points(view),
        "sha256": view.exhibit.sha256,
        "transcript": paragraphs(text_of(fields, "transcript")),
        "flags": list(vocabulary.labels("attachment_flags", codes_of(fields, "flags"))),
        "picture": None if picture is None else _picture_layout(view, picture),
        "card": []
        if picture is not None
        else [_withheld_text(view, contents.capsule.metadata)]
        if is_withheld
        else _card_lines(view, printed, len(pages), contents.capsule.metadata),
        "is_short": picture is None
        and printed == "nothing"
        and len(text_of(fields, "transcript")) < SHORT_TRANSCRIPT_CHARACTERS,
        "poster": None if poster is None else _still_layout(view, poster),
        "pages": pages,
        "mail": mail,
        "schedules": [] if picture is not None or is_withheld else _schedule_lines(contents, view),
        "chat": chat,
        "transcribed": transcribed_text(contents, view, is_printed=picture is not None or bool(chat)),
    }


def transcribed_text(contents: PackContents, view: ExhibitView, *, is_printed: bool) -> str:
    """Return who read the words of a screenshot and who checked them; '' for other files.

    `is_printed`: the picture is on the page, or its messages are.
    """
    if any(_is_checked(row) for _, row, _ in messages_of_file(contents, view)):
        who = escape_unprintable(contents.capsule.metadata.keeper_name)
        read = f"Transcribed by software from {view.exhibit.item}"
        return f"{read}; checked against the picture by {who}. The picture is the exhibit."
    is_screenshot = text_of(view.attachment.fields, "kind") == "screenshot"
    has_transcript = bool(text_of(view.attachment.fields, "transcript"))
    return "Not transcribed." if is_printed and is_screenshot and not has_transcript else ""


def _is_checked(row: RecordFields) -> bool:
    """Return whether software read a message in a picture and the keeper checked it."""
    return text_of(row, "sent_source") == "read_in_picture"


def _exhibit_facts(contents: PackContents, view: ExhibitView) -> list[tuple[str, str]]:
    """Return the facts about an exhibit, from servable fields only."""
    fields = view.attachment.fields
    taken, shown_time = view.attachment.captured_time, view.attachment.content_time
    duration_ms = integer_of(fields, "duration_ms")
    is_masked = (
        text_of(fields, "print_copy") == "masked"
        and view.exhibit.print_copy is not None
        and not view.exhibit.is_picture_withheld
    )
    return [
        ("Copy", "masked copy, unmasked item held with the restricted part" if is_masked else ""),
        ("Lasts", format_duration(duration_ms) if duration_ms is not None else ""),
        ("Kind", view.attachment.kind_label),
        (
            "Belongs to" if not view.entry_numbers else "Entries",
            contents.linked_codes_text(view) or "nothing in this pack",
        ),
        ("Taken", times.format_claimed_time(taken).to_line() if taken.is_known else "not recorded"),
        ("Collected", collected_text(view)),
        ("Taken by", contents.handler_code(fields, "captured_by_id") if text_of(fields, "captured_by_id") else ""),
        ("Produced by", contents.handler_code(fields, "producer_id")),
        ("Reference the police gave it", text_of(fields, "officer_exhibit_ref")),
        ("Reference the keeper would like", text_of(fields, "suggested_exhibit_ref")),
        ("Time it shows", times.format_claimed_time(shown_time).to_line() if shown_time.is_known else ""),
        ("Account or number", text_of(fields, "account_or_number_shown")),
        ("Web address", text_of(fields, "url_full")),
        ("From whose account or phone", format_field_choice(fields, "source_account")),
        ("Changed before it was added", format_field_choice(fields, "alteration_before_receipt")),
        ("File as received", f"{view.exhibit.filename}, {format_size(view.exhibit.size_bytes)}"),
    ]


def _screenshot_points(view: ExhibitView) -> list[list[str]]:
    """Return the nine points of a useful screenshot, each shown, not shown or not answered; none for other kinds."""
    if text_of(view.attachment.fields, "kind") != "screenshot":
        return []
    return [
        [term.label, format_screenshot_point(view.attachment.fields, term.code)]
        for term in vocabulary.CHOICE_LISTS["shows"].terms
    ]


_WITHHELD_TEXT: Final = (
    "[held back, see 06] The picture is not printed here. The file as received is held with the restricted part."
)
_PREPARED_WITHHELD_TEXT: Final = (
    "[held back, see 06] The picture is not printed here. Either the keeper chose not to show it, or the person who prepared "
    "this pack was not told whether it shows where the keeper lives."
)
_PREPARED_NOT_LOOKED_AT_TEXT: Final = (
    "[held back, see 06] The picture is not printed here: it was not looked at for a pack."
)
_PRINTED_TEXTS: Final = {
    "pages": "Its pages are printed after this one.",
    "first": f"At most {constants.PRINTED_LETTER_PAGES} pages of a file are printed: these are its first.",
    "mail": "Its words are printed below.",
    "chat": "Its messages are printed below.",
    "still": "One still of it is printed here.",
    "nothing": "There is no picture of it to print.",
}
_FILMS: Final = ("mp4", "mov", "3gp", "avi", "mkv")
_SOUNDS: Final = ("mp3", "m4a", "ogg", "wav", "amr", "flac", "mka")
_FILE_KINDS: Final = {
    **dict.fromkeys(("png", "jpg", "webp", "gif", "heic", "heif", "avif", "bmp", "tif", "tiff"), "A picture."),
    **dict.fromkeys(_FILMS, "A film."),
    "webm": "A film or a sound recording.",
    **dict.fromkeys(_SOUNDS, "A sound recording."),
    **dict.fromkeys(("doc", "docx", "odt"), "A document of a word processor."),
    **dict.fromkeys(("xls", "xlsx", "ods"), "A spreadsheet."),
    **dict.fromkeys(("ppt", "pptx", "odp"), "Slides."),
    "pdf": "A document (PDF).",
    "eml": "An e-mail.",
    "msg": "An e-mail saved by Outlook.",
    "txt": "A text file.",
    "vcf": "A contact card.",
    "zip": "An archive of files (zip).",
    "gz": "A packed file (gzip).",
    **dict.fromkeys(("wacz", "warc"), "An archive of web pages."),
}
_PROGRAMS: Final = {
    **dict.fromkeys((*_FILMS, "webm"), "; any program that plays films opens it"),
    **dict.fromkeys(_SOUNDS, "; any program that plays sound opens it"),
    "pdf": "; any PDF reader opens it",
    "eml": "; a mail program opens it, and so does a text editor",
    **dict.fromkeys(("txt", "vcf"), "; any text editor opens it"),
    "zip": "; unpack it to see its files",
    **dict.fromkeys(("wacz", "warc"), "; a program for web archives opens it, such as ReplayWeb.page"),
}


def _withheld_text(view: ExhibitView, metadata: PackMetadata) -> str:
    """Return why a picture is not printed. A pack that somebody else prepared does not know all that the keeper does."""
    if metadata.preparer is None:
        return _WITHHELD_TEXT
    is_unseen = view.attachment.has_picture and not view.attachment.is_reviewed
    return _PREPARED_NOT_LOOKED_AT_TEXT if is_unseen else _PREPARED_WITHHELD_TEXT


def _still_layout(view: ExhibitView, poster: Picture) -> TemplateData:
    """Return the layout of a video's still image on its card."""
    aspect_ratio = poster.height / max(1, poster.width)
    width = min(STILL_SIZE_LIMIT_MM, STILL_SIZE_LIMIT_MM / aspect_ratio)
    alt = escape_unprintable(f"Still from {view.exhibit.item}: {view.attachment.description}")
    return {"file": poster.filename, "alt": alt, "width": width, "height": width * aspect_ratio}


def _mail_sections(contents: PackContents, view: ExhibitView) -> list[TemplateData]:
    """Return an email as its record describes it, or from the message list made on receipt, with attached emails."""
    mail = object_of(view.attachment.fields, "mail")
    if not mail:
        file_messages = messages_of_file(contents, view)
        return [
            _listed_mail_section(schedule.text("tz"), row, between)
            for schedule, row, between in file_messages
            if text_of(row, "type") == "email" and not _is_checked(row)
        ]
    headers = [
        [name.replace("_", " ").capitalize(), escape_unprintable(value)]
        for name, value in sorted(mail.items())
        if isinstance(value, str) and value and name not in _MAIL_BODY_FIELDS
    ]
    words = next((text_of(mail, name) for name in _MAIL_BODY_FIELDS if text_of(mail, name)), "")
    return [{"heads": headers, "words": paragraphs(words)}]


def is_mail_recorded(contents: PackContents, view: ExhibitView) -> bool:
    """Return whether the record has an e-mail's words, so that its file need not be read."""
    return bool(_mail_sections(contents, view))


def _read_mail_sections(contents: PackContents, messages: Sequence[MailMessage]) -> list[TemplateData]:
    """Return an e-mail as it was read from its file, redacted like the words of the record."""
    redact = contents.redactor.redact
    return [
        {
            "heads": [
                [label, escape_unprintable(redact(words))]
                for label, words in (
                    *message.headers,
                    ("With it", "; ".join(f"{name}, {format_size(size)}" for name, size in message.files)),
                )
                if words
            ],
            "words": paragraphs(
                (redact(message.text) or "(no words)")
                + ("\n\n[The rest is in the file: it is too long to print.]" if message.is_cut else "")
            ),
        }
        for message in messages
    ]


def _listed_mail_section(tz: str, row: RecordFields, sender_and_recipient: Sequence[str]) -> TemplateData:
    """Return one email of a message list."""
    at = integer_of(row, "sent_at")
    sent = "no date with a zone" if at is None else times.format_instant(at, tz).to_line()
    headers = (
        ("From", sender_and_recipient[0]),
        ("To", sender_and_recipient[1]),
        ("Sent", sent),
        ("Of it", text_of(row, "description")),
    )
    return {
        "heads": [[label, escape_unprintable(words)] for label, words in headers if words],
        "words": paragraphs(text_of(row, "text") or "(no words)"),
    }


def messages_of_file(
    contents: PackContents, view: ExhibitView
) -> Iterator[tuple[RegisterRecord, RecordFields, tuple[str, ...]]]:
    """Yield every message extracted from a file, with its schedule and its sender and recipient."""
    for schedule, unredacted in schedule_pairs(contents):
        is_source = view.exhibit.record in schedule.codes("source_attachment_id")
        for row, unredacted_row in zip(message_rows(schedule.fields), message_rows(unredacted.fields), strict=False):
            if is_source or text_of(row, "attachment_id") == view.exhibit.record:
                yield schedule, row, message_parties(unredacted, row, unredacted_row)


def _chat_rows(contents: PackContents, view: ExhibitView, *, only_checked: bool) -> list[list[str]]:
    """Return the messages of a saved chat from its schedules: number, time, sender, words, note.

    The note is what the file says of the message, such as a reaction, that it is a missed call, and what the keeper
    corrected. It is apart from the words, because the sender could write words that look like one. `only_checked`: a
    printed picture shows its messages already, so only those are listed that software read in it.
    """
    rows = []
    for schedule, row, (sender, _) in messages_of_file(contents, view):
        is_checked = _is_checked(row)
        if not is_checked and (only_checked or text_of(row, "type") == "email"):
            continue
        text, note, direction = (text_of(row, name) for name in ("text", "description", "direction"))
        number = f"{schedule.code}/{integer_of(row, 'msg_no') or ''}"
        when = text_of(row, "sent_local").replace("T", " ")
        sender_words = sender or (vocabulary.label("schedule_directions", direction) if direction else "")
        words = text or text_of(row, "file_name")
        message_type = text_of(row, "type")
        label = "" if words or message_type in ("", "text") else vocabulary.label("message_types", message_type)
        notes = ". ".join(filter(None, (label, note, _corrections_text(row))))
        rows.append([number, when, *(escape_unprintable(cell) for cell in (sender_words, words, notes))])
    return rows


def _corrections_text(row: RecordFields) -> str:
    """Return what the keeper wrote otherwise than it was read: `Corrected when checked: the words, the time`."""
    labels = vocabulary.labels("schedule_corrections", codes_of(row, "corrected"))
    words = [label[:1].lower() + label[1:] for label in labels]
    return f"Corrected when checked: {', '.join(words)}" if words else ""


def _card_lines(view: ExhibitView, printed: str, pages_count: int, metadata: PackMetadata) -> list[str]:
    """Return what a card says of a file that is no picture: what is printed of it, and how to open it.

    `printed`: pages, mail, chat, still or nothing.
    """
    exhibit = view.exhibit
    extension = exhibit.filename.rpartition(".")[2]
    kind = _FILE_KINDS.get(extension, "A file whose kind its first bytes do not tell.")
    is_letter_or_mail = extension in ("pdf", "eml")
    if printed == "nothing" and is_letter_or_mail and not view.attachment.is_reviewed:
        words = "Nobody looked through it for a pack, so what is in it is not printed here."
    elif printed == "nothing" and is_letter_or_mail and metadata.preparer and exhibit.received_file is None:
        words = "It was not given to the person who prepared this pack, so what is in it is not printed here."
    elif printed == "nothing" and is_letter_or_mail:
        words = "It could not be read here, or would make this pack too long, so what is in it is not printed."
    elif printed == "nothing" and metadata.preparer and (exhibit.print_copy or exhibit.received_file or exhibit.poster):
        # Still being sent by the keeper's phone, lost, damaged, or of a form that the browser does not show.
        words = "Its picture could not be read when this pack was made."
    else:
        words = _PRINTED_TEXTS["first" if pages_count == constants.PRINTED_LETTER_PAGES else printed]
    how = f"To see it, open {exhibit.filename}" if printed == "nothing" else f"The whole of it is {exhibit.filename}"
    program = _PROGRAMS.get(extension, "")
    return [
        f"{kind} {words}",
        f"{how}, held with the restricted part{program}. Its digest stands on this page.",
    ]


def _letter_pages(view: ExhibitView, pictures: Mapping[str, Picture]) -> list[TemplateData]:
    """Return the layout of the drawn pages of a letter."""
    item = view.exhibit.item
    pages: list[TemplateData] = []
    while (page := pictures.get(page_key(item, len(pages) + 1))) is not None:
        ratio = page.height / max(1, page.width)
        width = min(PICTURE_WIDTH_LIMIT_MM, LETTER_HEIGHT_LIMIT_MM / ratio)
        alt = escape_unprintable(f"Page {len(pages) + 1} of {item}: {view.attachment.description}")
        pages.append({"file": page.filename, "alt": alt, "width": width, "height": width * ratio})
    return pages


def _schedule_lines(contents: PackContents, view: ExhibitView) -> list[str]:
    """Return where 05 has the messages of a file: schedule, count, first and last."""
    by_code: dict[str, list[RecordFields]] = {}
    for schedule, row, _ in messages_of_file(contents, view):
        by_code.setdefault(schedule.code, []).append(row)
    return [_schedule_line(code, rows) for code, rows in by_code.items()]


def _schedule_line(code: str, rows: Sequence[RecordFields]) -> str:
    """Return the line about one schedule."""
    days = [times.format_iso_date(day) for day in sorted(text_of(row, "sent_local")[:10] for row in rows) if day]
    period = "" if not days else f", {days[0]}" if days[0] == days[-1] else f", {days[0]} to {days[-1]}"
    count = "1 message" if len(rows) == 1 else f"{len(rows):,} messages"
    return f"Schedule {code} in 05: {count}{period}"


def _picture_layout(view: ExhibitView, picture: Picture) -> TemplateData:
    """Return the size on paper and the slices of a picture, in millimetres."""
    words = text_of(view.attachment.fields, "alt_text") or view.attachment.description
    alt = escape_unprintable(f"{view.exhibit.item}: {words}")
    aspect_ratio = picture.height / max(1, picture.width)
    if aspect_ratio > SLICED_MIN_RATIO:
        width, is_upright = UPRIGHT_WIDTH_LIMIT_MM, True
    elif aspect_ratio < 1 / SLICED_MIN_RATIO:
        height = min(WIDE_SLICE_HEIGHT_MM, picture.height / SLICE_MIN_PIXELS_PER_MM)
        width, is_upright = max(PICTURE_WIDTH_LIMIT_MM, height / aspect_ratio), False
    else:
        is_upright = aspect_ratio >= UPRIGHT_MIN_RATIO
        width = (
            min(UPRIGHT_WIDTH_LIMIT_MM, PICTURE_HEIGHT_LIMIT_MM / aspect_ratio)
            if is_upright
            else min(PICTURE_WIDTH_LIMIT_MM, WIDE_HEIGHT_LIMIT_MM / aspect_ratio)
        )
    height = width * aspect_ratio
    length, limit = (height, PICTURE_HEIGHT_LIMIT_MM) if is_upright else (width, PICTURE_WIDTH_LIMIT_MM)
    slices = _slice_starts(length, limit)
    return {
        "file": picture.filename,
        "alt": alt,
        "width": width,
        "height": height,
        "slices": slices,
        "slice": limit if slices else 0.0,
        "beside": is_upright,
    }


def _slice_starts(length: float, limit: float) -> list[float]:
    """Return where each slice of a picture starts, in millimetres; none if it fits in one piece."""
    if length < limit + 0.01:
        return []
    step = limit - SLICE_OVERLAP_MM
    count = max(1, math.ceil((length - SLICE_OVERLAP_MM) / step))
    return [min(index * step, length - limit) for index in range(count)]


def svg_wrapper(jpeg_filename: str, width: int, height: int) -> str:
    """Return a one-line SVG around a JPEG in the same folder. `jpeg_filename`: a name made here, never from outside."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'width="{width}" height="{height}" viewBox="0 0 {width} {height}">'
        f'<image xlink:href="{jpeg_filename}" width="{width}" height="{height}"/></svg>'
    )
