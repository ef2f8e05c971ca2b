"""Each line of `doctor` turns red when its thing is wrong, says what to do, and green again when it is right."""

from __future__ import annotations

import asyncio
import hashlib
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from diary import config, isolation
from diary.app import create_app
from diary.cli import doctor as cli_doctor
from diary.config import Settings
from diary.crypto.signing import Notary
from diary.encoding import b64
from diary.ledger import releases
from diary.paths import STATIC, TEMPLATES
from diary.services.operations import backup_history, doctor
from diary.services.operations.doctor import DAY_MS, Host, Line, Seen, judge
from diary.web.pages import render_pages
from tests import once

NOW = 1_790_000_000_000
APP, PUBLIC = "https://notes.example", "https://public.example"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A server for people, with its secrets."""
    made = config.load(
        {
            "DIARY_APP_URL": APP,
            "DIARY_PUBLIC_URL": PUBLIC,
            "DIARY_DATA": str(tmp_path),
            "DIARY_OPERATOR": "A charity",
            "DIARY_PRIVACY_CONTACT": "privacy@charity.example",
        }
    )
    made.read_pepper(), made.read_notary_seed()
    return made


def right(settings: Settings) -> Seen:
    """What is seen of a server that is well."""
    inside = {"pepper": settings.find_pepper() or b"", "notary.key": settings.find_notary_seed() or b""}
    notes = {
        "backup": {
            "at": NOW - 3_600_000,
            "inside": {name: backup_history.fingerprint(raw) for name, raw in inside.items()},
        },
        "drill": {"at": NOW - DAY_MS},
        "disk": [[NOW - 10 * DAY_MS, 60 << 30]],
    }
    return Seen(
        now=NOW,
        app=Host(APP, 200, ("notes.example",), NOW + 60 * DAY_MS),
        public=Host(PUBLIC, 200, ("public.example",), NOW + 60 * DAY_MS),
        told={"origin": APP, "now": NOW, "enrolment": "invite"},
        clock_synced=True,
        newest_ms=NOW - 1000,
        pending=0,
        free_bytes=50 << 30,
        sandbox="",
        release="",
        notes=notes,
    )


def notes(name: str, value: Any) -> Callable[[Seen], Seen]:
    """What is remembered, with one thing otherwise."""
    return lambda seen: replace(seen, notes={**seen.notes, name: value})


Change = Callable[[Seen], Seen]
# What cannot be right while another thing is wrong.
FOLLOWS = {"TLS": {"headers", "two hosts"}, "last backup": {"secrets in it"}}
WRONG: list[tuple[str, Change, dict[str, Any]]] = [
    ("TLS", lambda s: replace(s, app=replace(s.app, url="http://notes.example")), {}),
    ("TLS", lambda s: replace(s, public=replace(s.public, status=None, why="refused")), {}),
    ("TLS", lambda s: replace(s, app=replace(s.app, until_ms=NOW + 5 * DAY_MS)), {}),
    ("TLS", lambda s: replace(s, app=replace(s.app, names=("notes.example", "public.example"))), {}),
    ("headers", lambda s: replace(s, app=replace(s.app, missing=("content-security-policy",))), {}),
    ("two hosts", lambda s: replace(s, public=replace(s.public, leaks=("/v1/server",))), {}),
    ("two hosts", lambda s: replace(s, told={**(s.told or {}), "origin": "https://other.example"}), {}),
    ("two hosts", lambda s: s, {"public_url": APP}),
    ("clock", lambda s: replace(s, clock_synced=False), {}),
    ("clock", lambda s: replace(s, newest_ms=NOW + 60_000), {}),
    ("clock", lambda s: replace(s, told={**(s.told or {}), "now": NOW - 120_000}), {}),
    ("disk", lambda s: replace(s, free_bytes=500 << 20), {}),
    ("disk", lambda s: replace(s, spare_bytes=-1), {}),
    ("disk", lambda s: replace(s, free_bytes=10 << 30), {}),
    ("last backup", notes("backup", {}), {}),
    (
        "last backup",
        lambda s: replace(s, notes={**s.notes, "backup": {**s.notes["backup"], "at": NOW - 2 * DAY_MS}}),
        {},
    ),
    ("last drill", notes("drill", {}), {}),
    ("last drill", notes("drill", {"at": NOW - 100 * DAY_MS}), {}),
    ("secrets in it", lambda s: replace(s, notes={**s.notes, "backup": {"at": NOW, "inside": {}}}), {}),
    ("secrets in it", lambda s: s, {"pepper": config.Secret(bytes(32))}),
    ("secrets in it", lambda s: s, {"notary_key": config.Secret(bytes(32))}),
    ("sandbox", lambda s: replace(s, sandbox="Landlock is missing"), {}),
    ("timestamps", lambda s: replace(s, pending=2), {"timestamps": Path("/x")}),
    ("release files", lambda s: replace(s, release="1 of 9 files differ, /static/app/main.js first", altered=True), {}),
    ("release files", lambda s: replace(s, release="9 of 9 files could not be asked for"), {}),
    ("last backup", lambda s: replace(s, notes={**s.notes, "backup": {**s.notes["backup"], "lost": 2}}), {}),
    ("database", lambda s: replace(s, database="The database file is damaged."), {}),
    ("secrets in it", lambda s: replace(s, secrets="The pepper here is another."), {}),
    ("operator", lambda s: s, {"operator": ""}),
    ("operator", lambda s: s, {"privacy_contact": ""}),
    ("enrolment", lambda s: replace(s, told={**(s.told or {}), "enrolment": "open"}), {}),
    (
        "enrolment",
        lambda s: replace(s, told={**(s.told or {}), "enrolment": "open"}),
        {"enrolment": "open", "open_quota_bytes": 1 << 30},
    ),
]


@pytest.mark.parametrize(("name", "change", "other"), WRONG)
def test_a_line_is_red_when_its_thing_is_wrong_and_says_what_to_do(
    settings: Settings, name: str, change: Change, other: dict[str, Any]
) -> None:
    """That line, and no other that does not follow from it; without the fault every line is green."""
    seen = right(settings)
    assert [line.name for line in judge(settings, seen) if not line.ok] == []
    red = [line for line in judge(replace(settings, **other), change(seen)) if not line.ok]
    assert name in {line.name for line in red}
    assert {line.name for line in red} - {name} <= FOLLOWS.get(name, set())
    assert all(line.do for line in red)


def test_every_line_has_a_wrong_case(settings: Settings) -> None:
    """No line of doctor is without a test that turns it red."""
    assert {line.name for line in judge(settings, right(settings))} == {name for name, _, _ in WRONG}


def test_a_secret_that_is_gone_is_red_and_not_made(settings: Settings) -> None:
    """Doctor looks and never makes a new pepper in the place of a lost one."""
    seen = right(settings)
    (settings.data / "pepper").unlink()
    (line,) = [line for line in judge(settings, seen) if not line.ok]
    assert "no pepper" in line.said and not (settings.data / "pepper").exists()
    (settings.data / "pepper").write_bytes(b"short")
    assert [line.name for line in judge(settings, seen) if not line.ok] == ["secrets in it"]


@contextmanager
def over_tls(folder: Path, change: Callable[[Any], Any]) -> Iterator[tuple[Settings, Path]]:
    """A real server over TLS in this process; `change` stands where a proxy would."""
    from tests.browser.serving import make_certificate

    certificate = make_certificate(folder)
    taken = socket.create_server(("127.0.0.1", 0))
    port = taken.getsockname()[1]
    key, listed = Notary(bytes(range(32))), folder / "release.json"
    given = {
        "DIARY_APP_URL": f"https://localhost:{port}",
        "DIARY_PUBLIC_URL": f"https://public.localhost:{port}",
        "DIARY_DATA": str(folder / "data"),
        "DIARY_RELEASE_KEY": b64(key.pub),
    }
    release = render_pages(config.load(given), STATIC, TEMPLATES).release
    worker = hashlib.sha256(release.script).hexdigest()
    listed.write_bytes(releases.make(key, digest=release.digest, files=release.files, worker=worker))
    made = config.load(given | {"DIARY_RELEASE": str(listed)})
    asyncio.run(once.migrate(made))
    options = {"ssl_certfile": str(certificate.cert), "ssl_keyfile": str(certificate.key), "log_level": "critical"}
    server = uvicorn.Server(uvicorn.Config(change(create_app(made)), lifespan="on", **options))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [taken]})
    thread.start()
    while not server.started:
        thread.join(0.05)
    try:
        yield made, certificate.cert
    finally:
        server.should_exit = True
        thread.join()


class Proxy:
    """Does to answers what a proxy might: takes a header away, changes a file, answers for the other host."""

    def __init__(self, app: Any) -> None:
        """Stand around the application."""
        self.app = app
        self.fault = ""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """One request."""

        async def changed(message: Any) -> None:
            if message["type"] == "http.response.start" and self.fault == "header":
                message["headers"] = [one for one in message["headers"] if one[0] != b"content-security-policy"]
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
        await self.app(scope, receive, changed)


def test_a_real_server_is_looked_at_over_tls(tmp_path: Path) -> None:
    """Headers, hosts and files of a running server, each broken on the way and mended; a certificate nobody knows is red."""
    proxies: list[Proxy] = []

    def change(app: Any) -> Proxy:
        proxies.append(Proxy(app))
        return proxies[0]

    with over_tls(tmp_path, change) as (made, ca):

        def lines(authority: Path | None = ca) -> dict[str, Line]:
            return {line.name: line for line in judge(made, cli_doctor.examine(made, "", authority))}

        seen = lines()
        assert seen["headers"].ok and seen["two hosts"].ok and seen["release files"].ok and seen["enrolment"].ok, seen
        # One certificate for both: right for this test's server, and just what the line is there to notice.
        assert "names public.localhost too" in seen["TLS"].said
        # Each look finds what is broken now, and mended what was broken at the one before.
        mended = "enrolment"
        for fault, name in (("header", "headers"), ("file", "release files"), ("host", "two hosts"), ("", "enrolment")):
            proxies[0].fault = fault
            seen = lines()
            assert seen[name].ok == (not fault) and seen[mended].ok, fault
            mended = name
        strangers = lines(None)
        assert "cannot be reached" in strangers["TLS"].said and not strangers["release files"].ok
        assert "could not be asked" in strangers["release files"].said
        other = tmp_path / "other.pub"
        other.write_text(b64(Notary(bytes(32)).pub))
        held = {line.name: line for line in judge(made, cli_doctor.examine(made, "", ca, other))}["release files"]
        assert not held.ok and "does not hold" in held.said
        unsigned = replace(made, release=None, release_key="")
        none = {line.name: line for line in judge(unsigned, cli_doctor.examine(unsigned, "", ca))}["release files"]
        assert none.state == "unknown" and "shows nothing" in none.said


def test_key_canary_backup_and_drill_turn_their_lines_green(tmp_path: Path) -> None:
    """As an operator does it beside a running server, by the commands alone: three red lines, each until what it asks for was
    done; a backup cut short is no drill; and a notary key put in the place of the one in use is red again."""
    from tests.running import kept

    with over_tls(tmp_path, lambda app: app) as (made, ca):
        env = {"DIARY_APP_URL": made.app_url, "DIARY_PUBLIC_URL": made.public_url, "DIARY_DATA": str(made.data)}

        def run(*arguments: str | Path) -> str:
            done = kept(*arguments, **env)
            assert done.returncode == 0, done.stdout + done.stderr
            return done.stdout

        # One look over the network is enough: only what the commands leave behind changes.
        seen = cli_doctor.examine(made, "", ca)

        def lines() -> dict[str, bool]:
            return {line.name: line.ok for line in judge(made, replace(seen, notes=backup_history.read(made.data)))}

        three = ("last backup", "last drill", "secrets in it")
        before = lines()
        assert [before[name] for name in three] == [False] * 3
        run("backup-key", tmp_path / "k")
        run("canary")
        run("backup", tmp_path / "out", "--key", tmp_path / "k.pub")
        assert [lines()[name] for name in three] == [True, False, True]
        (file,) = (tmp_path / "out").iterdir()
        cut = tmp_path / "cut.backup"
        cut.write_bytes(file.read_bytes()[:-1])
        assert kept("drill", cut, "--key", tmp_path / "k", **env).returncode != 0
        assert not lines()["last drill"]
        assert "signed in" in run("drill", file, "--key", tmp_path / "k")
        after = lines()
        assert [after[name] for name in three] == [True] * 3
        assert {name: ok for name, ok in after.items() if name not in three} == {
            name: ok for name, ok in before.items() if name not in three
        }
        (made.data / "notary.key").write_bytes(bytes(32))
        assert not lines()["secrets in it"]


async def test_times_come_from_the_database(tmp_path: Path, database_setting: dict[str, str]) -> None:
    """The newest moment signed, and stamps that have been pending for a day."""
    from tests.keepers import NOON, enrol, served

    async with served(tmp_path, **database_setting) as server:
        instance = server.app.state.office.instance
        assert await doctor.times_of(instance.db, server.clock.now_ms()) == (0, 0)
        await (await enrol(server)).push()

        def put(hand: Any) -> None:
            hand.execute("INSERT INTO log_checkpoint (id, size, made_at, note) VALUES (900, 1, ?, ?)", (NOON + 5, b"n"))
            hand.execute(
                "INSERT INTO log_stamp (checkpoint_id, authority, tries, due_at) VALUES (900, 'x', 0, ?)", (NOON,)
            )

        await instance.db.writer.run(put)
        assert await doctor.times_of(instance.db, server.clock.now_ms()) == (NOON + 5, 0)
        server.clock.advance(DAY_MS + 6)
        assert (await doctor.times_of(instance.db, server.clock.now_ms()))[1] == 1


def test_the_sandbox_is_tried_for_real() -> None:
    """A worker isolates itself here and tries what must be refused; the line says so."""
    found = isolation.find()
    assert found.fault == ""
    assert isolation.find() is found


def test_disk_is_remembered_day_by_day(tmp_path: Path) -> None:
    """One row a day, a month of them, and what else is noted stays."""
    for n in range(40):
        for _ in range(2):
            backup_history.note_disk(tmp_path, NOW + n * DAY_MS, n)
    backup_history.note_drill(tmp_path, "x", NOW, NOW)
    kept = backup_history.read(tmp_path)
    assert len(kept["disk"]) == 32 and kept["drill"]["name"] == "x"
    (tmp_path / backup_history.FILE).write_text("not JSON")
    assert backup_history.read(tmp_path) == {}


def test_the_command_ends_with_a_status(tmp_path: Path) -> None:
    """A server that is not there: red lines, each with what to do, status 1, no traceback."""
    from tests.running import kept

    env = {
        "DIARY_DATA": str(tmp_path),
        "DIARY_APP_URL": "http://localhost:9",
        "DIARY_PUBLIC_URL": "http://public.localhost:9",
    }
    assert kept("migrate", **env).returncode == 0
    done = kept("doctor", **env)
    assert done.returncode == 1 and "Traceback" not in done.stderr, done.stderr
    rows = [row for row in done.stdout.splitlines() if row.startswith(("red", "green", "unknown"))]
    assert len(rows) == 14 and "to mend" in done.stdout
