"""The command line: arguments and progress only. `python -m diary --help` lists it.

Each command imports what it needs when it runs: the process that serves never loads the code that can read
a diary, and `verify` starts without a server's libraries.
"""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from diary import config
from diary.cli_front import directory, training
from diary.cli_log import audit, keys
from diary.cli_ops import backup, backup_key, canary, doctor, drill, restore
from diary.cli_pack import pack, release_name
from diary.cli_people import closing, invite, quota
from diary.cli_release import release, verify_host
from diary.cli_store import migrate_store, purge
from diary.encoding import unb64
from diary.errors import BadRequest, KeptError

USUAL_PORT: Final = 8000
KEY_BYTES: Final = 32
OUT: Final = Console(highlight=False, soft_wrap=True)
FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)


class Sentences(click.Group):
    """A group whose failures are said in their own sentence, without a traceback."""

    def invoke(self, ctx: click.Context) -> object:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except KeptError as error:
            raise click.ClickException(error.sentence) from error


@click.group(cls=Sentences, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Kept: a private incident diary. Settings come from the environment; docs/settings.md lists them."""


@main.command()
@click.option("--bind", default="", metavar="HOST:PORT", help="Where to listen; by default here, on the app's port.")
@click.option("--sample", is_flag=True, help="Also put a fictional diary on it, and say how to open it.")
def serve(bind: str, sample: bool) -> None:
    """Serve the app and the public pages."""
    import uvicorn

    from diary.app import create_app

    settings = config.load(os.environ)
    settings.check_for_people()
    host, _, port = bind.rpartition(":")
    if bind and not port.isdigit():
        raise BadRequest("--bind takes a host and a port, like 127.0.0.1:8000.")
    server = uvicorn.Server(
        uvicorn.Config(
            create_app(settings),
            host=host or "127.0.0.1",
            port=int(port) if bind else urlsplit(settings.app_url).port or USUAL_PORT,
            access_log=False,
            lifespan="on",
            log_level="warning",
            # A TLS server on this machine may say whom it speaks for; limits by network would otherwise see one
            # network only. Nobody else's word for it is taken.
            proxy_headers=True,
            forwarded_allow_ips="127.0.0.1",
            server_header=False,
        )
    )
    _say_where(settings)
    # uvicorn hands Ctrl-C on after it has shut down: that is how a person stops it, and no failure.
    with _sample_beside(settings) if sample else nullcontext(), suppress(KeyboardInterrupt):
        server.run()


def _say_where(settings: config.Settings) -> None:
    """What to open, and what a phone would need."""
    OUT.print(f"The app:          [bold]{settings.app_url}[/]")
    OUT.print(f"The public pages: [bold]{settings.public_url}[/]")
    if settings.app_url.startswith("http:"):
        OUT.print("Open them on this computer, in Chromium or Firefox.")
        OUT.print("A phone needs https: put a server that speaks TLS in front, and set DIARY_APP_URL to its name.")
    OUT.print("Ctrl-C stops it.")


@contextmanager
def _sample_beside(settings: config.Settings) -> Iterator[None]:
    """The fictional diary, from a process of its own: the server must not hold a diary's words."""
    note = settings.data / "sample.txt"
    command = [sys.executable, "-m", "diary", "sample", "--on", settings.app_url, "--note", str(note)]
    process = subprocess.Popen(command)  # noqa: S603
    try:
        yield
    finally:
        process.terminate()
        process.wait()


@main.command()
def migrate() -> None:
    """Bring the database up to date."""
    from diary.storage import database

    asyncio.run(database.migrate(config.load(os.environ)))
    OUT.print("The database is up to date.")


@main.command()
@click.option("--on", "origin", required=True, metavar="URL", help="A server's app address.")
@click.option("--note", type=click.Path(dir_okay=False, path_type=Path), required=True, help="Remembers the sign-in.")
def sample(origin: str, note: Path) -> None:
    """Put the fictional diary on a running server and say how to open it."""
    from diary.client.demo import sample_on

    OUT.print("\nA fictional diary is being written on this server, to look round in…")
    sign_in = asyncio.run(sample_on(origin, note, _quietly))
    OUT.print(f"[bold]It can be opened[/] at {origin} with “I have a sign-in name”:")
    for line in sign_in.lines():
        OUT.print(f"  {line}")


@dataclass
class Steps:
    """Progress on the terminal: one bar a step."""

    progress: Progress
    bars: dict[str, TaskID] = field(default_factory=dict)

    def __call__(self, what: str, done: int, total: int) -> None:
        """`done` of `total` of a step; total 0 means that nobody knows."""
        if what not in self.bars:
            self.bars[what] = self.progress.add_task(what, total=None)
        self.progress.update(self.bars[what], completed=done, total=total or None)


def _quietly(*_: object) -> None:
    """No bars: the server beside writes on the same screen."""


@contextmanager
def _steps() -> Iterator[Steps]:
    """Bars while a job runs."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=OUT) as progress:
        yield Steps(progress)


@main.command()
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The pack to write.")
@click.option("--keep", type=click.Path(file_okay=False, path_type=Path), help="Keep the server's files here.")
@click.option("--stamp", is_flag=True, help="Have a local timestamp authority stamp the log (needs openssl).")
@click.option("--sample-pack", is_flag=True, help="A long made-up diary's pack for training, with no server (needs openssl).")
def demo(out: Path, keep: Path | None, stamp: bool, sample_pack: bool) -> None:
    """The whole job without a browser: a server, a fictional diary, a pack."""
    if sample_pack:
        _sample_pack(out)
        return
    from diary.client.demo import run_demo
    from diary.clock import SystemClock

    with _steps() as step:
        made = asyncio.run(run_demo(out, keep, SystemClock(), step, stamp=stamp))
    OUT.print(f"\nPack:       {made.pack} ({made.pack.stat().st_size / 1e6:.1f} MB, {made.seconds:.0f} s)")
    OUT.print(f"Notary key: {made.notary}")
    if made.folder:
        OUT.print(f"Server:     {made.folder / 'server'}")
        OUT.print(f"Files:      {made.folder / 'files-as-received'}")
        for line in made.sign_in.lines():
            OUT.print(f"  {line}")
    root = f" --tsa-root {made.root}" if made.root else ""
    OUT.print(f"\nCheck it:   python -m diary verify {made.pack} --notary {made.notary}{root}")


def _sample_pack(out: Path) -> None:
    """The training pack, and what to check it with."""
    from diary.client.sample_pack import write_training_pack

    notary, root = write_training_pack(release_name(), out)
    OUT.print(f"Pack:       {out} ({out.stat().st_size / 1e6:.1f} MB), marked TRAINING")
    OUT.print(f"Check it:   python -m diary verify {out} --notary {notary} --tsa-root {root}")


main.add_command(audit)
main.add_command(release)
main.add_command(verify_host)
main.add_command(pack)
main.add_command(keys)
main.add_command(migrate_store)
main.add_command(purge)
for _command in (backup, backup_key, canary, doctor, drill, restore, invite, quota, closing, directory, training):
    main.add_command(_command)


@main.command()
@click.argument("pack", type=FILE)
@click.option("--notary", type=FILE, help="The server's public notary key: from its operator, not from the pack.")
@click.option("--instance", type=FILE, help="The server's instance key, public half: it vouches for the notary's keys.")
@click.option("--tsa-root", type=FILE, multiple=True, help="A timestamp authority's root certificate (PEM).")
@click.option("--rerender", is_flag=True, help="Lay every document out again and compare; names the page that was changed.")
def verify(pack: Path, notary: Path | None, instance: Path | None, tsa_root: tuple[Path, ...], rerender: bool) -> None:
    """Check a pack: every finding is listed; the status is 1 when there is one."""
    from diary.pack.verify import verify as findings_of

    key = read_notary(notary) if notary else None
    roots = [path.read_bytes() for path in tsa_root]
    vouching = read_notary(instance) if instance else None
    findings = findings_of(
        pack, notary=key, tsa_roots=roots or None, instance=vouching, rerender=release_name() if rerender else None
    )
    for finding in findings:
        where = f"{finding.member}: " if finding.member else ""
        click.echo(f"{finding.code}: {where}{finding.sentence}")
    if findings:
        click.echo(f"{len(findings)} finding{'s' if len(findings) > 1 else ''}.")
        sys.exit(1)
    click.echo("No finding. Every file, entry, signature and receipt in this pack agrees with the others and the key.")


def read_notary(path: Path) -> bytes:
    """A notary's public key: 32 bytes, or their base64url on one line. Raises BadRequest."""
    raw = path.read_bytes()
    if len(raw) != KEY_BYTES:
        raw = unb64(raw.decode("ascii", "replace").strip())
    if len(raw) != KEY_BYTES:
        raise BadRequest("That file holds no notary key.")
    return raw
