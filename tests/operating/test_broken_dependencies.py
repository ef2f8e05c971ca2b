"""Each dependency of a server, broken in turn: it is named in one sentence, and nothing is created in its place."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from pathlib import Path

import pytest

from diary.client.host_probe import HostProbe, ProbeResponse
from diary.clock import FixedClock
from diary.config import Settings
from diary.errors import BadSetting
from diary.services.operations import backups
from diary.storage.sqlite import connection
from tests.cli_runner import run_cli, run_cli_in_process
from tests.server_fixture import register_keeper, running_server


def run_server_once(folder: Path, *, enrolled: bool = False) -> Settings:
    """Start a server and stop it. `enrolled`: a keeper registers and writes in between."""

    async def start_and_stop() -> Settings:
        async with running_server(folder) as server:
            if enrolled:
                assert (await (await register_keeper(server)).push()).status_code == 201
            return server.settings

    return asyncio.run(start_and_stop())


def failing_command_output(*command: str | Path, **env: str) -> str:
    """Return the output of a failing command, which must have no traceback."""
    result = run_cli_in_process(*command, **env)
    assert result.returncode == 1 and result.stderr.startswith("Error: ") and "Traceback" not in result.stderr
    return result.stderr


@pytest.mark.parametrize("name", ["pepper", "notary.key"])
def test_a_secret_that_is_gone_stops_the_start_and_none_is_made(tmp_path: Path, name: str) -> None:
    """A new pepper would make right words wrong: no command creates one for a database with accounts."""
    settings = run_server_once(tmp_path, enrolled=True)
    data = settings.data
    original_secret = (data / name).read_bytes()
    (data / name).unlink()
    with pytest.raises(BadSetting, match=f"no {name} here"):
        run_server_once(tmp_path)
    for command in (("invite",), ("purge",), ("closing",), ("keys", "wish", tmp_path / "w", "--why", "first")):
        assert f"no {name} here" in failing_command_output(*command, DIARY_DATA=str(data))
    assert f"there is no {name}." in run_cli_in_process("doctor", DIARY_DATA=str(data)).stdout
    if name == "notary.key":
        failing_command_output("audit", DIARY_DATA=str(data))
    assert not (data / name).exists()
    (data / name).write_bytes(original_secret)
    assert run_cli_in_process("invite", DIARY_DATA=str(data), DIARY_ENROLMENT="invite").returncode == 0


def test_a_replaced_pepper_is_reported_at_start(tmp_path: Path) -> None:
    """A replaced pepper is reported at start and by doctor; accounts in closing do not count as evidence for one."""
    settings = run_server_once(tmp_path, enrolled=True)
    data = settings.data
    original_pepper = (data / "pepper").read_bytes()
    (data / "pepper").write_bytes(os.urandom(32))
    assert "not the one this database was written with" in failing_command_output("invite", DIARY_DATA=str(data))
    assert "not the one this database was written with" in run_cli_in_process("doctor", DIARY_DATA=str(data)).stdout
    (data / "pepper").write_bytes(original_pepper)
    run_server_once(tmp_path, enrolled=True)
    connection = sqlite3.connect(data / "kept.sqlite3")
    connection.execute("UPDATE account SET kdf = x'' WHERE id = (SELECT min(id) FROM account)")
    connection.commit()
    connection.close()
    pub = backups.create_operator_key(tmp_path / "k")
    backup = backups.create_backup(settings, pub, tmp_path / "out", FixedClock(0), lambda *_: None)
    assert asyncio.run(backup).missing_parts == ()
    run_server_once(tmp_path)


def test_an_unusable_database_is_reported_without_waiting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a damaged, locked or unreadable database every command ends at once, and says so."""
    monkeypatch.setitem(connection.PRAGMAS, "busy_timeout", "50")
    assert run_cli_in_process("migrate", DIARY_DATA=str(tmp_path)).returncode == 0
    file = tmp_path / "kept.sqlite3"
    holding = sqlite3.connect(file, isolation_level=None)
    holding.execute("BEGIN EXCLUSIVE")
    for command in ("migrate", "invite"):
        assert "held by another program" in failing_command_output(command, DIARY_DATA=str(tmp_path))
    holding.close()
    file.write_bytes(os.urandom(5000))
    for command in ("migrate", "invite", "purge"):
        assert "damaged" in failing_command_output(command, DIARY_DATA=str(tmp_path))
    result = run_cli_in_process("doctor", DIARY_DATA=str(tmp_path))
    assert "database: The database file is damaged" in result.stdout
    file.unlink()
    file.mkdir()
    for command in ("migrate", "invite"):
        assert "cannot be written" in failing_command_output(command, DIARY_DATA=str(tmp_path))


def test_a_system_error_is_reported_in_one_sentence(tmp_path: Path) -> None:
    """A missing folder, or a file in place of a folder, is named."""
    assert "no/k.key" in failing_command_output("backup-key", "--single-file", tmp_path / "no" / "k.key")
    assert "no/r.key" in failing_command_output("release", "key", tmp_path / "no" / "r.key")
    (tmp_path / "file").write_text("")
    assert "file" in failing_command_output("migrate", DIARY_DATA=str(tmp_path / "file"))


def test_a_server_that_cannot_start_says_why_in_one_sentence(tmp_path: Path) -> None:
    """The process prints the setting by its name, without a traceback."""
    result = run_cli("serve", DIARY_DATA=str(tmp_path))
    assert result.returncode == 1 and "migrate" in result.stderr and "Traceback" not in result.stderr
    assert run_cli_in_process("migrate", DIARY_DATA=str(tmp_path)).returncode == 0
    for name, value in {
        "DIARY_RELEASE": str(tmp_path / "none"),
        "DIARY_TIMESTAMPS": str(tmp_path / "none"),
        "DIARY_COUNTS_URL": "memcached://secret",
        "DIARY_DATABASE_URL": "postgres://me:secret@here:there/x",
    }.items():
        output = failing_command_output("serve", DIARY_DATA=str(tmp_path), **{name: value})
        assert name in output and "secret" not in output


def test_files_made_by_root_belong_to_the_folders_owner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The service, under its own user, can read the canary, secrets and notes that the operator created as root."""
    owners_by_path: dict[str, tuple[int, int]] = {}
    env = {"DIARY_DATA": str(tmp_path)}
    assert run_cli_in_process("migrate", **env).returncode == 0
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(os, "chown", lambda path, user, group: owners_by_path.update({Path(path).name: (user, group)}))
    assert run_cli_in_process("canary", **env).returncode == 0
    assert run_cli_in_process("backup-key", "--single-file", tmp_path / "k").returncode == 0
    assert run_cli_in_process("backup", tmp_path / "out", "--key", tmp_path / "k.pub", **env).returncode == 0
    assert run_cli_in_process("keys", "wish", tmp_path / "wish", "--why", "first", **env).returncode == 0
    owner = tmp_path.stat().st_uid, tmp_path.stat().st_gid
    assert owners_by_path == dict.fromkeys(("pepper", "notary.key", "canary", "operating.json.new"), owner)


def test_an_unreachable_host_is_not_asked_for_every_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """After several timeouts in a row the remaining files are not requested; a success resets the count."""
    requested_paths: list[str] = []
    answer = ProbeResponse(200, {}, b"")

    def fetch_one(_visitor: HostProbe, _client: object, _host: str, _netloc: str, path: str) -> ProbeResponse | None:
        requested_paths.append(path)
        return answer if path == "c" else None

    monkeypatch.setattr(HostProbe, "_one", fetch_one)
    assert list(HostProbe().get_all("https://notes.example", list("acabdef"))) == [
        None,
        answer,
        None,
        None,
        None,
        None,
        None,
    ]
    assert "".join(requested_paths) == "acab"


def test_invalid_arguments_are_refused_before_anything_is_done(tmp_path: Path) -> None:
    """A year far in the future, an invalid port and a file that is not text are refused before anything is done."""
    env = {"DIARY_DATA": str(tmp_path)}
    assert run_cli_in_process("migrate", **env).returncode == 0
    assert run_cli_in_process("closing", "9999-12-31", **env).returncode == 2
    assert "stays open" in run_cli_in_process("closing", **env).stdout
    assert "--bind" in failing_command_output("serve", "--bind", "127.0.0.1:70000", **env)
    assert "not an address" in failing_command_output("doctor", "--at", "localhost:door", **env)
    (tmp_path / "bytes").write_bytes(b"\xe9\xff")
    assert "DIARY_DATABASE_URL" in failing_command_output("migrate-store", "--to", tmp_path / "bytes", **env)
