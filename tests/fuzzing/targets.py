"""Readers in Python by name, each with the format of its corpus."""

import io
import json
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from diary.client.backup_file import DiaryBackupFile
from diary.crypto import sealing
from diary.crypto.words import normalise, parse_code
from diary.encoding import decode_frames, parse_canonical_json, unb64
from diary.errors import (
    BadRequest,
    BadSignature,
    InvalidCredentials,
    InvalidSealedCopy,
    KeptError,
    NotCanonical,
    SealError,
)
from diary.ledger import checkpoints, push, timestamps
from diary.pack.capsule.reader import read_capsule
from diary.pack.documents import print_images
from diary.pack.documents.mail_words import read_mail
from diary.pack.plain_jpeg import check_print_copy
from diary.pack.tables.short_chronology import chronology_copies
from diary.pack.verify.bag_check import check_bag
from diary.pack.verify.embedded_files import embedded_files
from diary.pack.verify.pack_reader import OpenedPack, open_pack
from diary.services.operations.sealed_backup import MAGIC, read_members
from diary.web.request_parsing import read_fields, read_number
from tests.fuzzing.seeds import NOTE_BYTES, STAMPED_NOTE_FOLDER

# Ids of the push in the corpus.
IDS: Final = {
    "diary": "Py6BOWbUJG4Y5ANVKhvXSg",
    "record": "EduxNKMLNf7VXZOZWe0REg",
    "version": "m9e0K5sk00w5V7fpNSEmQQ",
}


@dataclass(frozen=True, slots=True)
class ReaderTarget:
    """A reader. `allowed_errors`: what it may raise; anything else is a failure."""

    form: str
    reader: Callable[[bytes], object]
    allowed_errors: tuple[type[Exception], ...] = ()


def _read_from_file(raw: bytes, reader: Callable[[Path], object]) -> object:
    """Call a reader that takes a path."""
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        path = Path(folder, "given")
        path.write_bytes(raw)
        return reader(path)


def _read_pack(path: Path) -> object:
    """Open a pack, hash its members and compare its lists."""
    opened = open_pack(path)
    if not isinstance(opened, OpenedPack):
        return opened
    try:
        return list(check_bag(opened))
    finally:
        opened.close()


def _read_sealed_copy(path: Path) -> object:
    """Open a sealed copy."""
    with DiaryBackupFile(path) as sealed_copy:
        return sealed_copy


def _read_sealed_copy_head(raw: bytes) -> object:
    """Open a sealed copy with a valid zip and a fuzzed manifest, with a recovery code."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("kept.json", raw)
        archive.writestr("versions.bin", raw)
    return _read_from_file(buffer.getvalue(), _open_sealed_copy)


def _open_sealed_copy(path: Path) -> object:
    with DiaryBackupFile(path) as sealed_copy:
        return sealed_copy.open_with_code(bytes(16))


def _read_timestamp(raw: bytes) -> object:
    """Verify an authority's reply about a note."""
    pins = json.loads((STAMPED_NOTE_FOLDER / "pins.json").read_text(encoding="utf-8"))
    chain = (STAMPED_NOTE_FOLDER / "chain.pem").read_bytes()
    return timestamps.verify_response(raw, NOTE_BYTES, chain=chain, policy=pins["policy"], nonce=unb64(pins["nonce"]))


def _read_backup(path: Path) -> object:
    """Read an operator's backup."""
    return [b"".join(pieces) for _, pieces in read_members(path, b"\1" * 32)]


def _text_reader(read: Callable[[str], object]) -> Callable[[bytes], object]:
    """Adapt a reader of text."""
    return lambda raw: read(raw.decode("utf-8", "replace"))


TARGETS: Final = {
    "json": ReaderTarget("json", parse_canonical_json, (NotCanonical,)),
    "frames": ReaderTarget("frames", decode_frames, (BadRequest,)),
    "push": ReaderTarget("frames", lambda raw: push.decode(raw, **IDS), (KeptError,)),
    "header": ReaderTarget(
        "envelope", lambda raw: sealing.read_header(raw, sealing.EnvelopeKind.VERSION), (SealError,)
    ),
    "envelope": ReaderTarget(
        "envelope", lambda raw: sealing.open_envelope(bytes(32), raw, sealing.EnvelopeKind.VERSION, {}), (SealError,)
    ),
    "box": ReaderTarget("envelope", lambda raw: sealing.open_box(bytes(32), b"", raw), (SealError,)),
    "pack": ReaderTarget("zip", lambda raw: _read_from_file(raw, _read_pack)),
    "copy": ReaderTarget("zip", lambda raw: _read_from_file(raw, _read_sealed_copy), (InvalidSealedCopy,)),
    "copy head": ReaderTarget("copy_head", _read_sealed_copy_head, (InvalidSealedCopy, InvalidCredentials)),
    "backup": ReaderTarget("envelope", lambda raw: _read_from_file(MAGIC + raw, _read_backup), (InvalidSealedCopy,)),
    "pdf": ReaderTarget("pdf", embedded_files),
    "table": ReaderTarget("table", chronology_copies),
    "print copy": ReaderTarget("picture", check_print_copy, (BadRequest,)),
    "picture": ReaderTarget("picture", print_images.make_print_copy, (BadRequest,)),
    "mail": ReaderTarget("mail", read_mail, (ValueError,)),
    "capsule": ReaderTarget("json", read_capsule, (BadRequest,)),
    "checkpoint": ReaderTarget("note", checkpoints.parse_note, (BadSignature,)),
    "certificates": ReaderTarget("pem", timestamps.load_chain, (BadRequest,)),
    "timestamp": ReaderTarget("stamp", _read_timestamp, (BadSignature,)),
    "body": ReaderTarget("json", read_fields, (BadRequest,)),
    "number": ReaderTarget("words", _text_reader(lambda text: read_number(text, 1 << 53)), (BadRequest,)),
    "code": ReaderTarget("words", _text_reader(parse_code), (BadRequest,)),
    "words": ReaderTarget("words", _text_reader(normalise), (BadRequest,)),
    "base64": ReaderTarget("words", _text_reader(unb64), (BadRequest,)),
}
