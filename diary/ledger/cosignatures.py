"""Cosignatures: a witness's line that it saw a checkpoint and that the log had only grown (C2SP tlog-cosignature).

    — {witness's name} {base64 of the key hash's first 4 bytes ‖ time, u64 ‖ Ed25519 signature}
    key hash = SHA-256({name} ‖ "\\n" ‖ 0x04 ‖ public key)
    signed   = "cosignature/v1\\ntime {seconds}\\n" ‖ the checkpoint's three lines

A line counts only for a witness the reader was given: whoever writes a note can put any other line beneath it.
"""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from diary.crypto.signing import Notary, verify_notary
from diary.errors import BadRequest, BadSignature
from diary.ledger import checkpoints
from diary.ledger.checkpoints import SignatureLine

KIND: Final = 0x04
_TIME_BYTES: Final = 8
_KEY_BYTES: Final = 32
_LATEST: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class LogWitness:
    """A witness by its name and its 32-byte Ed25519 key."""

    name: str
    pub: bytes

    @property
    def vkey(self) -> str:
        """As signed-note writes keys that verify: {name}+{key hash, hex}+{base64 of type byte ‖ key}."""
        key = checkpoints.key_hash(self.name, self.pub, KIND).hex()
        return f"{self.name}+{key}+{base64.b64encode(bytes([KIND]) + self.pub).decode()}"


@dataclass(frozen=True, slots=True)
class AskedWitness:
    """A witness that is asked over HTTP. `url`: its submission prefix, without a slash at the end."""

    witness: LogWitness
    url: str


@dataclass(frozen=True, slots=True)
class Cosignature:
    """That a witness saw a checkpoint. `at`: by the witness's clock, seconds UTC."""

    witness: str
    at: int


def read_vkey(text: str) -> LogWitness:
    """A witness's key as it publishes it. Raises BadRequest for anything else, other kinds of key included."""
    name, _, rest = text.strip().partition("+")
    key, _, encoded = rest.partition("+")
    try:
        raw = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    made = LogWitness(name, raw[1:])
    if (
        len(raw) != 1 + _KEY_BYTES
        or not checkpoints.is_name(name)
        or raw[0] != KIND
        or text.strip() != made.vkey
        or not key
    ):
        raise BadRequest(
            "That is not a witness's key (name+hash+key, as the witness publishes it, for cosignature/v1)."
        )
    return made


def read_vkeys(raw: bytes) -> tuple[LogWitness, ...]:
    """Witnesses' keys, one a line. Raises BadRequest."""
    return tuple(read_vkey(line) for line in raw.decode("utf-8", "replace").splitlines() if line.strip())


def cosign(witness: Notary, name: str, text: str, at: int) -> SignatureLine:
    """The line of a witness over a note's text; `at`: seconds UTC."""
    signature = at.to_bytes(_TIME_BYTES, "big") + witness.sign(_message(text, at))
    return SignatureLine(name, checkpoints.key_hash(name, witness.pub, KIND), signature)


def seen_by(note: bytes, witnesses: Sequence[LogWitness]) -> tuple[Cosignature, ...]:
    """Which of these witnesses cosigned a note, in the order they are given; each counts once. Lines of others are ignored.

    The notary's own line is not judged here. Raises BadSignature for what is no note, and when a line in the name of one
    of them does not hold.
    """
    taken = checkpoints.take(note)
    found = []
    for one in witnesses:
        times = [_check(line, one, taken.text) for line in taken.lines if is_by(line, one)]
        if times:
            found.append(Cosignature(one.name, max(times)))
    return tuple(found)


def is_by(line: SignatureLine, witness: LogWitness) -> bool:
    """Whether a line names this witness's key; whether it holds is another question."""
    return (line.name, line.key) == (witness.name, checkpoints.key_hash(witness.name, witness.pub, KIND))


def join(note: bytes, lines: Sequence[SignatureLine]) -> bytes:
    """A note with more signature lines beneath it. Raises BadSignature when there would be too many."""
    joined = note + "".join(map(checkpoints.line_text, lines)).encode()
    checkpoints.take(joined)
    return joined


def _check(line: SignatureLine, witness: LogWitness, text: str) -> int:
    """The time of a line that holds. Raises BadSignature."""
    at = int.from_bytes(line.signature[:_TIME_BYTES], "big")
    if at > _LATEST:
        raise BadSignature("A witness's signature does not hold.")
    verify_notary(witness.pub, _message(text, at), line.signature[_TIME_BYTES:])
    return at


def _message(text: str, at: int) -> bytes:
    """What a witness signs."""
    return f"cosignature/v1\ntime {at}\n{text}".encode()
