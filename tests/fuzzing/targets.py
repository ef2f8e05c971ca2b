"""The readers of the program, by name, each with the form whose corpus it is given."""

import io
import json
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from diary.client.backup_file import KeptFile
from diary.crypto import sealing
from diary.crypto.words import normalise, read_code
from diary.encoding import parse, read_frames, unb64
from diary.errors import BadRequest, BadSignature, KeptError, NoMatch, NotACopy, NotCanonical, SealError
from diary.ledger import checkpoints, push, timestamps
from diary.pack.capsule.reader import read_capsule
from diary.pack.documents import print_images
from diary.pack.verify.bag_check import check_bag
from diary.pack.verify.embedded_files import embedded_files
from diary.pack.verify.pack_reader import OpenedPack, open_pack
from diary.services.operations.sealed_backup import MAGIC, read_members
from diary.web.request_parsing import read_fields, read_number
from tests.fuzzing.seeds import NOTE, STAMPED

# Where the push of the corpus belongs.
IDS: Final = {
    "diary": "Py6BOWbUJG4Y5ANVKhvXSg",
    "record": "EduxNKMLNf7VXZOZWe0REg",
    "version": "m9e0K5sk00w5V7fpNSEmQQ",
}


@dataclass(frozen=True, slots=True)
class Target:
    """A reader. `errors`: what it may raise; anything else is a fault."""

    form: str
    read: Callable[[bytes], object]
    errors: tuple[type[Exception], ...] = ()


def _in_file(raw: bytes, read: Callable[[Path], object]) -> object:
    """For a reader that takes a path."""
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        path = Path(folder, "given")
        path.write_bytes(raw)
        return read(path)


def _pack(path: Path) -> object:
    """A pack is opened, its members hashed and its lists compared."""
    opened = open_pack(path)
    if not isinstance(opened, OpenedPack):
        return opened
    try:
        return list(check_bag(opened))
    finally:
        opened.close()


def _copy(path: Path) -> object:
    """A sealed copy is opened."""
    with KeptFile(path) as kept:
        return kept


def _copy_head(raw: bytes) -> object:
    """A sealed copy whose zip is sound, and whose list of keys is not, is opened with a code."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr("kept.json", raw)
        made.writestr("versions.bin", raw)
    return _in_file(out.getvalue(), _open_copy)


def _open_copy(path: Path) -> object:
    with KeptFile(path) as kept:
        return kept.open_with_code(bytes(16))


def _stamp(raw: bytes) -> object:
    """An authority's answer about a note."""
    pins = json.loads((STAMPED / "pins.json").read_text(encoding="utf-8"))
    chain = (STAMPED / "chain.pem").read_bytes()
    return timestamps.check(raw, NOTE, chain=chain, policy=pins["policy"], nonce=unb64(pins["nonce"]))


def _backup(path: Path) -> object:
    """An operator's backup is walked."""
    return [b"".join(pieces) for _, pieces in read_members(path, b"\1" * 32)]


def _text(read: Callable[[str], object]) -> Callable[[bytes], object]:
    """For a reader of text."""
    return lambda raw: read(raw.decode("utf-8", "replace"))


TARGETS: Final = {
    "json": Target("json", parse, (NotCanonical,)),
    "frames": Target("frames", read_frames, (BadRequest,)),
    "push": Target("frames", lambda raw: push.decode(raw, **IDS), (KeptError,)),
    "header": Target("envelope", lambda raw: sealing.read_header(raw, sealing.Kind.VERSION), (SealError,)),
    "envelope": Target(
        "envelope", lambda raw: sealing.open_envelope(bytes(32), raw, sealing.Kind.VERSION, {}), (SealError,)
    ),
    "box": Target("envelope", lambda raw: sealing.box_open(bytes(32), b"", raw), (SealError,)),
    "pack": Target("zip", lambda raw: _in_file(raw, _pack)),
    "copy": Target("zip", lambda raw: _in_file(raw, _copy), (NotACopy,)),
    "copy head": Target("copy_head", _copy_head, (NotACopy, NoMatch)),
    "backup": Target("envelope", lambda raw: _in_file(MAGIC + raw, _backup), (NotACopy,)),
    "pdf": Target("pdf", embedded_files),
    "print copy": Target("picture", print_images.accept, (BadRequest,)),
    "picture": Target("picture", print_images.print_copy, (BadRequest,)),
    "capsule": Target("json", read_capsule, (BadRequest,)),
    "checkpoint": Target("note", checkpoints.take, (BadSignature,)),
    "certificates": Target("pem", timestamps.certificates, (BadRequest,)),
    "timestamp": Target("stamp", _stamp, (BadSignature,)),
    "body": Target("json", read_fields, (BadRequest,)),
    "number": Target("words", _text(lambda text: read_number(text, 1 << 53)), (BadRequest,)),
    "code": Target("words", _text(read_code), (BadRequest,)),
    "words": Target("words", _text(normalise), (BadRequest,)),
    "base64": Target("words", _text(unb64), (BadRequest,)),
}
