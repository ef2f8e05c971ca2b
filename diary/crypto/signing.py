"""Signatures: devices sign versions (ECDSA P-256), the notary signs receipts and heads (Ed25519).

`verify_author` and `verify_ed25519` return None and raise BadSignature, because a returned bool could be ignored.
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
# The nonce is derived from key and message (RFC 6979), so a weak random source cannot reveal the key.
_SIGNING_ALGORITHM: Final = ec.ECDSA(SHA256(), deterministic_signing=True)
_VERIFYING_ALGORITHM: Final = ec.ECDSA(SHA256())


def public_point(scalar: bytes) -> bytes:
    """Return the 65-byte public key of a P-256 scalar. Raise SealError for an invalid scalar."""
    return _encode_point(load_private_key(scalar).public_key())


def generate_scalar() -> bytes:
    """Return a new P-256 private key, 32 bytes."""
    numbers = ec.generate_private_key(ec.SECP256R1()).private_numbers()
    return numbers.private_value.to_bytes(SCALAR_BYTES, "big")


def load_private_key(scalar: bytes) -> ec.EllipticCurvePrivateKey:
    """Return the private key object of a 32-byte scalar. Raise SealError for an invalid scalar."""
    if len(scalar) != SCALAR_BYTES:
        raise SealError
    try:
        return ec.derive_private_key(int.from_bytes(scalar, "big"), ec.SECP256R1())
    except ValueError:
        raise SealError from None


@lru_cache(maxsize=4096)
def load_public_key(point: bytes) -> ec.EllipticCurvePublicKey:
    """Return the public key object of 65 bytes. Raise BadSignature unless they are a point on the curve."""
    if len(point) != POINT_BYTES:
        raise BadSignature("That is not a public key.")
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except ValueError:
        raise BadSignature("That is not a public key.") from None


def author_key_id(point: bytes) -> str:
    """Return the key id of an author's 65-byte public key, as in the field `_by`."""
    return b64(hashlib.sha256(point).digest())


class AuthorSigner:
    """Signer with a keeper's private key."""

    def __init__(self, scalar: bytes) -> None:
        """Load the 32-byte private key. Raise SealError for an invalid scalar."""
        self._key = load_private_key(scalar)
        self.pub: Final = _encode_point(self._key.public_key())
        self.key_id: Final = author_key_id(self.pub)

    def sign(self, message: bytes) -> bytes:
        """Return a signature of 64 bytes, r ‖ s."""
        r, s = decode_dss_signature(self._key.sign(message, _SIGNING_ALGORITHM))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def verify_author(pub: bytes, message: bytes, signature: bytes) -> None:
    """Raise BadSignature unless `signature` over `message` is by the owner of `pub`."""
    key = load_public_key(pub)
    if len(signature) != SIGNATURE_BYTES:
        raise BadSignature
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    try:
        key.verify(encode_dss_signature(r, s), message, _VERIFYING_ALGORITHM)
    except InvalidSignature:
        raise BadSignature from None


def ed25519_key_id(pub: bytes) -> bytes:
    """Return the key id of a 32-byte Ed25519 public key: its SHA-256. In base64url it is `log` in a receipt."""
    return hashlib.sha256(pub).digest()


def ed25519_fingerprint(pub: bytes) -> str:
    """Return an Ed25519 key's fingerprint for people: the first 96 bits of its key id, in six groups."""
    text = ed25519_key_id(pub)[:12].hex()
    return " ".join(text[offset : offset + 4] for offset in range(0, len(text), 4))


class Ed25519Signer:
    """Signer with an Ed25519 key: the notary's, the instance's, a release's or a witness's."""

    def __init__(self, seed: bytes) -> None:
        """Load the 32-byte private key. Raise SealError for another length."""
        if len(seed) != SCALAR_BYTES:
            raise SealError
        self._key = ed25519.Ed25519PrivateKey.from_private_bytes(seed)
        self.pub: Final = self._key.public_key().public_bytes_raw()
        self.log_id: Final = b64(ed25519_key_id(self.pub))

    def sign(self, message: bytes) -> bytes:
        """Return a signature of 64 bytes."""
        return self._key.sign(message)


def verify_ed25519(pub: bytes, message: bytes, signature: bytes) -> None:
    """Raise BadSignature unless `signature` over `message` is by the owner of `pub`."""
    if len(pub) != SCALAR_BYTES or len(signature) != SIGNATURE_BYTES:
        raise BadSignature
    try:
        _load_ed25519_key(pub).verify(signature, message)
    except (InvalidSignature, ValueError):
        raise BadSignature from None


@lru_cache(maxsize=64)
def _load_ed25519_key(pub: bytes) -> ed25519.Ed25519PublicKey:
    """Return the public key object of 32 bytes. Raise ValueError for an invalid key."""
    return ed25519.Ed25519PublicKey.from_public_bytes(pub)


def _encode_point(key: ec.EllipticCurvePublicKey) -> bytes:
    """Return a public key as 65 uncompressed bytes."""
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
