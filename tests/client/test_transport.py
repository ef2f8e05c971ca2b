"""The reference client accepts no malformed answer, from a server or from anything in between."""

import json

import httpx
import pytest

from diary import errors
from diary.client.transport import connect

ORIGIN = "https://notes.example"


def fixed_response_transport(status: int, content: bytes | str, **headers: str) -> httpx.MockTransport:
    """Return a transport that always gives this answer."""
    return httpx.MockTransport(lambda request: httpx.Response(status, content=content, headers=headers))


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (401, {"error": "no_match", "message": "That did not match."}, errors.InvalidCredentials),
        (409, {"error": "differs", "message": "x"}, errors.ContentDiffers),
        (413, {"error": "over_quota", "message": "x"}, errors.QuotaExceeded),
        (400, {"error": "never_heard_of", "message": "x"}, errors.Unavailable),
        (500, {"surprise": 1}, errors.Unavailable),
        (500, [1], errors.Unavailable),
    ],
)
async def test_a_failure_becomes_its_own_error(status: int, body: object, expected: type[errors.KeptError]) -> None:
    """Error codes of the API become the classes of diary.errors; anything else becomes Unavailable."""
    async with connect(ORIGIN, fixed_response_transport(status, json.dumps(body))) as server:
        with pytest.raises(expected):
            await server.json("GET", "/v1/server")


@pytest.mark.parametrize("content", ["<html>Sign in to the station's Wi-Fi</html>", "[]", '"x"', b"\xff"])
async def test_a_captive_portal_is_not_an_answer(content: str | bytes) -> None:
    """A foreign page with status 200 is refused."""
    async with connect(ORIGIN, fixed_response_transport(200, content)) as server:
        with pytest.raises(errors.Unavailable):
            await server.json("GET", "/v1/server")


async def test_no_server_at_all() -> None:
    """A failed connection becomes Unavailable."""

    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    async with connect(ORIGIN, httpx.MockTransport(refuse)) as server:
        with pytest.raises(errors.Unavailable, match="Nothing was lost"):
            await server.put("/v1/x", b"")


async def test_retry_time_and_missing_parts_are_passed_on() -> None:
    """`Retry-After` and the list of missing parts are kept in the error."""
    try_later_body = json.dumps({"error": "try_later", "message": "x"})
    async with connect(ORIGIN, fixed_response_transport(429, try_later_body, **{"retry-after": "90"})) as server:
        with pytest.raises(errors.TooManyRequests) as retry_error:
            await server.json("POST", "/v1/sessions", {})
    assert retry_error.value.retry_after_seconds == 90
    parts = json.dumps({"error": "incomplete", "message": "x", "missing": [1, 4]})
    async with connect(ORIGIN, fixed_response_transport(409, parts)) as server:
        with pytest.raises(errors.IncompleteUpload) as incomplete_error:
            await server.json("POST", "/v1/x", {})
    assert incomplete_error.value.missing_parts == (1, 4)


async def test_a_writing_request_says_where_it_comes_from() -> None:
    """Every write has the headers the server requires, and the session's token once there is one."""
    requests_seen: list[httpx.Request] = []

    def record(request: httpx.Request) -> httpx.Response:
        requests_seen.append(request)
        return httpx.Response(200, json={"token": "abc"} if len(requests_seen) == 2 else {})

    async with connect(ORIGIN, httpx.MockTransport(record)) as server:
        await server.put("/v1/x", b"bytes")
        await server.json("POST", "/v1/sessions", {})
        await server.json("DELETE", "/v1/session", proof="p")
        await server.put("/v1/x", b"bytes")
    first, second, third, last = requests_seen
    assert first.headers["x-requested-by"] == "app"
    assert first.headers["sec-fetch-site"] == "same-origin"
    assert first.headers["content-type"] == "application/octet-stream"
    assert first.headers["host"] == "notes.example"
    assert not any("cookie" in seen_request.headers for seen_request in requests_seen)
    assert [seen_request.headers.get("authorization") for seen_request in requests_seen] == [
        None,
        None,
        "Bearer abc",
        None,
    ]
    assert third.headers["x-proof"] == "p" and "x-proof" not in last.headers
    assert second.headers["content-type"] == "application/json"


async def test_a_local_name_is_reached_without_asking_a_name_server() -> None:
    """Names such as localhost connect to this computer; the name is sent as Host."""
    async with connect("http://public.localhost:8123") as server:
        assert str(server._client.base_url) == "http://127.0.0.1:8123"
        assert server._headers("GET", "", None)["Host"] == "public.localhost:8123"
