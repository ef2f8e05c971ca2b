"""Keys from a key: HKDF-SHA-256 with an empty salt and a label."""

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


def derive_subkey(key: bytes, label: bytes) -> bytes:
    """32 bytes that belong to `key` and `label`; different labels tell nothing of each other."""
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=label).derive(key)
