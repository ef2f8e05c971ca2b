"""Checkpoints: the notary's signed note that the log had so many leaves and this root (C2SP signed-note, tlog-checkpoint).

    {origin}            the notary key's id, b64: a log is known by its key and never by a host
    {size}
    {root}              ordinary base64
    (an empty line)
    — {origin} {base64 of the key hash's first 4 bytes ‖ signature}
"""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from typing import Final

from diary.crypto.signing import Notary, notary_key_id, verify_notary
from diary.encoding import b64
from diary.errors import BadSignature

NOTE_LIMIT: Final = 1024
_ED25519: Final = b"\x01"
_KEY_HASH_BYTES: Final = 4
_NOTE = re.compile(
    r"(([A-Za-z0-9_-]{43})\n(0|[1-9][0-9]{0,15})\n([A-Za-z0-9+/]{43}=)\n)\n\u2014 ([A-Za-z0-9_-]{43}) ([A-Za-z0-9+/]{91}=)\n"
)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a note says; whether it is signed is another question."""

    origin: str
    size: int
    root: bytes


def make(notary: Notary, size: int, root: bytes) -> bytes:
    """A signed note, as the bytes that are served, stamped and put in packs."""
    text = f"{notary.log}\n{size}\n{base64.b64encode(root).decode()}\n"
    signature = base64.b64encode(_key_hash(notary.log, notary.pub) + notary.sign(text.encode())).decode()
    return f"{text}\n\u2014 {notary.log} {signature}\n".encode()


def read(note: bytes) -> Checkpoint:
    """What a note says. Raises BadSignature for anything that is not exactly of the form above."""
    found = _NOTE.fullmatch(_text(note))
    if not found:
        raise BadSignature("That is not a checkpoint.")
    root = _unb64(found[4])
    if base64.b64encode(root).decode() != found[4]:
        raise BadSignature("That is not a checkpoint.")
    return Checkpoint(found[2], int(found[3]), root)


def verify(note: bytes, notary_pub: bytes) -> Checkpoint:
    """What a note by this notary says; else BadSignature."""
    said = read(note)
    found = _NOTE.fullmatch(_text(note))
    log = b64(notary_key_id(notary_pub))
    if not found or said.origin != log or found[5] != log:
        raise BadSignature("The checkpoint names another notary.")
    raw = _unb64(found[6])
    if raw[:_KEY_HASH_BYTES] != _key_hash(log, notary_pub):
        raise BadSignature("The checkpoint names another notary.")
    verify_notary(notary_pub, found[1].encode(), raw[_KEY_HASH_BYTES:])
    return said


def _key_hash(name: str, pub: bytes) -> bytes:
    """The first four bytes by which a signed note names its key."""
    return hashlib.sha256(name.encode() + b"\n" + _ED25519 + pub).digest()[:_KEY_HASH_BYTES]


def _text(note: bytes) -> str:
    """A note as text; '' for what is none."""
    try:
        return note.decode() if len(note) <= NOTE_LIMIT else ""
    except UnicodeDecodeError:
        return ""


def _unb64(text: str) -> bytes:
    """Ordinary base64. Raises BadSignature."""
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise BadSignature("That is not a checkpoint.") from None
