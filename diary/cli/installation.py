"""The command `setup`: write what a server needs around the program. It asks five questions, or takes flags."""

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click

from diary import config
from diary.config import ENROLMENT_MODES
from diary.errors import BadRequest

# Copies of docs/deploy/, which a wheel does not have. A test compares them.
DEPLOY_FOLDER: Final = Path(__file__).with_name("deploy")
DATA_FOLDER: Final = "/var/lib/kept"
BACKUP_FOLDER: Final = "/var/lib/kept-backups"
SERVICE_USER: Final = "kept"
_PROGRAM_IN_UNITS: Final = "/srv/kept"
# Without a space, a quote or a percent sign, so that systemd and a shell read the path as it is.
_PLAIN_PATH: Final = re.compile(r"(/[A-Za-z0-9._-]+)+")
# The unit has ProtectHome=yes, which hides these from the service.
_HIDDEN_PLACES: Final = ("/home", "/root", "/run/user", "/tmp", "/var/tmp")  # noqa: S108 - refused, not used
_COMMAND_SCRIPT: Final = """#!/bin/sh
exec systemd-run --quiet --pipe --wait --collect --uid=kept --working-directory=/srv/kept \\
    -p EnvironmentFile=/etc/kept.env -p UMask=0077 /srv/kept/.venv/bin/python -m diary "$@"
"""


@dataclass(frozen=True, slots=True)
class _File:
    """A file to write: its path below the root, its text and its mode."""

    path: str
    text: str
    mode: int


@click.command("setup")
@click.option("--app-url", prompt="Address of the app, which does not say what it is for", help="https://notes.example")
@click.option("--public-url", prompt="Address of the public pages", help="https://public.example, another host name.")
@click.option("--operator", prompt="Who runs this server", help="The name that people know you by.")
@click.option("--privacy-contact", prompt="E-mail address for questions about personal data", help="Somebody reads it.")
@click.option(
    "--enrolment",
    prompt="Who may register",
    type=click.Choice(ENROLMENT_MODES),
    default="invite",
    show_default=True,
    help="People with an invitation, people with the code of the day, or everybody.",
)
@click.option("--program", default=_PROGRAM_IN_UNITS, show_default=True, help="Folder with the program's .venv.")
@click.option(
    "--root", type=click.Path(path_type=Path), default="/", show_default=True, help="Write below this folder."
)
@click.option(
    "--force", is_flag=True, help="Replace files without asking. The old ones are kept as NAME.old1 and so on."
)
def set_up(
    app_url: str,
    public_url: str,
    operator: str,
    privacy_contact: str,
    enrolment: str,
    program: str,
    root: Path,
    *,
    force: bool,
) -> None:
    """Write the environment file, the systemd units, the proxy's file and the folders of a server.

    It asks for what no option gives. A file that is there and differs is replaced only if you say so, and is kept under
    another name. Nothing is started.
    """
    answers = {
        "DIARY_APP_URL": app_url,
        "DIARY_PUBLIC_URL": public_url,
        "DIARY_DATA": DATA_FOLDER,
        "DIARY_OPERATOR": operator,
        "DIARY_PRIVACY_CONTACT": privacy_contact,
        "DIARY_ENROLMENT": enrolment,
    }
    _check_answers(answers)
    _check_program(program, root)
    files = _make_files(answers, program)
    # Every question comes before the first change, so that an answer of no or Ctrl-C leaves nothing half done.
    changed = [file for file in files if _read_text(root, file) != file.text]
    for file in changed:
        place = _place(root, file.path)
        question = f"{place} is there and differs. Replace it and keep the old one?"
        if os.path.lexists(place) and not force and not click.confirm(question):
            raise BadRequest(f"{place} was not replaced, and nothing was written.")
    for folder in (DATA_FOLDER, BACKUP_FOLDER):
        _make_private_folder(root, folder)
    for file in files:
        place = _place(root, file.path)
        if file not in changed:
            click.echo(f"unchanged  {place}")
            continue
        kept_as = _replace(place, file)
        click.echo(f"written    {place}" + (f" (the old one is {kept_as.name})" if kept_as else ""))
    click.echo(_NEXT_STEPS)


_NEXT_STEPS: Final = """
What is left to do, as root:
  1. Install the proxy: copy /etc/kept.Caddyfile to /etc/caddy/Caddyfile and reload Caddy.
  2. Start the server:  systemctl daemon-reload && systemctl enable --now kept
  3. Check it:          kept doctor
  4. Backups: `kept backup-key` on another computer, its public half to /etc/kept-backup.pub,
     then systemctl enable --now kept-backup.timer (docs/operating.md, Back up every night)."""


def _check_answers(answers: dict[str, str]) -> None:
    """Check the answers as the server will at its start. Raise BadSetting or BadRequest with a sentence."""
    for name, value in answers.items():
        if not value.strip() or not value.isprintable():
            raise BadRequest(f"{name} must be one line of text, and not empty.")
    settings = config.load_settings(answers)
    if not all(answers[name].startswith("https://") for name in ("DIARY_APP_URL", "DIARY_PUBLIC_URL")):
        raise BadRequest("--app-url and --public-url must begin with https://: a phone opens nothing else.")
    settings.check_operator_settings()


def _check_program(program: str, root: Path) -> None:
    """Check that the units can start the program. Raise BadRequest with what to do."""
    if not _PLAIN_PATH.fullmatch(program) or ".." in program.split("/"):
        raise BadRequest("--program takes a full path of letters, digits, dots, hyphens and underscores.")
    if root != Path("/"):
        return
    if any(program == place or program.startswith(f"{place}/") for place in _HIDDEN_PLACES):
        raise BadRequest(f"--program {program} is hidden from services. Install the program in {_PROGRAM_IN_UNITS}.")
    if not os.access(f"{program}/.venv/bin/python", os.X_OK):
        raise BadRequest(f"{program}/.venv/bin/python is missing. Install the program there first, or give --program.")
    _service_ids()


def _service_ids() -> tuple[int, int]:
    """Return the user and group id of the service. Raise BadRequest if there is no such user."""
    import pwd

    try:
        entry = pwd.getpwnam(SERVICE_USER)
    except KeyError:
        raise BadRequest(
            f"There is no user {SERVICE_USER}. Make it first: useradd --system --home {DATA_FOLDER} {SERVICE_USER}"
        ) from None
    return entry.pw_uid, entry.pw_gid


def _make_files(answers: dict[str, str], program: str) -> list[_File]:
    """Return every file to write."""
    lines = [f"{name}={_quote_for_systemd(value)}" for name, value in answers.items()]
    environment = "# Settings of Kept, read by kept.service and by the command kept. `kept config` prints them.\n"
    proxy = _deploy_text("Caddyfile")
    for name, value in (("notes.example", "DIARY_APP_URL"), ("public.example", "DIARY_PUBLIC_URL")):
        proxy = proxy.replace(f"\n{name} {{", f"\n{answers[value].removeprefix('https://').rstrip('/')} {{")
    units = ("kept.service", "kept-backup.service", "kept-backup.timer")
    return [
        _File("/etc/kept.env", environment + "\n".join(lines) + "\n", 0o600),
        *(_File(f"/etc/systemd/system/{name}", _at_program(_deploy_text(name), program), 0o644) for name in units),
        _File("/usr/local/sbin/kept", _at_program(_COMMAND_SCRIPT, program), 0o755),
        _File("/etc/kept.Caddyfile", proxy, 0o644),
    ]


def _deploy_text(name: str) -> str:
    """Return a file of docs/deploy/."""
    return (DEPLOY_FOLDER / name).read_text(encoding="utf-8")


def _at_program(text: str, program: str) -> str:
    """Return a text with the program's folder in the place of the published one."""
    return text.replace(_PROGRAM_IN_UNITS, program)


def _quote_for_systemd(value: str) -> str:
    """Return a value for an EnvironmentFile: in double quotes, where these four characters need a backslash."""
    return '"' + re.sub(r'(["\\$`])', r"\\\1", value) + '"'


def _place(root: Path, path: str) -> Path:
    """Return a path below the root."""
    return root / path.removeprefix("/")


def _read_text(root: Path, file: _File) -> str | None:
    """Return the text of the file that is there now, or None if there is none or it is no plain text file."""
    place = _place(root, file.path)
    try:
        return None if place.is_symlink() else place.read_text(encoding="utf-8")
    except (FileNotFoundError, UnicodeDecodeError):
        return None


def _make_private_folder(root: Path, path: str) -> None:
    """Make a folder that only the service may enter. One that is there keeps its owner and mode."""
    place = _place(root, path)
    if place.is_dir():
        return
    place.mkdir(parents=True, mode=0o700)
    place.chmod(0o700)
    if root == Path("/"):
        os.chown(place, *_service_ids())


def _replace(place: Path, file: _File) -> Path | None:
    """Write a file, whole or not at all. Return where the old one is kept, or None if there was none."""
    place.parent.mkdir(parents=True, exist_ok=True)
    partial = place.with_name(f".{place.name}.part")
    partial.unlink(missing_ok=True)
    # The mode is there from the first byte: the settings may come to hold a password.
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
        opened.write(file.text)
        opened.flush()
        os.fchmod(opened.fileno(), file.mode)
        os.fsync(opened.fileno())
    kept_as = None
    if os.path.lexists(place):
        number = next(n for n in range(1, 1000) if not os.path.lexists(place.with_name(f"{place.name}.old{n}")))
        kept_as = place.with_name(f"{place.name}.old{number}")
        shutil.move(place, kept_as)
    partial.replace(place)
    return kept_as
