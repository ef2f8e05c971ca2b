"""Commands for the public pages: `training` makes the training files, `directory` lists the services to check."""

import asyncio
import hashlib
import os
import zipfile
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import click

from diary import config
from diary.cli.command_group import CommandGroup
from diary.clock import SystemClock
from diary.paths import TEMPLATES

DAY_MS: Final = 86_400_000
START_HERE_TEXT: Final = """TRAINING. Nothing in this folder is real.

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
    from diary.samples.training import SCRIPT_FILES, write_training_files
    from diary.web.pages import make_environment
    from diary.web.public_pages import render_lessons, training_zip_path

    zip_path = training_zip_path(config.load_settings(os.environ))
    lesson_files = {
        "START-HERE.txt": START_HERE_TEXT.encode(),
        **render_lessons(make_environment(TEMPLATES)),
        "style.css": (TEMPLATES / "public_style.css").read_bytes(),
    }
    inputs_digest = digest_inputs([*lesson_files.values(), *(path.read_bytes() for path in SCRIPT_FILES)])
    if when_needed and is_up_to_date(zip_path, inputs_digest):
        return
    if when_needed:
        os.nice(19)
    pack_files = asyncio.run(write_training_files(zip_path.parent, SystemClock(), lambda *_: None))
    write_training_zip(zip_path, lesson_files | {path.name: path.read_bytes() for path in pack_files}, inputs_digest)
    click.echo(f"Training: {zip_path} ({zip_path.stat().st_size / 1e6:.1f} MB). The public page offers it.")


def digest_inputs(parts: list[bytes]) -> bytes:
    """Return a digest of the inputs. A later run compares it to decide whether to make the files again."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(hashlib.sha256(part).digest())
    return digest.hexdigest().encode()


def is_up_to_date(zip_path: Path, inputs_digest: bytes) -> bool:
    """Return whether the zip exists and was made from these inputs."""
    if not zip_path.is_file():
        return False
    with zipfile.ZipFile(zip_path) as archive:
        return archive.comment == inputs_digest


def write_training_zip(zip_path: Path, files: dict[str, bytes], inputs_digest: bytes) -> None:
    """Write one zip with a folder TRAINING. It appears only when it is complete, and equal files give equal bytes.

    The pack in it is different each time, because its diary has random keys, ids and receipts. If they were derived
    from published code or from predictable random numbers, anybody could sign as its keeper or its server.
    """
    partial_path = zip_path.with_suffix(".part")
    with zipfile.ZipFile(partial_path, "w") as archive:
        for name, content in sorted(files.items()):
            member = zipfile.ZipInfo(f"TRAINING/{name}")
            member.external_attr = 0o644 << 16
            archive.writestr(member, content, zipfile.ZIP_DEFLATED)
        archive.comment = inputs_digest
    partial_path.replace(zip_path)


@click.group(cls=CommandGroup)
def directory() -> None:
    """Manage the list of help services (diary/web/directory.toml)."""


@directory.command()
def due() -> None:
    """List the services whose details are due for a check. The exit status is 1 if any is due."""
    from diary.web.directory import read_support_directory

    today = date(1970, 1, 1) + timedelta(days=SystemClock().now_ms() // DAY_MS)
    support_directory = read_support_directory()
    due_services = support_directory.services_due(today)
    for service in due_services:
        last_check = (
            f"checked on {service.checked_on} by {service.checked_by}" if service.checked_on else "never checked"
        )
        click.echo(f"{service.id:18} {service.contact:24} {last_check:34} {service.status:10} {service.source}")
    click.echo(
        f"{len(due_services)} of {len(support_directory.services)} are due. Call or open each of them, then set "
        "checked_on and checked_by."
    )
    if due_services:
        raise SystemExit(1)
