"""The manifest's short code: six characters two devices, or a device and a paper, can compare (docs/formats.md, section 6)."""

import hashlib
from typing import Final

from diary.encoding import canonical_json

# Crockford's alphabet: nothing in it is read for something else.
CROCKFORD_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
SHORT_CODE_CHARACTERS: Final = 6


def short_code(*, entries: int, head: str, seq: int) -> str:
    """30 bits over the number of entries, the head (b64) and the number it stands at: neither a secret nor a signature."""
    digest = hashlib.sha256(b"kept/short\0" + canonical_json({"entries": entries, "head": head, "seq": seq})).digest()
    bits = int.from_bytes(digest[:4], "big") >> 2
    return "".join(
        CROCKFORD_ALPHABET[bits >> 5 * (SHORT_CODE_CHARACTERS - 1 - i) & 31] for i in range(SHORT_CODE_CHARACTERS)
    )
