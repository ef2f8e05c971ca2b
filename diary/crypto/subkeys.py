"""Key derivation from a key: HKDF-SHA-256 with an empty salt and a label."""

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


def derive_subkey(key: bytes, label: bytes) -> bytes:
    """Return the 32-byte subkey of `key` for `label`. Subkeys of different labels are independent."""
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=label).derive(key)
