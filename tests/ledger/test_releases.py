"""release.json, which the phone's worker reads as well: a signed list, and lists that do not hold."""

from __future__ import annotations

from typing import Any

import pytest

from diary.encoding import unb64
from diary.errors import BadRequest, BadSignature
from diary.ledger import releases
from tests.vectors.reading import load

V: dict[str, Any] = load("release.json")


def test_what_a_list_says() -> None:
    """Every address with its digest, the worker's too."""
    _, listed = releases.read(V["text"].encode(), unb64(V["key"]))
    assert listed == dict(V["files"]) | {"/sw.js": V["worker"]}


@pytest.mark.parametrize("case", V["refused"], ids=lambda case: case["name"])
def test_a_list_that_does_not_hold_is_refused(case: dict[str, Any]) -> None:
    """Whatever is changed, nothing of it is believed."""
    with pytest.raises((BadSignature, BadRequest)):
        releases.read(case["text"].encode(), unb64(V["key"]))
