"""Envelope E1, suite 2: sealed to the owner of a P-256 key.

HPKE encrypts only a fresh 32-byte key; the content is sealed under that key as in suite 1. The header is bound to both,
so neither part opens in another envelope.
"""

import os
from collections.abc import Mapping
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from diary.crypto.sealing import KEY_BYTES, SUITE_PUBLIC_KEY, EnvelopeKind, envelope_prefix, open_box, seal_box
from diary.crypto.signing import load_private_key, load_public_key
from diary.errors import SealError

ENCAPSULATED_KEY_BYTES: Final = 65
SEALED_KEY_BYTES: Final = ENCAPSULATED_KEY_BYTES + KEY_BYTES + 16
HPKE_LABEL: Final = b"kept/seal\0"
_HPKE_SUITE: Final = Suite(KEM.P256, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


def seal_to_public_key(pub: bytes, kind: EnvelopeKind, header: Mapping[str, object], plaintext: bytes) -> bytes:
    """Return an envelope that only the owner of `pub` (65 bytes) can open.

    Raise BadSignature for an invalid public key.
    """
    context = envelope_prefix(kind, header, SUITE_PUBLIC_KEY)
    key = os.urandom(KEY_BYTES)
    sealed_key = _HPKE_SUITE.encrypt(key, load_public_key(pub), info=HPKE_LABEL + context)
    return context + sealed_key + seal_box(key, context, plaintext)


def open_with_private_key(
    scalar: bytes, envelope: bytes, kind: EnvelopeKind, expected_header: Mapping[str, object]
) -> bytes:
    """Return the plaintext of a suite 2 envelope.

    Raise SealError unless it has exactly this kind and header and opens.
    """
    context = envelope_prefix(kind, expected_header, SUITE_PUBLIC_KEY)
    if not envelope.startswith(context):
        raise SealError
    start = len(context)
    end = start + SEALED_KEY_BYTES
    try:
        key = _HPKE_SUITE.decrypt(envelope[start:end], load_private_key(scalar), info=HPKE_LABEL + context)
    except (InvalidTag, ValueError):
        raise SealError from None
    return open_box(key, context, envelope[end:])
