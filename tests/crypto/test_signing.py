"""Keys and signatures in the lengths and spellings that are written down."""

from __future__ import annotations

import hashlib

import pytest

from diary.crypto.signing import Author, Notary, fingerprint, notary_key_id, verify_author, verify_notary
from diary.errors import BadSignature, SealError

SEED = bytes(range(32))


def test_a_notary_s_fingerprint_is_six_groups_of_four() -> None:
    """The first 96 bits of the digest of its key, as two people read them to each other."""
    pub = Notary(SEED).pub
    text = hashlib.sha256(pub).hexdigest()
    assert fingerprint(pub) == " ".join((text[0:4], text[4:8], text[8:12], text[12:16], text[16:20], text[20:24]))
    assert notary_key_id(pub).hex() == text


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_a_notary_s_seed_has_32_bytes(length: int) -> None:
    """Another length is refused."""
    with pytest.raises(SealError):
        Notary(bytes(length))


def test_a_notary_s_signature_holds_for_its_message_and_key_alone() -> None:
    """Any other key, message or length is refused, and each with the same error."""
    notary = Notary(SEED)
    signature = notary.sign(b"told")
    verify_notary(notary.pub, b"told", signature)
    other = Notary(bytes(32)).pub
    for pub, message, given in (
        (other, b"told", signature),
        (notary.pub, b"tolD", signature),
        (notary.pub, b"told", signature[:-1]),
        (notary.pub, b"told", signature + b"\0"),
        (notary.pub[:-1], b"told", signature),
        (notary.pub + b"\0", b"told", signature),
        (b"\xff" * 32, b"told", signature),
    ):
        with pytest.raises(BadSignature):
            verify_notary(pub, message, given)


def test_an_author_s_signature_holds_for_its_message_and_key_alone() -> None:
    """64 bytes, r and s in 32 each; another key, message, length or half is refused."""
    author = Author(SEED)
    signature = author.sign(b"told")
    assert len(signature) == 64
    verify_author(author.pub, b"told", signature)
    for pub, message, given in (
        (Author(b"\x01" * 32).pub, b"told", signature),
        (author.pub, b"tolD", signature),
        (author.pub, b"told", signature[:-1]),
        (author.pub, b"told", signature + b"\0"),
        (author.pub, b"told", signature[32:] + signature[:32]),
        (author.pub, b"told", bytes(64)),
    ):
        with pytest.raises(BadSignature):
            verify_author(pub, message, given)


def test_short_halves_of_a_signature_are_filled_up() -> None:
    """One signature in 128 has an r or an s that begins with a zero byte: it keeps its 64 bytes, and holds."""
    author = Author(SEED)
    made = [author.sign(n.to_bytes(2, "big")) for n in range(600)]
    assert {len(one) for one in made} == {64}
    short = [(n, one) for n, one in enumerate(made) if one[0] == 0 or one[32] == 0]
    for n, one in short:
        verify_author(author.pub, n.to_bytes(2, "big"), one)
