"""The command line: arguments and progress only. `python -m diary --help` lists the commands.

Each command imports what it needs when it runs, so that the server process never loads code that can read a diary, and
`verify` starts without a server's libraries.
"""

import asyncio
import gc
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import click

from diary import config
from diary.cli.account_administration import accounts, close_account, invites
from diary.cli.accounts import closing, invite, organisation, quota
from diary.cli.backup_folders import backups
from diary.cli.backups import backup, backup_key, canary, drill, restore
from diary.cli.command_group import CommandGroup
from diary.cli.doctor import doctor
from diary.cli.installation import set_up
from diary.cli.log import audit, keys
from diary.cli.pack import pack, release_name
from diary.cli.public_pages import directory, training
from diary.cli.release import release, verify_host
from diary.cli.settings import show_settings
from diary.cli.status import status
from diary.cli.storage import migrate_store, purge
from diary.cli.verify import verify
from diary.errors import BadRequest, KeptError
from diary.progress import ProgressCallback

DEFAULT_PORT: Final = 8000


class ErrorReportingGroup(CommandGroup):
    """Group of commands that prints a failure as one sentence, without a traceback."""

    def invoke(self, ctx: click.Context) -> object:
        """Run a command. Raise ClickException for a KeptError and for an error of the operating system."""
        try:
            return super().invoke(ctx)
        except KeptError as error:
            raise click.ClickException(error.message) from error
        except BrokenPipeError:
            raise
        except OSError as error:
            where = f": {error.filename}" if error.filename else ""
            raise click.ClickException(f"{error.strerror or 'The system refused'}{where}") from error


@click.group(cls=ErrorReportingGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="kept", prog_name="kept", message="%(prog)s %(version)s")
def main() -> None:
    """Kept: a private incident diary. Settings are read from the environment (docs/settings.md)."""


@main.command()
@click.option(
    "--bind",
    default="",
    metavar="HOST:PORT",
    help="Address to listen on. Default: this computer only, on the port of DIARY_APP_URL.",
)
@click.option("--sample", is_flag=True, help="Add a fictional diary, and print how to open it.")
@click.option(
    "--training", "teaching", is_flag=True, help="Make the files of /training first, unless this release has made them."
)
def serve(bind: str, sample: bool, teaching: bool) -> None:
    """Serve the app and the public pages."""
    import uvicorn

    from diary.app import create_app
    from diary.web.protocol import make_protocol

    settings = config.load_settings(os.environ)
    settings.check_operator_settings()
    host, _, port = bind.rpartition(":")
    if bind and not (port.isdecimal() and int(port) < 1 << 16):
        raise BadRequest("--bind takes a host and a port, like 127.0.0.1:8000.")
    asyncio.run(_check_startup(settings))
    writes_json = settings.log_format == "json"
    if writes_json:
        from diary.web.log_format import log_as_json

        log_as_json()
    server = uvicorn.Server(
        uvicorn.Config(
            create_app(settings),
            host=host or "127.0.0.1",
            port=int(port) if bind else urlsplit(settings.app_url).port or DEFAULT_PORT,
            http=make_protocol(tls=settings.app_url.startswith("https:")),
            access_log=False,
            lifespan="on",
            # uvicorn's lines below "error" are about visitors (an upgrade, a broken request); they are not logged.
            log_level="error",
            # None: uvicorn adds no handler of its own, so that its lines take the form of the others.
            log_config=None if writes_json else uvicorn.config.LOGGING_CONFIG,
            # A TLS server on this machine may pass the client's address on. Without it, all clients would share one
            # rate limit. The header is ignored if it comes from any other address.
            proxy_headers=True,
            forwarded_allow_ips="127.0.0.1",
            server_header=False,
            ws="none",
        )
    )
    if not writes_json:
        _print_addresses(settings)
    _tune_runtime()
    # uvicorn raises Ctrl-C again after its shutdown. That is the usual way to stop the server, not a failure.
    with (
        _background_command(["sample", "--wait", "--on", settings.app_url, "--note", str(settings.data / "sample.txt")])
        if sample
        else nullcontext(),
        _background_command(["training", "--when-needed"]) if teaching else nullcontext(),
        suppress(KeyboardInterrupt),
    ):
        server.run()


async def _check_startup(settings: config.Settings) -> None:
    """Open an instance once, so that a wrong setting ends in a plain sentence and not in a traceback of the server."""
    from diary.app import open_instance
    from diary.clock import SystemClock

    async with open_instance(settings, SystemClock()):
        if settings.metrics_bind:
            from diary.web.metrics_server import open_socket

            open_socket(settings.metrics_bind).close()


def _tune_runtime() -> None:
    """Exclude the objects of the start from garbage collection, and shorten the thread switch interval.

    Scanning those objects would delay responses by tens of milliseconds at each collection. The interval is 1 ms
    instead of 5 ms, so that the thread that waits for the disk continues sooner.
    """
    gc.collect()
    gc.freeze()
    sys.setswitchinterval(0.001)


def _print_addresses(settings: config.Settings) -> None:
    """Print the two addresses, and what a phone needs."""
    click.echo(f"The app:          {_bold(settings.app_url)}")
    click.echo(f"The public pages: {_bold(settings.public_url)}")
    if settings.app_url.startswith("http:"):
        click.echo("Open them on this computer, in Chromium or Firefox.")
        click.echo("A phone needs https. Put a TLS server in front of this one, and set DIARY_APP_URL to its address.")
    click.echo("Press Ctrl-C to stop it.")


@contextmanager
def _background_command(arguments: list[str]) -> Iterator[None]:
    """Run another command in its own process: the server must not contain a diary's text, not even a fictional one."""
    # -P: import no module from the current folder, which may contain downloads.
    process = subprocess.Popen([sys.executable, "-P", "-m", "diary", *arguments])  # noqa: S603
    try:
        yield
    finally:
        process.terminate()
        process.wait()


@main.command()
def migrate() -> None:
    """Bring the database up to date."""
    from diary.storage import database

    asyncio.run(database.migrate(config.load_settings(os.environ)))
    click.echo("The database is up to date.")


@main.command()
@click.option("--on", "origin", required=True, metavar="URL", help="The server's app address.")
@click.option(
    "--note", type=click.Path(dir_okay=False, path_type=Path), required=True, help="File that stores how to sign in."
)
@click.option("--wait", is_flag=True, help="Wait up to ten minutes until the server has started.")
def sample(origin: str, note: Path, *, wait: bool) -> None:
    """Add the fictional diary to a running server, and print how to open it."""
    from diary.samples.demo import ensure_sample_diary, wait_until_started

    if wait:
        asyncio.run(wait_until_started(origin))
    click.echo("\nWriting a fictional diary to this server…")
    sign_in = asyncio.run(ensure_sample_diary(origin, note, _ignore_progress))
    click.echo(f"{_bold('Open it')} at {origin} with “I have a username or a backup file”:")
    for line in sign_in.text_lines():
        click.echo(f"  {line}")


def _bold(text: str) -> str:
    """Return bold text for a terminal."""
    return click.style(text, bold=True)


def _ignore_progress(*_: object) -> None:
    """Do nothing, because the server of this command prints to the same terminal."""


@contextmanager
def _progress_bars() -> Iterator[ProgressCallback]:
    """Show a progress bar for each step while the block runs. A total of 0 means unknown."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    bars: dict[str, TaskID] = {}
    with Progress(*columns) as progress:

        def show_progress(step_name: str, done: int, total: int) -> None:
            if step_name not in bars:
                bars[step_name] = progress.add_task(step_name, total=None)
            progress.update(bars[step_name], completed=done, total=total or None)

        yield show_progress


@main.command()
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The pack to write.")
@click.option(
    "--keep", type=click.Path(file_okay=False, path_type=Path), help="Keep the server's files in this folder."
)
@click.option("--stamp", is_flag=True, help="Have a local timestamp authority stamp the log (needs openssl).")
@click.option(
    "--sample-pack", is_flag=True, help="Make the long fictional pack for training, without a server (needs openssl)."
)
def demo(out: Path, keep: Path | None, stamp: bool, sample_pack: bool) -> None:
    """Start a server, fill a fictional diary and make its pack, without a browser."""
    if sample_pack:
        _write_sample_pack(out)
        return
    from diary.clock import SystemClock
    from diary.samples.demo import run_demo

    with _progress_bars() as show_progress:
        result = asyncio.run(run_demo(out, keep, SystemClock(), show_progress, with_timestamps=stamp))
    click.echo(
        f"\nPack:       {result.pack_path} ({result.pack_path.stat().st_size / 1e6:.1f} MB, {result.elapsed_seconds:.0f} s)"
    )
    click.echo(f"Notary key: {result.notary_key_path}")
    if result.kept_folder:
        click.echo(f"Server:     {result.kept_folder / 'server'}")
        click.echo(f"Files:      {result.kept_folder / 'files-as-received'}")
        for line in result.credentials.text_lines():
            click.echo(f"  {line}")
    root_option = f" --tsa-root {result.tsa_root_path}" if result.tsa_root_path else ""
    click.echo(
        f"\nCheck it:   python -m diary verify {result.pack_path} --notary {result.notary_key_path}{root_option}"
    )


def _write_sample_pack(out: Path) -> None:
    """Write the training pack, and print how to check it."""
    from diary.samples.sample_pack import write_sample_pack

    notary, root = write_sample_pack(release_name(), out)
    click.echo(f"Pack:       {out} ({out.stat().st_size / 1e6:.1f} MB), marked TRAINING")
    click.echo(f"Check it:   python -m diary verify {out} --notary {notary} --tsa-root {root}")


main.add_command(accounts)
main.add_command(backups)
main.add_command(invites)
main.add_command(close_account)
main.add_command(audit)
main.add_command(organisation)
main.add_command(release)
main.add_command(verify_host)
main.add_command(pack)
main.add_command(verify)
main.add_command(keys)
main.add_command(migrate_store)
main.add_command(purge)
main.add_command(show_settings)
main.add_command(set_up)
main.add_command(status)
for _command in (backup, backup_key, canary, doctor, drill, restore, invite, quota, closing, directory, training):
    main.add_command(_command)
