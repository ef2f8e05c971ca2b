"""Timestamp authorities, as settings name them.

Apart from timestamps.py, so that a server that asks none does not load what reads certificates.
"""

from dataclasses import dataclass
from typing import Final

from diary import constants

# An answer with its certificates has a few kilobytes.
RESPONSE_LIMIT_BYTES: Final = constants.TIMESTAMP_LIMIT_BYTES


@dataclass(frozen=True, slots=True)
class TimestampAuthority:
    """One authority. `chain`: its certificates in PEM, the one that signs first, the root last; `policy`: dotted numbers."""

    name: str
    url: str
    policy: str
    chain: bytes
