"""Commands for backups: make, restore and test them."""

import asyncio
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

import click

from diary import config
from diary.cli.log import read_public_key
from diary.clock import SystemClock
from diary.config import Settings
from diary.encoding import b64, unb64
from diary.errors import BadRequest, BadSetting
from diary.paths import chown_to_folder_owner

EXISTING_FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
NEW_FILE: Final = click.Path(exists=False, dir_okay=False, path_type=Path)
EXISTING_PATH: Final = click.Path(exists=True, path_type=Path)
FOLDER: Final = click.Path(file_okay=False, path_type=Path)
AGE_KEY_PREFIX: Final = "age1"
AGE_FILE_PREFIX: Final = b"age-encryption.org/v1\n"
_password_file = click.option(
    "--password-file", type=EXISTING_FILE, help="A file with the key's password. Default: ask for it."
)
_at = click.option(
    "--at",
    default="",
    metavar="MOMENT",
    help="The newest backup of a folder that is not later: a date, a time (UTC) or a number. Default: the newest.",
)
_notary = click.option(
    "--notary", type=EXISTING_FILE, help="The server's public notary key: refuse a folder that it did not sign."
)
_SHORTEST_PASSWORD: Final = 12


@click.command("backup-key")
@click.argument("out", type=NEW_FILE, help="The key file to write; OUT.pub is its public half.")
@_password_file
@click.option("--single-file", is_flag=True, help="Make a key for whole backups in one file each, without password.")
def backup_key(out: Path, password_file: Path | None, *, single_file: bool) -> None:
    """Make the key that backups are encrypted to. Run this on a computer that is not the server."""
    from diary.services.operations.backups import create_operator_key
    from diary.services.operations.growing_backups import create_backup_key

    if single_file:
        pub = b64(create_operator_key(out))
    else:
        pub = create_backup_key(out, _read_password(password_file, out.name, is_new=True))
    public_path = out.with_name(out.name + ".pub")
    public_path.write_text(pub + "\n", encoding="ascii")
    click.echo(
        f"Copy {public_path.name} to the server. Keep two copies of {out.name} elsewhere: no backup opens without it."
    )


@click.command()
@click.argument("folder", type=FOLDER, help="Where the backups are. Each adds what is not yet there.")
@click.option("--key", type=EXISTING_FILE, required=True, help="The public half of the backup key.")
@click.option("--empty", is_flag=True, help="Allow a backup of a server without accounts.")
@click.option(
    "--accept-older", is_flag=True, help="Go on although the folder does not have the last backup of this server."
)
def backup(folder: Path, key: Path, *, empty: bool, accept_older: bool) -> None:
    """Add an encrypted backup of everything to a folder while the server runs.

    With a key that was made by --single-file, write one whole file instead.
    """
    from diary.services.operations.backups import create_backup
    from diary.services.operations.growing_backups import create_growing_backup

    settings, clock = config.load_settings(os.environ), SystemClock()
    public_key = key.read_text(encoding="ascii", errors="replace").strip()
    if public_key.startswith(AGE_KEY_PREFIX):
        result = asyncio.run(
            create_growing_backup(
                settings,
                public_key,
                folder.absolute(),
                clock,
                _print_finished_step,
                lambda plan: click.echo(
                    f"Needs at most {plan.needed_bytes / 1e6:.1f} MB ({plan.new_parts} new parts of files);"
                    f" {plan.free_bytes / 1e6:.1f} MB are free."
                ),
                allow_empty=empty,
                accept_older=accept_older,
            )
        )
        click.echo(f"Backup: {result.path} ({result.part_count} parts of files)")
    else:
        if accept_older:
            raise click.UsageError("--accept-older is for folders of backups. This key is for whole files.")
        result = asyncio.run(
            create_backup(
                settings, unb64(public_key), folder.absolute(), clock, _print_finished_step, allow_empty=empty
            )
        )
        click.echo(
            f"Backup: {result.path} ({result.path.stat().st_size / 1e6:.1f} MB, {result.part_count} parts of files)"
        )
    _report_lost_parts(result.missing_parts)


@click.command()
@click.argument("path", type=EXISTING_PATH, help="The folder of backups, or a backup in one file.")
@click.option("--key", type=EXISTING_FILE, required=True, help="The private half of the backup key.")
@_password_file
@_at
@_notary
def restore(path: Path, key: Path, password_file: Path | None, at: str, notary: Path | None) -> None:
    """Restore a backup to the database and folders that the settings name.

    They must be empty. The whole backup is checked before anything is written.
    """
    from diary.services.operations.backups import restore_members

    with _opened(path, key, password_file, at, notary) as read:
        result = asyncio.run(restore_members(config.load_settings(os.environ), path, read, _print_finished_step))
    click.echo(
        f"Restored: the server as it was at {_format_time(result.made_at)}, with {result.part_count} parts of files."
    )
    click.echo("Start the server, and tell keepers. Phones still have what was written since, and will send it again.")
    click.echo("Entries that were erased for good since then are back; see docs/operating.md.")
    _report_lost_parts(result.missing_parts)


@click.command()
@click.argument("path", type=EXISTING_PATH, help="The folder of backups, or a backup in one file.")
@click.option("--key", type=EXISTING_FILE, required=True, help="The private half of the backup key.")
@_password_file
@_at
@_notary
def drill(path: Path, key: Path, password_file: Path | None, at: str, notary: Path | None) -> None:
    """Test a backup: restore it to a temporary folder, start a server on it and sign in as the canary.

    The real server is not touched.
    """
    from diary.services.operations import backup_history

    settings = config.load_settings(os.environ)
    with _opened(path, key, password_file, at, notary) as read:
        made_at = asyncio.run(run_drill(settings, path, read))
    if settings.data.is_dir():
        backup_history.record_drill(settings.data, path.name, SystemClock().now_ms(), made_at)
    click.echo(f"The backup of {_format_time(made_at)} was restored. The canary signed in and read its entry.")


@click.command()
def canary() -> None:
    """Register the account that `drill` signs in with. Run this once, on the server, before the first backup."""
    asyncio.run(_register_canary(config.load_settings(os.environ)))
    click.echo("The canary account is registered. Make a backup now, and test it with `drill`.")


async def run_drill(settings: Settings, path: Path, read: Callable[[], Iterator[tuple[str, Iterator[bytes]]]]) -> int:
    """Restore into a temporary folder, sign in there and return when the backup was made.

    Raise KeptError on failure.
    """
    from diary.client import backup_canary
    from diary.services.operations.backups import restore_members, verify_members

    backup_info = verify_members(path, read, _ignore_progress)
    with tempfile.TemporaryDirectory(prefix="kept-drill-") as name:
        data_folder = Path(name) / "data"
        drill_settings = config.load_settings(
            {
                "DIARY_APP_URL": backup_info.app_url,
                "DIARY_DATA": str(data_folder),
                "DIARY_PUBLIC_URL": settings.public_url,
            }
        )
        result = await restore_members(drill_settings, path, read, _print_finished_step)
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


@contextmanager
def _opened(
    path: Path, key: Path, password_file: Path | None, at: str, notary: Path | None
) -> Iterator[Callable[[], Iterator[tuple[str, Iterator[bytes]]]]]:
    """Open a folder of backups or a backup in one file with its private key. Yield the reader of its members."""
    from diary.services.operations.backup_repository import is_repository
    from diary.services.operations.growing_backups import open_backup, read_private_key
    from diary.services.operations.sealed_backup import read_members

    if path.is_file():
        if at or notary:
            raise click.UsageError("--at and --notary are for folders of backups.")
        private_key = _read_backup_key(key)
        yield lambda: read_members(path, private_key)
        return
    if not is_repository(path):
        raise BadRequest(f"{path} has no backups that grow. Name a file in it, or the right folder.")
    raw = key.read_bytes()
    if not raw.startswith(AGE_FILE_PREFIX):
        raise BadRequest(f"{key.name} is not the private key of a folder of backups.")
    notary_key = read_public_key(notary) if notary else None
    password = _read_password(password_file, key.name, is_new=False)
    with open_backup(path, read_private_key(key, password), at, notary_key) as opened:
        yield opened.read_members


def _read_password(file: Path | None, key_name: str, *, is_new: bool) -> str:
    """Return the password in `file`, or ask for it. Raise BadRequest if a new one is too short."""
    if file:
        password = file.read_text(encoding="utf-8", errors="replace").rstrip("\r\n")
    else:
        password = click.prompt(f"Password of {key_name}", hide_input=True, confirmation_prompt=is_new, err=True)
    if is_new and len(password) < _SHORTEST_PASSWORD:
        raise BadRequest(f"The password is too short. Take {_SHORTEST_PASSWORD} characters or more.")
    return str(password)


def _read_backup_key(key: Path) -> bytes:
    """Return the private backup key. Raise BadRequest if the file is not one."""
    raw = key.read_bytes()
    if raw.startswith(AGE_FILE_PREFIX):
        raise BadRequest(f"{key.name} is the key of a folder of backups. A backup in one file has another key.")
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
