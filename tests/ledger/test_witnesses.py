"""witness.json in Python: nine words, what is asked and answered, and each thing that must not hold."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from diary.crypto import witness_code
from diary.crypto.kdf import CHEAPEST
from diary.crypto.witness_code import Code
from diary.crypto.words import word_list
from diary.encoding import b64, canon, unb64
from diary.errors import BadRequest, BadSignature, SealError
from diary.ledger.sharing import witness_statements
from tests.vectors.reading import load

V: dict[str, Any] = load("witness.json")
CODE = witness_code.derive(V["read"]["code"], V["read"]["key_words"], V["address"], CHEAPEST)


def test_words_are_read_in_every_spelling_and_a_slip_is_noticed() -> None:
    """Made of five bytes and a fingerprint; read as they are said; two in the wrong order are none."""
    assert witness_code.words_of(bytes.fromhex(V["raw"]), bytes.fromhex(V["print"])) == V["words"]
    assert [witness_code.read_words(one) for one in V["typed"]] == [(V["read"]["code"], V["read"]["key_words"])] * 3
    for one in V["refused_words"]:
        with pytest.raises(BadRequest):
            witness_code.read_words(one["typed"])
    assert [b64(CODE.key), b64(CODE.name), b64(CODE.proof)] == [V["worth"][name] for name in ("key", "name", "proof")]
    others = [("https://other.example/answer", V["read"]["key_words"]), (V["address"], "five words of another keeper")]
    assert CODE.name not in [
        witness_code.derive(V["read"]["code"], keys, place, CHEAPEST).name for place, keys in others
    ]


def test_a_code_of_seven_words_is_read_as_before() -> None:
    """Three words of the key, which the salt does not know of: what an earlier release made is found and opened."""
    old = V["old"]
    assert witness_code.read_words(old["words"]) == (old["read"]["code"], old["read"]["key_words"])
    worth = witness_code.derive(old["read"]["code"], old["read"]["key_words"], V["address"], CHEAPEST)
    assert [b64(worth.key), b64(worth.name), b64(worth.proof)] == [
        old["worth"][name] for name in ("key", "name", "proof")
    ]
    told = witness_statements.open_asking(worth, old["read"]["key_words"], V["witness"], unb64(old["asking"]))
    assert told["note"] == V["asked"]["note"]


@pytest.mark.parametrize("first", range(0, 256, 16))
def test_the_check_of_a_code_of_seven_words_is_over_its_bytes_alone(first: int) -> None:
    """Sixteen codes of before, because four bits hold by chance for one in sixteen."""
    raw = bytes([first, 1, 2, 3, 4])
    number = int.from_bytes(raw, "big") << 4 | hashlib.sha256(b"kept/witness-check\0" + raw).digest()[0] >> 4
    code = " ".join(word_list()[number >> shift & 0x7FF] for shift in (33, 22, 11, 0))
    assert witness_code.read_words(f"{code} what normal uphold") == (code, "what normal uphold")


def test_as_many_characters_as_four_hundred_are_read() -> None:
    """Spaces count; one more is not looked at."""
    assert witness_code.read_words(V["words"].ljust(400))[0] == V["read"]["code"]
    with pytest.raises(BadRequest):
        witness_code.read_words(V["words"].ljust(401))


def test_what_is_asked_opens_for_the_words_alone() -> None:
    """Another key, another code's words, another place: refused."""
    sealed = unb64(V["asking"]["envelope"])
    told = witness_statements.open_asking(CODE, V["read"]["key_words"], V["witness"], sealed)
    assert canon({name: value for name, value in told.items() if name != "t"}) == canon(V["asked"])
    with pytest.raises(BadSignature):
        witness_statements.open_asking(CODE, "some other words", V["witness"], sealed)
    for code, place in ((Code(b"", bytes(32), b""), V["witness"]), (CODE, V["said"]["files"]["upload"])):
        with pytest.raises(SealError):
            witness_statements.open_asking(code, V["read"]["key_words"], place, sealed)
    for one in V["refused_asked"]:
        with pytest.raises(SealError):
            witness_statements.seal_asking(CODE, V["witness"], V["asked"] | one)


def test_a_statement_is_its_codes_and_says_so() -> None:
    """Opened by the keeper, verified by the code; without the proof it opens and is not verified."""
    scalar, proof = unb64(V["hpke"]), CODE.proof
    said, verified = witness_statements.open_statement(scalar, proof, V["witness"], unb64(V["statement"]))
    assert verified and canon(said["fields"]) == canon(V["said"]["fields"]) and said["files"] == V["said"]["files"]
    assert not witness_statements.open_statement(scalar, bytes(32), V["witness"], unb64(V["statement"]))[1]
    with pytest.raises(SealError):
        witness_statements.open_statement(scalar, proof, V["said"]["files"]["upload"], unb64(V["statement"]))
    for one in V["refused_said"]:
        with pytest.raises(SealError):
            witness_statements.seal_statement(CODE, unb64(V["asked"]["hpke_pub"]), V["witness"], V["said"] | one)
