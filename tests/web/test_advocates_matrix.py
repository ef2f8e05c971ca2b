"""Every actor on every row that has to do with an advocate: in scope, out of scope, run out, ended, gone, a keeper, nobody.

Keepers on keepers' rows are in test_authorisation.py.
"""

from __future__ import annotations

import re
from dataclasses import replace

import httpx
import pytest

from diary.client import grant_access
from diary.client.grant_access import Choice
from diary.client.journal import Said
from diary.crypto.handover import new_kdf
from diary.crypto.kdf import CHEAPEST
from diary.crypto.sealing import Kind as Envelope
from diary.crypto.sealing import prefix
from diary.crypto.signing import Author
from diary.encoding import b64
from diary.ids import id_text, new_id
from diary.ledger import push
from diary.ledger.sharing.letters import Place, seal_letter
from diary.web.route_policy import Audience, Kind, Row
from diary.web.routes import ROUTES
from tests.advocates import WORDS, Desk, all_of_it, hire, lead_of, let_in, reach
from tests.keepers import Keeper, Phone, Served, proof_of_words, seal_file
from tests.web import test_authorisation as keepers_rows

ROWS = [row for row in ROUTES if row.for_members]
OF_A_CLIENT = [row for row in ROWS if "{grant}" in row.path]
HOUR = 3_600_000


def named(row: Row) -> str:
    """A row as a test's name."""
    return f"{row.method} {row.path}"


async def given(server: Served, keeper: Keeper, desk: Desk, choice: Choice) -> dict[str, str]:
    """A grant with one version that names a file, and a letter's id."""
    granted = await let_in(server, keeper, desk, choice)
    file = seal_file(keeper, b"a picture")
    await keeper.ask("PUT", f"{keeper.diary}/blobs/{file.blob}", file.declaration)
    await keeper.ask("PUT", f"{keeper.diary}/blobs/{file.blob}/parts/0", file.sealed[0])
    held = keeper.journal.append(Said("attachment", {}, {}, ((file.blob, bytes(32)),)))
    place = held.opened.place
    body = push.encode(replace(held.push, grants=(grant_access.keys_for(granted, keeper.identity, held.push, place),)))
    await keeper.ask("PUT", f"{keeper.diary}/records/{place.record}/versions/{place.version}", body)
    return {
        "grant": granted.id,
        "blob": file.blob,
        "i": "0",
        "letter": id_text(new_id()),
        "member": desk.advocate.account,
    }


def body_for(row: Row, desk: Desk, keeper: Keeper, ids: dict[str, str]) -> bytes | dict[str, object] | None:
    """A body the row would take."""
    if row.path.endswith("/marks") and row.writes:
        marks = {"diary": keeper.identity.diary, "grant": ids["grant"], "t": "marks"}
        return prefix(Envelope.SUMMARY, marks) + b"x" * 90
    if row.body.kind is Kind.OCTETS:
        place = Place(keeper.identity.diary, ids["grant"], ids["letter"])
        fields = {"fields": {"about": id_text(bytes(16)), "text": "When?"}, "what": "question", "made_at": 1}
        told = fields | {"from": b64(desk.advocate.fingerprint)}
        return seal_letter(Author(desk.advocate.keyset.ecdsa), keeper.identity.keyset.hpke_pub, place, told)
    return {"what": "pack"} if row.body.kind is Kind.JSON else None


async def ask(row: Row, who: Phone, body: bytes | dict[str, object] | None, ids: dict[str, str]) -> httpx.Response:
    """The row's request for these ids."""
    return await who.ask(row.method, re.sub(r"{(\w+)}", lambda found: ids[found[1]], row.path), body)


@pytest.mark.parametrize("row", ROWS, ids=named)
async def test_nobody_and_a_keeper_have_nothing_there(row: Row, keeper: Keeper, server: Served) -> None:
    """Without a session 401; a keeper, whose diary it is, gets what a stranger gets: not found."""
    desk, _ = await lead_of(server)
    ids = await given(server, keeper, desk, all_of_it(server))
    body = body_for(row, desk, keeper, ids)
    before = server.dump()
    nobody = await ask(row, Phone(server.client()), body, ids)
    assert (nobody.status_code, nobody.json()["error"]) == (401, "signed_out")
    theirs = await ask(row, keeper, body, ids)
    assert (theirs.status_code, theirs.json()["error"]) == (404, "not_found")
    assert server.dump() == before


@pytest.mark.parametrize("row", OF_A_CLIENT, ids=named)
async def test_forbidden_expired_ended_and_absent_get_one_response(row: Row, keeper: Keeper, server: Served) -> None:
    """In scope it answers; for a colleague, after the date, after the end and for what nobody has: the same bytes."""
    desk, _ = await lead_of(server)
    ids = await given(server, keeper, desk, all_of_it(server, not_after=server.clock.now_ms() + HOUR))
    assert (await ask(row, desk, body_for(row, desk, keeper, ids), ids)).status_code in (200, 201, 204)
    invite = await desk.invites()
    colleague = await hire(server, invite, "Sam")
    absent_ids = ids | {"grant": id_text(new_id())}
    absent = await ask(row, desk, body_for(row, desk, keeper, absent_ids), absent_ids)
    other = await ask(row, colleague, body_for(row, colleague, keeper, ids), ids)
    server.clock.ms += 2 * HOUR
    late = await ask(row, desk, body_for(row, desk, keeper, ids), ids)
    server.clock.ms -= 2 * HOUR
    await grant_access.shut_out(reach(keeper, server), keeper.identity, ids["grant"])
    ended = await ask(row, desk, body_for(row, desk, keeper, ids), ids)
    answers = [absent, other, late, ended]
    assert {one.status_code for one in answers} == {404}
    assert len({(one.content, tuple(sorted(one.headers.multi_items()))) for one in answers}) == 1


async def test_who_has_left_is_a_stranger_on_every_row(keeper: Keeper, server: Served) -> None:
    """Of a member who was let in, and whose membership ended meanwhile, the session is over, whatever is asked with it."""
    lead, _ = await lead_of(server)
    invite = await lead.invites()
    gone = await hire(server, invite, "Sam")
    ids = await given(server, keeper, gone, all_of_it(server))
    assert (await gone.ask("GET", f"/v1/clients/{ids['grant']}/changes")).status_code == 200
    place = f"/v1/organisation/members/{gone.advocate.account}"
    assert (await lead.ask("DELETE", place, x_proof=await lead.prove())).status_code == 204
    before = server.dump()
    for row in ROWS:
        answer = await ask(row, gone, body_for(row, gone, keeper, ids), ids)
        assert (answer.status_code, answer.json()["error"]) == (401, "signed_out"), named(row)
    assert server.dump() == before


async def test_an_advocate_in_scope_finds_nothing_at_a_keepers_addresses(keeper: Keeper, server: Served) -> None:
    """With the ids of all that the client who let them in has, their own words proved: what nobody has, byte for byte."""
    desk, _ = await lead_of(server)
    theirs = await keepers_rows.belongings(keeper, server, desk)
    nobodys = {name: theirs[name] if name in ("i", "size", "fingerprint") else id_text(new_id()) for name in theirs}
    kdf = (await desk.ask("POST", "/v1/prelogin", {"login": desk.advocate.login})).json()
    proof = proof_of_words(desk, WORDS, kdf)  # type: ignore[arg-type] # of its words alone
    assert (await desk.ask("GET", "/v1/sessions", x_proof=proof)).status_code == 200
    before = server.dump()
    for row in keepers_rows.NAMING:
        answers = []
        for ids in (theirs, nobodys):
            body = keepers_rows.body_for(row, keeper, ids)
            answers.append(await desk.ask(row.method, filled(row, ids), body, x_proof=proof))
        forbidden, absent = answers
        # What a keeper pushes carries that keeper's signature: an advocate has no diary it could be for.
        allowed = (404, 400) if row.path.endswith("versions/{version}") else (404,)
        assert forbidden.status_code in allowed, named(row)
        assert forbidden.content == absent.content, named(row)
        assert keepers_rows.headers(forbidden) == keepers_rows.headers(absent), named(row)
    assert server.dump() == before


def filled(row: Row, ids: dict[str, str]) -> str:
    """A row's address with these ids."""
    return re.sub(r"{(\w+)}", lambda found: ids[found[1]], row.path)


async def test_unscoped_routes_show_an_advocate_only_their_own_account(keeper: Keeper, server: Served) -> None:
    """Lists of sessions, grants, hand-overs and the like hold nothing of the client's; nothing can be begun in their diary."""
    desk, _ = await lead_of(server)
    theirs = await keepers_rows.belongings(keeper, server, desk)
    secret = [
        theirs[name]
        for name in ("diary", "grant", "letter", "witness", "handover", "pack", "record", "blob", "session")
    ]
    kdf = (await desk.ask("POST", "/v1/prelogin", {"login": desk.advocate.login})).json()
    proof = proof_of_words(desk, WORDS, kdf)  # type: ignore[arg-type] # of its words alone
    for row in keepers_rows.ROWS:
        if row in keepers_rows.NAMING or row.writes or "{" in row.path:
            continue
        answer = await desk.ask(row.method, row.path, x_proof=proof)
        assert answer.status_code == 200, named(row)
        assert [one for one in secret if one in answer.text] == [], named(row)
    before = server.dump()
    diary = {"diary": theirs["diary"]}
    begun = diary | {"name": "Q" * 22, "auth": "Q" * 43, "parts": 2, "size": 9000, "handover": id_text(new_id())}
    for path, body in (("/v1/packs", diary), ("/v1/handovers", begun | {"kdf": new_kdf(CHEAPEST)})):
        assert (await desk.ask("POST", path, body, x_proof=proof)).status_code == 404, path
    assert server.dump() == before


async def test_a_session_opens_nothing_on_the_public_host(keeper: Keeper, server: Served) -> None:
    """Hand-overs and statements are for whoever has the words: keeper, advocate in scope and nobody get one answer."""
    desk, _ = await lead_of(server)
    ids = await keepers_rows.belongings(keeper, server, desk) | {"upload": id_text(new_id())}
    nothing = {"name": b64(bytes(16)), "auth": "A" * 43, "parts": 1, "size": 9000}
    asked = 0
    for row in ROUTES:
        if row.audience is not Audience.RECIPIENT:
            continue
        answers = []
        for number, tokens in enumerate((keeper.tokens, desk.tokens, {})):
            transport = server.client(f"203.0.113.{10 * asked + number}")._transport
            phone = Phone(httpx.AsyncClient(transport=transport, base_url=server.settings.public_url), dict(tokens))
            body = nothing if row.body.kind is Kind.JSON else b"x" * 200 if row.body.kind is Kind.OCTETS else None
            answers.append(await phone.ask(row.method, filled(row, ids), body, x_proof=keeper.proof))
        assert len({(one.status_code, one.content) for one in answers}) == 1, named(row)
        assert not any(one.headers.get_list("set-cookie") for one in answers), named(row)
        refused = (200,) if row.path.endswith("/salt") else (400, 401)  # a salt is given for any name
        assert answers[0].status_code in refused, named(row)
        asked += 1
    assert asked >= 7
