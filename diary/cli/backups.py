"""The command line's part about keeping what a server holds: backups, and trying them."""

import asyncio
import os
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Final

import click

from diary import config
from diary.clock import SystemClock
from diary.config import Settings
from diary.encoding import b64, unb64
from diary.errors import BadRequest, BadSetting
from diary.paths import hand_over

FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
NEW_FILE: Final = click.Path(exists=False, dir_okay=False, path_type=Path)
FOLDER: Final = click.Path(file_okay=False, path_type=Path)


@click.command("backup-key")
@click.argument("out", type=NEW_FILE, help="The key file to write; OUT.pub is its public half.")
def backup_key(out: Path) -> None:
    """Make the key that backups are sealed to. Run this on a computer that is not the server."""
    from diary.services.operations.backups import new_key

    pub = new_key(out)
    public = out.with_name(out.name + ".pub")
    public.write_text(b64(pub) + "\n", encoding="ascii")
    click.echo(f"Carry {public.name} to the server. Keep {out.name} off it, twice: without it no backup opens.")


@click.command()
@click.argument("folder", type=FOLDER, help="Where to write the backup.")
@click.option("--key", type=FILE, required=True, help="The public half of the backup key.")
def backup(folder: Path, key: Path) -> None:
    """Write one sealed backup of everything while the server runs."""
    from diary.services.operations.backups import make

    pub = unb64(key.read_text(encoding="ascii", errors="replace").strip())
    made = asyncio.run(make(config.load(os.environ), pub, folder.absolute(), SystemClock(), _tell))
    click.echo(f"Backup: {made.path} ({made.path.stat().st_size / 1e6:.1f} MB, {made.parts} parts of files)")
    _say_lost(made.lost)


@click.command()
@click.argument("file", type=FILE, help="The backup.")
@click.option("--key", type=FILE, required=True, help="The private half of the backup key.")
def restore(file: Path, key: Path) -> None:
    """Restore a backup to the places that the settings name.

    They must be empty. The whole file is checked before anything is written.
    """
    from diary.services.operations.backups import restore as run

    done = asyncio.run(run(config.load(os.environ), file, _scalar(key), _tell))
    click.echo(f"Restored: the server as it was at {_when(done.made_at)}, with {done.parts} parts of files.")
    click.echo("Start it, and tell keepers: what they wrote since is on their phones, which notice and send it again.")
    click.echo("What they had erased for good since then is here again; see docs/operating.md.")
    _say_lost(done.lost)


@click.command()
@click.argument("file", type=FILE, help="The backup.")
@click.option("--key", type=FILE, required=True, help="The private half of the backup key.")
def drill(file: Path, key: Path) -> None:
    """Test a backup: restore it to a temporary folder, start a server on it and sign in as the canary.

    The real server is not touched.
    """
    from diary.services.operations import backup_history

    settings = config.load(os.environ)
    made_at = asyncio.run(try_out(settings, file, _scalar(key)))
    if settings.data.is_dir():
        backup_history.note_drill(settings.data, file.name, SystemClock().now_ms(), made_at)
    click.echo(f"The backup of {_when(made_at)} was restored, the canary signed in and read its line.")


@click.command()
def canary() -> None:
    """Register the account that `drill` signs in with. Run this once, on the server, before the first backup."""
    asyncio.run(_settle_canary(config.load(os.environ)))
    click.echo("The canary account is registered. Make a backup now, and test it with `drill`.")


async def try_out(settings: Settings, file: Path, scalar: bytes) -> int:
    """Restore into a temporary folder and sign in there; when the backup was made. Raises KeptError where it fails."""
    from diary.client import backup_canary as bird
    from diary.services.operations.backups import look, restore

    found = look(file, scalar, _quietly)
    with tempfile.TemporaryDirectory(prefix="kept-drill-") as name:
        place = Path(name) / "data"
        aside = config.load(
            {"DIARY_APP_URL": found.app_url, "DIARY_DATA": str(place), "DIARY_PUBLIC_URL": settings.public_url}
        )
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
    from diary.client import backup_canary as bird
    from diary.services.accounts.enrolment import invite as make_invite

    if bird.find(settings.data):
        raise BadSetting("There is a canary already.")
    async with _running(replace(settings, timestamps=None)) as app:
        asked = settings.enrolment != "open"
        code = await make_invite(app.state.office.instance, 1) if asked else None
        told = await bird.settle(app, settings.app_url, code, SystemClock())
    place = settings.data / bird.FILE
    place.touch(mode=0o600)
    place.write_bytes(told)
    hand_over(place)


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
    from diary.services.operations.backup_history import day_and_time

    return day_and_time(ms) + " UTC"


def _tell(what: str, done: int, total: int) -> None:
    """One line a step that is finished."""
    if total and done == total:
        click.echo(f"{what}: {total}")


def _quietly(*_: object) -> None:
    """Nothing."""
