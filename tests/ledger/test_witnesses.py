"""witness.json in Python: nine words, request, statement, and every refusal."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from diary.crypto import witness_code
from diary.crypto.kdf import CHEAPEST_PROFILE
from diary.crypto.witness_code import WitnessCodeSecrets
from diary.crypto.words import word_list
from diary.encoding import b64, canonical_json, unb64
from diary.errors import BadRequest, BadSignature, SealError
from diary.ledger.sharing import witness_statements
from tests.vectors.load_vectors import load_vectors

WITNESS_VECTORS: dict[str, Any] = load_vectors("witness.json")
DERIVED_CODE = witness_code.derive_secrets(
    WITNESS_VECTORS["read"]["code"], WITNESS_VECTORS["read"]["key_words"], WITNESS_VECTORS["address"], CHEAPEST_PROFILE
)


def test_words_are_read_in_every_spelling_and_a_slip_is_noticed() -> None:
    """The words encode five bytes and a fingerprint, and are read in every spelling; swapped words are refused."""
    assert (
        witness_code.encode_words(bytes.fromhex(WITNESS_VECTORS["raw"]), bytes.fromhex(WITNESS_VECTORS["print"]))
        == WITNESS_VECTORS["words"]
    )
    assert [witness_code.parse_words(typed_case) for typed_case in WITNESS_VECTORS["typed"]] == [
        (WITNESS_VECTORS["read"]["code"], WITNESS_VECTORS["read"]["key_words"])
    ] * 3
    for typed_case in WITNESS_VECTORS["refused_words"]:
        with pytest.raises(BadRequest):
            witness_code.parse_words(typed_case["typed"])
    assert [b64(DERIVED_CODE.key), b64(DERIVED_CODE.name), b64(DERIVED_CODE.proof)] == [
        WITNESS_VECTORS["worth"][name] for name in ("key", "name", "proof")
    ]
    other_inputs = [
        ("https://other.example/answer", WITNESS_VECTORS["read"]["key_words"]),
        (WITNESS_VECTORS["address"], "five words of another keeper"),
    ]
    assert DERIVED_CODE.name not in [
        witness_code.derive_secrets(WITNESS_VECTORS["read"]["code"], keys, place, CHEAPEST_PROFILE).name
        for place, keys in other_inputs
    ]


def test_a_code_of_seven_words_is_read_as_before() -> None:
    """Codes of seven words from an earlier release still open: three words of key, without a salt."""
    old_vector = WITNESS_VECTORS["old"]
    assert witness_code.parse_words(old_vector["words"]) == (
        old_vector["read"]["code"],
        old_vector["read"]["key_words"],
    )
    derived = witness_code.derive_secrets(
        old_vector["read"]["code"], old_vector["read"]["key_words"], WITNESS_VECTORS["address"], CHEAPEST_PROFILE
    )
    assert [b64(derived.key), b64(derived.name), b64(derived.proof)] == [
        old_vector["worth"][name] for name in ("key", "name", "proof")
    ]
    request_opened = witness_statements.open_request(
        derived, old_vector["read"]["key_words"], WITNESS_VECTORS["witness"], unb64(old_vector["asking"])
    )
    assert request_opened["note"] == WITNESS_VECTORS["asked"]["note"]


@pytest.mark.parametrize("first", range(0, 256, 16))
def test_the_check_of_a_code_of_seven_words_is_over_its_bytes_alone(first: int) -> None:
    """Among sixteen old codes only one passes the four-bit check."""
    raw = bytes([first, 1, 2, 3, 4])
    number = int.from_bytes(raw, "big") << 4 | hashlib.sha256(b"kept/witness-check\0" + raw).digest()[0] >> 4
    code = " ".join(word_list()[number >> shift & 0x7FF] for shift in (33, 22, 11, 0))
    assert witness_code.parse_words(f"{code} what normal uphold") == (code, "what normal uphold")


def test_as_many_characters_as_four_hundred_are_read() -> None:
    """Input of four hundred characters is read, spaces included; longer input is refused."""
    assert witness_code.parse_words(WITNESS_VECTORS["words"].ljust(400))[0] == WITNESS_VECTORS["read"]["code"]
    with pytest.raises(BadRequest):
        witness_code.parse_words(WITNESS_VECTORS["words"].ljust(401))


def test_the_request_opens_with_the_words_only() -> None:
    """Another key, another code's words and another place are refused."""
    sealed = unb64(WITNESS_VECTORS["asking"]["envelope"])
    request_opened = witness_statements.open_request(
        DERIVED_CODE, WITNESS_VECTORS["read"]["key_words"], WITNESS_VECTORS["witness"], sealed
    )
    assert canonical_json({name: value for name, value in request_opened.items() if name != "t"}) == canonical_json(
        WITNESS_VECTORS["asked"]
    )
    for other_words in ("some other words", ""):
        with pytest.raises(BadSignature):
            witness_statements.open_request(DERIVED_CODE, other_words, WITNESS_VECTORS["witness"], sealed)
    for code, place in (
        (WitnessCodeSecrets(b"", bytes(32), b""), WITNESS_VECTORS["witness"]),
        (DERIVED_CODE, WITNESS_VECTORS["said"]["files"]["upload"]),
    ):
        with pytest.raises(SealError):
            witness_statements.open_request(code, WITNESS_VECTORS["read"]["key_words"], place, sealed)
    for refused_case in WITNESS_VECTORS["refused_asked"]:
        with pytest.raises(SealError):
            witness_statements.seal_request(
                DERIVED_CODE, WITNESS_VECTORS["witness"], WITNESS_VECTORS["asked"] | refused_case
            )


def test_a_statement_is_bound_to_its_code() -> None:
    """A statement opens for the keeper and is verified by the code's proof; without the proof it is unverified."""
    scalar, proof = unb64(WITNESS_VECTORS["hpke"]), DERIVED_CODE.proof
    statement, verified = witness_statements.open_statement(
        scalar, proof, WITNESS_VECTORS["witness"], unb64(WITNESS_VECTORS["statement"])
    )
    assert (
        verified
        and canonical_json(statement["fields"]) == canonical_json(WITNESS_VECTORS["said"]["fields"])
        and statement["files"] == WITNESS_VECTORS["said"]["files"]
    )
    assert not witness_statements.open_statement(
        scalar, bytes(32), WITNESS_VECTORS["witness"], unb64(WITNESS_VECTORS["statement"])
    )[1]
    with pytest.raises(SealError):
        witness_statements.open_statement(
            scalar, proof, WITNESS_VECTORS["said"]["files"]["upload"], unb64(WITNESS_VECTORS["statement"])
        )
    for refused_case in WITNESS_VECTORS["refused_said"]:
        with pytest.raises(SealError):
            witness_statements.seal_statement(
                DERIVED_CODE,
                unb64(WITNESS_VECTORS["asked"]["hpke_pub"]),
                WITNESS_VECTORS["witness"],
                WITNESS_VECTORS["said"] | refused_case,
            )
    said = WITNESS_VECTORS["said"]
    empty_file = said["files"]["list"][0] | {"size": 0}
    assert witness_statements.seal_statement(
        DERIVED_CODE,
        unb64(WITNESS_VECTORS["asked"]["hpke_pub"]),
        WITNESS_VECTORS["witness"],
        said | {"files": said["files"] | {"list": [empty_file]}},
    )
