"""The command line's part about keeping a server well: backups that are tried, and what `doctor` sees."""

import asyncio
import ctypes
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from diary import config
from diary.clock import SystemClock
from diary.config import Settings
from diary.encoding import b64, unb64
from diary.errors import BadRequest, BadSetting, KeptError

if TYPE_CHECKING:
    from diary.client.visiting import Visitor
    from diary.services.doctor import Host, Seen

_STA_UNSYNC: Final = 0x40
FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
NEW_FILE: Final = click.Path(exists=False, dir_okay=False, path_type=Path)
FOLDER: Final = click.Path(file_okay=False, path_type=Path)


@click.command("backup-key")
@click.argument("out", type=NEW_FILE)
def backup_key(out: Path) -> None:
    """Make the key that backups are sealed to, on a computer that is not the server. Its public half goes beside it."""
    from diary.services.backups import new_key

    pub = new_key(out)
    public = out.with_name(out.name + ".pub")
    public.write_text(b64(pub) + "\n", encoding="ascii")
    click.echo(f"Carry {public.name} to the server. Keep {out.name} off it, twice: without it no backup opens.")


@click.command()
@click.argument("folder", type=FOLDER)
@click.option("--key", type=FILE, required=True, help="The public half of the backup key.")
def backup(folder: Path, key: Path) -> None:
    """Write one sealed backup of everything into FOLDER while the server goes on."""
    from diary.services.backups import make

    pub = unb64(key.read_text(encoding="ascii", errors="replace").strip())
    made = asyncio.run(make(config.load(os.environ), pub, folder.absolute(), SystemClock(), _tell))
    click.echo(f"Backup: {made.path} ({made.path.stat().st_size / 1e6:.1f} MB, {made.parts} parts of files)")
    _say_lost(made.lost)


@click.command()
@click.argument("file", type=FILE)
@click.option("--key", type=FILE, required=True, help="The backup key itself.")
def restore(file: Path, key: Path) -> None:
    """Put a backup where the settings point. The place must be empty; nothing is written before the whole file holds."""
    from diary.services.backups import restore as run

    done = asyncio.run(run(config.load(os.environ), file, _scalar(key), _tell))
    click.echo(f"Restored: the server as it was at {_when(done.made_at)}, with {done.parts} parts of files.")
    click.echo("Start it, and tell keepers: what they wrote since is on their phones, which notice and send it again.")
    click.echo("What they had erased for good since then is here again; see docs/operating.md.")
    _say_lost(done.lost)


@click.command()
@click.argument("file", type=FILE)
@click.option("--key", type=FILE, required=True, help="The backup key itself.")
def drill(file: Path, key: Path) -> None:
    """Restore a backup in a temporary place, start a server on it and sign in as the canary. The real server is not touched."""
    from diary.services import operating

    settings = config.load(os.environ)
    made_at = asyncio.run(try_out(settings, file, _scalar(key)))
    if settings.data.is_dir():
        operating.note_drill(settings.data, file.name, SystemClock().now_ms(), made_at)
    click.echo(f"The backup of {_when(made_at)} was restored, the canary signed in and read its line.")


@click.command()
def canary() -> None:
    """Register the account that `drill` signs in with. Once, on the server; every backup after that can be tried."""
    asyncio.run(_settle_canary(config.load(os.environ)))
    click.echo("The canary is there. Make a backup now, and try it with `drill`.")


@click.command()
@click.option("--at", default="", metavar="HOST:PORT", help="Connect there instead, where the names cannot be reached from.")
@click.option("--ca", type=FILE, help="A certificate authority to trust besides the system's.")
def doctor(at: str, ca: Path | None) -> None:
    """Look at this server as a phone, a stranger and an operator would. Status 1 when a line is red."""
    from diary.services.doctor import judge

    settings = config.load(os.environ)
    red = 0
    for line in judge(settings, examine(settings, at, ca)):
        red += not line.ok
        click.echo(click.style("green" if line.ok else "red  ", fg="green" if line.ok else "red", bold=True), nl=False)
        click.echo(f"  {line.name}: {line.said}.{' ' + line.do if line.do else ''}")
    click.echo("Everything is as it should be." if not red else f"{red} to mend.")
    sys.exit(1 if red else 0)


def examine(settings: Settings, at: str, ca: Path | None) -> "Seen":
    """Everything `doctor` judges."""
    from diary.client.visiting import Visitor
    from diary.paths import STATIC, TEMPLATES
    from diary.services import doctor as judging
    from diary.web.headers import APP_POLICY, PUBLIC_POLICY
    from diary.web.pages import render_pages

    now = SystemClock().now_ms()
    visitor = Visitor(at, str(ca) if ca else None)
    files = dict(render_pages(settings, STATIC, TEMPLATES).release.files)
    served = zip(files, visitor.get_all(settings.app_url, list(files)), strict=True)
    differing = [path for path, got in served if got is None or got.digest != files[path]]
    told = visitor.get(settings.app_url, "/v1/server")
    newest, pending = asyncio.run(_times(settings))
    free = judging.free_bytes(settings)
    return judging.Seen(
        now=now,
        app=_host(visitor, settings.app_url, APP_POLICY, ("/notary.txt", "/log/checkpoint")),
        public=_host(visitor, settings.public_url, PUBLIC_POLICY, ("/v1/server", "/sw.js")),
        told=_json(told.body) if told and told.status == 200 else None,
        clock_synced=_clock_synced(),
        newest_ms=newest,
        pending=pending,
        free_bytes=free,
        differing=None if told is None else differing,
        release=_signed(settings, visitor),
        sandbox=_sandbox_trial() if settings.server_packs else "",
        notes=judging.note_disk(settings.data, now, free),
    )


def _signed(settings: Settings, visitor: "Visitor") -> str | None:
    """What is wrong with the signed list as it is served; '' for nothing, None where there is to be none."""
    from diary.ledger import releases

    if not settings.release and not settings.release_key:
        return None
    if not settings.release or not settings.release_key:
        return "only one of DIARY_RELEASE and DIARY_RELEASE_KEY is set"
    found = visitor.get(settings.app_url, "/release.json")
    if found is None or found.status != 200:
        return "the list is not served"
    try:
        _, wanted = releases.read(found.body, unb64(settings.release_key))
    except KeptError:
        return "the list does not hold under DIARY_RELEASE_KEY"
    served = zip(wanted.items(), visitor.get_all(settings.app_url, list(wanted)), strict=True)
    wrong = [path for (path, digest), got in served if got is None or got.status != 200 or got.digest != digest]
    return f"{len(wrong)} served files are not as listed, {wrong[0]} first" if wrong else ""


def _host(visitor: "Visitor", url: str, policy: str, foreign: tuple[str, ...]) -> "Host":
    """One host from outside. `foreign`: what only the other may answer."""
    from diary.services.doctor import Host
    from diary.web.headers import security_headers

    found = visitor.get(url, "/")
    if found is None:
        return Host(url, why=visitor.faults[-1])
    expected = {name.decode(): value.decode() for name, value in security_headers(policy, tls=url.startswith("https:"))}
    asked = zip(foreign, visitor.get_all(url, list(foreign)), strict=True)
    leaks = [path for path, got in asked if got is None or got.status != 404]
    return Host(
        url,
        status=found.status,
        names=found.names,
        until_ms=int(found.until * 1000) if found.until else None,
        missing=tuple(name for name, value in expected.items() if found.headers.get(name) != value),
        leaks=tuple(leaks),
    )


async def _times(settings: Settings) -> tuple[int, int]:
    """What the database says of time."""
    from diary.app import open_instance
    from diary.services.doctor import times_of

    async with open_instance(settings, SystemClock()) as instance:
        return await times_of(instance)


def _clock_synced() -> bool | None:
    """Whether the kernel says that something keeps the clock right; None where it does not say."""
    # struct timex is larger than its first fields; `modes` 0 reads only, `status` is the fifth.
    buffer = (ctypes.c_long * 64)()
    try:
        if ctypes.CDLL(None, use_errno=True).adjtimex(buffer) == -1:
            return None
    except (OSError, AttributeError):
        return None
    return not buffer[5] & _STA_UNSYNC


def _sandbox_trial() -> str:
    """Close a child in as the pack builder is; '' when that works, else what is missing."""
    code = "from diary.pack.sandbox import close_in; close_in([], [])"
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=False)  # noqa: S603
    return "" if done.returncode == 0 else (done.stderr.strip().splitlines() or ["it ended"])[-1]


def _json(raw: bytes) -> dict[str, object] | None:
    """An answer of the server's."""
    try:
        value = json.loads(raw)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


async def try_out(settings: Settings, file: Path, scalar: bytes) -> int:
    """Restore into a temporary folder and sign in there; when the backup was made. Raises KeptError where it fails."""
    from diary.client import canary as bird
    from diary.services.backups import look, restore

    found = look(file, scalar, _quietly)
    with tempfile.TemporaryDirectory(prefix="kept-drill-") as name:
        place = Path(name) / "data"
        aside = config.load({"DIARY_APP_URL": found.app_url, "DIARY_DATA": str(place), "DIARY_PUBLIC_URL": settings.public_url})
        done = await restore(aside, file, scalar, _tell)
        if done.lost:
            raise BadSetting(f"{len(done.lost)} parts of files are missing from this backup.")
        told = bird.find(place)
        if told is None:
            raise BadSetting("There is no canary in this backup: run `canary` on the server, then make another.")
        async with _running(aside) as app:
            await bird.look(app, aside.app_url, told, SystemClock())
    return found.made_at


def _running(settings: Settings):  # type: ignore[no-untyped-def] # starlette's types are the app's alone
    """The application, in this process."""
    from contextlib import asynccontextmanager

    from diary.app import create_app

    @asynccontextmanager
    async def run():  # type: ignore[no-untyped-def] # as above
        app = create_app(settings)
        async with app.router.lifespan_context(app):
            yield app

    return run()


async def _settle_canary(settings: Settings) -> None:
    """Register the canary and keep how it signs in. Raises BadSetting when there is one."""
    from diary.client import canary as bird
    from diary.services.enrolment import invite as make_invite

    if bird.find(settings.data):
        raise BadSetting("There is a canary already.")
    async with _running(replace(settings, timestamps=None)) as app:
        asked = settings.enrolment != "open"
        code = await make_invite(app.state.office.instance, 1) if asked else None
        told = await bird.settle(app, settings.app_url, code, SystemClock())
    place = settings.data / bird.FILE
    place.touch(mode=0o600)
    place.write_bytes(told)


def _scalar(key: Path) -> bytes:
    """The backup key. Raises BadRequest for a file that holds none."""
    raw = key.read_bytes()
    if len(raw) != 32:
        raise BadRequest(f"{key.name} is not a backup key. Its public half does not open anything.")
    return raw


def _say_lost(lost: tuple[str, ...]) -> None:
    """Name what could not be saved, and end with status 1."""
    for name in lost:
        click.echo(f"missing or damaged: {name}", err=True)
    if lost:
        click.echo(f"Everything else is there. {len(lost)} parts of files are not: look at an older backup.", err=True)
        sys.exit(1)


def _when(ms: int) -> str:
    """A moment, for people."""
    from diary.services.operating import day_and_time

    return day_and_time(ms) + " UTC"


def _tell(what: str, done: int, total: int) -> None:
    """One line a step that is finished."""
    if total and done == total:
        click.echo(f"{what}: {total}")


def _quietly(*_: object) -> None:
    """Nothing."""
