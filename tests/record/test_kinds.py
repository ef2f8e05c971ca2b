"""Every kind of record as sealed: tests/vectors/kinds.json."""

from typing import Any

import pytest

from diary.crypto.signing import verify_author
from diary.encoding import b64, canonical_json, unb64
from diary.ledger import versions
from diary.ledger.commitments import FieldNames
from diary.record.rules import find_shape_issues
from diary.record.schemas import RECORD_KINDS, find_schema
from tests.vectors.load_vectors import load_vectors

VECTORS = load_vectors("kinds.json")
CASES = {case["name"]: case for case in VECTORS["cases"]}


def test_the_vectors_hold_every_kind() -> None:
    """No kind is missing from the vectors."""
    assert sorted(CASES) == list(RECORD_KINDS)


@pytest.mark.parametrize("kind", RECORD_KINDS)
def test_composed_versions_match_the_vectors(kind: str) -> None:
    """Every field of the schema, open and restricted, matches: lengths, digests, commitment and signed bytes."""
    case: dict[str, Any] = CASES[kind]
    names, draft = find_schema(kind, 1), case["draft"]
    draft_object = versions.VersionDraft(
        ids=versions.VersionIds(**case["place"]), **(draft | {"parents": tuple(draft["parents"])})
    )
    blank = bytes(32)
    secrets = versions.VersionSecrets(blank, unb64(case["seeds"]["open"]), blank, unb64(case["seeds"]["restricted"]))
    composed = versions.compose(
        draft_object, FieldNames(names.open, names.restricted), VECTORS["author"]["key_id"], secrets
    )
    assert [len(payload) for payload in composed.payloads] == case["payload_bytes"]
    assert dict(composed.digests) == case["digests"] and b64(composed.commitment) == case["c"]
    verify_author(unb64(VECTORS["author"]["pub"]), case["signed"].encode(), unb64(case["sig"]))
    field_values = {**draft["open"], **draft["restricted"]}
    assert set(field_values) == {name for name in (*names.open, *names.restricted) if not name.startswith("_")}
    assert find_shape_issues(kind, field_values) == [] and len(canonical_json(field_values)) > 20 * len(field_values)
