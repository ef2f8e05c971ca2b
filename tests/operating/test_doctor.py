"""Each line of `doctor` is red for its fault, gives advice, and is green once the fault is fixed."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from diary import config, isolation
from diary.cli import doctor as cli_doctor
from diary.config import Settings
from diary.crypto.signing import Ed25519Signer
from diary.encoding import b64
from diary.services.operations import backup_history, doctor
from diary.services.operations.doctor import DAY_MS, CheckResult, HostProbeResult, Observations, run_checks
from tests.tls_server import running_over_tls

NOW_MS = 1_790_000_000_000
APP_URL, PUBLIC_URL = "https://notes.example", "https://public.example"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Return the settings of a public server, with its secrets."""
    loaded = config.load_settings(
        {
            "DIARY_APP_URL": APP_URL,
            "DIARY_PUBLIC_URL": PUBLIC_URL,
            "DIARY_DATA": str(tmp_path),
            "DIARY_OPERATOR": "A charity",
            "DIARY_PRIVACY_CONTACT": "privacy@charity.example",
        }
    )
    loaded.load_or_create_pepper(), loaded.load_or_create_notary_seed()
    return loaded


def healthy_observation(settings: Settings) -> Observations:
    """Return the observation of a healthy server."""
    secrets_by_name = {
        "pepper": settings.find_existing_pepper() or b"",
        "notary.key": settings.find_existing_notary_seed() or b"",
    }
    notes = {
        "backup": {
            "at": NOW_MS - 3_600_000,
            "inside": {name: backup_history.secret_fingerprint(raw) for name, raw in secrets_by_name.items()},
        },
        "drill": {"at": NOW_MS - DAY_MS},
        "disk": [[NOW_MS - 10 * DAY_MS, 60 << 30]],
    }
    return Observations(
        now_ms=NOW_MS,
        app=HostProbeResult(APP_URL, 200, ("notes.example",), NOW_MS + 60 * DAY_MS),
        public=HostProbeResult(PUBLIC_URL, 200, ("public.example",), NOW_MS + 60 * DAY_MS),
        server_info={"origin": APP_URL, "now": NOW_MS, "enrolment": "invite"},
        clock_synced=True,
        newest_recorded_ms=NOW_MS - 1000,
        pending_timestamp_count=0,
        free_bytes=50 << 30,
        sandbox_fault="",
        release_fault="",
        history=notes,
    )


def with_changed_notes(name: str, value: Any) -> Callable[[Observations], Observations]:
    """Return the stored notes with one value changed."""
    return lambda seen: replace(seen, history={**seen.history, name: value})


ChangeObservation = Callable[[Observations], Observations]
# Lines that cannot be green while another one is red.
ALSO_RED = {"TLS": {"headers", "two hosts"}, "last backup": {"secrets in backup"}}
WRONG_CASES: list[tuple[str, ChangeObservation, dict[str, Any]]] = [
    ("TLS", lambda s: replace(s, app=replace(s.app, url="http://notes.example")), {}),
    ("TLS", lambda s: replace(s, public=replace(s.public, status=None, failure="refused")), {}),
    ("TLS", lambda s: replace(s, app=replace(s.app, certificate_expires_at_ms=NOW_MS + 5 * DAY_MS)), {}),
    ("TLS", lambda s: replace(s, app=replace(s.app, certificate_names=("notes.example", "public.example"))), {}),
    ("headers", lambda s: replace(s, app=replace(s.app, wrong_headers=("content-security-policy",))), {}),
    ("two hosts", lambda s: replace(s, public=replace(s.public, leaked_paths=("/v1/server",))), {}),
    ("two hosts", lambda s: replace(s, server_info={**(s.server_info or {}), "origin": "https://other.example"}), {}),
    ("two hosts", lambda s: s, {"public_url": APP_URL}),
    ("clock", lambda s: replace(s, clock_synced=False), {}),
    ("clock", lambda s: replace(s, newest_recorded_ms=NOW_MS + 60_000), {}),
    ("clock", lambda s: replace(s, server_info={**(s.server_info or {}), "now": NOW_MS - 120_000}), {}),
    ("disk", lambda s: replace(s, free_bytes=500 << 20), {}),
    ("disk", lambda s: replace(s, spare_bytes=-1), {}),
    ("disk", lambda s: replace(s, free_bytes=10 << 30), {}),
    ("last backup", with_changed_notes("backup", {}), {}),
    (
        "last backup",
        lambda s: replace(s, history={**s.history, "backup": {**s.history["backup"], "at": NOW_MS - 2 * DAY_MS}}),
        {},
    ),
    ("last drill", with_changed_notes("drill", {}), {}),
    ("last drill", with_changed_notes("drill", {"at": NOW_MS - 100 * DAY_MS}), {}),
    ("secrets in backup", lambda s: replace(s, history={**s.history, "backup": {"at": NOW_MS, "inside": {}}}), {}),
    ("secrets in backup", lambda s: s, {"pepper": config.Secret(bytes(32))}),
    ("secrets in backup", lambda s: s, {"notary_key": config.Secret(bytes(32))}),
    ("sandbox", lambda s: replace(s, sandbox_fault="Landlock is missing"), {"server_packs": True}),
    ("timestamps", lambda s: replace(s, pending_timestamp_count=2), {"timestamps": Path("/x")}),
    (
        "release files",
        lambda s: replace(s, release_fault="1 of 9 files differ, /static/app/main.js first", is_release_altered=True),
        {},
    ),
    ("release files", lambda s: replace(s, release_fault="9 of 9 files could not be asked for"), {}),
    ("last backup", lambda s: replace(s, history={**s.history, "backup": {**s.history["backup"], "lost": 2}}), {}),
    ("database", lambda s: replace(s, database_fault="The database file is damaged."), {}),
    ("file store", lambda s: replace(s, store_fault="the store does not keep and return what it is sent"), {}),
    ("request counts", lambda s: replace(s, counts_fault="Redis does not respond, so nobody can sign in"), {}),
    ("secrets in backup", lambda s: replace(s, secrets_fault="The pepper here is another."), {}),
    ("operator", lambda s: s, {"operator": ""}),
    ("operator", lambda s: s, {"privacy_contact": ""}),
    ("enrolment", lambda s: replace(s, server_info={**(s.server_info or {}), "enrolment": "open"}), {}),
    (
        "enrolment",
        lambda s: replace(s, server_info={**(s.server_info or {}), "enrolment": "open"}),
        {"enrolment": "open", "open_quota_bytes": 1 << 30},
    ),
]


@pytest.mark.parametrize(("name", "change", "other"), WRONG_CASES)
def test_each_line_turns_red_and_gives_advice(
    settings: Settings, name: str, change: ChangeObservation, other: dict[str, Any]
) -> None:
    """Only that line and those that depend on it are red; without the fault every line is green."""
    observation = healthy_observation(settings)
    assert [line.name for line in run_checks(settings, observation) if not line.is_ok] == []
    red = [line for line in run_checks(replace(settings, **other), change(observation)) if not line.is_ok]
    assert name in {line.name for line in red}
    assert {line.name for line in red} - {name} <= ALSO_RED.get(name, set())
    assert all(line.remedy for line in red)


def test_every_observation_is_made() -> None:
    """`inspect_server` gives every field: one with a default that nobody observes would leave its line green."""
    tree = ast.parse(inspect.getsource(cli_doctor.inspect_server))
    (given,) = [
        {keyword.arg for keyword in call.keywords}
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "Observations"
    ]
    assert given == {field.name for field in fields(Observations)}


def test_every_line_has_a_failing_case(settings: Settings) -> None:
    """Every line of doctor has a test that turns it red."""
    assert {line.name for line in run_checks(settings, healthy_observation(settings))} == {
        name for name, _, _ in WRONG_CASES
    }


def test_a_secret_that_is_gone_is_red_and_not_made(settings: Settings) -> None:
    """A missing pepper is red, and doctor does not create one."""
    observation = healthy_observation(settings)
    (settings.data / "pepper").unlink()
    (line,) = [line for line in run_checks(settings, observation) if not line.is_ok]
    assert "no pepper" in line.finding and not (settings.data / "pepper").exists()
    (settings.data / "pepper").write_bytes(b"short")
    assert [line.name for line in run_checks(settings, observation) if not line.is_ok] == ["secrets in backup"]


class FaultyProxy:
    """Faulty proxy: removes a header, changes a file, or serves the other host."""

    def __init__(self, app: Any) -> None:
        """Wrap the application."""
        self.app = app
        self.fault = ""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Handle one request."""

        async def send_changed(message: Any) -> None:
            if message["type"] == "http.response.start" and self.fault == "header":
                message["headers"] = [
                    header for header in message["headers"] if header[0] != b"content-security-policy"
                ]
            if (
                message["type"] == "http.response.body"
                and self.fault == "file"
                and scope["path"] == "/static/app/main.js"
            ):
                message["body"] = message["body"][:-1] + b"!"
            await send(message)

        if scope["type"] == "http" and self.fault == "host":
            headers = [
                (n, b"localhost:%d" % scope["server"][1]) if n == b"host" else (n, v) for n, v in scope["headers"]
            ]
            scope = {**scope, "headers": headers}
        await self.app(scope, receive, send_changed)


def test_doctor_checks_a_real_server_over_tls(tmp_path: Path) -> None:
    """Faults in headers, hosts and files of a running server are found and cleared; an unknown certificate is red."""
    proxies: list[FaultyProxy] = []

    def change(app: Any) -> FaultyProxy:
        proxies.append(FaultyProxy(app))
        return proxies[0]

    with running_over_tls(tmp_path, change) as server:
        tls_settings, ca = server.settings, server.ca

        def lines(authority: Path | None = ca) -> dict[str, CheckResult]:
            return {
                line.name: line
                for line in run_checks(tls_settings, cli_doctor.inspect_server(tls_settings, "", authority))
            }

        lines_by_name = lines()
        assert (
            lines_by_name["headers"].is_ok
            and lines_by_name["two hosts"].is_ok
            and lines_by_name["release files"].is_ok
            and lines_by_name["enrolment"].is_ok
        ), lines_by_name
        # One certificate for both hosts: fine for this test's server, and exactly what that line must report.
        assert "names public.localhost too" in lines_by_name["TLS"].finding
        # Each round must report the current fault, and the previous one as fixed.
        mended = "enrolment"
        for fault, name in (("header", "headers"), ("file", "release files"), ("host", "two hosts"), ("", "enrolment")):
            proxies[0].fault = fault
            lines_by_name = lines()
            assert lines_by_name[name].is_ok == (not fault) and lines_by_name[mended].is_ok, fault
            mended = name
        strangers = lines(None)
        assert "cannot be reached" in strangers["TLS"].finding and not strangers["release files"].is_ok
        assert "could not be asked" in strangers["release files"].finding
        other_key_path = tmp_path / "other.pub"
        other_key_path.write_text(b64(Ed25519Signer(bytes(32)).pub))
        unknown_key_line = {
            line.name: line
            for line in run_checks(tls_settings, cli_doctor.inspect_server(tls_settings, "", ca, other_key_path))
        }["release files"]
        assert not unknown_key_line.is_ok and "does not hold" in unknown_key_line.finding
        unsigned = replace(tls_settings, release=None, release_key="")
        unsigned_line = {line.name: line for line in run_checks(unsigned, cli_doctor.inspect_server(unsigned, "", ca))}[
            "release files"
        ]
        assert unsigned_line.state == "unknown" and "nothing can be compared" in unsigned_line.finding


def test_key_canary_backup_and_drill_turn_their_lines_green(tmp_path: Path) -> None:
    """Commands beside a running server clear the three red lines one by one.

    A truncated backup is not a drill, and a replaced notary key is red again.
    """
    from tests.cli_runner import run_cli

    with running_over_tls(tmp_path) as server:
        tls_settings, ca = server.settings, server.ca
        env = {
            "DIARY_APP_URL": tls_settings.app_url,
            "DIARY_PUBLIC_URL": tls_settings.public_url,
            "DIARY_DATA": str(tls_settings.data),
        }

        def run_command(*arguments: str | Path) -> str:
            result = run_cli(*arguments, **env)
            assert result.returncode == 0, result.stdout + result.stderr
            return result.stdout

        # One network check is enough: only the results of the commands change.
        observation = cli_doctor.inspect_server(tls_settings, "", ca)

        def line_states() -> dict[str, bool]:
            return {
                line.name: line.is_ok
                for line in run_checks(
                    tls_settings, replace(observation, history=backup_history.read_history(tls_settings.data))
                )
            }

        three = ("last backup", "last drill", "secrets in backup")
        before = line_states()
        assert [before[name] for name in three] == [False] * 3
        run_command("backup-key", "--single-file", tmp_path / "k")
        run_command("canary")
        run_command("backup", tmp_path / "out", "--key", tmp_path / "k.pub")
        assert [line_states()[name] for name in three] == [True, False, True]
        (file,) = (tmp_path / "out").iterdir()
        cut = tmp_path / "cut.backup"
        cut.write_bytes(file.read_bytes()[:-1])
        assert run_cli("drill", cut, "--key", tmp_path / "k", **env).returncode != 0
        assert not line_states()["last drill"]
        assert "signed in" in run_command("drill", file, "--key", tmp_path / "k")
        lines_after = line_states()
        assert [lines_after[name] for name in three] == [True] * 3
        assert {name: ok for name, ok in lines_after.items() if name not in three} == {
            name: ok for name, ok in before.items() if name not in three
        }
        (tls_settings.data / "notary.key").write_bytes(bytes(32))
        assert not line_states()["secrets in backup"]


async def test_times_come_from_the_database(tmp_path: Path, database_setting: dict[str, str]) -> None:
    """The line shows the newest signed time, and timestamps pending for a day."""
    from tests.server_fixture import NOON_MS, register_keeper, running_server

    async with running_server(tmp_path, **database_setting) as server:
        instance = server.app.state.app_context.instance
        assert await doctor.read_database_times(instance.db, server.clock.now_ms()) == (0, 0)
        await (await register_keeper(server)).push()

        def insert_times(transaction: Any) -> None:
            transaction.execute(
                "INSERT INTO log_checkpoint (id, size, made_at, note) VALUES (900, 1, ?, ?)", (NOON_MS + 5, b"n")
            )
            transaction.execute(
                "INSERT INTO log_stamp (checkpoint_id, authority, tries, due_at) VALUES (900, 'x', 0, ?)", (NOON_MS,)
            )

        await instance.db.writer.run(insert_times)
        assert await doctor.read_database_times(instance.db, server.clock.now_ms()) == (NOON_MS + 5, 0)
        server.clock.advance(DAY_MS + 6)
        assert (await doctor.read_database_times(instance.db, server.clock.now_ms()))[1] == 1


def test_the_sandbox_is_tried_for_real() -> None:
    """A worker isolates itself here and tries what must be refused; the line reports the result."""
    isolation_found = isolation.detect_isolation()
    assert isolation_found.failure_reason == ""
    assert isolation.detect_isolation() is isolation_found


def test_disk_is_remembered_day_by_day(tmp_path: Path) -> None:
    """One row is stored per day for a month, and other notes remain."""
    for n in range(40):
        for _ in range(2):
            backup_history.record_free_space(tmp_path, NOW_MS + n * DAY_MS, n)
    backup_history.record_drill(tmp_path, "x", NOW_MS, NOW_MS)
    history = backup_history.read_history(tmp_path)
    assert len(history["disk"]) == 32 and history["drill"]["name"] == "x"
    (tmp_path / backup_history.HISTORY_FILE_NAME).write_text("not JSON")
    assert backup_history.read_history(tmp_path) == {}


def test_the_exit_status_says_whether_all_is_well(tmp_path: Path) -> None:
    """An unreachable server gives red lines with advice, status 1, and no traceback."""
    from tests.cli_runner import run_cli

    env = {
        "DIARY_DATA": str(tmp_path),
        "DIARY_APP_URL": "http://localhost:9",
        "DIARY_PUBLIC_URL": "http://public.localhost:9",
    }
    assert run_cli("migrate", **env).returncode == 0
    result = run_cli("doctor", **env)
    assert result.returncode == 1 and "Traceback" not in result.stderr, result.stderr
    rows = [row for row in result.stdout.splitlines() if row.startswith(("red", "green", "unknown"))]
    assert len(rows) == 16 and "to fix" in result.stdout
