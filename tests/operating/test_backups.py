"""A backup of a running server restores everything, opens only with its key, and is refused when incomplete."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from diary import config
from diary.client import backup_canary
from diary.clock import FixedClock
from diary.config import Settings
from diary.crypto import kdf
from diary.errors import BadSetting, Conflict, InvalidSealedCopy
from diary.services.operations import backup_history, backups
from diary.services.operations.backups import CANARY_MEMBER, DATABASE_MEMBER, NOTARY_KEY_MEMBER, PEPPER_MEMBER
from diary.services.operations.sealed_backup import SealedBackupWriter, read_members
from diary.storage.database import open_database
from diary.storage.log.audit import audit_rows
from tests.cli_runner import run_cli, run_cli_in_process
from tests.postgres import PostgresServer
from tests.server_fixture import InProcessServer, Keeper, register_keeper, running_server, seal_file
from tests.server_fixture import SealedUpload as KeptFile


def ignore_progress(*_: object) -> None:
    """Ignore progress reports."""


async def fill_server(server: InProcessServer) -> tuple[Keeper, KeptFile]:
    """Create a keeper with a few versions and a file of two parts."""
    keeper = await register_keeper(server)
    for n in range(5):
        assert (await keeper.push(f"Number {n}")).status_code == 201
    file = seal_file(keeper, bytes(range(256)) * 6000)
    place = f"{keeper.diary}/blobs/{file.blob}"
    await keeper.request("PUT", place, file.declaration)
    for i, part in enumerate(file.sealed_parts):
        await keeper.request("PUT", f"{place}/parts/{i}", part)
    await keeper.request("POST", f"{place}/complete", {"digest": file.digest})
    return keeper, file


async def device_view(keeper: Keeper, file: KeptFile) -> list[bytes]:
    """Return what a device compares: feed, session, quota, server information, parts."""
    places = [keeper.diary + "/changes", "/v1/session", "/v1/usage", "/v1/server"]
    places += [f"{keeper.diary}/blobs/{file.blob}/parts/{i}" for i in range(len(file.sealed_parts))]
    return [(await keeper.request("GET", place)).content for place in places]


@pytest.fixture
def backup_key(tmp_path: Path) -> tuple[bytes, bytes]:
    """Return the operator's key: its public and private half."""
    pub = backups.create_operator_key(tmp_path / "k")
    return pub, (tmp_path / "k").read_bytes()


async def make_server_and_backup(folder: Path, pub: bytes, **settings: str) -> tuple[Settings, Path]:
    """Return the settings of a filled server, and a backup made while it ran."""
    async with running_server(folder, **settings) as server:
        await fill_server(server)
        backup = await backups.create_backup(server.settings, pub, folder / "out", server.clock, ignore_progress)
    assert backup.missing_parts == () and backup.part_count == 2
    return server.settings, backup.path


def empty_server_settings(folder: Path, **settings: str) -> Settings:
    """Return settings for an empty folder."""
    return config.load_settings({"DIARY_DATA": str(folder / "data"), **settings})


def write_backup(path: Path, pub: bytes, members: list[tuple[str, bytes]]) -> Path:
    """Write a backup with exactly these members."""
    with path.open("wb") as file:
        sealed_stream = SealedBackupWriter(file, pub)
        for name, content in members:
            sealed_stream.add_member(name, [content])
        sealed_stream.close()
    return path


async def test_a_backup_of_a_running_server_brings_everything_back(
    tmp_path: Path, database_setting: dict[str, str], backup_key: tuple[bytes, bytes]
) -> None:
    """Everything from before the backup returns byte for byte, nothing later; sessions, receipts and log are valid."""
    pub, scalar = backup_key
    async with running_server(tmp_path / "old", **database_setting) as server:
        keeper, file = await fill_server(server)
        before = await device_view(keeper, file)
        backup = await backups.create_backup(server.settings, pub, tmp_path / "out", server.clock, ignore_progress)
        assert (await keeper.push("After the copy")).status_code == 201
    place = empty_server_settings(tmp_path / "new")
    restored_count = await backups.restore_backup(place, backup.path, scalar, ignore_progress)
    assert (restored_count.part_count, restored_count.missing_parts) == (len(file.sealed_parts), ())
    async with running_server(tmp_path / "new") as restored:
        keeper.client = restored.http_client()
        assert await device_view(keeper, file) == before
        assert (await keeper.push("After the restore")).status_code in (200, 201)
        async with open_database(place) as db:
            notary = restored.app.state.app_context.instance.notary.pub
            assert await db.run_read(lambda hand: list(audit_rows(hand, notary, None, None))) == []
    assert oct((place.data / "pepper").stat().st_mode & 0o777) == "0o600"


@pytest.mark.postgres
async def test_a_backup_goes_back_into_postgresql(
    tmp_path: Path, postgres: PostgresServer, backup_key: tuple[bytes, bytes]
) -> None:
    """A backup of SQLite fills an empty PostgreSQL database; one in use is left unchanged."""
    pub, scalar = backup_key
    _, path = await make_server_and_backup(tmp_path / "old", pub)
    url = postgres.create_empty_database()
    place = empty_server_settings(tmp_path / "new", DIARY_DATABASE_URL=url)
    await backups.restore_backup(place, path, scalar, ignore_progress)
    async with running_server(tmp_path / "new", DIARY_DATABASE_URL=url) as restored:
        assert len(restored.query("SELECT 1 FROM version")) == 5
        assert (await (await register_keeper(restored)).push()).status_code == 201
    with pytest.raises(Conflict):
        await backups.restore_backup(
            empty_server_settings(tmp_path / "other", DIARY_DATABASE_URL=url), path, scalar, ignore_progress
        )


@pytest.mark.parametrize("missing", [PEPPER_MEMBER, NOTARY_KEY_MEMBER])
async def test_a_backup_without_a_secret_is_refused_before_anything_is_written(
    tmp_path: Path, backup_key: tuple[bytes, bytes], missing: str
) -> None:
    """Without pepper or notary key the data is useless: the restore is refused and the folder stays empty."""
    pub, scalar = backup_key
    _, path = await make_server_and_backup(tmp_path / "old", pub)
    members = [(name, b"".join(pieces)) for name, pieces in read_members(path, scalar)]
    without = write_backup(tmp_path / "w.backup", pub, [one for one in members if one[0] != missing])
    with pytest.raises(InvalidSealedCopy, match="pepper" if missing == PEPPER_MEMBER else "notary key"):
        await backups.restore_backup(empty_server_settings(tmp_path / "new"), without, scalar, ignore_progress)
    assert not (tmp_path / "new").exists()
    result = run_cli("restore", without, "--key", tmp_path / "k", DIARY_DATA=str(tmp_path / "new/data"))
    assert result.returncode != 0 and "Nothing was written" in result.stderr and "Traceback" not in result.stderr
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("name", ["pepper", "notary.key"])
async def test_no_backup_is_made_when_a_secret_is_missing_or_another(
    tmp_path: Path, backup_key: tuple[bytes, bytes], name: str
) -> None:
    """A missing or replaced secret is named; no backup file is left and no secret is created."""
    async with running_server(tmp_path) as server:
        await fill_server(server)
    place = server.settings.data / name
    original_secret = place.read_bytes()
    place.write_bytes(os.urandom(32))
    with pytest.raises(BadSetting):
        await backups.create_backup(server.settings, backup_key[0], tmp_path / "out", FixedClock(0), ignore_progress)
    place.unlink()
    with pytest.raises(BadSetting, match=name):
        await backups.create_backup(server.settings, backup_key[0], tmp_path / "out", FixedClock(0), ignore_progress)
    assert not place.exists() and not list((tmp_path / "out").glob("*.backup"))
    place.write_bytes(original_secret)
    assert (
        await backups.create_backup(server.settings, backup_key[0], tmp_path / "out", FixedClock(0), ignore_progress)
    ).part_count == 2


async def test_an_empty_server_is_backed_up_only_on_request(tmp_path: Path, backup_key: tuple[bytes, bytes]) -> None:
    """A server where nobody has an account is refused: the command probably ran without the server's settings."""
    async with running_server(tmp_path) as server:
        settings = server.settings
    with pytest.raises(BadSetting, match="Nobody has an account"):
        await backups.create_backup(settings, backup_key[0], tmp_path / "out", FixedClock(0), ignore_progress)
    assert not list((tmp_path / "out").iterdir())
    await backups.create_backup(
        settings, backup_key[0], tmp_path / "out", FixedClock(0), ignore_progress, allow_empty=True
    )
    assert len(list((tmp_path / "out").iterdir())) == 1


@pytest.mark.parametrize("frames", [0, 1, 4, 8])
async def test_a_full_disk_leaves_no_part_of_a_backup(
    tmp_path: Path, backup_key: tuple[bytes, bytes], monkeypatch: pytest.MonkeyPatch, frames: int
) -> None:
    """The backup that did not fit is removed at once, so that the disk does not stay full."""
    async with running_server(tmp_path) as server:
        await fill_server(server)
    write = SealedBackupWriter._write_sealed
    written: list[int] = []

    def fail_when_full(self: SealedBackupWriter, sealed: bytes) -> None:
        written.append(len(sealed))
        if len(written) > frames:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write(self, sealed)

    monkeypatch.setattr(SealedBackupWriter, "_write_sealed", fail_when_full)
    with pytest.raises(OSError, match="No space left"):
        await backups.create_backup(server.settings, backup_key[0], tmp_path / "out", FixedClock(0), ignore_progress)
    assert len(written) == frames + 1
    assert not list((tmp_path / "out").iterdir())


async def test_other_secrets_in_a_backup_are_refused(tmp_path: Path, backup_key: tuple[bytes, bytes]) -> None:
    """A pepper that is not the database's own is detected, although everything opens."""
    pub, scalar = backup_key
    _, path = await make_server_and_backup(tmp_path / "old", pub)
    members = [
        (name, bytes(32) if name == PEPPER_MEMBER else b"".join(pieces)) for name, pieces in read_members(path, scalar)
    ]
    with pytest.raises(BadSetting, match="pepper"):
        await backups.restore_backup(
            empty_server_settings(tmp_path / "new"),
            write_backup(tmp_path / "w.backup", pub, members),
            scalar,
            ignore_progress,
        )
    assert not (tmp_path / "new/data/kept.sqlite3").exists() and not (tmp_path / "new/data/pepper").exists()


async def test_damage_anywhere_is_refused_before_anything_is_written(
    tmp_path: Path, backup_key: tuple[bytes, bytes]
) -> None:
    """An altered, missing or extra byte, a swapped frame and another key are refused, and nothing is written."""
    pub, scalar = backup_key
    _, path = await make_server_and_backup(tmp_path / "old", pub)
    raw = path.read_bytes()
    damaged_backups = [
        raw[:at] + bytes((raw[at] ^ 1,)) + raw[at + 1 :] for at in range(0, len(raw), max(1, len(raw) // 60))
    ]
    damaged_backups += [raw[:at] for at in (0, 10, 200, len(raw) // 2, len(raw) - 1)] + [
        raw + b"\0",
        b"",
        b"PK\x03\x04" * 50,
    ]
    place = empty_server_settings(tmp_path / "new")
    for n, content in enumerate(damaged_backups):
        broken = tmp_path / "broken"
        broken.write_bytes(content)
        with pytest.raises(InvalidSealedCopy):
            await backups.restore_backup(place, broken, scalar, ignore_progress)
        assert not (tmp_path / "new").exists(), n
    backups.create_operator_key(tmp_path / "another")
    with pytest.raises(InvalidSealedCopy, match="key"):
        await backups.restore_backup(place, path, (tmp_path / "another").read_bytes(), ignore_progress)
    assert not (tmp_path / "new").exists()


async def test_nothing_is_restored_over_something(tmp_path: Path, backup_key: tuple[bytes, bytes]) -> None:
    """A database or other secrets already in place are refused and left unchanged; so is another address."""
    pub, scalar = backup_key
    settings, path = await make_server_and_backup(tmp_path / "old", pub)
    with pytest.raises(Conflict):
        await backups.restore_backup(settings, path, scalar, ignore_progress)
    place = empty_server_settings(tmp_path / "new")
    place.data.mkdir(parents=True)
    (place.data / "pepper").write_bytes(bytes(32))
    with pytest.raises(Conflict, match="pepper"):
        await backups.restore_backup(place, path, scalar, ignore_progress)
    assert [p.name for p in place.data.iterdir()] == ["pepper"]
    other_settings = replace(empty_server_settings(tmp_path / "third"), app_url="https://elsewhere.example")
    with pytest.raises(BadSetting, match="DIARY_APP_URL"):
        await backups.restore_backup(other_settings, path, scalar, ignore_progress)


async def test_a_missing_part_is_named_but_an_erased_one_is_not(
    tmp_path: Path, backup_key: tuple[bytes, bytes]
) -> None:
    """Existing damage is reported with the part's name; the rest is backed up all the same."""
    pub, scalar = backup_key
    async with running_server(tmp_path) as server:
        await fill_server(server)
        parts = sorted((server.settings.data / "blobs").rglob("*-*"))
        parts[0].unlink()
        backup = await backups.create_backup(server.settings, pub, tmp_path / "out", FixedClock(0), ignore_progress)
        assert backup.missing_parts == (parts[0].relative_to(server.settings.data / "blobs").as_posix(),)
        assert backup_history.read_history(server.settings.data)["backup"]["lost"] == 1
        erased_rows: list[Path] = []

        def erase_while_backing_up(what: str, done: int, total: int) -> None:
            if what == "database" and not erased_rows:
                erased_rows.extend(parts)
                for row in ("part", "blob"):
                    with server_connection(server) as rows:
                        rows.execute(f"DELETE FROM {row}")

        later_backup = await backups.create_backup(
            server.settings, pub, tmp_path / "out", FixedClock(9_000), erase_while_backing_up
        )
        assert (
            later_backup.missing_parts == ()
            and backup_history.read_history(server.settings.data)["backup"]["lost"] == 0
        )
    restored_count = await backups.restore_backup(
        empty_server_settings(tmp_path / "new"), backup.path, scalar, ignore_progress
    )
    assert len(restored_count.missing_parts) == 1


@contextmanager
def server_connection(server: InProcessServer) -> Iterator[sqlite3.Connection]:
    """Yield a writing connection to the server's database, then commit and close it."""
    with closing(sqlite3.connect(server.settings.data / "kept.sqlite3")) as connection, connection:
        yield connection


async def test_a_backup_reveals_nothing_without_the_key(tmp_path: Path, backup_key: tuple[bytes, bytes]) -> None:
    """The file has neither the pepper nor a row nor the address; the state file only identifies secrets."""
    settings, path = await make_server_and_backup(tmp_path, backup_key[0])
    raw = path.read_bytes() + (settings.data / backup_history.HISTORY_FILE_NAME).read_bytes()
    secrets = settings.load_or_create_pepper(), settings.load_or_create_notary_seed()
    for secret in (*secrets, b"SQLite format", settings.app_url.encode(), b'"name":"'):
        assert secret not in raw
    assert backup_history.read_history(settings.data)["backup"]["inside"][
        PEPPER_MEMBER
    ] == backup_history.secret_fingerprint(settings.load_or_create_pepper())
    assert not list(settings.data.glob(".work-*"))


def test_the_drill_signs_in_on_the_restored_copy(tmp_path: Path) -> None:
    """The commands alone suffice: key, canary, backup, drill; anything missing is reported."""
    env = {"DIARY_DATA": str(tmp_path / "data")}

    def run_command(*arguments: str | Path) -> tuple[int, str]:
        result = run_cli_in_process(*arguments, **env)
        return result.returncode, result.stdout + result.stderr

    assert run_command("migrate")[0] == 0
    assert run_command("serve", "--bind", "127.0.0.1:x")[0] != 0
    assert run_command("backup-key", "--single-file", tmp_path / "k")[0] == 0
    status, output = run_command("backup", tmp_path / "out", "--key", tmp_path / "k.pub")
    assert status != 0 and "pepper" in output
    assert run_command("canary")[0] == 0
    assert run_command("canary")[0] != 0
    (tmp_path / "data" / CANARY_MEMBER).rename(tmp_path / CANARY_MEMBER)
    assert run_command("backup", tmp_path / "without", "--key", tmp_path / "k.pub")[0] == 0
    status, output = run_command("drill", next((tmp_path / "without").iterdir()), "--key", tmp_path / "k")
    assert status != 0 and "Run `canary`" in output and "drill" not in backup_history.read_history(tmp_path / "data")
    (tmp_path / CANARY_MEMBER).rename(tmp_path / "data" / CANARY_MEMBER)
    status, output = run_command("backup", tmp_path / "out", "--key", tmp_path / "k.pub")
    assert status == 0, output
    file = next((tmp_path / "out").iterdir())
    before = (tmp_path / "data/kept.sqlite3").read_bytes()
    status, output = run_command("drill", file, "--key", tmp_path / "k")
    assert status == 0 and "signed in" in output, output
    assert backup_history.read_history(tmp_path / "data")["drill"]["name"] == file.name
    assert (tmp_path / "data/kept.sqlite3").read_bytes() == before
    status, output = run_command("drill", file, "--key", tmp_path / "k.pub")
    assert status != 0 and "not a private backup key" in output


async def test_a_canary_whose_words_changed_fails_the_drill(tmp_path: Path) -> None:
    """A canary with a wrong word or without its line fails the drill."""
    async with running_server(tmp_path) as server:
        canary = await backup_canary.create_canary(
            server.app,
            server.settings.app_url,
            None,
            server.clock,
            profile=kdf.CHEAPEST_PROFILE,
            policy=kdf.TEST_POLICY,
        )
        await backup_canary.verify_canary(
            server.app, server.settings.app_url, canary, server.clock, policy=kdf.TEST_POLICY
        )
        from diary.errors import KeptError

        for invalid_canary in (canary.replace(b'"words":"', b'"words":"x'), b"{}", b"not JSON"):
            with pytest.raises(KeptError):
                await backup_canary.verify_canary(
                    server.app, server.settings.app_url, invalid_canary, server.clock, policy=kdf.TEST_POLICY
                )
        keeper = await register_keeper(server)
        keepers_canary = b'{"login":"%s","words":"correct horse battery staple"}' % keeper.identity.login.encode()
        with pytest.raises(KeptError, match="line"):
            await backup_canary.verify_canary(
                server.app, server.settings.app_url, keepers_canary, server.clock, policy=kdf.TEST_POLICY
            )
    assert DATABASE_MEMBER == "database"
