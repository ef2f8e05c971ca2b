"""Checkpoints: the notary's signed note that the log had so many leaves and this root (C2SP signed-note, tlog-checkpoint).

    {origin}            the notary key's id, b64: a log is known by its key and never by a host
    {size}
    {root}              ordinary base64
    (an empty line)
    — {origin} {base64 of the key hash's first 4 bytes ‖ signature}
    — {any other name} {base64}     none to fifteen more: witnesses' cosignatures (cosignatures.py), or of keys unknown here

Python and the browser must split a note alike, so white space is listed here and not left to either language's idea of it.
"""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from typing import Final

from diary import constants
from diary.crypto.signing import Notary, notary_key_id, verify_notary
from diary.encoding import b64
from diary.errors import BadSignature

NOTE_LIMIT: Final = constants.CHECKPOINT_LIMIT_BYTES
LINES_LIMIT: Final = constants.CHECKPOINT_LINES_LIMIT
KEY_HASH_BYTES: Final = 4
_ED25519: Final = 0x01
# Unicode's White_Space, with the control characters that a signed note may not hold.
_SPACE: Final = r"\x00-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_TEXT: Final = re.compile(r"([A-Za-z0-9_-]{43})\n(0|[1-9][0-9]{0,15})\n([A-Za-z0-9+/]{43}=)\n")
_LINE: Final = re.compile(rf"\u2014 ([^+{_SPACE}]+) ([A-Za-z0-9+/]+={{0,2}})")
_NAME: Final = re.compile(rf"[^+{_SPACE}]+")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a note says; whether it is signed is another question."""

    origin: str
    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class SignatureLine:
    """One signature line: the key's name, the 4 bytes of its hash, and the signature's bytes (at least one)."""

    name: str
    key: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class Note:
    """A note taken apart: the signed text with its last line end, its signature lines in order, and what the text says."""

    text: str
    lines: tuple[SignatureLine, ...]
    said: Checkpoint


def make(notary: Notary, size: int, root: bytes) -> bytes:
    """A note with the notary's line alone, as the bytes that are stored, stamped and put in packs."""
    text = f"{notary.log}\n{size}\n{base64.b64encode(root).decode()}\n"
    line = SignatureLine(notary.log, key_hash(notary.log, notary.pub), notary.sign(text.encode()))
    return f"{text}\n{line_text(line)}".encode()


def read(note: bytes) -> Checkpoint:
    """What a note says. Raises BadSignature for anything that is not of the form above."""
    return take(note).said


def verify(note: bytes, notary_pub: bytes) -> Checkpoint:
    """What a note signed by this notary says; lines of other keys are ignored. Raises BadSignature."""
    taken = take(note)
    log = b64(notary_key_id(notary_pub))
    mine = [line for line in taken.lines if (line.name, line.key) == (log, key_hash(log, notary_pub))]
    if taken.said.origin != log or not mine:
        raise BadSignature("The checkpoint names another notary.")
    for line in mine:
        verify_notary(notary_pub, taken.text.encode(), line.signature)
    return taken.said


def one_line(note: bytes) -> bytes:
    """The note without the lines of other names: the bytes a timestamp is over. Raises BadSignature."""
    taken = take(note)
    own = [line_text(line) for line in taken.lines if line.name == taken.said.origin]
    return "".join([taken.text, "\n", *own]).encode()


def take(note: bytes) -> Note:
    """A note taken apart. Raises BadSignature for more than 16 lines or 64 KiB, and for anything else that is no checkpoint."""
    text, found, rest = _text(note).rpartition("\n\n")
    said = _TEXT.fullmatch(text + "\n")
    if not found or not said or not rest.endswith("\n"):
        raise BadSignature("That is not a checkpoint.")
    lines = read_lines(rest)
    return Note(text + "\n", lines, Checkpoint(said[1], int(said[2]), _unb64(said[3])))


def read_lines(text: str) -> tuple[SignatureLine, ...]:
    """One to sixteen signature lines, each with its line end. Raises BadSignature when one of them is none."""
    rows = text.removesuffix("\n").split("\n")
    if len(rows) > LINES_LIMIT or not text.endswith("\n"):
        raise BadSignature("That is not a checkpoint.")
    lines = []
    for row in rows:
        found = _LINE.fullmatch(row)
        raw = _unb64(found[2]) if found else b""
        if not found or len(raw) <= KEY_HASH_BYTES:
            raise BadSignature("That is not a checkpoint.")
        lines.append(SignatureLine(found[1], raw[:KEY_HASH_BYTES], raw[KEY_HASH_BYTES:]))
    return tuple(lines)


def line_text(line: SignatureLine) -> str:
    """A signature line with its line end."""
    return f"\u2014 {line.name} {base64.b64encode(line.key + line.signature).decode()}\n"


def is_name(text: str) -> bool:
    """Whether a key may bear this name: no white space, no plus, no control character, at most 255 bytes."""
    return _NAME.fullmatch(text) is not None and len(text.encode()) <= 255


def key_hash(name: str, pub: bytes, kind: int = _ED25519) -> bytes:
    """The first four bytes of the digest by which a signature line names its key. `kind`: signed-note's type byte."""
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + pub).digest()[:KEY_HASH_BYTES]


def _text(note: bytes) -> str:
    """A note as text; '' for what is none."""
    try:
        return note.decode() if len(note) <= NOTE_LIMIT else ""
    except UnicodeDecodeError:
        return ""


def _unb64(text: str) -> bytes:
    """Ordinary base64 in its one spelling. Raises BadSignature."""
    try:
        raw = base64.b64decode(text, validate=True)
    except binascii.Error:
        raise BadSignature("That is not a checkpoint.") from None
    if base64.b64encode(raw).decode() != text:
        raise BadSignature("That is not a checkpoint.")
    return raw
