"""Wrong proofs on a copied session end that session, and keep the keeper from nothing."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from diary.client import accounts
from diary.crypto import kdf
from diary.crypto.keys import code_header, words_header, wrap
from diary.encoding import b64
from tests.keepers import Keeper, Phone, Served, copied, on_another_device, sign_in_body
from tests.web.test_rotation import NEW, begun

WRONG = b64(bytes(32))
MINUTE = 60_000


async def guess(phone: Phone, times: int, path: str = "/v1/access") -> list[tuple[int, str]]:
    """Wrong proofs, one after another."""
    found = []
    for _ in range(times):
        answer = await phone.ask("GET", path, x_proof=WRONG)
        found.append((answer.status_code, answer.json()["error"]))
    return found


def new_words(keeper: Keeper, server: Served) -> dict[str, Any]:
    """A new lock on the account."""
    identity = keeper.identity
    lock = accounts.new_kdf(identity.login, server.settings.app_url, kdf.CHEAPEST)
    root = kdf.root(NEW, lock, kdf.TESTS)
    sealed = wrap(kdf.kek_words(root, lock), words_header(identity.account, 1, lock), identity.account_key)
    return {"auth": b64(kdf.auth(root, lock, server.settings.app_url)), "kdf": lock, "words_wrap": b64(sealed)}


def new_code(keeper: Keeper) -> dict[str, Any]:
    """A new recovery code."""
    identity, code = keeper.identity, bytes(16)
    sealed = wrap(kdf.kek_code(code), code_header(identity.account, 1), identity.account_key)
    return {"code_auth": b64(kdf.code_auth(code, identity.login)), "code_wrap": b64(sealed)}


async def test_ten_wrong_proofs_end_the_session_they_were_made_in(keeper: Keeper, server: Served) -> None:
    """Ten are looked at; then that device is signed out, and is not told that somebody ended it."""
    second = await on_another_device(server, keeper)
    thief = copied(server, second)
    assert await guess(thief, 12) == [(401, "no_match")] * 10 + [(401, "signed_out")] * 2
    assert (await thief.ask("GET", "/v1/session")).json()["error"] == "signed_out"
    assert (await keeper.ask("GET", "/v1/session")).status_code == 200
    listed = (await keeper.ask("GET", "/v1/sessions", x_proof=keeper.proof)).json()["sessions"]
    assert [one["here"] for one in listed] == [True]


@pytest.mark.parametrize("act", ["list", "end", "end all", "access", "words", "code", "rotation", "closing", "erasure"])
async def test_the_keeper_acts_while_another_session_guesses(act: str, keeper: Keeper, server: Served) -> None:
    """After ten wrong proofs in a copy of another session each of the keeper's acts succeeds at once."""
    second = await on_another_device(server, keeper)
    third = await on_another_device(server, keeper)
    listed = (await keeper.ask("GET", "/v1/sessions", x_proof=keeper.proof)).json()["sessions"]
    pushed, _ = keeper.seal()
    for thief in (copied(server, second), copied(server, third)):
        await guess(thief, 10)
    answer = {
        "list": lambda: keeper.ask("GET", "/v1/sessions", x_proof=keeper.proof),
        "end": lambda: keeper.ask("DELETE", f"/v1/sessions/{listed[0]['session']}", x_proof=keeper.proof),
        "end all": lambda: keeper.ask("DELETE", "/v1/sessions", x_proof=keeper.proof),
        "access": lambda: keeper.ask("GET", "/v1/access", x_proof=keeper.proof),
        "words": lambda: keeper.ask("PUT", "/v1/account/words", new_words(keeper, server), x_proof=keeper.proof),
        "code": lambda: keeper.ask("PUT", "/v1/account/code", new_code(keeper), x_proof=keeper.proof),
        "rotation": lambda: _rotation(keeper, server),
        "closing": lambda: keeper.ask("POST", "/v1/account/closing", x_proof=keeper.proof),
        "erasure": lambda: _erasure(keeper),
    }[act]
    found = await answer()
    # "end" names a session that the wrong proofs have ended already, which is no fault of the keeper's proof.
    assert found.status_code in (200, 201, 204) or (act == "end" and found.status_code == 404), found.text
    del pushed


async def _rotation(keeper: Keeper, server: Served) -> Any:
    """Begin a change of keys."""
    return await keeper.ask("POST", f"{keeper.diary}/rotation", await begun(keeper, server), x_proof=keeper.proof)


async def _erasure(keeper: Keeper) -> Any:
    """Ask for a record to be erased."""
    path, body = keeper.seal()
    assert (await keeper.ask("PUT", path, body)).status_code == 201
    record = path.split("/")[5]
    return await keeper.ask(
        "POST", f"{keeper.diary}/erasures", {"records": [record], "why": "keeper"}, x_proof=keeper.proof
    )


async def test_a_copy_of_the_keepers_own_session_delays_nothing_but_a_sign_in(keeper: Keeper, server: Served) -> None:
    """The shared session ends; the keeper's phone signs in again at once, and acts."""
    thief = copied(server, keeper)
    await guess(thief, 11)
    assert (await keeper.ask("GET", "/v1/access", x_proof=keeper.proof)).json()["error"] == "signed_out"
    again = await keeper.ask("POST", "/v1/sessions", sign_in_body(keeper.identity.login, keeper.proof))
    assert again.status_code == 200
    for method, path in (("GET", "/v1/access"), ("GET", "/v1/sessions"), ("DELETE", "/v1/sessions")):
        assert (await keeper.ask(method, path, x_proof=keeper.proof)).status_code in (200, 204)
    assert (await thief.ask("GET", "/v1/session")).status_code == 401


async def test_it_cannot_be_renewed(keeper: Keeper, server: Served) -> None:
    """An hour of guesses by every copied session there is: the keeper's proof is looked at each minute."""
    copies = [
        copied(server, await on_another_device(server, keeper, f"192.0.2.{n}"), f"203.0.113.{n}") for n in range(5)
    ]
    for _ in range(60):
        server.clock.advance(MINUTE)
        for thief in copies:
            await thief.ask("GET", "/v1/access", x_proof=WRONG)
        assert (await keeper.ask("GET", "/v1/access", x_proof=keeper.proof)).status_code == 200


async def test_many_at_once_are_not_all_looked_at(keeper: Keeper, server: Served) -> None:
    """Forty guesses sent together, the right words among the last: at most ten are checked."""
    second = await on_another_device(server, keeper)
    thief = copied(server, second)
    answers = await asyncio.gather(*(thief.ask("GET", "/v1/access", x_proof=WRONG) for _ in range(40)))
    looked_at = [one for one in answers if one.json()["error"] == "no_match"]
    assert len(looked_at) == 10
    assert (await thief.ask("GET", "/v1/access", x_proof=keeper.proof)).json()["error"] == "signed_out"


async def test_slips_of_the_pen_are_forgiven_by_a_right_proof(keeper: Keeper) -> None:
    """Nine wrong, one right, nine wrong: the session goes on."""
    for _ in range(3):
        assert await guess(keeper, 9) == [(401, "no_match")] * 9
        assert (await keeper.ask("GET", "/v1/access", x_proof=keeper.proof)).status_code == 200


async def test_a_copied_session_cannot_use_up_the_keepers_minutes(keeper: Keeper, server: Served) -> None:
    """Sixty a minute are counted for each session: the keeper ends the others in the same minute."""
    thief = copied(server, await on_another_device(server, keeper))
    for method, path in (("DELETE", "/v1/sessions"), ("GET", "/v1/access"), ("PUT", "/v1/account/words")):
        for _ in range(70):
            await thief.ask(method, path, {} if method == "PUT" else None)
        body = new_words(keeper, server) if method == "PUT" else None
        assert (await keeper.ask(method, path, body, x_proof=keeper.proof)).status_code in (200, 204), path
