"""What is left of a version that was erased for good: its place, its commitment, the digest of its envelopes.

That is what the running head is made of, so a device can still follow the whole diary; nothing of it says
what the version held. docs/formats.md, section 6.
"""

from collections.abc import Mapping
from typing import Any, Final

NAMES: Final = frozenset({"c", "env", "erased_at", "record", "seq", "version"})


def tombstone(facts: Mapping[str, Any], erased_at: int) -> dict[str, object]:
    """The feed's first frame for an erased version, from the one it had before; there are no other frames."""
    return {
        "c": facts["c"],
        "env": facts["receipt"]["env"],
        "erased_at": erased_at,
        "record": facts["record"],
        "seq": facts["seq"],
        "version": facts["version"],
    }
