"""Requests that are repeated, late, truncated, reordered or slow; a full disk; an object store that hangs."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import socket
import time
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import httpx
import pytest

from diary import config
from diary.encoding import decode_frames
from diary.storage import blob_store, database
from diary.web import route_handler
from tests.faults.device_load import start_device_load
from tests.faults.forked_server import ForkedServer, free_port
from tests.faults.survival_report import check_acknowledged_data
from tests.server_fixture import InProcessServer, Keeper, read_json, register_keeper, running_server, seal_file

DAY_MS = 86_400_000


async def feed_frames(keeper: Keeper) -> list[bytes]:
    """Return the frames of the feed."""
    return decode_frames((await keeper.request("GET", keeper.diary + "/changes")).content, frames_limit=501)


async def test_the_same_push_twenty_times_at_once_is_one_version(keeper: Keeper) -> None:
    """Twenty equal pushes at once give one 201 and nineteen 200, all with the same content."""
    path, body = keeper.seal()
    answers = await asyncio.gather(*(keeper.request("PUT", path, body) for _ in range(20)))
    assert sorted(answer.status_code for answer in answers) == [200] * 19 + [201]
    assert len({answer.content for answer in answers}) == 1
    assert len(await feed_frames(keeper)) == 2


async def test_late_and_reordered_pushes_are_all_kept(keeper: Keeper, server: InProcessServer) -> None:
    """A child pushed before its parent and a push delayed by a week are stored in the order they arrive."""
    sealed = [keeper.seal(f"Number {n}") for n in range(5)]
    for n in (4, 2, 0, 3):
        assert (await keeper.request("PUT", *sealed[n])).status_code == 201
    server.clock.advance(7 * DAY_MS)
    late_answer = await keeper.request("PUT", *sealed[1])
    assert late_answer.status_code == 201 and read_json(late_answer.content)["seq"] == 5


async def test_a_file_may_come_in_any_order_twice_and_days_later(keeper: Keeper, server: InProcessServer) -> None:
    """Parts of a file may arrive in any order, repeated, and days late.

    Completing before the parts lists the missing ones. Parts sent twice, the last after two weeks, give 204 and one
    file. A digest of other parts is refused at the end; the parts are then accepted again.
    """
    file = seal_file(keeper, bytes(range(256)) * 9000)
    place = f"{keeper.diary}/blobs/{file.blob}"
    await keeper.request("PUT", place, file.declaration)
    early = await keeper.request("POST", f"{place}/complete", {"digest": file.digest})
    assert (early.status_code, early.json()["missing"]) == (409, [0, 1, 2])
    for i in (2, 2, 0):
        assert (await keeper.request("PUT", f"{place}/parts/{i}", file.sealed_parts[i])).status_code == 204
    server.clock.advance(14 * DAY_MS)
    assert (await keeper.request("GET", place)).json() == {"complete": False, "have": [0, 2], "parts": 3}
    assert (await keeper.request("PUT", f"{place}/parts/1", file.sealed_parts[1])).status_code == 204
    wrong_answer = await keeper.request("POST", f"{place}/complete", {"digest": "A" * 43})
    assert (wrong_answer.status_code, wrong_answer.json()["error"]) == (409, "digest")
    assert (await keeper.request("GET", place)).json()["have"] == []
    for i, part in enumerate(file.sealed_parts):
        assert (await keeper.request("PUT", f"{place}/parts/{i}", part)).status_code == 204
    for _ in range(2):
        assert (await keeper.request("POST", f"{place}/complete", {"digest": file.digest})).status_code == 204
    assert (await keeper.request("GET", place)).json()["complete"]


async def test_the_quota_is_exact_however_many_ask_at_once(keeper: Keeper, server: InProcessServer) -> None:
    """Forty files announced at once into room for ten: ten fit, the count is exact, and text is still accepted."""
    files = [seal_file(keeper, b"x" * 4000) for _ in range(40)]
    size = files[0].declaration["size"]
    object.__setattr__(server.settings, "quota_bytes", size * 10 + size // 2)
    requests = [keeper.request("PUT", f"{keeper.diary}/blobs/{file.blob}", file.declaration) for file in files]
    codes = [answer.status_code for answer in await asyncio.gather(*requests)]
    assert (codes.count(200), codes.count(413)) == (10, 30)
    assert (await keeper.request("GET", "/v1/usage")).json()["used_bytes"] == size * 10
    assert (await keeper.push()).status_code == 201


async def test_five_megabytes_hold_fifty_entries_after_pictures_filled_them(
    keeper: Keeper, server: InProcessServer
) -> None:
    """The message promises that text still fits, and fifty entries do."""
    object.__setattr__(server.settings, "quota_bytes", 5_000_000)
    full: httpx.Response | None = None
    for _ in range(12):
        file = seal_file(keeper, bytes(900_000))
        full = await keeper.request("PUT", f"{keeper.diary}/blobs/{file.blob}", file.declaration)
        if full.status_code != 200:
            break
    assert full is not None and full.status_code == 413 and "Words still fit" in full.json()["message"]
    for n in range(50):
        assert (await keeper.push(f"Entry {n}")).status_code == 201
    assert len(await feed_frames(keeper)) == 51


async def test_a_clock_that_jumps_either_way_stops_nobody(keeper: Keeper, server: InProcessServer) -> None:
    """Pushes, files and signing out work with a clock a year back and twenty days ahead; receipts have the true time."""
    for jump in (-365 * DAY_MS, 365 * DAY_MS, 20 * DAY_MS, -20 * DAY_MS):
        server.clock.advance(jump)
        answer = await keeper.push()
        assert answer.status_code == 201
        response_body = read_json(answer.content)
        assert response_body["receipt"]["ts"] == server.clock.now_ms()
    assert (await keeper.request("DELETE", "/v1/session")).status_code == 204


async def test_one_changed_byte_of_a_stored_part_is_noticed(keeper: Keeper, server: InProcessServer) -> None:
    """An altered part is not served."""
    file = seal_file(keeper, b"a picture" * 400)
    place = f"{keeper.diary}/blobs/{file.blob}"
    await keeper.request("PUT", place, file.declaration)
    await keeper.request("PUT", f"{place}/parts/0", file.sealed_parts[0])
    (stored,) = [path for path in (server.settings.data / "blobs").rglob("*") if path.is_file()]
    raw = stored.read_bytes()
    for at in (0, len(raw) // 2, len(raw) - 1):
        stored.write_bytes(raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :])
        answer = await keeper.request("GET", f"{place}/parts/0")
        assert (answer.status_code, answer.json()["error"]) == (409, "digest")
    stored.write_bytes(raw)
    assert (await keeper.request("GET", f"{place}/parts/0")).content == file.sealed_parts[0]


async def test_a_body_that_comes_too_slowly_is_aborted(
    keeper: Keeper, server: InProcessServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A body that stalls or trickles gets 503 and nothing is stored; at a phone's pace it is accepted."""
    for name, value in (("CHUNK_TIMEOUT_SECONDS", 0.3), ("PACE_GRACE_SECONDS", 0.5), ("MIN_BYTES_PER_SECOND", 1000)):
        monkeypatch.setattr(route_handler, name, value)
    path, body = keeper.seal()

    async def send_slowly(pieces: int, wait: float) -> AsyncIterator[bytes]:
        for n in range(pieces):
            yield body[n * len(body) // pieces : (n + 1) * len(body) // pieces]
            await asyncio.sleep(wait)

    headers = {"X-Requested-By": "app", "Sec-Fetch-Site": "same-origin", "Content-Type": "application/octet-stream"}
    headers["Authorization"] = f"Bearer {keeper.tokens['session']}"
    for pieces, wait in ((2, 0.6), (len(body), 0.01)):
        answer = await keeper.client.request("PUT", path, content=send_slowly(pieces, wait), headers=headers)
        assert (answer.status_code, answer.json()["error"]) == (503, "unavailable")
    assert len(await feed_frames(keeper)) == 1
    answer = await keeper.client.request("PUT", path, content=send_slowly(10, 0.1), headers=headers)
    assert answer.status_code == 201
    assert server.app is not None


@pytest.fixture
async def forked_server(tmp_path: Path) -> AsyncIterator[ForkedServer]:
    """Run a server in its own process."""
    server_process = ForkedServer(tmp_path, free_port(), KEPT_FILE_LIMIT=str(900_000))
    await database.migrate(config.load_settings(server_process.environ))
    yield server_process
    server_process.end()


@pytest.mark.whole
async def test_clients_of_one_byte_a_second_hold_up_nobody(forked_server: ForkedServer) -> None:
    """A hundred clients that send and a hundred that read a byte at a time do not delay a normal device's pushes.

    Two hundred truncated bodies leave nothing behind.
    """
    await asyncio.to_thread(forked_server.start)
    async with start_device_load(forked_server.port, 1, random.Random(3)) as load, contextlib.AsyncExitStack() as stack:
        diary = load.diaries[0]
        head = (
            f"PUT {diary.address}/records/{'A' * 22}/versions/{'A' * 22} HTTP/1.1\r\nHost: localhost:{forked_server.port}\r\n"
            "X-Requested-By: app\r\nSec-Fetch-Site: same-origin\r\nContent-Type: application/octet-stream\r\n"
            f"Authorization: Bearer {diary.token}\r\nContent-Length: 5000\r\n\r\n"
        ).encode()
        reading = f"GET /static/app/main.js HTTP/1.1\r\nHost: localhost:{forked_server.port}\r\n\r\n".encode()
        slow_clients = [
            asyncio.ensure_future(_send_slowly(forked_server.port, head, reading, n % 2 == 0)) for n in range(200)
        ]
        stack.push_async_callback(partial(asyncio.gather, *slow_clients, return_exceptions=True))
        stack.callback(lambda: [drip.cancel() for drip in slow_clients])
        await asyncio.sleep(1)
        slowest = 0.0
        for _ in range(40):
            started_at = time.monotonic()
            stop_event = asyncio.Event()
            working = asyncio.ensure_future(load.work(1, 1, stop_event))
            await stop_event.wait()
            slowest = max(slowest, time.monotonic() - started_at)
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)
        assert slowest < 3, slowest
        for _ in range(200):
            with socket.create_connection(("127.0.0.1", forked_server.port)) as cut:
                cut.sendall(head + bytes(2500))
        report = await check_acknowledged_data(load)
        assert report.versions_found == report.acknowledged == report.versions_identical and report.checked_heads == (
            report.acknowledged > 0
        )


async def _send_slowly(port: int, head: bytes, reading: bytes, chunks: bool) -> None:
    """Run one slow client until it is cancelled."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(head if chunks else reading)
    try:
        while True:
            await asyncio.sleep(1)
            if chunks:
                writer.write(b"x")
            else:
                await reader.read(1)
    finally:
        writer.close()


@pytest.mark.whole
async def test_a_full_disk_loses_no_acknowledged_data(forked_server: ForkedServer) -> None:
    """Beyond a file-size limit pushes are refused with 503; with room again, everything is there."""
    await asyncio.to_thread(forked_server.start)
    async with start_device_load(forked_server.port, 2, random.Random(5)) as load:
        await asyncio.to_thread(forked_server.kill)
        await asyncio.to_thread(forked_server.start, "start-full")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(60):
                while load.answer_counts["refused for now"] < 20:
                    await load.work(4, 10_000, asyncio.Event())
        assert load.answer_counts["refused for now"] >= 20, json.dumps(load.answer_counts)
        await asyncio.to_thread(forked_server.kill)
        await asyncio.to_thread(forked_server.start)
        report = await check_acknowledged_data(load)
        assert report.holds and load.faults == [], (report.lines(), load.faults[:3])


async def test_a_store_that_hangs_holds_up_files_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a store that never answers, a part is refused with 503 in bounded time, and text is still accepted."""
    monkeypatch.setattr(blob_store, "CLIENT", {"connect_timeout": "1s", "timeout": "1s"})
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"s3://k:s@bucket?endpoint=http://127.0.0.1:{silent.getsockname()[1]}"
        async with running_server(tmp_path, DIARY_BLOB_URL=url) as server:
            keeper = await register_keeper(server)
            file = seal_file(keeper, b"small")
            place = f"{keeper.diary}/blobs/{file.blob}"
            await keeper.request("PUT", place, file.declaration)
            started_at = time.monotonic()
            part = asyncio.ensure_future(keeper.request("PUT", f"{place}/parts/0", file.sealed_parts[0]))
            for _ in range(5):
                assert (await keeper.push()).status_code == 201
            assert not part.done()
            answer = await part
            assert (answer.status_code, answer.json()["error"]) == (503, "unavailable")
            assert time.monotonic() - started_at < 30
