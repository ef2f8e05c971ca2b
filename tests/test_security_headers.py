"""Every class of response has every header: pages, scripts, answers, failures, on both hosts."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from diary.paths import TEMPLATES
from diary.web.headers import APP_POLICY, PUBLIC_POLICY
from tests.server_fixture import InProcessServer, Keeper, register_keeper, running_server

COMMON_HEADERS = {
    "cross-origin-embedder-policy": "require-corp",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
APP_DIRECTIVES = {
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "style-src 'self'",
    "connect-src 'self'",
    "worker-src 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types app-url lit-html",
}


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[InProcessServer]:
    """Run a server with TLS addresses."""
    urls = {
        "DIARY_APP_URL": "https://notes.example",
        "DIARY_PUBLIC_URL": "https://kept.example",
        "DIARY_ENROLMENT": "open",
    }
    async with running_server(tmp_path, **urls) as running:
        yield running


@pytest.fixture
async def keeper(server: InProcessServer) -> Keeper:
    """Register a keeper."""
    return await register_keeper(server)


async def responses_of_every_class(keeper: Keeper, server: InProcessServer) -> list[httpx.Response]:
    """Return one response of every class on the app's host."""
    stranger = server.http_client("192.0.2.1")
    responses = [await keeper.request("GET", path) for path in ("/", "/sw.js", "/static/css/app.css", "/robots.txt")]
    responses += [await stranger.get(path) for path in ("/v1/server", "/v1/session", "/nothing", "/static/nothing.js")]
    responses.append(await keeper.push())
    responses.append(await keeper.request("GET", keeper.diary + "/changes"))
    responses.append(await keeper.request("DELETE", "/v1/usage"))
    responses.append(await keeper.request("POST", "/v1/names", b"{", content_type="application/json"))
    responses.append(await keeper.request("POST", "/v1/names", b"{}", content_type="text/html"))
    responses.append(await keeper.request("POST", "/v1/names", bytes(70_000), content_type="application/json"))
    responses.append(await stranger.post("/v1/names"))
    for _ in range(61):
        last = await keeper.request("POST", "/v1/prelogin", {"login": "nobody-here"})
    responses.append(last)
    return responses


async def test_every_class_of_response_has_every_header(
    keeper: Keeper, server: InProcessServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Success, failure, static, 404, 405, 413, 415, 429 and 500 have them alike."""
    responses = await responses_of_every_class(keeper, server)

    async def broken(*_: object) -> None:
        raise KeyError("a fault of ours")

    monkeypatch.setattr("diary.services.accounts.usage.usage", broken)
    responses.append(await keeper.request("GET", "/v1/usage"))
    statuses = {answer.status_code for answer in responses}
    assert statuses == {200, 201, 400, 401, 403, 404, 405, 413, 415, 429, 500}
    for answer in responses:
        check_headers(answer, APP_POLICY)


async def test_the_public_host_has_them_too(server: InProcessServer) -> None:
    """Pages, style sheet, missing pages and unknown hosts have them; their policy lets no script connect anywhere."""
    client = server.http_client()
    for url in ("https://kept.example/", "https://kept.example/style.css", "https://kept.example/x"):
        answer = await client.get(url)
        check_headers(answer, PUBLIC_POLICY)
        assert answer.headers["cache-control"] == "no-store"
        assert "set-cookie" not in answer.headers
    check_headers(await client.get("https://other.example/"), PUBLIC_POLICY)
    assert "script-src 'self';" in PUBLIC_POLICY and "connect-src" not in PUBLIC_POLICY


def check_headers(response: httpx.Response, policy: str) -> None:
    """Compare a response's headers with the required ones."""
    request_line = f"{response.request.method} {response.request.url} {response.status_code}"
    for name, value in COMMON_HEADERS.items():
        assert response.headers.get_list(name) == [value], request_line
    assert response.headers.get_list("content-security-policy") == [policy], request_line
    assert response.headers["strict-transport-security"].startswith("max-age=31536000"), request_line
    permissions = response.headers["permissions-policy"]
    assert "camera=(self)" in permissions and "geolocation=()" in permissions and "usb=()" in permissions
    cache_control = "no-cache" if response.request.url.path.startswith(("/static/c", "/sw.js")) else "no-store"
    assert response.headers.get_list("cache-control") == [cache_control], request_line
    assert "access-control-allow-origin" not in response.headers
    assert "server" not in response.headers


def test_the_content_security_policy_has_the_designed_directives() -> None:
    """The app's policy allows its own files, nothing inline, and no other host."""
    assert set(APP_POLICY.split("; ")) >= APP_DIRECTIVES
    assert "unsafe-inline" not in APP_POLICY
    assert not re.search(r"https?:|\*|data:", APP_POLICY + PUBLIC_POLICY)


async def test_without_tls_no_hsts_header_is_sent(tmp_path: Path) -> None:
    """On plain local http the browser is not told to require TLS."""
    async with running_server(tmp_path) as plain:
        assert "strict-transport-security" not in (await plain.http_client().get("/")).headers


@pytest.mark.parametrize("template", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: path.name)
def test_templates_hold_no_inline_script_or_style(template: Path) -> None:
    """No template has inline scripts, styles or handlers, which the policy would refuse."""
    text = template.read_text()
    assert not re.search(r"<script(?![^>]*\bsrc=)[^>]*>", text)
    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", text)
