"""Quota is reserved before bytes are stored, and freed when they are not kept; a full disk stops files, not text.

Attacks over HTTP alone; the folder of sealed files is measured on the server. The same file runs against an earlier
release.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from diary.crypto import handover as words
from diary.crypto.handover import HandoverMetadata
from diary.errors import Unavailable
from diary.ids import id_text, new_id
from diary.storage import blob_store
from tests.server_fixture import (
    PASSPHRASE,
    InProcessServer,
    Keeper,
    Phone,
    new_device_sign_in_body,
    passphrase_proof,
    register_keeper,
    running_server,
    seal_file,
)
from tests.web.test_handovers import leave_handover
from tests.web.test_witnesses import create_witness_code

MIB_BYTES = 1 << 20
PUBLIC_SERVER_SETTINGS = {
    "DIARY_APP_URL": "https://notes.example",
    "DIARY_PUBLIC_URL": "https://kept.example",
    "DIARY_OPERATOR": "Some charity",
    "DIARY_PRIVACY_CONTACT": "post@kept.example",
    "DIARY_ENROLMENT": "open",
}


def stored_bytes(server: InProcessServer) -> int:
    """Return how many bytes are in the folder of sealed files."""
    return sum(path.stat().st_size for path in (server.settings.data / "blobs").rglob("*") if path.is_file())


def altered_part(part: bytes) -> bytes:
    """Return a part with other bytes at its end."""
    return part[:-8] + os.urandom(8)


async def used_bytes(keeper: Keeper) -> int:
    """Return the bytes used by files, as reported to the keeper."""
    return int((await keeper.request("GET", "/v1/usage")).json()["used_bytes"])


async def upload_file(keeper: Keeper, content: bytes) -> tuple[str, list[bytes], httpx.Response]:
    """Upload a file to its end or its first refusal. Return its path, its parts, and the last answer."""
    file = seal_file(keeper, content)
    where = f"{keeper.diary}/blobs/{file.blob}"
    answer = await keeper.request("PUT", where, file.declaration)
    for i, part in enumerate(file.sealed_parts):
        if answer.status_code not in (200, 204):
            return where, file.sealed_parts, answer
        answer = await keeper.request("PUT", f"{where}/parts/{i}", part)
    if answer.status_code == 204:
        answer = await keeper.request("POST", f"{where}/complete", {"digest": file.digest})
    return where, file.sealed_parts, answer


async def test_a_part_that_is_refused_leaves_no_bytes(keeper: Keeper, server: InProcessServer) -> None:
    """Unfitting parts, sent repeatedly with other bytes, leave nothing stored, and the reported usage is correct."""
    file = seal_file(keeper, bytes(1_500_000))
    where = f"{keeper.diary}/blobs/{file.blob}"
    size = len(file.sealed_parts[0]) + 10
    await keeper.request("PUT", where, {"parts": 2, "size": size})
    assert (await keeper.request("PUT", f"{where}/parts/0", file.sealed_parts[0])).status_code == 204
    for _ in range(20):
        answer = await keeper.request("PUT", f"{where}/parts/1", altered_part(file.sealed_parts[1]))
        assert (answer.status_code, answer.json()["error"]) == (413, "too_large")
    assert stored_bytes(server) == len(file.sealed_parts[0])
    assert await used_bytes(keeper) == size


async def test_a_part_that_is_replaced_leaves_no_bytes(keeper: Keeper, server: InProcessServer) -> None:
    """Twenty uploads of one part with other bytes use the quota of one part, whatever the answers."""
    file = seal_file(keeper, bytes(900_000))
    where = f"{keeper.diary}/blobs/{file.blob}"
    await keeper.request("PUT", where, file.declaration)
    for _ in range(20):
        answer = await keeper.request("PUT", f"{where}/parts/0", altered_part(file.sealed_parts[0]))
        assert answer.status_code == 204, answer.text
        assert stored_bytes(server) <= file.declaration["size"]
    refused = await keeper.request("POST", f"{where}/complete", {"digest": file.digest})
    assert (refused.status_code, stored_bytes(server)) == (409, 0)


async def test_a_witness_code_holds_one_upload_and_no_more(server: InProcessServer, keeper: Keeper) -> None:
    """With a code alone, refused parts and repeated uploads never use more than one upload's quota."""
    witness_request = await create_witness_code(server, keeper)
    await witness_request.enter_words()
    content, key = bytes(900_000), bytes(32)
    room = 0
    for _ in range(6):
        upload = id_text(new_id())
        slip = HandoverMetadata("files", len(content), hashlib.sha256(content).hexdigest(), 1)
        sealed = list(words.seal_handover(key, upload, [content], slip))
        room = len(sealed[0]) + 10
        path = f"/v1/statement/files/{upload}"
        declaration = {"parts": len(sealed), "size": room}
        assert (
            await witness_request.witness_phone.request("PUT", path, declaration, x_proof=witness_request.ticket)
        ).status_code == 204
        assert (
            await witness_request.witness_phone.request(
                "PUT", f"{path}/parts/0", sealed[0], x_proof=witness_request.ticket
            )
        ).status_code == 204
        for _ in range(5):
            answer = await witness_request.witness_phone.request(
                "PUT", f"{path}/parts/1", altered_part(sealed[1]), x_proof=witness_request.ticket
            )
            assert (answer.status_code, answer.json()["error"]) == (413, "too_large")
        assert stored_bytes(server) <= room and await used_bytes(keeper) == room
    assert (
        await keeper.request("DELETE", f"{keeper.diary}/witnesses/{witness_request.id}", x_proof=keeper.proof)
    ).status_code == 204
    assert (stored_bytes(server), await used_bytes(keeper)) == (0, 0)


async def test_a_handover_that_is_ended_leaves_no_bytes(server: InProcessServer, keeper: Keeper) -> None:
    """Created and ended repeatedly, a handover's bytes are deleted when its quota is freed."""
    for _ in range(4):
        handover = await leave_handover(keeper, bytes(900_000))
        assert (
            await keeper.request("DELETE", f"/v1/handovers/{handover.handover}", x_proof=keeper.proof)
        ).status_code == 204
        assert (stored_bytes(server), await used_bytes(keeper)) == (0, 0)


async def test_below_the_least_free_space_only_files_and_new_accounts_stop(tmp_path: Path) -> None:
    """Below the operator's limit files and registration get an explanation; everything else works."""
    async with running_server(tmp_path) as server:
        keeper = await register_keeper(server)
        where, sealed, last = await upload_file(keeper, bytes(1_500_000))
        assert last.status_code == 204
        file = seal_file(keeper, bytes(1_500_000))
        unfinished = f"{keeper.diary}/blobs/{file.blob}"
        await keeper.request("PUT", unfinished, file.declaration)
        assert (await keeper.request("PUT", f"{unfinished}/parts/0", file.sealed_parts[0])).status_code == 204
    async with running_server(tmp_path, DIARY_MIN_FREE_BYTES=str(1 << 50)) as server:
        keeper.client = server.http_client()
        await check_text_still_works(server, keeper)
        for answer in (
            (await upload_file(keeper, b"a picture"))[2],
            await keeper.request("PUT", f"{unfinished}/parts/1", file.sealed_parts[1]),
        ):
            assert (answer.status_code, answer.json()["error"]) == (413, "over_quota")
            assert (
                "no room left for files" in answer.json()["message"] and "Words still fit" in answer.json()["message"]
            )
        assert (await keeper.request("PUT", f"{unfinished}/parts/0", file.sealed_parts[0])).status_code == 204
        assert (await keeper.request("PUT", where, {"parts": len(sealed), "size": sum(map(len, sealed))})).json()[
            "complete"
        ]
        for i, part in enumerate(sealed):
            assert (await keeper.request("GET", f"{where}/parts/{i}")).content == part
        with pytest.raises(Unavailable, match="no room left for new diaries"):
            await register_keeper(server, "203.0.113.9")
    async with running_server(tmp_path) as server:
        keeper.client = server.http_client()
        assert (await keeper.request("PUT", f"{unfinished}/parts/1", file.sealed_parts[1])).status_code == 204


async def check_text_still_works(server: InProcessServer, keeper: Keeper) -> None:
    """Check that a version is stored and read back, and that a new device can sign in."""
    assert (await keeper.push()).status_code == 201
    assert (await keeper.request("GET", f"{keeper.diary}/changes")).status_code == 200
    phone = Phone(server.http_client("192.0.2.77"))
    kdf = (await phone.request("POST", "/v1/prelogin", {"login": keeper.identity.login})).json()
    auth = passphrase_proof(PASSPHRASE, kdf)
    answer = await phone.request("POST", "/v1/sessions", new_device_sign_in_body(keeper.identity.login, auth))
    assert answer.status_code == 200, answer.text


DISK_BYTES = 96 * MIB_BYTES
MIN_FREE_BYTES = 40 * MIB_BYTES


@pytest.fixture(params=["a disk of its own", "a disk that is counted"])
def small_disk(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return a folder on a disk of 96 MiB, simulated where it cannot be mounted."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = request.param == "a disk of its own" and os.geteuid() == 0
    if mounted:
        mount_result = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(place)], check=False
        )
        mounted = mount_result.returncode == 0
    if not mounted:
        simulate_small_disk(place, monkeypatch)
    yield place
    if mounted:
        subprocess.run(["umount", "-l", str(place)], check=True)


def simulate_small_disk(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Simulate a small disk in a folder: reported free space, and failing writes of sealed files."""
    real_disk_usage, real_put = shutil.disk_usage, blob_store.BlobStore.put

    def usage(path: Path) -> Any:
        if not Path(path).is_relative_to(place):
            return real_disk_usage(path)
        bytes_in_use = sum(one.stat().st_size for one in place.rglob("*") if one.is_file())
        return type(real_disk_usage(path))(DISK_BYTES, bytes_in_use, max(0, DISK_BYTES - bytes_in_use))

    async def put_if_it_fits(self: blob_store.BlobStore, name: str, raw: bytes) -> None:
        if usage(place).free < len(raw):
            raise Unavailable("The file cannot be stored just now.")
        await real_put(self, name, raw)

    monkeypatch.setattr(shutil, "disk_usage", usage)
    monkeypatch.setattr(blob_store.BlobStore, "put", put_if_it_fits)


async def test_a_full_disk_stops_files_and_nothing_else(small_disk: Path) -> None:
    """Files stop once the disk is full; text, signing in and fetching work.

    Everything acknowledged is there, also after a restart.
    """
    folder = small_disk / "kept"
    acknowledged_files: list[tuple[str, list[bytes]]] = []
    pushed: list[tuple[str, bytes]] = []
    async with running_server(folder, DIARY_MIN_FREE_BYTES=str(MIN_FREE_BYTES)) as server:
        keeper = await register_keeper(server)
        for _ in range(40):
            where, sealed, last = await upload_file(keeper, os.urandom(2_900_000))
            if last.status_code != 204:
                break
            acknowledged_files.append((where, sealed))
        assert (last.status_code, last.json()["error"]) == (413, "over_quota"), last.text
        assert "no room left for files" in last.json()["message"]
        assert len(acknowledged_files) > 5
        file = seal_file(keeper, bytes(900_000))
        for _ in range(60):
            place = f"{keeper.diary}/blobs/{file.blob}"
            await keeper.request("PUT", place, {"parts": 1, "size": 900_000})
            answer = await keeper.request("PUT", f"{place}/parts/0", altered_part(file.sealed_parts[0]))
            assert answer.status_code != 204
        assert shutil.disk_usage(folder).free > MIN_FREE_BYTES - 4 * MIB_BYTES
        for n in range(60):
            path, body = keeper.seal(f"Entry {n}: " + "he waited outside again. " * 60)
            answer = await keeper.request("PUT", path, body)
            assert answer.status_code == 201, answer.text
            pushed.append((path, body))
        await check_text_still_works(server, keeper)
        with pytest.raises(Unavailable, match="no room left for new diaries"):
            await register_keeper(server, "203.0.113.9")
    async with running_server(folder, DIARY_MIN_FREE_BYTES=str(MIN_FREE_BYTES)) as server:
        keeper.client = server.http_client()
        for path, body in pushed:
            assert (await keeper.request("PUT", path, body)).status_code == 200
        for where, sealed in acknowledged_files:
            state = (await keeper.request("GET", where)).json()
            assert state == {"complete": True, "have": list(range(len(sealed))), "parts": len(sealed)}
            for i, part in enumerate(sealed):
                assert (await keeper.request("GET", f"{where}/parts/{i}")).content == part
        await check_text_still_works(server, keeper)


async def test_open_registration_has_a_limit_for_each_account(tmp_path: Path, database_setting: dict[str, str]) -> None:
    """Accounts from open registration have a smaller quota, for text and for files; usage reports it."""
    limits = {"DIARY_OPEN_QUOTA_BYTES": "60000", "DIARY_OPEN_TEXT_QUOTA_BYTES": "30000"}
    async with running_server(tmp_path, **PUBLIC_SERVER_SETTINGS, **limits, **database_setting) as server:
        keeper = await register_keeper(server)
        response_body = (await keeper.request("GET", "/v1/usage")).json()
        assert (response_body["quota_bytes"], response_body["text_quota_bytes"]) == (60_000, 30_000)
        codes = [(await keeper.push("He waited. " * 200)).status_code for _ in range(12)]
        assert codes[0] == 201 and codes[-1] == 413
        assert (await keeper.request("GET", "/v1/usage")).json()["text_used_bytes"] <= 30_000


async def test_open_registration_has_a_limit_for_a_day_over_all(
    tmp_path: Path, database_setting: dict[str, str]
) -> None:
    """Many accounts together may use no more than the day's bytes of files and text; the next day has new quota."""
    limits = {"DIARY_OPEN_DAY_BYTES": "150000", "DIARY_OPEN_DAY_TEXT_BYTES": "40000"}
    async with running_server(tmp_path, **PUBLIC_SERVER_SETTINGS, **limits, **database_setting) as server:
        crowd = [await register_keeper(server, f"203.0.113.{n}") for n in range(4)]
        files = [(await upload_file(one, bytes(50_000)))[2] for one in crowd]
        assert [one.status_code for one in files] == [204, 204, 413, 413]
        assert "no more files today" in files[-1].json()["message"]
        assert stored_bytes(server) <= 150_000
        path, body = crowd[0].seal("He waited outside again. " * 100)
        answers = [await crowd[0].request("PUT", path, body) for _ in range(3)]
        assert [one.status_code for one in answers] == [201, 200, 200]
        texts = [await one.push("He waited outside again. " * 100) for one in crowd * 3]
        assert texts[-1].status_code == 503 and "safe on your phone" in texts[-1].json()["message"]
        size = sum(one.status_code == 201 for one in texts)
        assert 0 < size < len(texts)
        server.clock.advance(86_400_000)
        assert (await crowd[3].push()).status_code == 201
        assert (await upload_file(crowd[3], bytes(50_000)))[2].status_code == 204
