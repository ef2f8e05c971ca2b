"""Servers that set a cookie. test_no_cookies.py runs this file by name, and expects each test to fail."""

from __future__ import annotations

import ssl
from pathlib import Path

import httpx
import pytest

from diary.web import headers
from tests.browser.live_server import LiveServer, make_certificate
from tests.server_fixture import running_server


@pytest.fixture(autouse=True)
def _add_cookie_to_responses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Add a cookie beside the security headers of every answer."""
    original_headers = headers.security_headers
    planted = (b"set-cookie", b"__Host-s=planted")
    monkeypatch.setattr(
        "diary.web.host_router.security_headers", lambda *args, **more: (*original_headers(*args, **more), planted)
    )


async def test_in_process(tmp_path: Path) -> None:
    """Send a request in this process, as most tests do."""
    async with running_server(tmp_path) as server:
        assert (await server.http_client().get("/v1/server")).status_code == 200


def test_over_tls(tmp_path: Path) -> None:
    """Send a request over a connection, as browsers do."""
    certificate = make_certificate(tmp_path)
    server = LiveServer(tmp_path / "data", certificate)
    server.start()
    try:
        tls_context = ssl.create_default_context(cafile=str(certificate.cert))
        with httpx.Client(verify=tls_context, trust_env=False) as client:
            answer = client.get(
                f"https://127.0.0.1:{server.port}/v1/server", headers={"Host": server.app_url.partition("//")[2]}
            )
        assert answer.status_code == 200
    finally:
        server.stop()
