"""Every kind of record as it is sealed: tests/vectors/kinds.json."""

from typing import Any

import pytest

from diary.crypto.signing import verify_author
from diary.encoding import b64, canon, unb64
from diary.ledger import versions
from diary.ledger.commitments import Names
from diary.record.rules import faults_of_shape
from diary.record.schemas import KINDS, schema
from tests.vectors.reading import load

VECTORS = load("kinds.json")
CASES = {case["name"]: case for case in VECTORS["cases"]}


def test_every_kind_is_there() -> None:
    """None is left out."""
    assert sorted(CASES) == list(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_composed_byte_for_byte(kind: str) -> None:
    """Every field of the schema, open and restricted: lengths, digests, commitment and what is signed."""
    case: dict[str, Any] = CASES[kind]
    names, draft = schema(kind, 1), case["draft"]
    told = versions.Draft(place=versions.Place(**case["place"]), **(draft | {"parents": tuple(draft["parents"])}))
    blank = bytes(32)
    secrets = versions.Secrets(blank, unb64(case["seeds"]["open"]), blank, unb64(case["seeds"]["restricted"]))
    composed = versions.compose(told, Names(names.open, names.restricted), VECTORS["author"]["key_id"], secrets)
    assert [len(payload) for payload in composed.payloads] == case["payload_bytes"]
    assert dict(composed.digests) == case["digests"] and b64(composed.commitment) == case["c"]
    verify_author(unb64(VECTORS["author"]["pub"]), case["signed"].encode(), unb64(case["sig"]))
    said = {**draft["open"], **draft["restricted"]}
    assert set(said) == {name for name in (*names.open, *names.restricted) if not name.startswith("_")}
    assert faults_of_shape(kind, said) == [] and len(canon(said)) > 20 * len(said)
