"""Receipts, heads and leaves: what the notary signs, and what is refused."""

from typing import Any

import pytest

from diary.crypto.signing import Ed25519Signer
from diary.encoding import b64, unb64
from diary.errors import BadSignature
from diary.ledger import heads, leaves, receipts, short_code
from tests.vectors.load_vectors import load_vectors

VECTORS = load_vectors("receipts.json")
NOTARY_KEY = Ed25519Signer(unb64(VECTORS["notary"]["seed"]))


def head_after(head: bytes, entry: dict[str, Any]) -> bytes:
    """Return the head after an entry of the vectors."""
    place = {name: entry[name] for name in ("seq", "record", "version")}
    return heads.next_head(head, **place, commitment=entry["c"], envelopes_digest=entry["env"])


def test_the_chain_of_receipts_and_heads_matches_the_vectors() -> None:
    """Receipt, head and leaf of each push equal the vector, and are valid."""
    assert (b64(NOTARY_KEY.pub), NOTARY_KEY.log_id) == (VECTORS["notary"]["pub"], VECTORS["notary"]["log"])
    head = heads.INITIAL_HEAD
    for entry in VECTORS["chain"]:
        head = head_after(head, entry)
        receipt = entry["receipt"]
        assert (
            receipts.verify_receipt(receipt, NOTARY_KEY.pub, commitment=entry["c"], envelopes_digest=entry["env"])
            == receipt["ts"]
        )
        receipt_made = receipts.sign_receipt(
            NOTARY_KEY,
            commitment=entry["c"],
            envelopes_digest=entry["env"],
            timestamp_ms=receipt["ts"],
            fixed_number=unb64(receipt["n"]),
        )
        assert receipt_made == receipt
        heads.verify_head(entry["head"], NOTARY_KEY.pub, diary=VECTORS["diary"], seq=entry["seq"], head=head)
        assert (
            heads.sign_head(NOTARY_KEY, diary=VECTORS["diary"], seq=entry["seq"], head=head, timestamp_ms=receipt["ts"])
            == entry["head"]
        )
        assert (
            leaves.receipt_leaf(commitment=entry["c"], number=receipt["n"], timestamp_ms=receipt["ts"]).hex()
            == entry["leaf"]
        )
        code = short_code.short_code(entries=entry["seq"] * 40, head=b64(head), seq=entry["seq"])
        assert code == entry["short_code"]


@pytest.mark.parametrize(
    "case", VECTORS["refused_receipts"], ids=[case["name"] for case in VECTORS["refused_receipts"]]
)
def test_invalid_receipts_are_refused(case: dict[str, Any]) -> None:
    """A receipt with another time, commitment, envelope, notary or shape is refused."""
    with pytest.raises(BadSignature) as caught:
        receipts.verify_receipt(case["receipt"], NOTARY_KEY.pub, commitment=case["c"], envelopes_digest=case["env"])
    assert caught.value.code == case["code"]


@pytest.mark.parametrize("case", VECTORS["refused_heads"], ids=[case["name"] for case in VECTORS["refused_heads"]])
def test_invalid_heads_are_refused(case: dict[str, Any]) -> None:
    """A head with another diary, number, head, notary or type is refused."""
    head = heads.INITIAL_HEAD
    for entry in VECTORS["chain"][: case["of"]]:
        head = head_after(head, entry)
    with pytest.raises(BadSignature):
        heads.verify_head(case["head"], NOTARY_KEY.pub, diary=VECTORS["diary"], seq=case["of"], head=head)


@pytest.mark.parametrize("ts", [-1, True, None, "1"])
def test_an_invalid_time_is_refused(ts: Any) -> None:
    """A receipt is refused when its time is not valid, even with the notary's signature."""
    receipt = receipts.sign_receipt(
        NOTARY_KEY, commitment="c", envelopes_digest="e", timestamp_ms=ts, fixed_number=bytes(16)
    )
    with pytest.raises(BadSignature):
        receipts.verify_receipt(receipt, NOTARY_KEY.pub, commitment="c", envelopes_digest="e")


def test_equal_commitments_have_unequal_leaves() -> None:
    """Two receipts for the same commitment at the same time differ by their random number."""
    first, second = (
        receipts.sign_receipt(NOTARY_KEY, commitment="c", envelopes_digest="e", timestamp_ms=1) for _ in range(2)
    )
    assert first["n"] != second["n"]
    assert leaves.receipt_leaf(commitment="c", number=str(first["n"]), timestamp_ms=1) != leaves.receipt_leaf(
        commitment="c", number=str(second["n"]), timestamp_ms=1
    )
