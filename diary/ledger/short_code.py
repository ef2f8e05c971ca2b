"""The short code of a diary's manifest: six characters to compare between two devices, or a device and paper.

docs/formats.md, section 6.
"""

import hashlib
from typing import Final

from diary.encoding import canonical_json

# Crockford's alphabet, without characters that are easily confused.
CROCKFORD_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
SHORT_CODE_CHARACTERS: Final = 6


def short_code(*, entries: int, head: str, seq: int) -> str:
    """Return six characters: the first 30 bits of a digest over the number of entries, the head (b64) and its number.

    The code is neither a secret nor a signature.
    """
    digest = hashlib.sha256(b"kept/short\0" + canonical_json({"entries": entries, "head": head, "seq": seq})).digest()
    bits = int.from_bytes(digest[:4], "big") >> 2
    return "".join(
        CROCKFORD_ALPHABET[bits >> 5 * (SHORT_CODE_CHARACTERS - 1 - i) & 31] for i in range(SHORT_CODE_CHARACTERS)
    )
