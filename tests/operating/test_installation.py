"""`kept setup` writes a server's files, replaces none unasked, and systemd accepts what it writes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from unittest.mock import patch

import pytest
from click.testing import CliRunner

from diary import config
from diary.cli import installation
from diary.cli.main import main
from tests.cli_runner import PROJECT_ROOT

ANSWERS = {
    "--app-url": "https://notes.example",
    "--public-url": "https://public.example",
    "--operator": 'Women\'s "Aid" of £5 $HOME `x` \\ %n',
    "--privacy-contact": "privacy@public.example",
    "--enrolment": "code",
}
WRITTEN = {
    "etc/kept.env": 0o600,
    "etc/kept.Caddyfile": 0o644,
    "etc/systemd/system/kept.service": 0o644,
    "etc/systemd/system/kept-backup.service": 0o644,
    "etc/systemd/system/kept-backup.timer": 0o644,
    "usr/local/sbin/kept": 0o755,
}


def run_setup(
    root: Path | str, *extra: str, answers: Mapping[str, str] = ANSWERS, typed: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run the command with these answers as flags, and `typed` for its questions."""
    flags = [part for pair in answers.items() for part in pair]
    result = CliRunner().invoke(main, ["setup", *flags, "--root", str(root), *extra], input=typed)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return subprocess.CompletedProcess([], result.exit_code, result.stdout, result.stderr)


def files_below(root: Path) -> dict[str, str]:
    """Return every file below a folder, by path."""
    return {path.relative_to(root).as_posix(): path.read_text() for path in root.rglob("*") if path.is_file()}


def values_read_by_a_shell(path: Path) -> dict[str, str]:
    """Return the settings of an environment file. Inside double quotes systemd and a shell read the same."""
    script = f"set -a; unset DIARY_DATA; . {path}; env -0"
    output = subprocess.run(["sh", "-c", script], env={"PATH": os.environ["PATH"]}, capture_output=True, check=True)
    pairs = [pair.decode().partition("=") for pair in output.stdout.split(b"\0") if pair.startswith(b"DIARY_")]
    return {name: value for name, _, value in pairs}


def test_it_writes_settings_that_the_server_accepts(tmp_path: Path) -> None:
    """Files, modes and folders are there; quotes, dollars and backslashes of a name survive."""
    result = run_setup(tmp_path)
    assert result.returncode == 0, result.stderr
    assert {name: (tmp_path / name).stat().st_mode & 0o777 for name in files_below(tmp_path)} == WRITTEN
    for folder in ("var/lib/kept", "var/lib/kept-backups"):
        assert (tmp_path / folder).stat().st_mode & 0o777 == 0o700
    values = values_read_by_a_shell(tmp_path / "etc" / "kept.env")
    settings = config.load_settings(values)
    settings.check_operator_settings()
    assert settings.operator == ANSWERS["--operator"]
    assert (str(settings.data), settings.enrolment) == ("/var/lib/kept", "code")
    assert "systemctl enable --now kept" in result.stdout


def test_it_asks_five_questions(tmp_path: Path) -> None:
    """Without flags each answer is typed, and the result is the same as with flags."""
    typed = "".join(f"{value}\n" for value in ANSWERS.values())
    result = run_setup(tmp_path / "typed", answers={}, typed=typed)
    assert result.returncode == 0, result.stderr
    assert len([line for line in result.stdout.splitlines() if line.endswith(tuple(ANSWERS.values()))]) == 5
    run_setup(tmp_path / "flags")
    assert files_below(tmp_path / "typed") == files_below(tmp_path / "flags")


def test_a_second_run_changes_nothing(tmp_path: Path) -> None:
    """The same answers ask nothing and write nothing."""
    run_setup(tmp_path)
    before = {name: (tmp_path / name).stat().st_mtime_ns for name in WRITTEN}
    result = run_setup(tmp_path)
    assert result.returncode == 0 and result.stdout.count("unchanged") == len(WRITTEN)
    assert {name: (tmp_path / name).stat().st_mtime_ns for name in files_below(tmp_path)} == before


def test_no_file_is_replaced_unasked(tmp_path: Path) -> None:
    """No, or no answer, leaves every byte as it was; yes and --force keep the old file beside the new one."""
    run_setup(tmp_path)
    environment = tmp_path / "etc" / "kept.env"
    environment.write_text(environment.read_text() + "DIARY_DATABASE_URL=postgres://secret\n")
    (tmp_path / "etc" / "kept.Caddyfile").unlink()
    before = files_below(tmp_path)
    for typed in ("n\n", "\n", ""):
        result = run_setup(tmp_path, typed=typed)
        assert result.returncode == 1 and files_below(tmp_path) == before
        assert "kept.env is there and differs" in result.stdout
    assert run_setup(tmp_path, typed="y\n").returncode == 0
    old = tmp_path / "etc" / "kept.env.old1"
    assert old.read_text() == before["etc/kept.env"] and old.stat().st_mode & 0o777 == 0o600
    assert "DIARY_DATABASE_URL" not in environment.read_text()
    environment.write_text("changed again\n")
    assert run_setup(tmp_path, "--force").returncode == 0
    assert (tmp_path / "etc" / "kept.env.old2").read_text() == "changed again\n"
    assert old.read_text() == before["etc/kept.env"]


def test_a_link_is_not_written_through(tmp_path: Path) -> None:
    """A link in the place of a file is replaced after a yes; what it points at stays as it was."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("not ours")
    (tmp_path / "root" / "etc").mkdir(parents=True)
    (tmp_path / "root" / "etc" / "kept.env").symlink_to(elsewhere)
    assert run_setup(tmp_path / "root").returncode == 1
    assert run_setup(tmp_path / "root", "--force").returncode == 0
    assert elsewhere.read_text() == "not ours"
    assert not (tmp_path / "root" / "etc" / "kept.env").is_symlink()


@pytest.mark.parametrize(
    ("flag", "value", "named"),
    [
        ("--app-url", "http://localhost:8000", "--app-url"),
        ("--app-url", "http://notes.example", "DIARY_APP_URL"),
        ("--app-url", "notes.example", "DIARY_APP_URL"),
        ("--public-url", "https://notes.example", "DIARY_PUBLIC_URL"),
        ("--operator", "a\nDIARY_ENROLMENT=open", "DIARY_OPERATOR"),
        ("--operator", " ", "DIARY_OPERATOR"),
        ("--privacy-contact", "a\x1b[2J", "DIARY_PRIVACY_CONTACT"),
        ("--enrolment", "all", "--enrolment"),
        ("--program", "/srv/a program", "--program"),
        ("--program", "/srv/../etc", "--program"),
        ("--program", "srv/kept", "--program"),
        ("--program", "/srv/%h", "--program"),
    ],
)
def test_a_wrong_answer_is_named_and_nothing_is_written(tmp_path: Path, flag: str, value: str, named: str) -> None:
    """Each fault is one sentence with the name of the setting or flag, without a traceback."""
    result = run_setup(tmp_path, answers=ANSWERS | {flag: value})
    assert result.returncode in (1, 2) and named in result.stderr and "Traceback" not in result.stderr
    assert files_below(tmp_path) == {} and not (tmp_path / "var").exists()


@pytest.mark.parametrize(
    ("program", "sentence"), [("/home/me/kept", "hidden from services"), ("/srv/nowhere", "is missing. Install")]
)
def test_a_program_that_a_service_cannot_start_is_refused(program: str, sentence: str) -> None:
    """On the machine itself, a program in a home, or none, is refused before anything is written."""
    with patch.object(installation, "_replace") as replace, patch.object(installation, "_make_private_folder") as make:
        result = run_setup("/", "--program", program)
    assert result.returncode == 1 and sentence in result.stderr
    assert not replace.called and not make.called


def test_without_the_user_it_says_how_to_make_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of a user who is not there could not be given to it."""
    monkeypatch.setattr(installation, "SERVICE_USER", "no-such-user-here")
    with (
        patch("os.access", return_value=True),
        patch.object(installation, "_replace") as replace,
    ):
        result = run_setup("/", "--force")
    assert result.returncode == 1 and "useradd --system" in result.stderr and not replace.called


def test_the_packaged_files_are_the_published_ones() -> None:
    """A wheel has no docs/. After a change in docs/deploy/, copy the file to diary/cli/deploy/."""
    for path in installation.DEPLOY_FOLDER.iterdir():
        assert path.read_bytes() == (PROJECT_ROOT / "docs" / "deploy" / path.name).read_bytes(), path.name
    script = installation._COMMAND_SCRIPT.strip().splitlines()
    page = [line.strip() for line in (PROJECT_ROOT / "docs" / "operating.md").read_text().splitlines()]
    assert [line for line in script if line.strip() not in page] == []


@pytest.mark.slow
@pytest.mark.parametrize("unit", ["kept.service", "kept-backup.service", "kept-backup.timer"])
def test_systemd_accepts_what_it_writes(tmp_path: Path, unit: str) -> None:
    """`systemd-analyze verify` finds no fault in the units, with the program in another folder."""
    program = tmp_path / "program"
    (program / ".venv" / "bin").mkdir(parents=True)
    (program / ".venv" / "bin" / "python").symlink_to(sys.executable)
    assert run_setup(tmp_path, "--program", str(program)).returncode == 0
    place = tmp_path / "etc" / "systemd" / "system" / unit
    command = ["systemd-analyze", "verify", "--man=no", "--recursive-errors=one", str(place)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    faults = [line for line in (result.stdout + result.stderr).splitlines() if unit in line or str(tmp_path) in line]
    assert (result.returncode, faults) == (0, []), result.stderr
    assert "/srv/kept" not in place.read_text()
