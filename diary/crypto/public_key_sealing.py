"""Envelope E1, suite 2: sealed to the holder of a P-256 key.

HPKE carries a fresh 32-byte key and nothing else; the content is sealed under that key as in suite 1. The
header goes into both, so neither half opens in another envelope.
"""

import os
from collections.abc import Mapping
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from diary.crypto.sealing import KEY_BYTES, SUITE_PERSON, Kind, box_open, box_seal, prefix
from diary.crypto.signing import private_key, public_key
from diary.errors import SealError

ENC_BYTES: Final = 65
SEALED_KEY_BYTES: Final = ENC_BYTES + KEY_BYTES + 16
LABEL: Final = b"kept/seal\0"
_SUITE: Final = Suite(KEM.P256, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


def seal_to(pub: bytes, kind: Kind, header: Mapping[str, object], plaintext: bytes) -> bytes:
    """An envelope only the holder of `pub` (65 bytes) can open. Raises BadSignature for a pub that is none."""
    context = prefix(kind, header, SUITE_PERSON)
    key = os.urandom(KEY_BYTES)
    sealed_key = _SUITE.encrypt(key, public_key(pub), info=LABEL + context)
    return context + sealed_key + box_seal(key, context, plaintext)


def open_from(scalar: bytes, envelope: bytes, kind: Kind, expect: Mapping[str, object]) -> bytes:
    """The plaintext of a suite 2 envelope with exactly this kind and header, else SealError."""
    context = prefix(kind, expect, SUITE_PERSON)
    if not envelope.startswith(context):
        raise SealError
    start = len(context)
    end = start + SEALED_KEY_BYTES
    try:
        key = _SUITE.decrypt(envelope[start:end], private_key(scalar), info=LABEL + context)
    except (InvalidTag, ValueError):
        raise SealError from None
    return box_open(key, context, envelope[end:])
