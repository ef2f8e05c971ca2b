"""An operator's backup as a file: sealed to a key whose private half is not on the server.

[Note: who can open a backup] The server has the public half only. Whoever takes the server, or one of its backups,
opens no older backup with what they find there. Each file draws a key of its own, sealed to the operator's; then come
numbered frames, each bound to its number, and a last one that says how many there were. So a file that was cut
short, put together from two, or changed by one bit does not open. docs/formats.md has the bytes.
"""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, Final

from diary.crypto.public_key_sealing import open_with_private_key, seal_to_public_key
from diary.crypto.sealing import KEY_BYTES, EnvelopeKind, open_box, seal_box
from diary.encoding import canonical_json, parse_canonical_json
from diary.errors import InvalidSealedCopy, KeptError, SealError

MAGIC: Final = b"KEPT-BACKUP-1\n"
CHUNK_BYTES: Final = 1 << 20
FRAME_LIMIT_BYTES: Final = CHUNK_BYTES + (1 << 16)
HEADER: Final[dict[str, object]] = {"t": "backup", "v": 1}
_CONTEXT: Final = b"kept/backup\0"
_MEMBER_FRAME, _DATA_FRAME, _END_FRAME = b"m", b"d", b"e"
_INVALID_BACKUP_MESSAGE: Final = "This file is no backup, or it is damaged or cut short. Nothing was written."
_WRONG_KEY_MESSAGE: Final = "This backup does not open with that key. Nothing was written."


class SealedBackupWriter:
    """A backup while it is written."""

    def __init__(self, file: BinaryIO, operator_public_key: bytes) -> None:
        """`pub`: the operator's public key, 65 bytes. Raises BadSignature for one that is none."""
        self._file = file
        self._key = os.urandom(KEY_BYTES)
        self._frame_count = 0
        self._member_count = 0
        file.write(MAGIC)
        self._write_sealed(seal_to_public_key(operator_public_key, EnvelopeKind.WRAP, HEADER, self._key))

    def add_member(self, name: str, chunks: Iterable[bytes]) -> None:
        """Put a member in."""
        self._member_count += 1
        self._write_frame(_MEMBER_FRAME + canonical_json({"name": name}))
        for chunk in chunks:
            for offset in range(0, len(chunk), CHUNK_BYTES):
                self._write_frame(_DATA_FRAME + chunk[offset : offset + CHUNK_BYTES])

    def close(self) -> None:
        """Say that this was all, and have it on the disk."""
        self._write_frame(_END_FRAME + canonical_json({"members": self._member_count}))
        self._file.flush()
        os.fsync(self._file.fileno())

    def _write_frame(self, plaintext: bytes) -> None:
        self._write_sealed(seal_box(self._key, _frame_context(self._frame_count), plaintext))
        self._frame_count += 1

    def _write_sealed(self, sealed: bytes) -> None:
        self._file.write(len(sealed).to_bytes(4, "big") + sealed)


def read_members(path: Path, operator_private_key: bytes) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Each member's name and its pieces, to be read before the next is asked for. Raises NotACopy.

    Only a walk that came to its end has shown that the file is whole.
    """
    with path.open("rb") as file:
        if file.read(len(MAGIC)) != MAGIC:
            raise InvalidSealedCopy(_INVALID_BACKUP_MESSAGE)
        try:
            key = open_with_private_key(operator_private_key, _read_sealed(file), EnvelopeKind.WRAP, HEADER)
        except SealError:
            raise InvalidSealedCopy(_WRONG_KEY_MESSAGE) from None
        frames = _read_frames(file, key)
        kind, content = next(frames)
        member_count = 0
        while kind == _MEMBER_FRAME:
            member_count += 1
            next_frame: list[tuple[bytes, bytes]] = []
            chunks = _read_member_chunks(frames, next_frame)
            yield str(_parse_object(content).get("name")), chunks
            for _ in chunks:
                pass  # whoever was not interested in it
            kind, content = next_frame[0]
        if kind != _END_FRAME or _parse_object(content).get("members") != member_count or file.read(1):
            raise InvalidSealedCopy(_INVALID_BACKUP_MESSAGE)


def _read_member_chunks(
    frames: Iterator[tuple[bytes, bytes]], next_frame: list[tuple[bytes, bytes]]
) -> Iterator[bytes]:
    """The data frames that follow; the first that is none goes to `after`."""
    for kind, content in frames:
        if kind != _DATA_FRAME:
            next_frame.append((kind, content))
            return
        yield content


def _read_frames(file: BinaryIO, key: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Every frame's kind and content. Raises NotACopy for one that does not open or is not there."""
    frame_number = 0
    while True:
        try:
            plaintext = open_box(key, _frame_context(frame_number), _read_sealed(file))
        except SealError:
            raise InvalidSealedCopy(_INVALID_BACKUP_MESSAGE) from None
        yield plaintext[:1], plaintext[1:]
        frame_number += 1


def _read_sealed(file: BinaryIO) -> bytes:
    """The next length and that many bytes. Raises NotACopy."""
    length = int.from_bytes(file.read(4), "big")
    sealed = file.read(length) if length <= FRAME_LIMIT_BYTES else b""
    if not length or len(sealed) != length:
        raise InvalidSealedCopy(_INVALID_BACKUP_MESSAGE)
    return sealed


def _parse_object(raw: bytes) -> dict[str, object]:
    """A frame's JSON. Raises NotACopy."""
    try:
        value = parse_canonical_json(raw)
    except KeptError:
        raise InvalidSealedCopy(_INVALID_BACKUP_MESSAGE) from None
    if not isinstance(value, dict):
        raise InvalidSealedCopy(_INVALID_BACKUP_MESSAGE)
    return value


def _frame_context(frame_number: int) -> bytes:
    """What frame `n` is bound to."""
    return _CONTEXT + frame_number.to_bytes(8, "big")
