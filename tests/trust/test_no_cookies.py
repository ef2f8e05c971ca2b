"""Only `/sw.js` on the app's host sets cookies, to expire two of earlier releases; no cookie signs in.

tests/cookie_check.py checks the same during every other test.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from diary.web.routes import ROUTES
from tests.cookie_check import ALLOWED_EXPIRY_COOKIES, forbidden_cookies
from tests.server_fixture import InProcessServer, Keeper, Phone, RequestBody, new_device_sign_in_body

PROJECT_ROOT = Path(__file__).resolve().parent.parent.parent


async def test_no_answer_sets_a_cookie(keeper: Keeper, server: InProcessServer) -> None:
    """Every route, with a session and without one, and signing in and out set none."""
    stranger = Phone(server.http_client("192.0.2.1"))
    responses: list[str] = []
    for phone in (stranger, keeper):
        for row in ROUTES:
            path = re.sub(
                r"{(\w+)(?::path)?}", lambda one: keeper.identity.diary if one[1] == "diary" else "A" * 22, row.path
            )
            body: RequestBody = (
                {} if row.body.kind.value == "application/json" else b"x" if row.body.kind.value != "none" else None
            )
            answer = await phone.request(row.method, path, body, x_proof=keeper.proof)
            responses += [row.path for _ in answer.headers.get_list("set-cookie")]
    second = Phone(server.http_client("192.0.2.2"))
    for extra in ({}, {"borrowed": True}, {"desk": True}):
        sign_in = await second.request(
            "POST", "/v1/sessions", new_device_sign_in_body(keeper.identity.login, keeper.proof) | extra
        )
        assert sign_in.status_code == 200 and len(sign_in.json()["token"]) == 43
        responses += sign_in.headers.get_list("set-cookie")
        responses += (await second.request("DELETE", "/v1/session")).headers.get_list("set-cookie")
    assert set(responses) == {"/sw.js"}


async def test_the_worker_expires_both_in_every_install_alike(keeper: Keeper, server: InProcessServer) -> None:
    """They are expired with and without cookies or a session, also when the worker has not changed."""
    first = await server.http_client().get("/sw.js")
    again = await server.http_client().get("/sw.js", headers={"If-None-Match": first.headers["etag"]})
    held = await server.http_client().get("/sw.js", headers={"Cookie": f"__Host-s={'A' * 43}; __Host-d={'A' * 43}"})
    for answer in (first, again, held, await keeper.request("GET", "/sw.js")):
        assert sorted(answer.headers.get_list("set-cookie")) == sorted(ALLOWED_EXPIRY_COOKIES)
    assert [first.status_code, again.status_code] == [200, 304]


@pytest.mark.parametrize("how", ["in_process", "over_tls"])
def test_a_cookie_that_is_set_in_any_test_fails_it(how: str) -> None:
    """The test that sent the request fails although it checks nothing, and names the cookie (planted_cookies.py)."""
    test = f"tests/trust/planted_cookies.py::test_{how}"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", test]
    result = subprocess.run(command, cwd=PROJECT_ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 1, result.stdout + result.stderr
    assert "1 passed, 1 error" in result.stdout and "/v1/server set '__Host-s=planted'" in result.stdout, result.stdout


@pytest.mark.parametrize(
    ("host", "path", "value"),
    [
        ("app.test", "/sw.js", ALLOWED_EXPIRY_COOKIES[0].replace("=;", "=x;")),
        ("app.test", "/sw.js", ALLOWED_EXPIRY_COOKIES[0].replace("Max-Age=0", "Max-Age=1")),
        ("app.test", "/sw.js", "other=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Strict"),
        ("app.test", "/", ALLOWED_EXPIRY_COOKIES[0]),
        ("public.test", "/sw.js", ALLOWED_EXPIRY_COOKIES[0]),
    ],
)
def test_only_the_two_expiries_pass_and_only_there(host: str, path: str, value: str) -> None:
    """Another value, expiry, name, path or host is reported."""
    assert len(forbidden_cookies([(b"Set-Cookie", value.encode())], host, path, "app.test")) == 1
    assert (
        forbidden_cookies(
            [(b"set-cookie", one.encode()) for one in ALLOWED_EXPIRY_COOKIES], "app.test", "/sw.js", "app.test"
        )
        == []
    )


@pytest.mark.parametrize("how", ["cookie", "x_session", "query", "basic"])
async def test_only_the_bearer_token_signs_in(how: str, keeper: Keeper, server: InProcessServer) -> None:
    """The right token, sent in a way browsers attach by themselves or as earlier releases did, is no session."""
    token = keeper.tokens["session"]
    sent = {
        "cookie": {"cookie": f"__Host-s={token}; __Host-d={token}"},
        "x_session": {"x_session": token},
        "basic": {"authorization": f"Basic {token}"},
    }
    bare_phone = Phone(server.http_client())
    answer = await bare_phone.request(
        "GET", "/v1/session" + (f"?token={token}" if how == "query" else ""), headers=sent.get(how, {})
    )
    assert (answer.status_code, answer.json()["error"]) == (401, "signed_out")
    assert (await keeper.request("GET", "/v1/session")).status_code == 200
