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

from diary.crypto.public_key_sealing import open_from, seal_to
from diary.crypto.sealing import KEY_BYTES, Kind, box_open, box_seal
from diary.encoding import canon, parse
from diary.errors import KeptError, NotACopy, SealError

MAGIC: Final = b"KEPT-BACKUP-1\n"
PIECE: Final = 1 << 20
FRAME_LIMIT: Final = PIECE + (1 << 16)
HEADER: Final[dict[str, object]] = {"t": "backup", "v": 1}
_CONTEXT: Final = b"kept/backup\0"
_MEMBER, _DATA, _END = b"m", b"d", b"e"
_NOT_OURS: Final = "This file is no backup, or it is damaged or cut short. Nothing was written."
_OTHER_KEY: Final = "This backup does not open with that key. Nothing was written."


class SealedFile:
    """A backup while it is written."""

    def __init__(self, file: BinaryIO, pub: bytes) -> None:
        """`pub`: the operator's public key, 65 bytes. Raises BadSignature for one that is none."""
        self._file = file
        self._key = os.urandom(KEY_BYTES)
        self._frames = 0
        self._members = 0
        file.write(MAGIC)
        self._put(seal_to(pub, Kind.WRAP, HEADER, self._key))

    def add(self, name: str, pieces: Iterable[bytes]) -> None:
        """Put a member in."""
        self._members += 1
        self._frame(_MEMBER + canon({"name": name}))
        for piece in pieces:
            for at in range(0, len(piece), PIECE):
                self._frame(_DATA + piece[at : at + PIECE])

    def close(self) -> None:
        """Say that this was all, and have it on the disk."""
        self._frame(_END + canon({"members": self._members}))
        self._file.flush()
        os.fsync(self._file.fileno())

    def _frame(self, plaintext: bytes) -> None:
        self._put(box_seal(self._key, _context(self._frames), plaintext))
        self._frames += 1

    def _put(self, sealed: bytes) -> None:
        self._file.write(len(sealed).to_bytes(4, "big") + sealed)


def read_members(path: Path, scalar: bytes) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Each member's name and its pieces, to be read before the next is asked for. Raises NotACopy.

    Only a walk that came to its end has shown that the file is whole.
    """
    with path.open("rb") as file:
        if file.read(len(MAGIC)) != MAGIC:
            raise NotACopy(_NOT_OURS)
        try:
            key = open_from(scalar, _take(file), Kind.WRAP, HEADER)
        except SealError:
            raise NotACopy(_OTHER_KEY) from None
        frames = _frames(file, key)
        kind, told = next(frames)
        members = 0
        while kind == _MEMBER:
            members += 1
            held: list[tuple[bytes, bytes]] = []
            pieces = _pieces(frames, held)
            yield str(_object(told).get("name")), pieces
            for _ in pieces:
                pass  # whoever was not interested in it
            kind, told = held[0]
        if kind != _END or _object(told).get("members") != members or file.read(1):
            raise NotACopy(_NOT_OURS)


def _pieces(frames: Iterator[tuple[bytes, bytes]], after: list[tuple[bytes, bytes]]) -> Iterator[bytes]:
    """The data frames that follow; the first that is none goes to `after`."""
    for kind, content in frames:
        if kind != _DATA:
            after.append((kind, content))
            return
        yield content


def _frames(file: BinaryIO, key: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Every frame's kind and content. Raises NotACopy for one that does not open or is not there."""
    n = 0
    while True:
        try:
            plaintext = box_open(key, _context(n), _take(file))
        except SealError:
            raise NotACopy(_NOT_OURS) from None
        yield plaintext[:1], plaintext[1:]
        n += 1


def _take(file: BinaryIO) -> bytes:
    """The next length and that many bytes. Raises NotACopy."""
    length = int.from_bytes(file.read(4), "big")
    sealed = file.read(length) if length <= FRAME_LIMIT else b""
    if not length or len(sealed) != length:
        raise NotACopy(_NOT_OURS)
    return sealed


def _object(raw: bytes) -> dict[str, object]:
    """A frame's JSON. Raises NotACopy."""
    try:
        value = parse(raw)
    except KeptError:
        raise NotACopy(_NOT_OURS) from None
    if not isinstance(value, dict):
        raise NotACopy(_NOT_OURS)
    return value


def _context(n: int) -> bytes:
    """What frame `n` is bound to."""
    return _CONTEXT + n.to_bytes(8, "big")
