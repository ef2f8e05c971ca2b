"""Signatures: a keeper's device signs versions (ECDSA P-256), the notary signs receipts and heads (Ed25519).

`verify_author` and `verify_notary` return nothing and raise BadSignature: a bool could be ignored.
"""

import hashlib
from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from diary.encoding import b64
from diary.errors import BadSignature, SealError

SCALAR_BYTES: Final = 32
POINT_BYTES: Final = 65
SIGNATURE_BYTES: Final = 64
# The nonce is derived from key and message (RFC 6979): a bad random source cannot give the key away.
_SIGNING_ALGORITHM: Final = ec.ECDSA(SHA256(), deterministic_signing=True)
_VERIFYING_ALGORITHM: Final = ec.ECDSA(SHA256())


def public_point(scalar: bytes) -> bytes:
    """The 65 bytes of the public key of a P-256 scalar. Raises SealError for a scalar that is none."""
    return _encode_point(load_private_key(scalar).public_key())


def generate_scalar() -> bytes:
    """A fresh P-256 private key: 32 bytes."""
    numbers = ec.generate_private_key(ec.SECP256R1()).private_numbers()
    return numbers.private_value.to_bytes(SCALAR_BYTES, "big")


def load_private_key(scalar: bytes) -> ec.EllipticCurvePrivateKey:
    """The library's key of a 32-byte scalar. Raises SealError for a scalar that is none."""
    if len(scalar) != SCALAR_BYTES:
        raise SealError
    try:
        return ec.derive_private_key(int.from_bytes(scalar, "big"), ec.SECP256R1())
    except ValueError:
        raise SealError from None


@lru_cache(maxsize=4096)
def load_public_key(point: bytes) -> ec.EllipticCurvePublicKey:
    """The library's key of 65 bytes, which are checked to lie on the curve. Raises BadSignature."""
    if len(point) != POINT_BYTES:
        raise BadSignature("That is not a public key.")
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except ValueError:
        raise BadSignature("That is not a public key.") from None


def author_key_id(point: bytes) -> str:
    """The key id of an author's 65-byte public key, as it stands in `_by`."""
    return b64(hashlib.sha256(point).digest())


class AuthorSigner:
    """Signs in the keeper's name."""

    def __init__(self, scalar: bytes) -> None:
        """`scalar`: the 32-byte private key. Raises SealError for one that is none."""
        self._key = load_private_key(scalar)
        self.pub: Final = _encode_point(self._key.public_key())
        self.key_id: Final = author_key_id(self.pub)

    def sign(self, message: bytes) -> bytes:
        """A signature of 64 bytes, r ‖ s."""
        r, s = decode_dss_signature(self._key.sign(message, _SIGNING_ALGORITHM))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def verify_author(pub: bytes, message: bytes, signature: bytes) -> None:
    """Return when `signature` is by the owner of `pub` over `message`; raise BadSignature otherwise."""
    key = load_public_key(pub)
    if len(signature) != SIGNATURE_BYTES:
        raise BadSignature
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    try:
        key.verify(encode_dss_signature(r, s), message, _VERIFYING_ALGORITHM)
    except InvalidSignature:
        raise BadSignature from None


def ed25519_key_id(pub: bytes) -> bytes:
    """The notary's key id: SHA-256 of its 32-byte public key. Its b64 is `log` in a receipt."""
    return hashlib.sha256(pub).digest()


def ed25519_fingerprint(pub: bytes) -> str:
    """An Ed25519 key as people compare it: the first 96 bits of its digest, in six groups."""
    text = ed25519_key_id(pub)[:12].hex()
    return " ".join(text[offset : offset + 4] for offset in range(0, len(text), 4))


class Ed25519Signer:
    """Signs for the server that it had something at a time."""

    def __init__(self, seed: bytes) -> None:
        """`seed`: the 32-byte private key. Raises SealError for another length."""
        if len(seed) != SCALAR_BYTES:
            raise SealError
        self._key = ed25519.Ed25519PrivateKey.from_private_bytes(seed)
        self.pub: Final = self._key.public_key().public_bytes_raw()
        self.log_id: Final = b64(ed25519_key_id(self.pub))

    def sign(self, message: bytes) -> bytes:
        """A signature of 64 bytes."""
        return self._key.sign(message)


def verify_ed25519(pub: bytes, message: bytes, signature: bytes) -> None:
    """Return when `signature` is by the notary of `pub` over `message`; raise BadSignature otherwise."""
    if len(pub) != SCALAR_BYTES or len(signature) != SIGNATURE_BYTES:
        raise BadSignature
    try:
        _load_ed25519_key(pub).verify(signature, message)
    except (InvalidSignature, ValueError):
        raise BadSignature from None


@lru_cache(maxsize=64)
def _load_ed25519_key(pub: bytes) -> ed25519.Ed25519PublicKey:
    """The library's key of 32 bytes; ValueError for bytes that are none."""
    return ed25519.Ed25519PublicKey.from_public_bytes(pub)


def _encode_point(key: ec.EllipticCurvePublicKey) -> bytes:
    """A public key as its 65 uncompressed bytes."""
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
