"""Every sign-in since a device last looked is shown to it: borrowed, at the desk, left again, or with a known device's id."""

from __future__ import annotations

from typing import Any

import pytest

from diary.crypto import kdf
from diary.encoding import b64
from tests.keepers import CODE, Keeper, Phone, Served, copied, enrol, sign_in_body

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
WRONG = b64(bytes(32))


async def enters(server: Served, keeper: Keeper, address: str = "203.0.113.77", **more: Any) -> Phone:
    """Somebody who has the words signs in; `more`: what their device says of itself."""
    phone = Phone(server.client(address))
    answer = await phone.ask("POST", "/v1/sessions", sign_in_body(keeper.identity.login, keeper.proof) | more)
    assert answer.status_code == 200, answer.text
    return phone


async def leaves(phone: Phone) -> None:
    """They sign out again."""
    assert (await phone.ask("DELETE", "/v1/session")).status_code == 204


async def look(phone: Phone, after: str | None = None) -> tuple[list[dict[str, Any]], str]:
    """The new sign-ins, all pages, and where the next look begins."""
    found: list[dict[str, Any]] = []
    while True:
        answer = await phone.ask("GET", "/v1/sign-ins" + (f"?after={after}" if after else ""))
        assert answer.status_code == 200, answer.text
        told = answer.json()
        found += told["sign_ins"]
        after = told["cursor"]
        if not told["more"]:
            return found, after


async def names(phone: Phone, after: str | None = None) -> list[str]:
    """What the new devices called themselves."""
    return [one["device_name"] for one in (await look(phone, after))[0]]


async def test_a_new_device_is_listed_with_its_minute_and_name(keeper: Keeper, server: Served) -> None:
    """Read with the session alone; once it was looked at it is not new any more."""
    server.clock.advance(17 * MINUTE + 5_000)
    await enters(server, keeper, device_name="Silver laptop")
    (one,), cursor = await look(keeper)
    at = server.clock.ms - server.clock.ms % MINUTE
    assert (one["at"], one["device_name"], one["kind"], one["what"], one["signed_out"]) == (
        *(at, "Silver laptop", "ordinary"),
        *("signed_in", False),
    )
    assert await look(keeper, cursor) == ([], cursor)


@pytest.mark.parametrize(
    ("says", "kind"),
    [
        ({"borrowed": True}, "borrowed"),
        ({"desk": True}, "desk"),
        ({"borrowed": True, "desk": True}, "desk"),
        ({}, "ordinary"),
    ],
    ids=["borrowed", "desk", "both", "ordinary"],
)
@pytest.mark.parametrize("left", [False, True], ids=["still in", "left again"])
async def test_every_way_of_signing_in_is_listed(
    says: dict[str, bool], kind: str, left: bool, keeper: Keeper, server: Served
) -> None:
    """Whatever the other device says of itself, and also when it left within the minute."""
    phone = await enters(server, keeper, **says)
    if left:
        await leaves(phone)
    (one,), _ = await look(keeper)
    assert (one["kind"], one["signed_out"]) == (kind, left)


async def test_a_known_device_id_hides_no_sign_in(keeper: Keeper, server: Served) -> None:
    """With the keeper's own device id, or that of another device that was shown before."""
    await enters(server, keeper, device="B" * 21 + "A", device_name="Work laptop")
    _, cursor = await look(keeper)
    await enters(server, keeper, device="B" * 21 + "A", device_name="Work laptop")
    assert await names(keeper, cursor) == ["Work laptop"]
    # The keeper's own id ends the keeper's session: the phone signs in again, and is shown whose fault that was.
    await enters(server, keeper, device=keeper.identity.device, device_name="Command line")
    assert (await keeper.ask("GET", "/v1/session")).json()["error"] == "signed_out"
    own = sign_in_body(keeper.identity.login, keeper.proof) | {
        "device": keeper.identity.device,
        "device_name": "Command line",
    }
    assert (await keeper.ask("POST", "/v1/sessions", own)).status_code == 200
    assert await names(keeper, cursor) == ["Work laptop", "Command line"]


async def test_a_borrowed_session_whose_time_is_over_is_still_shown(keeper: Keeper, server: Served) -> None:
    """Two hours later it has gone by itself."""
    await enters(server, keeper, borrowed=True)
    server.clock.advance(3 * HOUR)
    (one,), _ = await look(keeper)
    assert one["signed_out"] is True


async def test_the_recovery_code_is_shown_as_such(keeper: Keeper, server: Served) -> None:
    """Signed in with the code."""
    phone = Phone(server.client("203.0.113.77"))
    body = sign_in_body(keeper.identity.login, "") | {"code_auth": b64(kdf.code_auth(CODE, keeper.identity.login))}
    assert (await phone.ask("POST", "/v1/recoveries", body)).status_code == 200
    assert [one["what"] for one in (await look(keeper))[0]] == ["recovered"]


async def test_a_device_cannot_rename_what_it_did(keeper: Keeper, server: Served) -> None:
    """The name at sign-in stays in the list and in the access log, whatever it calls itself later."""
    phone = await enters(server, keeper, device_name="Strange phone")
    assert (await phone.ask("PUT", "/v1/session", {"device_name": "Command line"})).status_code == 204
    assert await names(keeper) == ["Strange phone"]
    listed = (await keeper.ask("GET", "/v1/access", x_proof=keeper.proof)).json()["access"]
    assert [one["device_name"] for one in listed if one["what"] == "signed_in"] == ["Strange phone", "Command line"]
    assert all(one["at"] % HOUR == 0 for one in listed)


async def test_a_flood_of_acts_pushes_no_sign_in_out(keeper: Keeper, server: Served) -> None:
    """Whoever signed in makes 350 acts that are noted: it is still shown, in the list and in the access log."""
    _, cursor = await look(keeper)
    phone = await enters(server, keeper, device_name="Strange phone")
    for n in range(350):
        if n % 50 == 0:
            server.clock.advance(MINUTE)
        assert (await phone.ask("DELETE", "/v1/sessions", x_proof=keeper.proof)).status_code == 204
        if n == 0:
            assert (await keeper.ask("GET", "/v1/session")).json()["error"] == "session_ended"
    again = sign_in_body(keeper.identity.login, keeper.proof) | {"device_name": "Command line"}
    assert (await keeper.ask("POST", "/v1/sessions", again)).status_code == 200
    assert await names(keeper, cursor) == ["Strange phone"]
    listed = (await keeper.ask("GET", "/v1/access", x_proof=keeper.proof)).json()["access"]
    assert "Strange phone" in [one["device_name"] for one in listed if one["what"] == "signed_in"]


async def test_a_flood_of_sign_ins_is_shown_whole(keeper: Keeper, server: Served) -> None:
    """Six hundred of them, in pages, oldest first, each once."""
    _, cursor = await look(keeper)
    for n in range(600):
        if n % 50 == 0:
            server.clock.advance(MINUTE)
        await enters(server, keeper, f"10.4.{n // 200}.{n % 200}", device_name=f"Phone {n}")
    await keeper.ask(
        "POST", "/v1/sessions", sign_in_body(keeper.identity.login, keeper.proof) | {"device_name": "Mine"}
    )
    assert await names(keeper, cursor) == [f"Phone {n}" for n in range(600)]


async def test_a_phone_that_was_off_for_weeks_is_shown_what_it_missed(keeper: Keeper, server: Served) -> None:
    """Its session ran out; it signs in again with the place where it last looked."""
    _, cursor = await look(keeper)
    await leaves(await enters(server, keeper, device_name="Strange phone"))
    server.clock.advance(60 * DAY)
    assert (await keeper.ask("GET", "/v1/session")).status_code == 401
    assert (
        await keeper.ask("POST", "/v1/sessions", sign_in_body(keeper.identity.login, keeper.proof))
    ).status_code == 200
    assert await names(keeper, cursor) == ["Strange phone"]


async def test_a_place_in_the_list_says_nothing_and_is_bound_to_its_account(keeper: Keeper, server: Served) -> None:
    """It is no number that counts other people's sign-ins; another account's, a bent one and a long one are refused."""
    _, cursor = await look(keeper)
    assert len(cursor) > 40 and not cursor.isdigit()
    other = await enrol(server, "203.0.113.9")
    bent = ("B" if cursor[0] != "B" else "C") + cursor[1:]
    for phone, wrong in ((other, cursor), (keeper, bent), (keeper, "A" * 5000), (keeper, "%00"), (keeper, "1")):
        answer = await phone.ask("GET", f"/v1/sign-ins?after={wrong}")
        assert (answer.status_code, answer.json()["error"]) == (400, "bad_request")


async def test_nobody_else_reads_it(keeper: Keeper, other: Keeper, server: Served) -> None:
    """Without a session nothing; another keeper sees their own."""
    await enters(server, keeper, device_name="Strange phone")
    assert (await Phone(server.client()).ask("GET", "/v1/sign-ins")).json()["error"] == "signed_out"
    assert await names(other) == []
    told = "\n".join(server.dump())
    assert "Strange phone" not in told and "203.0.113" not in told


async def test_a_copy_of_the_session_that_looks_hides_nothing_from_the_keeper(keeper: Keeper, server: Served) -> None:
    """What was shown is kept on the phone, not at the server: somebody else's look changes nothing."""
    await enters(server, keeper, device_name="Strange phone")
    await look(copied(server, keeper))
    assert await names(keeper) == ["Strange phone"]
