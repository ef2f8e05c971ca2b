"""Eight words, the name, proof and key derived from them, and packs sealed under them: byte for byte as in the vectors."""

import hashlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diary.crypto import handover
from diary.crypto.file_parts import padded_parts
from diary.crypto.kdf import CHEAPEST_PROFILE, PRODUCTION_POLICY, TEST_POLICY
from diary.crypto.padding import pad_version
from diary.crypto.sealing import EnvelopeKind, seal_envelope
from diary.crypto.words import word_list
from diary.encoding import b64, canonical_json, unb64
from diary.errors import BadRequest, KdfPolicyViolation, SealError
from tests.vectors.load_vectors import load_vectors
from tests.vectors.reference import patterned_bytes, reference_envelope

VECTORS = load_vectors("handover.json")


@pytest.mark.parametrize("case", VECTORS["words"], ids=lambda case: case["raw"])
def test_words_match_the_vectors(case: dict[str, Any]) -> None:
    """Eleven bytes become eight words, which are read back however they are typed."""
    assert handover.encode_words(bytes.fromhex(case["raw"])) == case["words"] == handover.parse_words(case["words"])
    for typed in VECTORS["typed"]:
        assert handover.parse_words(typed["typed"]) == typed["words"]


def test_invalid_words_are_refused() -> None:
    """A wrong count, an unknown word and a wrong order are refused."""
    for case in VECTORS["refused_words"]:
        with pytest.raises(BadRequest):
            handover.parse_words(case["typed"])


@given(st.integers(0, 7), st.integers(0, 2047))
def test_fifteen_of_sixteen_slips_are_noticed(at: int, place: int) -> None:
    """A wrong word passes the checksum about once in sixteen times, and never opens."""
    words = VECTORS["words"][0]["words"].split()
    words_with_slip = [*words[:at], word_list()[place], *words[at + 1 :]]
    try:
        read = handover.parse_words(" ".join(words_with_slip))
    except BadRequest:
        return
    assert read.split() == words_with_slip


@pytest.mark.parametrize("case", VECTORS["openers"], ids=lambda case: case["policy"])
def test_openers_match_the_vectors(case: dict[str, Any]) -> None:
    """Name, proof and key are derived from the words."""
    opener = handover.derive_secrets(
        case["words"], case["kdf"], TEST_POLICY if case["policy"] == "tests" else PRODUCTION_POLICY
    )
    assert (opener.proof.hex(), opener.key.hex()) == (case["auth"], case["key"])
    assert b64(handover.derive_name(case["words"])) == case["name"]


def test_a_weaker_lock_is_refused() -> None:
    """Nothing is derived from parameters below the minimum or with missing members."""
    good = VECTORS["openers"][1]["kdf"]
    for bad in (
        VECTORS["openers"][0]["kdf"],
        good | {"p": 2},
        good | {"more": 1},
        good | {"salt": "AA"},
        good | {"t": True},
    ):
        with pytest.raises(KdfPolicyViolation):
            handover.derive_secrets(VECTORS["openers"][0]["words"], bad)


@pytest.mark.parametrize("case", VECTORS["sealed"], ids=lambda case: case["slip"]["size"])
def test_sealed_parts_match_the_vectors(case: dict[str, Any]) -> None:
    """Each part equals the vector; metadata and file are restored; another place or count does not open."""
    slip, key, size = case["slip"], bytes.fromhex(case["key"]), case["slip"]["size"]
    plaintexts = [
        *padded_parts([patterned_bytes(size)], size),
        pad_version(canonical_json(slip | {"t": handover.METADATA_TYPE})),
    ]
    raw = [
        reference_envelope(
            key,
            EnvelopeKind.HANDOVER,
            handover.handover_part_header(case["handover"], i, len(plaintexts)),
            plaintext,
            unb64(case["parts"][i]["salt"]),
        )
        for i, plaintext in enumerate(plaintexts)
    ]
    assert [hashlib.sha256(part).hexdigest() for part in raw] == [part["sha256"] for part in case["parts"]]
    assert all(len(part) <= 1 << 20 for part in raw)
    opened_slip = handover.open_metadata(key, case["handover"], len(raw), raw[-1])
    content = b"".join(
        handover.open_part(key, case["handover"], i, opened_slip, part) for i, part in enumerate(raw[:-1])
    )
    assert (hashlib.sha256(content).hexdigest(), len(content), opened_slip.name) == (slip["sha256"], size, slip["name"])
    for refused in case["refused"]:
        with pytest.raises(SealError):
            handover.open_metadata(key, refused["handover"], refused["parts"], raw[-1])


def test_a_file_that_changes_while_it_is_sealed_is_refused() -> None:
    """The metadata is sealed only when it matches the bytes that were sealed."""
    key = handover.derive_secrets(
        VECTORS["words"][0]["words"], handover.new_kdf_params(CHEAPEST_PROFILE), TEST_POLICY
    ).key
    slip = handover.HandoverMetadata("x.zip", 5, hashlib.sha256(b"other").hexdigest(), 0)
    with pytest.raises(SealError):
        list(handover.seal_handover(key, "A" * 22, [b"bytes"], slip))


@pytest.mark.parametrize(
    "change", [{"name": 7}, {"sha256": 7}, {"size": "5"}, {"made_at": None}, {"more": 1}, {"t": "other"}], ids=str
)
def test_metadata_of_another_form_is_refused(change: dict[str, object]) -> None:
    """A member of another type, one too many, or another kind of text opens as nothing."""
    key, metadata = bytes(32), {"made_at": 0, "name": "x.zip", "sha256": "ab", "size": 5, "t": handover.METADATA_TYPE}
    header = handover.handover_part_header("A" * 22, 1, 2)

    def seal(members: dict[str, object]) -> bytes:
        return seal_envelope(key, EnvelopeKind.HANDOVER, header, pad_version(canonical_json(members)))

    assert handover.open_metadata(key, "A" * 22, 2, seal(metadata)).name == "x.zip"
    with pytest.raises(SealError):
        handover.open_metadata(key, "A" * 22, 2, seal(metadata | change))


@pytest.mark.parametrize("space", ["\ufeff", "\x85", "\u3000", " , "])
def test_words_are_read_with_whatever_space_was_copied_between_them(space: str) -> None:
    """Any Unicode space separates words, as in the page; other separators are part of a word."""
    words = VECTORS["words"][0]["words"]
    assert handover.parse_words(space + words.replace(" ", space)) == words
    with pytest.raises(BadRequest):
        handover.parse_words(words.replace(" ", "\x1c"))
