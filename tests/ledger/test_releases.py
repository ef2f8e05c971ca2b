"""release.json, shared with the phone's worker: a signed list, and invalid lists."""

from __future__ import annotations

from typing import Any

import pytest

from diary.encoding import unb64
from diary.errors import BadRequest, BadSignature
from diary.ledger import releases
from tests.vectors.load_vectors import load_vectors

RELEASE_VECTORS: dict[str, Any] = load_vectors("release.json")


def test_a_signed_list_is_read() -> None:
    """Every address is read with its digest, including the worker's."""
    _, release_list = releases.read_release(RELEASE_VECTORS["text"].encode(), unb64(RELEASE_VECTORS["key"]))
    assert release_list == dict(RELEASE_VECTORS["files"]) | {"/sw.js": RELEASE_VECTORS["worker"]}


@pytest.mark.parametrize("case", RELEASE_VECTORS["refused"], ids=lambda case: case["name"])
def test_an_invalid_list_is_refused(case: dict[str, Any]) -> None:
    """A changed list is refused as a whole."""
    with pytest.raises((BadSignature, BadRequest)):
        releases.read_release(case["text"].encode(), unb64(RELEASE_VECTORS["key"]))
