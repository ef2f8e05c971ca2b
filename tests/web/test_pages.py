"""The pages: the app's shell and files, and the public page that anyone can read."""

from __future__ import annotations

import hashlib
import re
from typing import Any

import pytest

from diary.paths import STATIC
from tests.keepers import Phone, Served, enrol, sign_in_body


async def test_the_shell_holds_nothing_of_anybody(server: Served) -> None:
    """One page, the same for everyone, with the lock form in it; no cookie."""
    first, second = await server.client().get("/"), await server.client("192.0.2.9").get("/")
    assert first.content == second.content and "set-cookie" not in first.headers
    assert b"<title>Notes</title>" in first.content
    assert b"http" not in re.sub(rb"<!--.*?-->", b"", first.content).replace(b"http-equiv", b"")


async def test_static_files_are_asked_for_again(server: Served) -> None:
    """Bytes as on disk; 304 for who has them; nothing outside the folder."""
    client = server.client()
    answer = await client.get("/static/css/base.css")
    assert answer.content == (STATIC / "css" / "base.css").read_bytes()
    again = await client.get("/static/css/base.css", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304
    for path in ("/static/../pyproject.toml", "/static/%2e%2e/pyproject.toml", "/static/", "/static/css"):
        assert (await client.get(path)).status_code == 404


async def test_the_worker_is_this_releases(server: Served) -> None:
    """`/sw.js` names the release that /v1/server names, and is 304 for who has it."""
    client = server.client()
    worker = await client.get("/sw.js")
    told = (await client.get("/v1/server")).json()
    assert told["release"].encode() in worker.content
    assert hashlib.sha256((await client.get("/")).content).hexdigest().encode() in worker.content
    again = await client.get("/sw.js", headers={"If-None-Match": worker.headers["etag"]})
    assert again.status_code == 304 and again.content == b""


async def test_every_install_has_the_same_two_cookies(server: Served) -> None:
    """With the worker, and nothing else, come both, or whichever is lacking: like a sign-in's in all but what they open."""
    keeper = await enrol(server)
    body = sign_in_body(keeper.identity.login, keeper.proof)
    real = (await keeper.ask("POST", "/v1/sessions", body)).headers.get_list("set-cookie")
    other = Phone(server.client("192.0.2.7"))
    tag = (await other.ask("GET", "/sw.js")).headers["etag"]
    first = dict(other.cookies)
    assert (await other.ask("GET", "/sw.js", if_none_match=tag)).status_code == 304 and other.cookies == first
    for held in (set(), {"__Host-s"}, {"__Host-d"}, {"__Host-s", "__Host-d"}):
        other.cookies = {name: first[name] for name in held}
        answer = await other.ask("GET", "/sw.js", if_none_match=tag)
        given = answer.headers.get_list("set-cookie")
        assert sorted(map(_shape, given)) == sorted(_shape(one) for one in real if one.split("=")[0] not in held)
        assert all(other.cookies[name] == first[name] for name in held)
        assert all(other.cookies[name] != first[name] for name in first if name not in held), "random each time"
    before = server.dump()
    for method, path in (("GET", "/v1/session"), ("GET", "/v1/usage"), ("DELETE", "/v1/session")):
        assert (await other.ask(method, path)).status_code == 401
    for path in ("/", "/static/css/base.css", "/manifest.webmanifest", "/v1/server", "/nothing"):
        assert "set-cookie" not in (await Phone(server.client("192.0.2.8")).ask("GET", path)).headers, path
    assert server.dump() == before, "the server keeps nothing of them"
    # A sign-in goes on as if they were not there, and takes their place.
    assert (await other.ask("POST", "/v1/sessions", body)).status_code == 200
    assert (await other.ask("GET", "/v1/session")).status_code == 200
    # Nor is a borrowed device shut out where the browser threw none of them away.
    lent = Phone(server.client("192.0.2.9"), dict(first))
    token = str((await lent.ask("POST", "/v1/sessions", body | {"borrowed": True})).json()["token"])
    assert (await lent.ask("GET", "/v1/session", x_session=token)).status_code == 200 and lent.cookies == first
    ended = await lent.ask("DELETE", "/v1/session", x_session=token)
    assert ended.status_code == 204 and "cookies" in ended.headers["clear-site-data"] and lent.cookies == first


def _shape(line: str) -> str:
    """A Set-Cookie line with a letter for each of its value's."""
    pair, _, rest = line.partition(";")
    name, _, value = pair.partition("=")
    assert re.fullmatch(r"[\w-]+", value)
    return f"{name}={'x' * len(value)};{rest}"


@pytest.mark.parametrize("path", ["/share", "/share?x=1"])
async def test_what_a_phone_shares_is_not_even_read(server: Served, path: str) -> None:
    """204, whatever the form; the body, which only a page without its worker would send here, is left unread."""
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
    assert [one["status"] for one in answers if one["type"] == "http.response.start"] == [204]
    assert b"".join(one.get("body", b"") for one in answers) == b""
    assert asked == []
    assert server.dump() == before
