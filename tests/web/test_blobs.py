"""Sealed files: parts in any order, resumed after an interruption, complete or not at all."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest

from diary.encoding import b64
from diary.ids import id_text, new_id
from diary.storage import blob_store
from tests.server_fixture import InProcessServer, Keeper, SealedUpload, seal_file

BIG_CONTENT = bytes(2_500_000)


def blob_path(keeper: Keeper, file: SealedUpload) -> str:
    """Return the path of a file."""
    return f"{keeper.diary}/blobs/{file.blob}"


async def upload_file(keeper: Keeper, file: SealedUpload) -> None:
    """Declare a file, send its parts in any order, complete it."""
    where = blob_path(keeper, file)
    assert (await keeper.request("PUT", where, file.declaration)).status_code == 200
    for i in random.sample(range(len(file.sealed_parts)), len(file.sealed_parts)):
        assert (await keeper.request("PUT", f"{where}/parts/{i}", file.sealed_parts[i])).status_code == 204
    assert (await keeper.request("POST", f"{where}/complete", {"digest": file.digest})).status_code == 204


async def test_a_file_comes_back_as_it_went(keeper: Keeper) -> None:
    """With parts in any order every byte returns; the state lists what is there."""
    file = seal_file(keeper, BIG_CONTENT)
    assert len(file.sealed_parts) == 3
    await upload_file(keeper, file)
    where = blob_path(keeper, file)
    state = (await keeper.request("GET", where)).json()
    assert state == {"complete": True, "have": [0, 1, 2], "parts": 3}
    for i, sealed in enumerate(file.sealed_parts):
        answer = await keeper.request("GET", f"{where}/parts/{i}")
        assert answer.content == sealed
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["content-disposition"] == "attachment"


async def test_an_interrupted_upload_is_resumed(keeper: Keeper, server: InProcessServer) -> None:
    """Repeats change nothing; missing parts are listed; completing needs all of them and the digest."""
    file = seal_file(keeper, BIG_CONTENT)
    where = blob_path(keeper, file)
    for _ in range(2):
        answer = await keeper.request("PUT", where, file.declaration)
        assert answer.json() == {"complete": False, "have": [], "parts": 3}
    await keeper.request("PUT", f"{where}/parts/1", file.sealed_parts[1])
    before = server.dump()
    assert (await keeper.request("PUT", f"{where}/parts/1", file.sealed_parts[1])).status_code == 204
    assert server.dump() == before
    incomplete = await keeper.request("POST", f"{where}/complete", {"digest": file.digest})
    assert (incomplete.status_code, incomplete.json()["error"]) == (409, "incomplete")
    assert incomplete.json()["missing"] == [0, 2]
    for i in (0, 2):
        await keeper.request("PUT", f"{where}/parts/{i}", file.sealed_parts[i])
    wrong_answer = await keeper.request("POST", f"{where}/complete", {"digest": b64(bytes(32))})
    assert (wrong_answer.status_code, wrong_answer.json()["error"]) == (409, "digest")
    assert (await keeper.request("GET", where)).json()["have"] == []
    for i, part in enumerate(file.sealed_parts):
        await keeper.request("PUT", f"{where}/parts/{i}", part)
    for _ in range(2):
        assert (await keeper.request("POST", f"{where}/complete", {"digest": file.digest})).status_code == 204


async def test_other_bytes_or_numbers_are_refused_once_it_is_complete(keeper: Keeper) -> None:
    """Another part or declaration of a complete file gives 409."""
    file = seal_file(keeper, BIG_CONTENT)
    where = blob_path(keeper, file)
    await keeper.request("PUT", where, file.declaration)
    for i, part in enumerate(file.sealed_parts):
        await keeper.request("PUT", f"{where}/parts/{i}", part)
    assert (await keeper.request("POST", f"{where}/complete", {"digest": file.digest})).status_code == 204
    again = file.sealed_parts[0][:-1] + bytes([file.sealed_parts[0][-1] ^ 1])
    differs = await keeper.request("PUT", f"{where}/parts/0", again)
    assert (differs.status_code, differs.json()["error"]) == (409, "differs")
    assert (await keeper.request("GET", f"{where}/parts/0")).content == file.sealed_parts[0]
    conflict = await keeper.request("PUT", where, file.declaration | {"size": 5})
    assert (conflict.status_code, conflict.json()["error"]) == (409, "conflict")


async def test_a_part_for_another_place_is_refused(keeper: Keeper) -> None:
    """The part's public header must have this file and number; a number outside the range is not found."""
    file = seal_file(keeper, BIG_CONTENT)
    where = blob_path(keeper, file)
    await keeper.request("PUT", where, file.declaration)
    for i, raw in ((0, file.sealed_parts[1]), (1, seal_file(keeper, BIG_CONTENT).sealed_parts[1]), (2, b"no envelope")):
        answer = await keeper.request("PUT", f"{where}/parts/{i}", raw)
        assert (answer.status_code, answer.json()["error"]) == (400, "bad_request")
    assert (await keeper.request("PUT", f"{where}/parts/3", file.sealed_parts[0])).status_code == 404
    assert (await keeper.request("GET", f"{where}/parts/0")).status_code == 404


async def test_parts_larger_than_announced_are_refused(keeper: Keeper) -> None:
    """A file uses the quota it announced and no more."""
    file = seal_file(keeper, BIG_CONTENT)
    where = blob_path(keeper, file)
    await keeper.request("PUT", where, {"parts": 3, "size": len(file.sealed_parts[0]) + 10})
    assert (await keeper.request("PUT", f"{where}/parts/0", file.sealed_parts[0])).status_code == 204
    answer = await keeper.request("PUT", f"{where}/parts/1", file.sealed_parts[1])
    assert (answer.status_code, answer.json()["error"]) == (413, "too_large")


@pytest.mark.parametrize(
    ("declaration", "status"),
    [
        ({"parts": 0, "size": 0}, 400),
        ({"parts": 3, "size": 2}, 400),
        ({"parts": 1, "size": (1 << 20) + 1}, 413),
        ({"parts": 100_000, "size": 100_000}, 413),
        ({"parts": -1, "size": 10}, 400),
        ({"parts": 1.5, "size": 10}, 400),
        ({"parts": True, "size": 10}, 400),
        ({"size": 10}, 400),
    ],
    ids=str,
)
async def test_numbers_that_cannot_be_are_refused(
    declaration: dict[str, object], status: int, keeper: Keeper, server: InProcessServer
) -> None:
    """No file is announced with impossible sizes."""
    answer = await keeper.request("PUT", f"{keeper.diary}/blobs/{id_text(new_id())}", declaration)
    assert answer.status_code == status
    assert server.query("SELECT count(*) FROM blob") == [(0,)]


async def test_files_have_their_quota_and_words_still_fit(keeper: Keeper, server: InProcessServer) -> None:
    """A file that does not fit gives 413 over_quota; usage reports it; a version is accepted all the same."""
    object.__setattr__(server.settings, "quota_bytes", 10_000)
    file = seal_file(keeper, b"small")
    await upload_file(keeper, file)
    used = (await keeper.request("GET", "/v1/usage")).json()
    assert (used["quota_bytes"], used["used_bytes"]) == (10_000, file.declaration["size"])
    second = seal_file(keeper, b"x" * 8_000)
    answer = await keeper.request("PUT", blob_path(keeper, second), second.declaration)
    assert (answer.status_code, answer.json()["error"]) == (413, "over_quota")
    assert (await keeper.push()).status_code == 201


async def test_a_part_is_flushed_before_it_is_acknowledged(
    keeper: Keeper, server: InProcessServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before a part is answered with 204, its file and the new folders were flushed."""
    flushed: list[Path] = []
    really = blob_store.flush

    def noting_flush(path: Path) -> None:
        flushed.append(path)
        really(path)

    monkeypatch.setattr(blob_store, "flush", noting_flush)
    file = seal_file(keeper, BIG_CONTENT)
    where = blob_path(keeper, file)
    await keeper.request("PUT", where, file.declaration)
    await keeper.request("PUT", f"{where}/parts/0", file.sealed_parts[0])
    folder = server.settings.data / "blobs"
    (stored,) = [path for path in folder.rglob("*") if path.is_file()]
    assert {stored, stored.parent, stored.parent.parent, folder} == set(flushed)
    assert flushed[0] == stored
    flushed.clear()
    await keeper.request("PUT", f"{where}/parts/1", file.sealed_parts[1])
    assert len(flushed) == 2 and flushed[1] == stored.parent


async def test_a_disk_error_is_reported_and_nothing_acknowledged(
    keeper: Keeper, server: InProcessServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failed flush gives 503; the part is not listed, and can be sent again."""
    file = seal_file(keeper, b"small")
    where = blob_path(keeper, file)
    await keeper.request("PUT", where, file.declaration)
    with monkeypatch.context() as broken:

        def full(_: Path) -> None:
            raise OSError(28, "No space left on device")

        broken.setattr(blob_store, "flush", full)
        answer = await keeper.request("PUT", f"{where}/parts/0", file.sealed_parts[0])
        assert (answer.status_code, answer.json()["error"]) == (503, "unavailable")
    assert (await keeper.request("GET", where)).json()["have"] == []
    assert (await keeper.request("PUT", f"{where}/parts/0", file.sealed_parts[0])).status_code == 204


def test_flush_asks_the_disk(tmp_path: Path) -> None:
    """`flush` really calls fsync, on a file and on a folder, as counted in a process."""
    program = (
        "import os, sys, pathlib\n"
        "calls = []\n"
        "really = os.fsync\n"
        "os.fsync = lambda handle: (calls.append(os.readlink(f'/proc/self/fd/{handle}')), really(handle))\n"
        "from diary.storage.blob_store import flush\n"
        "where = pathlib.Path(sys.argv[1]); (where / 'a').write_bytes(b'x')\n"
        "flush(where / 'a'); flush(where)\n"
        "print(calls == [str(where / 'a'), str(where)])\n"
    )
    ran = subprocess.run([sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "True"
