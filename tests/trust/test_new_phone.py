"""Knowing the login name is not enough to lock the keeper out of a new phone, with words or with the recovery code."""

from __future__ import annotations

from typing import Any

from diary.crypto import kdf
from diary.encoding import b64
from tests.server_fixture import (
    RECOVERY_CODE,
    InProcessServer,
    Keeper,
    Phone,
    device_with_copied_tokens,
    new_device_sign_in_body,
)

WRONG_PROOF = b64(bytes(32))
HOUR_MS = 3_600_000
MINUTE_MS = 60_000


def recovery_sign_in_body(login: str, code: bytes = RECOVERY_CODE) -> dict[str, Any]:
    """Return the body of a sign-in with the recovery code."""
    return new_device_sign_in_body(login, "") | {"code_auth": b64(kdf.derive_code_proof(code, login))}


async def guess_repeatedly(
    server: InProcessServer, keeper: Keeper, address: str, times: int = 1, path: str = "/v1/sessions"
) -> list[int]:
    """Try wrong words or codes repeatedly, from one network."""
    phone, login = Phone(server.http_client(address)), keeper.identity.login
    body = (
        new_device_sign_in_body(login, WRONG_PROOF)
        if path == "/v1/sessions"
        else recovery_sign_in_body(login, bytes(16))
    )
    return [(await phone.request("POST", path, body)).status_code for _ in range(times)]


async def test_guesses_from_other_networks_do_not_lock_out_a_new_phone(keeper: Keeper, server: InProcessServer) -> None:
    """After thirty wrong tries by somebody who knows the name, the right words work on a new phone at once."""
    await guess_repeatedly(server, keeper, "192.0.2.9", 30)
    stranger = Phone(server.http_client("203.0.113.50"))
    assert (
        await stranger.request("POST", "/v1/sessions", new_device_sign_in_body(keeper.identity.login, keeper.proof))
    ).status_code == 200


async def test_the_recovery_code_always_works(keeper: Keeper, server: InProcessServer) -> None:
    """The right code signs in each minute of an hour, whatever wrong words or codes are tried from any networks."""
    for minute in range(60):
        server.clock.advance(MINUTE_MS)
        await guess_repeatedly(server, keeper, f"10.0.{minute}.1", 10)
        await guess_repeatedly(server, keeper, f"10.0.{minute}.2", 10, "/v1/recoveries")
        if minute % 10 == 9:
            new = Phone(server.http_client("203.0.113.50"))
            assert (
                await new.request("POST", "/v1/recoveries", recovery_sign_in_body(keeper.identity.login))
            ).status_code == 200


async def test_the_recovery_code_works_behind_the_guessers_own_address(keeper: Keeper, server: InProcessServer) -> None:
    """The code works from the same address as the wrong tries, such as a shared household's."""
    await guess_repeatedly(server, keeper, "192.0.2.9", 15)
    await guess_repeatedly(server, keeper, "192.0.2.9", 15, "/v1/recoveries")
    new = Phone(server.http_client("192.0.2.9"))
    assert (
        await new.request("POST", "/v1/recoveries", recovery_sign_in_body(keeper.identity.login))
    ).status_code == 200


async def test_words_are_tried_ten_times_an_hour_from_a_network(keeper: Keeper, server: InProcessServer) -> None:
    """After ten tries that network has to wait, for this name."""
    assert await guess_repeatedly(server, keeper, "192.0.2.9", 12) == [401] * 10 + [429] * 2
    server.clock.advance(HOUR_MS)
    assert await guess_repeatedly(server, keeper, "192.0.2.9") == [401]


async def test_words_are_tried_a_hundred_times_an_hour_in_all(keeper: Keeper, server: InProcessServer) -> None:
    """After tries from a thousand networks, a phone that has signed in before is not delayed."""
    statuses = [(await guess_repeatedly(server, keeper, f"10.2.{n // 200}.{n % 200}"))[0] for n in range(130)]
    assert statuses == [401] * 100 + [429] * 30
    known = await keeper.request("POST", "/v1/sessions", new_device_sign_in_body(keeper.identity.login, keeper.proof))
    assert known.status_code == 200


async def test_a_copied_known_device_does_not_use_up_the_keepers_tries(keeper: Keeper, server: InProcessServer) -> None:
    """Wrong tries with a copy of a known device's token do not delay the keeper's phone."""
    thief = device_with_copied_tokens(server, keeper)
    for _ in range(15):
        await thief.request("POST", "/v1/sessions", new_device_sign_in_body(keeper.identity.login, WRONG_PROOF))
    answer = await keeper.request("POST", "/v1/sessions", new_device_sign_in_body(keeper.identity.login, keeper.proof))
    assert answer.status_code == 200


async def test_unknown_names_are_counted_alike(server: InProcessServer) -> None:
    """Statuses are the same, so that waiting does not reveal whether a name exists."""
    phone = Phone(server.http_client("192.0.2.9"))
    statuses = [
        (
            await phone.request("POST", "/v1/sessions", new_device_sign_in_body("nobody-here-x2y3", WRONG_PROOF))
        ).status_code
        for _ in range(12)
    ]
    assert statuses == [401] * 10 + [429] * 2
    codes = [
        (await phone.request("POST", "/v1/recoveries", recovery_sign_in_body("nobody-here-x2y3"))).status_code
        for _ in range(12)
    ]
    assert codes == [401] * 12
