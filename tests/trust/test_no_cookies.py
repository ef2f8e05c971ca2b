"""No answer of the app's host sets a cookie but `/sw.js`, which expires the two of earlier releases; no cookie signs in."""

from __future__ import annotations

import re

import pytest

from diary.web.routes import ROUTES
from tests.keepers import Keeper, Phone, Served, sign_in_body

EXPIRED = [f"{name}=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Strict" for name in ("__Host-d", "__Host-s")]


async def test_no_answer_sets_a_cookie(keeper: Keeper, server: Served) -> None:
    """Every route, in a session and without one; signing in, signing out and everything between."""
    stranger = Phone(server.client("192.0.2.1"))
    found: list[str] = []
    for phone in (stranger, keeper):
        for row in ROUTES:
            path = re.sub(r"{(\w+)(?::path)?}", lambda one: keeper.identity.diary if one[1] == "diary" else "A" * 22, row.path)
            body = {} if row.body.kind.value == "application/json" else b"x" if row.body.kind.value != "none" else None
            answer = await phone.ask(row.method, path, body, x_proof=keeper.proof)
            found += [row.path for _ in answer.headers.get_list("set-cookie")]
    second = Phone(server.client("192.0.2.2"))
    for more in ({}, {"borrowed": True}, {"desk": True}):
        entered = await second.ask("POST", "/v1/sessions", sign_in_body(keeper.identity.login, keeper.proof) | more)
        assert entered.status_code == 200 and len(entered.json()["token"]) == 43
        found += entered.headers.get_list("set-cookie")
        found += (await second.ask("DELETE", "/v1/session")).headers.get_list("set-cookie")
    assert set(found) == {"/sw.js"}


async def test_the_worker_expires_both_in_every_install_alike(keeper: Keeper, server: Served) -> None:
    """With and without cookies, with and without a session, and when the worker has not changed."""
    first = await server.client().get("/sw.js")
    again = await server.client().get("/sw.js", headers={"If-None-Match": first.headers["etag"]})
    held = await server.client().get("/sw.js", headers={"Cookie": f"__Host-s={'A' * 43}; __Host-d={'A' * 43}"})
    for answer in (first, again, held, await keeper.ask("GET", "/sw.js")):
        assert sorted(answer.headers.get_list("set-cookie")) == EXPIRED
    assert [first.status_code, again.status_code] == [200, 304]


@pytest.mark.parametrize("how", ["cookie", "x_session", "query", "basic"])
async def test_nothing_but_the_bearer_signs_in(how: str, keeper: Keeper, server: Served) -> None:
    """The right token, sent in any way a browser attaches by itself or as earlier releases did, is no session."""
    token = keeper.tokens["session"]
    sent = {
        "cookie": {"cookie": f"__Host-s={token}; __Host-d={token}"},
        "x_session": {"x_session": token},
        "basic": {"authorization": f"Basic {token}"},
    }
    bare = Phone(server.client())
    answer = await bare.ask("GET", "/v1/session" + (f"?token={token}" if how == "query" else ""), **sent.get(how, {}))
    assert (answer.status_code, answer.json()["error"]) == (401, "signed_out")
    assert (await keeper.ask("GET", "/v1/session")).status_code == 200
