"""Commands for folders of backups: list, check and prune them. None needs the private backup key."""

import json
import os
import sys
from pathlib import Path
from typing import Final

import click

from diary import config
from diary.cli.command_group import CommandGroup
from diary.clock import SystemClock

FOLDER: Final = click.Path(exists=True, file_okay=False, path_type=Path)
_COUNT: Final = click.IntRange(min=0)


@click.group(cls=CommandGroup)
def backups() -> None:
    """List, check and prune the backups in a folder."""


@backups.command("list")
@click.argument("folder", type=FOLDER, help="The folder of backups.")
@click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object per line. Times are in ms, sizes in bytes."
)
def list_backups(folder: Path, *, as_json: bool) -> None:
    """List the moments that can be restored, oldest first. The lists' signatures are checked, not who made them."""
    from diary.services.operations.backup_history import format_backup_time
    from diary.services.operations.backup_repository import open_repository

    with open_repository(folder) as repository:
        snapshots = repository.list_snapshots(None)
    for one in snapshots:
        if as_json:
            row = {"number": one.number, "made_at": one.made_at, "chunks": one.chunk_count, "bytes": one.size_bytes}
            click.echo(json.dumps(row))
        else:
            size = f"{one.size_bytes / 1e6:.1f} MB in {one.chunk_count} chunks"
            click.echo(f"{one.number}  {format_backup_time(one.made_at)} UTC  {size}")
    if not snapshots and not as_json:
        click.echo("There is no backup in this folder yet.")


@backups.command()
@click.argument("folder", type=FOLDER, help="The folder of backups.")
@click.option("--all", "whole", is_flag=True, help="Read every chunk, not one in 28.")
def check(folder: Path, *, whole: bool) -> None:
    """Check a folder of backups on the server: every list, and the content of a sample of chunks.

    Only a drill shows that the backups can be opened.
    """
    from diary.services.operations.growing_backups import check_folder

    checked = 0

    def count(_step: str, done: int, _total: int) -> None:
        nonlocal checked
        checked = done

    faults = check_folder(config.load_settings(os.environ), folder.absolute(), count, whole=whole)
    for fault in faults:
        click.echo(fault, err=True)
    if faults:
        click.echo("Copy these files from another copy of the folder. What the server still has, `backup` adds again.")
        sys.exit(1)
    click.echo(f"No fault. Chunks read: {checked}.")


@backups.command()
@click.argument("folder", type=FOLDER, help="The folder of backups.")
@click.option("--daily", type=_COUNT, default=28, show_default=True, help="Days of which to keep the newest backup.")
@click.option("--weekly", type=_COUNT, default=0, show_default=True, help="The same for weeks.")
@click.option("--monthly", type=_COUNT, default=0, show_default=True, help="The same for months.")
@click.option(
    "--max-days", type=_COUNT, default=28, show_default=True, help="Remove all that are as many days old or older."
)
def prune(folder: Path, daily: int, weekly: int, monthly: int, max_days: int) -> None:
    """Remove old backups and the chunks that no other backup needs. The newest always stays.

    Old backups contain what keepers have erased since. So --max-days is a limit for the other options.
    """
    from diary.services.operations.backup_history import format_backup_time
    from diary.services.operations.growing_backups import Policy, prune_folder

    policy = Policy(daily, weekly, monthly, max_days)
    settings = config.load_settings(os.environ)
    removed, size = prune_folder(settings, folder.absolute(), policy, SystemClock().now_ms())
    for one in removed:
        click.echo(f"Removed: backup {one.number} of {format_backup_time(one.made_at)} UTC")
    click.echo(f"Freed: {size / 1e6:.1f} MB")
