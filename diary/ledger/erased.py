"""What is left of a version that was erased for good: its place, its commitment, the digest of its envelopes.

That is what the running head is made of, so a device can still follow the whole diary; nothing of it says
what the version held. docs/formats.md, section 6.
"""

from collections.abc import Mapping
from typing import Any, Final

TOMBSTONE_NAMES: Final = frozenset({"c", "env", "erased_at", "record", "seq", "version"})


def make_tombstone(version_frame: Mapping[str, Any], erased_at_ms: int) -> dict[str, object]:
    """The feed's first frame for an erased version, from the one it had before; there are no other frames."""
    return {
        "c": version_frame["c"],
        "env": version_frame["receipt"]["env"],
        "erased_at": erased_at_ms,
        "record": version_frame["record"],
        "seq": version_frame["seq"],
        "version": version_frame["version"],
    }
