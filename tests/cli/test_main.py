"""The command line answers any input with a sentence and an exit status."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from diary.cli.log import read_public_key
from diary.cli.main import main
from diary.config import SETTINGS
from diary.encoding import b64
from diary.errors import BadRequest
from tests.cli_runner import run_cli, run_cli_in_process


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04" + bytes(400), b"not a zip at all"])
def test_a_file_that_is_no_pack_is_reported_without_traceback(tmp_path: Path, content: bytes) -> None:
    """`verify` accepts any file as an argument, and reports one that is not a pack."""
    (tmp_path / "x.zip").write_bytes(content)
    result = run_cli("verify", tmp_path / "x.zip")
    assert result.returncode == 1
    assert result.stdout.startswith("not_a_pack: ")
    assert "Traceback" not in result.stderr


def test_control_characters_in_member_names_are_not_printed(tmp_path: Path) -> None:
    """Escape and other control characters in a member's name are not printed: they could move, hide or forge a finding."""
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("a\x1b]0;title\x07\x1b[2K\rNo finding.\x9b1A\u202e.txt", "x")
    result = run_cli("verify", tmp_path / "x.zip")
    assert result.returncode == 1
    assert "bad_name" in result.stdout
    assert [
        character for character in result.stdout + result.stderr if character != "\n" and not character.isprintable()
    ] == []


@pytest.mark.parametrize(
    ("arguments", "env", "says"),
    [
        (("verify", "nowhere.zip"), {}, "does not exist"),
        (("serve", "--bind", "here"), {}, "--bind takes a host and a port"),
        (("serve",), {"DIARY_QUOTA_BYTES": "-1"}, "DIARY_QUOTA_BYTES"),
        (("migrate",), {"DIARY_APP_URL": "http://notes.example"}, "DIARY_APP_URL"),
    ],
)
def test_wrong_usage_is_answered_with_a_sentence(
    tmp_path: Path, arguments: tuple[str, ...], env: dict[str, str], says: str
) -> None:
    """Unusable arguments and settings are named, without a traceback and without their value."""
    result = run_cli(*arguments, DIARY_DATA=str(tmp_path), **env)
    assert result.returncode != 0
    assert says in result.stderr
    assert "Traceback" not in result.stderr


def test_the_notary_file_may_be_raw_or_text(tmp_path: Path) -> None:
    """Both published forms of a notary key are read; anything else is refused."""
    key = bytes(range(32))
    for content in (key, b64(key).encode(), b64(key).encode() + b"\n"):
        (tmp_path / "k").write_bytes(content)
        assert read_public_key(tmp_path / "k") == key
    for content in (b"", b"x" * 31, b"\xff" * 40, b64(key[:16]).encode()):
        (tmp_path / "k").write_bytes(content)
        with pytest.raises(BadRequest):
            read_public_key(tmp_path / "k")


def test_serving_without_a_database_says_what_to_run(tmp_path: Path) -> None:
    """A server without a database does not start, and names the command that creates one."""
    result = run_cli("serve", "--bind", "127.0.0.1:0", DIARY_DATA=str(tmp_path))
    assert result.returncode != 0
    assert "migrate" in result.stdout + result.stderr


def test_an_organisation_is_begun_listed_and_ended(tmp_path: Path) -> None:
    """Each operator command for organisations reports what it did; an invalid id is answered with a sentence."""
    env = {"DIARY_DATA": str(tmp_path)}
    assert run_cli_in_process("migrate", **env).returncode == 0
    added = run_cli_in_process("organisation", "add", "Stalking Support North", **env)
    assert added.returncode == 0 and "Invitation for its lead" in added.stdout
    organisation = added.stdout.split()[1]
    assert (
        run_cli_in_process("organisation", "list", **env).stdout
        == f"{organisation}  Stalking Support North, 0 members\n"
    )
    assert len(run_cli_in_process("organisation", "invite", organisation, **env).stdout.strip()) == 19
    assert run_cli_in_process("organisation", "end", "--yes", organisation, **env).stdout == "Ended.\n"
    assert "ended" in run_cli_in_process("organisation", "list", **env).stdout
    ended_again = run_cli_in_process("organisation", "end", "--yes", organisation, **env)
    assert ended_again.returncode == 1 and ended_again.stderr.startswith("Error: ")
    assert run_cli_in_process("organisation", "invite", "no-id", **env).returncode == 1
    for unknown in ("-h" + "A" * 20, "--" + "A" * 20):
        for command in (("invite", unknown), ("end", "--yes", unknown)):
            refused = run_cli_in_process("organisation", *command, **env)
            assert refused.returncode == 1 and refused.stderr.startswith("Error: "), (command, refused)


def help_texts(command: click.Command, *names: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield the help of a command and of every command below it, by its words."""
    yield names, CliRunner().invoke(main, [*names, "--help"]).stdout
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            yield from help_texts(inner, *names, name)


def test_no_help_cuts_a_sentence() -> None:
    """Each line of each list of commands ends like a sentence, however narrow the terminal is."""
    texts = dict(help_texts(main))
    assert len(texts) > 30
    for names, text in texts.items():
        assert "..." not in text.partition("Commands:")[2], names
    listing = " ".join(texts[()].split())
    for command in main.commands.values():
        sentence = " ".join(re.split(r"\.\s", command.help or "")[0].split())
        assert sentence.rstrip(".") in listing, command.name


def test_config_shows_each_setting_and_its_source(tmp_path: Path) -> None:
    """An operator sees which database holds. No password, key or secret is printed."""
    secret = "a-password-nobody-may-see"
    settings = {
        "DIARY_DATA": str(tmp_path),
        "DIARY_DATABASE_URL": f"postgres://keeper:{secret}@db.example/kept?password={secret}",
        "DIARY_BLOB_URL": f"s3://AKIA:{secret}@bucket/files?endpoint=https://store.example&token={secret}",
        "DIARY_PEPPER": b64(secret.encode() + bytes(32)),
        "DIARY_QUOTA_BYTES": "5000",
    }
    shown = run_cli_in_process("config", **settings).stdout
    values = json.loads(run_cli_in_process("config", "--json", **settings).stdout)
    assert list(values) == [setting.name for setting in SETTINGS]
    for text in (shown, json.dumps(values)):
        assert secret not in text and "AKIA" not in text and b64(secret.encode()) not in text
    assert values["DIARY_DATABASE_URL"] == {"value": "postgres://…@db.example/kept?…", "source": "environment"}
    assert values["DIARY_BLOB_URL"]["value"] == "s3://…@bucket/files?…"
    assert values["DIARY_PEPPER"] == {"value": "set, not shown", "source": "environment"}
    assert values["DIARY_NOTARY_KEY"]["value"] == "created at the first start"
    assert values["DIARY_QUOTA_BYTES"] == {"value": "5000", "source": "environment"}
    assert values["DIARY_DEV"] == {"value": "off", "source": "default"}
    assert not (tmp_path / "notary.key").exists()
    for setting in SETTINGS:
        assert setting.name in shown
