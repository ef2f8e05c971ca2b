"""Every sign-in since a device's last check is listed: borrowed, at the desk, ended, or with a known device's id."""

from __future__ import annotations

from typing import Any

import pytest

from diary.crypto import kdf
from diary.encoding import b64
from tests.server_fixture import (
    RECOVERY_CODE,
    InProcessServer,
    Keeper,
    Phone,
    device_with_copied_tokens,
    new_device_sign_in_body,
    register_keeper,
)

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
WRONG_PROOF = b64(bytes(32))


async def sign_in_device(server: InProcessServer, keeper: Keeper, address: str = "203.0.113.77", **extra: Any) -> Phone:
    """Sign in with the words. `extra`: further members of the request."""
    phone = Phone(server.http_client(address))
    answer = await phone.request(
        "POST", "/v1/sessions", new_device_sign_in_body(keeper.identity.login, keeper.proof) | extra
    )
    assert answer.status_code == 200, answer.text
    return phone


async def sign_out(phone: Phone) -> None:
    """Sign out again."""
    assert (await phone.request("DELETE", "/v1/session")).status_code == 204


async def new_sign_ins_since(phone: Phone, cursor: str | None = None) -> tuple[list[dict[str, Any]], str]:
    """Return the new sign-ins over all pages, and the next cursor."""
    sign_ins: list[dict[str, Any]] = []
    while True:
        answer = await phone.request("GET", "/v1/sign-ins" + (f"?after={cursor}" if cursor else ""))
        assert answer.status_code == 200, answer.text
        response_body = answer.json()
        sign_ins += response_body["sign_ins"]
        cursor = response_body["cursor"]
        if not response_body["more"]:
            return sign_ins, cursor


async def device_names_since(phone: Phone, cursor: str | None = None) -> list[str]:
    """Return the names of the new devices."""
    return [sign_in["device_name"] for sign_in in (await new_sign_ins_since(phone, cursor))[0]]


async def test_a_new_device_is_listed_with_its_minute_and_name(keeper: Keeper, server: InProcessServer) -> None:
    """The list needs only the session; a listed sign-in is not new any more."""
    server.clock.advance(17 * MINUTE_MS + 5_000)
    await sign_in_device(server, keeper, device_name="Silver laptop")
    (sign_in,), cursor = await new_sign_ins_since(keeper)
    at = server.clock.ms - server.clock.ms % MINUTE_MS
    assert (sign_in["at"], sign_in["device_name"], sign_in["kind"], sign_in["what"], sign_in["signed_out"]) == (
        *(at, "Silver laptop", "ordinary"),
        *("signed_in", False),
    )
    assert await new_sign_ins_since(keeper, cursor) == ([], cursor)


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
    says: dict[str, bool], kind: str, left: bool, keeper: Keeper, server: InProcessServer
) -> None:
    """A sign-in is listed whatever the device claims, and also if it ends within the minute."""
    phone = await sign_in_device(server, keeper, "203.0.113.77", **says)
    if left:
        await sign_out(phone)
    (sign_in,), _ = await new_sign_ins_since(keeper)
    assert (sign_in["kind"], sign_in["signed_out"]) == (kind, left)


async def test_a_known_device_id_hides_no_sign_in(keeper: Keeper, server: InProcessServer) -> None:
    """The keeper's own device id, and that of a device listed before, hide nothing."""
    await sign_in_device(server, keeper, device="B" * 21 + "A", device_name="Work laptop")
    _, cursor = await new_sign_ins_since(keeper)
    await sign_in_device(server, keeper, device="B" * 21 + "A", device_name="Work laptop")
    assert await device_names_since(keeper, cursor) == ["Work laptop"]
    # A sign-in with the keeper's own id ends the keeper's session: the phone signs in again, and is shown the cause.
    await sign_in_device(server, keeper, device=keeper.identity.device, device_name="Command line")
    assert (await keeper.request("GET", "/v1/session")).json()["error"] == "signed_out"
    own = new_device_sign_in_body(keeper.identity.login, keeper.proof) | {
        "device": keeper.identity.device,
        "device_name": "Command line",
    }
    assert (await keeper.request("POST", "/v1/sessions", own)).status_code == 200
    assert await device_names_since(keeper, cursor) == ["Work laptop", "Command line"]


async def test_a_borrowed_session_whose_time_is_over_is_still_shown(keeper: Keeper, server: InProcessServer) -> None:
    """After two hours the session has expired, and is still listed."""
    await sign_in_device(server, keeper, borrowed=True)
    server.clock.advance(3 * HOUR_MS)
    (sign_in,), _ = await new_sign_ins_since(keeper)
    assert sign_in["signed_out"] is True


async def test_the_recovery_code_is_shown_as_such(keeper: Keeper, server: InProcessServer) -> None:
    """A sign-in with the code is marked as such."""
    phone = Phone(server.http_client("203.0.113.77"))
    body = new_device_sign_in_body(keeper.identity.login, "") | {
        "code_auth": b64(kdf.derive_code_proof(RECOVERY_CODE, keeper.identity.login))
    }
    assert (await phone.request("POST", "/v1/recoveries", body)).status_code == 200
    assert [row["what"] for row in (await new_sign_ins_since(keeper))[0]] == ["recovered"]


async def test_a_device_cannot_rename_what_it_did(keeper: Keeper, server: InProcessServer) -> None:
    """The name at sign-in stays in the list and in the access log after a rename."""
    phone = await sign_in_device(server, keeper, device_name="Strange phone")
    assert (await phone.request("PUT", "/v1/session", {"device_name": "Command line"})).status_code == 204
    assert await device_names_since(keeper) == ["Strange phone"]
    rows_listed = (await keeper.request("GET", "/v1/access", x_proof=keeper.proof)).json()["access"]
    assert [row["device_name"] for row in rows_listed if row["what"] == "signed_in"] == [
        "Strange phone",
        "Command line",
    ]
    assert all(row["at"] % HOUR_MS == 0 for row in rows_listed)


async def test_a_flood_of_acts_pushes_no_sign_in_out(keeper: Keeper, server: InProcessServer) -> None:
    """After 350 recorded actions the sign-in is still in the list and in the access log."""
    _, cursor = await new_sign_ins_since(keeper)
    phone = await sign_in_device(server, keeper, device_name="Strange phone")
    for n in range(350):
        if n % 50 == 0:
            server.clock.advance(MINUTE_MS)
        assert (await phone.request("DELETE", "/v1/sessions", x_proof=keeper.proof)).status_code == 204
        if n == 0:
            assert (await keeper.request("GET", "/v1/session")).json()["error"] == "session_ended"
    again = new_device_sign_in_body(keeper.identity.login, keeper.proof) | {"device_name": "Command line"}
    assert (await keeper.request("POST", "/v1/sessions", again)).status_code == 200
    assert await device_names_since(keeper, cursor) == ["Strange phone"]
    rows_listed = (await keeper.request("GET", "/v1/access", x_proof=keeper.proof)).json()["access"]
    assert "Strange phone" in [row["device_name"] for row in rows_listed if row["what"] == "signed_in"]


async def test_a_flood_of_sign_ins_is_shown_whole(keeper: Keeper, server: InProcessServer) -> None:
    """All six hundred are listed in pages, oldest first, once each."""
    _, cursor = await new_sign_ins_since(keeper)
    for n in range(600):
        if n % 50 == 0:
            server.clock.advance(MINUTE_MS)
        await sign_in_device(server, keeper, f"10.4.{n // 200}.{n % 200}", device_name=f"Phone {n}")
    await keeper.request(
        "POST", "/v1/sessions", new_device_sign_in_body(keeper.identity.login, keeper.proof) | {"device_name": "Mine"}
    )
    assert await device_names_since(keeper, cursor) == [f"Phone {n}" for n in range(600)]


async def test_a_phone_that_was_off_for_weeks_is_shown_what_it_missed(keeper: Keeper, server: InProcessServer) -> None:
    """After its session expired, a phone signs in again with its last cursor, and gets everything since."""
    _, cursor = await new_sign_ins_since(keeper)
    await sign_out(await sign_in_device(server, keeper, device_name="Strange phone"))
    server.clock.advance(60 * DAY_MS)
    assert (await keeper.request("GET", "/v1/session")).status_code == 401
    assert (
        await keeper.request("POST", "/v1/sessions", new_device_sign_in_body(keeper.identity.login, keeper.proof))
    ).status_code == 200
    assert await device_names_since(keeper, cursor) == ["Strange phone"]


async def test_a_place_in_the_list_says_nothing_and_is_bound_to_its_account(
    keeper: Keeper, server: InProcessServer
) -> None:
    """A cursor reveals no count of other sign-ins; another account's, an altered and a long one are refused."""
    _, cursor = await new_sign_ins_since(keeper)
    assert len(cursor) > 40 and not cursor.isdigit()
    second_keeper = await register_keeper(server, "203.0.113.9")
    altered_cursor = ("B" if cursor[0] != "B" else "C") + cursor[1:]
    for phone, wrong in (
        (second_keeper, cursor),
        (keeper, altered_cursor),
        (keeper, "A" * 5000),
        (keeper, "%00"),
        (keeper, "1"),
    ):
        answer = await phone.request("GET", f"/v1/sign-ins?after={wrong}")
        assert (answer.status_code, answer.json()["error"]) == (400, "bad_request")


async def test_nobody_else_reads_it(keeper: Keeper, other_keeper: Keeper, server: InProcessServer) -> None:
    """Without a session there is no answer; another keeper sees their own list."""
    await sign_in_device(server, keeper, device_name="Strange phone")
    assert (await Phone(server.http_client()).request("GET", "/v1/sign-ins")).json()["error"] == "signed_out"
    assert await device_names_since(other_keeper) == []
    dump = "\n".join(server.dump())
    assert "Strange phone" not in dump and "203.0.113" not in dump


async def test_a_copy_of_the_session_that_looks_hides_nothing_from_the_keeper(
    keeper: Keeper, server: InProcessServer
) -> None:
    """The cursor is stored on the phone, not on the server: another client's request changes nothing."""
    await sign_in_device(server, keeper, device_name="Strange phone")
    await new_sign_ins_since(device_with_copied_tokens(server, keeper))
    assert await device_names_since(keeper) == ["Strange phone"]
