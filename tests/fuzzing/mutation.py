"""Mutations of bytes, drawn from a seed so that a failure can be reproduced."""

import random
from collections.abc import Sequence
from typing import Final

MAX_INPUT_BYTES: Final = 1 << 20
# Lengths, counts and offsets at which readers tend to fail.
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


def mutated_input(seed: int, corpus: Sequence[bytes]) -> bytes:
    """Return the input of a seed: a file of the corpus after one to six mutations. At most 1 MiB."""
    random_source = random.Random(seed)
    raw = bytearray(random_source.choice(corpus))
    for _ in range(random_source.choice((1, 1, 2, 3, 6))):
        _mutate(raw, random_source, corpus)
    return bytes(raw[:MAX_INPUT_BYTES])


def _mutate(raw: bytearray, random_source: random.Random, corpus: Sequence[bytes]) -> None:
    """Apply one mutation."""
    position = random_source.randrange(len(raw) + 1)
    end = min(len(raw), position + random_source.choice((1, 2, 4, 8, 64, 512)))
    kind = random_source.randrange(8)
    if kind == 0 and position < len(raw):
        raw[position] ^= 1 << random_source.randrange(8)
    elif kind == 1 and position < len(raw):
        raw[position] = random_source.randrange(256)
    elif kind == 2:
        size = random_source.choice((1, 2, 4, 8))
        number = random_source.choice(ODD_NUMBERS) & ((1 << 8 * size) - 1)
        raw[position : position + size] = number.to_bytes(size, random_source.choice(("big", "little")))
    elif kind == 3:
        del raw[position:end]
    elif kind == 4:
        raw[position:position] = raw[position:end] * random_source.choice((1, 2, 50))
    elif kind == 5:
        del raw[position:]
    elif kind == 6:
        raw[position : random_source.choice((position, end))] = random_source.choice(ODD_BYTES)
    else:
        other_input = random_source.choice(corpus)
        start = random_source.randrange(len(other_input) + 1)
        raw[position:end] = other_input[start : start + random_source.choice((4, 64, 1024))]
