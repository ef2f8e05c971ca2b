"""Requests to every route by every kind of client, compared with the audience in the table of routes.

The requests are derived from the table. A new route needs an audience there; a route that acts for a keeper says
whether a session is enough (`keeper`) or the words must be entered for it (`proved`).
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from diary.encoding import b64
from diary.web.route_policy import Audience, BodyKind, RoutePolicy
from diary.web.routes import ROUTES
from tests.advocate_helpers import AdvocateDevice, create_organisation_lead
from tests.server_fixture import (
    InProcessServer,
    Keeper,
    Phone,
    new_device_sign_in_body,
    register_keeper,
    running_server,
)
from tests.web.test_authorisation import create_one_of_everything, valid_body

WRONG_PROOF = b64(bytes(32))
DAY_MS = 86_400_000
V1_POLICIES = [row for row in ROUTES if row.path.startswith("/v1/")]
LOCK_CHANGING_ROUTES = ("PUT /v1/account/words", "PUT /v1/account/code", "POST /v1/diaries/{diary}/rotation")
# What a session alone may end: each cancels a request or is the session's own, and deletes nothing that was written.
ROUTES_ENDING_WITHOUT_PROOF = {
    "DELETE /v1/session",  # the device's own session
    "DELETE /v1/diaries/{diary}/erasures/{erasure}",  # cancels a deletion
    "DELETE /v1/account/closing",  # cancels a deletion
    "DELETE /v1/packs/{pack}",  # a job of this session's, which ends by itself in minutes
}


def route_name(policy: RoutePolicy) -> str:
    """Return a route's name as in the docs."""
    return f"{policy.method} {policy.path}"


@dataclass
class RequestActors:
    """All kinds of clients, and the objects of one keeper."""

    server: InProcessServer
    keeper: Keeper
    other_keeper: Keeper
    lead_advocate: AdvocateDevice
    outside_advocate: AdvocateDevice
    ids: dict[str, str]

    async def request(self, policy: RoutePolicy, client: Phone, proof: str | None = None) -> httpx.Response:
        """Send the route's request about the keeper's objects."""
        ids = self.ids | {
            name: "A" * 22 for name in ("upload", "member", "size", "older", "newer") if name not in self.ids
        }
        path = re.sub(r"{(\w+)}", lambda found: ids.get(found[1], "0"), policy.path)
        if policy.audience is Audience.RECIPIENT:
            path = self.server.settings.public_url + path
        headers = {"x_proof": proof} if proof else {}
        return await client.request(policy.method, path, valid_body(policy, self.keeper, ids), headers=headers)


@pytest.fixture
async def actors(tmp_path: Path) -> AsyncIterator[RequestActors]:
    """Create a keeper with one of everything, another keeper, an advocate with a grant, and one without."""
    async with running_server(tmp_path) as server:
        keeper, other = await register_keeper(server), await register_keeper(server, "203.0.113.9")
        lead, _ = await create_organisation_lead(server)
        outside, _ = await create_organisation_lead(server)
        yield RequestActors(server, keeper, other, lead, outside, await create_one_of_everything(keeper, server, lead))


def expected_refusals(policy: RoutePolicy) -> tuple[str, ...]:
    """Return the error codes a route may give without a valid proof.

    New parameters and keys are parsed before the proof is checked, and those sent here are invalid; test_sessions and
    test_rotation send valid ones.
    """
    return ("no_match", "bad_request") if route_name(policy) in LOCK_CHANGING_ROUTES else ("no_match",)


def error_code(answer: httpx.Response) -> str:
    """Return the code of a refusal, '' for any other answer."""
    return "" if answer.is_success else str(answer.json().get("error", ""))


async def test_no_session_an_expired_one_and_a_witness_are_signed_out_everywhere(actors: RequestActors) -> None:
    """Every route that needs a session refuses them, with or without something that resembles a proof or a ticket."""
    stranger = Phone(actors.server.http_client("192.0.2.1"))
    made_up = Phone(actors.server.http_client("192.0.2.1"), {"session": WRONG_PROOF})
    expired = Phone(actors.server.http_client("192.0.2.1"), dict(actors.keeper.tokens))
    rows = [row for row in V1_POLICIES if row.requires_session]
    assert len(rows) > 60
    before = actors.server.dump()
    for row in rows:
        for proof in (None, actors.keeper.proof):
            for by in (stranger, made_up):
                assert error_code(await actors.request(row, by, proof)) == "signed_out", route_name(row)
    actors.server.clock.advance(31 * DAY_MS)
    for row in rows:
        assert error_code(await actors.request(row, expired, actors.keeper.proof)) == "signed_out", route_name(row)
    assert actors.server.dump() == before


async def test_a_token_alone_is_refused_where_a_proof_is_needed(actors: RequestActors) -> None:
    """With no proof, a wrong one, or everything stored on a phone except the words, nothing changes or is revealed."""
    rows = [row for row in V1_POLICIES if row.audience is Audience.PROVED]
    assert len(rows) >= 11
    before = actors.server.dump()
    for row in rows:
        for proof in (None, "", "?", actors.keeper.tokens["session"] + "A"):
            assert error_code(await actors.request(row, actors.keeper, proof)) in expected_refusals(row), route_name(
                row
            )
    assert actors.server.dump() == before
    for row in rows:
        another = Phone(actors.server.http_client("192.0.2.3"))
        await another.request(
            "POST", "/v1/sessions", new_device_sign_in_body(actors.keeper.identity.login, actors.keeper.proof)
        )
        assert error_code(await actors.request(row, another, WRONG_PROOF)) in expected_refusals(row), route_name(row)
    # Except for the second devices' own sessions nothing has changed.
    own = tuple(f'INSERT INTO "{table}"' for table in ("session", "renewal", "access", "sqlite_sequence"))
    kept, now = ([line for line in dump if not line.startswith(own)] for dump in (before, actors.server.dump()))
    assert now == kept


async def test_with_the_proof_every_row_answers_its_keeper(actors: RequestActors) -> None:
    """No keeper's route refuses a client with both session and proof for lack of either."""
    for row in V1_POLICIES:
        if row.audience is Audience.KEEPER and route_name(row) != "DELETE /v1/session":
            assert error_code(await actors.request(row, actors.keeper)) not in ("signed_out", "no_match", "internal"), (
                route_name(row)
            )
    for row in V1_POLICIES:
        if row.audience is Audience.PROVED:
            answer = await actors.request(row, actors.keeper, actors.keeper.proof)
            assert error_code(answer) not in ("signed_out", "no_match", "internal"), route_name(row)


async def test_another_keeper_and_an_advocate_reach_nothing_of_the_keepers(actors: RequestActors) -> None:
    """Another keeper and an advocate get 404 for a diary's routes, whatever proof of their own they send."""
    rows = [row for row in V1_POLICIES if row.audience in (Audience.KEEPER, Audience.PROVED) and "{" in row.path]
    rows = [row for row in rows if "{fingerprint}" not in row.path]
    before = actors.server.dump()
    for row in rows:
        for by in (actors.other_keeper, actors.lead_advocate, actors.outside_advocate):
            # An advocate sends something that resembles a keeper's proof. Wrong ones end a session, so each is sent in
            # a new one.
            answer = await actors.request(
                row,
                by,
                actors.other_keeper.proof if by is actors.other_keeper or row.audience is Audience.KEEPER else None,
            )
            allowed = ["not_found", "bad_request"] if row.body.kind is not BodyKind.NONE else ["not_found"]
            if by is not actors.other_keeper and row.audience is Audience.PROVED:
                allowed.append("no_match")
            assert error_code(answer) in allowed, f"{route_name(row)}: {answer.status_code} {answer.text[:80]}"
    kept = [line for line in before if actors.keeper.identity.account in line or actors.ids["diary"] in line]
    assert set(kept) <= set(actors.server.dump())


async def test_an_advocates_routes_answer_the_one_who_was_let_in(actors: RequestActors) -> None:
    """The granted advocate gets an answer; another advocate, a keeper and an anonymous client do not."""
    rows = [
        row
        for row in V1_POLICIES
        if row.audience is Audience.ADVOCATE and "{grant}" in row.path and row.method == "GET"
    ]
    assert len(rows) >= 4
    for row in rows:
        assert error_code(await actors.request(row, actors.outside_advocate)) == "not_found", route_name(row)
        assert error_code(await actors.request(row, actors.keeper, actors.keeper.proof)) == "not_found", route_name(row)
    reading = {row.path: await actors.request(row, actors.lead_advocate) for row in rows}
    assert reading["/v1/clients/{grant}"].status_code == 200
    assert reading["/v1/clients/{grant}/changes"].status_code == 200


def test_routes_that_end_or_change_access_need_a_proof() -> None:
    """A route that deletes for a keeper is `proved`, or is listed above with its reason."""
    alone = (Audience.KEEPER, Audience.ADVOCATE)
    found_routes = {route_name(row) for row in V1_POLICIES if row.audience in alone and row.method == "DELETE"}
    assert found_routes == ROUTES_ENDING_WITHOUT_PROOF
    proved = {route_name(row) for row in V1_POLICIES if row.audience is Audience.PROVED}
    assert {
        "GET /v1/sessions",
        "DELETE /v1/sessions",
        "DELETE /v1/sessions/{session}",
        "GET /v1/access",
        "PUT /v1/account/words",
        "PUT /v1/account/code",
        "POST /v1/account/closing",
        "POST /v1/diaries/{diary}/erasures",
        "POST /v1/diaries/{diary}/grants",
        "POST /v1/diaries/{diary}/rotation",
        "POST /v1/diaries/{diary}/rotation/commit",
        "DELETE /v1/diaries/{diary}/grants/{grant}",
        "POST /v1/handovers",
        "DELETE /v1/handovers/{handover}",
        "POST /v1/diaries/{diary}/witnesses",
        "DELETE /v1/diaries/{diary}/witnesses/{witness}",
        "DELETE /v1/diaries/{diary}/letters/{letter}",
    } <= proved


async def test_an_advocates_session_alone_is_refused_where_a_proof_is_needed(actors: RequestActors) -> None:
    """No invitation is created and no membership ended; no route reads, sets or removes the second factor."""
    rows = [row for row in V1_POLICIES if row.audience is Audience.ADVOCATE_PROVED]
    assert {route_name(row) for row in rows} == {
        "POST /v1/organisation/invitations",
        "DELETE /v1/organisation/members/{member}",
    }
    actors.ids["member"] = actors.lead_advocate.advocate.account
    before = actors.server.dump()
    for row in rows:
        for proof in (None, "", "?", actors.lead_advocate.tokens["session"] + "A"):
            assert error_code(await actors.request(row, actors.lead_advocate, proof)) == "no_match", route_name(row)
    assert actors.server.dump() == before
    steps = actors.server.query("SELECT id, secret FROM member ORDER BY id")
    for row in V1_POLICIES:
        if (
            row.requires_session
            and row.changes_state
            and row.audience is not Audience.PROVED
            and route_name(row) != "DELETE /v1/session"
        ):
            await actors.request(row, actors.lead_advocate)
    assert actors.server.query("SELECT id, secret FROM member ORDER BY id") == steps


def test_every_row_of_the_interface_has_its_audience() -> None:
    """No path of the API is a page, and bodies have types that forms cannot send."""
    assert {row.audience for row in V1_POLICIES} == set(Audience) - {Audience.PAGES, Audience.PUBLIC}
    assert all(row.body.kind is not BodyKind.NONE or row.body.max_bytes == 0 for row in V1_POLICIES)
