"""Devices that hold a cookie session of the release before go over to tokens without signing in again."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from diary.app import create_app
from diary.clock import FixedClock
from diary.crypto import kdf
from diary.encoding import b64
from diary.ids import id_text, new_id
from tests.keepers import Keeper, Phone, Served, enrol, seal_file, served, sign_in_body

DAY = 86_400_000
WRONG = b64(bytes(32))


@dataclass
class Earlier(Phone):
    """A device of the release before: it has cookies, and sends nothing else."""

    jar: str = ""

    async def ask(self, method: str, path: str, *args: object, **headers: object) -> httpx.Response:  # type: ignore[override]
        """One request with both cookies."""
        return await super().ask(method, path, *args, **({"cookie": self.jar} | headers))  # type: ignore[arg-type]


@asynccontextmanager
async def upgraded(folder: Path) -> AsyncIterator[tuple[Served, Keeper, Earlier]]:
    """A server with a keeper, upgraded while the keeper's phone held cookies: what it stores of them did not change."""
    async with served(folder) as before:
        keeper = await enrol(before)
        await keeper.push()
        settings, clock = before.settings, before.clock
    with closing(sqlite3.connect(settings.data / "kept.sqlite3", isolation_level=None)) as database:
        database.execute("DELETE FROM cookie_grace")
        # What the migration of a database with accounts leaves.
        database.execute("INSERT INTO cookie_grace (id, until) VALUES (0, 0)")
    async with restarted(settings, clock) as after:
        client = after.client()
        jar = f"__Host-s={keeper.tokens['session']}; __Host-d={keeper.tokens['device']}"
        keeper.client = client
        yield after, keeper, Earlier(client, jar=jar)


@asynccontextmanager
async def restarted(settings: object, clock: FixedClock) -> AsyncIterator[Served]:
    """The server once more, over the same files."""
    app = create_app(settings, clock, kdf_profile=kdf.CHEAPEST, kdf_policy=kdf.TESTS)
    async with app.router.lifespan_context(app):
        yield Served(app, settings, clock)


def going(keeper: Keeper) -> dict[str, str]:
    """The body of the exchange."""
    return {
        "auth": keeper.proof,
        "device": keeper.identity.device,
        "device_name": "Phone",
        "login": keeper.identity.login,
    }


async def test_a_session_goes_on_with_a_token(tmp_path: Path) -> None:
    """The same session, with its id and its end; the cookie stops working, and the device stays known."""
    async with upgraded(tmp_path) as (server, keeper, earlier):
        before = (await keeper.ask("GET", "/v1/session")).json()["session"]
        phone = Phone(server.client())
        answer = await phone.ask("POST", "/v1/session/exchange", going(keeper), cookie=earlier.jar)
        assert answer.status_code == 200 and answer.json()["session"] == before
        assert (await phone.ask("GET", "/v1/session")).json()["session"] == before
        for method, path in (("GET", "/v1/session"), ("GET", f"{keeper.diary}/changes")):
            assert (await earlier.ask(method, path)).status_code == 401
        assert server.rows("SELECT count(*) FROM session") == [(1,)]
        # Ten wrong tries from elsewhere use up the count of strangers, not this device's.
        for _ in range(10):
            await Phone(server.client("192.0.2.5")).ask(
                "POST", "/v1/sessions", sign_in_body(keeper.identity.login, WRONG)
            )
        assert (
            await phone.ask("POST", "/v1/sessions", sign_in_body(keeper.identity.login, keeper.proof))
        ).status_code == 200


async def test_the_jar_alone_or_the_proof_of_another_gives_no_token(tmp_path: Path) -> None:
    """A copy of the jar without the proof is refused, and whose cookie it is is not told."""
    async with upgraded(tmp_path) as (server, keeper, earlier):
        other = await enrol(server, "203.0.113.9")
        for body in (going(keeper) | {"auth": WRONG}, going(other) | {"auth": keeper.proof}):
            answer = await Phone(server.client("192.0.2.7")).ask(
                "POST", "/v1/session/exchange", body, cookie=earlier.jar
            )
            assert (answer.status_code, answer.json()["error"]) == (401, "no_match")
        # The cookie of one account beside the proof of another: a new session of the proof's, and the other is untouched.
        answer = await Phone(server.client("192.0.2.8")).ask(
            "POST", "/v1/session/exchange", going(other), cookie=earlier.jar
        )
        assert answer.json()["account"] == other.identity.account
        assert (await keeper.ask("GET", "/v1/session")).status_code == 200


async def test_a_session_that_was_ended_stays_ended(tmp_path: Path) -> None:
    """Whatever proof comes with it: a phone that was signed out from another does not come back by itself."""
    async with upgraded(tmp_path) as (server, keeper, earlier):
        other = Phone(server.client("192.0.2.6"))
        await other.ask("POST", "/v1/sessions", sign_in_body(keeper.identity.login, keeper.proof))
        assert (await other.ask("DELETE", "/v1/sessions", x_proof=keeper.proof)).status_code == 204
        before = server.dump()
        for body in (going(keeper), going(keeper) | {"auth": WRONG}):
            answer = await Phone(server.client()).ask("POST", "/v1/session/exchange", body, cookie=earlier.jar)
            assert (answer.status_code, answer.json()["error"]) == (401, "session_ended")
        assert (await earlier.ask("GET", "/v1/session")).json()["error"] == "session_ended"
        assert server.dump() == before


@pytest.mark.parametrize("cookie", [True, False])
async def test_an_ended_device_comes_back_as_a_known_one(cookie: bool, tmp_path: Path) -> None:
    """It got no tokens, and strangers have used up the tries of new devices: its old device cookie has tries of its own."""
    async with upgraded(tmp_path) as (server, keeper, earlier):
        assert (await keeper.ask("DELETE", "/v1/sessions", x_proof=keeper.proof)).status_code == 204
        for _ in range(10):
            await Phone(server.client()).ask("POST", "/v1/sessions", sign_in_body(keeper.identity.login, WRONG))
        phone = Phone(server.client())
        sent = {"cookie": earlier.jar.partition("; ")[2]} if cookie else {}
        answer = await phone.ask("POST", "/v1/sessions", sign_in_body(keeper.identity.login, keeper.proof), **sent)
        assert answer.status_code == (200 if cookie else 429)


async def test_one_that_ran_out_signs_in_with_its_proof(tmp_path: Path) -> None:
    """As it would have done before; nothing is asked of the keeper."""
    async with upgraded(tmp_path) as (server, keeper, earlier):
        server.clock.advance(40 * DAY)
        phone = Phone(server.client())
        answer = await phone.ask("POST", "/v1/session/exchange", going(keeper), cookie=earlier.jar)
        assert answer.status_code == 200
        assert (await phone.ask("GET", "/v1/session")).status_code == 200


async def test_for_thirty_days_an_earlier_release_reads_and_appends(tmp_path: Path) -> None:
    """With its cookie it reads, pushes and uploads, and nothing else; then it is signed out, and both cookies are expired."""
    async with upgraded(tmp_path) as (server, keeper, earlier):
        assert "set-cookie" not in (await earlier.ask("GET", "/sw.js")).headers
        for path in ("/v1/session", "/v1/usage", f"{keeper.diary}/changes", f"{keeper.diary}/letters"):
            assert (await earlier.ask("GET", path)).status_code == 200, path
        path, body = keeper.seal()
        assert (await earlier.ask("PUT", path, body)).status_code == 201
        file = seal_file(keeper, b"x" * 100)
        blob = f"{keeper.diary}/blobs/{file.blob}"
        assert (await earlier.ask("PUT", blob, file.declaration)).status_code == 200
        assert (await earlier.ask("PUT", f"{blob}/parts/0", file.sealed[0])).status_code == 204
        assert (await earlier.ask("POST", f"{blob}/complete", {"digest": file.digest})).status_code == 204
        before = server.dump()
        record = path.split("/")[5]
        for method, path, sent in (
            ("DELETE", "/v1/session", None),
            ("GET", "/v1/sessions", None),
            ("DELETE", "/v1/sessions", None),
            ("GET", "/v1/access", None),
            ("PUT", "/v1/session", {"device_name": "x"}),
            ("POST", f"{keeper.diary}/erasures", {"records": [record], "why": "keeper"}),
            ("POST", "/v1/account/closing", None),
            ("POST", "/v1/packs", {"diary": keeper.identity.diary}),
            ("DELETE", f"{keeper.diary}/letters/{id_text(new_id())}", None),
        ):
            answer = await earlier.ask(method, path, sent, x_proof=keeper.proof)
            assert (answer.status_code, answer.json()["error"]) == (403, "outdated"), path
        assert server.dump() == before
        server.clock.advance(30 * DAY)
        assert (await earlier.ask("GET", "/v1/usage")).json()["error"] == "signed_out"
        assert len((await earlier.ask("GET", "/sw.js")).headers.get_list("set-cookie")) == 2


async def test_the_date_is_stored_once(tmp_path: Path) -> None:
    """A restart does not move it."""
    async with upgraded(tmp_path) as (server, _, _):
        first = server.rows("SELECT until FROM cookie_grace")
        server.clock.advance(10 * DAY)
        async with restarted(server.settings, server.clock) as again:
            assert again.rows("SELECT until FROM cookie_grace") == first == [(server.clock.now_ms() + 20 * DAY,)]


@pytest.mark.parametrize("sent", [{}, {"device_token": "A" * 43}])
async def test_a_borrowed_device_of_the_release_before_still_reads(sent: dict[str, str], tmp_path: Path) -> None:
    """It sent its token in a header of its own, and does so until its tab is closed."""
    async with upgraded(tmp_path) as (server, keeper, _):
        lent = Phone(server.client("192.0.2.3"))
        body = sign_in_body(keeper.identity.login, keeper.proof) | {"borrowed": True} | sent
        token = (await lent.ask("POST", "/v1/sessions", body)).json()["token"]
        old = Phone(server.client("192.0.2.3"))
        assert (await old.ask("GET", "/v1/usage", x_session=token)).status_code == 200
        assert (await old.ask("GET", "/v1/sessions", x_session=token, x_proof=keeper.proof)).json()[
            "error"
        ] == "outdated"
