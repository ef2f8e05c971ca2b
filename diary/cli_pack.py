"""`python -m diary pack FILE.kept`: a sealed copy and its words become a pack, with no server."""

import asyncio
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from diary.errors import PackFailed

if TYPE_CHECKING:
    from diary.client.journal import Journal
    from diary.pack.gather import Wish

FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("kept", type=FILE)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The pack to write.")
@click.option("--code", is_flag=True, help="Open it with the recovery code from paper instead of the words.")
@click.option("--no", "number", default=1, show_default=True, help="The number of this pack of the diary.")
def pack(kept: Path, out: Path, code: bool, number: int) -> None:
    """Make the whole pack from a sealed copy (FILE.kept), on this computer and with no server.

    The words are asked for, or read from standard input where that is no terminal; they are never an argument, which
    other people on this computer could see.
    """
    from diary.client.kept import KeptFile
    from diary.client.offline import build_offline
    from diary.clock import SystemClock
    from diary.crypto.words import read_code

    typed = _secret("The code from the paper" if code else "The words")
    with KeptFile(kept) as copy, tempfile.TemporaryDirectory(prefix="kept-pack-") as work:
        identity = copy.open_with_code(read_code(typed)) if code else copy.open_with_words(typed)
        journal = copy.journal(identity, SystemClock())
        if not journal.records("incident"):
            raise PackFailed("There is no entry in this copy.")
        wish = _wish(journal, number, str(copy.head["keys"]["kdf"]["origin"]))
        asyncio.run(build_offline(copy, journal, wish, out.absolute(), Path(work), lambda *_: None))
    click.echo(f"Pack: {out} ({out.stat().st_size / 1e6:.1f} MB)")


def _secret(what: str) -> str:
    """Typed unseen at a terminal, else the first line of standard input."""
    if sys.stdin.isatty():
        return str(click.prompt(what, hide_input=True))
    return sys.stdin.readline().rstrip("\n")


def _wish(journal: "Journal", number: int, origin: str) -> "Wish":
    """Everything in the copy, for the police, now. `origin`: where the diary was kept."""
    from diary import config
    from diary.clock import SystemClock
    from diary.ids import id_text, new_id
    from diary.pack.gather import Wish
    from diary.paths import STATIC, TEMPLATES
    from diary.web.pages import render_pages

    now = SystemClock().now_ms()
    return Wish(
        pack_id=id_text(new_id()),
        no=number,
        made_at=now,
        tz="Europe/London",
        chosen=tuple(journal.records("incident")),
        release=render_pages(config.load(os.environ), STATIC, TEMPLATES).release.name,
        origin=origin,
        consent_at=now,
    )
