"""Tombstones of erased versions. docs/formats.md, section 6.

A tombstone has the inputs of the running head, so that a device can still verify the whole diary: the ids of record and
version, the version's number, its commitment and the digest of its envelopes. It also has the time of the erasure. It
reveals no content.
"""

from collections.abc import Mapping
from typing import Any, Final

TOMBSTONE_NAMES: Final = frozenset({"c", "env", "erased_at", "record", "seq", "version"})


def make_tombstone(version_frame: Mapping[str, Any], erased_at_ms: int) -> dict[str, object]:
    """Return the feed's only frame for an erased version, made from the version's first frame."""
    return {
        "c": version_frame["c"],
        "env": version_frame["receipt"]["env"],
        "erased_at": erased_at_ms,
        "record": version_frame["record"],
        "seq": version_frame["seq"],
        "version": version_frame["version"],
    }
