"""Grants at bad moments: played again, and while what they give is erased."""

from __future__ import annotations

from dataclasses import replace

from diary.client import advocates, grant_access
from diary.client.journal import Said
from diary.encoding import b64
from diary.ids import id_text, new_id
from diary.ledger import push
from diary.services.sync.purge import HOUR_S, purge
from tests.advocates import Desk, all_of_it, beside, let_in, reach
from tests.keepers import Keeper, Served, seal_file
from tests.web.test_grants import SENTINEL, desk, give, seen, write

__all__ = ["desk"]  # a fixture


async def test_a_grant_played_again_lets_nobody_in(server: Served, keeper: Keeper, desk: Desk) -> None:
    """The wider grant of before in the place of a narrower one, and the request that made a grant after it was ended: nothing."""
    wide = await let_in(server, keeper, desk)
    held = await write(keeper, SENTINEL, wide)
    sealed = server.rows("SELECT sealed FROM access_grant")[0][0]
    told = wide.said
    body = {"grant": wide.id, "kept": "", "not_after": told["not_after"], "sealed": b64(sealed), "to": told["to"]}
    body["kept"] = b64(server.rows("SELECT kept FROM access_grant")[0][0])
    await grant_access.shut_out(reach(keeper, server), keeper.identity, wide.id)
    again = await keeper.ask("POST", f"{keeper.diary}/grants", body, x_proof=keeper.proof)
    assert again.status_code == 201
    assert await desk.clients(server.clock.now_ms()) == []
    assert await give(server, keeper, wide, held) == 0
    assert (await desk.ask("GET", f"/v1/clients/{wide.id}/changes")).status_code == 404
    narrow = await let_in(server, keeper, desk, all_of_it(server, scope={"records": [id_text(new_id())]}, prev=wide.id))
    async with beside(server) as instance:
        put = "UPDATE access_grant SET sealed = ? WHERE ended_at IS NULL"
        await instance.db.writer.run(lambda hand: hand.execute(put, (sealed,)))
    assert await advocates.list_clients(desk.reached, desk.advocate, server.clock.now_ms()) == ([], 1)
    assert narrow.said["prev"] == wide.id


async def test_an_erased_version_goes_from_grants_too(server: Served, keeper: Keeper, desk: Desk) -> None:
    """Erased while an advocate reads: their next look has nothing of it, nor of its file, and the grant goes on."""
    granted = await let_in(server, keeper, desk)
    await write(keeper, "This stays.", granted)
    held = await write(keeper, SENTINEL, granted)
    file = seal_file(keeper, b"a picture")
    await keeper.ask("PUT", f"{keeper.diary}/blobs/{file.blob}", file.declaration)
    await keeper.ask("PUT", f"{keeper.diary}/blobs/{file.blob}/parts/0", file.sealed[0])
    picture = keeper.journal.append(Said("attachment", {}, {}, ((file.blob, bytes(32)),)))
    at = picture.opened.place
    body = push.encode(
        replace(picture.push, grants=(grant_access.keys_for(granted, keeper.identity, picture.push, at),))
    )
    assert (
        await keeper.ask("PUT", f"{keeper.diary}/records/{at.record}/versions/{at.version}", body)
    ).status_code == 201
    part = f"/v1/clients/{granted.id}/blobs/{file.blob}/parts/0"
    assert (await desk.ask("GET", part)).content == file.sealed[0]
    asked = {"records": [held.opened.place.record, at.record], "why": "keeper"}  # type: ignore[attr-defined]
    await keeper.ask("POST", f"{keeper.diary}/erasures", asked, x_proof=keeper.proof)
    for _ in range(24 * 8):
        server.clock.ms += HOUR_S * 1000
        async with beside(server) as instance:
            await purge(instance)
    assert await seen(server, desk) == ["This stays."]
    assert (await desk.ask("GET", part)).status_code == 404
    assert server.rows("SELECT count(*) FROM grant_wrap") == [(1,)]
