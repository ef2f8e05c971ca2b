"""Every route has an audience, limit and size in the table. tests/test_api_documents.py checks the docs against it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest

from diary.web.route_policy import UNLIMITED, Audience, BodyKind, RoutePolicy
from diary.web.routes import ROUTES
from tests.advocate_helpers import create_organisation_lead
from tests.server_fixture import InProcessServer, Keeper, Phone, register_keeper

FORM_CONTENT_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain", "image/png")
PUBLIC_URL = "http://public.localhost:8000"
PUBLIC_HOST_AUDIENCES = (Audience.PUBLIC, Audience.RECIPIENT)
WRITING_POLICIES = [row for row in ROUTES if row.changes_state]


@pytest.fixture
async def keeper(server: InProcessServer) -> Keeper:
    """Create a keeper with a version, a partial file and a second session."""
    registered = await register_keeper(server)
    await registered.push()
    await registered.request("PUT", f"{registered.diary}/blobs/{'A' * 22}", {"parts": 2, "size": 4000})
    return registered


def route_name(policy: RoutePolicy) -> str:
    """Return a route's name for a test id."""
    return f"{policy.method} {policy.path}"


def path_with_ids(policy: RoutePolicy, keeper: Keeper) -> str:
    """Return a route's path with existing ids where there are any."""
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
    host = PUBLIC_URL if policy.audience is Audience.RECIPIENT else ""
    return host + re.sub(r"{(\w+)(?::path)?}", lambda found: ids[found[1]], policy.path)


def test_every_route_has_a_policy() -> None:
    """Audience, limit and size are in each row, and fit the route."""
    for policy in ROUTES:
        assert policy.method in {"GET", "PUT", "POST", "DELETE"}, route_name(policy)
        assert isinstance(policy.audience, Audience), route_name(policy)
        assert policy.body.max_bytes > 0 or policy.body.kind is BodyKind.NONE, route_name(policy)
        assert (policy.body.kind is BodyKind.NONE) or policy.changes_state, route_name(policy)
        if policy.audience in (Audience.PAGES, Audience.PUBLIC):
            assert not policy.changes_state, f"{route_name(policy)}: nobody writes without the interface's checks"
        else:
            assert policy.path.startswith("/v1/"), route_name(policy)
            assert policy.limit is not UNLIMITED and policy.limit.per_minute, route_name(policy)


def test_no_route_is_defined_twice() -> None:
    """A method and path has one row per host."""
    rows = [(row.audience in PUBLIC_HOST_AUDIENCES, row.method, row.path) for row in ROUTES]
    assert len(rows) == len(set(rows))


async def client_for(policy: RoutePolicy, keeper: Keeper, server: InProcessServer) -> Phone:
    """Return a client whose session the route accepts."""
    return (await create_organisation_lead(server))[0] if policy.requires_membership else keeper


@pytest.mark.parametrize("row", WRITING_POLICIES, ids=route_name)
async def test_a_cross_site_request_changes_nothing(row: RoutePolicy, keeper: Keeper, server: InProcessServer) -> None:
    """Each writing route refuses a missing header and a form, and gives 404 to foreign pages, for any session."""
    path, body = path_with_ids(row, keeper), b"{}" if row.body.kind is BodyKind.JSON else b"x" * 10
    kind = {"content_type": row.body.kind.value} if row.body.kind is not BodyKind.NONE else {}
    asking = await client_for(row, keeper, server)
    before = server.dump()
    refused = [
        await asking.request(row.method, path, body, leave_out=("X-Requested-By",), **kind),
        await asking.request(row.method, path, body, x_requested_by="form", **kind),
        await asking.request(row.method, path, body, leave_out=("Sec-Fetch-Site",), **kind),
    ]
    for answer in refused:
        assert (answer.status_code, answer.json()["error"]) == (403, "wrong_origin")
    foreign = [
        await asking.request(row.method, path, body, sec_fetch_site="cross-site", **kind),
        await asking.request(row.method, path, body, sec_fetch_site="same-site", **kind),
        await asking.request(row.method, path, body, sec_fetch_site="none", **kind),
        await asking.request(row.method, path, body, origin="https://elsewhere.example", **kind),
        await asking.request(row.method, path, body, origin="null", leave_out=("Sec-Fetch-Site",), **kind),
    ]
    unknown = await asking.client.get(f"{PUBLIC_URL if row.audience is Audience.RECIPIENT else ''}/nothing-here")
    for answer in foreign:
        assert (answer.status_code, answer.content) == (404, unknown.content)
    for form in FORM_CONTENT_TYPES:
        answer = await asking.request(row.method, path, body, content_type=form)
        assert (answer.status_code, answer.json()["error"]) == (415, "wrong_type")
    assert server.dump() == before


@pytest.mark.parametrize("row", [row for row in WRITING_POLICIES if row.body.kind is not BodyKind.NONE], ids=route_name)
async def test_a_body_above_its_limit_is_refused(row: RoutePolicy, keeper: Keeper, server: InProcessServer) -> None:
    """Announced and actual sizes above the limit give 413 before the whole body is read."""
    asking = await client_for(row, keeper, server)
    path, before = path_with_ids(row, keeper), server.dump()
    kind = row.body.kind.value
    announced = await asking.request(
        row.method, path, b"x", content_type=kind, content_length=str(row.body.max_bytes + 1)
    )
    assert (announced.status_code, announced.json()["error"]) == (413, "too_large")
    sent = 0

    async def stream() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < row.body.max_bytes * 4:
            sent += 1 << 16
            yield bytes(1 << 16)

    headers = {"X-Requested-By": "app", "Sec-Fetch-Site": "same-origin", "Content-Type": kind}
    headers["Authorization"] = f"Bearer {asking.tokens['session']}"
    turned_out = await asking.client.request(row.method, path, content=stream(), headers=headers)
    assert turned_out.status_code == 413
    assert server.dump() == before


async def test_each_host_answers_to_its_own_paths_only(server: InProcessServer) -> None:
    """Paths of one host give 404 on the other, and everything does on an unknown host."""
    client = server.http_client()
    for policy in ROUTES:
        if policy.path == "/":
            continue
        path = re.sub(r"{\w+(?::path)?}", "css/app.css", policy.path)
        other_host = server.settings.app_url if policy.audience in PUBLIC_HOST_AUDIENCES else server.settings.public_url
        assert (await client.request(policy.method, other_host + path)).status_code == 404, route_name(policy)
        for host in ("http://127.0.0.1:8000", "http://localhost", "http://localhost.evil.example:8000"):
            assert (await client.request(policy.method, host + path)).status_code == 404, route_name(policy)


async def test_a_wrong_method_is_answered_with_the_allowed_ones(keeper: Keeper) -> None:
    """A wrong method gives 405 with the allowed ones; a preflight of another site gets 404."""
    answer = await keeper.request("DELETE", "/v1/usage")
    assert (answer.status_code, answer.json()["error"], answer.headers["allow"]) == (405, "wrong_method", "GET, HEAD")
    preflight = await keeper.request("OPTIONS", "/v1/names", origin="https://elsewhere.example")
    assert preflight.status_code == 404
    assert not [name for name in preflight.headers if name.startswith("access-control")]
