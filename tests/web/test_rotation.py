"""Key rotation of an account: old keys open nothing new afterwards, and every wrong way to begin or end it is refused."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import pytest

from diary.client import accounts, rotate_keys
from diary.client.accounts import Identity
from diary.client.journal import Journal, VersionContent
from diary.client.transport import RemoteServer
from diary.crypto import kdf
from diary.crypto.keys import (
    diary_wrap_header,
    open_keyset,
    unwrap_key,
    version_wrap_header,
    words_wrap_header,
    wrap_key,
)
from diary.crypto.signing import AuthorSigner
from diary.encoding import b64, encode_frames, unb64
from diary.errors import BadSignature, Conflict, InvalidCredentials, NotSignedIn, SealError
from diary.ledger import rekeying
from tests.server_fixture import PASSPHRASE, RECOVERY_CODE, InProcessServer, Keeper, new_device_sign_in_body

NEW_PASSPHRASE = "orbit velvet canyon maple drift"


def api_client_for(keeper: Keeper, server: InProcessServer) -> RemoteServer:
    """Return the keeper's device as a reference client."""
    api_client = RemoteServer(keeper.client, server.settings.app_url)
    api_client.tokens = dict(keeper.tokens)
    return api_client


def unknown_device(server: InProcessServer) -> RemoteServer:
    """Return a new device."""
    return RemoteServer(server.http_client(), server.settings.app_url)


async def rotate_keys_of(keeper: Keeper, server: InProcessServer) -> Identity:
    """Rotate the keeper's keys."""
    return await rotate_keys.rotate(
        api_client_for(keeper, server),
        keeper.identity,
        NEW_PASSPHRASE,
        profile=kdf.CHEAPEST_PROFILE,
        policy=kdf.TEST_POLICY,
    )


async def test_only_the_new_passphrase_opens_everything(keeper: Keeper, server: InProcessServer) -> None:
    """All entries open with the new words; old words, code, sessions and keys open nothing."""
    for text in ("He waited outside.", "He rang nine times."):
        assert (await keeper.push(text)).status_code == 201
    before = await accounts.sign_in(unknown_device(server), keeper.identity.login, PASSPHRASE, policy=kdf.TEST_POLICY)
    thief = with_copied_tokens(keeper)
    stored = server.query("SELECT words_wrap, code_wrap FROM account")[0]
    new = await rotate_keys_of(keeper, server)

    fresh = unknown_device(server)
    opened = await accounts.sign_in(fresh, new.login, NEW_PASSPHRASE, policy=kdf.TEST_POLICY)
    journal = Journal(opened, server.clock)
    assert await journal.fetch(fresh) == 2
    assert [row["open"]["fields"]["narrative"] for row in journal.versions()] == [
        "He waited outside.",
        "He rang nine times.",
    ]

    with pytest.raises(InvalidCredentials):
        await accounts.sign_in(unknown_device(server), new.login, PASSPHRASE, policy=kdf.TEST_POLICY)
    with pytest.raises(InvalidCredentials):
        await accounts.recover(
            unknown_device(server),
            new.login,
            RECOVERY_CODE,
            NEW_PASSPHRASE,
            profile=kdf.CHEAPEST_PROFILE,
            policy=kdf.TEST_POLICY,
        )
    for path in ("/v1/session", f"{keeper.diary}/changes"):
        assert (await thief.request("GET", path)).json()["error"] == "signed_out"
    assert stored[1] is not None
    await assert_old_keys_open_nothing_new(keeper, server, before, opened, fresh)


async def assert_old_keys_open_nothing_new(
    keeper: Keeper, server: InProcessServer, old: Identity, new: Identity, device: RemoteServer
) -> None:
    """Assert that new versions do not open with old keys, and that a push signed by the old key is refused."""
    journal = Journal(new, server.clock)
    await journal.fetch(device)
    journal.append(incident("He came back."))
    await journal.send(device)
    stolen = Journal(replace(old, keyset=new.keyset), server.clock)
    with pytest.raises(SealError):
        await stolen.fetch(device)
    forged = Journal(old, server.clock)
    forged.append(incident("Words of a thief."))
    with pytest.raises(BadSignature):
        await forged.send(device)
    account, diary = new.account, new.diary
    with pytest.raises(SealError):
        unwrap_key(
            old.account_key,
            bytes(server.query("SELECT wrap FROM diary")[0][0]),
            diary_wrap_header(account, diary, new.epoch),
        )
    with pytest.raises(SealError):
        open_keyset(old.account_key, bytes(server.query("SELECT keyset FROM account")[0][0]), account)
    assert server.query("SELECT code_digest, code_wrap FROM account")[0] == (None, None)
    assert (
        server.query("SELECT count(*) FROM rotation")[0][0]
        == server.query("SELECT count(*) FROM rotation_wrap")[0][0]
        == 0
    )


def incident(text: str) -> VersionContent:
    """Return an incident."""
    return VersionContent("incident", {"narrative": text})


def with_copied_tokens(keeper: Keeper) -> Keeper:
    """Return a client with a copy of the keeper's tokens."""
    return replace(keeper, tokens=dict(keeper.tokens))


async def test_keys_may_be_changed_as_often_as_they_must_be(keeper: Keeper, server: InProcessServer) -> None:
    """A keyset with a thousand statements is accepted, since no server counts them."""
    row = await rotation_body(keeper, server)
    before = replace(keeper.identity.keyset, earlier_statements=(row["statement"],) * 1000)
    identity = await rotate_keys.rotate(
        api_client_for(keeper, server),
        replace(keeper.identity, keyset=before),
        NEW_PASSPHRASE,
        profile=kdf.CHEAPEST_PROFILE,
        policy=kdf.TEST_POLICY,
    )
    assert len(identity.keyset.earlier_statements) == 1001
    login = keeper.identity.login
    assert (
        await keeper.request("POST", "/v1/sessions", new_device_sign_in_body(login, identity.proof))
    ).status_code == 200


async def test_it_begins_and_ends_with_the_words(keeper: Keeper, server: InProcessServer) -> None:
    """A session alone changes nothing at any step, and neither does an interrupted rotation."""
    await keeper.push()
    body = await rotation_body(keeper, server)
    before = server.dump()
    path = f"{keeper.diary}/rotation"
    for proof in ({}, {"x_proof": b64(bytes(32))}):
        assert (await keeper.request("POST", path, body, headers=proof)).json()["error"] == "no_match"
        assert (await keeper.request("POST", f"{path}/commit", headers=proof)).json()["error"] == "no_match"
    # A correct proof resets the session's count of wrong ones; nothing else may have changed.
    assert (await keeper.request("GET", "/v1/access", x_proof=keeper.proof)).status_code == 200
    assert server.dump() == before
    assert (await keeper.request("POST", path, body, x_proof=keeper.proof)).json() == {"to": 0}
    answer = await keeper.request("POST", f"{path}/commit", x_proof=keeper.proof)
    assert (answer.status_code, answer.json()["error"]) == (409, "incomplete")
    login = keeper.identity.login
    assert (
        await keeper.request("POST", "/v1/sessions", new_device_sign_in_body(login, keeper.proof))
    ).status_code == 200
    # Interrupted for ten minutes, it blocks nothing any more.
    assert (await keeper.push()).json()["error"] == "unavailable"
    server.clock.advance(600_000)
    assert (await keeper.push()).status_code == 201


async def rotation_body(keeper: Keeper, server: InProcessServer, **over: object) -> dict[str, Any]:
    """Return the body with which a phone would begin."""
    captured: dict[str, Any] = {}

    class StopBeforeSending(Exception):
        """Raised once enough is captured."""

    class CapturingServer(RemoteServer):
        """Server stub that stores the request instead of sending it."""

        async def json(self, method: str, path: str, body: Any = None, *, proof: str | None = None) -> dict[str, Any]:
            if path.endswith("/rotation"):
                captured.update(body)
                raise StopBeforeSending
            return await super().json(method, path, body, proof=proof)

    capturing_server = CapturingServer(keeper.client, server.settings.app_url)
    capturing_server.tokens = dict(keeper.tokens)
    with pytest.raises(StopBeforeSending):
        await rotate_keys.rotate(
            capturing_server, keeper.identity, NEW_PASSPHRASE, profile=kdf.CHEAPEST_PROFILE, policy=kdf.TEST_POLICY
        )
    return captured | over


async def test_keys_not_signed_by_the_old_key_are_refused(
    keeper: Keeper, other_keeper: Keeper, server: InProcessServer
) -> None:
    """Missing, altered and foreign statements, other keys, and wraps of another epoch or account are refused."""
    body = await rotation_body(keeper, server)
    strangers = await rotation_body(other_keeper, server)
    statement = body["statement"]
    said_of_it = {name: value for name, value in statement.items() if name not in ("old", "sig", "t")}
    resigned = rekeying.sign_statement(AuthorSigner(other_keeper.identity.keyset.ecdsa_scalar), said_of_it)
    wrong = [
        body | {"statement": {}},
        body | {"statement": statement | {"seq": 5}},
        body | {"statement": strangers["statement"]},
        body | {"statement": resigned},
        body | {"ecdsa_pub": strangers["ecdsa_pub"]},
        body | {"keyset": strangers["keyset"]},
        body | {"diary_wrap": strangers["diary_wrap"]},
        body | {"words_wrap": strangers["words_wrap"], "kdf": strangers["kdf"]},
    ]
    before = server.dump()
    for wrong_body in wrong:
        answer = await keeper.request("POST", f"{keeper.diary}/rotation", wrong_body, x_proof=keeper.proof)
        assert answer.status_code == 400, answer.json()
    assert server.dump() == before


async def test_something_written_meanwhile_is_not_lost(keeper: Keeper, server: InProcessServer) -> None:
    """Another device's push is refused during the rotation, and accepted once it is abandoned.

    A version after the statement prevents the commit; the rotation can be begun again.
    """
    await keeper.push()
    body = await rotation_body(keeper, server)
    path = f"{keeper.diary}/rotation"
    await keeper.request("POST", path, body, x_proof=keeper.proof)
    other_path, other_body = keeper.seal("Written on the other phone.")
    assert (await keeper.request("PUT", other_path, other_body)).json()["error"] == "unavailable"
    server.clock.advance(600_000)
    assert (await keeper.request("PUT", other_path, other_body)).status_code == 201
    assert (await keeper.request("POST", path, body, x_proof=keeper.proof)).json()["error"] == Conflict.code
    for version in keeper.journal.versions():
        key = bytes(32)
        wraps = [new_wrap(keeper, version["version"], part, key) for part in ("open",)]
        staged = await keeper.request(
            "PUT",
            f"{path}/wraps",
            encode_frames([keys_digest(body), encode_frames([unb64(version["version"]), *wraps])]),
        )
        assert staged.status_code == 200, staged.text
    answer = await keeper.request("POST", f"{path}/commit", x_proof=keeper.proof)
    assert answer.json()["error"] == Conflict.code
    await rotate_keys_of(keeper, server)
    assert (await keeper.request("GET", "/v1/session")).json()["error"] == NotSignedIn.code


def keys_digest(body: dict[str, Any]) -> bytes:
    """Return the digest under which these keys' wraps are sent."""
    return hashlib.sha256(unb64(body["keyset"])).digest()


def new_wrap(keeper: Keeper, version: str, part: Any, key: bytes) -> bytes:
    """Return a new wrap for a version, of the second epoch."""
    return wrap_key(key, version_wrap_header(keeper.identity.diary, version, part, 2), bytes(32))


async def test_wraps_for_another_place_are_refused(
    keeper: Keeper, other_keeper: Keeper, server: InProcessServer
) -> None:
    """Wraps of the old epoch, for another version, another diary or none are refused."""
    await keeper.push()
    await other_keeper.push()
    path = f"{keeper.diary}/rotation"
    version = unb64(keeper.journal.versions()[0]["version"])
    good = new_wrap(keeper, b64(version), "open", bytes(32))
    body = await rotation_body(keeper, server)
    staging = encode_frames([keys_digest(body), encode_frames([version, good])])
    assert (await keeper.request("PUT", f"{path}/wraps", staging)).status_code == 404
    await keeper.request("POST", path, await rotation_body(keeper, server), x_proof=keeper.proof)
    assert (await keeper.request("PUT", f"{path}/wraps", staging)).status_code == 409, (
        "wraps of other keys of the same epoch"
    )
    await keeper.request("POST", path, body, x_proof=keeper.proof)
    before = server.dump()
    theirs = unb64(other_keeper.journal.versions()[0]["version"])
    wrong = [
        [version, new_wrap(other_keeper, b64(version), "open", bytes(32))],
        [version, new_wrap(keeper, b64(theirs), "open", bytes(32))],
        [version, new_wrap(keeper, b64(version), "restricted", bytes(32))],
        [version, good, good],
        [version, b"\xe1"],
        [version],
        [b"short", good],
        [theirs, new_wrap(keeper, b64(theirs), "open", bytes(32))],
    ]
    for wrong_wraps in wrong:
        answer = await keeper.request(
            "PUT", f"{path}/wraps", encode_frames([keys_digest(body), encode_frames(wrong_wraps)])
        )
        assert answer.status_code in (400, 404, 409), answer.text
    for raw, status in ((b"\x00\x00", 400), (b"", 409), (encode_frames([encode_frames([version, good])]), 409)):
        assert (await keeper.request("PUT", f"{path}/wraps", raw)).status_code == status
    assert server.dump() == before


async def test_each_version_gets_as_many_wraps_as_it_has_parts(keeper: Keeper, server: InProcessServer) -> None:
    """One wrap for a version of two parts, or two for one, is refused and not stored: it would no longer open."""
    path = f"{keeper.diary}/rotation"
    for restricted in ({}, {"place_detail": "12 Acre Lane"}):
        place, sealed = keeper.seal(restricted=restricted)
        assert (await keeper.request("PUT", place, sealed)).status_code == 201
    body = await rotation_body(keeper, server)
    await keeper.request("POST", path, body, x_proof=keeper.proof)
    before = server.dump()
    first_version, second_version = (unb64(row["version"]) for row in keeper.journal.versions())
    for version, parts in ((first_version, ("open", "restricted")), (second_version, ("open",))):
        wraps = [new_wrap(keeper, b64(version), part, bytes(32)) for part in parts]
        answer = await keeper.request(
            "PUT", f"{path}/wraps", encode_frames([keys_digest(body), encode_frames([version, *wraps])])
        )
        assert (answer.status_code, answer.json()["error"]) == (409, Conflict.code)
        assert server.dump() == before
    both = [encode_frames([first_version, new_wrap(keeper, b64(first_version), "open", bytes(32))])]
    both.append(
        encode_frames(
            [
                second_version,
                *(new_wrap(keeper, b64(second_version), part, bytes(32)) for part in ("open", "restricted")),
            ]
        )
    )
    answer = await keeper.request("PUT", f"{path}/wraps", encode_frames([keys_digest(body), *both]))
    assert (answer.status_code, answer.json()) == (200, {"lacking": 0})


def test_the_statements_must_follow_one_another() -> None:
    """A chain that skips, loops, ends elsewhere or is forged from the far end is refused."""
    keys = [AuthorSigner(bytes([n]) * 32) for n in (1, 2, 3)]
    fields = {"account": b64(bytes(16)), "beacon": None, "diary": b64(bytes(16)), "head": b64(bytes(32)), "ts": 1}

    def step(old: int, new: int, epoch: int, seq: int) -> dict[str, object]:
        named = fields | {"ecdsa_pub": b64(keys[new].pub), "hpke_pub": b64(keys[new].pub), "epoch": epoch, "seq": seq}
        return rekeying.sign_statement(keys[old], named)

    first, second = step(0, 1, 2, 4), step(1, 2, 3, 9)
    assert [key.last_seq for key in rekeying.verify_chain([first, second], keys[2].pub)] == [4, 9, None]
    for statements, newest in (
        ([second, first], 1),
        ([first, step(0, 2, 3, 9)], 2),
        ([first, step(1, 2, 2, 9)], 2),
        ([first, step(1, 2, 3, 3)], 2),
        ([first], 2),
        ([first | {"sig": second["sig"]}], 1),
    ):
        with pytest.raises(BadSignature):
            rekeying.verify_chain(statements, keys[newest].pub)
    chain = rekeying.verify_chain([first, second], keys[2].pub)
    message = b"a version"
    rekeying.verify_by_any_key(chain, message, keys[0].sign(message), 4)
    for signer, seq in ((0, 5), (0, None), (1, 10)):
        with pytest.raises(BadSignature):
            rekeying.verify_by_any_key(chain, message, keys[signer].sign(message), seq)


async def test_the_recovery_code_makes_every_key_new_too(keeper: Keeper, server: InProcessServer) -> None:
    """The client rotates without the words: new words open everything, old ones nothing."""
    await keeper.push("He waited outside.")
    new = await rotate_keys.rotate(
        api_client_for(keeper, server),
        keeper.identity,
        NEW_PASSPHRASE,
        recovery_code=RECOVERY_CODE,
        profile=kdf.CHEAPEST_PROFILE,
        policy=kdf.TEST_POLICY,
    )
    fresh = unknown_device(server)
    opened = await accounts.sign_in(fresh, new.login, NEW_PASSPHRASE, policy=kdf.TEST_POLICY)
    assert await Journal(opened, server.clock).fetch(fresh) == 1
    with pytest.raises(InvalidCredentials):
        await accounts.sign_in(unknown_device(server), new.login, PASSPHRASE, policy=kdf.TEST_POLICY)


async def test_words_alone_leave_the_code(keeper: Keeper, server: InProcessServer) -> None:
    """New words only wrap the account key again: the old ones fail, other sessions end, the code still works."""
    login = keeper.identity.login
    second = await accounts.sign_in(unknown_device(server), login, PASSPHRASE, policy=kdf.TEST_POLICY)
    kdf_parameters = accounts.new_kdf_parameters(login, server.settings.app_url, kdf.CHEAPEST_PROFILE)
    root = kdf.derive_root(NEW_PASSPHRASE, kdf_parameters, kdf.TEST_POLICY)
    wrapped = wrap_key(
        kdf.derive_words_kek(root, kdf_parameters),
        words_wrap_header(second.account, 1, kdf_parameters),
        second.account_key,
    )
    changed = {
        "auth": b64(kdf.derive_sign_in_proof(root, kdf_parameters, server.settings.app_url)),
        "kdf": kdf_parameters,
        "words_wrap": b64(wrapped),
    }
    assert (await keeper.request("PUT", "/v1/account/words", changed, x_proof=keeper.proof)).status_code == 204
    with pytest.raises(InvalidCredentials):
        await accounts.sign_in(unknown_device(server), login, PASSPHRASE, policy=kdf.TEST_POLICY)
    recovered = await accounts.recover(
        unknown_device(server),
        login,
        RECOVERY_CODE,
        NEW_PASSPHRASE,
        profile=kdf.CHEAPEST_PROFILE,
        policy=kdf.TEST_POLICY,
    )
    assert recovered.diary_key == second.diary_key and recovered.epoch == second.epoch
