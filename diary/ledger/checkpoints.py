"""Checkpoints: the notary's signed note of the log's size and root (C2SP signed-note, tlog-checkpoint).

    {origin}            the notary key's id, b64: a log is identified by its key, never by a host
    {size}
    {root}              ordinary base64
    (an empty line)
    — {origin} {base64 of the key hash's first 4 bytes ‖ signature}
    — {any other name} {base64}     0 to 15 lines: witnesses' cosignatures (cosignatures.py), or by unknown keys

Python and the browser must split a note in the same way, so white space is listed here: each language defines it
differently.
"""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from typing import Final

from diary import constants
from diary.crypto.signing import Ed25519Signer, ed25519_key_id, verify_ed25519
from diary.encoding import b64
from diary.errors import BadSignature

NOTE_LIMIT_BYTES: Final = constants.CHECKPOINT_LIMIT_BYTES
SIGNATURE_LINES_LIMIT: Final = constants.CHECKPOINT_LINES_LIMIT
KEY_HASH_BYTES: Final = 4
_ED25519_KEY_TYPE: Final = 0x01
# Unicode's White_Space, and the control characters that a signed note must not contain.
_WHITE_SPACE: Final = r"\x00-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_BODY_PATTERN: Final = re.compile(r"([A-Za-z0-9_-]{43})\n(0|[1-9][0-9]{0,15})\n([A-Za-z0-9+/]{43}=)\n")
_SIGNATURE_LINE_PATTERN: Final = re.compile(rf"\u2014 ([^+{_WHITE_SPACE}]+) ([A-Za-z0-9+/]+={{0,2}})")
_KEY_NAME_PATTERN: Final = re.compile(rf"[^+{_WHITE_SPACE}]+")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Content of a note. Its signature is not checked."""

    origin: str
    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class SignatureLine:
    """A signature line: key name, the first 4 bytes of the key hash, and the signature (at least one byte)."""

    key_name: str
    key_hash: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class ParsedNote:
    """A parsed note: the signed text with its last line end, the signature lines in order, and the content."""

    signed_text: str
    signature_lines: tuple[SignatureLine, ...]
    checkpoint: Checkpoint


def sign_checkpoint(notary: Ed25519Signer, size: int, root: bytes) -> bytes:
    """Return a note with only the notary's line, in the bytes that are stored, timestamped and put in packs."""
    text = f"{notary.log_id}\n{size}\n{base64.b64encode(root).decode()}\n"
    line = SignatureLine(notary.log_id, key_hash(notary.log_id, notary.pub), notary.sign(text.encode()))
    return f"{text}\n{format_signature_line(line)}".encode()


def parse_checkpoint(note: bytes) -> Checkpoint:
    """Return the content of a note. Raise BadSignature if it is malformed."""
    return parse_note(note).checkpoint


def verify_note(note: bytes, notary_pub: bytes) -> Checkpoint:
    """Return the content of a note. Raise BadSignature unless this notary signed it.

    Ignore lines by other keys.
    """
    parsed = parse_note(note)
    log_id = b64(ed25519_key_id(notary_pub))
    notary_lines = [
        line
        for line in parsed.signature_lines
        if (line.key_name, line.key_hash) == (log_id, key_hash(log_id, notary_pub))
    ]
    if parsed.checkpoint.origin != log_id or not notary_lines:
        raise BadSignature("The checkpoint names another notary.")
    for line in notary_lines:
        verify_ed25519(notary_pub, parsed.signed_text.encode(), line.signature)
    return parsed.checkpoint


def strip_cosignatures(note: bytes) -> bytes:
    """Return the note without lines by other names: the bytes that are timestamped.

    Raise BadSignature if the note is malformed.
    """
    parsed = parse_note(note)
    own_lines = [
        format_signature_line(line) for line in parsed.signature_lines if line.key_name == parsed.checkpoint.origin
    ]
    return "".join([parsed.signed_text, "\n", *own_lines]).encode()


def parse_note(note: bytes) -> ParsedNote:
    """Parse a note. Raise BadSignature if it is malformed, or has more than 16 signature lines or 64 KiB."""
    body_text, separator, signature_text = _decode_note(note).rpartition("\n\n")
    body_match = _BODY_PATTERN.fullmatch(body_text + "\n")
    if not separator or not body_match or not signature_text.endswith("\n"):
        raise BadSignature("That is not a checkpoint.")
    lines = parse_signature_lines(signature_text)
    return ParsedNote(
        body_text + "\n", lines, Checkpoint(body_match[1], int(body_match[2]), _decode_base64(body_match[3]))
    )


def parse_signature_lines(text: str) -> tuple[SignatureLine, ...]:
    """Parse 1 to 16 signature lines, each with its line end. Raise BadSignature if one is malformed."""
    rows = text.removesuffix("\n").split("\n")
    if len(rows) > SIGNATURE_LINES_LIMIT or not text.endswith("\n"):
        raise BadSignature("That is not a checkpoint.")
    lines = []
    for row in rows:
        matched = _SIGNATURE_LINE_PATTERN.fullmatch(row)
        raw = _decode_base64(matched[2]) if matched else b""
        if not matched or len(raw) <= KEY_HASH_BYTES:
            raise BadSignature("That is not a checkpoint.")
        lines.append(SignatureLine(matched[1], raw[:KEY_HASH_BYTES], raw[KEY_HASH_BYTES:]))
    return tuple(lines)


def format_signature_line(line: SignatureLine) -> str:
    """Return a signature line with its line end."""
    return f"\u2014 {line.key_name} {base64.b64encode(line.key_hash + line.signature).decode()}\n"


def is_valid_key_name(text: str) -> bool:
    """Return whether a key may have this name: no white space, plus sign or control character, at most 255 bytes."""
    return _KEY_NAME_PATTERN.fullmatch(text) is not None and len(text.encode()) <= 255


def key_hash(name: str, pub: bytes, key_type: int = _ED25519_KEY_TYPE) -> bytes:
    """Return the first four bytes of the digest by which a signature line names its key.

    `key_type` is the type byte of signed-note.
    """
    return hashlib.sha256(name.encode() + b"\n" + bytes([key_type]) + pub).digest()[:KEY_HASH_BYTES]


def _decode_note(note: bytes) -> str:
    """Return a note as text, or '' if it is too long or not UTF-8."""
    try:
        return note.decode() if len(note) <= NOTE_LIMIT_BYTES else ""
    except UnicodeDecodeError:
        return ""


def _decode_base64(text: str) -> bytes:
    """Return the bytes of ordinary base64. Raise BadSignature unless it is in canonical form."""
    try:
        raw = base64.b64decode(text, validate=True)
    except binascii.Error:
        raise BadSignature("That is not a checkpoint.") from None
    if base64.b64encode(raw).decode() != text:
        raise BadSignature("That is not a checkpoint.")
    return raw
