"""Grants in unusual situations: replayed, and while what they share is erased."""

from __future__ import annotations

from dataclasses import replace

from diary.client import advocates, grant_access
from diary.client.journal import VersionContent
from diary.encoding import b64
from diary.ids import id_text, new_id
from diary.ledger import push
from diary.services.sync.purge import PURGE_INTERVAL_SECONDS, purge
from tests.advocate_helpers import (
    AdvocateDevice,
    api_client_for,
    full_access_choice,
    grant_access_to,
    open_instance_on_database,
)
from tests.server_fixture import InProcessServer, Keeper, seal_file
from tests.web.test_grants import PLAINTEXT_SENTINEL, desk, give_keys, narratives_read, write_for_grants

__all__ = ["desk"]  # a fixture


async def test_a_grant_played_again_lets_nobody_in(
    server: InProcessServer, keeper: Keeper, desk: AdvocateDevice
) -> None:
    """Neither a wider earlier grant in place of a narrower one, nor a replayed request after the end, gives access."""
    wide_grant = await grant_access_to(server, keeper, desk)
    held = await write_for_grants(keeper, PLAINTEXT_SENTINEL, wide_grant)
    sealed = server.query("SELECT sealed FROM access_grant")[0][0]
    statement = wide_grant.statement
    body = {
        "grant": wide_grant.id,
        "kept": "",
        "not_after": statement["not_after"],
        "sealed": b64(sealed),
        "to": statement["to"],
    }
    body["kept"] = b64(server.query("SELECT kept FROM access_grant")[0][0])
    await grant_access.end_grant(api_client_for(keeper, server), keeper.identity, wide_grant.id)
    second_answer = await keeper.request("POST", f"{keeper.diary}/grants", body, x_proof=keeper.proof)
    assert second_answer.status_code == 201
    assert await desk.list_clients(server.clock.now_ms()) == []
    assert await give_keys(server, keeper, wide_grant, held) == 0
    assert (await desk.request("GET", f"/v1/clients/{wide_grant.id}/changes")).status_code == 404
    narrow = await grant_access_to(
        server, keeper, desk, full_access_choice(server, scope={"records": [id_text(new_id())]}, prev=wide_grant.id)
    )
    async with open_instance_on_database(server) as instance:
        put = "UPDATE access_grant SET sealed = ? WHERE ended_at IS NULL"
        await instance.db.writer.run(lambda hand: hand.execute(put, (sealed,)))
    assert await advocates.list_clients(desk.api_client, desk.advocate, server.clock.now_ms()) == ([], 1)
    assert narrow.statement["prev"] == wide_grant.id


async def test_an_erased_version_goes_from_grants_too(
    server: InProcessServer, keeper: Keeper, desk: AdvocateDevice
) -> None:
    """When a version is erased, the advocate's next request has nothing of it or its file, and the grant stays valid."""
    granted = await grant_access_to(server, keeper, desk)
    await write_for_grants(keeper, "This stays.", granted)
    held = await write_for_grants(keeper, PLAINTEXT_SENTINEL, granted)
    file = seal_file(keeper, b"a picture")
    await keeper.request("PUT", f"{keeper.diary}/blobs/{file.blob}", file.declaration)
    await keeper.request("PUT", f"{keeper.diary}/blobs/{file.blob}/parts/0", file.sealed_parts[0])
    picture = keeper.journal.append(VersionContent("attachment", {}, {}, ((file.blob, bytes(32)),)))
    at = picture.opened_version.ids
    body = push.encode(
        replace(picture.push, grants=(grant_access.wrap_keys_for_grant(granted, keeper.identity, picture.push, at),))
    )
    assert (
        await keeper.request("PUT", f"{keeper.diary}/records/{at.record}/versions/{at.version}", body)
    ).status_code == 201
    part = f"/v1/clients/{granted.id}/blobs/{file.blob}/parts/0"
    assert (await desk.request("GET", part)).content == file.sealed_parts[0]
    erasure_request = {"records": [held.opened_version.ids.record, at.record], "why": "keeper"}
    await keeper.request("POST", f"{keeper.diary}/erasures", erasure_request, x_proof=keeper.proof)
    for _ in range(24 * 8):
        server.clock.ms += PURGE_INTERVAL_SECONDS * 1000
        async with open_instance_on_database(server) as instance:
            await purge(instance)
    assert await narratives_read(server, desk) == ["This stays."]
    assert (await desk.request("GET", part)).status_code == 404
    assert server.query("SELECT count(*) FROM grant_wrap") == [(1,)]
