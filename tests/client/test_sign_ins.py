"""The reference client returns every sign-in since its cursor, over any number of pages."""

from __future__ import annotations

import pytest

from diary.client.sign_ins import fetch_new_sign_ins
from diary.client.transport import RemoteServer
from diary.errors import BadRequest
from tests.server_fixture import InProcessServer, Keeper, sign_in_on_second_device


def api_client_for(keeper: Keeper, server: InProcessServer) -> RemoteServer:
    """Return the keeper's device as a reference client."""
    api_client = RemoteServer(keeper.client, server.settings.app_url)
    api_client.tokens = dict(keeper.tokens)
    return api_client


async def test_new_sign_ins_are_read_once(keeper: Keeper, server: InProcessServer) -> None:
    """Sign-ins before a device's own are not new to it; another account's cursor is refused."""
    await sign_in_on_second_device(server, keeper, "192.0.2.3", device_name="Before")
    fresh = api_client_for(await sign_in_on_second_device(server, keeper, "192.0.2.1"), server)
    assert (await fetch_new_sign_ins(fresh, None))[0] == []
    _, cursor = await fetch_new_sign_ins(fresh, None)
    await sign_in_on_second_device(server, keeper, "192.0.2.2", device_name="Last")
    sign_ins, cursor = await fetch_new_sign_ins(fresh, cursor)
    assert [(one.device_name, one.kind, one.event, one.signed_out) for one in sign_ins] == [
        ("Last", "ordinary", "signed_in", False)
    ]
    assert (await fetch_new_sign_ins(fresh, cursor)) == ([], cursor)
    with pytest.raises(BadRequest):
        await fetch_new_sign_ins(fresh, "A" * 40)


async def test_nothing_is_left_out_between_pages(keeper: Keeper, server: InProcessServer) -> None:
    """Sign-ins between two calls are returned once each, in order, across pages."""
    _, cursor = await fetch_new_sign_ins(api_client_for(keeper, server), None)
    for n in range(230):
        extra_fields = {"borrowed": True} if n == 7 else {}
        await sign_in_on_second_device(
            server, keeper, f"10.5.{n // 200}.{n % 200}", device_name=f"Phone {n}", **extra_fields
        )
    fresh = api_client_for(await sign_in_on_second_device(server, keeper, "192.0.2.1"), server)
    sign_ins, _ = await fetch_new_sign_ins(fresh, cursor)
    assert [one.device_name for one in sign_ins] == [f"Phone {n}" for n in range(230)]
    assert [n for n, one in enumerate(sign_ins) if one.kind == "borrowed"] == [7]
    assert sum(one.signed_out for one in sign_ins) >= 210, "more than twenty sessions are not kept"
