"""After its session expired, a device returns with a token that starts a session and does nothing else."""

from __future__ import annotations

import pytest

from diary.encoding import b64
from diary.ids import id_text, new_id
from tests.server_fixture import InProcessServer, Keeper, Phone, new_device_sign_in_body

DAY_MS = 86_400_000


async def sign_in_device(
    keeper: Keeper, server: InProcessServer, address: str = "192.0.2.2", **extra: object
) -> tuple[Phone, dict[str, str]]:
    """Sign in on another device of the keeper's. Return it with the body of its renewal."""
    phone = Phone(server.http_client(address))
    body = new_device_sign_in_body(keeper.identity.login, keeper.proof) | extra
    response_body = (await phone.request("POST", "/v1/sessions", body)).json()
    return phone, {"device": body["device"], "device_name": "Again", "renewal": response_body.get("renewal", "")}


async def test_a_renewal_gives_one_new_session_and_nothing_else(keeper: Keeper, server: InProcessServer) -> None:
    """After thirty days it gives one session; the token changes each time, and proves nothing."""
    phone, renewal_body = await sign_in_device(keeper, server)
    server.clock.advance(31 * DAY_MS)
    assert (await phone.request("GET", "/v1/session")).json()["error"] == "signed_out"
    answer = await phone.request("POST", "/v1/session/renewal", renewal_body)
    assert answer.status_code == 200 and "words_wrap" not in answer.json()
    phone.tokens["session"] = answer.json()["token"]
    assert (await phone.request("GET", f"{keeper.diary}/changes")).status_code == 200
    for proof in (renewal_body["renewal"], answer.json()["renewal"], answer.json()["token"]):
        assert (await phone.request("GET", "/v1/sessions", x_proof=proof)).json()["error"] == "no_match"
    assert (await phone.request("POST", "/v1/session/renewal", renewal_body)).json()["error"] == "signed_out"
    second_answer = await phone.request(
        "POST", "/v1/session/renewal", renewal_body | {"renewal": answer.json()["renewal"]}
    )
    assert second_answer.status_code == 200


async def test_a_renewal_is_bound_to_its_device(keeper: Keeper, other_keeper: Keeper, server: InProcessServer) -> None:
    """With another device's id, or malformed, a token is refused; only its digest is stored."""
    phone, renewal_body = await sign_in_device(keeper, server)
    _, others_renewal_body = await sign_in_device(other_keeper, server, "192.0.2.3")
    devices = [{"device": id_text(new_id())}, {"device": others_renewal_body["device"]}]
    for wrong_body in (*devices, {"renewal": b64(bytes(32))}, {"renewal": "?"}, {"renewal": ""}):
        assert (await phone.request("POST", "/v1/session/renewal", renewal_body | wrong_body)).json()["error"] in (
            "signed_out",
            "bad_request",
        )
    assert renewal_body["renewal"] not in "\n".join(server.dump())
    assert (await phone.request("POST", "/v1/session/renewal", renewal_body)).status_code == 200


async def test_other_devices_are_told_that_it_came_back_and_did_not_sign_in_anew(
    keeper: Keeper, server: InProcessServer
) -> None:
    """The renewal is in the list of sign-ins all the same, since a copied token would be used the same way."""
    phone, by = await sign_in_device(keeper, server)
    server.clock.advance(29 * DAY_MS)
    assert (await phone.request("POST", "/v1/session/renewal", by)).status_code == 200
    rows_listed = (await keeper.request("GET", "/v1/sign-ins")).json()["sign_ins"]
    assert [(row["kind"], row["what"]) for row in rows_listed] == [("ordinary", "signed_in"), ("renewed", "signed_in")]


@pytest.mark.parametrize("how", ["signed out", "ended", "others ended", "new words", "wrong proofs", "too old"])
async def test_ending_a_session_on_purpose_kills_it(how: str, keeper: Keeper, server: InProcessServer) -> None:
    """After any kind of sign-out, the device returns with the words only."""
    from diary.client import accounts
    from diary.crypto import kdf
    from diary.crypto.keys import words_wrap_header, wrap_key

    phone, by = await sign_in_device(keeper, server)
    identity = keeper.identity
    if how == "signed out":
        assert (await phone.request("DELETE", "/v1/session")).status_code == 204
    elif how == "ended":
        rows_listed = (await keeper.request("GET", "/v1/sessions", x_proof=keeper.proof)).json()["sessions"]
        (theirs,) = [row["session"] for row in rows_listed if not row["here"]]
        assert (await keeper.request("DELETE", f"/v1/sessions/{theirs}", x_proof=keeper.proof)).status_code == 204
    elif how == "others ended":
        assert (await keeper.request("DELETE", "/v1/sessions", x_proof=keeper.proof)).status_code == 204
    elif how == "new words":
        lock = accounts.new_kdf_parameters(identity.login, server.settings.app_url, kdf.CHEAPEST_PROFILE)
        root = kdf.derive_root("quite other words than before", lock, kdf.TEST_POLICY)
        sealed = wrap_key(
            kdf.derive_words_kek(root, lock), words_wrap_header(identity.account, 1, lock), identity.account_key
        )
        body = {
            "auth": b64(kdf.derive_sign_in_proof(root, lock, server.settings.app_url)),
            "kdf": lock,
            "words_wrap": b64(sealed),
        }
        assert (await keeper.request("PUT", "/v1/account/words", body, x_proof=keeper.proof)).status_code == 204
    elif how == "wrong proofs":
        for _ in range(10):
            assert (await phone.request("GET", "/v1/sessions", x_proof=b64(bytes(32)))).json()["error"] == "no_match"
    else:
        server.clock.advance(401 * DAY_MS)
    before = server.dump()
    assert (await phone.request("POST", "/v1/session/renewal", by)).json()["error"] == "signed_out"
    assert server.dump() == before


async def test_a_borrowed_device_and_a_desk_get_none(keeper: Keeper, server: InProcessServer) -> None:
    """Their sessions end with their tab."""
    for extra_fields in ({"borrowed": True}, {"desk": True}):
        assert (await sign_in_device(keeper, server, "192.0.2.2", **extra_fields))[1]["renewal"] == ""
