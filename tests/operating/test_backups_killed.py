"""What a backup or a restore leaves that was killed, and what lies about where a restore goes."""

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
from tests.keepers import enrol, served


def still(*_: object) -> None:
    """No progress."""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A server with a keeper and an entry, stopped."""

    async def once() -> Settings:
        async with served(tmp_path / "old") as server:
            assert (await (await enrol(server)).push()).status_code == 201
            return server.settings

    return asyncio.run(once())


def test_what_a_killed_backup_left_goes_with_the_next_one(settings: Settings, tmp_path: Path) -> None:
    """The unsealed copy of the database and the half file; those of one that still runs stay."""
    pub, out = backups.new_key(tmp_path / "k"), tmp_path / "out"
    dead, alive = (settings.data / f".work-{name}" for name in ("dead", "alive"))
    out.mkdir()
    for folder in (dead, alive):
        folder.mkdir()
        (folder / "database").write_bytes(b"SENTINEL")
        (out / f"{folder.name}.backup.part").write_bytes(b"half")
    holding = [os.open(path, os.O_RDONLY) for path in (alive, out / ".work-alive.backup.part")]
    for handle in holding:
        fcntl.flock(handle, fcntl.LOCK_EX)
    made = asyncio.run(backups.make(settings, pub, out, FixedClock(0), still))
    assert not dead.exists() and (alive / "database").exists()
    assert {path.name for path in out.iterdir()} == {made.path.name, ".work-alive.backup.part"}
    for handle in holding:
        os.close(handle)
    asyncio.run(backups.make(settings, pub, out, FixedClock(1000), still))
    assert not alive.exists() and {path.suffix for path in out.iterdir()} == {".backup"}


def test_a_restore_beside_another_databases_log_is_refused(settings: Settings, tmp_path: Path) -> None:
    """SQLite would write the log of the database that was moved away into the one that is put in its place."""
    pub, out = backups.new_key(tmp_path / "k"), tmp_path / "out"
    made = asyncio.run(backups.make(settings, pub, out, FixedClock(0), still))
    place = config.load({"DIARY_DATA": str(tmp_path / "new")})
    place.data.mkdir()
    left = place.data / "kept.sqlite3-wal"
    left.write_bytes(b"a log")
    with pytest.raises(Conflict, match=r"kept\.sqlite3-wal"):
        asyncio.run(backups.restore(place, made.path, (tmp_path / "k").read_bytes(), still))
    assert {path.name for path in place.data.iterdir()} == {left.name}


def test_a_database_on_a_disk_of_its_own_is_restored_there(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a file cannot be renamed to another disk it is copied, and appears when it is whole."""
    pub, out = backups.new_key(tmp_path / "k"), tmp_path / "out"
    made = asyncio.run(backups.make(settings, pub, out, FixedClock(0), still))
    far = tmp_path / "far" / "kept.sqlite3"
    rename = Path.rename

    def other_disk(path: Path, target: Path) -> Path:
        if path.parent != Path(target).parent:
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", other_disk)
    place = config.load({"DIARY_DATA": str(tmp_path / "new"), "DIARY_DATABASE_URL": f"sqlite://{far}"})
    asyncio.run(backups.restore(place, made.path, (tmp_path / "k").read_bytes(), still))
    there = sqlite3.connect(far)
    assert there.execute("SELECT count(*) FROM version").fetchone() == (1,)
    there.close()
    assert {path.name for path in far.parent.iterdir()} == {"kept.sqlite3"} and far.stat().st_mode & 0o077 == 0
