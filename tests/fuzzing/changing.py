"""Changes to bytes, drawn by a seed so that a failure can be played again."""

import random
from collections.abc import Sequence
from typing import Final

MOST: Final = 1 << 20
# Lengths, counts and places that readers trip over.
ODD_NUMBERS: Final = (
    0,
    1,
    0x7F,
    0x80,
    0xFF,
    0x100,
    0x7FFF,
    0xFFFF,
    0x7FFFFFFF,
    0x80000000,
    0xFFFFFFFF,
    0x7FFFFFFFFFFFFFFF,
)
ODD_BYTES: Final = (
    b"", b"\0", b"\xff" * 8, b"\r\n", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"[" * 40, b'{"a":' * 20, b"9" * 5000, b"-0", b"1e999",
    b"=?utf-8?q?",
    "\u200e\u202e".encode(), b"<<", b">>", b"obj", b"PK\x01\x02", b"PK\x05\x06", b"\x30\x80", b"\x30\x84\xff\xff\xff\xff",
)  # fmt: skip


def changed(seed: int, corpus: Sequence[bytes]) -> bytes:
    """The bytes that a seed stands for: one of the corpus after one to six changes. At most 1 MiB."""
    draw = random.Random(seed)
    raw = bytearray(draw.choice(corpus))
    for _ in range(draw.choice((1, 1, 2, 3, 6))):
        _change(raw, draw, corpus)
    return bytes(raw[:MOST])


def _change(raw: bytearray, draw: random.Random, corpus: Sequence[bytes]) -> None:
    """One change."""
    at = draw.randrange(len(raw) + 1)
    until = min(len(raw), at + draw.choice((1, 2, 4, 8, 64, 512)))
    how = draw.randrange(8)
    if how == 0 and at < len(raw):
        raw[at] ^= 1 << draw.randrange(8)
    elif how == 1 and at < len(raw):
        raw[at] = draw.randrange(256)
    elif how == 2:
        size = draw.choice((1, 2, 4, 8))
        number = draw.choice(ODD_NUMBERS) & ((1 << 8 * size) - 1)
        raw[at : at + size] = number.to_bytes(size, draw.choice(("big", "little")))
    elif how == 3:
        del raw[at:until]
    elif how == 4:
        raw[at:at] = raw[at:until] * draw.choice((1, 2, 50))
    elif how == 5:
        del raw[at:]
    elif how == 6:
        raw[at : draw.choice((at, until))] = draw.choice(ODD_BYTES)
    else:
        other = draw.choice(corpus)
        start = draw.randrange(len(other) + 1)
        raw[at:until] = other[start : start + draw.choice((4, 64, 1024))]
