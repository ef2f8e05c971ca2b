"""Malformed bytes never cause a 500, and every answer has the security headers, the HTTP server's own too."""

from __future__ import annotations

import asyncio
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diary.encoding import encode_frames
from diary.web.route_policy import Audience, BodyKind, RoutePolicy
from diary.web.routes import ROUTES
from tests.cli_runner import PROJECT_ROOT, run_cli
from tests.server_fixture import InProcessServer, Keeper, register_keeper, running_server
from tests.web.test_rotation import keys_digest, rotation_body

HEADERS = (
    *("content-security-policy", "cross-origin-opener-policy", "cross-origin-resource-policy", "permissions-policy"),
    *("referrer-policy", "x-content-type-options", "x-frame-options", "cache-control"),
)
OCTET_STREAM_POLICIES = [row for row in ROUTES if row.body.kind is BodyKind.OCTETS]


def route_name(policy: RoutePolicy) -> str:
    """Return a route's name for a test id."""
    return f"{policy.method} {policy.path}"


def path_with_ids(policy: RoutePolicy, keeper: Keeper) -> str:
    """Return a route's path with the keeper's ids."""
    ids = {"diary": keeper.identity.diary, "i": "0"}
    return re.sub(r"{(\w+)}", lambda found: ids.get(found[1], "A" * 22), policy.path)


async def send_body(server: InProcessServer, keeper: Keeper, policy: RoutePolicy, body: bytes) -> Any:
    """Send a body to a route, on its host."""
    path = path_with_ids(policy, keeper)
    if policy.audience is Audience.RECIPIENT:
        path = server.settings.public_url + path
    return await keeper.request(policy.method, path, body, x_proof=keeper.proof)


@pytest.mark.parametrize(
    "inner",
    [
        b"",
        b"\0",
        encode_frames([b""]),
        encode_frames([b"", b""]),
        encode_frames([bytes(16)]),
        encode_frames([bytes(16), b""]),
    ],
    ids=["empty", "one byte", "an empty frame", "two empty frames", "an id alone", "an id and an empty wrap"],
)
async def test_an_empty_inner_frame_in_new_wraps_is_refused(
    inner: bytes, keeper: Keeper, server: InProcessServer
) -> None:
    """Once a change of keys has begun, an empty frame gives 400, and nothing is stored."""
    await keeper.push()
    body = await rotation_body(keeper, server)
    assert (await keeper.request("POST", f"{keeper.diary}/rotation", body, x_proof=keeper.proof)).status_code == 201
    answer = await keeper.request("PUT", f"{keeper.diary}/rotation/wraps", encode_frames([keys_digest(body), inner]))
    assert (answer.status_code, answer.json()["error"]) == (400, "bad_request")
    assert server.query("SELECT count(*) FROM rotation_wrap") == [(0,)]


INNER_FRAMES = st.recursive(
    st.binary(max_size=40), lambda inner: st.lists(inner, max_size=4).map(encode_frames), max_leaves=12
)


def test_no_framed_body_causes_a_server_error() -> None:
    """Nested frames, complete and truncated, are sent to every route that accepts bytes, with a correct digest too."""
    with tempfile.TemporaryDirectory() as folder, asyncio.Runner() as runner:
        context = running_server(Path(folder), DIARY_COUNTS_URL="memory")
        server: InProcessServer = runner.run(context.__aenter__())
        keeper = runner.run(register_keeper(server))
        runner.run(keeper.push())
        body = runner.run(rotation_body(keeper, server))
        runner.run(keeper.request("POST", f"{keeper.diary}/rotation", body, x_proof=keeper.proof))
        digest = keys_digest(body)

        @settings(max_examples=250, deadline=None, database=None)
        @given(
            st.sampled_from(OCTET_STREAM_POLICIES), st.lists(INNER_FRAMES, max_size=5), st.booleans(), st.integers(0, 6)
        )
        def sent(row: RoutePolicy, parts: list[bytes], known: bool, cut: int) -> None:
            server.clock.advance(60_000)
            raw = encode_frames([digest, *parts] if known else parts)
            answer = runner.run(send_body(server, keeper, row, raw[: len(raw) - cut] if cut else raw))
            assert answer.status_code < 500, (route_name(row), raw)

        sent()
        runner.run(context.__aexit__(None, None, None))


@pytest.fixture(scope="module")
def server_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Return the port of a real `serve`, with the product's HTTP server."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    folder = tmp_path_factory.mktemp("served")
    env = {"DIARY_DATA": str(folder), "DIARY_APP_URL": f"http://localhost:{port}"}
    env["DIARY_PUBLIC_URL"] = f"http://public.localhost:{port}"
    assert run_cli("migrate", **env).returncode == 0
    command = [sys.executable, "-m", "diary", "serve"]
    child = subprocess.Popen(command, env=os.environ | env, cwd=PROJECT_ROOT, stdout=subprocess.DEVNULL)
    try:
        for _ in range(1200):
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.05)
        yield port
    finally:
        child.kill()
        child.wait()


def raw_response(port: int, raw: bytes, more_chunks: Callable[[], Iterator[bytes]] | None = None) -> bytes:
    """Send bytes, then `more_chunks`. Return everything received until the server closes or stops answering."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        try:
            connection.sendall(raw)
            for piece in more_chunks() if more_chunks else ():
                connection.sendall(piece)
        except (ConnectionResetError, BrokenPipeError):
            pass  # already answered and closed
        received = b""
        try:
            while piece := connection.recv(65_536):
                received += piece
                if b"\r\n\r\n" in received:
                    break
        except (ConnectionResetError, TimeoutError):
            pass
        return received


def parse_headers(answer: bytes) -> tuple[int, dict[str, str]]:
    """Return status and headers of an answer."""
    assert answer.startswith(b"HTTP/1.1 "), answer
    first, *lines = answer.split(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
    return int(first.split()[1]), dict(line.lower().split(": ", 1) for line in lines)


BROKEN_REQUESTS = {
    "no request": b"nonsense\r\n\r\n",
    "another protocol": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a space in a name": b"GET / HTTP/1.1\r\nHost : x\r\n\r\n",
    "two lengths": b"POST /v1/names HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    "length and chunks": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
    "a length of letters": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ten\r\n\r\n",
    "a negative length": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
    "a chunk of letters": b"POST /v1/names HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "NUL in a header": b"GET / HTTP/1.1\r\nHost: x\r\nA: \0\r\n\r\n",
    "an unknown method": b"BREW / HTTP/1.1\r\nHost: x\r\n\r\n",
    "an address of bytes": b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
    "a TLS greeting": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(32),
}


@pytest.mark.parametrize("raw", BROKEN_REQUESTS.values(), ids=BROKEN_REQUESTS.keys())
def test_what_the_http_server_refuses_carries_the_security_headers(server_port: int, raw: bytes) -> None:
    """Answers of every layer have the headers; none is a 500."""
    status, headers = parse_headers(raw_response(server_port, raw))
    assert 400 <= status < 500
    assert [name for name in HEADERS if name not in headers] == []


def request_head(port: int, *lines: str, method: str = "GET", path: str = "/up") -> bytes:
    """Return a request to the app's host without its end."""
    return "\r\n".join([f"{method} {path} HTTP/1.1", f"Host: localhost:{port}", *lines, ""]).encode()


def test_the_usual_number_of_headers_is_read(server_port: int) -> None:
    """A browser's 20 headers and a proxy's, some of them long, are accepted."""
    lines = [f"X-Long-{n}: {'a' * 400}" for n in range(50)]
    assert parse_headers(raw_response(server_port, request_head(server_port, *lines) + b"\r\n"))[0] == 204


@pytest.mark.parametrize(
    "lines",
    [[f"X-{n}: a" for n in range(20_000)], [f"X-{n}: a" for n in range(150)], [f"X: {'a' * 100_000}"]],
    ids=["20,000 headers", "150 headers", "100 KB in one"],
)
def test_too_many_headers_are_refused(server_port: int, lines: list[str]) -> None:
    """Too many and too large headers are refused with an explanation."""
    answer = raw_response(server_port, request_head(server_port, *lines) + b"\r\n")
    status, headers = parse_headers(answer)
    assert status == 431
    assert [name for name in HEADERS if name not in headers] == []


def test_a_long_address_is_refused(server_port: int) -> None:
    """The address is part of the head, so a long one is refused."""
    assert parse_headers(raw_response(server_port, request_head(server_port, path="/" + "a" * 100_000) + b"\r\n"))[
        0
    ] in (414, 431)


@pytest.mark.parametrize("start", ["in a header", "in an address", "in a trailer", "in a chunk's extension"])
def test_an_endless_line_is_aborted(server_port: int, start: str) -> None:
    """A line of eight megabytes is not buffered: the server answers 431 and closes."""
    request_starts = {
        "in a header": request_head(server_port) + b"X-Long: ",
        "in an address": b"GET /",
        "in a trailer": request_head(server_port, "Transfer-Encoding: chunked", method="POST", path="/v1/names")
        + b"\r\n0\r\nX-Long: ",
        "in a chunk's extension": request_head(
            server_port, "Transfer-Encoding: chunked", method="POST", path="/v1/names"
        )
        + b"\r\n1;",
    }[start]
    bytes_sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal bytes_sent
        for _ in range(128):
            yield b"a" * 65_536
            bytes_sent += 65_536

    answer = raw_response(server_port, request_starts, endless)
    assert answer == b"" or parse_headers(answer)[0] in (403, 431), answer
    # Socket buffers accept some of the bytes; the rest could not be sent any more.
    assert bytes_sent < 8_000_000


def test_the_next_request_on_a_connection_begins_to_count_anew(server_port: int) -> None:
    """A phone sends hundreds of requests over one connection."""
    with socket.create_connection(("127.0.0.1", server_port), timeout=10) as connection:
        for _ in range(300):
            connection.sendall(request_head(server_port, *[f"X-{n}: {'a' * 100}" for n in range(30)]) + b"\r\n")
            received = b""
            while b"\r\n\r\n" not in received:
                received += connection.recv(65_536)
            assert received.startswith(b"HTTP/1.1 204 ")


@pytest.mark.parametrize("size", [70_000, 3_000_000])
def test_a_large_body_in_small_pieces_is_no_large_head(server_port: int, size: int) -> None:
    """Bodies have their own limits, set by the views."""
    raw = (
        request_head(
            server_port, f"Content-Length: {size}", "Content-Type: application/json", method="POST", path="/v1/names"
        )
        + b"\r\n"
    )

    def body() -> Iterator[bytes]:
        for _ in range(size // 10_000):
            yield b"a" * 10_000

    assert parse_headers(raw_response(server_port, raw, body))[0] in (403, 413)
