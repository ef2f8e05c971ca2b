"""Devices with a cookie session of an earlier release move to tokens without a new sign-in."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from diary.app import create_app
from diary.clock import FixedClock
from diary.config import Settings
from diary.crypto import kdf
from diary.encoding import b64
from diary.ids import id_text, new_id
from tests.server_fixture import (
    InProcessServer,
    Keeper,
    Phone,
    new_device_sign_in_body,
    register_keeper,
    running_server,
    seal_file,
)

DAY_MS = 86_400_000
WRONG_PROOF = b64(bytes(32))


@dataclass
class CookiePhone(Phone):
    """Device of the earlier release: it has cookies only."""

    cookie_header: str = ""

    def __post_init__(self) -> None:
        """Send both cookies with every request."""
        self.client.headers["Cookie"] = self.cookie_header


@asynccontextmanager
async def server_upgraded_with_cookies(folder: Path) -> AsyncIterator[tuple[InProcessServer, Keeper, CookiePhone]]:
    """Return an upgraded server whose keeper's phone has cookies, which are stored unchanged."""
    async with running_server(folder) as before:
        keeper = await register_keeper(before)
        await keeper.push()
        settings, clock = before.settings, before.clock
    with closing(sqlite3.connect(settings.data / "kept.sqlite3", isolation_level=None)) as database:
        database.execute("DELETE FROM cookie_grace")
        # What the migration of a database with accounts leaves.
        database.execute("INSERT INTO cookie_grace (id, until) VALUES (0, 0)")
    async with restarted_server(settings, clock) as upgraded_server:
        jar = f"__Host-s={keeper.tokens['session']}; __Host-d={keeper.tokens['device']}"
        keeper.client = upgraded_server.http_client()
        yield upgraded_server, keeper, CookiePhone(upgraded_server.http_client(), cookie_header=jar)


@asynccontextmanager
async def restarted_server(settings: Settings, clock: FixedClock) -> AsyncIterator[InProcessServer]:
    """Restart the server on the same files."""
    app = create_app(settings, clock, kdf_profile=kdf.CHEAPEST_PROFILE, kdf_policy=kdf.TEST_POLICY)
    async with app.router.lifespan_context(app):
        yield InProcessServer(app, settings, clock)


def session_exchange_body(keeper: Keeper) -> dict[str, str]:
    """Return the body of the exchange."""
    return {
        "auth": keeper.proof,
        "device": keeper.identity.device,
        "device_name": "Phone",
        "login": keeper.identity.login,
    }


async def test_a_session_goes_on_with_a_token(tmp_path: Path) -> None:
    """The session keeps its id and its expiry; the cookie stops working, and the device stays known."""
    async with server_upgraded_with_cookies(tmp_path) as (server, keeper, earlier):
        before = (await keeper.request("GET", "/v1/session")).json()["session"]
        phone = Phone(server.http_client())
        answer = await phone.request(
            "POST", "/v1/session/exchange", session_exchange_body(keeper), cookie=earlier.cookie_header
        )
        assert answer.status_code == 200 and answer.json()["session"] == before
        assert (await phone.request("GET", "/v1/session")).json()["session"] == before
        for method, path in (("GET", "/v1/session"), ("GET", f"{keeper.diary}/changes")):
            assert (await earlier.request(method, path)).status_code == 401
        assert server.query("SELECT count(*) FROM session") == [(1,)]
        # Ten wrong tries from elsewhere use up the limit of unknown devices, not this device's.
        for _ in range(10):
            await Phone(server.http_client("192.0.2.5")).request(
                "POST", "/v1/sessions", new_device_sign_in_body(keeper.identity.login, WRONG_PROOF)
            )
        assert (
            await phone.request("POST", "/v1/sessions", new_device_sign_in_body(keeper.identity.login, keeper.proof))
        ).status_code == 200


async def test_the_jar_alone_or_the_proof_of_another_gives_no_token(tmp_path: Path) -> None:
    """Copied cookies without the proof are refused, without revealing the account."""
    async with server_upgraded_with_cookies(tmp_path) as (server, keeper, earlier):
        second_keeper = await register_keeper(server, "203.0.113.9")
        for body in (
            session_exchange_body(keeper) | {"auth": WRONG_PROOF},
            session_exchange_body(second_keeper) | {"auth": keeper.proof},
        ):
            answer = await Phone(server.http_client("192.0.2.7")).request(
                "POST", "/v1/session/exchange", body, cookie=earlier.cookie_header
            )
            assert (answer.status_code, answer.json()["error"]) == (401, "no_match")
        # A cookie of one account with the proof of another starts a session of the latter; the former is unaffected.
        answer = await Phone(server.http_client("192.0.2.8")).request(
            "POST", "/v1/session/exchange", session_exchange_body(second_keeper), cookie=earlier.cookie_header
        )
        assert answer.json()["account"] == second_keeper.identity.account
        assert (await keeper.request("GET", "/v1/session")).status_code == 200


async def test_a_session_that_was_ended_stays_ended(tmp_path: Path) -> None:
    """With any proof: a phone that was signed out from another does not sign in again by itself."""
    async with server_upgraded_with_cookies(tmp_path) as (server, keeper, earlier):
        other = Phone(server.http_client("192.0.2.6"))
        await other.request("POST", "/v1/sessions", new_device_sign_in_body(keeper.identity.login, keeper.proof))
        assert (await other.request("DELETE", "/v1/sessions", x_proof=keeper.proof)).status_code == 204
        before = server.dump()
        for body in (session_exchange_body(keeper), session_exchange_body(keeper) | {"auth": WRONG_PROOF}):
            answer = await Phone(server.http_client()).request(
                "POST", "/v1/session/exchange", body, cookie=earlier.cookie_header
            )
            assert (answer.status_code, answer.json()["error"]) == (401, "session_ended")
        assert (await earlier.request("GET", "/v1/session")).json()["error"] == "session_ended"
        assert server.dump() == before


@pytest.mark.parametrize("cookie", [True, False])
async def test_an_ended_device_comes_back_as_a_known_one(cookie: bool, tmp_path: Path) -> None:
    """Without tokens, and with the tries of new devices used up, its old device cookie has its own tries."""
    async with server_upgraded_with_cookies(tmp_path) as (server, keeper, earlier):
        assert (await keeper.request("DELETE", "/v1/sessions", x_proof=keeper.proof)).status_code == 204
        for _ in range(10):
            await Phone(server.http_client()).request(
                "POST", "/v1/sessions", new_device_sign_in_body(keeper.identity.login, WRONG_PROOF)
            )
        phone = Phone(server.http_client())
        sent = {"cookie": earlier.cookie_header.partition("; ")[2]} if cookie else {}
        answer = await phone.request(
            "POST", "/v1/sessions", new_device_sign_in_body(keeper.identity.login, keeper.proof), headers=sent
        )
        assert answer.status_code == (200 if cookie else 429)


async def test_an_expired_session_signs_in_with_its_proof(tmp_path: Path) -> None:
    """An expired session signs in with its proof as before, without asking the keeper."""
    async with server_upgraded_with_cookies(tmp_path) as (server, keeper, earlier):
        server.clock.advance(40 * DAY_MS)
        phone = Phone(server.http_client())
        answer = await phone.request(
            "POST", "/v1/session/exchange", session_exchange_body(keeper), cookie=earlier.cookie_header
        )
        assert answer.status_code == 200
        assert (await phone.request("GET", "/v1/session")).status_code == 200


async def test_for_thirty_days_an_earlier_release_reads_and_appends(tmp_path: Path) -> None:
    """With its cookie it can read, push and upload only; after thirty days it is signed out and both cookies expire."""
    async with server_upgraded_with_cookies(tmp_path) as (server, keeper, earlier):
        assert "set-cookie" not in (await earlier.request("GET", "/sw.js")).headers
        for path in ("/v1/session", "/v1/usage", f"{keeper.diary}/changes", f"{keeper.diary}/letters"):
            assert (await earlier.request("GET", path)).status_code == 200, path
        path, body = keeper.seal()
        assert (await earlier.request("PUT", path, body)).status_code == 201
        file = seal_file(keeper, b"x" * 100)
        blob = f"{keeper.diary}/blobs/{file.blob}"
        assert (await earlier.request("PUT", blob, file.declaration)).status_code == 200
        assert (await earlier.request("PUT", f"{blob}/parts/0", file.sealed_parts[0])).status_code == 204
        assert (await earlier.request("POST", f"{blob}/complete", {"digest": file.digest})).status_code == 204
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
            answer = await earlier.request(method, path, sent, x_proof=keeper.proof)
            assert (answer.status_code, answer.json()["error"]) == (403, "outdated"), path
        assert server.dump() == before
        server.clock.advance(30 * DAY_MS)
        assert (await earlier.request("GET", "/v1/usage")).json()["error"] == "signed_out"
        assert len((await earlier.request("GET", "/sw.js")).headers.get_list("set-cookie")) == 2


async def test_the_date_is_stored_once(tmp_path: Path) -> None:
    """A restart does not change the date."""
    async with server_upgraded_with_cookies(tmp_path) as (server, _, _):
        first = server.query("SELECT until FROM cookie_grace")
        server.clock.advance(10 * DAY_MS)
        async with restarted_server(server.settings, server.clock) as second_answer:
            assert (
                second_answer.query("SELECT until FROM cookie_grace")
                == first
                == [(server.clock.now_ms() + 20 * DAY_MS,)]
            )


@pytest.mark.parametrize("sent", [{}, {"device_token": "A" * 43}])
async def test_a_borrowed_device_of_the_release_before_still_reads(sent: dict[str, str], tmp_path: Path) -> None:
    """It sends its token in a separate header until its tab is closed."""
    async with server_upgraded_with_cookies(tmp_path) as (server, keeper, _):
        borrowed_phone = Phone(server.http_client("192.0.2.3"))
        body = new_device_sign_in_body(keeper.identity.login, keeper.proof) | {"borrowed": True} | sent
        token = (await borrowed_phone.request("POST", "/v1/sessions", body)).json()["token"]
        old = Phone(server.http_client("192.0.2.3"))
        assert (await old.request("GET", "/v1/usage", x_session=token)).status_code == 200
        assert (await old.request("GET", "/v1/sessions", x_session=token, x_proof=keeper.proof)).json()[
            "error"
        ] == "outdated"
