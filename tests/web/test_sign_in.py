"""Registering, signing in and recovering, with known and unknown names."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from diary.crypto import kdf
from diary.encoding import b64
from diary.storage.accounts import account_rows as rows
from tests.server_fixture import (
    PASSPHRASE,
    RECOVERY_CODE,
    InProcessServer,
    Keeper,
    Phone,
    new_device_sign_in_body,
    passphrase_proof,
    register_keeper,
)

UNKNOWN_NAME = "nobody-here-x2y3"
WRONG_PROOF = b64(bytes(32))


def visible_answer(answer: httpx.Response) -> tuple[int, bytes, list[tuple[str, str]]]:
    """Return everything in an answer that an outsider can see."""
    return answer.status_code, answer.content, sorted(answer.headers.multi_items())


async def test_sign_in_gives_what_the_words_open(keeper: Keeper, server: InProcessServer) -> None:
    """With the words a second device gets wraps, keyset, diaries and head, and a session of its own."""
    await keeper.push()
    phone = Phone(server.http_client())
    response_body = (await phone.request("POST", "/v1/prelogin", {"login": keeper.identity.login})).json()
    assert response_body["kdf"]["login"] == keeper.identity.login
    auth = passphrase_proof(PASSPHRASE, response_body)
    assert auth == keeper.proof
    answer = await phone.request("POST", "/v1/sessions", new_device_sign_in_body(keeper.identity.login, auth))
    body = answer.json()
    assert answer.status_code == 200
    assert body["account"] == keeper.identity.account and body["code"] is True
    assert [(d["diary"], d["seq"], d["head"]["seq"]) for d in body["diaries"]] == [(keeper.identity.diary, 1, 1)]
    assert {len(body.pop(name)) for name in ("token", "device_token", "upload_key", "renewal")} == {43}
    second_answer = (await phone.request("GET", "/v1/session")).json()
    assert second_answer | {"now": 0} == body | {"now": 0}


async def test_the_code_signs_in_and_new_words_end_other_sessions(keeper: Keeper, server: InProcessServer) -> None:
    """Recovery returns the code's wrap; with new words the old words' sessions and proof stop working."""
    phone = Phone(server.http_client("192.0.2.44"))
    login = keeper.identity.login
    body = new_device_sign_in_body(login, "") | {"code_auth": b64(kdf.derive_code_proof(RECOVERY_CODE, login))}
    answer = await phone.request("POST", "/v1/recoveries", body)
    assert answer.status_code == 200 and "code_wrap" in answer.json() and "words_wrap" not in answer.json()
    lock, proof = new_passphrase_lock(keeper, "nine silver buttons on a coat")
    changed = await phone.request("PUT", "/v1/account/words", lock, x_proof=body["code_auth"])
    assert changed.status_code == 204
    assert (await keeper.request("GET", "/v1/session")).status_code == 401
    assert (await phone.request("GET", "/v1/session")).status_code == 200
    old = await phone.request("POST", "/v1/sessions", new_device_sign_in_body(login, keeper.proof))
    assert (old.status_code, old.json()["error"]) == (401, "no_match")
    assert (await phone.request("POST", "/v1/sessions", new_device_sign_in_body(login, proof))).status_code == 200


def new_passphrase_lock(keeper: Keeper, words: str) -> tuple[dict[str, object], str]:
    """Return a body for PUT /v1/account/words, and the proof of the new words."""
    from diary.crypto.keys import words_wrap_header, wrap_key

    identity = keeper.identity
    names = {"alg": "argon2id", "login": identity.login, "m": 8, "origin": "http://localhost:8000", "p": 1, "t": 1}
    derivation = names | {"salt": b64(bytes(16))}
    root = kdf.derive_root(words, derivation, kdf.TEST_POLICY)
    proof = b64(kdf.derive_sign_in_proof(root, derivation, "http://localhost:8000"))
    header = words_wrap_header(identity.account, 1, derivation)
    sealed = wrap_key(kdf.derive_words_kek(root, derivation), header, identity.account_key)
    return {"kdf": derivation, "auth": proof, "words_wrap": b64(sealed)}, proof


async def test_registering_twice_with_the_same_body_is_one_account(server: InProcessServer) -> None:
    """A request may be repeated when its answer was lost; another account with the same id is a conflict."""
    phone = Phone(server.http_client())
    keeper = await register_keeper(server)
    body = await registration_body(server, keeper)
    first = await phone.request("POST", "/v1/accounts", body)
    second_answer = await phone.request("POST", "/v1/accounts", body)
    assert (first.status_code, second_answer.status_code) == (201, 200)
    assert first.json()["account"] == second_answer.json()["account"]
    changed_body = body | {"auth": WRONG_PROOF}
    refused = await phone.request("POST", "/v1/accounts", changed_body)
    assert refused.status_code == 401
    assert server.query("SELECT count(*) FROM account") == [(2,)]


async def registration_body(server: InProcessServer, keeper: Keeper) -> dict[str, object]:
    """Return a body that would register another account with this keeper's keys."""
    from diary.crypto.keys import diary_wrap_header, words_wrap_header, wrap_key
    from diary.ids import id_text, new_id

    phone = Phone(server.http_client())
    name_response = (await phone.request("POST", "/v1/names", {})).json()
    account, diary = id_text(new_id()), id_text(new_id())
    names = {
        "alg": "argon2id",
        "login": name_response["login"],
        "m": 8,
        "origin": server.settings.app_url,
        "p": 1,
        "t": 1,
    }
    derivation = names | {"salt": b64(bytes(16))}
    root = kdf.derive_root(PASSPHRASE, derivation, kdf.TEST_POLICY)
    keys = keeper.identity.keyset
    return {
        "account": account,
        "login": name_response["login"],
        "ticket": name_response["ticket"],
        "kdf": derivation,
        "auth": b64(kdf.derive_sign_in_proof(root, derivation, server.settings.app_url)),
        "words_wrap": b64(
            wrap_key(kdf.derive_words_kek(root, derivation), words_wrap_header(account, 1, derivation), bytes(32))
        ),
        "code_auth": None,
        "code_wrap": None,
        "keyset": b64(keys.seal(bytes(32), account, 1, 1)),
        "ecdsa_pub": b64(keys.ecdsa_pub),
        "hpke_pub": b64(keys.hpke_pub),
        "device": id_text(new_id()),
        "device_name": "Phone",
        "diary": {"diary": diary, "wrap": b64(wrap_key(bytes(32), diary_wrap_header(account, diary, 1), bytes(32)))},
    }


@pytest.mark.parametrize(
    "change",
    [
        {"ticket": "A" * 54},
        {"ecdsa_pub": b64(b"\x04" + bytes(64))},
        {"hpke_pub": b64(bytes(65))},
        {"words_wrap": b64(b"\xe1\x01\x03\x00\x00\x02{}")},
        {"keyset": b64(bytes(100))},
        {"code_auth": WRONG_PROOF},
        {"device_name": "x" * 65},
        {"device_name": "\ud800"},
        {"diary": {}},
        {"diary": None},
        {"account": "short"},
        {"kdf": {"alg": "none"}},
        {"login": "other-name-abcd"},
    ],
    ids="-".join,
)
async def test_an_enrolment_that_could_not_be_opened_is_refused(
    change: dict[str, object], keeper: Keeper, server: InProcessServer
) -> None:
    """A wrap of another place, an invalid key and a name without its ticket give 400, and nothing is stored."""
    body = await registration_body(server, keeper)
    before = server.dump()
    answer = await Phone(server.http_client()).request("POST", "/v1/accounts", body | change)
    assert answer.status_code == 400
    assert server.dump() == before


async def test_a_lock_below_the_floor_or_for_another_origin_is_refused(keeper: Keeper, server: InProcessServer) -> None:
    """The server accepts no parameters that a phone would refuse."""
    body = await registration_body(server, keeper)
    derivation = body["kdf"]
    assert isinstance(derivation, dict)
    for change in ({"m": 4}, {"t": 0}, {"m": 1 << 30}, {"origin": "https://elsewhere.example"}, {"alg": "scrypt"}):
        answer = await Phone(server.http_client()).request("POST", "/v1/accounts", body | {"kdf": derivation | change})
        assert answer.status_code == 400, change


async def test_a_ticket_is_good_for_an_hour_and_its_own_name(keeper: Keeper, server: InProcessServer) -> None:
    """After an hour the name must be requested again."""
    body = await registration_body(server, keeper)
    server.clock.advance(3_600_001)
    assert (await Phone(server.http_client()).request("POST", "/v1/accounts", body)).status_code == 400


async def test_a_wish_keeps_its_look_and_gets_four_characters(server: InProcessServer) -> None:
    """A name resembles the request but never equals it; any text gives a name."""
    phone = Phone(server.http_client())
    for wish, stem in (("River Bank", "river-bank-"), ("ÄÖ", ""), ("x" * 60, "x" * 35 + "-"), ("--a--", "a-")):
        login = (await phone.request("POST", "/v1/names", {"wish": wish})).json()["login"]
        assert login.startswith(stem) and 6 <= len(login) <= 40
        assert len(login) > len(stem)


async def test_known_and_unknown_names_get_the_same_response(keeper: Keeper, server: InProcessServer) -> None:
    """Sign-in and recovery give the same status, body and headers; pre-login the same shape, stable per name."""
    phone = Phone(server.http_client("192.0.2.9"))
    login = keeper.identity.login
    known = await phone.request("POST", "/v1/sessions", new_device_sign_in_body(login, WRONG_PROOF))
    unknown = await phone.request("POST", "/v1/sessions", new_device_sign_in_body(UNKNOWN_NAME, WRONG_PROOF))
    assert visible_answer(known) == visible_answer(unknown) and known.status_code == 401
    known = await phone.request(
        "POST", "/v1/recoveries", new_device_sign_in_body(login, "") | {"code_auth": WRONG_PROOF}
    )
    unknown = await phone.request(
        "POST", "/v1/recoveries", new_device_sign_in_body(UNKNOWN_NAME, "") | {"code_auth": WRONG_PROOF}
    )
    assert visible_answer(known) == visible_answer(unknown) and known.status_code == 401
    first = await phone.request("POST", "/v1/prelogin", {"login": UNKNOWN_NAME})
    second = await phone.request("POST", "/v1/prelogin", {"login": UNKNOWN_NAME})
    known = await phone.request("POST", "/v1/prelogin", {"login": login})
    assert first.content == second.content
    assert first.json()["kdf"].keys() == known.json()["kdf"].keys()
    assert len(first.json()["kdf"]["salt"]) == len(known.json()["kdf"]["salt"])
    assert sorted(known.headers) == sorted(first.headers)


async def test_unknown_names_cost_the_same_work(
    keeper: Keeper, server: InProcessServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counted, not timed: look-ups, Argon2id runs (none for a code) and decryptions are the same for unknown names.

    A look-up returns a row for an unknown name too: reading a row takes a few microseconds longer than reading none.
    """
    pepper = server.app.state.app_context.instance.pepper
    counts: list[str] = []

    def counted(name: str, work: Callable[..., object]) -> Callable[..., object]:
        def call(*args: object, **named: object) -> object:
            counts.append(name)
            return work(*args, **named)

        return call

    for name in ("hash_proof", "open", "find_device", "login_mac"):
        monkeypatch.setattr(pepper, name, counted(name, getattr(pepper, name)))
    monkeypatch.setattr(rows, "find_by_login", counted("look", rows.find_by_login))
    db = server.app.state.app_context.instance.db
    fetch_one = db.fetch_one

    async def count_rows(*arguments: object) -> object:
        row = await fetch_one(*arguments)
        counts.append("row" if row else "no row")
        return row

    monkeypatch.setattr(db, "fetch_one", count_rows)
    phone = Phone(server.http_client("192.0.2.9"))
    for path, more in (
        ("/v1/sessions", {"auth": WRONG_PROOF}),
        ("/v1/recoveries", {"code_auth": WRONG_PROOF}),
        ("/v1/prelogin", {}),
    ):
        work = []
        for login in (keeper.identity.login, UNKNOWN_NAME):
            counts.clear()
            await phone.request("POST", path, new_device_sign_in_body(login, WRONG_PROOF) | more)
            work.append(list(counts))
        assert work[0] == work[1] and {"look", "row"} <= set(work[0]), path
        assert ("hash_proof" in work[0]) == (path == "/v1/sessions")
