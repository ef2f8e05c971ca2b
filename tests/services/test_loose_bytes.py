"""Bytes that no part speaks of are known to the database, and go: whatever failed, whoever was first, whenever it stopped."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from diary.errors import Unavailable
from diary.services.sync.purge import purge
from diary.storage import blob_store
from diary.storage.blob_store import BlobStore
from diary.storage.sync import blobs as stored
from tests.advocates import beside
from tests.keepers import Keeper, SealedFile, Served, seal_file

HOUR = 3_600_000


def files(server: Served) -> list[Path]:
    """What lies in the folder of sealed files."""
    return [path for path in (server.settings.data / "blobs").rglob("*") if path.is_file()]


def loose(server: Served) -> int:
    """How many names the database has that no part speaks of."""
    return int(server.rows("SELECT count(*) FROM loose_bytes")[0][0])


async def begin(keeper: Keeper) -> tuple[SealedFile, str]:
    """A file of two parts that was announced, and where its first part goes."""
    file = seal_file(keeper, bytes(1_500_000))
    place = f"{keeper.diary}/blobs/{file.blob}"
    assert (await keeper.ask("PUT", place, file.declaration)).status_code == 200
    return file, f"{place}/parts/0"


def bent(part: bytes) -> bytes:
    """Other bytes for the same place."""
    return part[:-8] + os.urandom(8)


async def run_purge(server: Served) -> None:
    """One hourly run."""
    async with beside(server) as instance:
        await purge(instance)


async def test_one_part_sent_twice_at_once_is_stored_once(keeper: Keeper, server: Served) -> None:
    """Both are acknowledged, one copy lies there, and it is the one that is fetched."""
    file, part = await begin(keeper)
    answers = await asyncio.gather(*(keeper.ask("PUT", part, file.sealed[0]) for _ in range(2)))
    assert [answer.status_code for answer in answers] == [204, 204]
    assert len(files(server)) == 1 and loose(server) == 0
    assert (await keeper.ask("GET", part)).content == file.sealed[0]


async def test_two_parts_for_one_number_at_once_leave_one(keeper: Keeper, server: Served) -> None:
    """Whichever is last stands, whole; the other's bytes are gone."""
    file, part = await begin(keeper)
    bodies = [bent(file.sealed[0]) for _ in range(3)]
    answers = await asyncio.gather(*(keeper.ask("PUT", part, body) for body in bodies))
    assert [answer.status_code for answer in answers] == [204] * 3
    assert len(files(server)) == 1 and loose(server) == 0
    assert (await keeper.ask("GET", part)).content in bodies


async def test_bytes_that_cannot_be_removed_now_are_removed_by_the_hour(
    keeper: Keeper, server: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store does not answer while a part is replaced: the part is taken, and the old bytes go when the store is back."""
    file, part = await begin(keeper)
    assert (await keeper.ask("PUT", part, bent(file.sealed[0]))).status_code == 204

    async def away(*_: object) -> None:
        raise Unavailable

    with monkeypatch.context() as broken:
        broken.setattr(BlobStore, "remove", away)
        assert (await keeper.ask("PUT", part, file.sealed[0])).status_code == 204
    assert (len(files(server)), loose(server)) == (2, 1)
    await run_purge(server)
    assert (len(files(server)), loose(server)) == (1, 0)
    assert (await keeper.ask("GET", part)).content == file.sealed[0]


async def test_so_much_may_wait_and_no_more(keeper: Keeper, server: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """While nothing can be removed, replacing goes on up to a limit; then it is "try again", and the disk grows no further."""
    file, part = await begin(keeper)

    async def away(*_: object) -> None:
        raise Unavailable

    monkeypatch.setattr(BlobStore, "remove", away)
    codes = [(await keeper.ask("PUT", part, bent(file.sealed[0]))).status_code for _ in range(20)]
    assert codes[0] == 204 and codes[-1] == 503
    assert sum(path.stat().st_size for path in files(server)) <= stored.FILE_MOVING + len(file.sealed[0])


async def test_a_server_that_died_between_bytes_and_row_leaves_nothing(
    keeper: Keeper, server: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bytes lie there and the row was never written: they go after an hour, and the part is sent again."""
    file, part = await begin(keeper)

    class Killed(BaseException):
        """What no handler of ours sees."""

    async def dies(self: BlobStore, name: str, raw: bytes) -> None:
        await put(self, name, raw)
        raise Killed

    put = BlobStore.put
    with monkeypatch.context() as broken:
        broken.setattr(BlobStore, "put", dies)
        with pytest.raises(BaseException):  # noqa: B017 - whatever the transport makes of it
            await keeper.ask("PUT", part, file.sealed[0])
    assert (len(files(server)), loose(server)) == (1, 1)
    await run_purge(server)
    assert len(files(server)) == 1
    server.clock.advance(HOUR + 1)
    await run_purge(server)
    assert (files(server), loose(server)) == ([], 0)
    assert (await keeper.ask("PUT", part, file.sealed[0])).status_code == 204


async def test_a_part_that_was_given_up_while_on_its_way_is_refused(
    keeper: Keeper, server: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two hours on its way, and cleared meanwhile: 503, no bytes and no row; sent again it is taken."""
    file, part = await begin(keeper)
    put, coming, going = BlobStore.put, asyncio.Event(), asyncio.Event()

    async def slow(self: BlobStore, name: str, raw: bytes) -> None:
        coming.set()
        await going.wait()
        await put(self, name, raw)

    with monkeypatch.context() as held:
        held.setattr(BlobStore, "put", slow)
        sending = asyncio.create_task(keeper.ask("PUT", part, file.sealed[0]))
        await coming.wait()
        server.clock.advance(2 * HOUR)
        await run_purge(server)
        going.set()
        answer = await sending
    assert (answer.status_code, answer.json()["error"]) == (503, "unavailable")
    assert (files(server), loose(server)) == ([], 0)
    assert (await keeper.ask("GET", part)).status_code == 404
    assert (await keeper.ask("PUT", part, file.sealed[0])).status_code == 204
    assert (await keeper.ask("GET", part)).content == file.sealed[0]


async def test_a_file_announced_anew_while_a_part_is_on_its_way(
    keeper: Keeper, server: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The part belongs to the former number of parts: 409, and nothing of it stays."""
    file, part = await begin(keeper)
    put, coming, going = BlobStore.put, asyncio.Event(), asyncio.Event()

    async def slow(self: BlobStore, name: str, raw: bytes) -> None:
        coming.set()
        await going.wait()
        await put(self, name, raw)

    with monkeypatch.context() as held:
        held.setattr(blob_store.BlobStore, "put", slow)
        sending = asyncio.create_task(keeper.ask("PUT", part, file.sealed[0]))
        await coming.wait()
        other = {"parts": 3, "size": file.declaration["size"]}
        assert (await keeper.ask("PUT", part.rpartition("/parts")[0], other)).json()["have"] == []
        going.set()
        answer = await sending
    assert (answer.status_code, answer.json()["error"]) == (409, "conflict")
    assert (files(server), loose(server)) == ([], 0)


async def test_a_commit_whose_answer_was_lost_keeps_its_bytes(
    keeper: Keeper, server: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The part was noted, and the database broke off before it said so: 503, and the bytes stay where the row says."""
    file, part = await begin(keeper)
    office = server.app.state.office
    writer = office.instance.db.writer
    run = writer.run

    async def breaks_off(job: object, *args: object, **more: object) -> object:
        result = await run(job, *args, **more)
        if "keep" in getattr(getattr(job, "__code__", None), "co_names", ()):
            raise Unavailable
        return result

    with monkeypatch.context() as broken:
        broken.setattr(writer, "run", breaks_off)
        answer = await keeper.ask("PUT", part, file.sealed[0])
    assert (answer.status_code, answer.json()["error"]) == (503, "unavailable")
    assert (len(files(server)), loose(server)) == (1, 0)
    assert (await keeper.ask("PUT", part, file.sealed[0])).status_code == 204
    assert (await keeper.ask("GET", part)).content == file.sealed[0]
