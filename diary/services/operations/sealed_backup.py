"""File format of a backup: sealed to the operator's key, whose private half is not on the server.

[Note: backup key off the server] The server has only the public key, so an attacker who takes over the server or a
backup cannot open older backups with that key. Each file has its own random key, sealed to the operator's. Then
follow numbered frames, each bound to its number, and a last frame with the number of members. So a file that was
truncated, spliced or changed by one bit does not open. docs/formats.md describes the bytes.
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
    """Writer of a sealed backup."""

    def __init__(self, file: BinaryIO, operator_public_key: bytes) -> None:
        """Write the file's header. Raise BadSignature unless `operator_public_key` (65 bytes) is valid."""
        self._file = file
        self._key = os.urandom(KEY_BYTES)
        self._frame_count = 0
        self._member_count = 0
        file.write(MAGIC)
        self._write_sealed(seal_to_public_key(operator_public_key, EnvelopeKind.WRAP, HEADER, self._key))

    def add_member(self, name: str, chunks: Iterable[bytes]) -> None:
        """Write a member with this name and content."""
        self._member_count += 1
        self._write_frame(_MEMBER_FRAME + canonical_json({"name": name}))
        for chunk in chunks:
            for offset in range(0, len(chunk), CHUNK_BYTES):
                self._write_frame(_DATA_FRAME + chunk[offset : offset + CHUNK_BYTES])

    def close(self) -> None:
        """Write the last frame and flush the file to the disk. The caller closes the file."""
        self._write_frame(_END_FRAME + canonical_json({"members": self._member_count}))
        self._file.flush()
        os.fsync(self._file.fileno())

    def _write_frame(self, plaintext: bytes) -> None:
        self._write_sealed(seal_box(self._key, _frame_context(self._frame_count), plaintext))
        self._frame_count += 1

    def _write_sealed(self, sealed: bytes) -> None:
        self._file.write(len(sealed).to_bytes(4, "big") + sealed)


def read_members(path: Path, operator_private_key: bytes) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Yield each member's name and chunks, which must be read before the next member.

    Raise InvalidSealedCopy if the file is damaged or sealed to another key. The file is known to be complete only after
    the last member.
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
                pass  # skip what the caller did not read
            kind, content = next_frame[0]
        if kind != _END_FRAME or _parse_object(content).get("members") != member_count or file.read(1):
            raise InvalidSealedCopy(_INVALID_BACKUP_MESSAGE)


def _read_member_chunks(
    frames: Iterator[tuple[bytes, bytes]], next_frame: list[tuple[bytes, bytes]]
) -> Iterator[bytes]:
    """Yield the data frames that follow. The first frame of another kind is added to `next_frame`."""
    for kind, content in frames:
        if kind != _DATA_FRAME:
            next_frame.append((kind, content))
            return
        yield content


def _read_frames(file: BinaryIO, key: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield every frame's kind and content. Raise InvalidSealedCopy for a frame that is missing or does not open."""
    frame_number = 0
    while True:
        try:
            plaintext = open_box(key, _frame_context(frame_number), _read_sealed(file))
        except SealError:
            raise InvalidSealedCopy(_INVALID_BACKUP_MESSAGE) from None
        yield plaintext[:1], plaintext[1:]
        frame_number += 1


def _read_sealed(file: BinaryIO) -> bytes:
    """Read a length and that many bytes. Raise InvalidSealedCopy if the file ends before."""
    length = int.from_bytes(file.read(4), "big")
    sealed = file.read(length) if length <= FRAME_LIMIT_BYTES else b""
    if not length or len(sealed) != length:
        raise InvalidSealedCopy(_INVALID_BACKUP_MESSAGE)
    return sealed


def _parse_object(raw: bytes) -> dict[str, object]:
    """Return a frame's JSON object. Raise InvalidSealedCopy if the frame holds anything else."""
    try:
        value = parse_canonical_json(raw)
    except KeptError:
        raise InvalidSealedCopy(_INVALID_BACKUP_MESSAGE) from None
    if not isinstance(value, dict):
        raise InvalidSealedCopy(_INVALID_BACKUP_MESSAGE)
    return value


def _frame_context(frame_number: int) -> bytes:
    """Return the context that binds a frame to its number."""
    return _CONTEXT + frame_number.to_bytes(8, "big")
