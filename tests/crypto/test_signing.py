"""Keys and signatures have the documented lengths and spellings."""

from __future__ import annotations

import hashlib

import pytest

from diary.crypto.signing import (
    AuthorSigner,
    Ed25519Signer,
    ed25519_fingerprint,
    ed25519_key_id,
    verify_author,
    verify_ed25519,
)
from diary.errors import BadSignature, SealError

SEED = bytes(range(32))


def test_a_notary_s_fingerprint_is_six_groups_of_four() -> None:
    """The fingerprint is the first 96 bits of the key's digest, in groups that people can compare."""
    pub = Ed25519Signer(SEED).pub
    text = hashlib.sha256(pub).hexdigest()
    assert ed25519_fingerprint(pub) == " ".join(
        (text[0:4], text[4:8], text[8:12], text[12:16], text[16:20], text[20:24])
    )
    assert ed25519_key_id(pub).hex() == text


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_a_notary_s_seed_has_32_bytes(length: int) -> None:
    """Another length is refused."""
    with pytest.raises(SealError):
        Ed25519Signer(bytes(length))


def test_a_notary_s_signature_holds_for_its_message_and_key_alone() -> None:
    """The notary's signature is valid for its message and key only; otherwise the error is always the same."""
    notary = Ed25519Signer(SEED)
    signature = notary.sign(b"told")
    verify_ed25519(notary.pub, b"told", signature)
    other_key = Ed25519Signer(bytes(32)).pub
    for pub, message, altered in (
        (other_key, b"told", signature),
        (notary.pub, b"tolD", signature),
        (notary.pub, b"told", signature[:-1]),
        (notary.pub, b"told", signature + b"\0"),
        (notary.pub[:-1], b"told", signature),
        (notary.pub + b"\0", b"told", signature),
        (b"\xff" * 32, b"told", signature),
    ):
        with pytest.raises(BadSignature):
            verify_ed25519(pub, message, altered)


def test_an_author_s_signature_holds_for_its_message_and_key_alone() -> None:
    """The author's signature has 64 bytes and is valid for its message and key only."""
    author = AuthorSigner(SEED)
    signature = author.sign(b"told")
    assert len(signature) == 64
    verify_author(author.pub, b"told", signature)
    for pub, message, altered in (
        (AuthorSigner(b"\x01" * 32).pub, b"told", signature),
        (author.pub, b"tolD", signature),
        (author.pub, b"told", signature[:-1]),
        (author.pub, b"told", signature + b"\0"),
        (author.pub, b"told", signature[32:] + signature[:32]),
        (author.pub, b"told", bytes(64)),
    ):
        with pytest.raises(BadSignature):
            verify_author(pub, message, altered)


def test_short_signature_integers_are_padded() -> None:
    """One signature in 128 has an r or s with a leading zero byte: it still has 64 bytes and is valid."""
    author = AuthorSigner(SEED)
    signatures = [author.sign(n.to_bytes(2, "big")) for n in range(600)]
    assert {len(signature_bytes) for signature_bytes in signatures} == {64}
    short = [
        (n, signature_bytes)
        for n, signature_bytes in enumerate(signatures)
        if signature_bytes[0] == 0 or signature_bytes[32] == 0
    ]
    for n, signature_bytes in short:
        verify_author(author.pub, n.to_bytes(2, "big"), signature_bytes)
