"""Second implementation of Cobblestone and HPKE with given random values, so that vectors are reproducible.

The product never does this: its library draws the salts. The tests check that the library opens what is written here.
"""

import hashlib
import hmac

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from diary.crypto.public_key_sealing import HPKE_LABEL
from diary.crypto.sealing import SUITE_PUBLIC_KEY, EnvelopeKind, envelope_prefix
from diary.crypto.signing import load_private_key, load_public_key, public_point

CHUNK = 16_384
LABEL_256 = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0"
KEM_SUITE = b"KEM\x00\x10"
HPKE_SUITE = b"HPKE\x00\x10\x00\x01\x00\x02"


def fixed_bytes(label: str, length: int) -> bytes:
    """Return fixed bytes, different for each label."""
    return hashlib.shake_256(b"kept vectors " + label.encode()).digest(length)


def patterned_bytes(length: int) -> bytes:
    """Return the bytes that vectors describe by length: byte i is (7i + 3) mod 256."""
    return (bytes((i * 7 + 3) & 255 for i in range(256)) * (length // 256 + 1))[:length]


def reference_box(key: bytes, context: bytes, plaintext: bytes, salt: bytes) -> bytes:
    """Seal with Cobblestone-256 and a given 24-byte salt."""
    okm = HKDFExpand(SHA512(), 76, LABEL_256 + salt + context).derive(key)
    aead, base = AESGCM(okm[:32]), int.from_bytes(okm[32:44], "big")
    chunks = [
        aead.encrypt((base ^ i).to_bytes(12, "big"), plaintext[i * CHUNK : (i + 1) * CHUNK], None)
        for i in range(len(plaintext) // CHUNK + 1)
    ]
    return salt + okm[44:] + b"".join(chunks)


def reference_envelope(
    key: bytes, kind: EnvelopeKind, header: dict[str, object], plaintext: bytes, salt: bytes
) -> bytes:
    """Seal an envelope E1, suite 1, with a given salt."""
    context = envelope_prefix(kind, header)
    return context + reference_box(key, context, plaintext, salt)


def seal_envelope_to_person(
    pub: bytes,
    kind: EnvelopeKind,
    header: dict[str, object],
    plaintext: bytes,
    *,
    ephemeral: bytes,
    key: bytes,
    salt: bytes,
) -> bytes:
    """Seal an envelope E1, suite 2, with a given ephemeral scalar, content key and salt."""
    context = envelope_prefix(kind, header, SUITE_PUBLIC_KEY)
    return context + seal_hpke(pub, HPKE_LABEL + context, key, ephemeral) + reference_box(key, context, plaintext, salt)


def seal_hpke(pub: bytes, info: bytes, plaintext: bytes, ephemeral: bytes) -> bytes:
    """Seal one message with HPKE base mode (formats.md 1) and a given ephemeral scalar; return enc ‖ ct."""
    enc = public_point(ephemeral)
    shared_point = load_private_key(ephemeral).exchange(ec.ECDH(), load_public_key(pub))
    eae = labeled_extract(KEM_SUITE, b"", b"eae_prk", shared_point)
    shared = labeled_expand(KEM_SUITE, eae, b"shared_secret", enc + pub, 32)
    context = (
        b"\0"
        + labeled_extract(HPKE_SUITE, b"", b"psk_id_hash", b"")
        + labeled_extract(HPKE_SUITE, b"", b"info_hash", info)
    )
    secret = labeled_extract(HPKE_SUITE, shared, b"secret", b"")
    key = labeled_expand(HPKE_SUITE, secret, b"key", context, 32)
    nonce = labeled_expand(HPKE_SUITE, secret, b"base_nonce", context, 12)
    return enc + AESGCM(key).encrypt(nonce, plaintext, b"")


def labeled_extract(suite: bytes, salt: bytes, label: bytes, ikm: bytes) -> bytes:
    """Compute LabeledExtract of RFC 9180."""
    return hmac.digest(salt or bytes(32), b"HPKE-v1" + suite + label + ikm, "sha256")


def labeled_expand(suite: bytes, prk: bytes, label: bytes, info: bytes, length: int) -> bytes:
    """Compute LabeledExpand of RFC 9180, for up to 32 bytes."""
    labelled = length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info
    return hmac.digest(prk, labelled + b"\x01", "sha256")[:length]
