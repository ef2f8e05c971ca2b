"""The pages of 04: what is printed of each kind of file, and how."""

import csv
import io
import itertools
import subprocess
import sys
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pikepdf
import pypdf
import pytest
from PIL import Image

from diary import constants
from diary.client.packs import check_front
from diary.pack.capsule.builder import build_capsule
from diary.pack.capsule.reader import read_capsule
from diary.pack.contents import PackContents, Picture, build_contents
from diary.pack.documents.exhibits import (
    PICTURE_HEIGHT_LIMIT_MM,
    PICTURE_WIDTH_LIMIT_MM,
    SLICE_OVERLAP_MM,
    exhibits_data,
)
from diary.pack.verify.verifier import verify_pack
from tests.pack.conftest import assemble_pack, build_front_part
from tests.pack.fictional_diary import START_MS, FictionalDiary, draw_screenshot, incident_fields
from tests.pack.pack_members import members_of_front
from tests.pack.test_phone_tables import check_tables_on_phone, read_tables

RELEASE = "0123456789ab"
EXHIBITS_PATH = "data/servable/04_exhibits.pdf"


def contents_of(diary: FictionalDiary) -> PackContents:
    """Return the contents of a pack of everything."""
    return build_contents(read_capsule(build_capsule(diary.versions, diary.wish(), diary.public_keys)))


def page_texts(raw: bytes) -> list[str]:
    """Return the text of each page of a PDF."""
    return [" ".join(page.extract_text().split()) for page in pypdf.PdfReader(io.BytesIO(raw)).pages]


def picture_layout(width: int, height: int) -> dict[str, Any]:
    """Return how 04 lays out a print copy of this size in pixels."""
    diary = FictionalDiary()
    diary.attach(diary.add("incident", incident_fields(START_MS, "A picture.")), b"picture", "image/png", "A picture")
    contents = contents_of(diary)
    data: Any = exhibits_data(contents, contents.exhibits, {"AA/1": Picture("AA-1.svg", width, height)}, "")
    layout = data["exhibits"][0]["picture"]
    assert isinstance(layout, dict)
    return layout


@pytest.mark.parametrize(
    ("size", "slices", "is_upright"),
    [
        ((900, 900), 0, False),
        ((900, 346), 0, False),
        ((900, 2340), 0, True),
        ((900, 2400), 2, True),
        ((900, 9000), 6, True),
        ((2400, 900), 2, False),
        ((9000, 900), 7, False),
        ((900, 170), 0, False),
        ((12_000, 300), 13, False),
    ],
)
def test_a_long_or_wide_picture_is_cut_into_slices_that_show_all_of_it(
    size: tuple[int, int], slices: int, is_upright: bool
) -> None:
    """Each slice fits the page and overlaps the one before, the last ends where the picture ends."""
    layout = picture_layout(*size)
    assert layout["width"] / layout["height"] == pytest.approx(size[0] / size[1])
    assert (len(layout["slices"]), layout["beside"]) == (slices, is_upright)
    length, across = (layout["height"], layout["width"]) if is_upright else (layout["width"], layout["height"])
    limit = PICTURE_HEIGHT_LIMIT_MM if is_upright else PICTURE_WIDTH_LIMIT_MM
    if not slices:
        assert length < limit + 0.1
        return
    assert across < (PICTURE_WIDTH_LIMIT_MM if is_upright else PICTURE_HEIGHT_LIMIT_MM / 2)
    starts = layout["slices"]
    assert starts[0] == 0 and starts[-1] + layout["slice"] == pytest.approx(length)
    for before, start in itertools.pairwise(starts):
        assert 0 < start - before <= layout["slice"] - SLICE_OVERLAP_MM + 0.01


async def test_a_wide_screenshot_is_printed_in_slices_and_rerendering_agrees(tmp_path: Path) -> None:
    """Two slices stand on each page after the first, and a picture that only the worker can read is no exception."""
    diary = FictionalDiary()
    entry = diary.add("incident", incident_fields(START_MS, "A log of calls."))
    diary.attach(entry, draw_screenshot(4, (5200, 1000)), "image/png", "Log of calls")
    grey = io.BytesIO()
    Image.frombytes("I;16", (256, 64), bytes(byte for x in range(256) for byte in (x, x)) * 64).save(grey, "PNG")
    diary.attach(entry, grey.getvalue(), "image/png", "Scan in 16 bits")
    raw = build_capsule(diary.versions, diary.wish(), diary.public_keys)
    front = await build_front_part(diary, raw, tmp_path / "front.zip")
    pages = page_texts(members_of_front(front)[EXHIBITS_PATH])
    assert ["slice 1 of 4" in page for page in pages] == [True, False, False, False]
    assert "slice 2 of 4" in pages[1] and "slice 3 of 4" in pages[1] and "slice 4 of 4" in pages[2]
    pack = assemble_pack(diary, front, read_capsule(raw), tmp_path / "pack.zip")
    assert verify_pack(pack, notary=diary.notary.pub, rerender=RELEASE) == []


def make_letter(pages: int) -> bytes:
    """Return a PDF of this many pages, each with its number, without a font of its own."""
    pdf = pikepdf.new()
    font = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
    for number in range(1, pages + 1):
        page = pdf.add_blank_page(page_size=(595, 842))
        page.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=pdf.make_indirect(font)))
        page.Contents = pdf.make_stream(b"BT /F1 160 Tf 100 400 Td (%d) Tj ET" % number)
    buffer = io.BytesIO()
    pdf.save(buffer)
    return buffer.getvalue()


def make_form(answer: str) -> bytes:
    """Return a PDF of one page whose only words are the answer in a form; it has no picture of that answer."""
    pdf = pikepdf.new()
    page = pdf.add_blank_page(page_size=(595, 842))
    font = pdf.make_indirect(
        pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
    )
    field = pdf.make_indirect(
        pikepdf.Dictionary(
            Type=pikepdf.Name.Annot,
            Subtype=pikepdf.Name.Widget,
            FT=pikepdf.Name.Tx,
            T="name",
            V=answer,
            DA="/Helv 120 Tf 0 g",
            Rect=[40, 400, 560, 560],
            F=4,
        )
    )
    page["/Annots"] = pdf.make_indirect(pikepdf.Array([field]))
    fonts = pikepdf.Dictionary(Font=pikepdf.Dictionary(Helv=font))
    pdf.Root["/AcroForm"] = pikepdf.Dictionary(Fields=[field], DR=fonts, DA="/Helv 0 Tf 0 g", NeedAppearances=True)
    buffer = io.BytesIO()
    pdf.save(buffer)
    return buffer.getvalue()


def letter_diary() -> FictionalDiary:
    """Return a diary with letters: two pages, a form that was filled in, a damaged one and one with a password."""
    diary = FictionalDiary()
    entry = diary.add("incident", incident_fields(START_MS, "Letters."))
    for raw, name in (
        (make_letter(2), "Letter"),
        (make_form("SMITH"), "Form"),
        (b"%PDF-1.7 damaged", "Damaged"),
        (make_locked_letter(), "With a password"),
    ):
        diary.attach(entry, raw, "application/pdf", name, filename=f"{name}.pdf", extra_fields={"kind": "document"})
    return diary


def make_locked_letter() -> bytes:
    """Return a PDF that asks for a password."""
    buffer = io.BytesIO()
    with pikepdf.open(io.BytesIO(make_letter(1))) as pdf:
        pdf.save(buffer, encryption=pikepdf.Encryption(user="secret", owner="secret"))
    return buffer.getvalue()


def dark_share(picture: Image.Image) -> float:
    """Return how much of a picture is darker than mid-grey."""
    grey = picture.convert("L")
    return sum(grey.histogram()[:128]) / (grey.width * grey.height)


def letter_pictures(pdf: bytes) -> list[Image.Image]:
    """Return the pictures on the pages of 04, in order."""
    return [image.image for page in pypdf.PdfReader(io.BytesIO(pdf)).pages for image in page.images if image.image]


def make_mail(**headers: str) -> bytes:
    """Return an e-mail that sends on another, which has a file with it."""
    first = EmailMessage()
    first["From"], first["To"], first["Subject"] = "Daniel <d@example.org>", "jb@example.org", "Read this"
    first.set_content("I wait outside 14 Elm Road.\n\nRing me.\n")
    first.add_attachment(b"picture", maintype="image", subtype="jpeg", filename="14 Elm Road.jpg")
    second = EmailMessage()
    for name, words in {"From": "Sam <s@example.org>", "Subject": "Fwd: Read this", **headers}.items():
        second[name] = words
    second.set_content("He sent me this.")
    second.add_attachment(first)
    return bytes(second)


async def test_letters_and_emails_are_printed_and_rerendering_agrees(tmp_path: Path) -> None:
    """04 has what was looked through, 03 says so, and what is held back elsewhere is held back in an e-mail."""
    diary = FictionalDiary()
    entry = diary.add("incident", incident_fields(START_MS, "Letters."), {"place_detail": "14 Elm Road"})
    letter, unseen = {"kind": "document"}, {"kind": "document", "looked_at": None}
    diary.attach(entry, make_letter(3), "application/pdf", "From the council", filename="a.pdf", extra_fields=letter)
    diary.attach(entry, make_mail(), "message/rfc822", "His e-mail", filename="mail.eml")
    diary.attach(entry, make_letter(1), "application/pdf", "Unread letter", filename="b.pdf", extra_fields=unseen)
    diary.attach(
        entry, make_mail(), "message/rfc822", "Unread mail", filename="c.eml", extra_fields={"looked_at": None}
    )
    diary.attach(entry, b"%PDF-1.7 damaged", "application/pdf", "Damaged", filename="d.pdf", extra_fields=letter)
    diary.attach(entry, b"From: nobody\n\n", "message/rfc822", "No mail", filename="e.eml")
    home = {"shows_where_i_live": True}
    diary.attach(
        entry,
        make_letter(1),
        "application/pdf",
        "Shows my home",
        filename="f.pdf",
        extra_fields=letter,
        restricted=home,
    )
    raw = build_capsule(diary.versions, diary.wish(), diary.public_keys)
    front = await build_front_part(diary, raw, tmp_path / "front.zip")
    members = members_of_front(front)
    index = csv.DictReader(io.StringIO(members["data/servable/03_exhibits-index.csv"].decode("utf-8-sig"), newline=""))
    assert [row["picture_in_04"] for row in index] == [
        *("its pages", "its words", "no picture", "no picture", "no picture", "no picture", "held back, see 06")
    ]
    document = pypdf.PdfReader(io.BytesIO(members[EXHIBITS_PATH]))
    texts = page_texts(members[EXHIBITS_PATH])
    assert ["AA/1, page" in text for text in texts] == [False, True, True, True, *[False] * (len(texts) - 4)]
    assert [len(page.images) for page in document.pages] == [0, 1, 1, 1, *[0] * (len(texts) - 4)]
    mail = next(text for text in texts if "AA/2" in text)
    for words in ("Sam <s@example.org>", "Fwd: Read this", "He sent me this.", "Daniel <d@example.org>", "Ring me."):
        assert words in mail, words
    assert "14 Elm Road" not in " ".join(texts) and "I wait outside [held back, see 06]." in mail
    assert " ".join(texts).count("Nobody looked through it for a pack") == 2
    assert " ".join(texts).count("It could not be read here") == 2
    capsule = read_capsule(raw)
    check_front(front, capsule)
    pack = assemble_pack(diary, front, capsule, tmp_path / "pack.zip")
    assert verify_pack(pack, notary=diary.notary.pub, rerender=RELEASE) == []
    [result] = check_tables_on_phone([(raw, read_tables(front))], tmp_path)
    assert result["differs"] is None


def test_no_key_of_a_letter_or_email_goes_out_before_it_was_looked_through() -> None:
    """The worker can open only what the keeper looked through, and nothing that shows where they live."""
    diary = FictionalDiary()
    entry = diary.add("incident", incident_fields(START_MS, "Letters."))
    for media_type in ("application/pdf", "message/rfc822", "text/plain", "application/zip"):
        for fields, restricted in (({}, {}), ({"looked_at": None}, {}), ({}, {"shows_where_i_live": True})):
            diary.attach(entry, b"content", media_type, "A file", extra_fields=fields, restricted=restricted)
    capsule = read_capsule(build_capsule(diary.versions, diary.wish(), diary.public_keys))
    has_key = [exhibit.received_file is not None for exhibit in capsule.exhibits]
    assert has_key == [True, False, False] * 2 + [False] * 6


async def test_of_a_long_letter_the_first_pages_are_printed(tmp_path: Path) -> None:
    """The page says that there may be more."""
    diary = FictionalDiary()
    entry = diary.add("incident", incident_fields(START_MS, "A long letter."))
    diary.attach(entry, make_letter(constants.PRINTED_LETTER_PAGES + 3), "application/pdf", "Long", filename="a.pdf")
    raw = build_capsule(diary.versions, diary.wish(), diary.public_keys)
    members = members_of_front(await build_front_part(diary, raw, tmp_path / "front.zip"))
    texts = page_texts(members[EXHIBITS_PATH])
    assert len(texts) == constants.PRINTED_LETTER_PAGES + 1
    assert "At most 40 pages of a file are printed: these are its first." in texts[0]


async def test_the_answers_in_a_form_are_printed(tmp_path: Path) -> None:
    """A form as many offices send it has no drawing of what was typed in; the printed page has it all the same."""
    diary = letter_diary()
    raw = build_capsule(diary.versions, diary.wish(), diary.public_keys)
    members = members_of_front(await build_front_part(diary, raw, tmp_path / "front.zip"))
    pages = letter_pictures(members[EXHIBITS_PATH])
    assert [page.size for page in pages] == [(1240, 1754)] * 3
    assert min(dark_share(page) for page in pages) > 0.003
    assert " ".join(page_texts(members[EXHIBITS_PATH])).count("It could not be read here") == 2


def exhibit_data(diary: FictionalDiary) -> dict[str, Any]:
    """Return the template data of the first exhibit of a pack, with nothing read out of its files."""
    contents = contents_of(diary)
    data: Any = exhibits_data(contents, contents.exhibits, {}, "")
    return dict(data["exhibits"][0])


@pytest.mark.parametrize(
    ("media_type", "filename", "kind", "program"),
    [
        ("audio/mp4", "v.m4a", "A sound recording.", "any program that plays sound opens it"),
        ("video/mp4", "v.mp4", "A film.", "any program that plays films opens it"),
        ("application/zip", "report.docx", "A document of a word processor.", ""),
        ("text/plain", "Dan.vcf", "A contact card.", "any text editor opens it"),
        ("video/webm", "v.mkv", "A film.", "any program that plays films opens it"),
        ("application/zip", "s.wacz", "An archive of web pages.", "a program for web archives opens it"),
        ("application/warc", "s.warc", "An archive of web pages.", "a program for web archives opens it"),
        ("application/zip", "all.zip", "An archive of files (zip).", "unpack it to see its files"),
        ("application/x-unknown", "x.exe", "A file whose kind its first bytes do not tell.", ""),
    ],
)
def test_a_card_says_what_a_file_is_and_how_to_open_it(media_type: str, filename: str, kind: str, program: str) -> None:
    """A card never names a file by the name it came with."""
    diary = FictionalDiary()
    entry = diary.add("incident", incident_fields(START_MS, "A file."))
    diary.attach(entry, b"content", media_type, "A file", filename=filename, extra_fields={"looked_at": None})
    exhibit = exhibit_data(diary)
    words = " ".join(exhibit["card"])
    assert kind in words and "To see it, open AA-1." in words and program in words and filename not in words
    assert exhibit["is_short"]


async def test_a_page_of_a_web_archive_is_printed_with_what_its_file_says(tmp_path: Path) -> None:
    """04 prints the address, the words and what the entry says of the time; the archive keeps its extension."""
    diary = FictionalDiary()
    entry = diary.add("incident", incident_fields(START_MS, "A post."))
    said = "Time of saving in the file: 2026-11-24 21:10:00 UTC"
    fields = {"url_full": "https://posts.example/sam/42", "transcript": "I know where you live", "looked_at": None}
    diary.attach(entry, b"PK", "application/zip", said, filename="Sam.wacz", extra_fields=fields)
    raw = build_capsule(diary.versions, diary.wish(), diary.public_keys)
    members = members_of_front(await build_front_part(diary, raw, tmp_path / "front.zip"))
    text = " ".join(" ".join(page_texts(members[EXHIBITS_PATH])).split())
    for words in ("posts.example/sam/42", "I know where you live", said, "An archive of web pages.", ".wacz"):
        assert words in text


def test_a_chat_names_its_schedule_with_count_and_days() -> None:
    """Whoever reads 04 finds the messages of a chat in 05."""
    diary = FictionalDiary()
    entry = diary.add("incident", incident_fields(START_MS, "Messages."))
    chat = diary.attach(entry, b"chat", "text/plain", "Saved chat", filename="chat.txt")
    rows = [
        {"msg_no": n, "direction": "in", "text": f"words {n}", "type": "text", "sent_local": f"2026-05-0{n}T21:00:00"}
        for n in (1, 2, 3)
    ]
    fields = {"rows": rows, "incident_ids": [entry["record"]], "tz": "Europe/London"}
    diary.add("schedule", {**fields, "source_attachment_id": chat["record"]})
    exhibit = exhibit_data(diary)
    assert exhibit["schedules"] == ["Schedule MS1 in 05: 3 messages, 1 May 2026 to 3 May 2026"]
    assert [row[3] for row in exhibit["chat"]] == ["words 1", "words 2", "words 3"] and not exhibit["is_short"]


async def test_a_message_is_printed_with_its_words_and_what_the_file_says_of_it(tmp_path: Path) -> None:
    """A reaction is a note of its own, and words that look like one stay words. A file without words has its name."""
    diary = FictionalDiary()
    entry = diary.add("incident", incident_fields(START_MS, "Messages."))
    chat = diary.attach(entry, b"chat", "text/plain", "Saved chat", filename="chat.txt")
    rows = [
        {"text": "I am outside", "description": "Reaction: eyes"},
        {"description": "Missed call"},
        {"text": "Note: Reaction: heart"},
        {"file_name": "gate.jpg", "type": "photo"},
    ]
    common = {"direction": "in", "type": "text", "sent_local": "2026-05-01T21:00:00"}
    numbered = [{**common, "msg_no": number, **row} for number, row in enumerate(rows, start=1)]
    fields = {"rows": numbered, "incident_ids": [entry["record"]], "tz": "Europe/London"}
    diary.add("schedule", {**fields, "source_attachment_id": chat["record"]})
    assert [row[3:] for row in exhibit_data(diary)["chat"]] == [
        ["I am outside", "Reaction: eyes"],
        ["", "Missed call"],
        ["Note: Reaction: heart", ""],
        ["gate.jpg", ""],
    ]
    raw = build_capsule(diary.versions, diary.wish(), diary.public_keys)
    members = members_of_front(await build_front_part(diary, raw, tmp_path / "front.zip"))
    text = " ".join(" ".join(page_texts(members[EXHIBITS_PATH])).split())
    assert "I am outside Note: Reaction: eyes" in text and "Note: Missed call" in text and "gate.jpg" in text


async def test_messages_read_in_a_picture_are_printed_with_who_checked_them(tmp_path: Path) -> None:
    """A printed picture lists only what software read there and its keeper checked, also an e-mail, and says so."""
    diary = FictionalDiary()
    entry = diary.add("incident", incident_fields(START_MS, "Messages."))
    shot = draw_screenshot(1)
    picture = diary.attach(entry, shot, "image/png", "A chat", extra_fields={"kind": "screenshot"})
    diary.attach(entry, shot + b" ", "image/png", "Another chat", extra_fields={"kind": "screenshot"})
    common = {"direction": "in", "from": "Sam", "attachment_id": picture["record"], "page": 1, "type": "text"}
    checked = {**common, "sent_source": "read_in_picture", "read_box": [0, 0, 9, 9]}
    rows = [
        {**checked, "msg_no": 1, "text": "Where are you?", "sent_local": "2026-05-01T21:00"},
        {**checked, "msg_no": 2, "text": "I am outside", "sent_local": "2026-05-01", "corrected": ["text", "time"]},
        {**checked, "msg_no": 3, "text": "An e-mail", "type": "email"},
        {**common, "msg_no": 4, "text": "Typed by hand", "sent_source": "message_or_call_stamp"},
    ]
    fields = {"rows": rows, "incident_ids": [entry["record"]], "tz": "Europe/London"}
    diary.add("schedule", {**fields, "source_attachment_id": picture["record"]})
    raw = build_capsule(diary.versions, diary.wish(), diary.public_keys)
    members = members_of_front(await build_front_part(diary, raw, tmp_path / "front.zip"))
    text = " ".join(" ".join(page_texts(members[EXHIBITS_PATH])).split())
    said = "Transcribed by software from AA/1; checked against the picture by AA. The picture is the exhibit."
    assert text.count(said) == 1
    assert "I am outside Note: Corrected when checked: the words, the time" in text
    assert "Where are you?" in text and "An e-mail" in text and "Typed by hand" not in text
    assert "The mail" not in text
    assert text.count("Not transcribed.") == 1
    table = members["data/servable/05_message-schedules.csv"].decode()
    assert table.count("Read in a picture by software, and checked") == 3


def test_a_file_that_takes_too_long_is_given_up(tmp_path: Path) -> None:
    """The process that opens it ends, whatever the file is made to do."""
    (tmp_path / "90-1").mkdir()
    page = b"From: a@example.org\r\nTo: b\r\nContent-Type: text/html\r\n\r\n" + b"<a " * 1_000_000
    (tmp_path / "90-1" / "received").write_bytes(page)
    script = (
        "from pathlib import Path; from diary.pack.documents import opened_files as opened; opened.FILE_PROCESSOR_SECONDS = 0.2;"
        f"opened.lay_out(Path({str(tmp_path)!r}), 'mail', '90-1', 0)"
    )
    ended = subprocess.run([sys.executable, "-c", script], check=False, timeout=300)
    assert ended.returncode == 1 and not (tmp_path / "90-1" / "mail.json").exists()
