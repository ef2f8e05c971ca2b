"""Sessions: found, listed, ended, changed at sign-in; and guessing, which is slow for everybody else."""

from __future__ import annotations

import hashlib
import time
from typing import Any

from diary.encoding import b64, unb64
from diary.ids import id_text
from tests.keepers import Keeper, Phone, Served, sign_in_body

WRONG = b64(bytes(32))
HOUR = 3_600_000


async def test_only_the_digest_of_a_token_is_kept(keeper: Keeper, server: Served) -> None:
    """The token is nowhere in the database; its SHA-256 is."""
    token = unb64(keeper.tokens["session"])
    assert server.rows("SELECT token_digest FROM session") == [(hashlib.sha256(token).digest(),)]
    raw = b"".join(path.read_bytes() for path in server.settings.data.glob("kept.sqlite3*"))
    assert token not in raw and keeper.tokens["session"].encode() not in raw


async def test_the_token_changes_at_sign_in(keeper: Keeper, server: Served) -> None:
    """Signing in again on one device ends the session it had."""
    before = dict(keeper.tokens)
    body = sign_in_body(keeper.identity.login, keeper.proof)
    assert (await keeper.ask("POST", "/v1/sessions", body)).status_code == 200
    assert keeper.tokens["session"] != before["session"]
    assert keeper.tokens["device"] != before["device"]
    old = Phone(server.client(), before)
    assert (await old.ask("GET", "/v1/session")).status_code == 401
    assert (await keeper.ask("GET", "/v1/session")).status_code == 200


async def test_sessions_are_listed_and_ended_after_the_words(keeper: Keeper, server: Served) -> None:
    """The list needs the words and rounds to the hour; an ended session stops within one request."""
    second = Phone(server.client())
    server.clock.advance(HOUR + 1234)
    await second.ask("POST", "/v1/sessions", sign_in_body(keeper.identity.login, keeper.proof))
    for proof in ({}, {"x_proof": WRONG}, {"x_proof": "!"}):
        answer = await keeper.ask("GET", "/v1/sessions", **proof)
        assert (answer.status_code, answer.json()["error"]) == (401, "no_match")
    listed = (await keeper.ask("GET", "/v1/sessions", x_proof=keeper.proof)).json()["sessions"]
    assert {(one["device_name"], one["here"]) for one in listed} == {("Second phone", False), ("Command line", True)}
    assert all(one[name] % HOUR == 0 for one in listed for name in ("created_at", "seen_at"))
    (theirs,) = [one["session"] for one in listed if not one["here"]]
    without = await keeper.ask("DELETE", f"/v1/sessions/{theirs}")
    assert without.status_code == 401 and (await second.ask("GET", "/v1/usage")).status_code == 200
    assert (await keeper.ask("DELETE", f"/v1/sessions/{theirs}", x_proof=keeper.proof)).status_code == 204
    assert (await second.ask("GET", "/v1/usage")).status_code == 401
    assert (await keeper.ask("DELETE", f"/v1/sessions/{theirs}", x_proof=keeper.proof)).status_code == 404


async def test_a_device_whose_session_was_ended_is_told_so_and_no_more_is_kept(keeper: Keeper, server: Served) -> None:
    """`session_ended` until it signs in again or its time is over; in no list, without a name, and gone with either."""
    second = Phone(server.client())
    body = sign_in_body(keeper.identity.login, keeper.proof)
    await second.ask("POST", "/v1/sessions", body)
    (theirs,) = [one["session"] for one in await _listed(keeper) if not one["here"]]
    assert (await keeper.ask("DELETE", f"/v1/sessions/{theirs}", x_proof=keeper.proof)).status_code == 204
    for method, path in (("GET", "/v1/session"), ("GET", "/v1/usage"), ("DELETE", "/v1/session")):
        answer = await second.ask(method, path)
        assert (answer.status_code, answer.json()["error"]) == (401, "session_ended")
    assert [one["here"] for one in await _listed(keeper)] == [True]
    assert [one["signed_out"] for one in (await keeper.ask("GET", "/v1/sign-ins")).json()["sign_ins"]] == [True]
    ((ended_at, name),) = server.rows("SELECT ended_at, device_name FROM session WHERE ended_at IS NOT NULL")
    assert ended_at % HOUR == 0 and name == b""
    # Whoever ends it twice, or all at once, ends nothing more.
    assert (await keeper.ask("DELETE", "/v1/sessions", x_proof=keeper.proof)).status_code == 204
    assert server.rows("SELECT count(*) FROM session") == [(2,)]
    # The words bring it back, and what was kept to tell it goes.
    assert (await second.ask("POST", "/v1/sessions", body)).status_code == 200
    assert (await second.ask("GET", "/v1/usage")).status_code == 200
    assert server.rows("SELECT count(*) FROM session WHERE ended_at IS NOT NULL") == [(0,)]
    # One that never comes back is told until its time is over, and is then one among all that ran out.
    await keeper.ask("DELETE", "/v1/sessions", x_proof=keeper.proof)
    server.clock.advance(30 * 24 * HOUR + 1)
    assert (await second.ask("GET", "/v1/usage")).json()["error"] == "signed_out"
    await Phone(server.client("192.0.2.9")).ask("POST", "/v1/sessions", body | {"device": id_text(bytes(16))})
    assert server.rows("SELECT count(*) FROM session") == [(1,)]


async def _listed(keeper: Keeper) -> list[dict[str, Any]]:
    """The keeper's list of sessions."""
    found: list[dict[str, Any]] = (await keeper.ask("GET", "/v1/sessions", x_proof=keeper.proof)).json()["sessions"]
    return found


async def test_signing_out_ends_the_session_and_keeps_the_device_known(keeper: Keeper, server: Served) -> None:
    """Its token stops working; the one by which the device is known goes on."""
    device, token = keeper.tokens["device"], keeper.tokens["session"]
    assert (await keeper.ask("DELETE", "/v1/session")).status_code == 204
    assert (await keeper.ask("GET", "/v1/session")).status_code == 401
    assert keeper.tokens == {"session": token, "device": device}
    for _ in range(10):
        await Phone(server.client("192.0.2.5")).ask("POST", "/v1/sessions", sign_in_body(keeper.identity.login, WRONG))
    assert (
        await keeper.ask("POST", "/v1/sessions", sign_in_body(keeper.identity.login, keeper.proof))
    ).status_code == 200


async def test_a_session_ends_after_thirty_days(keeper: Keeper, server: Served) -> None:
    """Used or not."""
    server.clock.advance(30 * 24 * HOUR - 1)
    assert (await keeper.ask("GET", "/v1/usage")).status_code == 200
    server.clock.advance(2)
    assert (await keeper.ask("GET", "/v1/usage")).status_code == 401


async def test_twenty_sessions_are_kept(keeper: Keeper, server: Served) -> None:
    """The oldest above that end, so that a list stays one that can be read."""
    for number in range(21):
        await Phone(server.client(f"192.0.2.{number}")).ask(
            "POST", "/v1/sessions", sign_in_body(keeper.identity.login, keeper.proof)
        )
    assert server.rows("SELECT count(*) FROM session") == [(20,)]


async def test_a_new_code_replaces_the_old(keeper: Keeper, server: Served) -> None:
    """After the words; the code before it no longer signs in."""
    from diary.crypto import kdf
    from diary.crypto.keys import code_header, wrap
    from tests.keepers import CODE

    identity, code = keeper.identity, bytes(16)
    sealed = wrap(kdf.kek_code(code), code_header(identity.account, 1), identity.account_key)
    body = {"code_auth": b64(kdf.code_auth(code, identity.login)), "code_wrap": b64(sealed)}
    assert (await keeper.ask("PUT", "/v1/account/code", body)).status_code == 401
    assert (await keeper.ask("PUT", "/v1/account/code", body, x_proof=keeper.proof)).status_code == 204
    for tried, status in ((CODE, 401), (code, 200)):
        proof = b64(kdf.code_auth(tried, identity.login))
        asked = sign_in_body(identity.login, "") | {"code_auth": proof}
        assert (await Phone(server.client()).ask("POST", "/v1/recoveries", asked)).status_code == status


async def test_a_thousand_guesses_do_not_lock_the_keeper_out(keeper: Keeper, server: Served) -> None:
    """From many networks at most a hundred an hour are looked at; the keeper's own phone signs in at once, a
    device nobody knows has to wait, and after the hour it need not."""
    login, looked_at = keeper.identity.login, 0
    for number in range(1000):
        server.clock.advance(3_000)
        guess = Phone(server.client(f"10.0.{number // 250}.{number % 250}"))
        answer = await guess.ask("POST", "/v1/sessions", sign_in_body(login, b64(number.to_bytes(32, "big"))))
        looked_at += answer.status_code == 401
        if answer.status_code == 429:
            assert 1 <= int(answer.headers["retry-after"]) <= 900
    assert looked_at == 100
    stranger = await Phone(server.client("192.0.2.3")).ask("POST", "/v1/sessions", sign_in_body(login, keeper.proof))
    assert (stranger.status_code, stranger.json()["error"]) == (429, "try_later")
    began = time.monotonic()
    assert (await keeper.ask("POST", "/v1/sessions", sign_in_body(login, keeper.proof))).status_code == 200
    assert time.monotonic() - began < 2
    server.clock.advance(HOUR)
    later = await Phone(server.client("192.0.2.3")).ask("POST", "/v1/sessions", sign_in_body(login, keeper.proof))
    assert later.status_code == 200


async def test_unknown_names_are_throttled_the_same_way(server: Served) -> None:
    """Ten tries, then 429 with a wait that doubles up to a quarter of an hour."""
    waits = []
    guess = Phone(server.client("10.1.0.1"))
    for _ in range(18):
        answer = await guess.ask("POST", "/v1/sessions", sign_in_body("nobody-here-x2y3", WRONG))
        if answer.status_code == 429:
            waits.append(int(answer.headers["retry-after"]))
    assert waits == [60, 120, 240, 480, 900, 900, 900, 900]


async def test_a_known_device_has_its_own_ten_tries(keeper: Keeper, server: Served) -> None:
    """Forgetting the words on the keeper's phone is counted there, and a made-up device token counts as none."""
    login = keeper.identity.login
    forged = Phone(server.client("192.0.2.5"), {"device": b64(bytes(32))})
    for _ in range(10):
        await forged.ask("POST", "/v1/sessions", sign_in_body(login, WRONG))
    assert (await forged.ask("POST", "/v1/sessions", sign_in_body(login, WRONG))).status_code == 429
    statuses = [(await keeper.ask("POST", "/v1/sessions", sign_in_body(login, WRONG))).status_code for _ in range(11)]
    assert statuses == [401] * 10 + [429]


async def test_one_network_gets_three_hundred_open_posts_a_minute(server: Served) -> None:
    """Then 429, for every open route together; an IPv6 household is one network."""
    first, second = Phone(server.client("2001:db8:1:2::1")), Phone(server.client("2001:db8:1:2:ffff::9"))
    statuses = [(await phone.ask("POST", "/v1/names", {})).status_code for phone in [first, second] * 151]
    assert statuses == [200] * 300 + [429] * 2
    assert (await Phone(server.client("2001:db8:1:3::1")).ask("POST", "/v1/names", {})).status_code == 200


async def test_what_was_done_is_listed_after_the_words_and_says_no_address(keeper: Keeper, server: Served) -> None:
    """What, when to the hour, and the name the keeper gave; a new device is told to the others at their next look."""
    second = Phone(server.client("203.0.113.9"))
    login = keeper.identity.login
    assert (await keeper.ask("PUT", "/v1/session", {"device_name": "My old phone"})).status_code == 204
    server.clock.ms += 60_000
    assert (await second.ask("POST", "/v1/sessions", sign_in_body(login, keeper.proof))).status_code == 200
    arrived = (await keeper.ask("GET", "/v1/sign-ins")).json()["sign_ins"]
    assert [one["device_name"] for one in arrived] == ["Second phone"]
    assert (await second.ask("GET", "/v1/sign-ins")).json()["sign_ins"] == []
    assert (await keeper.ask("GET", "/v1/access")).json()["error"] == "no_match"
    assert (await keeper.ask("DELETE", "/v1/sessions")).json()["error"] == "no_match"
    assert (await second.ask("GET", "/v1/session")).status_code == 200
    assert (await keeper.ask("DELETE", "/v1/sessions", x_proof=keeper.proof)).status_code == 204
    assert (await second.ask("GET", "/v1/session")).json()["error"] == "session_ended"
    listed = (await keeper.ask("GET", "/v1/access", x_proof=keeper.proof)).json()["access"]
    assert [(one["what"], one["device_name"]) for one in listed] == [
        ("others_ended", "My old phone"),
        ("signed_in", "Second phone"),
        ("signed_in", "Command line"),
    ]
    assert all(one["at"] % 3_600_000 == 0 for one in listed)
    told = "\n".join(server.dump())
    assert "203.0.113" not in told and "My old phone" not in told
