"""The command line's part about where things are stored: `purge` and `migrate-store`."""

import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import click

from diary import config
from diary.config import Settings
from diary.errors import BadSetting

FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
MOVING: Final = ("DIARY_DATABASE_URL", "DIARY_BLOB_URL")
Step = Callable[[str, int, int], None]


@click.command()
def purge() -> None:
    """Erase what is due and remove abandoned uploads, as the server does every hour."""
    from diary.app import open_instance
    from diary.clock import SystemClock
    from diary.services.sync.purge import Purged
    from diary.services.sync.purge import purge as run

    async def once() -> Purged:
        async with open_instance(config.load(os.environ), SystemClock()) as instance:
            return await run(instance)

    done = asyncio.run(once())
    click.echo(f"Erased: {done.erasures}. Accounts closed: {done.accounts}.")
    click.echo(f"Uploads given up: {done.uploads}. Files gone: {done.files}.")
    if not done.steady:
        click.echo(
            "What is due was not erased: the clock has not been seen to run evenly for an hour. Try again in an hour."
        )


@click.command("migrate-store")
@click.option("--to", "target", type=FILE, required=True, help="A file with the new settings, one NAME=value a line.")
def migrate_store(target: Path) -> None:
    """Move everything from SQLite and a folder to PostgreSQL and an object store.

    Stop the server, run this, and start the server with the new settings. If it is interrupted, run it again.
    The file has DIARY_DATABASE_URL, DIARY_BLOB_URL or both; the pepper and the notary's key stay as they are.
    """
    old = config.load(os.environ)
    new = config.load({**os.environ, **read_environment(target)})
    lost = asyncio.run(move(old, new, _tell))
    for name in lost:
        click.echo(f"damaged or missing before it was moved: {name}", err=True)
    if lost:
        click.echo(f"Everything else was moved. {len(lost)} parts of files could not be.", err=True)
        sys.exit(1)
    click.echo("Everything was moved and read back. Start the server with the new settings.")
    click.echo("Then erase the old folder of files, and keep pepper and notary.key.")


async def move(old: Settings, new: Settings, step: Step) -> list[str]:
    """Move rows and files; the names of parts that were not whole before. The old database is put aside at the end."""
    from diary.storage import database, transfer
    from diary.storage.blob_store import open_store
    from diary.storage.postgres.address import is_postgres
    from diary.storage.sqlite.connection import path_of

    path = path_of(old.database_url)
    rows, files = old.database_url != new.database_url, old.blob_url != new.blob_url
    if rows and not is_postgres(new.database_url):
        raise BadSetting("The new DIARY_DATABASE_URL is not one of PostgreSQL's.")
    if not rows and not files:
        raise BadSetting("The new settings name the database and the store that are used now.")
    if not path.exists():
        raise BadSetting(f"There is no {path.name} to move. Has it been moved already?")
    await database.migrate(old)
    if rows:
        await database.migrate(new)
    lost: list[str] = []
    with transfer.held(path) as source:
        if files:
            lost = await transfer.move_files(source, open_store(old.blob_url), open_store(new.blob_url), step)
        if rows:
            await transfer.move_rows(source, new.database_url, step)
    if rows:
        # Once more, for the sequence that numbers versions: it goes on after the newest.
        await database.migrate(new)
        transfer.retire(path)
    return lost


def read_environment(path: Path) -> dict[str, str]:
    """The two settings that may change, out of a file like systemd's. Raises BadSetting, never with a value."""
    found = {}
    for line in path.read_text(errors="replace").splitlines():
        name, is_there, value = line.strip().partition("=")
        if name in MOVING and is_there:
            found[name] = value.strip().strip("\"'")
    if not found:
        raise BadSetting("The file has neither DIARY_DATABASE_URL=… nor DIARY_BLOB_URL=… in it.")
    return found


def _tell(what: str, done: int, total: int) -> None:
    """One line a step that is finished."""
    if done == total:
        click.echo(f"{what}: {total}")
