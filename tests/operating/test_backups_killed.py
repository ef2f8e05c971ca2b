"""Leftovers of a killed backup or restore, and files in the way of a restore."""

from __future__ import annotations

import asyncio
import errno
import fcntl
import os
import sqlite3
from pathlib import Path

import pytest

from diary import config
from diary.clock import FixedClock
from diary.config import Settings
from diary.errors import Conflict
from diary.services.operations import backups
from tests.server_fixture import register_keeper, running_server


def ignore_progress(*_: object) -> None:
    """Ignore progress reports."""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Return the settings of a stopped server with a keeper and an entry."""

    async def once() -> Settings:
        async with running_server(tmp_path / "old") as server:
            assert (await (await register_keeper(server)).push()).status_code == 201
            return server.settings

    return asyncio.run(once())


def test_leftovers_of_a_killed_backup_are_removed_by_the_next(settings: Settings, tmp_path: Path) -> None:
    """The next backup removes a plain database copy and partial file, but not those of a running one."""
    pub, backup_folder = backups.create_operator_key(tmp_path / "k"), tmp_path / "out"
    dead, alive = (settings.data / f".work-{name}" for name in ("dead", "alive"))
    backup_folder.mkdir()
    for folder in (dead, alive):
        folder.mkdir()
        (folder / "database").write_bytes(b"SENTINEL")
        (backup_folder / f"{folder.name}.backup.part").write_bytes(b"half")
    holding = [os.open(path, os.O_RDONLY) for path in (alive, backup_folder / ".work-alive.backup.part")]
    for handle in holding:
        fcntl.flock(handle, fcntl.LOCK_EX)
    backup = asyncio.run(backups.create_backup(settings, pub, backup_folder, FixedClock(0), ignore_progress))
    assert not dead.exists() and (alive / "database").exists()
    assert {path.name for path in backup_folder.iterdir()} == {backup.path.name, ".work-alive.backup.part"}
    for handle in holding:
        os.close(handle)
    asyncio.run(backups.create_backup(settings, pub, backup_folder, FixedClock(1000), ignore_progress))
    assert not alive.exists() and {path.suffix for path in backup_folder.iterdir()} == {".backup"}


def test_a_restore_beside_another_databases_log_is_refused(settings: Settings, tmp_path: Path) -> None:
    """SQLite would apply the journal of the moved database to the one that replaces it."""
    pub, backup_folder = backups.create_operator_key(tmp_path / "k"), tmp_path / "out"
    backup = asyncio.run(backups.create_backup(settings, pub, backup_folder, FixedClock(0), ignore_progress))
    place = config.load_settings({"DIARY_DATA": str(tmp_path / "new")})
    place.data.mkdir()
    leftover_wal = place.data / "kept.sqlite3-wal"
    leftover_wal.write_bytes(b"a log")
    with pytest.raises(Conflict, match=r"kept\.sqlite3-wal"):
        asyncio.run(backups.restore_backup(place, backup.path, (tmp_path / "k").read_bytes(), ignore_progress))
    assert {path.name for path in place.data.iterdir()} == {leftover_wal.name}


def test_a_database_on_a_disk_of_its_own_is_restored_there(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that cannot be renamed to another disk is copied, and appears only when complete."""
    pub, backup_folder = backups.create_operator_key(tmp_path / "k"), tmp_path / "out"
    backup = asyncio.run(backups.create_backup(settings, pub, backup_folder, FixedClock(0), ignore_progress))
    database_path = tmp_path / "far" / "kept.sqlite3"
    rename = Path.rename

    def rename_across_disks(path: Path, target: Path) -> Path:
        if path.parent != Path(target).parent:
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", rename_across_disks)
    place = config.load_settings(
        {"DIARY_DATA": str(tmp_path / "new"), "DIARY_DATABASE_URL": f"sqlite://{database_path}"}
    )
    asyncio.run(backups.restore_backup(place, backup.path, (tmp_path / "k").read_bytes(), ignore_progress))
    connection = sqlite3.connect(database_path)
    assert connection.execute("SELECT count(*) FROM version").fetchone() == (1,)
    connection.close()
    assert {path.name for path in database_path.parent.iterdir()} == {
        "kept.sqlite3"
    } and database_path.stat().st_mode & 0o077 == 0
