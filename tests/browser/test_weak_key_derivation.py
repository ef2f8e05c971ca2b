"""A server that asks for a cheaper key derivation than the product allows gets nothing derived from the words."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NewPhone
from tests.browser.live_server import LiveServer

pytestmark = pytest.mark.usual_locks


@pytest.mark.parametrize(
    "weaker_parameters",
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
def test_weaker_key_derivation_is_refused_before_anything_is_sent(
    new_phone: NewPhone, server: LiveServer, weaker_parameters: dict[str, Any]
) -> None:
    """With parameters outside the policy, or another origin, nothing derived from the words leaves the phone."""

    def change(body: bytes) -> bytes:
        answer = json.loads(body)
        answer["kdf"] |= weaker_parameters
        return json.dumps(answer).encode()

    phone = new_phone()
    phone.open_without_diary()
    server.inject_fault("POST", "/v1/prelogin", change_body=change)
    before = len(server.exchanges_with("/v1/sessions", "POST"))
    phone.submit_sign_in("quiet-otter-1234", "harbour fog lamp window")
    expect(phone.error_message()).to_be_visible()
    assert len(server.exchanges_with("/v1/sessions", "POST")) == before
