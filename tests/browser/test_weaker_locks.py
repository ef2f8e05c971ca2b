"""A server that asks for a cheaper key derivation than the product allows gets nothing derived from the words."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NewPhone
from tests.browser.serving import Served

pytestmark = pytest.mark.usual_locks


@pytest.mark.parametrize(
    "weaker",
    [
        {"m": 8192},
        {"t": 0},
        {"m": 47104, "t": 1, "p": 2},
        {"alg": "pbkdf2"},
        {"m": 1 << 20},
        {"origin": "https://clone.example"},
    ],
    ids=["memory", "passes", "lanes", "algorithm", "ceiling", "origin"],
)
def test_a_weaker_lock_is_refused_before_anything_is_sent(
    new_phone: NewPhone, server: Served, weaker: dict[str, Any]
) -> None:
    """With parameters outside the policy, or another origin, nothing derived from the words leaves the phone."""

    def change(body: bytes) -> bytes:
        answer = json.loads(body)
        answer["kdf"] |= weaker
        return json.dumps(answer).encode()

    phone = new_phone()
    phone.opens()
    server.meddle("POST", "/v1/prelogin", change=change)
    before = len(server.to("/v1/sessions", "POST"))
    phone.asks_to_sign_in("quiet-otter-1234", "harbour fog lamp window")
    expect(phone.problem()).to_be_visible()
    assert len(server.to("/v1/sessions", "POST")) == before
