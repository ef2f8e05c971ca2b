"""Commands for stored data: `purge` and `migrate-store`."""

import asyncio
import os
import sys
from pathlib import Path
from typing import Final

import click

from diary import config
from diary.config import Settings
from diary.errors import BadSetting
from diary.progress import ProgressCallback

EXISTING_FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
MOVABLE_SETTINGS: Final = ("DIARY_DATABASE_URL", "DIARY_BLOB_URL")


@click.command()
def purge() -> None:
    """Erase records and accounts whose erasure date has passed, and remove abandoned uploads.

    The server does this every hour.
    """
    from diary.app import open_instance
    from diary.clock import SystemClock
    from diary.services.sync import purge as purge_service

    async def run_purge() -> purge_service.PurgeResult:
        async with open_instance(config.load_settings(os.environ), SystemClock()) as instance:
            return await purge_service.purge(instance)

    result = asyncio.run(run_purge())
    click.echo(f"Erased: {result.erasure_count}. Accounts closed: {result.account_count}.")
    click.echo(f"Abandoned uploads removed: {result.upload_count}. Files removed: {result.file_count}.")
    if not result.is_clock_steady:
        click.echo("Due erasures were postponed: the clock has not run steadily for an hour yet. Try again in an hour.")


@click.command("migrate-store")
@click.option(
    "--to", "target", type=EXISTING_FILE, required=True, help="A file with the new settings, one NAME=value per line."
)
def migrate_store(target: Path) -> None:
    """Move rows to PostgreSQL, files to an object store, or both.

    Stop the server, run this, and start the server with the new settings. If it is interrupted, run it again.
    The file has DIARY_DATABASE_URL, DIARY_BLOB_URL or both; the pepper and the notary's key stay as they are.
    """
    old_settings = config.load_settings(os.environ)
    new_settings = config.load_settings({**os.environ, **read_movable_settings(target)})
    damaged_parts = asyncio.run(move_store(old_settings, new_settings, _print_finished_step))
    for name in damaged_parts:
        click.echo(f"damaged or missing before the move: {name}", err=True)
    if damaged_parts:
        click.echo(f"Everything else was moved. {len(damaged_parts)} parts of files could not be moved.", err=True)
        sys.exit(1)
    click.echo("Everything was moved and read back. Start the server with the new settings.")
    click.echo("Then erase the old folder of files, but keep pepper and notary.key.")


async def move_store(old_settings: Settings, new_settings: Settings, report_progress: ProgressCallback) -> list[str]:
    """Move rows, files or both. Retire the old database once its rows are moved.

    Return the names of parts that were damaged or missing before. Raise BadSetting if the new database is not
    PostgreSQL, if nothing would move, or if the old database does not exist.
    """
    from diary.storage import database, transfer
    from diary.storage.blob_store import open_blob_store
    from diary.storage.postgres.address import is_postgres
    from diary.storage.sqlite.connection import path_from_url

    path = path_from_url(old_settings.database_url)
    moves_rows, moves_files = (
        old_settings.database_url != new_settings.database_url,
        old_settings.blob_url != new_settings.blob_url,
    )
    if moves_rows and not is_postgres(new_settings.database_url):
        raise BadSetting("The new DIARY_DATABASE_URL is not an address of PostgreSQL.")
    if not moves_rows and not moves_files:
        raise BadSetting("The new settings name the database and the store that are in use now.")
    if not path.exists():
        raise BadSetting(f"There is no {path.name} to move. It may have been moved already.")
    await database.migrate(old_settings)
    if moves_rows:
        await database.migrate(new_settings)
    damaged_parts: list[str] = []
    with transfer.open_write_locked(path) as source:
        if moves_files:
            damaged_parts = await transfer.move_files(
                source, open_blob_store(old_settings.blob_url), open_blob_store(new_settings.blob_url), report_progress
            )
        if moves_rows:
            await transfer.move_rows(source, new_settings.database_url, report_progress)
    if moves_rows:
        # Migrate again, so that the sequence that numbers versions continues after the newest one.
        await database.migrate(new_settings)
        transfer.retire_database(path)
    return damaged_parts


def read_movable_settings(path: Path) -> dict[str, str]:
    """Return the movable settings in a file in systemd's format. Raise BadSetting if it sets none."""
    values = {}
    for line in path.read_text(errors="replace").splitlines():
        name, separator, value = line.strip().partition("=")
        if name in MOVABLE_SETTINGS and separator:
            values[name] = value.strip().strip("\"'")
    if not values:
        raise BadSetting("The file contains neither DIARY_DATABASE_URL=… nor DIARY_BLOB_URL=….")
    return values


def _print_finished_step(step_name: str, done: int, total: int) -> None:
    """Print one line for each finished step."""
    if done == total:
        click.echo(f"{step_name}: {total}")
