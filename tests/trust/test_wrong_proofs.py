"""Wrong proofs in a copied session end that session, and do not hinder the keeper."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from diary.client import accounts
from diary.crypto import kdf
from diary.crypto.keys import code_wrap_header, words_wrap_header, wrap_key
from diary.encoding import b64
from tests.server_fixture import (
    InProcessServer,
    Keeper,
    Phone,
    device_with_copied_tokens,
    new_device_sign_in_body,
    sign_in_on_second_device,
)
from tests.web.test_rotation import NEW_PASSPHRASE, rotation_body

WRONG_PROOF = b64(bytes(32))
MINUTE_MS = 60_000


async def guess_repeatedly(phone: Phone, times: int, path: str = "/v1/access") -> list[tuple[int, str]]:
    """Send wrong proofs, one after another."""
    results = []
    for _ in range(times):
        answer = await phone.request("GET", path, x_proof=WRONG_PROOF)
        results.append((answer.status_code, answer.json()["error"]))
    return results


def new_passphrase_lock(keeper: Keeper, server: InProcessServer) -> dict[str, Any]:
    """Set new parameters on the account."""
    identity = keeper.identity
    lock = accounts.new_kdf_parameters(identity.login, server.settings.app_url, kdf.CHEAPEST_PROFILE)
    root = kdf.derive_root(NEW_PASSPHRASE, lock, kdf.TEST_POLICY)
    sealed = wrap_key(
        kdf.derive_words_kek(root, lock), words_wrap_header(identity.account, 1, lock), identity.account_key
    )
    return {
        "auth": b64(kdf.derive_sign_in_proof(root, lock, server.settings.app_url)),
        "kdf": lock,
        "words_wrap": b64(sealed),
    }


def new_recovery_code(keeper: Keeper) -> dict[str, Any]:
    """Set a new recovery code."""
    identity, code = keeper.identity, bytes(16)
    sealed = wrap_key(kdf.derive_code_kek(code), code_wrap_header(identity.account, 1), identity.account_key)
    return {"code_auth": b64(kdf.derive_code_proof(code, identity.login)), "code_wrap": b64(sealed)}


async def test_ten_wrong_proofs_end_the_session_they_were_made_in(keeper: Keeper, server: InProcessServer) -> None:
    """After ten checked proofs the device is signed out, without a notice that somebody ended its session."""
    second = await sign_in_on_second_device(server, keeper)
    thief = device_with_copied_tokens(server, second)
    assert await guess_repeatedly(thief, 12) == [(401, "no_match")] * 10 + [(401, "signed_out")] * 2
    assert (await thief.request("GET", "/v1/session")).json()["error"] == "signed_out"
    assert (await keeper.request("GET", "/v1/session")).status_code == 200
    rows_listed = (await keeper.request("GET", "/v1/sessions", x_proof=keeper.proof)).json()["sessions"]
    assert [row["here"] for row in rows_listed] == [True]


@pytest.mark.parametrize("act", ["list", "end", "end all", "access", "words", "code", "rotation", "closing", "erasure"])
async def test_the_keeper_acts_while_another_session_guesses(act: str, keeper: Keeper, server: InProcessServer) -> None:
    """After ten wrong proofs in a copy of another session each of the keeper's actions succeeds at once."""
    second = await sign_in_on_second_device(server, keeper)
    third = await sign_in_on_second_device(server, keeper)
    rows_listed = (await keeper.request("GET", "/v1/sessions", x_proof=keeper.proof)).json()["sessions"]
    pushed, _ = keeper.seal()
    for thief in (device_with_copied_tokens(server, second), device_with_copied_tokens(server, third)):
        await guess_repeatedly(thief, 10)
    answers: dict[str, Callable[[], Awaitable[httpx.Response]]] = {
        "list": lambda: keeper.request("GET", "/v1/sessions", x_proof=keeper.proof),
        "end": lambda: keeper.request("DELETE", f"/v1/sessions/{rows_listed[0]['session']}", x_proof=keeper.proof),
        "end all": lambda: keeper.request("DELETE", "/v1/sessions", x_proof=keeper.proof),
        "access": lambda: keeper.request("GET", "/v1/access", x_proof=keeper.proof),
        "words": lambda: keeper.request(
            "PUT", "/v1/account/words", new_passphrase_lock(keeper, server), x_proof=keeper.proof
        ),
        "code": lambda: keeper.request("PUT", "/v1/account/code", new_recovery_code(keeper), x_proof=keeper.proof),
        "rotation": lambda: begin_rotation(keeper, server),
        "closing": lambda: keeper.request("POST", "/v1/account/closing", x_proof=keeper.proof),
        "erasure": lambda: request_erasure(keeper),
    }
    act_answer = await answers[act]()
    # "end" names a session that the wrong proofs have ended already; the keeper's proof is correct.
    assert act_answer.status_code in (200, 201, 204) or (act == "end" and act_answer.status_code == 404), (
        act_answer.text
    )
    del pushed


async def begin_rotation(keeper: Keeper, server: InProcessServer) -> Any:
    """Begin a rotation."""
    return await keeper.request(
        "POST", f"{keeper.diary}/rotation", await rotation_body(keeper, server), x_proof=keeper.proof
    )


async def request_erasure(keeper: Keeper) -> Any:
    """Request the erasure of a record."""
    path, body = keeper.seal()
    assert (await keeper.request("PUT", path, body)).status_code == 201
    record = path.split("/")[5]
    return await keeper.request(
        "POST", f"{keeper.diary}/erasures", {"records": [record], "why": "keeper"}, x_proof=keeper.proof
    )


async def test_a_copy_of_the_keepers_own_session_delays_nothing_but_a_sign_in(
    keeper: Keeper, server: InProcessServer
) -> None:
    """The shared session ends; the keeper's phone signs in again at once, and acts."""
    thief = device_with_copied_tokens(server, keeper)
    await guess_repeatedly(thief, 11)
    assert (await keeper.request("GET", "/v1/access", x_proof=keeper.proof)).json()["error"] == "signed_out"
    second_answer = await keeper.request(
        "POST", "/v1/sessions", new_device_sign_in_body(keeper.identity.login, keeper.proof)
    )
    assert second_answer.status_code == 200
    for method, path in (("GET", "/v1/access"), ("GET", "/v1/sessions"), ("DELETE", "/v1/sessions")):
        assert (await keeper.request(method, path, x_proof=keeper.proof)).status_code in (200, 204)
    assert (await thief.request("GET", "/v1/session")).status_code == 401


async def test_an_ended_session_cannot_be_renewed(keeper: Keeper, server: InProcessServer) -> None:
    """After an hour of wrong proofs by every copied session, the keeper's proof is still checked each minute."""
    copies = [
        device_with_copied_tokens(
            server, await sign_in_on_second_device(server, keeper, f"192.0.2.{n}"), f"203.0.113.{n}"
        )
        for n in range(5)
    ]
    for _ in range(60):
        server.clock.advance(MINUTE_MS)
        for thief in copies:
            await thief.request("GET", "/v1/access", x_proof=WRONG_PROOF)
        assert (await keeper.request("GET", "/v1/access", x_proof=keeper.proof)).status_code == 200


async def test_many_at_once_are_not_all_looked_at(keeper: Keeper, server: InProcessServer) -> None:
    """Of forty wrong proofs sent together at most ten are checked, although a right one is among the last."""
    second = await sign_in_on_second_device(server, keeper)
    thief = device_with_copied_tokens(server, second)
    answers = await asyncio.gather(*(thief.request("GET", "/v1/access", x_proof=WRONG_PROOF) for _ in range(40)))
    looked_at = [answer_item for answer_item in answers if answer_item.json()["error"] == "no_match"]
    assert len(looked_at) == 10
    assert (await thief.request("GET", "/v1/access", x_proof=keeper.proof)).json()["error"] == "signed_out"


async def test_a_right_proof_resets_the_count_of_wrong_ones(keeper: Keeper) -> None:
    """With nine wrong, one right and nine wrong proofs the session stays valid."""
    for _ in range(3):
        assert await guess_repeatedly(keeper, 9) == [(401, "no_match")] * 9
        assert (await keeper.request("GET", "/v1/access", x_proof=keeper.proof)).status_code == 200


async def test_a_copied_session_cannot_use_up_the_keepers_minutes(keeper: Keeper, server: InProcessServer) -> None:
    """The limit of sixty a minute is per session: the keeper ends the others in the same minute."""
    thief = device_with_copied_tokens(server, await sign_in_on_second_device(server, keeper))
    for method, path in (("DELETE", "/v1/sessions"), ("GET", "/v1/access"), ("PUT", "/v1/account/words")):
        for _ in range(70):
            await thief.request(method, path, {} if method == "PUT" else None)
        body = new_passphrase_lock(keeper, server) if method == "PUT" else None
        assert (await keeper.request(method, path, body, x_proof=keeper.proof)).status_code in (200, 204), path
