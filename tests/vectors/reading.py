"""What the tests of both halves share in reading vectors: bytes, rules and operations."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from diary.encoding import unb64
from tests.vectors.reference import patterned

HERE = Path(__file__).parent


def load(name: str) -> Any:
    """The vectors in tests/vectors/`name`."""
    return json.loads((HERE / name).read_text("ascii"))


def raw_of(case: dict[str, Any]) -> bytes:
    """The bytes a case gives as b64, or by the rule before + repeat x times + after."""
    if "bytes" in case:
        return unb64(case["bytes"])
    text: str = case["before"] + case["repeat"] * case["times"] + case["after"]
    return text.encode()


def plaintext_of(case: dict[str, Any]) -> bytes:
    """A plaintext given by its length."""
    return patterned(case["length"])


def changed(raw: bytes, ops: list[list[Any]]) -> Iterator[bytes]:
    """`raw` after the operations; many times for `every_bit`."""
    if ops == [["every_bit"]]:
        yield from (flipped(raw, bit) for bit in range(len(raw) * 8))
        return
    for op in ops:
        raw = _operate(raw, op)
    yield raw


def flipped(raw: bytes, bit: int) -> bytes:
    """`raw` with one bit changed; bit 0 is the lowest of the first byte."""
    made = bytearray(raw)
    made[bit // 8] ^= 1 << bit % 8
    return bytes(made)


def _operate(raw: bytes, op: list[Any]) -> bytes:
    """One operation, as `about` in envelopes.json lists them."""
    name, *given = op
    made = bytearray(raw)
    if name == "set":
        value = unb64(given[1])
        made[given[0] : given[0] + len(value)] = value
    elif name == "truncate":
        del made[given[0] :]
    elif name == "swap":
        a, b, size = given
        made[a : a + size], made[b : b + size] = raw[b : b + size], raw[a : a + size]
    elif name == "copy":
        to, source, size = given
        made[to : to + size] = raw[source : source + size]
    elif name == "remove":
        del made[given[0] : given[0] + given[1]]
    elif name == "append":
        made += unb64(given[0])
    elif name == "append_part":
        made += raw[given[0] : given[0] + given[1]]
    elif name == "flip":
        return flipped(raw, given[0])
    else:
        raise AssertionError(name)
    return bytes(made)
