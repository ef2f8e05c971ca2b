"""Somebody who knows the sign-in name keeps nobody out on a new phone: not the right words, and not the recovery code."""

from __future__ import annotations

from typing import Any

from diary.crypto import kdf
from diary.encoding import b64
from tests.keepers import CODE, Keeper, Phone, Served, copied, sign_in_body

WRONG = b64(bytes(32))
HOUR = 3_600_000
MINUTE = 60_000


def by_code(login: str, code: bytes = CODE) -> dict[str, Any]:
    """A sign-in with the recovery code."""
    return sign_in_body(login, "") | {"code_auth": b64(kdf.code_auth(code, login))}


async def guess(server: Served, keeper: Keeper, address: str, times: int = 1, path: str = "/v1/sessions") -> list[int]:
    """Wrong words, or wrong codes, from one network."""
    phone, login = Phone(server.client(address)), keeper.identity.login
    body = sign_in_body(login, WRONG) if path == "/v1/sessions" else by_code(login, bytes(16))
    return [(await phone.ask("POST", path, body)).status_code for _ in range(times)]


async def test_guesses_from_elsewhere_do_not_keep_a_new_phone_out(keeper: Keeper, server: Served) -> None:
    """Ten wrong tries by somebody who knows the name, and twenty more: the right words work on a new phone at once."""
    await guess(server, keeper, "192.0.2.9", 30)
    stranger = Phone(server.client("203.0.113.50"))
    assert (
        await stranger.ask("POST", "/v1/sessions", sign_in_body(keeper.identity.login, keeper.proof))
    ).status_code == 200


async def test_the_recovery_code_always_works(keeper: Keeper, server: Served) -> None:
    """Whatever is guessed, by words or by code, from however many networks: the right code signs in, each minute of an hour."""
    for minute in range(60):
        server.clock.advance(MINUTE)
        await guess(server, keeper, f"10.0.{minute}.1", 10)
        await guess(server, keeper, f"10.0.{minute}.2", 10, "/v1/recoveries")
        if minute % 10 == 9:
            new = Phone(server.client("203.0.113.50"))
            assert (await new.ask("POST", "/v1/recoveries", by_code(keeper.identity.login))).status_code == 200


async def test_the_recovery_code_works_behind_the_guessers_own_address(keeper: Keeper, server: Served) -> None:
    """The guesser sits in the same household."""
    await guess(server, keeper, "192.0.2.9", 15)
    await guess(server, keeper, "192.0.2.9", 15, "/v1/recoveries")
    new = Phone(server.client("192.0.2.9"))
    assert (await new.ask("POST", "/v1/recoveries", by_code(keeper.identity.login))).status_code == 200


async def test_words_are_tried_ten_times_an_hour_from_a_network(keeper: Keeper, server: Served) -> None:
    """Then that network waits, for this name."""
    assert await guess(server, keeper, "192.0.2.9", 12) == [401] * 10 + [429] * 2
    server.clock.advance(HOUR)
    assert await guess(server, keeper, "192.0.2.9") == [401]


async def test_words_are_tried_a_hundred_times_an_hour_in_all(keeper: Keeper, server: Served) -> None:
    """From a thousand networks; the phone that has signed in before is not held up."""
    statuses = [(await guess(server, keeper, f"10.2.{n // 200}.{n % 200}"))[0] for n in range(130)]
    assert statuses == [401] * 100 + [429] * 30
    known = await keeper.ask("POST", "/v1/sessions", sign_in_body(keeper.identity.login, keeper.proof))
    assert known.status_code == 200


async def test_a_copied_known_device_does_not_use_up_the_keepers_tries(keeper: Keeper, server: Served) -> None:
    """What tells a known device was copied, and guesses are made with it elsewhere: the keeper's phone signs in at once."""
    thief = copied(server, keeper)
    for _ in range(15):
        await thief.ask("POST", "/v1/sessions", sign_in_body(keeper.identity.login, WRONG))
    answer = await keeper.ask("POST", "/v1/sessions", sign_in_body(keeper.identity.login, keeper.proof))
    assert answer.status_code == 200


async def test_unknown_names_are_counted_alike(server: Served) -> None:
    """Status by status: waiting tells nobody that there is such a name."""
    phone = Phone(server.client("192.0.2.9"))
    found = [
        (await phone.ask("POST", "/v1/sessions", sign_in_body("nobody-here-x2y3", WRONG))).status_code
        for _ in range(12)
    ]
    assert found == [401] * 10 + [429] * 2
    codes = [(await phone.ask("POST", "/v1/recoveries", by_code("nobody-here-x2y3"))).status_code for _ in range(12)]
    assert codes == [401] * 12
