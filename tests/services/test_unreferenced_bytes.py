"""Stored bytes without a part are recorded and deleted, whatever fails, in any order and at any moment."""

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
from tests.advocate_helpers import open_instance_on_database
from tests.server_fixture import InProcessServer, Keeper, SealedUpload, seal_file

HOUR_MS = 3_600_000


def stored_files(server: InProcessServer) -> list[Path]:
    """Return the files in the folder of sealed files."""
    return [path for path in (server.settings.data / "blobs").rglob("*") if path.is_file()]


def unreferenced_count(server: InProcessServer) -> int:
    """Return how many unreferenced names the database lists."""
    return int(server.query("SELECT count(*) FROM loose_bytes")[0][0])


async def announce_file(keeper: Keeper) -> tuple[SealedUpload, str]:
    """Announce a file of two parts. Return it and the path of its first part."""
    file = seal_file(keeper, bytes(1_500_000))
    place = f"{keeper.diary}/blobs/{file.blob}"
    assert (await keeper.request("PUT", place, file.declaration)).status_code == 200
    return file, f"{place}/parts/0"


def altered_part(part: bytes) -> bytes:
    """Return other bytes for the same part."""
    return part[:-8] + os.urandom(8)


async def run_purge(server: InProcessServer) -> None:
    """Run the hourly work once."""
    async with open_instance_on_database(server) as instance:
        await purge(instance)


async def test_one_part_sent_twice_at_once_is_stored_once(keeper: Keeper, server: InProcessServer) -> None:
    """Both uploads are acknowledged; one copy is stored and served."""
    file, part = await announce_file(keeper)
    answers = await asyncio.gather(*(keeper.request("PUT", part, file.sealed_parts[0]) for _ in range(2)))
    assert [answer.status_code for answer in answers] == [204, 204]
    assert len(stored_files(server)) == 1 and unreferenced_count(server) == 0
    assert (await keeper.request("GET", part)).content == file.sealed_parts[0]


async def test_two_parts_for_one_number_at_once_leave_one(keeper: Keeper, server: InProcessServer) -> None:
    """The last upload remains, complete; the other one's bytes are deleted."""
    file, part = await announce_file(keeper)
    bodies = [altered_part(file.sealed_parts[0]) for _ in range(3)]
    answers = await asyncio.gather(*(keeper.request("PUT", part, body) for body in bodies))
    assert [answer.status_code for answer in answers] == [204] * 3
    assert len(stored_files(server)) == 1 and unreferenced_count(server) == 0
    assert (await keeper.request("GET", part)).content in bodies


async def test_bytes_that_cannot_be_removed_are_removed_by_the_hourly_run(
    keeper: Keeper, server: InProcessServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the store fails during a replacement, the part is accepted and the old bytes are deleted later."""
    file, part = await announce_file(keeper)
    assert (await keeper.request("PUT", part, altered_part(file.sealed_parts[0]))).status_code == 204

    async def raise_unavailable(*_: object) -> None:
        raise Unavailable

    with monkeypatch.context() as broken:
        broken.setattr(BlobStore, "remove", raise_unavailable)
        assert (await keeper.request("PUT", part, file.sealed_parts[0])).status_code == 204
    assert (len(stored_files(server)), unreferenced_count(server)) == (2, 1)
    await run_purge(server)
    assert (len(stored_files(server)), unreferenced_count(server)) == (1, 0)
    assert (await keeper.request("GET", part)).content == file.sealed_parts[0]


async def test_unremovable_bytes_are_limited(
    keeper: Keeper, server: InProcessServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While nothing can be deleted, replacements work up to a limit; then they are refused, and the disk stops growing."""
    file, part = await announce_file(keeper)

    async def raise_unavailable(*_: object) -> None:
        raise Unavailable

    monkeypatch.setattr(BlobStore, "remove", raise_unavailable)
    codes = [(await keeper.request("PUT", part, altered_part(file.sealed_parts[0]))).status_code for _ in range(20)]
    assert codes[0] == 204 and codes[-1] == 503
    assert sum(path.stat().st_size for path in stored_files(server)) <= stored.MAX_FILE_PENDING_BYTES + len(
        file.sealed_parts[0]
    )


async def test_a_server_that_died_between_bytes_and_row_leaves_nothing(
    keeper: Keeper, server: InProcessServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bytes without a row are deleted after an hour, and the part is sent again."""
    file, part = await announce_file(keeper)

    class ServerKilled(BaseException):
        """Stands for a kill: no handler catches it."""

    async def dies(self: BlobStore, name: str, raw: bytes) -> None:
        await put(self, name, raw)
        raise ServerKilled

    put = BlobStore.put
    with monkeypatch.context() as broken:
        broken.setattr(BlobStore, "put", dies)
        with pytest.raises(BaseException):  # noqa: B017 - whatever the transport makes of it
            await keeper.request("PUT", part, file.sealed_parts[0])
    assert (len(stored_files(server)), unreferenced_count(server)) == (1, 1)
    await run_purge(server)
    assert len(stored_files(server)) == 1
    server.clock.advance(HOUR_MS + 1)
    await run_purge(server)
    assert (stored_files(server), unreferenced_count(server)) == ([], 0)
    assert (await keeper.request("PUT", part, file.sealed_parts[0])).status_code == 204


async def test_a_part_that_was_given_up_while_on_its_way_is_refused(
    keeper: Keeper, server: InProcessServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A part that takes two hours and is cleared meanwhile gets 503 and leaves nothing; sent again it is accepted."""
    file, part = await announce_file(keeper)
    put, upload_arrived, upload_released = BlobStore.put, asyncio.Event(), asyncio.Event()

    async def slow(self: BlobStore, name: str, raw: bytes) -> None:
        upload_arrived.set()
        await upload_released.wait()
        await put(self, name, raw)

    with monkeypatch.context() as patch:
        patch.setattr(BlobStore, "put", slow)
        sending = asyncio.create_task(keeper.request("PUT", part, file.sealed_parts[0]))
        await upload_arrived.wait()
        server.clock.advance(2 * HOUR_MS)
        await run_purge(server)
        upload_released.set()
        answer = await sending
    assert (answer.status_code, answer.json()["error"]) == (503, "unavailable")
    assert (stored_files(server), unreferenced_count(server)) == ([], 0)
    assert (await keeper.request("GET", part)).status_code == 404
    assert (await keeper.request("PUT", part, file.sealed_parts[0])).status_code == 204
    assert (await keeper.request("GET", part)).content == file.sealed_parts[0]


async def test_a_file_announced_anew_while_a_part_is_on_its_way(
    keeper: Keeper, server: InProcessServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A part for the former number of parts gets 409, and nothing of it remains."""
    file, part = await announce_file(keeper)
    put, upload_arrived, upload_released = BlobStore.put, asyncio.Event(), asyncio.Event()

    async def slow(self: BlobStore, name: str, raw: bytes) -> None:
        upload_arrived.set()
        await upload_released.wait()
        await put(self, name, raw)

    with monkeypatch.context() as patch:
        patch.setattr(blob_store.BlobStore, "put", slow)
        sending = asyncio.create_task(keeper.request("PUT", part, file.sealed_parts[0]))
        await upload_arrived.wait()
        new_declaration = {"parts": 3, "size": file.declaration["size"]}
        assert (await keeper.request("PUT", part.rpartition("/parts")[0], new_declaration)).json()["have"] == []
        upload_released.set()
        answer = await sending
    assert (answer.status_code, answer.json()["error"]) == (409, "conflict")
    assert (stored_files(server), unreferenced_count(server)) == ([], 0)


async def test_a_commit_whose_answer_was_lost_keeps_its_bytes(
    keeper: Keeper, server: InProcessServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the commit succeeds but its answer is lost, the request gets 503 and the bytes stay."""
    file, part = await announce_file(keeper)
    app_context = server.app.state.app_context
    writer = app_context.instance.db.writer
    run = writer.run

    async def commit_then_fail(job: object, *args: object, **more: object) -> object:
        result = await run(job, *args, **more)
        if "add_part" in getattr(getattr(job, "__code__", None), "co_names", ()):
            raise Unavailable
        return result

    with monkeypatch.context() as broken:
        broken.setattr(writer, "run", commit_then_fail)
        answer = await keeper.request("PUT", part, file.sealed_parts[0])
    assert (answer.status_code, answer.json()["error"]) == (503, "unavailable")
    assert (len(stored_files(server)), unreferenced_count(server)) == (1, 0)
    assert (await keeper.request("PUT", part, file.sealed_parts[0])).status_code == 204
    assert (await keeper.request("GET", part)).content == file.sealed_parts[0]
