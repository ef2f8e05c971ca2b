"""A change of keys can be finished whatever others do: push, begin one and leave it, or begin one with words alone."""

from __future__ import annotations

from typing import Any

from diary.client import accounts
from diary.crypto import kdf
from diary.crypto.keys import words_header, wrap
from diary.encoding import b64, frames, unb64
from tests.keepers import CODE, WORDS, Keeper, Phone, Served, on_another_device, sign_in_body
from tests.web.test_rotation import begun, of_keys, rewrap

MINUTE = 60_000


def of_code(keeper: Keeper) -> str:
    """X-Proof of the recovery code."""
    return b64(kdf.code_auth(CODE, keeper.identity.login))


async def begins(keeper: Keeper, body: dict[str, Any], proof: str) -> int:
    """Begin a change of keys; the status."""
    return (await keeper.ask("POST", f"{keeper.diary}/rotation", body, x_proof=proof)).status_code


async def stages(keeper: Keeper, body: dict[str, Any]) -> tuple[int, int]:
    """Send the wraps of every version the keeper knows; the status, and how many are lacking."""
    rows = [
        frames([unb64(one["version"]), rewrap(keeper, one["version"], "open", bytes(32))])
        for one in keeper.journal.versions()
    ]
    answer = await keeper.ask("PUT", f"{keeper.diary}/rotation/wraps", frames([of_keys(body), *rows]))
    return answer.status_code, answer.json().get("lacking", -1)


async def commits(keeper: Keeper, proof: str) -> int:
    """Put the new keys in place; the status."""
    return (await keeper.ask("POST", f"{keeper.diary}/rotation/commit", x_proof=proof)).status_code


async def test_pushes_from_another_device_do_not_keep_it_from_being_finished(keeper: Keeper, server: Served) -> None:
    """Somebody with a session and the keys pushes between every two steps: the change of keys is finished all the same."""
    await keeper.push("He waited outside.")
    other = await on_another_device(server, keeper)
    body = await begun(keeper, server)
    assert await begins(keeper, body, keeper.proof) == 201
    version = b64(bytes(server.rows("SELECT version FROM version")[0][0]))
    wraps = frames([of_keys(body), frames([unb64(version), rewrap(keeper, version, "open", bytes(32))])])
    path, raw = keeper.seal("Written on the other device.")
    assert (await other.ask("PUT", path, raw)).json()["error"] == "unavailable"
    answer = await keeper.ask("PUT", f"{keeper.diary}/rotation/wraps", wraps)
    assert (await other.ask("PUT", path, raw)).json()["error"] == "unavailable"
    assert answer.json() == {"lacking": 0}
    assert await commits(keeper, keeper.proof) == 204
    assert (await other.ask("GET", "/v1/session")).json()["error"] == "signed_out"


async def test_what_was_pushed_just_before_holds_it_up_once(keeper: Keeper, server: Served) -> None:
    """The statement was about an earlier end of the diary: 409, and from then on nothing is pushed, so the next one holds."""
    other = await on_another_device(server, keeper)
    late = await begun(keeper, server)
    await other.ask("PUT", *keeper.seal("Just before."))
    assert await begins(keeper, late, keeper.proof) == 409
    assert (await other.ask("PUT", *keeper.seal("And once more."))).json()["error"] == "unavailable"
    assert await begins(keeper, await begun(keeper, server), keeper.proof) == 201


async def test_an_abandoned_rotation_blocks_pushes_for_ten_minutes(keeper: Keeper, server: Served) -> None:
    """Then entries are taken in again, and it has to be begun again; sent once more, the same wraps do not keep it alive."""
    await keeper.push("He waited outside.")
    body = await begun(keeper, server)
    assert await begins(keeper, body, keeper.proof) == 201
    server.clock.advance(9 * MINUTE)
    assert await stages(keeper, body) == (200, 0)
    path, raw = keeper.seal("While it lasts.")
    for _ in range(3):
        server.clock.advance(3 * MINUTE)
        assert (await keeper.ask("PUT", path, raw)).json()["error"] == "unavailable"
        versions = server.rows("SELECT version FROM version")
        rows = [frames([bytes(one[0]), rewrap(keeper, b64(bytes(one[0])), "open", bytes(32))]) for one in versions]
        assert (
            await keeper.ask("PUT", f"{keeper.diary}/rotation/wraps", frames([of_keys(body), *rows]))
        ).status_code == 200
    server.clock.advance(MINUTE + 1)
    assert await commits(keeper, keeper.proof) == 409
    assert (await keeper.ask("PUT", path, raw)).status_code == 201


async def test_one_that_was_interrupted_goes_on(keeper: Keeper, server: Served) -> None:
    """An hour later, with the same keys, when nothing was written: what was sent is still there."""
    await keeper.push("He waited outside.")
    body = await begun(keeper, server)
    assert await begins(keeper, body, keeper.proof) == 201
    assert await stages(keeper, body) == (200, 0)
    server.clock.advance(60 * MINUTE)
    answer = await keeper.ask("POST", f"{keeper.diary}/rotation", body, x_proof=keeper.proof)
    assert (answer.status_code, answer.json()) == (201, {"to": 1})
    assert await commits(keeper, keeper.proof) == 204


async def test_a_rotation_with_the_code_replaces_one_with_the_passphrase(keeper: Keeper, server: Served) -> None:
    """One begun with the code replaces one begun with words, and is not replaced by one; it is finished."""
    await keeper.push("He waited outside.")
    thief = await on_another_device(server, keeper)
    theirs, ours = await begun(thief, server), await begun(keeper, server)
    assert await begins(thief, theirs, thief.proof) == 201
    assert await stages(thief, theirs) == (200, 0)
    assert await begins(keeper, ours, of_code(keeper)) == 201
    assert await commits(thief, thief.proof) == 409
    assert await begins(thief, await begun(thief, server), thief.proof) == 409
    assert (await stages(thief, theirs))[0] == 409
    assert await stages(keeper, ours) == (200, 0)
    assert await commits(keeper, of_code(keeper)) == 204
    login = keeper.identity.login
    old = await Phone(server.client("192.0.2.8")).ask("POST", "/v1/sessions", sign_in_body(login, keeper.proof))
    assert old.status_code == 401
    new = await Phone(server.client("192.0.2.8")).ask("POST", "/v1/sessions", sign_in_body(login, ours["auth"]))
    assert new.status_code == 200


async def test_a_code_that_was_used_and_left_blocks_the_words_for_ten_minutes_only(
    keeper: Keeper, server: Served
) -> None:
    """Then one may be begun with words."""
    assert await begins(keeper, await begun(keeper, server), of_code(keeper)) == 201
    assert await begins(keeper, await begun(keeper, server), keeper.proof) == 409
    server.clock.advance(10 * MINUTE)
    assert await begins(keeper, await begun(keeper, server), keeper.proof) == 201


async def test_a_new_passphrase_ends_a_rotation_begun_with_the_old_one(keeper: Keeper, server: Served) -> None:
    """With the code the keeper sets new words; what the thief began holds up nothing any more."""
    thief = await on_another_device(server, keeper)
    assert await begins(thief, await begun(thief, server), thief.proof) == 201
    identity = keeper.identity
    lock = accounts.new_kdf(identity.login, server.settings.app_url, kdf.CHEAPEST)
    root = kdf.root(WORDS + " new", lock, kdf.TESTS)
    wrapped = wrap(kdf.kek_words(root, lock), words_header(identity.account, 1, lock), identity.account_key)
    changed = {"auth": b64(kdf.auth(root, lock, server.settings.app_url)), "kdf": lock, "words_wrap": b64(wrapped)}
    assert (await keeper.ask("PUT", "/v1/account/words", changed, x_proof=of_code(keeper))).status_code == 204
    assert (await keeper.push("Kept at once.")).status_code == 201


async def test_words_do_not_end_what_was_begun_with_the_code(keeper: Keeper, server: Served) -> None:
    """The thief sets new words: the keeper comes back with the code and goes on where the phone stopped."""
    await keeper.push("He waited outside.")
    thief = await on_another_device(server, keeper)
    ours = await begun(keeper, server)
    assert await begins(keeper, ours, of_code(keeper)) == 201
    assert await stages(keeper, ours) == (200, 0)
    identity = keeper.identity
    lock = accounts.new_kdf(identity.login, server.settings.app_url, kdf.CHEAPEST)
    root = kdf.root("words of a thief, five of them", lock, kdf.TESTS)
    wrapped = wrap(kdf.kek_words(root, lock), words_header(identity.account, 1, lock), identity.account_key)
    changed = {"auth": b64(kdf.auth(root, lock, server.settings.app_url)), "kdf": lock, "words_wrap": b64(wrapped)}
    assert (await thief.ask("PUT", "/v1/account/words", changed, x_proof=thief.proof)).status_code == 204
    back = sign_in_body(identity.login, "") | {"code_auth": of_code(keeper)}
    assert (await keeper.ask("POST", "/v1/recoveries", back)).status_code == 200
    assert await commits(keeper, of_code(keeper)) == 204


async def test_a_clock_set_back_does_not_hold_pushes_up(keeper: Keeper, server: Served) -> None:
    """Begun at a time that has not come yet."""
    assert await begins(keeper, await begun(keeper, server), keeper.proof) == 201
    server.clock.advance(-365 * 24 * 60 * MINUTE)
    assert (await keeper.push()).status_code == 201
