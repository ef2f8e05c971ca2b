"""Timestamp authorities from the settings.

Separate from timestamps.py, so that a server without authorities does not load the certificate parser.
"""

from dataclasses import dataclass
from typing import Final

from diary import constants

# A response with its certificates has a few kilobytes.
RESPONSE_LIMIT_BYTES: Final = constants.TIMESTAMP_LIMIT_BYTES


@dataclass(frozen=True, slots=True)
class TimestampAuthority:
    """A timestamp authority.

    `chain` is its certificates in PEM, from the signing one to the root; `policy` is an OID in dotted form.
    """

    name: str
    url: str
    policy: str
    chain: bytes
