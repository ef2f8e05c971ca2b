"""The move of a filled server to PostgreSQL and an object store, with interruptions."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from diary import config
from diary.cli.storage import move_store
from diary.errors import BadSetting, Unavailable
from diary.storage import transfer
from diary.storage.sqlite.connection import PRAGMAS, connect, path_from_url
from tests import cached_setup as once
from tests.cli_runner import run_cli
from tests.object_store import ObjectStore
from tests.postgres import PostgresServer, fetch_rows
from tests.server_fixture import (
    InProcessServer,
    Keeper,
    SealedUpload,
    new_device_sign_in_body,
    read_json,
    register_keeper,
    running_server,
    seal_file,
)

pytestmark = pytest.mark.whole


async def fill_server(server: InProcessServer) -> tuple[Keeper, list[tuple[str, bytes, bytes]], SealedUpload]:
    """Fill a server for a move and return a keeper, the keeper's pushes with their responses, and a file.

    The keeper has 250 versions and a file of three parts; a second keeper has an unfinished upload.
    """
    keeper, other_keeper = await register_keeper(server), await register_keeper(server, "203.0.113.9")
    pushed = []
    for n in range(250):
        path, body = keeper.seal(f"Number {n}")
        pushed.append((path, body, (await keeper.request("PUT", path, body)).content))
    file = seal_file(keeper, bytes(range(256)) * 9000)
    place = f"{keeper.diary}/blobs/{file.blob}"
    await keeper.request("PUT", place, file.declaration)
    for i, part in enumerate(file.sealed_parts):
        await keeper.request("PUT", f"{place}/parts/{i}", part)
    await keeper.request("POST", f"{place}/complete", {"digest": file.digest})
    await other_keeper.push()
    half = seal_file(other_keeper, bytes(3_000_000))
    await other_keeper.request("PUT", f"{other_keeper.diary}/blobs/{half.blob}", half.declaration)
    await other_keeper.request("PUT", f"{other_keeper.diary}/blobs/{half.blob}/parts/1", half.sealed_parts[1])
    record = pushed[3][0].split("/")[5]
    await keeper.request(
        "POST", f"{keeper.diary}/erasures", {"records": [record], "why": "keeper"}, x_proof=keeper.proof
    )
    return keeper, pushed, file


async def device_view(keeper: Keeper) -> list[bytes]:
    """Return the responses that a device compares: feed, session with heads, pending erasures, usage, server."""
    places = (keeper.diary + "/changes", "/v1/session", f"{keeper.diary}/erasures", "/v1/usage", "/v1/server")
    return [(await keeper.request("GET", place)).content for place in places]


async def test_a_filled_server_moves_and_its_keepers_notice_nothing(
    tmp_path: Path, postgres: PostgresServer, object_store_server: ObjectStore
) -> None:
    """A move that was interrupted at the files and at the rows is run again to its end.

    Sessions, feed, heads, receipts and files are the same as before, the audit passes, and the next push gets the next
    number.
    """
    target_settings = {
        "DIARY_DATABASE_URL": postgres.create_empty_database(),
        "DIARY_BLOB_URL": object_store_server.create_bucket(),
    }
    async with running_server(tmp_path) as server:
        keeper, pushed, file = await fill_server(server)
        before = await device_view(keeper)
    old = server.settings
    new = config.load_settings({"DIARY_DATA": str(old.data), **target_settings})
    for halt in ("files", "version"):

        def stop_after(what: str, done: int, total: int, halt: str = halt) -> None:
            if what == halt:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            await move_store(old, new, stop_after)
    assert 0 < len(await fetch_rows(target_settings["DIARY_DATABASE_URL"], "SELECT 1 FROM version")) < 251
    # The old server is used again after an interrupted move.
    async with running_server(tmp_path) as server:
        keeper.client = server.http_client()
        path, body = keeper.seal("In between")
        pushed.append((path, body, (await keeper.request("PUT", path, body)).content))
        before = await device_view(keeper)
    target = tmp_path / "new.env"
    target.write_text(
        "# the new settings\n" + "".join(f'{name}="{value}"\n' for name, value in target_settings.items())
    )
    result = run_cli("migrate-store", "--to", target, DIARY_DATA=str(old.data))
    assert result.returncode == 0, result.stderr
    assert "SECRET" not in result.stdout and "read back" in result.stdout
    second_result = run_cli("migrate-store", "--to", target, DIARY_DATA=str(old.data))
    assert second_result.returncode == 1 and "already" in second_result.stderr
    async with running_server(tmp_path, **target_settings) as server:
        keeper.client = server.http_client()
        assert await device_view(keeper) == before
        for path, body, answer in pushed:
            repeated = await keeper.request("PUT", path, body)
            assert (repeated.status_code, repeated.content) == (200, answer)
        for i, part in enumerate(file.sealed_parts):
            assert (await keeper.request("GET", f"{keeper.diary}/blobs/{file.blob}/parts/{i}")).content == part
        push_after_move = await keeper.push("After the move")
        assert push_after_move.status_code == 201 and read_json(push_after_move.content)["seq"] == 252
        second = replace(keeper, client=server.http_client(), tokens={})
        signed_in = await second.request(
            "POST", "/v1/sessions", new_device_sign_in_body(keeper.identity.login, keeper.proof)
        )
        assert signed_in.status_code == 200
        again_file = seal_file(keeper, b"small")
        assert (
            await keeper.request("PUT", f"{keeper.diary}/blobs/{again_file.blob}", again_file.declaration)
        ).status_code == 200
    audited = run_cli("audit", target_settings["DIARY_DATABASE_URL"], DIARY_DATA=str(old.data))
    assert audited.returncode == 0, audited.stdout + audited.stderr


async def test_a_damaged_part_is_named_and_the_rest_is_moved(
    tmp_path: Path, postgres: PostgresServer, object_store_server: ObjectStore
) -> None:
    """A changed byte in the folder is found by the digest of its part; the other parts are moved."""
    async with running_server(tmp_path) as server:
        _, _, file = await fill_server(server)
    (damaged,) = (server.settings.data / "blobs").rglob("1-*" if len(file.sealed_parts) == 1 else "2-*")
    raw = bytearray(damaged.read_bytes())
    raw[100] ^= 1
    damaged.write_bytes(bytes(raw))
    new = config.load_settings(
        {
            "DIARY_DATA": str(server.settings.data),
            "DIARY_DATABASE_URL": postgres.create_empty_database(),
            "DIARY_BLOB_URL": object_store_server.create_bucket(),
        }
    )
    assert [name.rsplit("/", 1)[1] for name in await move_store(server.settings, new, lambda *_: None)] == [
        damaged.name
    ]


async def test_a_database_in_use_is_not_moved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The move does not begin while another connection writes, and nobody can write during the move."""
    settings = config.load_settings({"DIARY_DATA": str(tmp_path)})
    await once.migrate_from_cached_copy(settings)
    # The usual timeout for the lock is five seconds.
    monkeypatch.setitem(PRAGMAS, "busy_timeout", "50")
    path = path_from_url(settings.database_url)
    busy = connect(path)
    busy.execute("PRAGMA busy_timeout=0")
    with transfer.open_write_locked(path), pytest.raises(Exception, match="locked"):
        busy.execute("BEGIN IMMEDIATE")
    busy.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable, match="stop the server"), transfer.open_write_locked(path):
        pass
    busy.close()


async def test_targets_that_make_no_sense_are_refused(tmp_path: Path) -> None:
    """The same database, another SQLite database and a file without settings are refused."""
    old = config.load_settings({"DIARY_DATA": str(tmp_path)})
    with pytest.raises(BadSetting):
        await move_store(old, old, lambda *_: None)
    with pytest.raises(BadSetting):
        await move_store(old, config.load_settings({"DIARY_DATA": str(tmp_path / "other")}), lambda *_: None)
    empty_target = tmp_path / "empty.env"
    empty_target.write_text("DIARY_PEPPER=SECRET\n")
    refused = run_cli("migrate-store", "--to", empty_target, DIARY_DATA=str(tmp_path))
    assert refused.returncode == 1 and "SECRET" not in refused.stderr
