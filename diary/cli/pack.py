"""`python -m diary pack FILE.kept`: a sealed copy and its words become a pack, with no server."""

import asyncio
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from diary import constants
from diary.errors import PackFailed

if TYPE_CHECKING:
    from diary.client.journal import Journal
    from diary.pack.capsule.builder import Wish

PROFILES: Final = constants.PACK_PROFILES
UNSANDBOXED: Final = (
    "Decode pictures and typeset pages without isolation, if this computer has none. Not for files from strangers."
)
FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("kept", type=FILE, help="The sealed copy, a file that ends in .kept.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The pack to write.")
@click.option("--code", is_flag=True, help="Open it with the recovery code instead of the passphrase.")
@click.option(
    "--no",
    "number",
    type=int,
    help="The number of this pack. Default: one more than that of the last pack in the diary.",
)
@click.option(
    "--profile", type=click.Choice(PROFILES), default="police", show_default=True, help="Who the pack is for."
)
@click.option(
    "--portal",
    type=click.Path(file_okay=False, path_type=Path),
    help="Also write the files of a portal set to this folder.",
)
@click.option("--supplement", is_flag=True, help="Include only what is new or changed since the last packs.")
@click.option("--items", help="Include only these items, by number: JB/12,JB/15.")
@click.option("--their-ref", default="", help="The recipient's own reference.")
@click.option("--unsandboxed", is_flag=True, help=UNSANDBOXED)
def pack(kept: Path, out: Path, code: bool, portal: Path | None, unsandboxed: bool, **asked: Any) -> None:
    """Make a whole pack from a sealed copy, on this computer and without a server.

    The passphrase is asked for, or read from standard input if that is not a terminal. It is never an argument, because
    other users of this computer could see it.
    """
    from diary import isolation
    from diary.client.backup_file import KeptFile
    from diary.client.offline_pack import build_offline
    from diary.clock import SystemClock
    from diary.crypto.words import read_code
    from diary.pack.portal import write_portal

    if not unsandboxed:
        isolation.wall_for_a_person()
    typed = _secret("The code from the paper" if code else "The words")
    with KeptFile(kept) as copy, tempfile.TemporaryDirectory(prefix="kept-pack-") as work:
        identity = copy.open_with_code(read_code(typed)) if code else copy.open_with_words(typed)
        journal = copy.journal(identity, SystemClock())
        if not journal.records("incident"):
            raise PackFailed("There is no entry in this copy.")
        wish = _wish(journal, str(copy.head["keys"]["kdf"]["origin"]), **asked)
        building = build_offline(
            copy, journal, wish, out.absolute(), Path(work), lambda *_: None, is_unsandboxed=unsandboxed
        )
        asyncio.run(building)
    click.echo(f"Pack: {out} ({out.stat().st_size / 1e6:.1f} MB)")
    if portal:
        for folder in write_portal(out, portal.absolute()):
            click.echo(f"Portal set: {folder} ({len(list(folder.iterdir()))} files)")


def _secret(what: str) -> str:
    """Typed unseen at a terminal, else the first line of standard input."""
    if sys.stdin.isatty():
        return str(click.prompt(what, hide_input=True))
    return sys.stdin.readline().rstrip("\n")


def _wish(
    journal: "Journal",
    origin: str,
    *,
    number: int | None,
    profile: str,
    supplement: bool,
    items: str | None,
    their_ref: str,
) -> "Wish":
    """What was asked for of the copy, now. `origin`: where the diary was kept. Raises BadRequest."""
    from diary.clock import SystemClock
    from diary.ids import id_text, new_id
    from diary.pack.capsule.builder import Wish, opened_versions, received_at
    from diary.pack.previous_packs import earlier_packs, new_or_changed

    now = SystemClock().now_ms()
    versions = journal.versions()
    opened = opened_versions(versions)
    no = number or 1 + max((one.no for one in earlier_packs(opened, 1 << 20)), default=0)
    later = new_or_changed(opened, earlier_packs(opened, no), received_at(versions)) if supplement else None
    chosen = tuple(journal.records("incident")) if later is None else later
    return Wish(
        pack_id=id_text(new_id()),
        no=no,
        made_at=now,
        tz="Europe/London",
        chosen=() if items else chosen,
        profile=profile,
        kind="items" if items else "supplement" if supplement else "pack",
        items=tuple(one.strip() for one in items.split(",")) if items else None,
        recipient_ref=their_ref,
        release=release_name(),
        origin=origin,
        consent_at=now,
        alone=True,
    )


def release_name() -> str:
    """What this release of the software is called in a pack: the first twelve digits of its pages' digest."""
    from diary import config
    from diary.paths import STATIC, TEMPLATES
    from diary.web.pages import render_pages

    return render_pages(config.load(os.environ), STATIC, TEMPLATES).release.name
