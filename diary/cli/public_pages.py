"""The command line's part about the public pages: `training` makes what is practised on, `directory` says what to check."""

import asyncio
import hashlib
import os
import zipfile
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import click

from diary import config
from diary.clock import SystemClock
from diary.paths import TEMPLATES

DAY_MS: Final = 86_400_000
START_HERE: Final = """TRAINING. Nothing in this folder is real.

1. lesson.html    open it in any browser, or print it. It needs no network.
2. TRAINING-pack.zip    unpack it and read 00_READ-FIRST.txt first.
3. TRAINING-notary.txt    the key to check the pack with:
   python -m diary verify TRAINING-pack.zip --notary TRAINING-notary.txt

Before you teach it, read the first page of the lesson: someone in the room may be living this.
"""


@click.command()
@click.option(
    "--when-needed", is_flag=True, help="Do nothing if this release has made them. Run at the lowest priority."
)
def training(when_needed: bool) -> None:
    """Make the files of the public page /training: the pack of a fictional diary, and a lesson."""
    from diary.samples.training import STORY_FILES, make_training
    from diary.web.pages import make_environment
    from diary.web.public_pages import lessons, training_file

    target = training_file(config.load(os.environ))
    lesson = {
        "START-HERE.txt": START_HERE.encode(),
        **lessons(make_environment(TEMPLATES)),
        "style.css": (TEMPLATES / "public_style.css").read_bytes(),
    }
    stamp = stamp_of([*lesson.values(), *(path.read_bytes() for path in STORY_FILES)])
    if when_needed and is_made(target, stamp):
        return
    if when_needed:
        os.nice(19)
    made = asyncio.run(make_training(target.parent, SystemClock(), lambda *_: None))
    write_folder(target, lesson | {path.name: path.read_bytes() for path in made}, stamp)
    click.echo(f"Training: {target} ({target.stat().st_size / 1e6:.1f} MB). The public page offers it.")


def stamp_of(parts: list[bytes]) -> bytes:
    """What a folder was made of, to know later whether it has to be made again."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(hashlib.sha256(part).digest())
    return digest.hexdigest().encode()


def is_made(target: Path, stamp: bytes) -> bool:
    """Whether the folder is there, and of these parts."""
    if not target.is_file():
        return False
    with zipfile.ZipFile(target) as folder:
        return folder.comment == stamp


def write_folder(target: Path, files: dict[str, bytes], stamp: bytes) -> None:
    """One zip with a folder TRAINING in it; it appears only when it is whole. The same files give the same bytes.

    The pack in it is another each time it is made: its diary has keys, ids and receipts of its own, as every diary has. Keys
    that came out of published code would let anybody sign as its keeper or its server, as would chance that can be foretold.
    """
    half = target.with_suffix(".part")
    with zipfile.ZipFile(half, "w") as folder:
        for name, content in sorted(files.items()):
            member = zipfile.ZipInfo(f"TRAINING/{name}")
            member.external_attr = 0o644 << 16
            folder.writestr(member, content, zipfile.ZIP_DEFLATED)
        folder.comment = stamp
    half.replace(target)


@click.group()
def directory() -> None:
    """Manage the list of help services (diary/web/directory.toml)."""


@directory.command()
def due() -> None:
    """List the services that nobody has called or opened lately. The exit status is 1 when there is one."""
    from diary.web.directory import read_directory

    today = date(1970, 1, 1) + timedelta(days=SystemClock().now_ms() // DAY_MS)
    found = read_directory()
    rows = found.due(today)
    for one in rows:
        last = f"checked on {one.checked_on} by {one.checked_by}" if one.checked_on else "never checked"
        click.echo(f"{one.id:18} {one.contact:24} {last:34} {one.status:10} {one.source}")
    click.echo(
        f"{len(rows)} of {len(found.services)} are due. Ring or open each, then write checked_on and checked_by."
    )
    if rows:
        raise SystemExit(1)
