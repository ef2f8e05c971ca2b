"""Pages: the app's shell and files, and the public page that anyone can read."""

from __future__ import annotations

import hashlib
import re
from typing import Any

import pytest

from diary.paths import STATIC
from tests.server_fixture import InProcessServer, Phone, new_device_sign_in_body, register_keeper


async def test_the_shell_holds_nothing_of_anybody(server: InProcessServer) -> None:
    """The page is the same for everyone, has the lock form, and sets no cookie."""
    first, second = await server.http_client().get("/"), await server.http_client("192.0.2.9").get("/")
    assert first.content == second.content and "set-cookie" not in first.headers
    assert b"<title>Notes</title>" in first.content
    assert b"http" not in re.sub(rb"<!--.*?-->", b"", first.content).replace(b"http-equiv", b"")


async def test_static_files_are_asked_for_again(server: InProcessServer) -> None:
    """Files are served as on disk; 304 when unchanged; nothing outside the folder."""
    client = server.http_client()
    answer = await client.get("/static/css/app.css")
    assert answer.content == (STATIC / "css" / "app.css").read_bytes()
    second_answer = await client.get("/static/css/app.css", headers={"If-None-Match": answer.headers["etag"]})
    assert second_answer.status_code == 304
    for path in ("/static/../pyproject.toml", "/static/%2e%2e/pyproject.toml", "/static/", "/static/css"):
        assert (await client.get(path)).status_code == 404


async def test_the_worker_is_this_releases(server: InProcessServer) -> None:
    """`/sw.js` has the release of /v1/server, and gives 304 when unchanged."""
    client = server.http_client()
    worker = await client.get("/sw.js")
    response_body = (await client.get("/v1/server")).json()
    assert response_body["release"].encode() in worker.content
    assert hashlib.sha256((await client.get("/")).content).hexdigest().encode() in worker.content
    second_answer = await client.get("/sw.js", headers={"If-None-Match": worker.headers["etag"]})
    assert second_answer.status_code == 304 and second_answer.content == b""


async def test_signing_in_and_out_on_a_borrowed_device_clears_its_browser(server: InProcessServer) -> None:
    """The browser's data for this host is cleared at both; other devices keep theirs, since a diary is stored there."""
    keeper = await register_keeper(server)
    borrowed_phone = Phone(server.http_client("192.0.2.9"))
    body = new_device_sign_in_body(keeper.identity.login, keeper.proof)
    entered = await borrowed_phone.request("POST", "/v1/sessions", body | {"borrowed": True})
    assert "storage" in entered.headers["clear-site-data"] and "device_token" not in entered.json()
    ended = await borrowed_phone.request("DELETE", "/v1/session", x_leave_nothing="yes")
    assert ended.status_code == 204 and "storage" in ended.headers["clear-site-data"]
    entered = await borrowed_phone.request("POST", "/v1/sessions", body)
    ended = await borrowed_phone.request("DELETE", "/v1/session")
    assert not any("clear-site-data" in one.headers for one in (entered, ended))


@pytest.mark.parametrize("path", ["/share", "/share?x=1"])
async def test_what_a_phone_shares_is_not_even_read(server: InProcessServer, path: str) -> None:
    """204 for any form; the body, which only a page without its worker would send, is not read."""
    asked: list[str] = []

    async def receive() -> dict[str, object]:
        asked.append("body")
        return {"type": "http.request", "body": b"x" * 1_000_000, "more_body": True}

    answers: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        answers.append(message)

    host = server.settings.app_url.split("//")[1].encode()
    form = [(b"host", host), (b"content-type", b"multipart/form-data; boundary=x"), (b"content-length", b"90000000")]
    before = server.dump()
    path, _, query = path.partition("?")
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http", "path": path,
        "raw_path": path.encode(), "query_string": query.encode(), "root_path": "", "headers": form,
        "client": ("198.51.100.7", 4711), "server": ("testserver", 80),
    }  # fmt: skip
    await server.app(scope, receive, send)
    assert [answer_item["status"] for answer_item in answers if answer_item["type"] == "http.response.start"] == [204]
    assert b"".join(answer_item.get("body", b"") for answer_item in answers) == b""
    assert asked == []
    assert server.dump() == before
