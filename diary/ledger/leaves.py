"""Leaves of the public log; the tree over them comes with the log itself.

What is hashed names its type in `t`, so that the leaf of a receipt can never be read as the leaf of a release.
"""

import hashlib
from typing import Final

from diary.encoding import canonical_json

TYPE: Final = "leaf/v1"


def receipt_leaf(*, commitment: str, number: str, timestamp_ms: int) -> bytes:
    """The 32-byte leaf of a receipt: its commitment and number (b64) and its time in ms."""
    return hashlib.sha256(
        b"\0" + canonical_json({"c": commitment, "n": number, "t": TYPE, "ts": timestamp_ms})
    ).digest()


def release_leaf(manifest: bytes) -> bytes:
    """The 32-byte leaf of a signed release: over `release.json` byte for byte (releases.py)."""
    return hashlib.sha256(b"\0" + manifest).digest()
