"""The route table is the policy: no row without audience, limit and size. tests/test_api_documents.py holds the docs to it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest

from diary.web.route_policy import FREE, Audience, Kind, Row
from diary.web.routes import ROUTES
from tests.advocates import lead_of
from tests.keepers import Keeper, Phone, Served, enrol

FORMS = ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain", "image/png")
PUBLIC_URL = "http://public.localhost:8000"
OUTSIDE = (Audience.PUBLIC, Audience.RECIPIENT)
WRITING = [row for row in ROUTES if row.writes]


@pytest.fixture
async def keeper(server: Served) -> Keeper:
    """A keeper with something to lose: a version, a file half sent, a second session."""
    made = await enrol(server)
    await made.push()
    await made.ask("PUT", f"{made.diary}/blobs/{'A' * 22}", {"parts": 2, "size": 4000})
    return made


def named(row: Row) -> str:
    """A row as a test's name."""
    return f"{row.method} {row.path}"


def filled(row: Row, keeper: Keeper) -> str:
    """A row's address with ids that exist where there are any."""
    ids = {
        "diary": keeper.identity.diary,
        "record": "A" * 22,
        "version": "A" * 22,
        "blob": "A" * 22,
        "session": "A" * 22,
        "pack": "A" * 22,
        "erasure": "A" * 22,
        "handover": "A" * 22,
        "upload": "A" * 22,
        "witness": "A" * 22,
        "grant": "A" * 22,
        "letter": "A" * 22,
        "member": "A" * 22,
        "fingerprint": "A" * 16,
        "i": "0",
        "size": "0",
        "path": "css/app.css",
    }
    host = PUBLIC_URL if row.audience is Audience.RECIPIENT else ""
    return host + re.sub(r"{(\w+)(?::path)?}", lambda found: ids[found[1]], row.path)


def test_every_route_has_a_policy() -> None:
    """Audience, limit and size stand in each row, and fit what the row does."""
    for row in ROUTES:
        assert row.method in {"GET", "PUT", "POST", "DELETE"}, named(row)
        assert isinstance(row.audience, Audience), named(row)
        assert row.body.most > 0 or row.body.kind is Kind.NONE, named(row)
        assert (row.body.kind is Kind.NONE) or row.writes, named(row)
        if row.audience in (Audience.PAGES, Audience.PUBLIC):
            assert not row.writes, f"{named(row)}: nobody writes without the interface's checks"
        else:
            assert row.path.startswith("/v1/"), named(row)
            assert row.limit is not FREE and row.limit.per_minute, named(row)


def test_no_row_stands_twice() -> None:
    """A method and path has one row on its host."""
    rows = [(row.audience in OUTSIDE, row.method, row.path) for row in ROUTES]
    assert len(rows) == len(set(rows))


async def asker(row: Row, keeper: Keeper, server: Served) -> Phone:
    """Somebody with a session that the row lets in."""
    return (await lead_of(server))[0] if row.for_members else keeper


@pytest.mark.parametrize("row", WRITING, ids=named)
async def test_a_request_from_elsewhere_changes_nothing(row: Row, keeper: Keeper, server: Served) -> None:
    """Each writing row refuses a missing header and a form, and does not exist for a foreign page, whoever is signed in."""
    path, body = filled(row, keeper), b"{}" if row.body.kind is Kind.JSON else b"x" * 10
    kind = {"content_type": row.body.kind.value} if row.body.kind is not Kind.NONE else {}
    asking = await asker(row, keeper, server)
    before = server.dump()
    refused = [
        await asking.ask(row.method, path, body, leave_out=("X-Requested-By",), **kind),
        await asking.ask(row.method, path, body, x_requested_by="form", **kind),
        await asking.ask(row.method, path, body, leave_out=("Sec-Fetch-Site",), **kind),
    ]
    for answer in refused:
        assert (answer.status_code, answer.json()["error"]) == (403, "wrong_origin")
    foreign = [
        await asking.ask(row.method, path, body, sec_fetch_site="cross-site", **kind),
        await asking.ask(row.method, path, body, sec_fetch_site="same-site", **kind),
        await asking.ask(row.method, path, body, sec_fetch_site="none", **kind),
        await asking.ask(row.method, path, body, origin="https://elsewhere.example", **kind),
        await asking.ask(row.method, path, body, origin="null", leave_out=("Sec-Fetch-Site",), **kind),
    ]
    unknown = await asking.client.get(f"{PUBLIC_URL if row.audience is Audience.RECIPIENT else ''}/nothing-here")
    for answer in foreign:
        assert (answer.status_code, answer.content) == (404, unknown.content)
    for form in FORMS:
        answer = await asking.ask(row.method, path, body, content_type=form)
        assert (answer.status_code, answer.json()["error"]) == (415, "wrong_type")
    assert server.dump() == before


@pytest.mark.parametrize("row", [row for row in WRITING if row.body.kind is not Kind.NONE], ids=named)
async def test_a_body_above_its_limit_is_refused(row: Row, keeper: Keeper, server: Served) -> None:
    """413 for an announced size and for one that turns out, before the whole of it is read."""
    asking = await asker(row, keeper, server)
    path, before = filled(row, keeper), server.dump()
    kind = row.body.kind.value
    announced = await asking.ask(row.method, path, b"x", content_type=kind, content_length=str(row.body.most + 1))
    assert (announced.status_code, announced.json()["error"]) == (413, "too_large")
    sent = 0

    async def stream() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < row.body.most * 4:
            sent += 1 << 16
            yield bytes(1 << 16)

    headers = {"X-Requested-By": "app", "Sec-Fetch-Site": "same-origin", "Content-Type": kind}
    headers["Authorization"] = f"Bearer {asking.tokens['session']}"
    turned_out = await asking.client.request(row.method, path, content=stream(), headers=headers)
    assert turned_out.status_code == 413
    assert server.dump() == before


async def test_each_host_answers_to_its_own_paths_only(server: Served) -> None:
    """What one host serves is 404 on the other, and everything is on a host nobody named."""
    client = server.client()
    for row in ROUTES:
        if row.path == "/":
            continue
        path = re.sub(r"{\w+(?::path)?}", "css/app.css", row.path)
        wrong = server.settings.app_url if row.audience in OUTSIDE else server.settings.public_url
        assert (await client.request(row.method, wrong + path)).status_code == 404, named(row)
        for host in ("http://127.0.0.1:8000", "http://localhost", "http://localhost.evil.example:8000"):
            assert (await client.request(row.method, host + path)).status_code == 404, named(row)


async def test_other_methods_are_named(keeper: Keeper) -> None:
    """405 with what is allowed; a preflight of another site meets an unknown path."""
    answer = await keeper.ask("DELETE", "/v1/usage")
    assert (answer.status_code, answer.json()["error"], answer.headers["allow"]) == (405, "wrong_method", "GET, HEAD")
    preflight = await keeper.ask("OPTIONS", "/v1/names", origin="https://elsewhere.example")
    assert preflight.status_code == 404
    assert not [name for name in preflight.headers if name.startswith("access-control")]
