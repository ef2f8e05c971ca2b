"""Backups that grow with change: what they restore, what they cost, and what is refused by name."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import json
import random
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from pyrage import x25519

from diary import config
from diary.clock import FixedClock
from diary.config import Settings
from diary.crypto import age_files
from diary.crypto.signing import Ed25519Signer
from diary.encoding import b64
from diary.errors import BadSetting, Conflict, InvalidSealedCopy, Unavailable
from diary.services.operations import backup_history, backup_repository, growing_backups
from diary.services.operations.backups import Backup, restore_members
from diary.services.operations.growing_backups import (
    Policy,
    check_folder,
    create_growing_backup,
    open_backup,
    prune_folder,
)
from diary.storage import backup as copies
from diary.storage import blob_store
from diary.storage.blob_store import open_blob_store
from diary.storage.database import open_database
from diary.storage.log.audit import audit_rows
from tests.cli_runner import run_cli_in_process
from tests.operating.test_backups import device_view, fill_server, ignore_progress
from tests.server_fixture import running_server

DAY_MS = 86_400_000


class BackupKey(NamedTuple):
    """A backup key: its public and its private half, as text."""

    public: str
    private: str


@pytest.fixture(scope="module")
def key() -> BackupKey:
    """Return a backup key. Its password takes a second, so it is made once."""
    key_file, public_key = age_files.generate_key("a password")
    return BackupKey(public_key, age_files.unlock_key(key_file, "a password"))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Return the settings of a stopped server with a keeper, five entries and a file of two parts."""

    async def once() -> Settings:
        async with running_server(tmp_path / "old") as server:
            await fill_server(server)
            return server.settings

    return asyncio.run(once())


async def back_up(settings: Settings, key: BackupKey, folder: Path, night: int = 0, **options: bool) -> Backup:
    """Make a backup on a night."""
    clock = FixedClock(night * DAY_MS)
    return await create_growing_backup(settings, key.public, folder, clock, ignore_progress, lambda _: None, **options)


async def restore(folder: Path, key: BackupKey, target: Path, at: str = "", notary: bytes | None = None) -> Settings:
    """Restore a backup to SQLite and a folder in `target`, and return its settings."""
    place = config.load_settings({"DIARY_DATA": str(target / "data")})
    with open_backup(folder, key.private, at, notary) as opened:
        await restore_members(place, folder, opened.read_members, ignore_progress)
    return place


def content_of(settings: Settings) -> dict[str, Any]:
    """Return everything a server has: its database as statements, the bytes of its parts, its secrets."""
    with closing(sqlite3.connect(settings.data / "kept.sqlite3")) as database:
        rows = sorted(database.iterdump())
    folder = open_blob_store(settings.blob_url).folder
    assert folder is not None
    parts = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    secrets = {name: (settings.data / name).read_bytes() for name in ("pepper", "notary.key", "backup-names.key")}
    return {"rows": rows, "parts": parts, **secrets}


def files_in(folder: Path) -> dict[str, int]:
    """Return the size of every file in a folder."""
    return {str(path.relative_to(folder)): path.stat().st_size for path in folder.rglob("*") if path.is_file()}


async def test_a_backup_of_a_running_server_brings_everything_back(
    tmp_path: Path, database_setting: dict[str, str], key: BackupKey
) -> None:
    """Everything from before the backup returns byte for byte, nothing later; from SQLite and from PostgreSQL."""
    async with running_server(tmp_path / "old", **database_setting) as server:
        keeper, file = await fill_server(server)
        before = await device_view(keeper, file)
        first = await back_up(server.settings, key, tmp_path / "out", 1)
        assert (first.part_count, first.missing_parts) == (2, ())
        assert (await keeper.push("After the copy")).status_code == 201
        sizes = files_in(tmp_path / "out")
    # On PostgreSQL, a server in whose process a backup ran answers later reads with 503. Only a test does this: the
    # command `backup` is a process of its own.
    async with running_server(tmp_path / "old", **database_setting) as server:
        keeper.client = server.http_client()
        later = await device_view(keeper, file)
        await back_up(server.settings, key, tmp_path / "out", 2)
        notary = server.app.state.app_context.instance.notary.pub
    written = files_in(tmp_path / "out").keys() - sizes.keys()
    assert sum(path.startswith("chunks/") for path in written) <= 3  # rows; the parts are there
    for at, view in (("1", before), ("1970-01-02", before), ("1970-01-03T00:00", later), ("", later)):
        place = await restore(tmp_path / "out", key, tmp_path / f"new{at}", at, notary)
        async with running_server(tmp_path / f"new{at}") as restored:
            keeper.client = restored.http_client()
            assert await device_view(keeper, file) == view
            async with open_database(place) as db:
                assert await db.run_read(lambda hand: list(audit_rows(hand, notary, None, None))) == []


async def test_the_restored_server_goes_on_in_the_same_folder(
    settings: Settings, tmp_path: Path, key: BackupKey
) -> None:
    """It has the naming key, so its next backup adds only what changed."""
    await back_up(settings, key, tmp_path / "out")
    place = await restore(tmp_path / "out", key, tmp_path / "new")
    assert content_of(place) == content_of(settings)
    chunks = set((tmp_path / "out" / "chunks").glob("*/*"))
    await back_up(place, key, tmp_path / "out", 1)
    assert len(set((tmp_path / "out" / "chunks").glob("*/*")) - chunks) <= 2
    assert check_folder(place, tmp_path / "out", ignore_progress, whole=True) == []


async def test_28_nights_with_1_percent_change_cost_half_as_much_again_at_most(
    settings: Settings, tmp_path: Path, key: BackupKey
) -> None:
    """Rows and parts that are added, changed and erased: the folder has ≤ 1.5 × the server's size, and all nights."""
    chance = random.Random(28)
    store = open_blob_store(settings.blob_url)
    with closing(sqlite3.connect(settings.data / "kept.sqlite3")) as database:
        (blob,) = database.execute("SELECT id FROM blob").fetchone()

        async def add(parts: int, rows: int) -> None:
            """Add parts of 64 KiB, and rows of 2 KB with random numbers in an index."""
            for _ in range(parts):
                raw = chance.randbytes(64 << 10)
                digest = hashlib.sha256(raw).digest()
                (i,) = database.execute("SELECT max(i) + 1 FROM part").fetchone()
                name = f"file_00/00/{i}-{chance.randbytes(8).hex()}-{digest.hex()[:32]}"
                await store.put(name, raw)
                database.execute(
                    "INSERT INTO part (blob_id, i, size, digest, name) VALUES (?, ?, ?, ?, ?)",
                    (blob, i, len(raw), digest, name),
                )
            for _ in range(rows):
                database.execute(
                    "INSERT INTO night VALUES (NULL, ?, ?)", (chance.randbytes(16), chance.randbytes(2000))
                )
            database.commit()

        database.execute("CREATE TABLE night (id INTEGER PRIMARY KEY, a BLOB UNIQUE, b BLOB)")
        await add(100, 2000)
        contents: dict[int, Any] = {}
        for night in range(1, 29):
            await back_up(settings, key, tmp_path / "out", night)
            if night in (1, 14, 28):
                contents[night] = content_of(settings)
            if night < 28:
                await add(1, 20)
                database.execute("DELETE FROM night WHERE id = ?", (chance.randrange(2000),))
                database.execute("UPDATE night SET b = x'00' WHERE id = ?", (chance.randrange(2000),))
                database.commit()
    size = sum(len(raw) for raw in contents[28]["parts"].values()) + (settings.data / "kept.sqlite3").stat().st_size
    total = sum(files_in(tmp_path / "out").values())
    print(f"server {size / 1e6:.2f} MB, 28 nights {total / 1e6:.2f} MB, ratio {total / size:.3f}")
    assert total <= 1.5 * size
    for night, content in contents.items():
        assert content_of(await restore(tmp_path / "out", key, tmp_path / f"night{night}", str(night))) == content
    removed, freed = prune_folder(settings, tmp_path / "out", Policy(daily=7), 28 * DAY_MS)
    assert len(removed) == 21 and freed > 0
    assert content_of(await restore(tmp_path / "out", key, tmp_path / "pruned")) == contents[28]


@pytest.mark.parametrize("kept_steps", [0, 1, 3, -3, -2, -1])
async def test_a_night_that_is_cut_off_leaves_the_nights_before(
    settings: Settings, tmp_path: Path, key: BackupKey, monkeypatch: pytest.MonkeyPatch, kept_steps: int
) -> None:
    """Killed after so many files (negative: before the end), half a file written: the next night goes on."""
    steps: list[Path] = []
    write = backup_repository.write_durably

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    def count_or_die(path: Path, raw: bytes) -> None:
        steps.append(path)
        if len(steps) > limit:
            path.with_name(path.name + ".part").write_bytes(raw[: len(raw) // 2])
            raise KeyboardInterrupt
        write(path, raw)

    limit = 10**6
    monkeypatch.setattr(backup_repository, "write_durably", count_or_die)
    await back_up(settings, key, tmp_path / "other", 1)
    assert len(steps) >= 5 and steps[-1].suffix == ".list"
    limit = kept_steps % (len(steps) + 1)
    steps.clear()
    # A killed process does not tidy up.
    monkeypatch.setattr(growing_backups._ChunkWriter, "discard", lambda _: None)
    monkeypatch.setattr(backup_history, "record_repository", die)
    with pytest.raises(KeyboardInterrupt):
        await back_up(settings, key, tmp_path / "out", 1)
    assert len(steps) == (limit if kept_steps == -1 else limit + 1)
    monkeypatch.undo()
    with backup_repository.open_repository(tmp_path / "out") as repository:
        assert len(repository.list_snapshots(None)) == (kept_steps == -1)
    await back_up(settings, key, tmp_path / "out", 2)
    assert not list((tmp_path / "out").rglob("*.part"))
    assert check_folder(settings, tmp_path / "out", ignore_progress, whole=True) == []
    assert content_of(await restore(tmp_path / "out", key, tmp_path / "new")) == content_of(settings)


async def test_a_full_disk_is_refused_before_or_leaves_nothing(
    settings: Settings, tmp_path: Path, key: BackupKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Too little space is said with both numbers; a disk that fills up meanwhile has nothing more afterwards."""
    usage = shutil.disk_usage(tmp_path)
    with monkeypatch.context() as patch, pytest.raises(Unavailable, match=r"needs \d+ MB in .* and 5 MB are free"):
        patch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=5_000_000))
        await back_up(settings, key, tmp_path / "out")
    assert files_in(tmp_path / "out") == {}
    flush = blob_store.flush
    written: list[Path] = []

    def fill_up(path: Path) -> None:
        written.append(path)
        if len(written) > 6:
            raise OSError(errno.ENOSPC, "No space left on device")
        flush(path)

    with monkeypatch.context() as patch, pytest.raises(Unavailable, match=r"cannot be written: No space left"):
        patch.setattr(backup_repository, "flush", fill_up)
        await back_up(settings, key, tmp_path / "full")
    assert files_in(tmp_path / "full") == {}
    await back_up(settings, key, tmp_path / "full")


async def test_damage_is_named_by_the_check_and_by_the_restore(
    settings: Settings, tmp_path: Path, key: BackupKey
) -> None:
    """Each chunk, flipped or missing: `check` and `restore` name it, nothing is restored, the next night repairs."""
    folder = tmp_path / "out"
    await back_up(settings, key, folder, 1)
    for path in sorted((folder / "chunks").glob("*/*")):
        raw = path.read_bytes()
        path.write_bytes(raw[:-1] + bytes([raw[-1] ^ 1]))
        assert any(path.name in fault for fault in check_folder(settings, folder, ignore_progress, whole=True))
        with pytest.raises(InvalidSealedCopy, match=path.name):
            await restore(folder, key, tmp_path / "new")
        path.unlink()
        assert any(path.name in fault for fault in check_folder(settings, folder, ignore_progress, whole=False))
        with pytest.raises(InvalidSealedCopy, match=f"{path.name} is missing"):
            await restore(folder, key, tmp_path / "new")
        path.write_bytes(raw)
    assert not (tmp_path / "new").exists()
    for path in (folder / "chunks").glob("*/*"):
        path.unlink()
    await back_up(settings, key, folder, 2)
    assert check_folder(settings, folder, ignore_progress, whole=True) == []
    for at in ("1", "2"):
        assert content_of(await restore(folder, key, tmp_path / at, at)) == content_of(settings)


async def test_an_older_state_of_the_folder_is_noticed(settings: Settings, tmp_path: Path, key: BackupKey) -> None:
    """A replayed folder is complete and well signed; the server remembers a later list. So is an empty one: no disk."""
    folder = tmp_path / "out"
    await back_up(settings, key, folder, 1)
    shutil.copytree(folder, tmp_path / "saved")
    await back_up(settings, key, folder, 2)
    for replay in (True, False):
        shutil.rmtree(folder)
        if replay:
            shutil.copytree(tmp_path / "saved", folder)
        with pytest.raises(Conflict, match="does not have backup 2"):
            await back_up(settings, key, folder, 3)
        if replay:
            with pytest.raises(Conflict, match="does not have backup 2"):
                check_folder(settings, folder, ignore_progress, whole=False)
            with pytest.raises(Conflict, match="does not have backup 2"):
                prune_folder(settings, folder, Policy(), 99 * DAY_MS)
    await back_up(settings, key, folder, 3, accept_older=True)
    assert [path.name for path in folder.rglob("*.list")] == ["00000003.list"]


async def test_another_servers_backup_is_refused(settings: Settings, tmp_path: Path, key: BackupKey) -> None:
    """In the folder of this server, and as a restore with this server's key pinned. A forged manifest is refused."""
    async with running_server(tmp_path / "foreign") as server:
        await fill_server(server)
        foreign, pub = server.settings, server.app.state.app_context.instance.notary.pub
    await back_up(settings, key, tmp_path / "out")
    await back_up(foreign, key, tmp_path / "theirs")
    with pytest.raises(InvalidSealedCopy, match=r"00000001\.list was signed by another server"):
        await back_up(foreign, key, tmp_path / "out", 1)
    with pytest.raises(InvalidSealedCopy, match=r"00000001\.list was not signed by the server"):
        await restore(tmp_path / "out", key, tmp_path / "new", notary=pub)
    # The manifest of one server under a list that the other has signed.
    manifest = (tmp_path / "theirs/snapshots/00000001.manifest").read_bytes()
    own_key = Ed25519Signer((settings.data / "notary.key").read_bytes())
    with backup_repository.open_repository(tmp_path / "out") as repository:
        (real,) = repository.list_snapshots(None)
        fields: dict[str, object] = {
            "number": 2,
            "made_at": 0,
            "app_url": "x",
            "key": b64(real.key),
            "previous": b64(real.digest),
        }
        repository.commit(fields, manifest, {}, own_key)
    with pytest.raises(InvalidSealedCopy, match=r"00000002\.list was not signed by the server whose data it has"):
        await restore(tmp_path / "out", key, tmp_path / "new")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("field", ["parts", "missing", "rows", "secrets", "v", "number"])
async def test_unsafe_names_in_a_manifest_are_refused(
    settings: Settings, tmp_path: Path, key: BackupKey, field: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that was taken over can sign anything: `../` never becomes a path, and no value a traceback."""
    values: dict[str, list[Any]] = {
        "parts": [["../../evil-" + "0" * 32], ["/etc/passwd"], [1], None],
        "missing": [["../x"], 5],
        "rows": [["../../../etc/passwd"], ["0" * 63], [None]],
        "secrets": [{}, {"../x": "AAAA"}, [], {"pepper": "AAAA"}, lambda real: real | {"operating.json": "AAAA"}],
        "v": [2, None],
        "number": ["1", None, 7],
    }
    seal = growing_backups._seal_manifest
    for number, value in enumerate(values[field]):
        folder = tmp_path / str(number)
        with monkeypatch.context() as patch:
            patch.setattr(
                growing_backups,
                "_seal_manifest",
                lambda manifest, public, value=value: seal(
                    manifest | {field: value(manifest[field]) if callable(value) else value}, public
                ),
            )
            patch.setattr(backup_history, "record_repository", lambda *_: None)
            patch.setattr(backup_history, "record_backup", lambda *_: None)
            await back_up(settings, key, folder)
        with pytest.raises(InvalidSealedCopy, match=r"malformed|not signed by"):
            await restore(folder, key, tmp_path / "new")
    assert not (tmp_path / "new").exists()


async def test_an_empty_server_or_wrong_secrets_are_refused(tmp_path: Path, settings: Settings, key: BackupKey) -> None:
    """As for a backup in one file; nothing is written."""
    (settings.data / "pepper").write_bytes(bytes(32))
    with pytest.raises(BadSetting, match="pepper"):
        await back_up(settings, key, tmp_path / "out")
    async with running_server(tmp_path / "empty") as server:
        with pytest.raises(BadSetting, match="Nobody has an account"):
            await back_up(server.settings, key, tmp_path / "out")
        assert files_in(tmp_path / "out") == {}
        await back_up(server.settings, key, tmp_path / "out", allow_empty=True)


async def test_parts_that_are_lost_are_reported_and_erased_ones_are_not(
    tmp_path: Path, key: BackupKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A damaged part is named, and backed up once it is whole; a part that was erased meanwhile is no loss."""
    async with running_server(tmp_path / "old") as server:
        await fill_server(server)
        settings = server.settings
        folder = open_blob_store(settings.blob_url).folder
        assert folder is not None
        first = sorted(path for path in folder.rglob("*") if path.is_file())[0]
        raw = first.read_bytes()
        first.write_bytes(b"damaged")
        lost = await back_up(settings, key, tmp_path / "out", 1)
        assert lost.missing_parts == (str(first.relative_to(folder)),) and lost.part_count == 1
        first.write_bytes(raw)
        assert (await back_up(settings, key, tmp_path / "out", 2)).missing_parts == ()
        read_sizes = copies.list_part_sizes

        def erase_meanwhile(path: Path) -> list[tuple[str, int]]:
            for part in folder.rglob("*-*"):
                if part.is_file():
                    part.unlink()
            with closing(sqlite3.connect(settings.data / "kept.sqlite3")) as database:
                database.execute("UPDATE blob SET erased = 1")
                database.commit()
            return read_sizes(path)

        monkeypatch.setattr(copies, "list_part_sizes", erase_meanwhile)
        erased = await back_up(settings, key, tmp_path / "other", 3)
        assert (erased.missing_parts, erased.part_count) == ((), 0)
    await restore(tmp_path / "out", key, tmp_path / "new")


def test_the_policy_keeps_the_newest_of_each_period() -> None:
    """Days, weeks and months, none beyond the limit, and always the newest."""
    blank = backup_repository.Snapshot(0, 0, "", b"", b"", b"", b"", 0, 0, b"", Path())
    snapshots = [replace(blank, number=n, made_at=n * DAY_MS // 2) for n in range(1, 201)]  # two a day
    now = 100 * DAY_MS
    assert growing_backups.choose_kept(snapshots, Policy(daily=3), now) == {200, 199, 197}
    assert len(growing_backups.choose_kept(snapshots, Policy(), now)) == 28
    assert len(growing_backups.choose_kept(snapshots, Policy(7, 4, 12, 365), now)) in range(10, 16)
    assert growing_backups.choose_kept(snapshots, Policy(7, 4, 12, 0), now) == {200}
    assert growing_backups.choose_kept(snapshots[:5], Policy(), now) == {5}
    assert growing_backups.choose_kept([], Policy(), now) == set()


def test_the_commands_alone_suffice(tmp_path: Path, settings: Settings) -> None:
    """BackupKey, canary, backup, list, check, drill, prune, restore; a wrong password and other keys are refused."""
    env = {"DIARY_DATA": str(settings.data)}
    password, wrong, out, key_path = (tmp_path / name for name in ("password", "wrong", "out", "k"))
    password.write_text("four words and more\n")
    wrong.write_text("four words and less\n")

    def run(*arguments: str | Path, **env: str) -> tuple[int, str]:
        result = run_cli_in_process(*arguments, **env)
        assert "Traceback" not in result.stderr
        return result.returncode, result.stdout + result.stderr

    (tmp_path / "short").write_text("short")
    assert "too short" in run("backup-key", key_path, "--password-file", tmp_path / "short")[1]
    assert run("backup-key", key_path, "--password-file", password)[0] == 0
    assert key_path.read_bytes().startswith(b"age-encryption.org/v1\n") and key_path.stat().st_mode & 0o777 == 0o600
    assert run("canary", **env)[0] == 0
    status, output = run("backup", out, "--key", tmp_path / "k.pub", **env)
    assert status == 0 and "Needs at most" in output and "2 new parts" in output
    status, output = run("backups", "list", out, "--json")
    assert json.loads(output)["number"] == 1
    assert "1  20" in run("backups", "list", out)[1]
    assert run("backups", "check", out, "--all", **env)[0] == 0
    unlock = ("--key", key_path, "--password-file", password)
    status, output = run("drill", out, *unlock, **env)
    assert status == 0 and "signed in" in output
    assert "password is wrong" in run("drill", out, "--key", key_path, "--password-file", wrong, **env)[1]
    assert "is not the private key of a folder" in run("drill", out, "--key", tmp_path / "k.pub", **env)[1]
    assert "no such backup" in run("drill", out, *unlock, "--at", "1999-01-01", **env)[1]
    assert "--at takes" in run("drill", out, *unlock, "--at", "yesterday", **env)[1]
    assert "Freed: 0.0 MB" in run("backups", "prune", out, **env)[1]
    (tmp_path / "not").mkdir()
    for command in (("backups", "list"), ("backups", "check"), ("backups", "prune")):
        status, output = run(*command, tmp_path / "not", **env)
        assert status == 1 and "has no backups" in output
    assert "has no backups" in run("restore", tmp_path / "not", *unlock, **env)[1]
    new = {"DIARY_DATA": str(tmp_path / "new")}
    status, output = run("restore", out, *unlock, **new)
    assert status == 0 and "with 2 parts" in output
    next((out / "chunks").glob("*/*")).unlink()
    status, output = run("backups", "check", out, **env)
    assert status == 1 and "is missing or has another size" in output


async def test_a_backup_tells_nothing_without_the_key(settings: Settings, tmp_path: Path, key: BackupKey) -> None:
    """No file has a secret, a row or a part, and no chunk is named by a digest of its content."""
    await back_up(settings, key, tmp_path / "out")
    content = content_of(settings)
    folder_bytes = b"".join(path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file())
    for raw in (content["pepper"], content["notary.key"], content["backup-names.key"], b"file_", b"CREATE TABLE"):
        assert raw not in folder_bytes
    names = {path.name for path in (tmp_path / "out/chunks").glob("*/*")}
    for raw in content["parts"].values():
        assert raw[100:150] not in folder_bytes
        assert hashlib.sha256(raw).hexdigest() not in names
    with pytest.raises(InvalidSealedCopy, match="does not open with that backup key"):
        await restore(tmp_path / "out", BackupKey(key.public, str(x25519.Identity.generate())), tmp_path / "new")
    with pytest.raises(BadSetting, match="are for another backup key"):
        await back_up(settings, BackupKey(str(x25519.Identity.generate().to_public()), ""), tmp_path / "out", 1)
    with pytest.raises(BadSetting, match="not a public backup key"):
        await back_up(settings, BackupKey("age1x", ""), tmp_path / "out")
