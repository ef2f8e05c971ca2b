"""Commands for the public pages: `training` makes the training files, `directory` lists the services to check."""

import asyncio
import hashlib
import json
import os
import zipfile
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from diary import config
from diary.cli.command_group import CommandGroup
from diary.clock import SystemClock
from diary.paths import TEMPLATES

if TYPE_CHECKING:
    from diary.web.directory import SupportDirectory, SupportService

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
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def due(*, as_json: bool) -> None:
    """List the services to check: who checked each last, on which day, and since when a check is due.

    The exit status is 1 if any is due.
    """
    from diary.web.directory import read_support_directory

    today = date(1970, 1, 1) + timedelta(days=SystemClock().now_ms() // DAY_MS)
    support_directory = read_support_directory()
    due_services = support_directory.services_due(today)
    total, due_count = len(support_directory.services), len(due_services)
    never_checked_count = sum(service.checked_on is None for service in support_directory.services)
    if as_json:
        report = {
            "due": due_count,
            "total": total,
            "never_checked": never_checked_count,
            "due_after_days": support_directory.check_valid_for.days,
            "responsible": support_directory.responsible,
            "services": [_due_row(support_directory, service) for service in due_services],
        }
        click.echo(json.dumps(report, ensure_ascii=False))
    else:
        for service in due_services:
            row = _due_row(support_directory, service)
            last_check = f"checked on {row['checked_on']} by {row['checked_by']}"
            wrong_day = service.checked_on is not None and service.checked_on > today
            when = "due: the day is in the future" if wrong_day else f"due since {row['due_on']}"
            state = f"{last_check}, {when}" if service.checked_on else "nobody has checked it"
            click.echo(f"{service.id:18} {service.contact:26} {state}; status {service.status!r}, {service.source}")
        responsible = support_directory.responsible or "nobody yet; write a name into `responsible`"
        click.echo(
            f"{due_count} of {total} are due, and nobody has ever checked {never_checked_count}. Responsible: "
            f"{responsible}. Call or open each service, then set checked_on and checked_by in diary/web/directory.toml."
        )
    if due_services:
        raise SystemExit(1)


def _due_row(directory: "SupportDirectory", service: "SupportService") -> dict[str, str]:
    """Return what an operator needs for one check. `checked_on`, `checked_by` and `due_on` are "" without a check."""
    due_on = directory.due_date(service)
    return {
        "id": service.id,
        "name": service.name,
        "contact": service.contact,
        "kind": service.kind,
        "status": service.status,
        "source": service.source,
        "checked_on": service.checked_on.isoformat() if service.checked_on else "",
        "checked_by": service.checked_by,
        "due_on": due_on.isoformat() if due_on else "",
    }
