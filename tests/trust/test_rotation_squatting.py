"""Key rotation can be completed despite others' pushes, abandoned rotations, and rotations begun with words alone."""

from __future__ import annotations

from typing import Any

from diary.client import accounts
from diary.crypto import kdf
from diary.crypto.keys import words_wrap_header, wrap_key
from diary.encoding import b64, encode_frames, unb64
from tests.server_fixture import (
    PASSPHRASE,
    RECOVERY_CODE,
    InProcessServer,
    Keeper,
    Phone,
    new_device_sign_in_body,
    sign_in_on_second_device,
)
from tests.web.test_rotation import keys_digest, new_wrap, rotation_body

MINUTE_MS = 60_000


def recovery_code_proof(keeper: Keeper) -> str:
    """Return the X-Proof value of the recovery code."""
    return b64(kdf.derive_code_proof(RECOVERY_CODE, keeper.identity.login))


async def begin_rotation(keeper: Keeper, body: dict[str, Any], proof: str) -> int:
    """Begin a rotation, and return the status."""
    return (await keeper.request("POST", f"{keeper.diary}/rotation", body, x_proof=proof)).status_code


async def stage_wraps(keeper: Keeper, body: dict[str, Any]) -> tuple[int, int]:
    """Send the wraps of every version the keeper has. Return the status, and how many are missing."""
    rows = [
        encode_frames([unb64(version["version"]), new_wrap(keeper, version["version"], "open", bytes(32))])
        for version in keeper.journal.versions()
    ]
    answer = await keeper.request("PUT", f"{keeper.diary}/rotation/wraps", encode_frames([keys_digest(body), *rows]))
    return answer.status_code, answer.json().get("lacking", -1)


async def commit_rotation(keeper: Keeper, proof: str) -> int:
    """Commit the rotation, and return the status."""
    return (await keeper.request("POST", f"{keeper.diary}/rotation/commit", x_proof=proof)).status_code


async def test_pushes_from_another_device_do_not_keep_it_from_being_finished(
    keeper: Keeper, server: InProcessServer
) -> None:
    """Pushes between every two steps, by a session with the keys, do not prevent completion."""
    await keeper.push("He waited outside.")
    second_device = await sign_in_on_second_device(server, keeper)
    body = await rotation_body(keeper, server)
    assert await begin_rotation(keeper, body, keeper.proof) == 201
    version = b64(bytes(server.query("SELECT version FROM version")[0][0]))
    wraps = encode_frames(
        [keys_digest(body), encode_frames([unb64(version), new_wrap(keeper, version, "open", bytes(32))])]
    )
    path, raw = keeper.seal("Written on the other device.")
    assert (await second_device.request("PUT", path, raw)).json()["error"] == "unavailable"
    answer = await keeper.request("PUT", f"{keeper.diary}/rotation/wraps", wraps)
    assert (await second_device.request("PUT", path, raw)).json()["error"] == "unavailable"
    assert answer.json() == {"lacking": 0}
    assert await commit_rotation(keeper, keeper.proof) == 204
    assert (await second_device.request("GET", "/v1/session")).json()["error"] == "signed_out"


async def test_what_was_pushed_just_before_holds_it_up_once(keeper: Keeper, server: InProcessServer) -> None:
    """The statement has an outdated head: 409 once; from then on pushes are refused, so the next one succeeds."""
    second_device = await sign_in_on_second_device(server, keeper)
    late = await rotation_body(keeper, server)
    await second_device.request("PUT", *keeper.seal("Just before."))
    assert await begin_rotation(keeper, late, keeper.proof) == 409
    assert (await second_device.request("PUT", *keeper.seal("And once more."))).json()["error"] == "unavailable"
    assert await begin_rotation(keeper, await rotation_body(keeper, server), keeper.proof) == 201


async def test_an_abandoned_rotation_blocks_pushes_for_ten_minutes(keeper: Keeper, server: InProcessServer) -> None:
    """After ten minutes pushes are accepted and the rotation must restart; resending the wraps does not prolong it."""
    await keeper.push("He waited outside.")
    body = await rotation_body(keeper, server)
    assert await begin_rotation(keeper, body, keeper.proof) == 201
    server.clock.advance(9 * MINUTE_MS)
    assert await stage_wraps(keeper, body) == (200, 0)
    path, raw = keeper.seal("While it lasts.")
    for _ in range(3):
        server.clock.advance(3 * MINUTE_MS)
        assert (await keeper.request("PUT", path, raw)).json()["error"] == "unavailable"
        versions = server.query("SELECT version FROM version")
        rows = [
            encode_frames([bytes(one[0]), new_wrap(keeper, b64(bytes(one[0])), "open", bytes(32))]) for one in versions
        ]
        assert (
            await keeper.request("PUT", f"{keeper.diary}/rotation/wraps", encode_frames([keys_digest(body), *rows]))
        ).status_code == 200
    server.clock.advance(MINUTE_MS + 1)
    assert await commit_rotation(keeper, keeper.proof) == 409
    assert (await keeper.request("PUT", path, raw)).status_code == 201


async def test_one_that_was_interrupted_goes_on(keeper: Keeper, server: InProcessServer) -> None:
    """An hour later, with the same keys and nothing written, the sent wraps are still there."""
    await keeper.push("He waited outside.")
    body = await rotation_body(keeper, server)
    assert await begin_rotation(keeper, body, keeper.proof) == 201
    assert await stage_wraps(keeper, body) == (200, 0)
    server.clock.advance(60 * MINUTE_MS)
    answer = await keeper.request("POST", f"{keeper.diary}/rotation", body, x_proof=keeper.proof)
    assert (answer.status_code, answer.json()) == (201, {"to": 1})
    assert await commit_rotation(keeper, keeper.proof) == 204


async def test_a_rotation_with_the_code_replaces_one_with_the_passphrase(
    keeper: Keeper, server: InProcessServer
) -> None:
    """A rotation begun with the code replaces one begun with words, not the reverse, and completes."""
    await keeper.push("He waited outside.")
    thief = await sign_in_on_second_device(server, keeper)
    theirs, ours = await rotation_body(thief, server), await rotation_body(keeper, server)
    assert await begin_rotation(thief, theirs, thief.proof) == 201
    assert await stage_wraps(thief, theirs) == (200, 0)
    assert await begin_rotation(keeper, ours, recovery_code_proof(keeper)) == 201
    assert await commit_rotation(thief, thief.proof) == 409
    assert await begin_rotation(thief, await rotation_body(thief, server), thief.proof) == 409
    assert (await stage_wraps(thief, theirs))[0] == 409
    assert await stage_wraps(keeper, ours) == (200, 0)
    assert await commit_rotation(keeper, recovery_code_proof(keeper)) == 204
    login = keeper.identity.login
    old = await Phone(server.http_client("192.0.2.8")).request(
        "POST", "/v1/sessions", new_device_sign_in_body(login, keeper.proof)
    )
    assert old.status_code == 401
    new = await Phone(server.http_client("192.0.2.8")).request(
        "POST", "/v1/sessions", new_device_sign_in_body(login, ours["auth"])
    )
    assert new.status_code == 200


async def test_a_code_that_was_used_and_left_blocks_the_words_for_ten_minutes_only(
    keeper: Keeper, server: InProcessServer
) -> None:
    """Afterwards a rotation may be begun with words."""
    assert await begin_rotation(keeper, await rotation_body(keeper, server), recovery_code_proof(keeper)) == 201
    assert await begin_rotation(keeper, await rotation_body(keeper, server), keeper.proof) == 409
    server.clock.advance(10 * MINUTE_MS)
    assert await begin_rotation(keeper, await rotation_body(keeper, server), keeper.proof) == 201


async def test_a_new_passphrase_ends_a_rotation_begun_with_the_old_one(keeper: Keeper, server: InProcessServer) -> None:
    """New words, set with the code, cancel a thief's rotation."""
    thief = await sign_in_on_second_device(server, keeper)
    assert await begin_rotation(thief, await rotation_body(thief, server), thief.proof) == 201
    identity = keeper.identity
    lock = accounts.new_kdf_parameters(identity.login, server.settings.app_url, kdf.CHEAPEST_PROFILE)
    root = kdf.derive_root(PASSPHRASE + " new", lock, kdf.TEST_POLICY)
    wrapped = wrap_key(
        kdf.derive_words_kek(root, lock), words_wrap_header(identity.account, 1, lock), identity.account_key
    )
    changed = {
        "auth": b64(kdf.derive_sign_in_proof(root, lock, server.settings.app_url)),
        "kdf": lock,
        "words_wrap": b64(wrapped),
    }
    assert (
        await keeper.request("PUT", "/v1/account/words", changed, x_proof=recovery_code_proof(keeper))
    ).status_code == 204
    assert (await keeper.push("Kept at once.")).status_code == 201


async def test_words_do_not_end_what_was_begun_with_the_code(keeper: Keeper, server: InProcessServer) -> None:
    """After a thief set new words, the keeper returns with the code and continues where the phone stopped."""
    await keeper.push("He waited outside.")
    thief = await sign_in_on_second_device(server, keeper)
    keepers_rotation = await rotation_body(keeper, server)
    assert await begin_rotation(keeper, keepers_rotation, recovery_code_proof(keeper)) == 201
    assert await stage_wraps(keeper, keepers_rotation) == (200, 0)
    identity = keeper.identity
    lock = accounts.new_kdf_parameters(identity.login, server.settings.app_url, kdf.CHEAPEST_PROFILE)
    root = kdf.derive_root("words of a thief, five of them", lock, kdf.TEST_POLICY)
    wrapped = wrap_key(
        kdf.derive_words_kek(root, lock), words_wrap_header(identity.account, 1, lock), identity.account_key
    )
    changed = {
        "auth": b64(kdf.derive_sign_in_proof(root, lock, server.settings.app_url)),
        "kdf": lock,
        "words_wrap": b64(wrapped),
    }
    assert (await thief.request("PUT", "/v1/account/words", changed, x_proof=thief.proof)).status_code == 204
    back = new_device_sign_in_body(identity.login, "") | {"code_auth": recovery_code_proof(keeper)}
    assert (await keeper.request("POST", "/v1/recoveries", back)).status_code == 200
    assert await commit_rotation(keeper, recovery_code_proof(keeper)) == 204


async def test_a_clock_set_back_does_not_hold_pushes_up(keeper: Keeper, server: InProcessServer) -> None:
    """A rotation begun at a future time does not block pushes."""
    assert await begin_rotation(keeper, await rotation_body(keeper, server), keeper.proof) == 201
    server.clock.advance(-365 * 24 * 60 * MINUTE_MS)
    assert (await keeper.push()).status_code == 201
