r"""Cosignatures: a witness's line that it saw a checkpoint and that the log had only grown (C2SP tlog-cosignature).

    — {witness's name} {base64 of the key hash's first 4 bytes ‖ time, u64 ‖ Ed25519 signature}
    key hash = SHA-256({name} ‖ "\n" ‖ 0x04 ‖ public key)
    signed   = "cosignature/v1\ntime {seconds}\n" ‖ the checkpoint's three lines

A line counts only for a witness in the reader's own list: the author of a note can append lines by any key.
"""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from diary.crypto.signing import Ed25519Signer, verify_ed25519
from diary.errors import BadRequest, BadSignature
from diary.ledger import checkpoints
from diary.ledger.checkpoints import SignatureLine

COSIGNATURE_KEY_TYPE: Final = 0x04
_TIME_BYTES: Final = 8
_KEY_BYTES: Final = 32
_MAX_TIME_SECONDS: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class LogWitness:
    """A log witness: its name and its 32-byte Ed25519 public key."""

    name: str
    pub: bytes

    @property
    def vkey(self) -> str:
        """Return the verifier key of signed-note: {name}+{key hash, hex}+{base64 of type byte ‖ key}."""
        key_hash_hex = checkpoints.key_hash(self.name, self.pub, COSIGNATURE_KEY_TYPE).hex()
        return f"{self.name}+{key_hash_hex}+{base64.b64encode(bytes([COSIGNATURE_KEY_TYPE]) + self.pub).decode()}"


@dataclass(frozen=True, slots=True)
class WitnessEndpoint:
    """A witness reached over HTTP. `url` is its submission prefix, without a slash at the end."""

    witness: LogWitness
    url: str


@dataclass(frozen=True, slots=True)
class Cosignature:
    """A verified cosignature. `at_seconds` is in seconds UTC by the witness's clock."""

    witness_name: str
    at_seconds: int


def parse_vkey(text: str) -> LogWitness:
    """Parse a witness's verifier key. Raise BadRequest, also for other types of key."""
    name, _, hash_and_key = text.strip().partition("+")
    key_hash_hex, _, encoded = hash_and_key.partition("+")
    try:
        raw = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    witness = LogWitness(name, raw[1:])
    if (
        len(raw) != 1 + _KEY_BYTES
        or not checkpoints.is_valid_key_name(name)
        or raw[0] != COSIGNATURE_KEY_TYPE
        or text.strip() != witness.vkey
        or not key_hash_hex
    ):
        raise BadRequest(
            "That is not a witness's key (name+hash+key, as the witness publishes it, for cosignature/v1)."
        )
    return witness


def parse_vkeys(raw: bytes) -> tuple[LogWitness, ...]:
    """Return witnesses from their verifier keys, one per line. Raise BadRequest if a line is malformed."""
    return tuple(parse_vkey(line) for line in raw.decode("utf-8", "replace").splitlines() if line.strip())


def cosign(witness: Ed25519Signer, name: str, note_text: str, at_seconds: int) -> SignatureLine:
    """Return a witness's signature line over a note's text. `at_seconds` is in seconds UTC."""
    signature = at_seconds.to_bytes(_TIME_BYTES, "big") + witness.sign(_signed_message(note_text, at_seconds))
    return SignatureLine(name, checkpoints.key_hash(name, witness.pub, COSIGNATURE_KEY_TYPE), signature)


def verified_cosignatures(note: bytes, witnesses: Sequence[LogWitness]) -> tuple[Cosignature, ...]:
    """Return the cosignatures by these witnesses, in their order and at most one each. Lines by others are ignored.

    The notary's own line is not checked. Raise BadSignature if the note is malformed, or if a line by one of the
    witnesses is not valid.
    """
    parsed = checkpoints.parse_note(note)
    verified = []
    for witness in witnesses:
        times = [
            _verify_line(line, witness, parsed.signed_text)
            for line in parsed.signature_lines
            if is_line_of(line, witness)
        ]
        if times:
            verified.append(Cosignature(witness.name, max(times)))
    return tuple(verified)


def is_line_of(line: SignatureLine, witness: LogWitness) -> bool:
    """Return whether a line names this witness's key. The signature is not checked."""
    return (line.key_name, line.key_hash) == (
        witness.name,
        checkpoints.key_hash(witness.name, witness.pub, COSIGNATURE_KEY_TYPE),
    )


def append_signature_lines(note: bytes, lines: Sequence[SignatureLine]) -> bytes:
    """Return a note with more signature lines. Raise BadSignature if there would be too many."""
    extended_note = note + "".join(map(checkpoints.format_signature_line, lines)).encode()
    checkpoints.parse_note(extended_note)
    return extended_note


def _verify_line(line: SignatureLine, witness: LogWitness, note_text: str) -> int:
    """Return the time of a line in seconds UTC. Raise BadSignature unless its signature is valid."""
    at_seconds = int.from_bytes(line.signature[:_TIME_BYTES], "big")
    if at_seconds > _MAX_TIME_SECONDS:
        raise BadSignature("A witness's signature does not hold.")
    verify_ed25519(witness.pub, _signed_message(note_text, at_seconds), line.signature[_TIME_BYTES:])
    return at_seconds


def _signed_message(note_text: str, at_seconds: int) -> bytes:
    """Return the bytes that a witness signs."""
    return f"cosignature/v1\ntime {at_seconds}\n{note_text}".encode()
