"""Sessions are found, listed, ended, and renewed at sign-in; guessing is slow and delays nobody else."""

from __future__ import annotations

import hashlib
import time
from typing import Any

from diary.encoding import b64, unb64
from diary.ids import id_text
from tests.server_fixture import InProcessServer, Keeper, Phone, new_device_sign_in_body

WRONG_PROOF = b64(bytes(32))
HOUR_MS = 3_600_000


async def test_only_the_digest_of_a_token_is_kept(keeper: Keeper, server: InProcessServer) -> None:
    """The token is nowhere in the database; its SHA-256 is."""
    token = unb64(keeper.tokens["session"])
    assert server.query("SELECT token_digest FROM session") == [(hashlib.sha256(token).digest(),)]
    raw = b"".join(path.read_bytes() for path in server.settings.data.glob("kept.sqlite3*"))
    assert token not in raw and keeper.tokens["session"].encode() not in raw


async def test_the_token_changes_at_sign_in(keeper: Keeper, server: InProcessServer) -> None:
    """Signing in again on one device ends its previous session."""
    before = dict(keeper.tokens)
    body = new_device_sign_in_body(keeper.identity.login, keeper.proof)
    assert (await keeper.request("POST", "/v1/sessions", body)).status_code == 200
    assert keeper.tokens["session"] != before["session"]
    assert keeper.tokens["device"] != before["device"]
    old = Phone(server.http_client(), before)
    assert (await old.request("GET", "/v1/session")).status_code == 401
    assert (await keeper.request("GET", "/v1/session")).status_code == 200


async def test_sessions_are_listed_and_ended_after_the_words(keeper: Keeper, server: InProcessServer) -> None:
    """The list needs the words and rounds to the hour; an ended session is refused at its next request."""
    second = Phone(server.http_client())
    server.clock.advance(HOUR_MS + 1234)
    await second.request("POST", "/v1/sessions", new_device_sign_in_body(keeper.identity.login, keeper.proof))
    for proof in ({}, {"x_proof": WRONG_PROOF}, {"x_proof": "!"}):
        answer = await keeper.request("GET", "/v1/sessions", headers=proof)
        assert (answer.status_code, answer.json()["error"]) == (401, "no_match")
    rows_listed = (await keeper.request("GET", "/v1/sessions", x_proof=keeper.proof)).json()["sessions"]
    assert {(row["device_name"], row["here"]) for row in rows_listed} == {
        ("Second phone", False),
        ("Command line", True),
    }
    assert all(row[name] % HOUR_MS == 0 for row in rows_listed for name in ("created_at", "seen_at"))
    (theirs,) = [row["session"] for row in rows_listed if not row["here"]]
    without = await keeper.request("DELETE", f"/v1/sessions/{theirs}")
    assert without.status_code == 401 and (await second.request("GET", "/v1/usage")).status_code == 200
    assert (await keeper.request("DELETE", f"/v1/sessions/{theirs}", x_proof=keeper.proof)).status_code == 204
    assert (await second.request("GET", "/v1/usage")).status_code == 401
    assert (await keeper.request("DELETE", f"/v1/sessions/{theirs}", x_proof=keeper.proof)).status_code == 404


async def test_a_device_whose_session_was_ended_is_told_so_and_no_more_is_kept(
    keeper: Keeper, server: InProcessServer
) -> None:
    """The device gets `session_ended` until it signs in again or the session would have expired.

    Until then the session is in no list and has no name; afterwards its row is deleted.
    """
    second = Phone(server.http_client())
    body = new_device_sign_in_body(keeper.identity.login, keeper.proof)
    await second.request("POST", "/v1/sessions", body)
    (theirs,) = [one["session"] for one in await list_sessions(keeper) if not one["here"]]
    assert (await keeper.request("DELETE", f"/v1/sessions/{theirs}", x_proof=keeper.proof)).status_code == 204
    for method, path in (("GET", "/v1/session"), ("GET", "/v1/usage"), ("DELETE", "/v1/session")):
        answer = await second.request(method, path)
        assert (answer.status_code, answer.json()["error"]) == (401, "session_ended")
    assert [one["here"] for one in await list_sessions(keeper)] == [True]
    assert [one["signed_out"] for one in (await keeper.request("GET", "/v1/sign-ins")).json()["sign_ins"]] == [True]
    ((ended_at, name),) = server.query("SELECT ended_at, device_name FROM session WHERE ended_at IS NOT NULL")
    assert ended_at % HOUR_MS == 0 and name == b""
    # Ending it twice, or ending all, ends nothing more.
    assert (await keeper.request("DELETE", "/v1/sessions", x_proof=keeper.proof)).status_code == 204
    assert server.query("SELECT count(*) FROM session") == [(2,)]
    # A sign-in with the words deletes the stored reason.
    assert (await second.request("POST", "/v1/sessions", body)).status_code == 200
    assert (await second.request("GET", "/v1/usage")).status_code == 200
    assert server.query("SELECT count(*) FROM session WHERE ended_at IS NOT NULL") == [(0,)]
    # A device that never returns gets the reason until the session would have expired, then the usual refusal.
    await keeper.request("DELETE", "/v1/sessions", x_proof=keeper.proof)
    server.clock.advance(30 * 24 * HOUR_MS + 1)
    assert (await second.request("GET", "/v1/usage")).json()["error"] == "signed_out"
    await Phone(server.http_client("192.0.2.9")).request("POST", "/v1/sessions", body | {"device": id_text(bytes(16))})
    assert server.query("SELECT count(*) FROM session") == [(1,)]


async def list_sessions(keeper: Keeper) -> list[dict[str, Any]]:
    """Return the keeper's list of sessions."""
    sessions: list[dict[str, Any]] = (await keeper.request("GET", "/v1/sessions", x_proof=keeper.proof)).json()[
        "sessions"
    ]
    return sessions


async def test_signing_out_ends_the_session_and_keeps_the_device_known(keeper: Keeper, server: InProcessServer) -> None:
    """The session's token stops working; the device token continues to work."""
    device, token = keeper.tokens["device"], keeper.tokens["session"]
    assert (await keeper.request("DELETE", "/v1/session")).status_code == 204
    assert (await keeper.request("GET", "/v1/session")).status_code == 401
    assert keeper.tokens == {"session": token, "device": device}
    for _ in range(10):
        await Phone(server.http_client("192.0.2.5")).request(
            "POST", "/v1/sessions", new_device_sign_in_body(keeper.identity.login, WRONG_PROOF)
        )
    assert (
        await keeper.request("POST", "/v1/sessions", new_device_sign_in_body(keeper.identity.login, keeper.proof))
    ).status_code == 200


async def test_a_session_ends_after_thirty_days(keeper: Keeper, server: InProcessServer) -> None:
    """It ends whether it is used or not."""
    server.clock.advance(30 * 24 * HOUR_MS - 1)
    assert (await keeper.request("GET", "/v1/usage")).status_code == 200
    server.clock.advance(2)
    assert (await keeper.request("GET", "/v1/usage")).status_code == 401


async def test_twenty_sessions_are_kept(keeper: Keeper, server: InProcessServer) -> None:
    """The oldest beyond that end, so that the list stays readable."""
    for number in range(21):
        await Phone(server.http_client(f"192.0.2.{number}")).request(
            "POST", "/v1/sessions", new_device_sign_in_body(keeper.identity.login, keeper.proof)
        )
    assert server.query("SELECT count(*) FROM session") == [(20,)]


async def test_a_new_code_replaces_the_old(keeper: Keeper, server: InProcessServer) -> None:
    """The change needs the words; the previous code no longer signs in."""
    from diary.crypto import kdf
    from diary.crypto.keys import code_wrap_header, wrap_key
    from tests.server_fixture import RECOVERY_CODE

    identity, code = keeper.identity, bytes(16)
    sealed = wrap_key(kdf.derive_code_kek(code), code_wrap_header(identity.account, 1), identity.account_key)
    body = {"code_auth": b64(kdf.derive_code_proof(code, identity.login)), "code_wrap": b64(sealed)}
    assert (await keeper.request("PUT", "/v1/account/code", body)).status_code == 401
    assert (await keeper.request("PUT", "/v1/account/code", body, x_proof=keeper.proof)).status_code == 204
    for tried, status in ((RECOVERY_CODE, 401), (code, 200)):
        proof = b64(kdf.derive_code_proof(tried, identity.login))
        sign_in_body = new_device_sign_in_body(identity.login, "") | {"code_auth": proof}
        assert (await Phone(server.http_client()).request("POST", "/v1/recoveries", sign_in_body)).status_code == status


async def test_a_thousand_guesses_do_not_lock_the_keeper_out(keeper: Keeper, server: InProcessServer) -> None:
    """Of guesses from many networks at most a hundred an hour are checked; the keeper's own phone signs in at once.

    A new device has to wait, until the hour is over.
    """
    login, looked_at = keeper.identity.login, 0
    for number in range(1000):
        server.clock.advance(3_000)
        guess = Phone(server.http_client(f"10.0.{number // 250}.{number % 250}"))
        answer = await guess.request(
            "POST", "/v1/sessions", new_device_sign_in_body(login, b64(number.to_bytes(32, "big")))
        )
        looked_at += answer.status_code == 401
        if answer.status_code == 429:
            assert 1 <= int(answer.headers["retry-after"]) <= 900
    assert looked_at == 100
    stranger = await Phone(server.http_client("192.0.2.3")).request(
        "POST", "/v1/sessions", new_device_sign_in_body(login, keeper.proof)
    )
    assert (stranger.status_code, stranger.json()["error"]) == (429, "try_later")
    started_at = time.monotonic()
    assert (
        await keeper.request("POST", "/v1/sessions", new_device_sign_in_body(login, keeper.proof))
    ).status_code == 200
    assert time.monotonic() - started_at < 2
    server.clock.advance(HOUR_MS)
    later = await Phone(server.http_client("192.0.2.3")).request(
        "POST", "/v1/sessions", new_device_sign_in_body(login, keeper.proof)
    )
    assert later.status_code == 200


async def test_unknown_names_are_throttled_the_same_way(server: InProcessServer) -> None:
    """After ten tries, 429 with a wait that doubles up to a quarter of an hour."""
    waits = []
    guess = Phone(server.http_client("10.1.0.1"))
    for _ in range(18):
        answer = await guess.request("POST", "/v1/sessions", new_device_sign_in_body("nobody-here-x2y3", WRONG_PROOF))
        if answer.status_code == 429:
            waits.append(int(answer.headers["retry-after"]))
    assert waits == [60, 120, 240, 480, 900, 900, 900, 900]


async def test_a_known_device_has_its_own_ten_tries(keeper: Keeper, server: InProcessServer) -> None:
    """Wrong words on the keeper's phone count for that device; an invented device token counts as none."""
    login = keeper.identity.login
    forged = Phone(server.http_client("192.0.2.5"), {"device": b64(bytes(32))})
    for _ in range(10):
        await forged.request("POST", "/v1/sessions", new_device_sign_in_body(login, WRONG_PROOF))
    assert (
        await forged.request("POST", "/v1/sessions", new_device_sign_in_body(login, WRONG_PROOF))
    ).status_code == 429
    statuses = [
        (await keeper.request("POST", "/v1/sessions", new_device_sign_in_body(login, WRONG_PROOF))).status_code
        for _ in range(11)
    ]
    assert statuses == [401] * 10 + [429]


async def test_one_network_gets_three_hundred_open_posts_a_minute(server: InProcessServer) -> None:
    """Beyond the limit 429, for all open routes together; an IPv6 household is one network."""
    first, second = Phone(server.http_client("2001:db8:1:2::1")), Phone(server.http_client("2001:db8:1:2:ffff::9"))
    statuses = [(await phone.request("POST", "/v1/names", {})).status_code for phone in [first, second] * 151]
    assert statuses == [200] * 300 + [429] * 2
    assert (await Phone(server.http_client("2001:db8:1:3::1")).request("POST", "/v1/names", {})).status_code == 200


async def test_what_was_done_is_listed_after_the_words_and_says_no_address(
    keeper: Keeper, server: InProcessServer
) -> None:
    """The list has the event, its hour and the keeper's name for the device; other devices learn of a new one."""
    second = Phone(server.http_client("203.0.113.9"))
    login = keeper.identity.login
    assert (await keeper.request("PUT", "/v1/session", {"device_name": "My old phone"})).status_code == 204
    server.clock.ms += 60_000
    assert (
        await second.request("POST", "/v1/sessions", new_device_sign_in_body(login, keeper.proof))
    ).status_code == 200
    arrived = (await keeper.request("GET", "/v1/sign-ins")).json()["sign_ins"]
    assert [one["device_name"] for one in arrived] == ["Second phone"]
    assert (await second.request("GET", "/v1/sign-ins")).json()["sign_ins"] == []
    assert (await keeper.request("GET", "/v1/access")).json()["error"] == "no_match"
    assert (await keeper.request("DELETE", "/v1/sessions")).json()["error"] == "no_match"
    assert (await second.request("GET", "/v1/session")).status_code == 200
    assert (await keeper.request("DELETE", "/v1/sessions", x_proof=keeper.proof)).status_code == 204
    assert (await second.request("GET", "/v1/session")).json()["error"] == "session_ended"
    rows_listed = (await keeper.request("GET", "/v1/access", x_proof=keeper.proof)).json()["access"]
    assert [(one["what"], one["device_name"]) for one in rows_listed] == [
        ("others_ended", "My old phone"),
        ("signed_in", "Second phone"),
        ("signed_in", "Command line"),
    ]
    assert all(one["at"] % 3_600_000 == 0 for one in rows_listed)
    dump = "\n".join(server.dump())
    assert "203.0.113" not in dump and "My old phone" not in dump
