"""The reference client is shown every sign-in since it last looked, over as many pages as there are."""

from __future__ import annotations

import pytest

from diary.client.sign_ins import new_sign_ins
from diary.client.transport import Server
from diary.errors import BadRequest
from tests.keepers import Keeper, Served, on_another_device


def reaching(keeper: Keeper, server: Served) -> Server:
    """The keeper's device as the client sees it."""
    reached = Server(keeper.client, server.settings.app_url)
    reached.tokens = dict(keeper.tokens)
    return reached


async def test_new_sign_ins_are_read_once(keeper: Keeper, server: Served) -> None:
    """What was before its own sign-in is not new to a device; a cursor of nobody's is refused."""
    await on_another_device(server, keeper, "192.0.2.3", device_name="Before")
    fresh = reaching(await on_another_device(server, keeper, "192.0.2.1"), server)
    assert (await new_sign_ins(fresh, None))[0] == []
    _, cursor = await new_sign_ins(fresh, None)
    await on_another_device(server, keeper, "192.0.2.2", device_name="Last")
    found, cursor = await new_sign_ins(fresh, cursor)
    assert [(one.device_name, one.kind, one.what, one.signed_out) for one in found] == [
        ("Last", "ordinary", "signed_in", False)
    ]
    assert (await new_sign_ins(fresh, cursor)) == ([], cursor)
    with pytest.raises(BadRequest):
        await new_sign_ins(fresh, "A" * 40)


async def test_nothing_is_left_out_between_pages(keeper: Keeper, server: Served) -> None:
    """The device looked before them, and signs in again after them: each is there once, in its order."""
    _, cursor = await new_sign_ins(reaching(keeper, server), None)
    for n in range(230):
        more = {"borrowed": True} if n == 7 else {}
        await on_another_device(server, keeper, f"10.5.{n // 200}.{n % 200}", device_name=f"Phone {n}", **more)
    fresh = reaching(await on_another_device(server, keeper, "192.0.2.1"), server)
    found, _ = await new_sign_ins(fresh, cursor)
    assert [one.device_name for one in found] == [f"Phone {n}" for n in range(230)]
    assert [n for n, one in enumerate(found) if one.kind == "borrowed"] == [7]
    assert sum(one.signed_out for one in found) >= 210, "more than twenty sessions are not kept"
