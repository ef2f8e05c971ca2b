"""Key derivation from a key: HKDF-SHA-256 (RFC 5869) with an empty salt and a label.

Written with `hmac` of the standard library, because browsers run the part of the program that proves fields of a pack
(diary/pack/browser/), and the library for the other cryptography does not run there.
"""

import hmac
from collections.abc import Callable
from typing import Final

_HASH: Final = "sha256"
_EMPTY_SALT: Final = bytes(32)


def derive_subkey(key: bytes, label: bytes) -> bytes:
    """Return the 32-byte subkey of `key` for `label`. Subkeys of different labels are independent."""
    return subkey_derivation(key)(label)


def subkey_derivation(key: bytes) -> Callable[[bytes], bytes]:
    """Return a function from labels to subkeys of `key`, which takes half as long for each as `derive_subkey`."""
    extracted_key = hmac.digest(_EMPTY_SALT, key, _HASH)
    return lambda label: hmac.digest(extracted_key, label + b"\x01", _HASH)
