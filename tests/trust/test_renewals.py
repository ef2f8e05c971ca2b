"""A device comes back after its session ran out by a token that begins a session and does nothing else."""

from __future__ import annotations

import pytest

from diary.encoding import b64
from diary.ids import id_text, new_id
from tests.keepers import Keeper, Phone, Served, sign_in_body

DAY = 86_400_000


async def enters(
    keeper: Keeper, server: Served, address: str = "192.0.2.2", **more: object
) -> tuple[Phone, dict[str, str]]:
    """Another device of the keeper's, and what it sends to come back."""
    phone = Phone(server.client(address))
    body = sign_in_body(keeper.identity.login, keeper.proof) | more
    told = (await phone.ask("POST", "/v1/sessions", body)).json()
    return phone, {"device": body["device"], "device_name": "Again", "renewal": told.get("renewal", "")}


async def test_it_gives_a_new_session_once_and_nothing_else(keeper: Keeper, server: Served) -> None:
    """After the thirty days; the token is another one each time, and proves nothing."""
    phone, by = await enters(keeper, server)
    server.clock.advance(31 * DAY)
    assert (await phone.ask("GET", "/v1/session")).json()["error"] == "signed_out"
    answer = await phone.ask("POST", "/v1/session/renewal", by)
    assert answer.status_code == 200 and "words_wrap" not in answer.json()
    phone.tokens["session"] = answer.json()["token"]
    assert (await phone.ask("GET", f"{keeper.diary}/changes")).status_code == 200
    for proof in (by["renewal"], answer.json()["renewal"], answer.json()["token"]):
        assert (await phone.ask("GET", "/v1/sessions", x_proof=proof)).json()["error"] == "no_match"
    assert (await phone.ask("POST", "/v1/session/renewal", by)).json()["error"] == "signed_out"
    again = await phone.ask("POST", "/v1/session/renewal", by | {"renewal": answer.json()["renewal"]})
    assert again.status_code == 200


async def test_it_is_bound_to_its_device(keeper: Keeper, other: Keeper, server: Served) -> None:
    """With another device's id it is nothing, and so is what is no token; only its digest is stored."""
    phone, by = await enters(keeper, server)
    _, theirs = await enters(other, server, "192.0.2.3")
    devices = [{"device": id_text(new_id())}, {"device": theirs["device"]}]
    for wrong in (*devices, {"renewal": b64(bytes(32))}, {"renewal": "?"}, {"renewal": ""}):
        assert (await phone.ask("POST", "/v1/session/renewal", by | wrong)).json()["error"] in (
            "signed_out",
            "bad_request",
        )
    assert by["renewal"] not in "\n".join(server.dump())
    assert (await phone.ask("POST", "/v1/session/renewal", by)).status_code == 200


async def test_other_devices_are_told_that_it_came_back_and_did_not_sign_in_anew(
    keeper: Keeper, server: Served
) -> None:
    """It stands in their list all the same: whoever copied the token would come back the same way."""
    phone, by = await enters(keeper, server)
    server.clock.advance(29 * DAY)
    assert (await phone.ask("POST", "/v1/session/renewal", by)).status_code == 200
    listed = (await keeper.ask("GET", "/v1/sign-ins")).json()["sign_ins"]
    assert [(one["kind"], one["what"]) for one in listed] == [("ordinary", "signed_in"), ("renewed", "signed_in")]


@pytest.mark.parametrize("how", ["signed out", "ended", "others ended", "new words", "wrong proofs", "too old"])
async def test_ending_a_session_on_purpose_kills_it(how: str, keeper: Keeper, server: Served) -> None:
    """However it was ended: the device comes back by the words alone."""
    from diary.client import accounts
    from diary.crypto import kdf
    from diary.crypto.keys import words_header, wrap

    phone, by = await enters(keeper, server)
    identity = keeper.identity
    if how == "signed out":
        assert (await phone.ask("DELETE", "/v1/session")).status_code == 204
    elif how == "ended":
        listed = (await keeper.ask("GET", "/v1/sessions", x_proof=keeper.proof)).json()["sessions"]
        (theirs,) = [one["session"] for one in listed if not one["here"]]
        assert (await keeper.ask("DELETE", f"/v1/sessions/{theirs}", x_proof=keeper.proof)).status_code == 204
    elif how == "others ended":
        assert (await keeper.ask("DELETE", "/v1/sessions", x_proof=keeper.proof)).status_code == 204
    elif how == "new words":
        lock = accounts.new_kdf(identity.login, server.settings.app_url, kdf.CHEAPEST)
        root = kdf.root("quite other words than before", lock, kdf.TESTS)
        sealed = wrap(kdf.kek_words(root, lock), words_header(identity.account, 1, lock), identity.account_key)
        body = {"auth": b64(kdf.auth(root, lock, server.settings.app_url)), "kdf": lock, "words_wrap": b64(sealed)}
        assert (await keeper.ask("PUT", "/v1/account/words", body, x_proof=keeper.proof)).status_code == 204
    elif how == "wrong proofs":
        for _ in range(10):
            assert (await phone.ask("GET", "/v1/sessions", x_proof=b64(bytes(32)))).json()["error"] == "no_match"
    else:
        server.clock.advance(401 * DAY)
    before = server.dump()
    assert (await phone.ask("POST", "/v1/session/renewal", by)).json()["error"] == "signed_out"
    assert server.dump() == before


async def test_a_borrowed_device_and_a_desk_get_none(keeper: Keeper, server: Served) -> None:
    """They end with their tab."""
    for more in ({"borrowed": True}, {"desk": True}):
        assert (await enters(keeper, server, **more))[1]["renewal"] == ""
