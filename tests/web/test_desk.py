"""Requests of the advocate's page besides reading: sessions without traces, checks of grants, access logs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import httpx

from diary.client import advocates, grant_access
from diary.client.advocates import MemberInvitation
from diary.client.transport import RemoteServer
from diary.crypto import kdf
from diary.ids import id_text, new_id, parse_id
from diary.ledger.sharing import review_marks
from diary.paths import STATIC
from tests.advocate_helpers import (
    ADVOCATE_PASSPHRASE,
    AdvocateDevice,
    api_client_for,
    create_organisation,
    create_organisation_lead,
    grant_access_to,
    join_organisation,
)
from tests.server_fixture import RECOVERY_CODE, InProcessServer, Keeper, Phone, register_keeper


async def test_a_desk_keeps_nothing_and_clears_nothing(server: InProcessServer) -> None:
    """An advocate's page gets a token and no device token, and the browser's data for this host is not cleared."""
    _, invite = await create_organisation(server)
    responses: list[httpx.Response] = []

    async def note(answer: httpx.Response) -> None:
        responses.append(answer)

    class DeskServer(RemoteServer):
        async def json(
            self, method: str, path: str, body: Mapping[str, Any] | None = None, *, proof: str | None = None
        ) -> dict[str, Any]:
            return await super().json(method, path, {**(body or {}), "desk": True}, proof=proof)

    client = server.http_client("198.51.100.30")
    client.event_hooks["response"] = [note]
    desk_client = DeskServer(client, server.settings.app_url)
    invited, now = MemberInvitation(invite, "Priya K", os.urandom(20)), server.clock.now_ms()
    advocate = await advocates.join_organisation(
        desk_client,
        ADVOCATE_PASSPHRASE,
        invited,
        recovery_code=RECOVERY_CODE,
        now_ms=now,
        profile=kdf.CHEAPEST_PROFILE,
        policy=kdf.TEST_POLICY,
    )
    server.clock.ms += 60_000
    await advocates.sign_in(
        desk_client,
        advocate.login,
        ADVOCATE_PASSPHRASE,
        advocate.totp_secret,
        server.clock.now_ms(),
        policy=kdf.TEST_POLICY,
    )
    sign_in_responses = [
        response for response in responses if response.request.url.path in ("/v1/members", "/v1/sessions")
    ]
    assert [response.status_code for response in sign_in_responses] == [201, 200]
    session = sign_in_responses[-1].json()["token"]
    headers = {"Authorization": f"Bearer {session}", "X-Requested-By": "app", "Sec-Fetch-Site": "same-origin"}
    sign_out = await client.delete("/v1/session", headers=headers)
    assert sign_out.status_code == 204
    sign_in_responses.append(sign_out)
    for response in sign_in_responses[:-1]:
        await response.aread()
        assert response.json()["token"] and "device_token" not in response.json()
    for response in sign_in_responses:
        assert not {"set-cookie", "clear-site-data"} & set(response.headers)


async def test_checking_whether_a_grant_stands_is_not_recorded_as_a_view(
    keeper: Keeper, server: InProcessServer
) -> None:
    """It returns the end and the newest number, changes nothing, and gives 404 after the grant."""
    desk, _ = await create_organisation_lead(server)
    granted = await grant_access_to(server, keeper, desk)
    await keeper.push()
    before = server.dump()
    response_body = (await desk.request("GET", f"/v1/clients/{granted.id}")).json()
    assert response_body == {"newest": 0, "not_after": granted.statement["not_after"]}
    assert server.dump() == before
    await grant_access.end_grant(api_client_for(keeper, server), keeper.identity, granted.id)
    assert (await desk.request("GET", f"/v1/clients/{granted.id}")).status_code == 404


async def test_marks_are_for_keeper_and_advocate(keeper: Keeper, server: InProcessServer) -> None:
    """Only the keeper has the marks' key besides the advocate; marks outlive the grant, and are not recorded as a view."""
    desk, _ = await create_organisation_lead(server)
    granted = await grant_access_to(server, keeper, desk)
    (client,) = await desk.list_clients(server.clock.now_ms())
    assert await grant_access.fetch_review_marks(api_client_for(keeper, server), granted) is None
    record, other = id_text(new_id()), id_text(new_id())
    for reviewed_seqs in ({record: 3}, {other: 4}, {record: 5}):
        server.clock.ms += 60_000
        await advocates.mark_reviewed(desk.api_client, client, reviewed_seqs, server.clock.now_ms())
    keeper_marks = await grant_access.fetch_review_marks(api_client_for(keeper, server), granted)
    assert keeper_marks is not None
    assert {one["record"]: one["seq"] for one in keeper_marks["marks"]} == {record: 5, other: 4}
    row = (await keeper.request("GET", "/v1/grants")).json()
    assert (row["grants"][0]["marks"], row["looks"]) == (3, [])
    assert record not in str(server.dump()) and parse_id(record).hex() not in str(server.dump()).lower()
    # marks of another place, or too many, are refused
    other_marks = review_marks.MARKS_DOCUMENT.seal(
        replace(granted, statement={**granted.statement, "grant": id_text(new_id())}), {"made_at": 1, "marks": []}
    )
    for body in (other_marks, b"x" * 90, b""):
        assert (await desk.request("PUT", f"/v1/clients/{granted.id}/marks", body)).status_code == 400
    large = review_marks.MARKS_DOCUMENT.seal(granted, {"made_at": 1, "marks": []}) + bytes(256 << 10)
    assert (await desk.request("PUT", f"/v1/clients/{granted.id}/marks", large)).status_code == 400
    await grant_access.end_grant(api_client_for(keeper, server), keeper.identity, granted.id)
    assert await grant_access.fetch_review_marks(api_client_for(keeper, server), granted) == keeper_marks
    assert (await desk.request("GET", f"/v1/clients/{granted.id}/marks")).status_code == 404


async def test_a_lead_reads_who_looked_and_no_clients_name(keeper: Keeper, server: InProcessServer) -> None:
    """Views of every member are listed with a code for the client; a colleague who is not the lead gets 404."""
    desk, _ = await create_organisation_lead(server)
    invite = await desk.invite_colleague()
    colleague = await join_organisation(server, invite, "Sam", "198.51.100.21")
    for member in (desk, colleague):
        granted = await grant_access_to(server, keeper, member)
        await member.request("GET", f"/v1/clients/{granted.id}/changes?after=0")
    looks = (await desk.request("GET", "/v1/organisation/looks")).json()["looks"]
    assert sorted(view["name"] for view in looks) == ["Leigh", "Sam"] and {view["what"] for view in looks} == {"read"}
    assert len({view["client"] for view in looks}) == 2 and all(len(view["client"]) == 8 for view in looks)
    assert granted.id not in str(looks)
    assert (await colleague.request("GET", "/v1/organisation/looks")).status_code == 404


async def test_the_page_and_its_code_have_an_address_of_their_own(server: InProcessServer) -> None:
    """The desk's own files are not among the keeper's; shared ones are identical at both paths."""
    phone = Phone(server.http_client())
    page = await phone.request("GET", "/desk")
    assert (
        page.status_code == 200 and b"/desk/code/app/desk/main.js" in page.content and b"/static/" not in page.content
    )
    for path in ("app/desk/main.js", "css/desk.css"):
        assert (await phone.request("GET", f"/desk/code/{path}")).status_code == 200
        assert (await phone.request("GET", f"/static/{path}")).status_code == 404
    shared = [(await phone.request("GET", f"/{at}/app/crypto/worker.js")).content for at in ("static", "desk/code")]
    assert shared[0] == shared[1] == (STATIC / "app" / "crypto" / "worker.js").read_bytes()
    for path in ("js/front/get.js", "js/main.js", "js/desk/main.js", "vendor/lit-html/lit-html.js"):
        assert [(await phone.request("GET", f"/{at}/{path}")).status_code for at in ("static", "desk/code")] == [
            404,
            404,
        ]


async def test_a_pack_is_recorded_before_it_is_made(server: InProcessServer, keeper: Keeper) -> None:
    """The keeper can read it; it counts for that diary alone. Ended grants and other clients cannot record one."""
    (desk, _), (stranger, _) = await create_organisation_lead(server), await create_organisation_lead(server)
    first = await grant_access_to(server, keeper, desk)
    second_keeper = await register_keeper(server, "203.0.113.51")
    await grant_access_to(server, second_keeper, desk)

    async def noted(grant: str, what: str = "pack", by: AdvocateDevice | None = None) -> tuple[int, object]:
        answer = await (by or desk).request("POST", f"/v1/clients/{grant}/looks", {"what": what})
        return answer.status_code, answer.json().get("packs")

    assert await noted(first.id) == (200, 1)
    server.clock.advance(60_000)
    assert await noted(first.id) == (200, 2)
    second = await grant_access_to(server, keeper, desk)
    assert await noted(second.id) == (200, 3)
    assert await noted(second.id, "read") == (400, None)
    await grant_access.end_grant(api_client_for(keeper, server), keeper.identity, first.id)
    assert await noted(first.id) == (404, None)
    assert await noted(second.id, by=stranger) == (404, None)
    looks = (await keeper.request("GET", "/v1/grants")).json()["looks"]
    assert [row["what"] for row in looks] == ["pack"] * 3
    assert (await second_keeper.request("GET", "/v1/grants")).json()["looks"] == []
