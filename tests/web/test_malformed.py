"""Whatever is sent, the answer has a code and a sentence; never a 500, never a traceback, never what was sent."""

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

from diary.encoding import frames, read_frames
from diary.web.route_policy import Kind, Row
from diary.web.routes import ROUTES
from tests.keepers import Keeper, Served, enrol, seal_file, served

NASTY = [
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
FIELDS = (
    "account auth code_auth code_wrap device device_name diary digest ecdsa_pub hpke_pub kdf keyset login parts size"
    " ticket wish words_wrap"
).split()
TAKING = [row for row in ROUTES if row.body.kind is not Kind.NONE]
WEIRD = ["%00", "A" * 21, "A" * 22 + "=", "A" * 21 + "B", "..%2f..%2fetc", "ä", "-1", "1e9", "9" * 400, "%ff%fe"]


def named(row: Row) -> str:
    """A row as a test's name."""
    return f"{row.method} {row.path}"


def filled(row: Row, keeper: Keeper) -> str:
    """A row's address with ids of the keeper's."""
    ids = {"diary": keeper.identity.diary, "i": "0"}
    return re.sub(r"{(\w+)}", lambda found: ids.get(found[1], "A" * 22), row.path)


def check(answer: Any) -> None:
    """A failure of ours has a code and a sentence, and is never our fault."""
    assert answer.status_code < 500, answer.request.url
    if answer.status_code >= 400:
        told = answer.json()
        assert set(told) <= {"error", "message", "missing"}
        assert told["error"] != "internal" and told["message"].endswith(".")


@pytest.mark.parametrize("row", TAKING, ids=named)
async def test_nasty_bodies_are_refused_by_name(row: Row, keeper: Keeper) -> None:
    """Every row that takes a body, over every kind of body that is none."""
    for body in NASTY:
        answer = await keeper.ask(
            row.method, filled(row, keeper), body, content_type=row.body.kind.value, x_proof=keeper.proof
        )
        check(answer)
        assert answer.status_code >= 400 or body == b"" or row.path == "/v1/names"


@pytest.mark.parametrize("row", [row for row in ROUTES if "{" in row.path], ids=named)
async def test_nasty_addresses_are_refused_by_name(row: Row, keeper: Keeper) -> None:
    """Ids and numbers that are none, in every place of every address."""
    for name in re.findall(r"{(\w+)", row.path):
        for weird in WEIRD:
            path = re.sub(rf"{{{name}(:path)?}}", weird, row.path)
            path = re.sub(r"{\w+(:path)?}", "A" * 22, path)
            check(await keeper.ask(row.method, path, x_proof=keeper.proof))
    for query in ("after=-1", "after=x", "after=" + "9" * 30, "before=1", "after=1&after=2", "%00"):
        check(await keeper.ask("GET", f"{keeper.diary}/changes?{query}"))


async def test_nasty_headers_are_refused_by_name(keeper: Keeper) -> None:
    """Lengths, types, proofs, tokens and cookies that are none."""
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
        check(await keeper.ask("POST", "/v1/names", {}, **sent))  # type: ignore[arg-type]
        check(await keeper.ask("GET", "/v1/sessions", **sent))  # type: ignore[arg-type]


HALF = "\ud800"


@pytest.mark.parametrize("value", [HALF, [HALF], {"a": HALF}], ids=["text", "list", "object"])
async def test_half_a_character_inside_an_object_is_refused(value: object, keeper: Keeper) -> None:
    """Wherever it stands in what is handed on whole: a lock, and a statement about keys."""
    lock = {"alg": "argon2id", "login": value, "m": 8, "origin": "x", "p": 1, "salt": "A" * 22, "t": 1}
    keys = {"diary_wrap": "AAAA", "ecdsa_pub": "B" * 86 + "A", "hpke_pub": "B" * 86 + "A", "keyset": "AAAA"}
    sound = {**lock, "login": keeper.identity.login}
    for method, path, body in (
        ("PUT", "/v1/account/words", {"kdf": lock}),
        ("POST", f"{keeper.diary}/rotation", {**keys, "kdf": lock, "statement": {}}),
        ("POST", f"{keeper.diary}/rotation", {**keys, "kdf": sound, "statement": {"t": value}}),
    ):
        whole = {**body, "auth": "A" * 43, "words_wrap": "AAAA"}
        answer = await keeper.ask(method, path, whole, x_proof=keeper.proof)
        name = "statement" if whole["kdf"] is sound else "kdf"
        assert (answer.status_code, answer.json()["error"]) == (400, "bad_request")
        assert answer.json()["message"] == f"The field {name} holds half of a character."


async def test_a_length_that_python_cannot_read_is_too_large(keeper: Keeper) -> None:
    """5,000 digits of `Content-Length`, more than Python reads as a number."""
    answer = await keeper.ask("POST", "/v1/names", {}, content_length="9" * 5_000)
    assert (answer.status_code, answer.json()["error"]) == (413, "too_large")


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=4),
    max_leaves=8,
)
BODIES = st.dictionaries(st.sampled_from(FIELDS), JSON_VALUES, max_size=12)


def test_random_json_never_breaks_the_entrance() -> None:
    """Objects with the right names and wrong values, at every JSON row; and changed pushes and parts."""
    with tempfile.TemporaryDirectory() as folder, asyncio.Runner() as runner:
        context = served(Path(folder))
        server: Served = runner.run(context.__aenter__())
        keeper = runner.run(enrol(server))
        rows = [row for row in TAKING if row.body.kind is Kind.JSON]
        path, body = keeper.seal(restricted={"place_detail": "the flat"})
        file = seal_file(keeper, b"small")

        @settings(max_examples=60, deadline=None, database=None)
        @given(st.sampled_from(rows), BODIES)
        def objects(row: Row, values: dict[str, object]) -> None:
            keeper.client = server.client(f"10.9.{id(values) % 250}.{id(row) % 250}")
            sent = json.dumps(values).encode()
            check(
                runner.run(
                    keeper.ask(
                        row.method, filled(row, keeper), sent, content_type=row.body.kind.value, x_proof=keeper.proof
                    )
                )
            )

        @settings(max_examples=150, deadline=None, database=None)
        @given(st.integers(0, len(body) - 1), st.integers(1, 255), st.integers(0, 40))
        def pushes(at: int, flip: int, cut: int) -> None:
            changed = body[:at] + bytes([body[at] ^ flip]) + body[at + 1 : len(body) - cut]
            check(runner.run(keeper.ask("PUT", path, changed)))

        @settings(max_examples=50, deadline=None, database=None)
        @given(st.lists(st.binary(max_size=60), max_size=7))
        def framed(parts: list[bytes]) -> None:
            check(runner.run(keeper.ask("PUT", path, frames(parts))))
            swapped = [*read_frames(body)[: len(parts)], *parts]
            check(runner.run(keeper.ask("PUT", path, frames(swapped))))
            check(runner.run(keeper.ask("PUT", f"{keeper.diary}/blobs/{file.blob}/parts/0", b"".join(parts))))

        objects()
        pushes()
        framed()
        runner.run(context.__aexit__(None, None, None))
