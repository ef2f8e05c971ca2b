"""rekey.json, which the phone's code reads as well: statements, chains, what each key counts for, and the keyset."""

from __future__ import annotations

from typing import Any

import pytest

from diary.crypto.keys import open_keyset
from diary.encoding import canon, unb64
from diary.errors import BadSignature
from diary.ledger import rekeying
from diary.ledger.push import signed_bytes
from tests.vectors.reading import load

V: dict[str, Any] = load("rekey.json")
NEWEST = unb64(V["keys"][-1]["pub"])


def test_what_the_statements_say() -> None:
    """The signed bytes are the canonical JSON; the chain is the keys with their bounds; the keyset carries it whole."""
    for statement, signed in zip(V["statements"], V["signed"], strict=True):
        rekeying.check(statement)
        assert canon({name: value for name, value in statement.items() if name != "sig"}).decode() == signed
    found = rekeying.chain(V["statements"], NEWEST)
    assert [(key.pub, key.seq, key.ts) for key in found] == [(unb64(k["pub"]), k["seq"], k["ts"]) for k in V["chain"]]
    keyset = open_keyset(unb64(V["account_key"]), unb64(V["keyset"]["envelope"]), V["keyset"]["header"]["account"])
    assert list(keyset.earlier) == V["statements"]
    assert keyset.plaintext().decode() == V["keyset"]["plaintext"]


@pytest.mark.parametrize("case", V["refused_statements"], ids=lambda case: case["name"])
def test_a_bent_statement_is_refused(case: dict[str, Any]) -> None:
    """Whatever is changed, its signature or its shape no longer holds."""
    with pytest.raises(BadSignature):
        rekeying.check(case["statement"])


@pytest.mark.parametrize("case", V["refused_chains"], ids=lambda case: case["name"])
def test_a_chain_that_is_none_is_refused(case: dict[str, Any]) -> None:
    """The statements must follow one another and lead to the key in use."""
    with pytest.raises(BadSignature):
        rekeying.chain(case["statements"], unb64(case["newest"]))


@pytest.mark.parametrize("case", V["counts"], ids=lambda case: f"key {case['version']} at {case['seq']}")
def test_what_an_earlier_key_counts_for(case: dict[str, Any]) -> None:
    """Up to its number, and for nothing that has none."""
    version, keys = V["versions"][case["version"]], rekeying.chain(V["statements"], NEWEST)
    message = signed_bytes(c=version["c"], **V["place"])
    if case["holds"]:
        return rekeying.verify_any(keys, message, unb64(version["sig"]), case["seq"])
    with pytest.raises(BadSignature):
        rekeying.verify_any(keys, message, unb64(version["sig"]), case["seq"])
    return None
