"""New keys for an account: what the old ones still open afterwards (nothing new), and every way to begin or end it wrongly."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import pytest

from diary.client import accounts, rotate_keys
from diary.client.accounts import Identity
from diary.client.journal import Journal, Said
from diary.client.transport import Server
from diary.crypto import kdf
from diary.crypto.keys import diary_header, open_keyset, unwrap, version_header, words_header, wrap
from diary.crypto.signing import Author
from diary.encoding import b64, frames, unb64
from diary.errors import BadSignature, Conflict, NoMatch, SealError, SignedOut
from diary.ledger import rekeying
from tests.keepers import CODE, WORDS, Keeper, Served, sign_in_body

NEW = "orbit velvet canyon maple drift"


def reaching(keeper: Keeper, server: Served) -> Server:
    """The keeper's device as the client sees it."""
    reached = Server(keeper.client, server.settings.app_url)
    reached.tokens = dict(keeper.tokens)
    return reached


def elsewhere(server: Served) -> Server:
    """A device nobody has seen."""
    return Server(server.client(), server.settings.app_url)


async def rotated(keeper: Keeper, server: Served) -> Identity:
    """The keeper's keys, made anew."""
    return await rotate_keys.rotate(
        reaching(keeper, server), keeper.identity, NEW, profile=kdf.CHEAPEST, policy=kdf.TESTS
    )


async def test_only_the_new_passphrase_opens_everything(keeper: Keeper, server: Served) -> None:
    """All entries open with the new words; words, code, sessions and keys of before do not."""
    for text in ("He waited outside.", "He rang nine times."):
        assert (await keeper.push(text)).status_code == 201
    before = await accounts.sign_in(elsewhere(server), keeper.identity.login, WORDS, policy=kdf.TESTS)
    thief = with_a_copy(keeper)
    stored = server.rows("SELECT words_wrap, code_wrap FROM account")[0]
    new = await rotated(keeper, server)

    fresh = elsewhere(server)
    opened = await accounts.sign_in(fresh, new.login, NEW, policy=kdf.TESTS)
    journal = Journal(opened, server.clock)
    assert await journal.fetch(fresh) == 2
    assert [row["open"]["fields"]["narrative"] for row in journal.versions()] == [
        "He waited outside.",
        "He rang nine times.",
    ]

    with pytest.raises(NoMatch):
        await accounts.sign_in(elsewhere(server), new.login, WORDS, policy=kdf.TESTS)
    with pytest.raises(NoMatch):
        await accounts.recover(elsewhere(server), new.login, CODE, NEW, profile=kdf.CHEAPEST, policy=kdf.TESTS)
    for path in ("/v1/session", f"{keeper.diary}/changes"):
        assert (await thief.ask("GET", path)).json()["error"] == "signed_out"
    assert stored[1] is not None
    await old_keys_open_nothing_new(keeper, server, before, opened, fresh)


async def old_keys_open_nothing_new(
    keeper: Keeper, server: Served, old: Identity, new: Identity, device: Server
) -> None:
    """Written since: sealed under other keys, and a version signed by the old one is refused."""
    journal = Journal(new, server.clock)
    await journal.fetch(device)
    journal.append(said("He came back."))
    await journal.send(device)
    stolen = Journal(replace(old, keyset=new.keyset), server.clock)
    with pytest.raises(SealError):
        await stolen.fetch(device)
    forged = Journal(old, server.clock)
    forged.append(said("Words of a thief."))
    with pytest.raises(BadSignature):
        await forged.send(device)
    account, diary = new.account, new.diary
    with pytest.raises(SealError):
        unwrap(
            old.account_key, bytes(server.rows("SELECT wrap FROM diary")[0][0]), diary_header(account, diary, new.epoch)
        )
    with pytest.raises(SealError):
        open_keyset(old.account_key, bytes(server.rows("SELECT keyset FROM account")[0][0]), account)
    assert server.rows("SELECT code_digest, code_wrap FROM account")[0] == (None, None)
    assert (
        server.rows("SELECT count(*) FROM rotation")[0][0]
        == server.rows("SELECT count(*) FROM rotation_wrap")[0][0]
        == 0
    )


def said(text: str) -> Said:
    """An incident."""
    return Said("incident", {"narrative": text})


def with_a_copy(keeper: Keeper) -> Keeper:
    """Someone with a copy of the keeper's tokens."""
    return replace(keeper, tokens=dict(keeper.tokens))


async def test_keys_may_be_changed_as_often_as_they_must_be(keeper: Keeper, server: Served) -> None:
    """With a thousand statements of the times before in the keyset, which no server counts."""
    row = await begun(keeper, server)
    before = replace(keeper.identity.keyset, earlier=(row["statement"],) * 1000)
    identity = await rotate_keys.rotate(
        reaching(keeper, server), replace(keeper.identity, keyset=before), NEW, profile=kdf.CHEAPEST, policy=kdf.TESTS
    )
    assert len(identity.keyset.earlier) == 1001
    login = keeper.identity.login
    assert (await keeper.ask("POST", "/v1/sessions", sign_in_body(login, identity.proof))).status_code == 200


async def test_it_begins_and_ends_with_the_words(keeper: Keeper, server: Served) -> None:
    """A session alone changes nothing, at any step; nor does an interrupted change."""
    await keeper.push()
    body = await begun(keeper, server)
    before = server.dump()
    path = f"{keeper.diary}/rotation"
    for proof in ({}, {"x_proof": b64(bytes(32))}):
        assert (await keeper.ask("POST", path, body, **proof)).json()["error"] == "no_match"
        assert (await keeper.ask("POST", f"{path}/commit", **proof)).json()["error"] == "no_match"
    # A right proof sets the session's count of wrong ones back; nothing else may have changed.
    assert (await keeper.ask("GET", "/v1/access", x_proof=keeper.proof)).status_code == 200
    assert server.dump() == before
    assert (await keeper.ask("POST", path, body, x_proof=keeper.proof)).json() == {"to": 0}
    answer = await keeper.ask("POST", f"{path}/commit", x_proof=keeper.proof)
    assert (answer.status_code, answer.json()["error"]) == (409, "incomplete")
    login = keeper.identity.login
    assert (await keeper.ask("POST", "/v1/sessions", sign_in_body(login, keeper.proof))).status_code == 200
    # Interrupted for ten minutes, it holds nothing up any more.
    assert (await keeper.push()).json()["error"] == "unavailable"
    server.clock.advance(600_000)
    assert (await keeper.push()).status_code == 201


async def begun(keeper: Keeper, server: Served, **over: object) -> dict[str, Any]:
    """What a phone would begin with."""
    held: dict[str, Any] = {}

    class Stop(Exception):
        """Enough was seen."""

    class Looking(Server):
        """Keeps what would have been sent."""

        async def json(self, method: str, path: str, body: Any = None, *, proof: str | None = None) -> dict[str, Any]:
            if path.endswith("/rotation"):
                held.update(body)
                raise Stop
            return await super().json(method, path, body, proof=proof)

    looking = Looking(keeper.client, server.settings.app_url)
    looking.tokens = dict(keeper.tokens)
    with pytest.raises(Stop):
        await rotate_keys.rotate(looking, keeper.identity, NEW, profile=kdf.CHEAPEST, policy=kdf.TESTS)
    return held | over


async def test_keys_not_signed_by_the_old_key_are_refused(keeper: Keeper, other: Keeper, server: Served) -> None:
    """A statement that is missing, altered, another's, or about other keys; wraps of another epoch or account."""
    body = await begun(keeper, server)
    strangers = await begun(other, server)
    statement = body["statement"]
    said_of_it = {name: value for name, value in statement.items() if name not in ("old", "sig", "t")}
    resigned = rekeying.make(Author(other.identity.keyset.ecdsa), said_of_it)
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
    for one in wrong:
        answer = await keeper.ask("POST", f"{keeper.diary}/rotation", one, x_proof=keeper.proof)
        assert answer.status_code == 400, answer.json()
    assert server.dump() == before


async def test_something_written_meanwhile_is_not_lost(keeper: Keeper, server: Served) -> None:
    """Another device pushes after the old key was ended on paper: it is refused, and taken in when the change was given up.

    What came after the statement keeps the change from taking effect; it can be begun again.
    """
    await keeper.push()
    body = await begun(keeper, server)
    path = f"{keeper.diary}/rotation"
    await keeper.ask("POST", path, body, x_proof=keeper.proof)
    other_path, other_body = keeper.seal("Written on the other phone.")
    assert (await keeper.ask("PUT", other_path, other_body)).json()["error"] == "unavailable"
    server.clock.advance(600_000)
    assert (await keeper.ask("PUT", other_path, other_body)).status_code == 201
    assert (await keeper.ask("POST", path, body, x_proof=keeper.proof)).json()["error"] == Conflict.code
    for version in keeper.journal.versions():
        key = bytes(32)
        wraps = [rewrap(keeper, version["version"], part, key) for part in ("open",)]
        staged = await keeper.ask(
            "PUT", f"{path}/wraps", frames([of_keys(body), frames([unb64(version["version"]), *wraps])])
        )
        assert staged.status_code == 200, staged.text
    answer = await keeper.ask("POST", f"{path}/commit", x_proof=keeper.proof)
    assert answer.json()["error"] == Conflict.code
    await rotated(keeper, server)
    assert (await keeper.ask("GET", "/v1/session")).json()["error"] == SignedOut.code


def of_keys(body: dict[str, Any]) -> bytes:
    """What wraps of these keys are sent under."""
    return hashlib.sha256(unb64(body["keyset"])).digest()


def rewrap(keeper: Keeper, version: str, part: Any, key: bytes) -> bytes:
    """A new wrap for a version, of the second epoch."""
    return wrap(key, version_header(keeper.identity.diary, version, part, 2), bytes(32))


async def test_wraps_for_another_place_are_refused(keeper: Keeper, other: Keeper, server: Served) -> None:
    """Of the old epoch, for another version, of another's diary, or of none."""
    await keeper.push()
    await other.push()
    path = f"{keeper.diary}/rotation"
    version = unb64(keeper.journal.versions()[0]["version"])
    good = rewrap(keeper, b64(version), "open", bytes(32))
    body = await begun(keeper, server)
    staging = frames([of_keys(body), frames([version, good])])
    assert (await keeper.ask("PUT", f"{path}/wraps", staging)).status_code == 404
    await keeper.ask("POST", path, await begun(keeper, server), x_proof=keeper.proof)
    assert (await keeper.ask("PUT", f"{path}/wraps", staging)).status_code == 409, (
        "wraps of other keys of the same epoch"
    )
    await keeper.ask("POST", path, body, x_proof=keeper.proof)
    before = server.dump()
    theirs = unb64(other.journal.versions()[0]["version"])
    wrong = [
        [version, rewrap(other, b64(version), "open", bytes(32))],
        [version, rewrap(keeper, b64(theirs), "open", bytes(32))],
        [version, rewrap(keeper, b64(version), "restricted", bytes(32))],
        [version, good, good],
        [version, b"\xe1"],
        [version],
        [b"short", good],
        [theirs, rewrap(keeper, b64(theirs), "open", bytes(32))],
    ]
    for one in wrong:
        answer = await keeper.ask("PUT", f"{path}/wraps", frames([of_keys(body), frames(one)]))
        assert answer.status_code in (400, 404, 409), answer.text
    for raw, status in ((b"\x00\x00", 400), (b"", 409), (frames([frames([version, good])]), 409)):
        assert (await keeper.ask("PUT", f"{path}/wraps", raw)).status_code == status
    assert server.dump() == before


async def test_each_version_gets_as_many_wraps_as_it_has_parts(keeper: Keeper, server: Served) -> None:
    """One wrap for a version of two parts, or two for one, is refused and keeps nothing: what has no new wrap opens no more."""
    path = f"{keeper.diary}/rotation"
    for more in ({}, {"restricted": {"place_detail": "12 Acre Lane"}}):
        place, sealed = keeper.seal(**more)
        assert (await keeper.ask("PUT", place, sealed)).status_code == 201
    body = await begun(keeper, server)
    await keeper.ask("POST", path, body, x_proof=keeper.proof)
    before = server.dump()
    one, two = (unb64(row["version"]) for row in keeper.journal.versions())
    for version, parts in ((one, ("open", "restricted")), (two, ("open",))):
        wraps = [rewrap(keeper, b64(version), part, bytes(32)) for part in parts]
        answer = await keeper.ask("PUT", f"{path}/wraps", frames([of_keys(body), frames([version, *wraps])]))
        assert (answer.status_code, answer.json()["error"]) == (409, Conflict.code)
        assert server.dump() == before
    both = [frames([one, rewrap(keeper, b64(one), "open", bytes(32))])]
    both.append(frames([two, *(rewrap(keeper, b64(two), part, bytes(32)) for part in ("open", "restricted"))]))
    answer = await keeper.ask("PUT", f"{path}/wraps", frames([of_keys(body), *both]))
    assert (answer.status_code, answer.json()) == (200, {"lacking": 0})


def test_the_statements_must_follow_one_another() -> None:
    """A chain that skips, turns round, ends elsewhere or was made up from the far end is refused."""
    keys = [Author(bytes([n]) * 32) for n in (1, 2, 3)]
    fields = {"account": b64(bytes(16)), "beacon": None, "diary": b64(bytes(16)), "head": b64(bytes(32)), "ts": 1}

    def step(old: int, new: int, epoch: int, seq: int) -> dict[str, object]:
        named = fields | {"ecdsa_pub": b64(keys[new].pub), "hpke_pub": b64(keys[new].pub), "epoch": epoch, "seq": seq}
        return rekeying.make(keys[old], named)

    first, second = step(0, 1, 2, 4), step(1, 2, 3, 9)
    assert [key.seq for key in rekeying.chain([first, second], keys[2].pub)] == [4, 9, None]
    for told, newest in (
        ([second, first], 1),
        ([first, step(0, 2, 3, 9)], 2),
        ([first, step(1, 2, 2, 9)], 2),
        ([first, step(1, 2, 3, 3)], 2),
        ([first], 2),
        ([first | {"sig": second["sig"]}], 1),
    ):
        with pytest.raises(BadSignature):
            rekeying.chain(told, keys[newest].pub)
    chain = rekeying.chain([first, second], keys[2].pub)
    message = b"a version"
    rekeying.verify_any(chain, message, keys[0].sign(message), 4)
    for signer, seq in ((0, 5), (0, None), (1, 10)):
        with pytest.raises(BadSignature):
            rekeying.verify_any(chain, message, keys[signer].sign(message), seq)


async def test_the_recovery_code_makes_every_key_new_too(keeper: Keeper, server: Served) -> None:
    """By the client, without the words: the new words open everything, the old ones nothing."""
    await keeper.push("He waited outside.")
    new = await rotate_keys.rotate(
        reaching(keeper, server), keeper.identity, NEW, code=CODE, profile=kdf.CHEAPEST, policy=kdf.TESTS
    )
    fresh = elsewhere(server)
    opened = await accounts.sign_in(fresh, new.login, NEW, policy=kdf.TESTS)
    assert await Journal(opened, server.clock).fetch(fresh) == 1
    with pytest.raises(NoMatch):
        await accounts.sign_in(elsewhere(server), new.login, WORDS, policy=kdf.TESTS)


async def test_words_alone_leave_the_code(keeper: Keeper, server: Served) -> None:
    """New words re-wrap the account key only: old words and their wrap open nothing, other sessions end, the code still works."""
    login = keeper.identity.login
    second = await accounts.sign_in(elsewhere(server), login, WORDS, policy=kdf.TESTS)
    kept = accounts.new_kdf(login, server.settings.app_url, kdf.CHEAPEST)
    root = kdf.root(NEW, kept, kdf.TESTS)
    wrapped = wrap(kdf.kek_words(root, kept), words_header(second.account, 1, kept), second.account_key)
    changed = {"auth": b64(kdf.auth(root, kept, server.settings.app_url)), "kdf": kept, "words_wrap": b64(wrapped)}
    assert (await keeper.ask("PUT", "/v1/account/words", changed, x_proof=keeper.proof)).status_code == 204
    with pytest.raises(NoMatch):
        await accounts.sign_in(elsewhere(server), login, WORDS, policy=kdf.TESTS)
    recovered = await accounts.recover(elsewhere(server), login, CODE, NEW, profile=kdf.CHEAPEST, policy=kdf.TESTS)
    assert recovered.diary_key == second.diary_key and recovered.epoch == second.epoch
