"""What the advocate's page asks of the server besides reading: a session without a trace, whether a grant stands, who looked."""

from __future__ import annotations

import os
from dataclasses import replace

import httpx

from diary.client import advocates, grant_access
from diary.client.advocates import Invited
from diary.client.transport import Server
from diary.crypto import kdf
from diary.ids import id_text, new_id, parse_id
from diary.ledger.sharing import review_marks
from diary.paths import STATIC
from tests.advocates import WORDS, Desk, found_organisation, hire, lead_of, let_in, reach
from tests.keepers import CODE, Keeper, Phone, Served, enrol


async def test_a_desk_keeps_nothing_and_clears_nothing(server: Served) -> None:
    """An advocate's page gets a token and no device token, and what its browser keeps of this host is left alone."""
    _, invite = await found_organisation(server)
    heard: list[httpx.Response] = []

    async def note(answer: httpx.Response) -> None:
        heard.append(answer)

    class AtDesk(Server):
        async def json(self, method: str, path: str, body: object = None, **more: object) -> dict[str, object]:
            return await super().json(method, path, dict(body or {}) | {"desk": True}, **more)  # type: ignore[call-overload, arg-type]

    client = server.client("198.51.100.30")
    client.event_hooks["response"] = [note]
    reached = AtDesk(client, server.settings.app_url)
    invited, now = Invited(invite, "Priya K", os.urandom(20)), server.clock.now_ms()
    made = await advocates.join(reached, WORDS, invited, code=CODE, now=now, profile=kdf.CHEAPEST, policy=kdf.TESTS)
    server.clock.ms += 60_000
    await advocates.sign_in(reached, made.login, WORDS, made.secret, server.clock.now_ms(), policy=kdf.TESTS)
    entered = [one for one in heard if one.request.url.path in ("/v1/members", "/v1/sessions")]
    assert [one.status_code for one in entered] == [201, 200]
    session = entered[-1].json()["token"]
    by = {"Authorization": f"Bearer {session}", "X-Requested-By": "app", "Sec-Fetch-Site": "same-origin"}
    left = await client.delete("/v1/session", headers=by)
    assert left.status_code == 204
    entered.append(left)
    for one in entered[:-1]:
        await one.aread()
        assert one.json()["token"] and "device_token" not in one.json()
    for one in entered:
        assert not {"set-cookie", "clear-site-data"} & set(one.headers)


async def test_asking_whether_it_stands_is_no_look(keeper: Keeper, server: Served) -> None:
    """It says the end and the newest number, changes nothing, and is gone with the grant."""
    desk, _ = await lead_of(server)
    granted = await let_in(server, keeper, desk)
    await keeper.push()
    before = server.dump()
    told = (await desk.ask("GET", f"/v1/clients/{granted.id}")).json()
    assert told == {"newest": 0, "not_after": granted.said["not_after"]}
    assert server.dump() == before
    await grant_access.shut_out(reach(keeper, server), keeper.identity, granted.id)
    assert (await desk.ask("GET", f"/v1/clients/{granted.id}")).status_code == 404


async def test_marks_are_for_keeper_and_advocate(keeper: Keeper, server: Served) -> None:
    """What was looked through reaches the keeper, who alone has its key besides; it outlives the grant, and counts as no look."""
    desk, _ = await lead_of(server)
    granted = await let_in(server, keeper, desk)
    (client,) = await desk.clients(server.clock.now_ms())
    assert await grant_access.read_marks(reach(keeper, server), granted) is None
    record, other = id_text(new_id()), id_text(new_id())
    for seen in ({record: 3}, {other: 4}, {record: 5}):
        server.clock.ms += 60_000
        await advocates.mark(desk.reached, client, seen, server.clock.now_ms())
    told = await grant_access.read_marks(reach(keeper, server), granted)
    assert told is not None
    assert {one["record"]: one["seq"] for one in told["marks"]} == {record: 5, other: 4}
    row = (await keeper.ask("GET", "/v1/grants")).json()
    assert (row["grants"][0]["marks"], row["looks"]) == (3, [])
    assert record not in str(server.dump()) and parse_id(record).hex() not in str(server.dump()).lower()
    # of another place, or too many, they are refused
    elsewhere = review_marks.MARKS.seal(
        replace(granted, said={**granted.said, "grant": id_text(new_id())}), {"made_at": 1, "marks": []}
    )
    for body in (elsewhere, b"x" * 90, b""):
        assert (await desk.ask("PUT", f"/v1/clients/{granted.id}/marks", body)).status_code == 400
    large = review_marks.MARKS.seal(granted, {"made_at": 1, "marks": []}) + bytes(256 << 10)
    assert (await desk.ask("PUT", f"/v1/clients/{granted.id}/marks", large)).status_code == 400
    await grant_access.shut_out(reach(keeper, server), keeper.identity, granted.id)
    assert await grant_access.read_marks(reach(keeper, server), granted) == told
    assert (await desk.ask("GET", f"/v1/clients/{granted.id}/marks")).status_code == 404


async def test_a_lead_reads_who_looked_and_no_clients_name(keeper: Keeper, server: Served) -> None:
    """Looks of every member with a code for the client; a colleague who does not lead finds nothing there."""
    desk, _ = await lead_of(server)
    invite = await desk.invites()
    colleague = await hire(server, invite, "Sam", "198.51.100.21")
    for one in (desk, colleague):
        granted = await let_in(server, keeper, one)
        await one.ask("GET", f"/v1/clients/{granted.id}/changes?after=0")
    looks = (await desk.ask("GET", "/v1/organisation/looks")).json()["looks"]
    assert sorted(one["name"] for one in looks) == ["Leigh", "Sam"] and {one["what"] for one in looks} == {"read"}
    assert len({one["client"] for one in looks}) == 2 and all(len(one["client"]) == 8 for one in looks)
    assert granted.id not in str(looks)
    assert (await colleague.ask("GET", "/v1/organisation/looks")).status_code == 404


async def test_the_page_and_its_code_have_an_address_of_their_own(server: Served) -> None:
    """What only a desk needs is not among the keeper's files; what both need is at both addresses, the same bytes."""
    phone = Phone(server.client())
    page = await phone.ask("GET", "/desk")
    assert (
        page.status_code == 200 and b"/desk/code/app/desk/main.js" in page.content and b"/static/" not in page.content
    )
    for path in ("app/desk/main.js", "css/desk.css"):
        assert (await phone.ask("GET", f"/desk/code/{path}")).status_code == 200
        assert (await phone.ask("GET", f"/static/{path}")).status_code == 404
    shared = [(await phone.ask("GET", f"/{at}/app/crypto/worker.js")).content for at in ("static", "desk/code")]
    assert shared[0] == shared[1] == (STATIC / "app" / "crypto" / "worker.js").read_bytes()
    for path in ("js/front/get.js", "js/main.js", "js/desk/main.js", "vendor/lit-html/lit-html.js"):
        assert [(await phone.ask("GET", f"/{at}/{path}")).status_code for at in ("static", "desk/code")] == [404, 404]


async def test_a_pack_is_recorded_before_it_is_made(server: Served, keeper: Keeper) -> None:
    """For the keeper to read; counted for that diary alone, whatever the grant; not once it is ended, and by nobody else."""
    (desk, _), (stranger, _) = await lead_of(server), await lead_of(server)
    first = await let_in(server, keeper, desk)
    other = await enrol(server, "203.0.113.51")
    await let_in(server, other, desk)

    async def noted(grant: str, what: str = "pack", by: Desk | None = None) -> tuple[int, object]:
        answer = await (by or desk).ask("POST", f"/v1/clients/{grant}/looks", {"what": what})
        return answer.status_code, answer.json().get("packs")

    assert await noted(first.id) == (200, 1)
    server.clock.advance(60_000)
    assert await noted(first.id) == (200, 2)
    second = await let_in(server, keeper, desk)
    assert await noted(second.id) == (200, 3)
    assert await noted(second.id, "read") == (400, None)
    await grant_access.shut_out(reach(keeper, server), keeper.identity, first.id)
    assert await noted(first.id) == (404, None)
    assert await noted(second.id, by=stranger) == (404, None)
    looks = (await keeper.ask("GET", "/v1/grants")).json()["looks"]
    assert [one["what"] for one in looks] == ["pack"] * 3
    assert (await other.ask("GET", "/v1/grants")).json()["looks"] == []
