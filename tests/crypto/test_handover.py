"""Eight words, what they name and open, and packs sealed under them: the vectors, byte for byte."""

import hashlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diary.crypto import handover
from diary.crypto.file_parts import padded_parts
from diary.crypto.kdf import CHEAPEST, PRODUCT, TESTS
from diary.crypto.padding import pad_version
from diary.crypto.sealing import Kind
from diary.crypto.words import word_list
from diary.encoding import b64, canon, unb64
from diary.errors import BadRequest, KdfRefused, SealError
from tests.vectors.reading import load
from tests.vectors.reference import envelope, patterned

VECTORS = load("handover.json")


@pytest.mark.parametrize("case", VECTORS["words"], ids=lambda case: case["raw"])
def test_words(case: dict[str, Any]) -> None:
    """Eleven bytes are eight words; they are read back, however they were typed."""
    assert handover.words_of(bytes.fromhex(case["raw"])) == case["words"] == handover.read_words(case["words"])
    for typed in VECTORS["typed"]:
        assert handover.read_words(typed["typed"]) == typed["words"]


def test_words_that_do_not_fit_are_refused() -> None:
    """A wrong count, a word of no list, an order that is wrong."""
    for case in VECTORS["refused_words"]:
        with pytest.raises(BadRequest):
            handover.read_words(case["typed"])


@given(st.integers(0, 7), st.integers(0, 2047))
def test_fifteen_of_sixteen_slips_are_noticed(at: int, place: int) -> None:
    """One wrong word passes the checksum about once in sixteen times, and never opens."""
    words = VECTORS["words"][0]["words"].split()
    bent = [*words[:at], word_list()[place], *words[at + 1 :]]
    try:
        read = handover.read_words(" ".join(bent))
    except BadRequest:
        return
    assert read.split() == bent


@pytest.mark.parametrize("case", VECTORS["openers"], ids=lambda case: case["policy"])
def test_openers(case: dict[str, Any]) -> None:
    """Name, proof and key follow from the words."""
    made = handover.opener(case["words"], case["kdf"], TESTS if case["policy"] == "tests" else PRODUCT)
    assert (made.auth.hex(), made.key.hex()) == (case["auth"], case["key"])
    assert b64(handover.name_of(case["words"])) == case["name"]


def test_a_weaker_lock_is_refused() -> None:
    """Nothing is derived from parameters below the floor, or that are not whole."""
    good = VECTORS["openers"][1]["kdf"]
    for bad in (
        VECTORS["openers"][0]["kdf"],
        good | {"p": 2},
        good | {"more": 1},
        good | {"salt": "AA"},
        good | {"t": True},
    ):
        with pytest.raises(KdfRefused):
            handover.opener(VECTORS["openers"][0]["words"], bad)


@pytest.mark.parametrize("case", VECTORS["sealed"], ids=lambda case: case["slip"]["size"])
def test_sealed(case: dict[str, Any]) -> None:
    """Each part is the vector's bytes; slip and file come back; another place or count does not open."""
    slip, key, size = case["slip"], bytes.fromhex(case["key"]), case["slip"]["size"]
    plain = [*padded_parts([patterned(size)], size), pad_version(canon(slip | {"t": handover.SLIP}))]
    raw = [
        envelope(
            key,
            Kind.HANDOVER,
            handover.header(case["handover"], i, len(plain)),
            plaintext,
            unb64(case["parts"][i]["salt"]),
        )
        for i, plaintext in enumerate(plain)
    ]
    assert [hashlib.sha256(part).hexdigest() for part in raw] == [part["sha256"] for part in case["parts"]]
    assert all(len(part) <= 1 << 20 for part in raw)
    told = handover.open_slip(key, case["handover"], len(raw), raw[-1])
    got = b"".join(handover.open_part(key, case["handover"], i, told, part) for i, part in enumerate(raw[:-1]))
    assert (hashlib.sha256(got).hexdigest(), len(got), told.name) == (slip["sha256"], size, slip["name"])
    for refused in case["refused"]:
        with pytest.raises(SealError):
            handover.open_slip(key, refused["handover"], refused["parts"], raw[-1])


def test_a_file_that_changes_while_it_is_sealed_is_refused() -> None:
    """The slip is only sealed over the bytes that passed."""
    key = handover.opener(VECTORS["words"][0]["words"], handover.new_kdf(CHEAPEST), TESTS).key
    slip = handover.Slip("x.zip", 5, hashlib.sha256(b"other").hexdigest(), 0)
    with pytest.raises(SealError):
        list(handover.seal_handover(key, "A" * 22, [b"bytes"], slip))


@pytest.mark.parametrize("space", ["\ufeff", "\x85", "\u3000", " , "])
def test_words_are_read_with_whatever_space_was_copied_between_them(space: str) -> None:
    """A byte order mark and a next line too, as the page reads them; a separator that is no space is part of a word."""
    said = VECTORS["words"][0]["words"]
    assert handover.read_words(space + said.replace(" ", space)) == said
    with pytest.raises(BadRequest):
        handover.read_words(said.replace(" ", "\x1c"))
