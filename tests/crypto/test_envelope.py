"""Envelopes of both suites: the shared vectors, and 10,000 flipped bits."""

import hashlib
import random
from typing import Any

import pytest

from diary.crypto.public_key_sealing import open_with_private_key, seal_to_public_key
from diary.crypto.sealing import (
    EnvelopeKind,
    envelope_prefix,
    open_box,
    open_envelope,
    read_header,
    seal_box,
    seal_envelope,
)
from diary.crypto.signing import generate_scalar, public_point
from diary.encoding import b64, unb64
from diary.errors import BadSignature, NotCanonical, SealError
from tests.vectors.load_vectors import apply_operations, case_plaintext, load_vectors, with_flipped_bit
from tests.vectors.reference import (
    fixed_bytes,
    patterned_bytes,
    reference_box,
    reference_envelope,
    seal_envelope_to_person,
)

VECTORS = load_vectors("envelopes.json")
PERSON_VECTORS = VECTORS["to_a_person"]


def matches_description(raw: bytes, description: dict[str, Any]) -> bool:
    """Check that these are the bytes a vector describes."""
    return (len(raw), hashlib.sha256(raw).hexdigest()) == (description["length"], description["sha256"])


def seal_symmetric(case: dict[str, Any]) -> bytes:
    """Return a suite 1 envelope, sealed by the reference implementation."""
    kind, header = EnvelopeKind(case.get("kind", VECTORS["kind"])), case.get("header", VECTORS["header"])
    return reference_envelope(
        unb64(VECTORS["key"]), kind, header, case_plaintext(case["plaintext"]), unb64(case["salt"])
    )


def seal_to_person(case: dict[str, Any]) -> bytes:
    """Return a suite 2 envelope, sealed by the reference implementation."""
    random_values = {name: unb64(case[name]) for name in ("ephemeral", "key", "salt")}
    plaintext = case_plaintext(case["plaintext"])
    return seal_envelope_to_person(
        unb64(PERSON_VECTORS["pub"]),
        EnvelopeKind(PERSON_VECTORS["kind"]),
        PERSON_VECTORS["header"],
        plaintext,
        **random_values,
    )


CASES = {case["name"]: case for case in VECTORS["cases"]}
PERSON_CASES = {case["name"]: case for case in PERSON_VECTORS["cases"]}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_reference_and_library_agree(case: dict[str, Any]) -> None:
    """The reference implementation seals to the vector's bytes, and the library opens them."""
    raw = seal_symmetric(case)
    assert matches_description(raw, case["envelope"])
    kind, header = EnvelopeKind(case.get("kind", VECTORS["kind"])), case.get("header", VECTORS["header"])
    assert open_envelope(unb64(VECTORS["key"]), raw, kind, header) == case_plaintext(case["plaintext"])
    assert read_header(raw, kind) == header


@pytest.mark.parametrize("length", [0, 1, 16_383, 16_384, 16_385, 1_032_192])
def test_library_and_reference_agree(length: int) -> None:
    """The library seals to the same bytes as the reference implementation with the same salt."""
    key, context = fixed_bytes("k", 32), b"context"
    raw = seal_box(key, context, patterned_bytes(length))
    assert raw == reference_box(key, context, patterned_bytes(length), raw[:24])
    assert len(raw) == 56 + length + 16 * (length // 16_384 + 1)


@pytest.mark.parametrize("case", VECTORS["refused"], ids=[case["name"] for case in VECTORS["refused"]])
def test_an_altered_envelope_does_not_open(case: dict[str, Any]) -> None:
    """Truncated, swapped, extended, moved or renamed envelopes give one error and no plaintext."""
    raw = seal_symmetric(CASES[case["of"]])
    key = unb64(case.get("key", VECTORS["key"]))
    kind, header = EnvelopeKind(case.get("kind", VECTORS["kind"])), case.get("header", VECTORS["header"])
    for touched in apply_operations(raw, case.get("ops", [])):
        with pytest.raises(SealError) as caught:
            open_envelope(key, touched, kind, header)
        assert caught.value.code == case["code"]


@pytest.mark.parametrize("case", PERSON_CASES.values(), ids=PERSON_CASES)
def test_envelopes_to_a_person_match_the_vectors(case: dict[str, Any]) -> None:
    """The owner of the private key opens what the reference implementation sealed."""
    raw = seal_to_person(case)
    assert matches_description(raw, case["envelope"])
    opened = open_with_private_key(
        unb64(PERSON_VECTORS["scalar"]), raw, EnvelopeKind(PERSON_VECTORS["kind"]), PERSON_VECTORS["header"]
    )
    assert opened == case_plaintext(case["plaintext"])


@pytest.mark.parametrize("case", PERSON_VECTORS["refused"], ids=[case["name"] for case in PERSON_VECTORS["refused"]])
def test_altered_envelopes_to_a_person_do_not_open(case: dict[str, Any]) -> None:
    """Suite 2 refuses the same alterations with the same error."""
    raw = seal_to_person(PERSON_CASES[case["of"]])
    scalar = unb64(case.get("scalar", PERSON_VECTORS["scalar"]))
    kind, header = EnvelopeKind(case.get("kind", PERSON_VECTORS["kind"])), case.get("header", PERSON_VECTORS["header"])
    for touched in apply_operations(raw, case.get("ops", [])):
        with pytest.raises(SealError):
            open_with_private_key(scalar, touched, kind, header)


def test_10_000_changed_bits_never_open() -> None:
    """A flipped bit, in envelopes of every kind and size, gives SealError with the same class, code and sentence."""
    random_source = random.Random(20_261_124)
    key = fixed_bytes("fuzz", 32)
    messages = set()
    for round_ in range(40):
        kind = random_source.choice(list(EnvelopeKind))
        header = {"t": "x", "round": round_}
        raw = seal_envelope(
            key, kind, header, random_source.randbytes(random_source.choice([0, 1, 100, 4096, 16_384, 16_385]))
        )
        for _ in range(250):
            with pytest.raises(SealError) as caught:
                open_envelope(key, with_flipped_bit(raw, random_source.randrange(len(raw) * 8)), kind, header)
            messages.add((type(caught.value), caught.value.code, str(caught.value), caught.value.__cause__))
    assert len(messages) == 1


def test_sealing_twice_gives_unrelated_bytes() -> None:
    """The same plaintext sealed twice gives two different bodies."""
    key, header = fixed_bytes("twice", 32), {"t": "x"}
    first, second = (seal_envelope(key, EnvelopeKind.WRAP, header, bytes(64)) for _ in range(2))
    assert (
        first[len(envelope_prefix(EnvelopeKind.WRAP, header)) :][:56]
        != second[len(envelope_prefix(EnvelopeKind.WRAP, header)) :][:56]
    )


def test_no_ciphertext_opens_under_two_keys() -> None:
    """An envelope with the commitment of a second key opens under neither key: the body is bound to its key."""
    first, second, context = fixed_bytes("first", 32), fixed_bytes("second", 32), b"context"
    salt = fixed_bytes("shared salt", 24)
    first_box, second_box = (
        reference_box(first, context, b"text one", salt),
        reference_box(second, context, b"text two", salt),
    )
    # A body for both keys would need both commitments in the same 32 bytes.
    for mixed in (
        first_box[:24] + second_box[24:56] + first_box[56:],
        second_box[:24] + first_box[24:56] + second_box[56:],
    ):
        for key in (first, second):
            with pytest.raises(SealError):
                open_box(key, context, mixed)
    with pytest.raises(SealError):
        open_box(second, context, first_box)


def test_a_header_has_a_limit() -> None:
    """A header of 4,096 bytes is sealed; one byte more is refused."""
    limit = VECTORS["longest_header"]["length"]
    largest_header = {"a": "x" * (limit - len('{"a":""}'))}
    raw = seal_envelope(bytes(32), EnvelopeKind.FILE_PART, largest_header, b"")
    assert open_envelope(bytes(32), raw, EnvelopeKind.FILE_PART, largest_header) == b""
    with pytest.raises(NotCanonical):
        seal_envelope(bytes(32), EnvelopeKind.FILE_PART, {"a": largest_header["a"] + "x"}, b"")


@pytest.mark.parametrize(
    "raw", [b"", b"\xe1", b"\xe1\x01\x03\x00\xff\xff{}", b"\xe1\x01\x03\x00\x00\x02[]", bytes(100)]
)
def test_a_header_that_cannot_be_read(raw: bytes) -> None:
    """A malformed header raises SealError."""
    with pytest.raises(SealError):
        read_header(raw, EnvelopeKind.WRAP)


def test_wrong_keys_are_refused_alike() -> None:
    """Keys of a wrong length and invalid points raise named errors."""
    for key in (b"", bytes(31), bytes(33)):
        with pytest.raises(SealError):
            seal_envelope(key, EnvelopeKind.WRAP, {}, b"")
        with pytest.raises(SealError):
            open_box(key, b"", bytes(100))
    for scalar in (b"", bytes(32), b"\xff" * 32):
        with pytest.raises(SealError):
            open_with_private_key(scalar, bytes(300), EnvelopeKind.CAPTURE, {})
    for pub in (b"", bytes(65), b"\x04" + bytes(64)):
        with pytest.raises(BadSignature):
            seal_to_public_key(pub, EnvelopeKind.CAPTURE, {}, b"")


def test_the_library_seals_to_a_person() -> None:
    """What the product seals opens with the private key, and only under the same header."""
    scalar = generate_scalar()
    raw = seal_to_public_key(public_point(scalar), EnvelopeKind.CAPTURE, {"at": 1}, b"two lines")
    assert open_with_private_key(scalar, raw, EnvelopeKind.CAPTURE, {"at": 1}) == b"two lines"
    with pytest.raises(SealError):
        open_with_private_key(scalar, raw, EnvelopeKind.CAPTURE, {"at": 2})
    assert b64(b"two lines").encode() not in raw
