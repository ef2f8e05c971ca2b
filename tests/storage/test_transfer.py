"""A filled server moves to PostgreSQL and an object store, is interrupted, and its keepers notice nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from diary import config
from diary.cli.storage import move
from diary.encoding import parse
from diary.errors import BadSetting, Unavailable
from diary.storage import transfer
from diary.storage.sqlite.connection import PRAGMAS, connect, path_of
from tests import once
from tests.keepers import Keeper, SealedFile, Served, enrol, seal_file, served, sign_in_body
from tests.object_store import ObjectStore
from tests.postgres import Postgres, rows_of
from tests.running import kept

pytestmark = pytest.mark.whole


async def fill(server: Served) -> tuple[Keeper, list[tuple[str, bytes, bytes]], SealedFile]:
    """A keeper with 250 versions and a file of three parts, another with an unfinished upload: who, what was answered."""
    keeper, other = await enrol(server), await enrol(server, "203.0.113.9")
    pushed = []
    for n in range(250):
        path, body = keeper.seal(f"Number {n}")
        pushed.append((path, body, (await keeper.ask("PUT", path, body)).content))
    file = seal_file(keeper, bytes(range(256)) * 9000)
    place = f"{keeper.diary}/blobs/{file.blob}"
    await keeper.ask("PUT", place, file.declaration)
    for i, part in enumerate(file.sealed):
        await keeper.ask("PUT", f"{place}/parts/{i}", part)
    await keeper.ask("POST", f"{place}/complete", {"digest": file.digest})
    await other.push()
    half = seal_file(other, bytes(3_000_000))
    await other.ask("PUT", f"{other.diary}/blobs/{half.blob}", half.declaration)
    await other.ask("PUT", f"{other.diary}/blobs/{half.blob}/parts/1", half.sealed[1])
    record = pushed[3][0].split("/")[5]
    await keeper.ask("POST", f"{keeper.diary}/erasures", {"records": [record], "why": "keeper"}, x_proof=keeper.proof)
    return keeper, pushed, file


async def seen(keeper: Keeper) -> list[bytes]:
    """All that a device compares: the whole feed, the session with its heads, what waits, the room."""
    places = (keeper.diary + "/changes", "/v1/session", f"{keeper.diary}/erasures", "/v1/usage", "/v1/server")
    return [(await keeper.ask("GET", place)).content for place in places]


async def test_a_filled_server_moves_and_its_keepers_notice_nothing(
    tmp_path: Path, postgres: Postgres, objects: ObjectStore
) -> None:
    """Interrupted among the files and among the rows, run again to the end: sessions, feed, heads, receipts and files
    are what they were, the audit passes, and the diary goes on with the next number."""
    wanted = {"DIARY_DATABASE_URL": postgres.empty(), "DIARY_BLOB_URL": objects.bucket()}
    async with served(tmp_path) as server:
        keeper, pushed, file = await fill(server)
        before = await seen(keeper)
    old = server.settings
    new = config.load({"DIARY_DATA": str(old.data), **wanted})
    for halt in ("files", "version"):

        def stop(what: str, done: int, total: int, halt: str = halt) -> None:
            if what == halt:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            await move(old, new, stop)
    assert 0 < len(await rows_of(wanted["DIARY_DATABASE_URL"], "SELECT 1 FROM version")) < 251
    # The old server went on for a while, as it may when an interrupted move is not taken up at once.
    async with served(tmp_path) as server:
        keeper.client = server.client()
        path, body = keeper.seal("In between")
        pushed.append((path, body, (await keeper.ask("PUT", path, body)).content))
        before = await seen(keeper)
    target = tmp_path / "new.env"
    target.write_text("# the new settings\n" + "".join(f'{name}="{value}"\n' for name, value in wanted.items()))
    done = kept("migrate-store", "--to", target, DIARY_DATA=str(old.data))
    assert done.returncode == 0, done.stderr
    assert "SECRET" not in done.stdout and "read back" in done.stdout
    again = kept("migrate-store", "--to", target, DIARY_DATA=str(old.data))
    assert again.returncode == 1 and "already" in again.stderr
    async with served(tmp_path, **wanted) as server:
        keeper.client = server.client()
        assert await seen(keeper) == before
        for path, body, answer in pushed:
            repeated = await keeper.ask("PUT", path, body)
            assert (repeated.status_code, repeated.content) == (200, answer)
        for i, part in enumerate(file.sealed):
            assert (await keeper.ask("GET", f"{keeper.diary}/blobs/{file.blob}/parts/{i}")).content == part
        fresh = await keeper.push("After the move")
        assert fresh.status_code == 201 and parse(fresh.content)["seq"] == 252  # type: ignore[index,call-overload]
        second = replace(keeper, client=server.client(), tokens={})
        signed_in = await second.ask("POST", "/v1/sessions", sign_in_body(keeper.identity.login, keeper.proof))
        assert signed_in.status_code == 200
        again_file = seal_file(keeper, b"small")
        assert (
            await keeper.ask("PUT", f"{keeper.diary}/blobs/{again_file.blob}", again_file.declaration)
        ).status_code == 200
    audited = kept("audit", wanted["DIARY_DATABASE_URL"], DIARY_DATA=str(old.data))
    assert audited.returncode == 0, audited.stdout + audited.stderr


async def test_a_damaged_part_is_named_and_the_rest_is_moved(
    tmp_path: Path, postgres: Postgres, objects: ObjectStore
) -> None:
    """A byte that had changed in the folder is found by its digest; the other parts arrive."""
    async with served(tmp_path) as server:
        _, _, file = await fill(server)
    (damaged,) = (server.settings.data / "blobs").rglob("1-*" if len(file.sealed) == 1 else "2-*")
    raw = bytearray(damaged.read_bytes())
    raw[100] ^= 1
    damaged.write_bytes(bytes(raw))
    new = config.load(
        {
            "DIARY_DATA": str(server.settings.data),
            "DIARY_DATABASE_URL": postgres.empty(),
            "DIARY_BLOB_URL": objects.bucket(),
        }
    )
    assert [name.rsplit("/", 1)[1] for name in await move(server.settings, new, lambda *_: None)] == [damaged.name]


async def test_a_database_in_use_is_not_moved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While somebody writes, the move does not begin; while it moves, nobody writes."""
    settings = config.load({"DIARY_DATA": str(tmp_path)})
    await once.migrate(settings)
    # It waits for its turn, in earnest for five seconds.
    monkeypatch.setitem(PRAGMAS, "busy_timeout", "50")
    path = path_of(settings.database_url)
    busy = connect(path)
    busy.execute("PRAGMA busy_timeout=0")
    with transfer.held(path), pytest.raises(Exception, match="locked"):
        busy.execute("BEGIN IMMEDIATE")
    busy.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable, match="stop the server"), transfer.held(path):
        pass
    busy.close()


async def test_targets_that_make_no_sense_are_refused(tmp_path: Path) -> None:
    """The same place, another SQLite, a file that says nothing."""
    old = config.load({"DIARY_DATA": str(tmp_path)})
    with pytest.raises(BadSetting):
        await move(old, old, lambda *_: None)
    with pytest.raises(BadSetting):
        await move(old, config.load({"DIARY_DATA": str(tmp_path / "other")}), lambda *_: None)
    nothing = tmp_path / "empty.env"
    nothing.write_text("DIARY_PEPPER=SECRET\n")
    refused = kept("migrate-store", "--to", nothing, DIARY_DATA=str(tmp_path))
    assert refused.returncode == 1 and "SECRET" not in refused.stderr
