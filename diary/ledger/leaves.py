"""Leaves of the public log. The tree over them is in tree.py.

The hashed object names its type in `t`, so that a receipt's leaf cannot be mistaken for a release's.
"""

import hashlib
from typing import Final

from diary.encoding import canonical_json

TYPE: Final = "leaf/v1"


def receipt_leaf(*, commitment: str, number: str, timestamp_ms: int) -> bytes:
    """Return the 32-byte leaf of a receipt, from its commitment and number (b64) and its time in ms UTC."""
    return hashlib.sha256(
        b"\0" + canonical_json({"c": commitment, "n": number, "t": TYPE, "ts": timestamp_ms})
    ).digest()


def release_leaf(manifest: bytes) -> bytes:
    """Return the 32-byte leaf of a signed release, over the exact bytes of `release.json` (releases.py)."""
    return hashlib.sha256(b"\0" + manifest).digest()
