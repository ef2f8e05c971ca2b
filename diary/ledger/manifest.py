"""The manifest's short code: six characters two devices, or a device and a paper, can compare (docs/formats.md, section 6)."""

import hashlib
from typing import Final

from diary.encoding import canon

# Crockford's alphabet: nothing in it is read for something else.
LETTERS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH: Final = 6


def short_code(*, entries: int, head: str, seq: int) -> str:
    """30 bits over the number of entries, the head (b64) and the number it stands at: neither a secret nor a signature."""
    digest = hashlib.sha256(b"kept/short\0" + canon({"entries": entries, "head": head, "seq": seq})).digest()
    bits = int.from_bytes(digest[:4], "big") >> 2
    return "".join(LETTERS[bits >> 5 * (LENGTH - 1 - i) & 31] for i in range(LENGTH))
