"""Every actor on every row of an advocate's: in scope, out of scope, run out, ended, a keeper, nobody."""

from __future__ import annotations

import re
from dataclasses import replace

import httpx
import pytest

from diary.client import granting
from diary.client.granting import Choice
from diary.client.journal import Said
from diary.crypto.signing import Author
from diary.encoding import b64
from diary.ids import id_text, new_id
from diary.ledger import push
from diary.ledger.letters import Place, seal_letter
from diary.web.policy import Audience, Kind, Row
from diary.web.routes import ROUTES
from tests.advocates import Desk, all_of_it, hire, lead_of, let_in, reach
from tests.keepers import Keeper, Phone, Served, seal_file

ROWS = [row for row in ROUTES if row.audience is Audience.ADVOCATE]
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
    body = push.encode(replace(held.push, grants=(granting.keys_for(granted, keeper.identity, held.push, place),)))
    await keeper.ask("PUT", f"{keeper.diary}/records/{place.record}/versions/{place.version}", body)
    return {"grant": granted.id, "blob": file.blob, "i": "0", "letter": id_text(new_id()), "member": desk.advocate.account}


def body_for(row: Row, desk: Desk, keeper: Keeper, ids: dict[str, str]) -> bytes | dict[str, object] | None:
    """A body the row would take."""
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
async def test_forbidden_run_out_ended_and_absent_are_one_answer(row: Row, keeper: Keeper, server: Served) -> None:
    """In scope it answers; for a colleague, after the date, after the end and for what nobody has: the same bytes."""
    desk, _ = await lead_of(server)
    ids = await given(server, keeper, desk, all_of_it(server, not_after=server.clock.now_ms() + HOUR))
    assert (await ask(row, desk, body_for(row, desk, keeper, ids), ids)).status_code in (200, 201, 204)
    invite = (await desk.ask("POST", "/v1/organisation/invitations")).json()["invite"]
    colleague = await hire(server, invite, "Sam")
    absent_ids = ids | {"grant": id_text(new_id())}
    absent = await ask(row, desk, body_for(row, desk, keeper, absent_ids), absent_ids)
    other = await ask(row, colleague, body_for(row, colleague, keeper, ids), ids)
    server.clock.ms += 2 * HOUR
    late = await ask(row, desk, body_for(row, desk, keeper, ids), ids)
    server.clock.ms -= 2 * HOUR
    await granting.shut_out(reach(keeper, server), keeper.identity, ids["grant"])
    ended = await ask(row, desk, body_for(row, desk, keeper, ids), ids)
    answers = [absent, other, late, ended]
    assert {one.status_code for one in answers} == {404}
    assert len({(one.content, tuple(sorted(one.headers.multi_items()))) for one in answers}) == 1
