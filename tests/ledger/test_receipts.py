"""Receipts, heads, leaves: what the notary signs, and what does not hold."""

from typing import Any

import pytest

from diary.crypto.signing import Notary
from diary.encoding import b64, unb64
from diary.errors import BadSignature
from diary.ledger import heads, leaves, manifest, receipts
from tests.vectors.reading import load

VECTORS = load("receipts.json")
NOTARY = Notary(unb64(VECTORS["notary"]["seed"]))


def test_the_chain() -> None:
    """Receipt, head and leaf of each push are the vector's, and hold."""
    assert (b64(NOTARY.pub), NOTARY.log) == (VECTORS["notary"]["pub"], VECTORS["notary"]["log"])
    head = heads.FIRST
    for entry in VECTORS["chain"]:
        place = {name: entry[name] for name in ("seq", "record", "version", "c", "env")}
        head = heads.next_head(head, **place)
        receipt = entry["receipt"]
        assert receipts.verify(receipt, NOTARY.pub, c=entry["c"], env=entry["env"]) == receipt["ts"]
        made = receipts.make(NOTARY, c=entry["c"], env=entry["env"], ts=receipt["ts"], n=unb64(receipt["n"]))
        assert made == receipt
        heads.verify(entry["head"], NOTARY.pub, diary=VECTORS["diary"], seq=entry["seq"], head=head)
        assert (
            heads.make(NOTARY, diary=VECTORS["diary"], seq=entry["seq"], head=head, ts=receipt["ts"]) == entry["head"]
        )
        assert leaves.leaf(c=entry["c"], n=receipt["n"], ts=receipt["ts"]).hex() == entry["leaf"]
        code = manifest.short_code(entries=entry["seq"] * 40, head=b64(head), seq=entry["seq"])
        assert code == entry["short_code"]


@pytest.mark.parametrize(
    "case", VECTORS["refused_receipts"], ids=[case["name"] for case in VECTORS["refused_receipts"]]
)
def test_invalid_receipts_are_refused(case: dict[str, Any]) -> None:
    """Another time, commitment, envelope, notary or shape."""
    with pytest.raises(BadSignature) as caught:
        receipts.verify(case["receipt"], NOTARY.pub, c=case["c"], env=case["env"])
    assert caught.value.code == case["code"]


@pytest.mark.parametrize("case", VECTORS["refused_heads"], ids=[case["name"] for case in VECTORS["refused_heads"]])
def test_invalid_heads_are_refused(case: dict[str, Any]) -> None:
    """Another diary, number, head, notary or thing."""
    head = heads.FIRST
    for entry in VECTORS["chain"][: case["of"]]:
        head = heads.next_head(head, **{name: entry[name] for name in ("seq", "record", "version", "c", "env")})
    with pytest.raises(BadSignature):
        heads.verify(case["head"], NOTARY.pub, diary=VECTORS["diary"], seq=case["of"], head=head)


@pytest.mark.parametrize("ts", [-1, True, None, "1"])
def test_a_time_that_is_none(ts: Any) -> None:
    """A receipt the notary itself signed is refused when its time is no time."""
    made = receipts.make(NOTARY, c="c", env="e", ts=ts, n=bytes(16))
    with pytest.raises(BadSignature):
        receipts.verify(made, NOTARY.pub, c="c", env="e")


def test_equal_commitments_have_unequal_leaves() -> None:
    """Two receipts for the same thing at the same time differ by their random number."""
    first, second = (receipts.make(NOTARY, c="c", env="e", ts=1) for _ in range(2))
    assert first["n"] != second["n"]
    assert leaves.leaf(c="c", n=str(first["n"]), ts=1) != leaves.leaf(c="c", n=str(second["n"]), ts=1)
