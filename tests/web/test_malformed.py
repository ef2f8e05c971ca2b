"""Any input gets an answer with a code and a sentence; never a 500, a traceback, or the input itself."""

from __future__ import annotations

import asyncio
import json
import re
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diary.encoding import decode_frames, encode_frames
from diary.web.route_policy import BodyKind, RoutePolicy
from diary.web.routes import ROUTES
from tests.server_fixture import InProcessServer, Keeper, register_keeper, running_server, seal_file

NASTY_BODIES = [
    b"",
    b"{",
    b"[]",
    b"null",
    b'"text"',
    b"\xff\xfe",
    b"\xef\xbb\xbf{}",
    b"[" * 60_000,
    b'{"a":' * 10_000,
    b'{"login":' + b"9" * 5_000 + b"}",
    b'{"login":1e999,"auth":NaN}',
    b'{"login":"\\ud800","auth":"\\ud800"}',
    b'{"login":"a\\u0000b","device":{}}',
    b'{"parts":"1","size":[1]}',
    b'{"kdf":[],"diary":[]}',
    b'{"__proto__":{},"login":{"a":1}}',
]
FIELD_NAMES = (
    "account auth code_auth code_wrap device device_name diary digest ecdsa_pub hpke_pub kdf keyset login parts size"
    " ticket wish words_wrap"
).split()
POLICIES_WITH_BODY = [row for row in ROUTES if row.body.kind is not BodyKind.NONE]
WEIRD_PATH_PARTS = [
    "%00",
    "A" * 21,
    "A" * 22 + "=",
    "A" * 21 + "B",
    "..%2f..%2fetc",
    "ä",
    "-1",
    "1e9",
    "9" * 400,
    "%ff%fe",
]


def route_name(policy: RoutePolicy) -> str:
    """Return a route's name for a test id."""
    return f"{policy.method} {policy.path}"


def path_with_ids(policy: RoutePolicy, keeper: Keeper) -> str:
    """Return a route's path with the keeper's ids."""
    ids = {"diary": keeper.identity.diary, "i": "0"}
    return re.sub(r"{(\w+)}", lambda found: ids.get(found[1], "A" * 22), policy.path)


def check_refusal(answer: Any) -> None:
    """Check that a refusal has a code and a sentence, and is not a server error."""
    assert answer.status_code < 500, answer.request.url
    if answer.status_code >= 400:
        error_body = answer.json()
        assert set(error_body) <= {"error", "message", "missing"}
        assert error_body["error"] != "internal" and error_body["message"].endswith(".")


@pytest.mark.parametrize("row", POLICIES_WITH_BODY, ids=route_name)
async def test_nasty_bodies_are_refused_by_name(row: RoutePolicy, keeper: Keeper) -> None:
    """Every route with a body refuses every kind of malformed body."""
    for body in NASTY_BODIES:
        answer = await keeper.request(
            row.method, path_with_ids(row, keeper), body, content_type=row.body.kind.value, x_proof=keeper.proof
        )
        check_refusal(answer)
        assert answer.status_code >= 400 or body == b"" or row.path == "/v1/names"


@pytest.mark.parametrize("row", [row for row in ROUTES if "{" in row.path], ids=route_name)
async def test_nasty_addresses_are_refused_by_name(row: RoutePolicy, keeper: Keeper) -> None:
    """Every parameter of every path refuses malformed ids and numbers."""
    for name in re.findall(r"{(\w+)", row.path):
        for weird in WEIRD_PATH_PARTS:
            path = re.sub(rf"{{{name}(:path)?}}", weird, row.path)
            path = re.sub(r"{\w+(:path)?}", "A" * 22, path)
            check_refusal(await keeper.request(row.method, path, x_proof=keeper.proof))
    for query in ("after=-1", "after=x", "after=" + "9" * 30, "before=1", "after=1&after=2", "%00"):
        check_refusal(await keeper.request("GET", f"{keeper.diary}/changes?{query}"))


async def test_nasty_headers_are_refused_by_name(keeper: Keeper) -> None:
    """Malformed lengths, types, proofs, tokens and cookies are refused."""
    for headers in (
        {"content_type": "application/json; charset=nonsense"},
        {"content_type": ""},
        {"content_length": "-5"},
        {"content_length": "x"},
        {"x_proof": "\xff"},
        {"authorization": "Bearer \xff"},
        {"authorization": "Bearer"},
        {"authorization": "Basic " + "A" * 5000},
        {"cookie": "__Host-s=\xff; __Host-s==;;=; __Host-d="},
        {"cookie": "__Host-d=" + "A" * 5000},
    ):
        sent = {name: value.encode("latin-1") for name, value in headers.items()}
        check_refusal(await keeper.request("POST", "/v1/names", {}, headers=sent))
        check_refusal(await keeper.request("GET", "/v1/sessions", headers=sent))


LONE_SURROGATE = "\ud800"


@pytest.mark.parametrize(
    "value", [LONE_SURROGATE, [LONE_SURROGATE], {"a": LONE_SURROGATE}], ids=["text", "list", "object"]
)
async def test_half_a_character_inside_an_object_is_refused(value: object, keeper: Keeper) -> None:
    """A lone surrogate is refused in values that are passed on whole: parameters, and key statements."""
    lock = {"alg": "argon2id", "login": value, "m": 8, "origin": "x", "p": 1, "salt": "A" * 22, "t": 1}
    keys = {"diary_wrap": "AAAA", "ecdsa_pub": "B" * 86 + "A", "hpke_pub": "B" * 86 + "A", "keyset": "AAAA"}
    sound = {**lock, "login": keeper.identity.login}
    for method, path, body in (
        ("PUT", "/v1/account/words", {"kdf": lock}),
        ("POST", f"{keeper.diary}/rotation", {**keys, "kdf": lock, "statement": {}}),
        ("POST", f"{keeper.diary}/rotation", {**keys, "kdf": sound, "statement": {"t": value}}),
    ):
        whole = {**body, "auth": "A" * 43, "words_wrap": "AAAA"}
        answer = await keeper.request(method, path, whole, x_proof=keeper.proof)
        name = "statement" if whole["kdf"] is sound else "kdf"
        assert (answer.status_code, answer.json()["error"]) == (400, "bad_request")
        assert answer.json()["message"] == f"The field {name} holds half of a character."


async def test_a_length_that_python_cannot_read_is_too_large(keeper: Keeper) -> None:
    """5,000 digits of `Content-Length`, more than Python converts, are too large."""
    answer = await keeper.request("POST", "/v1/names", {}, content_length="9" * 5_000)
    assert (answer.status_code, answer.json()["error"]) == (413, "too_large")


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELD_NAMES), inner, max_size=4),
    max_leaves=8,
)
JSON_BODIES = st.dictionaries(st.sampled_from(FIELD_NAMES), JSON_VALUES, max_size=12)


def test_random_json_never_breaks_the_entrance() -> None:
    """Objects with the right names and wrong values at every JSON route, and altered pushes and parts, get a refusal."""
    with tempfile.TemporaryDirectory() as folder, asyncio.Runner() as runner:
        context = running_server(Path(folder))
        server: InProcessServer = runner.run(context.__aenter__())
        keeper = runner.run(register_keeper(server))
        rows = [row for row in POLICIES_WITH_BODY if row.body.kind is BodyKind.JSON]
        path, body = keeper.seal(restricted={"place_detail": "the flat"})
        file = seal_file(keeper, b"small")

        @settings(max_examples=60, deadline=None, database=None)
        @given(st.sampled_from(rows), JSON_BODIES)
        def objects(row: RoutePolicy, values: dict[str, object]) -> None:
            keeper.client = server.http_client(f"10.9.{id(values) % 250}.{id(row) % 250}")
            sent = json.dumps(values).encode()
            check_refusal(
                runner.run(
                    keeper.request(
                        row.method,
                        path_with_ids(row, keeper),
                        sent,
                        content_type=row.body.kind.value,
                        x_proof=keeper.proof,
                    )
                )
            )

        @settings(max_examples=150, deadline=None, database=None)
        @given(st.integers(0, len(body) - 1), st.integers(1, 255), st.integers(0, 40))
        def pushes(at: int, flip: int, cut: int) -> None:
            changed = body[:at] + bytes([body[at] ^ flip]) + body[at + 1 : len(body) - cut]
            check_refusal(runner.run(keeper.request("PUT", path, changed)))

        @settings(max_examples=50, deadline=None, database=None)
        @given(st.lists(st.binary(max_size=60), max_size=7))
        def framed(parts: list[bytes]) -> None:
            check_refusal(runner.run(keeper.request("PUT", path, encode_frames(parts))))
            swapped = [*decode_frames(body)[: len(parts)], *parts]
            check_refusal(runner.run(keeper.request("PUT", path, encode_frames(swapped))))
            check_refusal(
                runner.run(keeper.request("PUT", f"{keeper.diary}/blobs/{file.blob}/parts/0", b"".join(parts)))
            )

        objects()
        pushes()
        framed()
        runner.run(context.__aexit__(None, None, None))
