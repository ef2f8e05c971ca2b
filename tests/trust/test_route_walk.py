"""Every route, asked by everybody who might: the table of routes says who gets an answer, and this walk finds out.

The walk is made of the table. A new route has an audience there, or it cannot be written down; a route that acts for a keeper
says whether a session is enough (`keeper`) or the words have to be typed for it (`proved`).
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from diary.encoding import b64
from diary.web.route_policy import Audience, Kind, Row
from diary.web.routes import ROUTES
from tests.advocates import Desk, lead_of
from tests.keepers import Keeper, Phone, Served, enrol, served, sign_in_body
from tests.web.test_authorisation import belongings, body_for

WRONG = b64(bytes(32))
DAY = 86_400_000
INTERFACE = [row for row in ROUTES if row.path.startswith("/v1/")]
NEW_LOCKS = ("PUT /v1/account/words", "PUT /v1/account/code", "POST /v1/diaries/{diary}/rotation")
# What a session alone may end: each takes back what was asked for, or is its own, and destroys nothing that was written.
ENDS_WITHOUT_PROOF = {
    "DELETE /v1/session",  # this device's own
    "DELETE /v1/diaries/{diary}/erasures/{erasure}",  # takes back what would have destroyed
    "DELETE /v1/account/closing",  # takes back what would have destroyed
    "DELETE /v1/packs/{pack}",  # a job of this session's, which ends by itself in minutes
}


def named(row: Row) -> str:
    """A row as it is written in the docs."""
    return f"{row.method} {row.path}"


@dataclass
class Cast:
    """Everybody who may ask, and what a keeper has."""

    server: Served
    keeper: Keeper
    other: Keeper
    lead: Desk
    outside: Desk
    ids: dict[str, str]

    async def ask(self, row: Row, by: Phone, proof: str | None = None) -> httpx.Response:
        """The row's request about what is the keeper's."""
        ids = self.ids | {
            name: "A" * 22 for name in ("upload", "member", "size", "older", "newer") if name not in self.ids
        }
        path = re.sub(r"{(\w+)}", lambda found: ids.get(found[1], "0"), row.path)
        if row.audience is Audience.RECIPIENT:
            path = self.server.settings.public_url + path
        sent = {"x_proof": proof} if proof else {}
        return await by.ask(row.method, path, body_for(row, self.keeper, ids), **sent)


@pytest.fixture
async def cast(tmp_path: Path) -> AsyncIterator[Cast]:
    """A keeper with one of everything, another keeper, an advocate who was let in, and one who was not."""
    async with served(tmp_path) as server:
        keeper, other = await enrol(server), await enrol(server, "203.0.113.9")
        lead, _ = await lead_of(server)
        outside, _ = await lead_of(server)
        yield Cast(server, keeper, other, lead, outside, await belongings(keeper, server, lead))


def refusals(row: Row) -> tuple[str, ...]:
    """What a row may say to a request without a right proof.

    New locks and keys are read before the proof is looked at, and the walk's are none: test_sessions and test_rotation send
    real ones.
    """
    return ("no_match", "bad_request") if named(row) in NEW_LOCKS else ("no_match",)


def error(answer: httpx.Response) -> str:
    """The code of a refusal, empty for an answer."""
    return "" if answer.is_success else str(answer.json().get("error", ""))


async def test_no_session_an_expired_one_and_a_witness_are_signed_out_everywhere(cast: Cast) -> None:
    """On every route that is asked in a session, with or without something that looks like a proof or a ticket."""
    nobody = Phone(cast.server.client("192.0.2.1"))
    made_up = Phone(cast.server.client("192.0.2.1"), {"session": WRONG})
    expired = Phone(cast.server.client("192.0.2.1"), dict(cast.keeper.tokens))
    rows = [row for row in INTERFACE if row.signs_in]
    assert len(rows) > 60
    before = cast.server.dump()
    for row in rows:
        for proof in (None, cast.keeper.proof):
            for by in (nobody, made_up):
                assert error(await cast.ask(row, by, proof)) == "signed_out", named(row)
    cast.server.clock.advance(31 * DAY)
    for row in rows:
        assert error(await cast.ask(row, expired, cast.keeper.proof)) == "signed_out", named(row)
    assert cast.server.dump() == before


async def test_a_token_alone_is_refused_where_a_proof_is_needed(cast: Cast) -> None:
    """No proof, a wrong one, and all that a phone holds besides the words: nothing changes and nothing is told."""
    rows = [row for row in INTERFACE if row.audience is Audience.PROVED]
    assert len(rows) >= 11
    before = cast.server.dump()
    for row in rows:
        for proof in (None, "", "?", cast.keeper.tokens["session"] + "A"):
            assert error(await cast.ask(row, cast.keeper, proof)) in refusals(row), named(row)
    assert cast.server.dump() == before
    for row in rows:
        another = Phone(cast.server.client("192.0.2.3"))
        await another.ask("POST", "/v1/sessions", sign_in_body(cast.keeper.identity.login, cast.keeper.proof))
        assert error(await cast.ask(row, another, WRONG)) in refusals(row), named(row)
    # The second devices' own sessions apart, nothing has changed.
    own = tuple(f'INSERT INTO "{table}"' for table in ("session", "renewal", "access", "sqlite_sequence"))
    kept, now = ([line for line in dump if not line.startswith(own)] for dump in (before, cast.server.dump()))
    assert now == kept


async def test_with_the_proof_every_row_answers_its_keeper(cast: Cast) -> None:
    """No route for keepers is refused for want of a session or a proof to whoever has both."""
    for row in INTERFACE:
        if row.audience is Audience.KEEPER and named(row) != "DELETE /v1/session":
            assert error(await cast.ask(row, cast.keeper)) not in ("signed_out", "no_match", "internal"), named(row)
    for row in INTERFACE:
        if row.audience is Audience.PROVED:
            answer = await cast.ask(row, cast.keeper, cast.keeper.proof)
            assert error(answer) not in ("signed_out", "no_match", "internal"), named(row)


async def test_another_keeper_and_an_advocate_reach_nothing_of_the_keepers(cast: Cast) -> None:
    """A diary's routes do not exist for them, whatever proof of their own they send."""
    rows = [row for row in INTERFACE if row.audience in (Audience.KEEPER, Audience.PROVED) and "{" in row.path]
    rows = [row for row in rows if "{fingerprint}" not in row.path]
    before = cast.server.dump()
    for row in rows:
        for by in (cast.other, cast.lead, cast.outside):
            # An advocate sends what a keeper's proof looks like: wrong ones end a session, so each is asked in one of its own.
            answer = await cast.ask(
                row, by, cast.other.proof if by is cast.other or row.audience is Audience.KEEPER else None
            )
            allowed = ["not_found", "bad_request"] if row.body.kind is not Kind.NONE else ["not_found"]
            if by is not cast.other and row.audience is Audience.PROVED:
                allowed.append("no_match")
            assert error(answer) in allowed, f"{named(row)}: {answer.status_code} {answer.text[:80]}"
    kept = [line for line in before if cast.keeper.identity.account in line or cast.ids["diary"] in line]
    assert set(kept) <= set(cast.server.dump())


async def test_an_advocates_routes_answer_the_one_who_was_let_in(cast: Cast) -> None:
    """In scope there is an answer; to another advocate, a keeper and nobody there is none."""
    rows = [
        row for row in INTERFACE if row.audience is Audience.ADVOCATE and "{grant}" in row.path and row.method == "GET"
    ]
    assert len(rows) >= 4
    for row in rows:
        assert error(await cast.ask(row, cast.outside)) == "not_found", named(row)
        assert error(await cast.ask(row, cast.keeper, cast.keeper.proof)) == "not_found", named(row)
    reading = {row.path: await cast.ask(row, cast.lead) for row in rows}
    assert reading["/v1/clients/{grant}"].status_code == 200
    assert reading["/v1/clients/{grant}/changes"].status_code == 200


def test_routes_that_end_or_change_access_need_a_proof() -> None:
    """A route that deletes for a keeper is `proved`, or is one of those that are named here with their reason."""
    alone = (Audience.KEEPER, Audience.ADVOCATE)
    found = {named(row) for row in INTERFACE if row.audience in alone and row.method == "DELETE"}
    assert found == ENDS_WITHOUT_PROOF
    proved = {named(row) for row in INTERFACE if row.audience is Audience.PROVED}
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


async def test_an_advocates_session_alone_is_refused_where_a_proof_is_needed(cast: Cast) -> None:
    """Nobody is invited and nobody's membership ends; no route reads, sets or takes off the second step."""
    rows = [row for row in INTERFACE if row.audience is Audience.ADVOCATE_PROVED]
    assert {named(row) for row in rows} == {
        "POST /v1/organisation/invitations",
        "DELETE /v1/organisation/members/{member}",
    }
    cast.ids["member"] = cast.lead.advocate.account
    before = cast.server.dump()
    for row in rows:
        for proof in (None, "", "?", cast.lead.tokens["session"] + "A"):
            assert error(await cast.ask(row, cast.lead, proof)) == "no_match", named(row)
    assert cast.server.dump() == before
    steps = cast.server.rows("SELECT id, secret FROM member ORDER BY id")
    for row in INTERFACE:
        if row.signs_in and row.writes and row.audience is not Audience.PROVED and named(row) != "DELETE /v1/session":
            await cast.ask(row, cast.lead)
    assert cast.server.rows("SELECT id, secret FROM member ORDER BY id") == steps


def test_every_row_of_the_interface_has_its_audience() -> None:
    """Nothing of the interface is a page, and bodies are of a kind that forms cannot send."""
    assert {row.audience for row in INTERFACE} == set(Audience) - {Audience.PAGES, Audience.PUBLIC}
    assert all(row.body.kind is not Kind.NONE or row.body.most == 0 for row in INTERFACE)
