"""Each thing a server stands on, broken in turn: a sentence that names it, and nothing made in the place of what is gone."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from pathlib import Path

import pytest

from diary.client.host_probe import Answer, Visitor
from diary.clock import FixedClock
from diary.config import Settings
from diary.errors import BadSetting
from diary.services.operations import backups
from diary.storage.sqlite import connection
from tests.keepers import enrol, served
from tests.running import here, kept


def run(folder: Path, *, enrolled: bool = False) -> Settings:
    """Start a server and stop it, with a keeper who comes and writes in between if asked for."""

    async def once() -> Settings:
        async with served(folder) as server:
            if enrolled:
                assert (await (await enrol(server)).push()).status_code == 201
            return server.settings

    return asyncio.run(once())


def refused(*command: str | Path, **env: str) -> str:
    """What a command that fails says; never with a traceback."""
    done = here(*command, **env)
    assert done.returncode == 1 and done.stderr.startswith("Error: ") and "Traceback" not in done.stderr
    return done.stderr


@pytest.mark.parametrize("name", ["pepper", "notary.key"])
def test_a_secret_that_is_gone_stops_the_start_and_none_is_made(tmp_path: Path, name: str) -> None:
    """A new pepper would turn right words into wrong ones: no command makes one over a database somebody is in."""
    settings = run(tmp_path, enrolled=True)
    data = settings.data
    right = (data / name).read_bytes()
    (data / name).unlink()
    with pytest.raises(BadSetting, match=f"no {name} here"):
        run(tmp_path)
    for command in (("invite",), ("purge",), ("closing",), ("keys", "wish", tmp_path / "w", "--why", "first")):
        assert f"no {name} here" in refused(*command, DIARY_DATA=str(data))
    assert f"no {name} here" in here("doctor", DIARY_DATA=str(data)).stdout
    if name == "notary.key":
        refused("audit", DIARY_DATA=str(data))
    assert not (data / name).exists()
    (data / name).write_bytes(right)
    assert here("invite", DIARY_DATA=str(data), DIARY_ENROLMENT="invite").returncode == 0


def test_another_pepper_is_told_before_anybody_meets_it(tmp_path: Path) -> None:
    """It is said at the start and by doctor; an account that is being closed is no witness against the right one."""
    settings = run(tmp_path, enrolled=True)
    data = settings.data
    right = (data / "pepper").read_bytes()
    (data / "pepper").write_bytes(os.urandom(32))
    assert "not the one this database was written with" in refused("invite", DIARY_DATA=str(data))
    assert "not the one this database was written with" in here("doctor", DIARY_DATA=str(data)).stdout
    (data / "pepper").write_bytes(right)
    run(tmp_path, enrolled=True)
    connection = sqlite3.connect(data / "kept.sqlite3")
    connection.execute("UPDATE account SET kdf = x'' WHERE id = (SELECT min(id) FROM account)")
    connection.commit()
    connection.close()
    pub = backups.new_key(tmp_path / "k")
    made = backups.make(settings, pub, tmp_path / "out", FixedClock(0), lambda *_: None)
    assert asyncio.run(made).lost == ()
    run(tmp_path)


def test_a_database_that_cannot_be_used_is_said_and_waits_for_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Damaged, held by another program, or closed to us: every command ends, at once, with that."""
    monkeypatch.setitem(connection.PRAGMAS, "busy_timeout", "50")
    assert here("migrate", DIARY_DATA=str(tmp_path)).returncode == 0
    file = tmp_path / "kept.sqlite3"
    holding = sqlite3.connect(file, isolation_level=None)
    holding.execute("BEGIN EXCLUSIVE")
    for command in ("migrate", "invite"):
        assert "held by another program" in refused(command, DIARY_DATA=str(tmp_path))
    holding.close()
    file.write_bytes(os.urandom(5000))
    for command in ("migrate", "invite", "purge"):
        assert "damaged" in refused(command, DIARY_DATA=str(tmp_path))
    done = here("doctor", DIARY_DATA=str(tmp_path))
    assert "database: The database file is damaged" in done.stdout
    file.unlink()
    file.mkdir()
    for command in ("migrate", "invite"):
        assert "cannot be written" in refused(command, DIARY_DATA=str(tmp_path))


def test_what_the_system_refuses_is_one_sentence(tmp_path: Path) -> None:
    """A folder that is not there, a file where a folder should be: the place is named."""
    assert "no/k.key" in refused("backup-key", tmp_path / "no" / "k.key")
    assert "no/r.key" in refused("release", "key", tmp_path / "no" / "r.key")
    (tmp_path / "file").write_text("")
    assert "file" in refused("migrate", DIARY_DATA=str(tmp_path / "file"))


def test_a_server_that_cannot_start_says_why_in_one_sentence(tmp_path: Path) -> None:
    """From the process itself: no traceback, the setting by its name."""
    done = kept("serve", DIARY_DATA=str(tmp_path))
    assert done.returncode == 1 and "migrate" in done.stderr and "Traceback" not in done.stderr
    assert here("migrate", DIARY_DATA=str(tmp_path)).returncode == 0
    for name, value in {
        "DIARY_RELEASE": str(tmp_path / "none"),
        "DIARY_TIMESTAMPS": str(tmp_path / "none"),
        "DIARY_COUNTS_URL": "memcached://secret",
        "DIARY_DATABASE_URL": "postgres://me:secret@here:there/x",
    }.items():
        said = refused("serve", DIARY_DATA=str(tmp_path), **{name: value})
        assert name in said and "secret" not in said


def test_what_root_makes_belongs_to_the_folders_owner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The service under a user of its own reads the canary, the secrets and the notes that its operator made as root."""
    given: dict[str, tuple[int, int]] = {}
    env = {"DIARY_DATA": str(tmp_path)}
    assert here("migrate", **env).returncode == 0
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(os, "chown", lambda path, user, group: given.update({Path(path).name: (user, group)}))
    assert here("canary", **env).returncode == 0
    assert here("backup-key", tmp_path / "k").returncode == 0
    assert here("backup", tmp_path / "out", "--key", tmp_path / "k.pub", **env).returncode == 0
    assert here("keys", "wish", tmp_path / "wish", "--why", "first", **env).returncode == 0
    owner = tmp_path.stat().st_uid, tmp_path.stat().st_gid
    assert given == dict.fromkeys(("pepper", "notary.key", "canary", "operating.json.new"), owner)


def test_a_host_that_is_away_is_not_asked_for_every_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each answer that does not come is waited for; one that came in between begins the count anew."""
    asked: list[str] = []
    answer = Answer(200, {}, b"")

    def one(_visitor: Visitor, _client: object, _host: str, _netloc: str, path: str) -> Answer | None:
        asked.append(path)
        return answer if path == "c" else None

    monkeypatch.setattr(Visitor, "_one", one)
    assert list(Visitor().get_all("https://notes.example", list("acabdef"))) == [
        None,
        answer,
        None,
        None,
        None,
        None,
        None,
    ]
    assert "".join(asked) == "acab"


def test_what_cannot_be_meant_is_refused_before_anything_is_done(tmp_path: Path) -> None:
    """A year beyond any plan, a port there is not, a file that is no text."""
    env = {"DIARY_DATA": str(tmp_path)}
    assert here("migrate", **env).returncode == 0
    assert here("closing", "9999-12-31", **env).returncode == 2
    assert "goes on" in here("closing", **env).stdout
    assert "--bind" in refused("serve", "--bind", "127.0.0.1:70000", **env)
    assert "no address" in refused("doctor", "--at", "localhost:door", **env)
    (tmp_path / "bytes").write_bytes(b"\xe9\xff")
    assert "DIARY_DATABASE_URL" in refused("migrate-store", "--to", tmp_path / "bytes", **env)
