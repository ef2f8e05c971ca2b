"""The command `pack`: makes a pack from a backup file and its words, without a server."""

import asyncio
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from diary import constants
from diary.errors import PackBuildFailed

if TYPE_CHECKING:
    from diary.client.journal import Journal
    from diary.pack.capsule.builder import PackOptions

PROFILES: Final = constants.PACK_PROFILES
UNSANDBOXED: Final = (
    "Decode pictures and typeset pages without isolation, if this computer has none. Not for files from strangers."
)
EXISTING_FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("kept", type=EXISTING_FILE, help="The backup file of a diary. It ends in .kept.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The pack to write.")
@click.option("--code", is_flag=True, help="Open it with the recovery code instead of the password.")
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
@click.option(
    "--with-restricted",
    is_flag=True,
    help="Include the restricted part although the pack is for a school, an employer or a landlord.",
)
@click.option("--their-ref", default="", help="The recipient's own reference.")
@click.option("--unsandboxed", is_flag=True, help=UNSANDBOXED)
def pack(
    kept: Path, out: Path, code: bool, portal: Path | None, with_restricted: bool, unsandboxed: bool, **options: Any
) -> None:
    """Make a whole pack from a backup file, on this computer and without a server.

    The password is asked for, or read from standard input if that is not a terminal. It is never an argument, because
    other users of this computer could see it. If it is six words that were suggested, capitals and spaces do not matter.
    """
    from diary import isolation
    from diary.client.backup_file import DiaryBackupFile
    from diary.client.offline_pack import build_pack_offline
    from diary.clock import SystemClock
    from diary.crypto.words import parse_code
    from diary.pack.portal import write_portal_set

    if not unsandboxed:
        isolation.require_isolation()
    typed_secret = _read_typed_secret("Recovery code" if code else "Password")
    with DiaryBackupFile(kept) as kept_file, tempfile.TemporaryDirectory(prefix="kept-pack-") as work_folder:
        identity = (
            kept_file.open_with_code(parse_code(typed_secret)) if code else kept_file.open_with_words(typed_secret)
        )
        journal = kept_file.read_journal(identity, SystemClock())
        if not journal.record_ids("incident"):
            raise PackBuildFailed("This backup file contains no entry.")
        pack_request = _make_pack_request(journal, str(kept_file.manifest["keys"]["kdf"]["origin"]), **options)
        build = build_pack_offline(
            kept_file,
            journal,
            pack_request,
            out.absolute(),
            Path(work_folder),
            lambda *_: None,
            is_unsandboxed=unsandboxed,
            with_restricted=with_restricted or None,
        )
        unprinted = asyncio.run(build)
    if unprinted:
        click.echo(
            f"Some words could not be printed on the pages. They are in 12_record.json. See: {', '.join(unprinted)}"
        )
    click.echo(f"Pack: {out} ({out.stat().st_size / 1e6:.1f} MB)")
    if portal:
        files = write_portal_set(out, portal.absolute(), identity.pack_signer())
        click.echo(f"Portal set: {portal} ({len(files)} files)")


def _read_typed_secret(prompt: str) -> str:
    """Return a secret typed without echo at a terminal, or else the first line of standard input."""
    if sys.stdin.isatty():
        return str(click.prompt(prompt, hide_input=True))
    return sys.stdin.readline().rstrip("\n")


def _make_pack_request(
    journal: "Journal",
    origin: str,
    *,
    number: int | None,
    profile: str,
    supplement: bool,
    items: str | None,
    their_ref: str,
) -> "PackOptions":
    """Return the options of a pack made now. `origin`: where the diary was kept. Raise BadRequest."""
    from diary.clock import SystemClock
    from diary.ids import id_text, new_id
    from diary.pack.capsule.builder import PackOptions, opened_versions, version_times
    from diary.pack.previous_packs import list_previous_packs, new_or_changed_entries

    now = SystemClock().now_ms()
    versions = journal.versions()
    readable_versions = opened_versions(versions)
    previous_packs = list_previous_packs(readable_versions, 1 << 20)
    pack_number = number or 1 + max((previous_pack.number for previous_pack in previous_packs), default=0)
    new_items = (
        new_or_changed_entries(
            readable_versions, list_previous_packs(readable_versions, pack_number), version_times(versions)
        )
        if supplement
        else None
    )
    chosen = tuple(journal.record_ids("incident")) if new_items is None else new_items
    return PackOptions(
        pack_id=id_text(new_id()),
        no=pack_number,
        made_at=now,
        tz="Europe/London",
        chosen=() if items else chosen,
        profile=profile,
        kind="items" if items else "supplement" if supplement else "pack",
        items=tuple(item.strip() for item in items.split(",")) if items else None,
        recipient_ref=their_ref,
        release=release_name(),
        origin=origin,
        consent_at=now,
        alone=True,
    )


def release_name() -> str:
    """Return the name of this release in a pack: the first twelve digits of its pages' digest."""
    from diary import config
    from diary.paths import STATIC, TEMPLATES
    from diary.web.pages import render_pages

    return render_pages(config.load_settings(os.environ), STATIC, TEMPLATES).release.name
