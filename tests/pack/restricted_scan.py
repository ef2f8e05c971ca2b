"""Search every servable byte, in every readable form, for what the record restricts.

A PDF hides text in compressed streams, fonts' code numbers and pictures' metadata, so each is opened here. The values
searched for are not listed in a test: they are read from the pack's own record, so that no field is forgotten.
"""

import html
import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pypdf
from PIL import Image

from diary.record.schemas import find_schema
from diary.record.vocabulary import CHOICE_LISTS
from tests.pack.pack_text import page_texts

POSTCODE = re.compile(r"\b[A-Z]{1,2}[0-9][0-9A-Z]?\s*[0-9][A-Z]{2}\b", re.IGNORECASE)
PHONE_NUMBER = re.compile(r"\+?[0-9][0-9 ()./-]{5,}[0-9]")
EMAIL_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")
# Fields that hold people's names. Each name by itself must not be found either.
NAME_FIELDS = frozenset(
    "by_name carried_out_by_names children_names helped_by present_names protects_names real_name recipient with_me "
    "witness_names".split()
)
# Long notes, and what a phone records about a file: an entry may use the same sentences.
UNSEARCHED_FIELDS = frozenset({"concerns", "mail_headers", "needs", "notes", "own_accounts"})
# A code of a choice list, a media type and the like reveal nothing about anybody.
LIST_CODES = frozenset(term.code for choice in CHOICE_LISTS.values() for term in choice.terms)
HARMLESS_VALUE = re.compile(
    r"(?:image|video|audio|text|application|message)/[\w.+-]+|[0-9.]{1,4}|command line|files|photo_picker|share_target|none"
)
CAMERA_FILE_NAME = re.compile(r"(?:IMG|VID|Screenshot|DSC|PXL)?[_ -]?[0-9_ -]*", re.IGNORECASE)
MONTH_NAMES = "january february march april may june july august september october november december".split()
# Words that stand beside names in lists of names.
COMMON_CAPITALISED_WORDS = frozenset(
    "And The Mrs Miss Doctor Nurse Teacher Aunt Uncle Mum Dad Friend Neighbour Advice Support Service Services".split()
)
BIRTH_DATE_FIGURES = re.compile(r"[0-9]{1,2}[/.][0-9]{1,2}[/.][0-9]{2,4}")
PRINTABLE_RUN = re.compile(rb"[ -~\t]{6,}")
# Random values: base64 of 30 bytes or more, and base64url of a salt, a digest or a signature (16, 32 or 64 bytes). A
# short name stands in one by chance: `Anna` in about one of a hundred packs.
RANDOM_VALUE = re.compile(r"[A-Za-z0-9+/]{40,}={0,2}|(?<![\w-])(?:[\w-]{22}|[\w-]{43}|[\w-]{86})(?![\w-])", re.ASCII)


def letters_and_digits(text: str) -> str:
    """Return the letters and digits of a text, in lower case."""
    return re.sub(r"[\W_]+", "", text.lower())


def without_random_values(text: str) -> str:
    """Return the text with a space in place of every salt, digest and signature."""
    return RANDOM_VALUE.sub(" ", text)


def readable_forms(name: str, raw: bytes) -> Iterator[tuple[str, str]]:
    """Yield where and what can be read: the name, the bytes as text, and for a PDF everything inside it."""
    yield f"{name} (its name)", name
    if name.endswith(".xlsx"):
        with zipfile.ZipFile(io.BytesIO(raw)) as workbook:
            for part in workbook.infolist():
                yield f"{name} {part.filename}", html.unescape(workbook.read(part).decode())
        return
    if not name.endswith(".pdf"):
        yield name, raw.decode("utf-8-sig", "replace")
        return
    yield f"{name} (as it stands)", readable_text(without_packed_streams(raw))
    for index, stream in enumerate(inflated_streams(raw)):
        yield f"{name} (stream {index})", readable_text(stream)
    reader = pypdf.PdfReader(io.BytesIO(raw))
    for number, text in enumerate(page_texts(raw), 1):
        yield f"{name} page {number}", text
    for attachment in reader.attachments.items():
        yield f"{name} (embedded {attachment[0]})", b"\n".join(attachment[1]).decode("utf-8", "replace")
    yield f"{name} (facts)", repr(reader.metadata) + str(reader.xmp_metadata and reader.xmp_metadata.rdf_root.toxml())
    yield f"{name} (bookmarks)", " ".join(bookmark_titles(reader.outline))
    for index, jpeg in enumerate(embedded_jpegs(raw)):
        yield f"{name} picture {index}", jpeg_segment_text(jpeg)


def bookmark_titles(outline: Iterable[Any]) -> Iterator[str]:
    """Yield every bookmark's title."""
    for item in outline:
        if isinstance(item, list):
            yield from bookmark_titles(item)
        else:
            yield str(item.title)


def without_packed_streams(pdf: bytes) -> bytes:
    """Return a PDF without the bodies of deflated streams and of JPEGs, which are read in forms of their own.

    In hundreds of kilobytes of packed bytes a word of three letters stands by chance in one of a few hundred packs.
    """
    kept, position = list[bytes](), 0
    for match in re.finditer(rb"(?<!end)stream\r?\n", pdf):
        end = pdf.find(b"endstream", match.end())
        if match.start() < position or end < 0:
            continue
        kept.append(pdf[position : match.end()])
        body = pdf[match.end() : end]
        kept.append(b"" if is_packed(body) else body)
        position = end
    return b"".join((*kept, pdf[position:]))


def is_packed(body: bytes) -> bool:
    """Return whether the body of a stream is a JPEG, or deflated with nothing but a line end after it."""
    if body.startswith(b"\xff\xd8\xff"):
        return True
    unpacker = zlib.decompressobj()
    try:
        unpacker.decompress(body)
    except zlib.error:
        return False
    return unpacker.eof and not unpacker.unused_data.strip()


def inflated_streams(pdf: bytes) -> Iterator[bytes]:
    """Yield every compressed stream, inflated: pages, structure with alternative texts, embedded files, fonts."""
    for match in re.finditer(rb"stream\r?\n", pdf):
        try:
            yield zlib.decompressobj().decompress(pdf[match.end() :])
        except zlib.error:
            continue


def readable_text(raw: bytes) -> str:
    """Return runs of letters in one-byte and UTF-16 form, and hexadecimal strings decoded."""
    hex_strings = [
        bytes.fromhex(digits.decode()).decode("utf-16-be", "replace")
        for digits in re.findall(rb"<FEFF((?:[0-9A-Fa-f]{4})+)>", raw)
    ]
    utf16_strings = [
        raw_text.decode("utf-16-be", "replace") for raw_text in re.findall(rb"\xfe\xff((?:\x00[ -~]){2,})", raw)
    ]
    try:
        plain_text = [raw.decode("utf-8")]
    except UnicodeDecodeError:
        plain_text = [run.decode() for run in PRINTABLE_RUN.findall(raw)]
    return "\n".join((*plain_text, *hex_strings, *utf16_strings))


def embedded_jpegs(pdf: bytes) -> Iterator[bytes]:
    """Yield every JPEG that a PDF embeds as it is."""
    for match in re.finditer(rb"\xff\xd8\xff", pdf):
        yield pdf[match.start() : pdf.index(b"\xff\xd9", match.start()) + 2]


def jpeg_segment_text(jpeg: bytes) -> str:
    """Return the text of a JPEG's segments, without the image. Raise AssertionError if any is metadata."""
    offset, texts = 2, []
    while offset + 4 <= len(jpeg) and jpeg[offset] == 0xFF and jpeg[offset + 1] != 0xDA:
        kind, length = jpeg[offset + 1], int.from_bytes(jpeg[offset + 2 : offset + 4], "big")
        assert not 0xE1 <= kind <= 0xEF and kind != 0xFE, "a picture carries metadata"
        texts.append(jpeg[offset + 4 : offset + 2 + length].decode("latin-1"))
        offset += 2 + length
    with Image.open(io.BytesIO(jpeg)) as image:
        assert not dict(image.getexif()) and not {"exif", "comment", "icc_profile", "xmp", "photoshop"} & set(
            image.info
        )
    return "\n".join(texts)


def restricted_values(record: Mapping[str, Any]) -> dict[str, str]:
    """Return what a record restricts, with its field: each text whole, its parts, names, numbers in both forms."""
    origin_by_piece: dict[str, str] = {}
    for version in record["versions"]:
        names = set(find_schema(version["kind"], version["schema"]).restricted)
        for name in names & set(version["fields"]):
            for text in free_texts(version["fields"][name]):
                origin_by_piece |= dict.fromkeys(searchable_pieces(name, text), f"{version['kind']}.{name}")
        if version["kind"] == "person" and version["fields"].get("role") in ("witness", "child", "helper"):
            person_names = (version["fields"].get("name", ""), *free_texts(version["fields"].get("aliases")))
            origin_by_piece |= {
                piece: "person.name" for text in person_names for piece in searchable_pieces("real_name", text)
            }
    for name, text in record["sheet"].items():
        origin_by_piece |= dict.fromkeys(searchable_pieces(name, text), f"sheet.{name}")
    origin_by_piece |= dict.fromkeys(record.get("hold_words", ()), "hold_words")
    return {piece: where for piece, where in origin_by_piece.items() if letters_and_digits(piece)}


def free_texts(value: Any) -> Iterator[str]:
    """Yield every text inside a value that is not a code."""
    if isinstance(value, str):
        if value not in LIST_CODES and not HARMLESS_VALUE.fullmatch(value):
            yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from free_texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from free_texts(inner)


def searchable_pieces(name: str, text: str) -> Iterator[str]:
    """Yield the forms of a restricted text to search for: whole, parts, numbers, postcodes, addresses, names."""
    if name == "date_of_birth":
        day = date.fromisoformat(text)
        for written in ("%-d %B %Y", "%-d %b %Y", "%B %-d %Y", "%d/%m/%Y", "%-d/%-m/%Y", "%d.%m.%y"):
            yield day.strftime(written)
        return
    if name == "legal_name":
        yield text.rsplit(maxsplit=1)[-1]
    if name not in UNSEARCHED_FIELDS and len(letters_and_digits(text)) >= 5:
        yield text
        for part in re.split(r"[,;،、\n]+", text):
            # A day alone reveals nothing about anybody.
            if any(month in part.lower() for month in MONTH_NAMES) and len(part.split()) <= 3:
                continue
            street = re.sub(r"^\s*[0-9]+[a-zA-Z]?\s+", "", part).strip()
            yield from (
                piece.strip()
                for piece in (part, street if " " in street else "")
                if len(letters_and_digits(piece)) >= 7
            )
        stem = text.rpartition(".")[0]
        # A saved mail is named after its subject, which is the sender's own text.
        is_descriptive = CAMERA_FILE_NAME.fullmatch(stem) or len(stem.split("_")) > 1
        if (
            name == "received_as"
            and not text.endswith(".eml")
            and len(letters_and_digits(stem)) >= 5
            and is_descriptive
        ):
            yield stem
    yield from (*POSTCODE.findall(text), *EMAIL_ADDRESS.findall(text))
    # A camera's counter is a date. The file name that contains it is searched for as a whole.
    for number in () if name == "received_as" else PHONE_NUMBER.findall(text):
        digits = re.sub(r"\D", "", number)
        yield number
        yield from ("0" + digits[2:], digits) if digits.startswith("44") else ("44" + digits[1:], digits)
    if name in NAME_FIELDS:
        yield from (
            word for word in re.findall(r"\b[A-ZÀ-Þ][^\W\d_]{2,}\b", text) if word not in COMMON_CAPITALISED_WORDS
        )


def prefix_pattern(pieces: Iterable[str], depth: int = 3) -> str:
    """Return a pattern for many pieces, grouped by first letters, so that few are tried at each position."""
    if not depth:
        return f"(?:{'|'.join(map(re.escape, sorted(pieces, reverse=True)))})"
    rests: dict[str, list[str]] = {}
    for piece in sorted(pieces, reverse=True):
        rests.setdefault(piece[:1], []).append(piece[1:])
    return f"(?:{'|'.join(re.escape(first) + prefix_pattern(rest, depth - 1) for first, rest in rests.items())})"


class RestrictedScanner:
    """The restricted values of a record, compiled into patterns."""

    def __init__(self, record: Mapping[str, Any]) -> None:
        """Compile the values of `record`, the parsed 12_record.json."""
        self.origin_by_value = restricted_values(record)
        # A birth date in figures has eight digits, which stand in a digest by chance: it is searched for as written.
        is_long = {
            value: len(letters_and_digits(value)) >= 7 and not BIRTH_DATE_FIGURES.fullmatch(value)
            for value in self.origin_by_value
        }
        long = {letters_and_digits(value): value for value, is_so in is_long.items() if is_so}
        # One pattern for all values: searching forty megabytes a thousand times would take all night.
        self._long_pattern = re.compile(prefix_pattern(long)) if long else None
        short = [value for value, is_so in is_long.items() if not is_so]
        self._short_pattern = (
            re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, short)) + r")(?!\w)", re.IGNORECASE) if short else None
        )

    def find_in(self, text: str) -> str | None:
        """Return the first value found in a text: long ones in any spelling, short ones as words outside base64."""
        match = self._long_pattern.search(letters_and_digits(text)) if self._long_pattern else None
        match = match or (self._short_pattern.search(without_random_values(text)) if self._short_pattern else None)
        return match[0] if match else None


def servable_files(folder: Path) -> dict[str, bytes]:
    """Return every file below `servable/` of an unpacked pack, with 00 and 15."""
    data = folder / "data"
    paths = [*data.glob("*.txt"), *(path for path in (data / "servable").rglob("*") if path.is_file())]
    return {path.relative_to(data).as_posix(): path.read_bytes() for path in sorted(paths)}


def gps_degrees_of_pictures(folder: Path) -> set[str]:
    """Return the degrees of every location in received pictures, as text. Elsewhere they would reveal a home."""
    degrees_texts = set()
    for path in (folder / "data" / "restricted").glob("13_*/*.jp*g"):
        with Image.open(path) as image:
            gps = image.getexif().get_ifd(0x8825)
        if 2 in gps and 4 in gps:
            for degrees, minutes, seconds in (gps[2], gps[4]):
                degrees_texts.add(f"{float(degrees) + float(minutes) / 60 + float(seconds) / 3600:.2f}")
    return degrees_texts
