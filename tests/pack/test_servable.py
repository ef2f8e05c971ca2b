"""The servable folder, and the two texts beside it, give nothing away."""

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

from diary.pack.capsule.builder import make_capsule
from diary.pack.capsule.reader import read_capsule
from diary.pack.contents import contents_of
from diary.pack.redaction import MARK, HeldBack, squeeze
from tests.pack.conftest import BuiltPack
from tests.pack.fiction import START, FictionalDiary, incident_fields
from tests.pack.rezip import members_of
from tests.pack.scanning import Apart, forms, picture_facts, readable, streams, without_random
from tests.pack.test_images import with_exif

# Products, hosts, skins, storage, locks, devices: pack.md, check 15. `kept` as a word is the product's name. Three letters come
# up by chance between the dashes of a salt in base64url, so the shortest word counts only where it is no part of one.
DENIED = re.compile(
    rb"\b(kept|notebook|cover|passphrase|indexeddb|sqlite|typst|notes\.example|pixel|android|iphone|samsung"
    rb"|(?<![\w-])pwa(?![\w-])|service worker|browser|vault|encrypted|argon2|forensic|certified|court-admissible|tamper-proof"
    rb"|stalking|harass(?:ed|er|es))\b",
    re.IGNORECASE,
)
# The helpline's own name.
ALLOWED = b"National Stalking Helpline"
RESTRICTED = (
    "14 Elmhurst Road", "14 elmhurst road", "14ElmhurstRoad", "LS6 2AB", "LS62AB", "ls62ab", "Elmhurst Road", "Kowalska", "Anna",
    "Jo Brandreth", "JoBrandreth", "07700 900123", "07700900123", "+447700900123", "447700900123", "Maryam", "Khan, Northtown",
    "He knows my shifts", "PRIVATE-NOTE-SENTINEL", "Screenshot_2026051", "you.eml", "Pixel 8a", "shared gate",
)  # fmt: skip


def servable(built: BuiltPack) -> dict[str, bytes]:
    """Every member that may be served, with PDFs and their streams unpacked beside them."""
    found = {}
    for name, content in members_of(built.path).items():
        if name.startswith("data/servable/") or re.fullmatch(r"data/(00|15)_.*", name):
            found[name] = content
            if name.endswith(".pdf"):
                found[f"{name} unpacked"] = unpacked(content)
                found[f"{name} text"] = drawn(content)
    return found


def unpacked(pdf: bytes) -> bytes:
    """The file with every stream inflated: structure, alt texts, embedded files, fonts' names."""
    out = [pdf]
    for found in re.finditer(rb"stream\r?\n", pdf):
        try:
            out.append(zlib.decompressobj().decompress(pdf[found.end() :]))
        except zlib.error:
            continue
    strings = b"\n".join(out)
    wide = [bytes.fromhex(one.decode()) for one in re.findall(rb"<FEFF([0-9A-Fa-f]+)>", strings)]
    return strings + b"\n".join(one.decode("utf-16-be", "replace").encode() for one in wide)


def drawn(pdf: bytes) -> bytes:
    """What a reader sees, metadata, and every alternative text."""
    reader = pypdf.PdfReader(io.BytesIO(pdf))
    pages = "\n".join(page.extract_text() for page in reader.pages)
    embedded = b"\n".join(content for files in reader.attachments.values() for content in files)
    return pages.encode() + repr(reader.metadata).encode() + embedded


@pytest.fixture(scope="module")
def every_form(built: BuiltPack) -> list[tuple[str, str]]:
    """Everything that may be served, in every form in which it can be read."""
    files = {
        name: raw
        for name, raw in members_of(built.path).items()
        if re.fullmatch(r"data/(?:servable/.*|(?:00|15)_.*)", name)
    }
    return [found for name, raw in files.items() for found in forms(name, raw)]


def test_no_servable_byte_names_product_host_device_or_lock(every_form: list[tuple[str, str]]) -> None:
    """The deny-list over every form of every byte: packed streams, metadata, alternative words, what pictures carry."""
    for where, text in every_form:
        said = text.encode().replace(ALLOWED, b"")
        found = DENIED.search(said)
        assert not found, (where, found and said[max(0, found.start() - 60) : found.end() + 30])


def test_no_servable_byte_contains_restricted_text(built: BuiltPack, every_form: list[tuple[str, str]]) -> None:
    """Read out of the record itself; and the scan sees a value that somebody packs away in a PDF or in a picture's margin."""
    apart = Apart(json.loads(members_of(built.path)["data/restricted/12_record.json"]))
    assert {"14 Elmhurst Road", "LS6 2AB", "447700900123", "Kowalska", "Pixel 8a"} <= set(apart.values)
    assert [(where, found) for where, text in every_form if (found := apart.in_text(text))] == []
    packed = b"%PDF-1.7\n1 0 obj<</Length 9>>stream\n" + zlib.compress(b"BT (14 ELMHURST  road) Tj ET") + b"\nendstream"
    assert apart.in_text(next(readable(stream) for stream in streams(packed)))
    assert apart.in_text(readable(b"<FEFF" + "Kowalska".encode("utf-16-be").hex().encode() + b">"))
    with pytest.raises(AssertionError, match="metadata"):
        picture_facts(with_exif())


def test_values_in_a_tagged_pdf_are_found_by_the_scan(built: BuiltPack) -> None:
    """The officer's sheet, which has them, is a document like the others: what the scan cannot see in it, it would miss there."""
    members = members_of(built.path)
    apart = Apart(json.loads(members["data/restricted/12_record.json"]))
    told = [text for _, text in forms("06.pdf", members["data/restricted/06_RESTRICTED_officer-sheet.pdf"])]
    assert any(apart.in_text(text) for text in told)


@pytest.mark.parametrize("value", RESTRICTED)
def test_no_restricted_value_is_servable_in_any_form(built: BuiltPack, value: str) -> None:
    """As typed, in lower case, without spaces, +44 and 0 numbers, postcodes both ways."""
    for name, content in servable(built).items():
        text = without_random(content.decode("utf-8", "replace"))
        assert value not in text, name
        if len(squeeze(value)) >= 7:
            assert squeeze(value) not in squeeze(text), name


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ('{"s":"UA_YGMAPOAnna2Y87VuNFA","v":"Anna"}', '{"s":" ","v":"Anna"}'),
        ("Anna", "Anna"),
        ("-Anna-", "-Anna-"),
        ("She told Anna_Kowalska_again", "She told Anna_Kowalska_again"),
        ("xRBBNKsP1mVrXkcWnPzvZJUYcXade-H6Y6mvCPXiPsw", " "),
    ],
)
def test_only_random_values_are_left_out_of_the_search(text: str, left: str) -> None:
    """A salt may hold a name by chance, 22 signs long; a name that stands anywhere else is still found."""
    assert without_random(text) == left


def test_restricted_values_are_only_in_the_restricted_part(built: BuiltPack) -> None:
    """The officer's sheet and the record have them; a private note is nowhere at all."""
    members = members_of(built.path)
    sheet = drawn(members["data/restricted/06_RESTRICTED_officer-sheet.pdf"]).decode()
    for words in ("Jo Brandreth", "07700 900123", "14 Elmhurst Road", "Anna Kowalska", "shared gate"):
        assert words in " ".join(sheet.split())
    assert b"PRIVATE-NOTE-SENTINEL" not in built.path.read_bytes()
    assert b"14 Elmhurst Road" in members["data/restricted/12_record.json"]


def test_words_held_back_are_marked_in_every_servable_place(built: BuiltPack) -> None:
    """The street in an amended account is masked in 01 and 02, and the field is a digest in the proof."""
    found = servable(built)
    assert MARK in " ".join(found["data/servable/01_chronology.pdf text"].decode().split())
    assert MARK.encode() in found["data/servable/02_chronology.csv"]
    proofs = [content for name, content in found.items() if "/proof/0003-" in name]
    assert any(b'"withheld":{' in one and b'"narrative":"' in one for one in proofs)


def test_pictures_in_04_have_no_metadata_and_are_not_decoded_again(built: BuiltPack) -> None:
    """The JPEGs are the re-encoded ones, byte for byte, with neither EXIF nor a place."""
    pdf = members_of(built.path)["data/servable/04_exhibits.pdf"]
    assert len(re.findall(rb"\xff\xd8\xff\xe0", pdf)) == 5
    for found in re.finditer(rb"\xff\xd8\xff", pdf):
        picture = pdf[found.start() : pdf.index(b"\xff\xd9", found.start()) + 2]
        assert not dict(Image.open(io.BytesIO(picture)).getexif())
        assert b"Exif\0" not in picture and b"ICC_PROFILE" not in picture and b"http:" not in picture


def test_a_picture_that_shows_the_home_is_held_back(built: BuiltPack) -> None:
    """Its page in 04 is a card, 03 says so, and 06 names it with the reason."""
    found = servable(built)
    text = " ".join(found["data/servable/04_exhibits.pdf text"].decode().split())
    assert "[held back, see 06]" in text
    sheet = " ".join(drawn(members_of(built.path)["data/restricted/06_RESTRICTED_officer-sheet.pdf"]).decode().split())
    assert "JB-3.png" in sheet and "lives, works or studies" in sheet.replace("  ", " ")


def test_every_restricted_file_says_so(built: BuiltPack) -> None:
    """Named or bannered RESTRICTED, or listed as such in READ-FIRST."""
    members = members_of(built.path)
    first = members["data/00_READ-FIRST.txt"].decode()
    for name in members:
        if name.startswith("data/restricted/"):
            top = name.split("/")[2]
            line = next((line for line in first.splitlines() if f"restricted/{top}" in line), "")
            assert "RESTRICTED" in line.upper(), name


def test_cells_that_a_spreadsheet_would_run_are_made_harmless(built: BuiltPack) -> None:
    """UTF-8 with a byte order mark; no cell begins a formula."""
    for name in ("02_chronology.csv", "03_exhibits-index.csv"):
        raw = members_of(built.path)[f"data/servable/{name}"]
        assert raw.startswith(b"\xef\xbb\xbf")
        rows = list(csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline="")))
        cells = [cell for row in rows for cell in row]
        assert not [cell for cell in cells if cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert b"'=HYPERLINK" in members_of(built.path)["data/servable/02_chronology.csv"]


def test_names_in_the_zip_are_plain(built: BuiltPack) -> None:
    """ASCII, no spaces, under a hundred characters with the folder."""
    with zipfile.ZipFile(built.path) as archive:
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
    """Spaces, case and the two forms of a number do not matter; common short words stay."""
    held = HeldBack([restricted])
    assert (held.mask(text) != text) is masked and held.touches({"x": [text]}) is masked


def test_names_of_witnesses_are_masked_as_whole_words() -> None:
    """`Tom` goes, `tomorrow` stays."""
    held = HeldBack([], ["Anna Kowalska and Tom"])
    assert held.mask("Tom said tomorrow; anna came") == f"{MARK} said tomorrow; {MARK} came"


def test_the_phone_holds_back_the_same_words() -> None:
    """The shared vector, which tests/js/share.test.mjs reads too: each sample as it may be passed on."""
    read = json.loads((Path(__file__).parents[1] / "vectors" / "held_back.json").read_text("utf-8"))
    for case in read["cases"]:
        held = HeldBack(case["texts"], case["names"], case.get("phrases", ()))
        assert [[text, held.mask(text)] for text, _ in case["samples"]] == case["samples"]


def test_a_mails_own_subject_stands_though_its_file_is_named_after_it() -> None:
    """Other names of files are held back wherever they turn up; an address kept apart is held back in a subject as well."""
    diary = FictionalDiary()
    words = "It was called you never look behind you."
    entry = diary.add("incident", incident_fields(START, words), {"place_detail": "14 Elm Road"})
    for name, media in (
        ("you never look behind you.eml", "message/rfc822"),
        ("gate by the blue door.png", "image/png"),
    ):
        diary.attach(entry, name.encode(), media, f"Of it: {name.partition('.')[0]}, 14 Elm Road", filename=name)
    contents = contents_of(read_capsule(make_capsule(diary.versions, diary.wish(), diary.keys)))
    said = [one.attachment.description for one in contents.exhibits]
    assert said == [f"Of it: you never look behind you, {MARK}", f"Of it: {MARK}, {MARK}"]
    assert contents.entries[0].narrative == words
