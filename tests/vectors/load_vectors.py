"""Readers of vectors for the tests of both halves: bytes, rules and operations."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from diary.encoding import unb64
from tests.vectors.reference import patterned_bytes

FOLDER = Path(__file__).parent


def load_vectors(name: str) -> Any:
    """Return the vectors in tests/vectors/`name`."""
    return json.loads((FOLDER / name).read_text("ascii"))


def case_bytes(case: dict[str, Any]) -> bytes:
    """Return the bytes of a case, given as b64 or by the rule before + repeat × times + after."""
    if "bytes" in case:
        return unb64(case["bytes"])
    text: str = case["before"] + case["repeat"] * case["times"] + case["after"]
    return text.encode()


def case_plaintext(case: dict[str, Any]) -> bytes:
    """Return the plaintext of a case, given by its length."""
    return patterned_bytes(case["length"])


def apply_operations(raw: bytes, ops: list[list[Any]]) -> Iterator[bytes]:
    """Yield `raw` after the operations; many results for `every_bit`."""
    if ops == [["every_bit"]]:
        yield from (with_flipped_bit(raw, bit) for bit in range(len(raw) * 8))
        return
    for op in ops:
        raw = apply_operation(raw, op)
    yield raw


def with_flipped_bit(raw: bytes, bit: int) -> bytes:
    """Return `raw` with one bit flipped; bit 0 is the lowest of the first byte."""
    changed_bytes = bytearray(raw)
    changed_bytes[bit // 8] ^= 1 << bit % 8
    return bytes(changed_bytes)


def apply_operation(raw: bytes, operation: list[Any]) -> bytes:
    """Apply one operation, as listed by `about` in envelopes.json."""
    name, *arguments = operation
    changed_bytes = bytearray(raw)
    if name == "set":
        value = unb64(arguments[1])
        changed_bytes[arguments[0] : arguments[0] + len(value)] = value
    elif name == "truncate":
        del changed_bytes[arguments[0] :]
    elif name == "swap":
        a, b, size = arguments
        changed_bytes[a : a + size], changed_bytes[b : b + size] = raw[b : b + size], raw[a : a + size]
    elif name == "copy":
        to, source, size = arguments
        changed_bytes[to : to + size] = raw[source : source + size]
    elif name == "remove":
        del changed_bytes[arguments[0] : arguments[0] + arguments[1]]
    elif name == "append":
        changed_bytes += unb64(arguments[0])
    elif name == "append_part":
        changed_bytes += raw[arguments[0] : arguments[0] + arguments[1]]
    elif name == "flip":
        return with_flipped_bit(raw, arguments[0])
    else:
        raise AssertionError(name)
    return bytes(changed_bytes)
