"""Pack jobs over HTTP: a place, the capsule, progress, one fetch of the result."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from diary import isolation
from diary.config import load_settings
from diary.ids import id_text, new_id
from diary.isolation import Isolation
from tests.server_fixture import Keeper, register_keeper, running_server


async def test_a_place_is_ready_and_can_be_given_up(keeper: Keeper) -> None:
    """A place needs nothing of the diary; once dropped it is gone."""
    job = await keeper.request("POST", "/v1/packs", {"diary": keeper.identity.diary})
    assert job.status_code == 201 and job.json()["state"] in ("queued", "ready")
    where = f"/v1/packs/{job.json()['pack']}"
    assert (await keeper.request("GET", where)).json()["state"] == "ready"
    early = await keeper.request("GET", f"{where}/front")
    assert (early.status_code, early.json()["error"]) == (409, "conflict")
    assert (await keeper.request("DELETE", where)).status_code == 204
    assert (await keeper.request("GET", where)).status_code == 404


async def test_a_capsule_that_is_none_fails_by_name(keeper: Keeper) -> None:
    """The worker refuses it; the job reports that, and the server continues."""
    job = (await keeper.request("POST", "/v1/packs", {"diary": keeper.identity.diary})).json()
    where = f"/v1/packs/{job['pack']}"
    begun = await keeper.request("PUT", f"{where}/capsule", b'{"t":"not a capsule"}')
    assert begun.status_code == 202
    second_answer = await keeper.request("PUT", f"{where}/capsule", b"{}")
    assert (second_answer.status_code, second_answer.json()["error"]) == (409, "conflict")
    for _ in range(600):
        response_body = (await keeper.request("GET", where)).json()
        if response_body["state"] != "building":
            break
        await asyncio.sleep(0.05)
    assert response_body["state"] == "failed"
    assert set(response_body) == {"done", "pack", "state", "step", "total", "unprinted"}
    front = await keeper.request("GET", f"{where}/front")
    assert (front.status_code, front.json()["error"]) == (409, "pack_failed")
    assert (await keeper.push()).status_code == 201


async def test_an_instance_makes_no_packs_unless_it_is_told_to(tmp_path: Path, keeper: Keeper) -> None:
    """/v1/server says so beforehand, other requests get 403 packs_off, and no worker is started."""
    assert not load_settings({}).server_packs
    assert (await keeper.request("GET", "/v1/server")).json()["server_packs"] is True
    async with running_server(tmp_path / "off", DIARY_SERVER_PACKS="off") as without:
        alone = await register_keeper(without)
        assert (await alone.request("GET", "/v1/server")).json()["server_packs"] is False
        answer = await alone.request("POST", "/v1/packs", {"diary": alone.identity.diary})
        assert (answer.status_code, answer.json()["error"]) == (403, "packs_off")
        put = await alone.request("PUT", f"/v1/packs/{id_text(new_id())}/capsule", b"{}")
        assert put.status_code == 404


async def test_where_workers_cannot_be_isolated_there_are_no_packs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The phone is told beforehand, as when packs are disabled, and offers its other ways."""
    monkeypatch.setattr(isolation, "detect_isolation", lambda: Isolation(failure_reason="There is no Landlock here."))
    async with running_server(tmp_path / "old") as server:
        keeper = await register_keeper(server)
        assert (await keeper.request("GET", "/v1/server")).json()["server_packs"] is False
        answer = await keeper.request("POST", "/v1/packs", {"diary": keeper.identity.diary})
        assert (answer.status_code, answer.json()["error"]) == (403, "packs_off")


async def test_a_pack_is_of_ones_own_diary(keeper: Keeper, other_keeper: Keeper) -> None:
    """Another's diary is not found."""
    answer = await keeper.request("POST", "/v1/packs", {"diary": other_keeper.identity.diary})
    assert (answer.status_code, answer.json()["error"]) == (404, "not_found")
