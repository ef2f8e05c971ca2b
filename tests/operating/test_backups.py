"""A backup of a running server brings everything back, opens only with its key, and is refused when it could not help."""

from __future__ import annotations

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
from diary.errors import BadSetting, Conflict, NotACopy
from diary.services.operations import backup_history, backups
from diary.services.operations.backups import CANARY, DATABASE, NOTARY, PEPPER
from diary.services.operations.sealed_backup import SealedFile, read_members
from diary.storage.database import opened
from diary.storage.log.audit import audit_rows
from tests.keepers import Keeper, Served, enrol, seal_file, served
from tests.keepers import SealedFile as KeptFile
from tests.running import here, kept


def still(*_: object) -> None:
    """No progress."""


async def fill(server: Served) -> tuple[Keeper, KeptFile]:
    """A keeper with a few versions and a file of two parts."""
    keeper = await enrol(server)
    for n in range(5):
        assert (await keeper.push(f"Number {n}")).status_code == 201
    file = seal_file(keeper, bytes(range(256)) * 6000)
    place = f"{keeper.diary}/blobs/{file.blob}"
    await keeper.ask("PUT", place, file.declaration)
    for i, part in enumerate(file.sealed):
        await keeper.ask("PUT", f"{place}/parts/{i}", part)
    await keeper.ask("POST", f"{place}/complete", {"digest": file.digest})
    return keeper, file


async def seen(keeper: Keeper, file: KeptFile) -> list[bytes]:
    """What a device compares: feed, session, room, the server itself, the parts."""
    places = [keeper.diary + "/changes", "/v1/session", "/v1/usage", "/v1/server"]
    places += [f"{keeper.diary}/blobs/{file.blob}/parts/{i}" for i in range(len(file.sealed))]
    return [(await keeper.ask("GET", place)).content for place in places]


@pytest.fixture
def key(tmp_path: Path) -> tuple[bytes, bytes]:
    """The operator's key: its public half, and itself."""
    pub = backups.new_key(tmp_path / "k")
    return pub, (tmp_path / "k").read_bytes()


async def made(folder: Path, pub: bytes, **settings: str) -> tuple[Settings, Path]:
    """The settings of a filled server, and a backup made while it ran."""
    async with served(folder, **settings) as server:
        await fill(server)
        found = await backups.make(server.settings, pub, folder / "out", server.clock, still)
    assert found.lost == () and found.parts == 2
    return server.settings, found.path


def elsewhere(folder: Path, **settings: str) -> Settings:
    """Settings of an empty place."""
    return config.load({"DIARY_DATA": str(folder / "data"), **settings})


def write(path: Path, pub: bytes, members: list[tuple[str, bytes]]) -> Path:
    """A backup with just these members."""
    with path.open("wb") as file:
        sealed = SealedFile(file, pub)
        for name, content in members:
            sealed.add(name, [content])
        sealed.close()
    return path


async def test_a_backup_of_a_running_server_brings_everything_back(
    tmp_path: Path, database_setting: dict[str, str], key: tuple[bytes, bytes]
) -> None:
    """Everything from before is back byte for byte, and nothing from after; sessions, receipts and the log hold."""
    pub, scalar = key
    async with served(tmp_path / "old", **database_setting) as server:
        keeper, file = await fill(server)
        before = await seen(keeper, file)
        found = await backups.make(server.settings, pub, tmp_path / "out", server.clock, still)
        assert (await keeper.push("After the copy")).status_code == 201
    place = elsewhere(tmp_path / "new")
    done = await backups.restore(place, found.path, scalar, still)
    assert (done.parts, done.lost) == (len(file.sealed), ())
    async with served(tmp_path / "new") as restored:
        keeper.client = restored.client()
        assert await seen(keeper, file) == before
        assert (await keeper.push("After the restore")).status_code in (200, 201)
        async with opened(place) as db:
            notary = restored.app.state.office.instance.notary.pub
            assert await db.page(lambda hand: list(audit_rows(hand, notary, None, None))) == []
    assert oct((place.data / "pepper").stat().st_mode & 0o777) == "0o600"


@pytest.mark.postgres
async def test_a_backup_goes_back_into_postgresql(tmp_path: Path, postgres, key: tuple[bytes, bytes]) -> None:  # type: ignore[no-untyped-def]
    """A backup of SQLite fills an empty PostgreSQL database, and one that is in use is left alone."""
    pub, scalar = key
    _, path = await made(tmp_path / "old", pub)
    url = postgres.empty()
    place = elsewhere(tmp_path / "new", DIARY_DATABASE_URL=url)
    await backups.restore(place, path, scalar, still)
    async with served(tmp_path / "new", DIARY_DATABASE_URL=url) as restored:
        assert len(restored.rows("SELECT 1 FROM version")) == 5
        assert (await (await enrol(restored)).push()).status_code == 201
    with pytest.raises(Conflict):
        await backups.restore(elsewhere(tmp_path / "other", DIARY_DATABASE_URL=url), path, scalar, still)


@pytest.mark.parametrize("missing", [PEPPER, NOTARY])
async def test_a_backup_without_a_secret_is_refused_before_anything_is_written(
    tmp_path: Path, key: tuple[bytes, bytes], missing: str
) -> None:
    """Without pepper or notary key nobody could use what it holds: the restore says so and the place stays empty."""
    pub, scalar = key
    _, path = await made(tmp_path / "old", pub)
    members = [(name, b"".join(pieces)) for name, pieces in read_members(path, scalar)]
    without = write(tmp_path / "w.backup", pub, [one for one in members if one[0] != missing])
    with pytest.raises(NotACopy, match="pepper" if missing == PEPPER else "notary key"):
        await backups.restore(elsewhere(tmp_path / "new"), without, scalar, still)
    assert not (tmp_path / "new").exists()
    done = kept("restore", without, "--key", tmp_path / "k", DIARY_DATA=str(tmp_path / "new/data"))
    assert done.returncode != 0 and "Nothing was written" in done.stderr and "Traceback" not in done.stderr
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("name", ["pepper", "notary.key"])
async def test_no_backup_is_made_when_a_secret_is_missing_or_another(
    tmp_path: Path, key: tuple[bytes, bytes], name: str
) -> None:
    """A secret that is gone, or was replaced, is named; no file is left that could pass for a backup, no secret is made."""
    async with served(tmp_path) as server:
        await fill(server)
    place = server.settings.data / name
    right = place.read_bytes()
    place.write_bytes(os.urandom(32))
    with pytest.raises(BadSetting):
        await backups.make(server.settings, key[0], tmp_path / "out", FixedClock(0), still)
    place.unlink()
    with pytest.raises(BadSetting, match=name):
        await backups.make(server.settings, key[0], tmp_path / "out", FixedClock(0), still)
    assert not place.exists() and not list((tmp_path / "out").glob("*.backup"))
    place.write_bytes(right)
    assert (await backups.make(server.settings, key[0], tmp_path / "out", FixedClock(0), still)).parts == 2


async def test_other_secrets_in_a_backup_are_refused(tmp_path: Path, key: tuple[bytes, bytes]) -> None:
    """A pepper that is not the database's own is noticed although everything opens."""
    pub, scalar = key
    _, path = await made(tmp_path / "old", pub)
    members = [(name, bytes(32) if name == PEPPER else b"".join(pieces)) for name, pieces in read_members(path, scalar)]
    with pytest.raises(BadSetting, match="pepper"):
        await backups.restore(elsewhere(tmp_path / "new"), write(tmp_path / "w.backup", pub, members), scalar, still)
    assert not (tmp_path / "new/data/kept.sqlite3").exists() and not (tmp_path / "new/data/pepper").exists()


async def test_damage_anywhere_is_refused_before_anything_is_written(tmp_path: Path, key: tuple[bytes, bytes]) -> None:
    """A changed byte, a cut, an added byte, a swapped frame, another key: nothing is written."""
    pub, scalar = key
    _, path = await made(tmp_path / "old", pub)
    raw = path.read_bytes()
    bad = [raw[:at] + bytes((raw[at] ^ 1,)) + raw[at + 1 :] for at in range(0, len(raw), max(1, len(raw) // 60))]
    bad += [raw[:at] for at in (0, 10, 200, len(raw) // 2, len(raw) - 1)] + [raw + b"\0", b"", b"PK\x03\x04" * 50]
    place = elsewhere(tmp_path / "new")
    for n, content in enumerate(bad):
        broken = tmp_path / "broken"
        broken.write_bytes(content)
        with pytest.raises(NotACopy):
            await backups.restore(place, broken, scalar, still)
        assert not (tmp_path / "new").exists(), n
    backups.new_key(tmp_path / "another")
    with pytest.raises(NotACopy, match="key"):
        await backups.restore(place, path, (tmp_path / "another").read_bytes(), still)
    assert not (tmp_path / "new").exists()


async def test_nothing_is_restored_over_something(tmp_path: Path, key: tuple[bytes, bytes]) -> None:
    """A database, or other secrets, in the place: refused, and they stay as they are; another address is refused too."""
    pub, scalar = key
    settings, path = await made(tmp_path / "old", pub)
    with pytest.raises(Conflict):
        await backups.restore(settings, path, scalar, still)
    place = elsewhere(tmp_path / "new")
    place.data.mkdir(parents=True)
    (place.data / "pepper").write_bytes(bytes(32))
    with pytest.raises(Conflict, match="pepper"):
        await backups.restore(place, path, scalar, still)
    assert [p.name for p in place.data.iterdir()] == ["pepper"]
    other = replace(elsewhere(tmp_path / "third"), app_url="https://elsewhere.example")
    with pytest.raises(BadSetting, match="DIARY_APP_URL"):
        await backups.restore(other, path, scalar, still)


async def test_a_missing_part_is_named_and_one_erased_meanwhile_is_not(
    tmp_path: Path, key: tuple[bytes, bytes]
) -> None:
    """Damage that was there before is said at once, by the name of the part; the rest is saved all the same."""
    pub, scalar = key
    async with served(tmp_path) as server:
        await fill(server)
        parts = sorted((server.settings.data / "blobs").rglob("*-*"))
        parts[0].unlink()
        found = await backups.make(server.settings, pub, tmp_path / "out", FixedClock(0), still)
        assert found.lost == (parts[0].relative_to(server.settings.data / "blobs").as_posix(),)
        assert backup_history.read(server.settings.data)["backup"]["lost"] == 1
        gone: list[Path] = []

        def erase(what: str, done: int, total: int) -> None:
            if what == "database" and not gone:
                gone.extend(parts)
                for row in ("part", "blob"):
                    with server_rows(server) as rows:
                        rows.execute(f"DELETE FROM {row}")

        later = await backups.make(server.settings, pub, tmp_path / "out", FixedClock(9_000), erase)
        assert later.lost == () and backup_history.read(server.settings.data)["backup"]["lost"] == 0
    done = await backups.restore(elsewhere(tmp_path / "new"), found.path, scalar, still)
    assert len(done.lost) == 1


@contextmanager
def server_rows(server: Served) -> Iterator[sqlite3.Connection]:
    """A writing connection beside the server, committed and closed."""
    with closing(sqlite3.connect(server.settings.data / "kept.sqlite3")) as connection, connection:
        yield connection


async def test_a_backup_reveals_nothing_without_the_key(tmp_path: Path, key: tuple[bytes, bytes]) -> None:
    """Neither the pepper, nor a row, nor the address stands in it; and the state beside the data tells secrets apart only."""
    settings, path = await made(tmp_path, key[0])
    raw = path.read_bytes() + (settings.data / backup_history.FILE).read_bytes()
    secrets = settings.read_pepper(), settings.read_notary_seed()
    for secret in (*secrets, b"SQLite format", settings.app_url.encode(), b'"name":"'):
        assert secret not in raw
    assert backup_history.read(settings.data)["backup"]["inside"][PEPPER] == backup_history.fingerprint(
        settings.read_pepper()
    )
    assert not list(settings.data.glob(".work-*"))


def test_the_drill_signs_in_on_the_restored_copy(tmp_path: Path) -> None:
    """As an operator does it, by the command line alone: a key, a canary, a backup, a drill; what is missing is said."""
    env = {"DIARY_DATA": str(tmp_path / "data")}

    def run(*arguments: str | Path) -> tuple[int, str]:
        done = here(*arguments, **env)
        return done.returncode, done.stdout + done.stderr

    assert run("migrate")[0] == 0
    assert run("serve", "--bind", "127.0.0.1:x")[0] != 0
    assert run("backup-key", tmp_path / "k")[0] == 0
    status, said = run("backup", tmp_path / "out", "--key", tmp_path / "k.pub")
    assert status != 0 and "pepper" in said
    assert run("canary")[0] == 0
    assert run("canary")[0] != 0
    (tmp_path / "data" / CANARY).rename(tmp_path / CANARY)
    assert run("backup", tmp_path / "without", "--key", tmp_path / "k.pub")[0] == 0
    status, said = run("drill", next((tmp_path / "without").iterdir()), "--key", tmp_path / "k")
    assert status != 0 and "run `canary`" in said and "drill" not in backup_history.read(tmp_path / "data")
    (tmp_path / CANARY).rename(tmp_path / "data" / CANARY)
    status, said = run("backup", tmp_path / "out", "--key", tmp_path / "k.pub")
    assert status == 0, said
    file = next((tmp_path / "out").iterdir())
    before = (tmp_path / "data/kept.sqlite3").read_bytes()
    status, said = run("drill", file, "--key", tmp_path / "k")
    assert status == 0 and "signed in" in said, said
    assert backup_history.read(tmp_path / "data")["drill"]["name"] == file.name
    assert (tmp_path / "data/kept.sqlite3").read_bytes() == before
    status, said = run("drill", file, "--key", tmp_path / "k.pub")
    assert status != 0 and "not a backup key" in said


async def test_a_canary_whose_words_changed_fails_the_drill(tmp_path: Path) -> None:
    """The drill opens the account; a wrong word, or a line that is not there, is no success."""
    async with served(tmp_path) as server:
        told = await backup_canary.settle(
            server.app, server.settings.app_url, None, server.clock, profile=kdf.CHEAPEST, policy=kdf.TESTS
        )
        await backup_canary.look(server.app, server.settings.app_url, told, server.clock, policy=kdf.TESTS)
        from diary.errors import KeptError

        for wrong in (told.replace(b'"words":"', b'"words":"x'), b"{}", b"not JSON"):
            with pytest.raises(KeptError):
                await backup_canary.look(server.app, server.settings.app_url, wrong, server.clock, policy=kdf.TESTS)
        keeper = await enrol(server)
        other = b'{"login":"%s","words":"correct horse battery staple"}' % keeper.identity.login.encode()
        with pytest.raises(KeptError, match="line"):
            await backup_canary.look(server.app, server.settings.app_url, other, server.clock, policy=kdf.TESTS)
    assert DATABASE == "database"
