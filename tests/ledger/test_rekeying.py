"""rekey.json, shared with the phone's code: statements, chains, the range of each key, and the keyset."""

from __future__ import annotations

from typing import Any

import pytest

from diary.crypto.keys import open_keyset
from diary.encoding import canonical_json, unb64
from diary.errors import BadSignature
from diary.ledger import rekeying
from diary.ledger.push import version_signing_input
from tests.vectors.load_vectors import load_vectors

REKEY_VECTORS: dict[str, Any] = load_vectors("rekey.json")
NEWEST_KEY = unb64(REKEY_VECTORS["keys"][-1]["pub"])


def test_statements_give_the_listed_keys() -> None:
    """The signed bytes are canonical JSON; the chain gives the keys with their bounds; the keyset contains it."""
    for statement, signed in zip(REKEY_VECTORS["statements"], REKEY_VECTORS["signed"], strict=True):
        rekeying.verify_statement(statement)
        assert canonical_json({name: value for name, value in statement.items() if name != "sig"}).decode() == signed
    key_chain = rekeying.verify_chain(REKEY_VECTORS["statements"], NEWEST_KEY)
    assert [(key.pub, key.last_seq, key.last_ms) for key in key_chain] == [
        (unb64(k["pub"]), k["seq"], k["ts"]) for k in REKEY_VECTORS["chain"]
    ]
    keyset = open_keyset(
        unb64(REKEY_VECTORS["account_key"]),
        unb64(REKEY_VECTORS["keyset"]["envelope"]),
        REKEY_VECTORS["keyset"]["header"]["account"],
    )
    assert list(keyset.earlier_statements) == REKEY_VECTORS["statements"]
    assert keyset.plaintext().decode() == REKEY_VECTORS["keyset"]["plaintext"]


@pytest.mark.parametrize("case", REKEY_VECTORS["refused_statements"], ids=lambda case: case["name"])
def test_an_altered_statement_is_refused(case: dict[str, Any]) -> None:
    """Any change invalidates the signature or the shape."""
    with pytest.raises(BadSignature):
        rekeying.verify_statement(case["statement"])


@pytest.mark.parametrize("case", REKEY_VECTORS["refused_chains"], ids=lambda case: case["name"])
def test_an_invalid_chain_is_refused(case: dict[str, Any]) -> None:
    """Statements must be consecutive and lead to the current key."""
    with pytest.raises(BadSignature):
        rekeying.verify_chain(case["statements"], unb64(case["newest"]))


@pytest.mark.parametrize("case", REKEY_VECTORS["counts"], ids=lambda case: f"key {case['version']} at {case['seq']}")
def test_an_earlier_key_counts_until_its_end(case: dict[str, Any]) -> None:
    """An earlier key is valid up to its number, and never for a version without a number."""
    version, keys = (
        REKEY_VECTORS["versions"][case["version"]],
        rekeying.verify_chain(REKEY_VECTORS["statements"], NEWEST_KEY),
    )
    message = version_signing_input(c=version["c"], **REKEY_VECTORS["place"])
    if case["holds"]:
        return rekeying.verify_by_any_key(keys, message, unb64(version["sig"]), case["seq"])
    with pytest.raises(BadSignature):
        rekeying.verify_by_any_key(keys, message, unb64(version["sig"]), case["seq"])
    return None
