"""Commands for backups: make, restore and test them."""

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
from diary.paths import chown_to_folder_owner

EXISTING_FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
NEW_FILE: Final = click.Path(exists=False, dir_okay=False, path_type=Path)
FOLDER: Final = click.Path(file_okay=False, path_type=Path)


@click.command("backup-key")
@click.argument("out", type=NEW_FILE, help="The key file to write; OUT.pub is its public half.")
def backup_key(out: Path) -> None:
    """Make the key that backups are sealed to. Run this on a computer that is not the server."""
    from diary.services.operations.backups import create_operator_key

    pub = create_operator_key(out)
    public_path = out.with_name(out.name + ".pub")
    public_path.write_text(b64(pub) + "\n", encoding="ascii")
    click.echo(
        f"Copy {public_path.name} to the server. Keep two copies of {out.name} elsewhere: no backup opens without it."
    )


@click.command()
@click.argument("folder", type=FOLDER, help="Where to write the backup.")
@click.option("--key", type=EXISTING_FILE, required=True, help="The public half of the backup key.")
@click.option("--empty", is_flag=True, help="Allow a backup of a server without accounts.")
def backup(folder: Path, key: Path, *, empty: bool) -> None:
    """Write one sealed backup of everything while the server runs."""
    from diary.services.operations.backups import create_backup

    pub = unb64(key.read_text(encoding="ascii", errors="replace").strip())
    result = asyncio.run(
        create_backup(
            config.load_settings(os.environ),
            pub,
            folder.absolute(),
            SystemClock(),
            _print_finished_step,
            allow_empty=empty,
        )
    )
    click.echo(f"Backup: {result.path} ({result.path.stat().st_size / 1e6:.1f} MB, {result.part_count} parts of files)")
    _report_lost_parts(result.missing_parts)


@click.command()
@click.argument("file", type=EXISTING_FILE, help="The backup.")
@click.option("--key", type=EXISTING_FILE, required=True, help="The private half of the backup key.")
def restore(file: Path, key: Path) -> None:
    """Restore a backup to the database and folders that the settings name.

    They must be empty. The whole file is checked before anything is written.
    """
    from diary.services.operations.backups import restore_backup

    result = asyncio.run(
        restore_backup(config.load_settings(os.environ), file, _read_backup_key(key), _print_finished_step)
    )
    click.echo(
        f"Restored: the server as it was at {_format_time(result.made_at)}, with {result.part_count} parts of files."
    )
    click.echo("Start the server, and tell keepers. Phones still have what was written since, and will send it again.")
    click.echo("Entries that were erased for good since then are back; see docs/operating.md.")
    _report_lost_parts(result.missing_parts)


@click.command()
@click.argument("file", type=EXISTING_FILE, help="The backup.")
@click.option("--key", type=EXISTING_FILE, required=True, help="The private half of the backup key.")
def drill(file: Path, key: Path) -> None:
    """Test a backup: restore it to a temporary folder, start a server on it and sign in as the canary.

    The real server is not touched.
    """
    from diary.services.operations import backup_history

    settings = config.load_settings(os.environ)
    made_at = asyncio.run(run_drill(settings, file, _read_backup_key(key)))
    if settings.data.is_dir():
        backup_history.record_drill(settings.data, file.name, SystemClock().now_ms(), made_at)
    click.echo(f"The backup of {_format_time(made_at)} was restored. The canary signed in and read its entry.")


@click.command()
def canary() -> None:
    """Register the account that `drill` signs in with. Run this once, on the server, before the first backup."""
    asyncio.run(_register_canary(config.load_settings(os.environ)))
    click.echo("The canary account is registered. Make a backup now, and test it with `drill`.")


async def run_drill(settings: Settings, file: Path, backup_key_bytes: bytes) -> int:
    """Restore into a temporary folder, sign in there and return when the backup was made.

    Raise KeptError on failure.
    """
    from diary.client import backup_canary
    from diary.services.operations.backups import restore_backup, verify_backup

    backup_info = verify_backup(file, backup_key_bytes, _ignore_progress)
    with tempfile.TemporaryDirectory(prefix="kept-drill-") as name:
        data_folder = Path(name) / "data"
        drill_settings = config.load_settings(
            {
                "DIARY_APP_URL": backup_info.app_url,
                "DIARY_DATA": str(data_folder),
                "DIARY_PUBLIC_URL": settings.public_url,
            }
        )
        result = await restore_backup(drill_settings, file, backup_key_bytes, _print_finished_step)
        if result.missing_parts:
            raise BadSetting(f"{len(result.missing_parts)} parts of files are missing from this backup.")
        credentials = backup_canary.read_canary_file(data_folder)
        if credentials is None:
            raise BadSetting("This backup has no canary. Run `canary` on the server, then make another backup.")
        async with _running_app(drill_settings) as app:
            await backup_canary.verify_canary(app, drill_settings.app_url, credentials, SystemClock())
    return backup_info.made_at


def _running_app(settings: Settings):  # type: ignore[no-untyped-def] # only the app may name Starlette's types
    """Return a context manager that runs the application in this process."""
    from contextlib import asynccontextmanager

    from diary.app import create_app

    @asynccontextmanager
    async def run():  # type: ignore[no-untyped-def] # as above
        app = create_app(settings)
        async with app.router.lifespan_context(app):
            yield app

    return run()


async def _register_canary(settings: Settings) -> None:
    """Register the canary and store its credentials. Raise BadSetting if there is one already."""
    from diary.client import backup_canary
    from diary.services.accounts.enrolment import create_invitation

    if backup_canary.read_canary_file(settings.data):
        raise BadSetting("This server already has a canary.")
    async with _running_app(replace(settings, timestamps=None)) as app:
        needs_invitation = settings.enrolment != "open"
        code = await create_invitation(app.state.app_context.instance, 1) if needs_invitation else None
        credentials = await backup_canary.create_canary(app, settings.app_url, code, SystemClock())
    credentials_path = settings.data / backup_canary.CANARY_FILE_NAME
    credentials_path.touch(mode=0o600)
    credentials_path.write_bytes(credentials)
    chown_to_folder_owner(credentials_path)


def _read_backup_key(key: Path) -> bytes:
    """Return the private backup key. Raise BadRequest if the file is not one."""
    raw = key.read_bytes()
    if len(raw) != 32:
        raise BadRequest(f"{key.name} is not a private backup key. The public half does not open anything.")
    return raw


def _report_lost_parts(lost_parts: tuple[str, ...]) -> None:
    """Print each part that is missing from the backup, and exit with status 1 if there is one."""
    for name in lost_parts:
        click.echo(f"missing or damaged: {name}", err=True)
    if lost_parts:
        click.echo(
            f"Everything else is there, but {len(lost_parts)} parts of files are not. Try an older backup.", err=True
        )
        sys.exit(1)


def _format_time(ms: int) -> str:
    """Return a time for people, in UTC."""
    from diary.services.operations.backup_history import format_backup_time

    return format_backup_time(ms) + " UTC"


def _print_finished_step(step_name: str, done: int, total: int) -> None:
    """Print one line for each finished step that had something to do."""
    if total and done == total:
        click.echo(f"{step_name}: {total}")


def _ignore_progress(*_: object) -> None:
    """Do nothing; used where no progress is shown."""
