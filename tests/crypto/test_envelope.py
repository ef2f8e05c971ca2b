"""Envelopes of both suites: the shared vectors, and 10,000 changed bits."""

import hashlib
import random
from typing import Any

import pytest

from diary.crypto.public_key_sealing import open_from, seal_to
from diary.crypto.sealing import Kind, box_open, box_seal, open_envelope, prefix, read_header, seal
from diary.crypto.signing import new_scalar, point_of
from diary.encoding import b64, unb64
from diary.errors import BadSignature, NotCanonical, SealError
from tests.vectors.reading import changed, flipped, load, plaintext_of
from tests.vectors.reference import box, envelope, envelope_to, fixed, patterned

VECTORS = load("envelopes.json")
PERSON = VECTORS["to_a_person"]


def told_is(raw: bytes, told: dict[str, Any]) -> bool:
    """Whether these are the bytes a vector speaks of."""
    return (len(raw), hashlib.sha256(raw).hexdigest()) == (told["length"], told["sha256"])


def sealed(case: dict[str, Any]) -> bytes:
    """The envelope of a case of suite 1, sealed afresh by the reference."""
    kind, header = Kind(case.get("kind", VECTORS["kind"])), case.get("header", VECTORS["header"])
    return envelope(unb64(VECTORS["key"]), kind, header, plaintext_of(case["plaintext"]), unb64(case["salt"]))


def sealed_to(case: dict[str, Any]) -> bytes:
    """The envelope of a case of suite 2, sealed afresh by the reference."""
    given = {name: unb64(case[name]) for name in ("ephemeral", "key", "salt")}
    plaintext = plaintext_of(case["plaintext"])
    return envelope_to(unb64(PERSON["pub"]), Kind(PERSON["kind"]), PERSON["header"], plaintext, **given)


CASES = {case["name"]: case for case in VECTORS["cases"]}
PEOPLE = {case["name"]: case for case in PERSON["cases"]}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_reference_and_library_agree(case: dict[str, Any]) -> None:
    """The reference seals to the vector's bytes, and the library opens them."""
    raw = sealed(case)
    assert told_is(raw, case["envelope"])
    kind, header = Kind(case.get("kind", VECTORS["kind"])), case.get("header", VECTORS["header"])
    assert open_envelope(unb64(VECTORS["key"]), raw, kind, header) == plaintext_of(case["plaintext"])
    assert read_header(raw, kind) == header


@pytest.mark.parametrize("length", [0, 1, 16_383, 16_384, 16_385, 1_032_192])
def test_library_and_reference_agree(length: int) -> None:
    """What the library seals is what the reference would have sealed with the same salt."""
    key, context = fixed("k", 32), b"context"
    raw = box_seal(key, context, patterned(length))
    assert raw == box(key, context, patterned(length), raw[:24])
    assert len(raw) == 56 + length + 16 * (length // 16_384 + 1)


@pytest.mark.parametrize("case", VECTORS["refused"], ids=[case["name"] for case in VECTORS["refused"]])
def test_what_was_touched_does_not_open(case: dict[str, Any]) -> None:
    """Cut, swapped, lengthened, moved or asked for under another name: one error, no plaintext."""
    raw = sealed(CASES[case["of"]])
    key = unb64(case.get("key", VECTORS["key"]))
    kind, header = Kind(case.get("kind", VECTORS["kind"])), case.get("header", VECTORS["header"])
    for touched in changed(raw, case.get("ops", [])):
        with pytest.raises(SealError) as caught:
            open_envelope(key, touched, kind, header)
        assert caught.value.code == case["code"]


@pytest.mark.parametrize("case", PEOPLE.values(), ids=PEOPLE)
def test_sealed_to_a_person(case: dict[str, Any]) -> None:
    """The holder of the scalar opens what the reference sealed."""
    raw = sealed_to(case)
    assert told_is(raw, case["envelope"])
    opened = open_from(unb64(PERSON["scalar"]), raw, Kind(PERSON["kind"]), PERSON["header"])
    assert opened == plaintext_of(case["plaintext"])


@pytest.mark.parametrize("case", PERSON["refused"], ids=[case["name"] for case in PERSON["refused"]])
def test_to_a_person_touched(case: dict[str, Any]) -> None:
    """Suite 2 refuses the same things with the same error."""
    raw = sealed_to(PEOPLE[case["of"]])
    scalar = unb64(case.get("scalar", PERSON["scalar"]))
    kind, header = Kind(case.get("kind", PERSON["kind"])), case.get("header", PERSON["header"])
    for touched in changed(raw, case.get("ops", [])):
        with pytest.raises(SealError):
            open_from(scalar, touched, kind, header)


def test_10_000_changed_bits_never_open() -> None:
    """Any one bit changed, in envelopes of every kind and size: SealError, alike in class, code and sentence."""
    draw = random.Random(20_261_124)
    key = fixed("fuzz", 32)
    said = set()
    for round_ in range(40):
        kind = draw.choice(list(Kind))
        header = {"t": "x", "round": round_}
        raw = seal(key, kind, header, draw.randbytes(draw.choice([0, 1, 100, 4096, 16_384, 16_385])))
        for _ in range(250):
            with pytest.raises(SealError) as caught:
                open_envelope(key, flipped(raw, draw.randrange(len(raw) * 8)), kind, header)
            said.add((type(caught.value), caught.value.code, str(caught.value), caught.value.__cause__))
    assert len(said) == 1


def test_two_seals_share_nothing() -> None:
    """The same plaintext sealed twice gives two different bodies."""
    key, header = fixed("twice", 32), {"t": "x"}
    first, second = (seal(key, Kind.WRAP, header, bytes(64)) for _ in range(2))
    assert first[len(prefix(Kind.WRAP, header)) :][:56] != second[len(prefix(Kind.WRAP, header)) :][:56]


def test_no_ciphertext_opens_under_two_keys() -> None:
    """An envelope with the commitment of a second key still opens under neither: the body is bound to its key."""
    first, second, context = fixed("first", 32), fixed("second", 32), b"context"
    salt = fixed("shared salt", 24)
    one, two = box(first, context, b"text one", salt), box(second, context, b"text two", salt)
    # A body meant for both keys would need both commitments in the same 32 bytes.
    for made in (one[:24] + two[24:56] + one[56:], two[:24] + one[24:56] + two[56:]):
        for key in (first, second):
            with pytest.raises(SealError):
                box_open(key, context, made)
    with pytest.raises(SealError):
        box_open(second, context, one)


def test_a_header_has_a_limit() -> None:
    """A header of 4,096 bytes is sealed; one more is refused."""
    limit = VECTORS["longest_header"]["length"]
    fits = {"a": "x" * (limit - len('{"a":""}'))}
    raw = seal(bytes(32), Kind.PART, fits, b"")
    assert open_envelope(bytes(32), raw, Kind.PART, fits) == b""
    with pytest.raises(NotCanonical):
        seal(bytes(32), Kind.PART, {"a": fits["a"] + "x"}, b"")


@pytest.mark.parametrize(
    "raw", [b"", b"\xe1", b"\xe1\x01\x03\x00\xff\xff{}", b"\xe1\x01\x03\x00\x00\x02[]", bytes(100)]
)
def test_a_header_that_cannot_be_read(raw: bytes) -> None:
    """Reading the header of rubbish is a SealError."""
    with pytest.raises(SealError):
        read_header(raw, Kind.WRAP)


def test_wrong_keys_are_refused_alike() -> None:
    """Keys of a wrong length, and points that are none, end in named errors."""
    for key in (b"", bytes(31), bytes(33)):
        with pytest.raises(SealError):
            seal(key, Kind.WRAP, {}, b"")
        with pytest.raises(SealError):
            box_open(key, b"", bytes(100))
    for scalar in (b"", bytes(32), b"\xff" * 32):
        with pytest.raises(SealError):
            open_from(scalar, bytes(300), Kind.CAPTURE, {})
    for pub in (b"", bytes(65), b"\x04" + bytes(64)):
        with pytest.raises(BadSignature):
            seal_to(pub, Kind.CAPTURE, {}, b"")


def test_the_library_seals_to_a_person() -> None:
    """What the product seals, the holder opens, and only with the same header."""
    scalar = new_scalar()
    raw = seal_to(point_of(scalar), Kind.CAPTURE, {"at": 1}, b"two lines")
    assert open_from(scalar, raw, Kind.CAPTURE, {"at": 1}) == b"two lines"
    with pytest.raises(SealError):
        open_from(scalar, raw, Kind.CAPTURE, {"at": 2})
    assert b64(b"two lines").encode() not in raw
