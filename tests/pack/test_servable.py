"""The servable folder, and the two texts beside it, reveal nothing restricted."""

import csv
import io
import json
import re
import zipfile
import zlib
from pathlib import Path

import pypdf
import pytest
from PIL import Image

from diary.pack.capsule.builder import build_capsule
from diary.pack.capsule.reader import read_capsule
from diary.pack.contents import build_contents
from diary.pack.redaction import REDACTION_MARK, Redactor, normalise, sheet_restrictions
from tests.pack.conftest import BuiltPack
from tests.pack.fictional_diary import START_MS, FictionalDiary, incident_fields
from tests.pack.pack_members import members_of
from tests.pack.pack_text import page_texts
from tests.pack.restricted_scan import (
    RestrictedScanner,
    inflated_streams,
    jpeg_segment_text,
    readable_forms,
    readable_text,
    without_packed_streams,
    without_random_values,
)
from tests.pack.test_images import make_photo_with_exif

# Products, hosts, covers, storage, locks and devices (pack.md, check 15). The word "kept" is the product's name. Three
# letters occur by chance between the dashes of a base64url salt, so the shortest word counts only outside one.
DENIED_WORDS = re.compile(
    rb"\b(kept|notebook|cover|passphrase|indexeddb|sqlite|typst|notes\.example|pixel|android|iphone|samsung"
    rb"|(?<![\w-])pwa(?![\w-])|service worker|browser|vault|encrypted|argon2|forensic|certified|court-admissible|tamper-proof"
    rb"|stalking|harass(?:ed|er|es))\b",
    re.IGNORECASE,
)
# The helpline's name contains a denied word.
ALLOWED_PHRASE = b"National Stalking Helpline"
RESTRICTED_FORMS = (
    "14 Elmhurst Road", "14 elmhurst road", "14ElmhurstRoad", "LS6 2AB", "LS62AB", "ls62ab", "Elmhurst Road", "Kowalska", "Anna",
    "Jo Brandreth", "JoBrandreth", "07700 900123", "07700900123", "+447700900123", "447700900123", "Maryam", "Khan, Northtown",
    "He knows my shifts", "PRIVATE-NOTE-SENTINEL", "Screenshot_2026051", "you.eml", "Pixel 8a", "shared gate",
)  # fmt: skip


def inflate_pdf(pdf: bytes) -> bytes:
    """Return a PDF with every stream inflated: structure, alternative texts, embedded files, font names."""
    chunks = [pdf]
    for match in re.finditer(rb"stream\r?\n", pdf):
        try:
            chunks.append(zlib.decompressobj().decompress(pdf[match.end() :]))
        except zlib.error:
            continue
    strings = b"\n".join(chunks)
    utf16_strings = [bytes.fromhex(digits.decode()) for digits in re.findall(rb"<FEFF([0-9A-Fa-f]+)>", strings)]
    return strings + b"\n".join(raw_text.decode("utf-16-be", "replace").encode() for raw_text in utf16_strings)


def drawn_text(pdf: bytes) -> bytes:
    """Return the text of the pages, the metadata and the embedded files."""
    reader = pypdf.PdfReader(io.BytesIO(pdf))
    pages = "\n".join(page_texts(pdf))
    embedded = b"\n".join(content for files in reader.attachments.values() for content in files)
    return pages.encode() + repr(reader.metadata).encode() + embedded


@pytest.fixture(scope="module")
def servable_contents(full_pack: BuiltPack) -> dict[str, bytes]:
    """Return every servable member, and for each PDF its inflated streams and its text."""
    contents = {}
    for name, content in members_of(full_pack.path).items():
        if name.startswith("data/servable/") or re.fullmatch(r"data/(00|15)_.*", name):
            contents[name] = content
            if name.endswith(".pdf"):
                contents[f"{name} unpacked"] = inflate_pdf(content)
                contents[f"{name} text"] = drawn_text(content)
    return contents


@pytest.fixture(scope="module")
def searched_texts(servable_contents: dict[str, bytes]) -> dict[str, tuple[str, str]]:
    """Return the text of every servable content without random values: as it stands, and normalised."""
    texts = {
        name: without_random_values(content.decode("utf-8", "replace")) for name, content in servable_contents.items()
    }
    return {name: (text, normalise(text)) for name, text in texts.items()}


@pytest.fixture(scope="module")
def servable_texts(full_pack: BuiltPack) -> list[tuple[str, str]]:
    """Return every readable form of every servable member: where it stands, and its text."""
    files = {
        name: raw
        for name, raw in members_of(full_pack.path).items()
        if re.fullmatch(r"data/(?:servable/.*|(?:00|15)_.*)", name)
    }
    return [found for name, raw in files.items() for found in readable_forms(name, raw)]


def test_no_servable_byte_names_product_host_device_or_lock(servable_texts: list[tuple[str, str]]) -> None:
    """No readable form contains a denied word, in streams, metadata, alternative texts or pictures."""
    for where, text in servable_texts:
        searched = text.encode().replace(ALLOWED_PHRASE, b"")
        match = DENIED_WORDS.search(searched)
        assert not match, (where, match and searched[max(0, match.start() - 60) : match.end() + 30])


def test_no_servable_byte_contains_restricted_text(full_pack: BuiltPack, servable_texts: list[tuple[str, str]]) -> None:
    """No value of the record is found. The scan does find values in compressed streams and in picture metadata."""
    scanner = RestrictedScanner(json.loads(members_of(full_pack.path)["data/restricted/12_record.json"]))
    assert {"14 Elmhurst Road", "LS6 2AB", "447700900123", "Kowalska", "Pixel 8a"} <= set(scanner.origin_by_value)
    assert {"Brandreth-Vane", "2 April 1991", "02/04/1991", "Wrenbury LS6 2AB"} <= set(scanner.origin_by_value)
    assert [(where, found) for where, text in servable_texts if (found := scanner.find_in(text))] == []
    packed = b"%PDF-1.7\n1 0 obj<</Length 9>>stream\n" + zlib.compress(b"BT (14 ELMHURST  road) Tj ET") + b"\nendstream"
    assert scanner.find_in(next(readable_text(stream) for stream in inflated_streams(packed)))
    assert without_packed_streams(packed + b"\n" + packed).count(b"stream\nendstream") == 2
    plain = packed.replace(b"endstream", b" 14 Elmhurst Road endstream") + b"\n% LS6 2AB"
    assert without_packed_streams(packed) == b"%PDF-1.7\n1 0 obj<</Length 9>>stream\nendstream"
    assert without_packed_streams(plain) == plain, "bytes after the end of a stream are read as they stand"
    assert scanner.find_in(readable_text(b"<FEFF" + "Kowalska".encode("utf-16-be").hex().encode() + b">"))
    with pytest.raises(AssertionError, match="metadata"):
        jpeg_segment_text(make_photo_with_exif())


def test_values_in_a_tagged_pdf_are_found_by_the_scan(full_pack: BuiltPack) -> None:
    """The scan finds the values in the officer's sheet, a PDF of the same kind that does contain them."""
    members = members_of(full_pack.path)
    scanner = RestrictedScanner(json.loads(members["data/restricted/12_record.json"]))
    texts = [text for _, text in readable_forms("06.pdf", members["data/restricted/06_RESTRICTED_officer-sheet.pdf"])]
    assert any(scanner.find_in(text) for text in texts)


@pytest.mark.parametrize("value", RESTRICTED_FORMS)
def test_no_restricted_value_is_servable_in_any_form(searched_texts: dict[str, tuple[str, str]], value: str) -> None:
    """Neither as typed nor in lower case, without spaces, with +44 or 0, or as another form of postcode."""
    for name, (text, normalised) in searched_texts.items():
        assert value not in text, name
        if len(normalise(value)) >= 7:
            assert normalise(value) not in normalised, name


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"s":"UA_YGMAPOAnna2Y87VuNFA","v":"Anna"}', '{"s":" ","v":"Anna"}'),
        ("Anna", "Anna"),
        ("-Anna-", "-Anna-"),
        ("She told Anna_Kowalska_again", "She told Anna_Kowalska_again"),
        ("xRBBNKsP1mVrXkcWnPzvZJUYcXade-H6Y6mvCPXiPsw", " "),
    ],
)
def test_only_random_values_are_left_out_of_the_search(text: str, expected: str) -> None:
    """A 22-character salt may contain a name by chance. A name anywhere else is found."""
    assert without_random_values(text) == expected


def test_restricted_values_are_only_in_the_restricted_part(full_pack: BuiltPack) -> None:
    """The officer's sheet and the record contain them. A private note is nowhere."""
    members = members_of(full_pack.path)
    sheet = drawn_text(members["data/restricted/06_RESTRICTED_officer-sheet.pdf"]).decode()
    for words in ("Jo Brandreth", "07700 900123", "14 Elmhurst Road", "Anna Kowalska", "shared gate", "Joanna Maud"):
        assert words in " ".join(sheet.split())
    assert b"PRIVATE-NOTE-SENTINEL" not in full_pack.path.read_bytes()
    assert b"14 Elmhurst Road" in members["data/restricted/12_record.json"]


def test_withheld_words_are_marked_everywhere(servable_contents: dict[str, bytes]) -> None:
    """The street in an amended account is masked in 01 and 02, and the proof has only the field's digest."""
    assert REDACTION_MARK in " ".join(servable_contents["data/servable/01_chronology.pdf text"].decode().split())
    assert REDACTION_MARK.encode() in servable_contents["data/servable/02_chronology.csv"]
    proofs = [content for name, content in servable_contents.items() if "/proof/0003-" in name]
    assert any(b'"withheld":{' in proof and b'"narrative":"' in proof for proof in proofs)


def test_pictures_in_04_have_no_metadata_and_are_not_decoded_again(full_pack: BuiltPack) -> None:
    """The JPEGs are the print copies, without EXIF data or a location."""
    pdf = members_of(full_pack.path)["data/servable/04_exhibits.pdf"]
    assert len(re.findall(rb"\xff\xd8\xff\xe0", pdf)) == 5
    for match in re.finditer(rb"\xff\xd8\xff", pdf):
        picture = pdf[match.start() : pdf.index(b"\xff\xd9", match.start()) + 2]
        assert not dict(Image.open(io.BytesIO(picture)).getexif())
        assert b"Exif\0" not in picture and b"ICC_PROFILE" not in picture and b"http:" not in picture


def test_a_picture_of_the_home_is_withheld(full_pack: BuiltPack, servable_contents: dict[str, bytes]) -> None:
    """04 has a card in its place, and 06 names the file with the reason."""
    text = " ".join(servable_contents["data/servable/04_exhibits.pdf text"].decode().split())
    assert "[held back, see 06]" in text
    sheet = " ".join(
        drawn_text(members_of(full_pack.path)["data/restricted/06_RESTRICTED_officer-sheet.pdf"]).decode().split()
    )
    assert "JB-3.png" in sheet and "lives, works or studies" in sheet.replace("  ", " ")


def test_every_restricted_file_is_marked(full_pack: BuiltPack) -> None:
    """READ-FIRST lists each restricted file as RESTRICTED."""
    members = members_of(full_pack.path)
    first = members["data/00_READ-FIRST.txt"].decode()
    for name in members:
        if name.startswith("data/restricted/"):
            top = name.split("/")[2]
            line = next((line for line in first.splitlines() if f"restricted/{top}" in line), "")
            assert "RESTRICTED" in line.upper(), name


def test_every_servable_file_is_listed(full_pack: BuiltPack) -> None:
    """READ-FIRST names each file and folder of the servable part."""
    members = members_of(full_pack.path)
    first = members["data/00_READ-FIRST.txt"].decode()
    tops = {name.split("/")[2] for name in members if name.startswith("data/servable/")} - {"manifest-sha256.txt"}
    assert [top for top in sorted(tops) if f"  servable/{top}" not in first] == []


def test_formula_cells_are_neutralised(full_pack: BuiltPack) -> None:
    """The tables are UTF-8 with a byte order mark, and no cell begins a formula."""
    for name in ("02_chronology.csv", "03_exhibits-index.csv"):
        raw = members_of(full_pack.path)[f"data/servable/{name}"]
        assert raw.startswith(b"\xef\xbb\xbf")
        rows = list(csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline="")))
        cells = [cell for row in rows for cell in row]
        assert not [cell for cell in cells if cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert b"'=HYPERLINK" in members_of(full_pack.path)["data/servable/02_chronology.csv"]


def test_zip_member_names_are_plain_ascii(full_pack: BuiltPack) -> None:
    """Names are ASCII without spaces, under a hundred characters with the folder."""
    with zipfile.ZipFile(full_pack.path) as archive:
        assert all(re.fullmatch(r"[A-Za-z0-9_./-]{1,99}", name) for name in archive.namelist())


@pytest.mark.parametrize(
    ("restricted", "text", "masked"),
    [
        ("14 Elm Road, Leeds LS6 2AB", "He was in elm road again", True),
        ("14 Elm Road, Leeds LS6 2AB", "He wrote ls62ab on the wall", True),
        ("07700 900123", "He rang +44 7700 900 123 twice", True),
        ("+44 7700 900123", "He rang 07700900123", True),
        ("Flat 2", "I was in the flat", False),
        ("anna@post.example", "mail to ANNA@post.example", True),
    ],
)
def test_a_piece_of_a_restricted_value_is_masked_however_it_is_written(
    restricted: str, text: str, masked: bool
) -> None:
    """Spaces, case and the form of a number do not matter. Common short words stay."""
    held_back = Redactor([restricted])
    assert (held_back.redact(text) != text) is masked and held_back.holds_restricted({"x": [text]}) is masked


def test_names_of_witnesses_are_masked_as_whole_words() -> None:
    """`Tom` is masked, `tomorrow` is not."""
    held_back = Redactor([], ["Anna Kowalska and Tom"])
    assert held_back.redact("Tom said tomorrow; anna came") == f"{REDACTION_MARK} said tomorrow; {REDACTION_MARK} came"


def test_the_phone_withholds_the_same_words() -> None:
    """The shared vector, which tests/js/share.test.mjs reads too, gives each sample's masked text."""
    vector = json.loads((Path(__file__).parents[1] / "vectors" / "held_back.json").read_text("utf-8"))
    for case in vector["cases"]:
        held_back = Redactor(case["texts"], case["names"], case.get("phrases", ()))
        assert [[text, held_back.redact(text)] for text, _ in case["samples"]] == case["samples"]
    for case in vector["sheets"]:
        texts, phrases = sheet_restrictions(case["sheet"])
        held_back = Redactor(texts, (), phrases)
        assert [[text, held_back.redact(text)] for text, _ in case["samples"]] == case["samples"]


def test_an_email_subject_is_kept_though_the_file_is_named_after_it() -> None:
    """Other files' names are withheld everywhere. A restricted address is withheld in a subject too."""
    diary = FictionalDiary()
    words = "It was called you never look behind you."
    entry = diary.add("incident", incident_fields(START_MS, words), {"place_detail": "14 Elm Road"})
    for name, media in (
        ("you never look behind you.eml", "message/rfc822"),
        ("gate by the blue door.png", "image/png"),
    ):
        diary.attach(entry, name.encode(), media, f"Of it: {name.partition('.')[0]}, 14 Elm Road", filename=name)
    contents = build_contents(read_capsule(build_capsule(diary.versions, diary.wish(), diary.public_keys)))
    descriptions = [exhibit.attachment.description for exhibit in contents.exhibits]
    assert descriptions == [
        f"Of it: you never look behind you, {REDACTION_MARK}",
        f"Of it: {REDACTION_MARK}, {REDACTION_MARK}",
    ]
    assert contents.entries[0].narrative == words
