"""docs/settings.md and docs/commands.md equal the generator's output."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

import click
import pytest

from tests.test_layers import PROJECT_ROOT

SCRIPT = PROJECT_ROOT / ".ci" / "references.py"


def load_script() -> ModuleType:
    """Return the generator as a module."""
    spec = importlib.util.spec_from_file_location("references", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_committed_pages_are_what_the_generator_writes() -> None:
    """Neither a page nor its source was changed alone."""
    result = subprocess.run([sys.executable, str(SCRIPT), "--check"], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.parametrize("name", ["SETTINGS_PAGE", "COMMANDS_PAGE"])
def test_a_page_out_of_date_is_named(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A changed word and a missing page are reported."""
    script = load_script()
    real: Path = getattr(script, name)
    copy = tmp_path / "docs" / real.name
    copy.parent.mkdir()
    (tmp_path / ".ci").mkdir()
    for page in (script.SETTINGS_PAGE, script.COMMANDS_PAGE):
        (tmp_path / ".ci" / f"{page.name}.in").write_text((PROJECT_ROOT / ".ci" / f"{page.name}.in").read_text())
    monkeypatch.setattr(script, "ROOT", tmp_path)
    monkeypatch.setattr(script, name, copy)
    monkeypatch.setattr(sys, "argv", ["references.py", "--check"])
    for text in (real.read_text().replace("Folder", "Folders").replace("diary", "diaries"), None):
        copy.unlink(missing_ok=True)
        if text is not None:
            copy.write_text(text)
        with pytest.raises(SystemExit, match=real.name):
            script.main()
    monkeypatch.setattr(sys, "argv", ["references.py"])
    script.main()
    assert copy.read_text() == real.read_text()


def test_every_command_is_in_a_group() -> None:
    """A command that was written and never added to `main` cannot be called."""

    def reachable(command: click.Command) -> Iterator[click.Command]:
        yield command
        for inner in command.commands.values() if isinstance(command, click.Group) else ():
            yield from reachable(inner)

    script = load_script()
    known = {id(command) for command in reachable(script.kept)}
    modules = [import_module(f"diary.cli.{path.stem}") for path in (PROJECT_ROOT / "diary" / "cli").glob("[a-z]*.py")]
    found = {f"{one.__name__}.{name}": value for one in modules for name, value in vars(one).items()}
    commands = {name: value for name, value in found.items() if isinstance(value, click.Command)}
    assert len(commands) > 25
    assert [name for name, command in commands.items() if id(command) not in known] == []


def test_every_command_and_option_has_help() -> None:
    """Each command, option and argument has a help text."""
    script = load_script()
    commands = dict(script.commands(script.kept))
    assert len(commands) > 25
    silent = [name for name, command in commands.items() if not command.help]
    silent += [
        f"{name} {one.name}"
        for name, command in commands.items()
        for one in command.params
        if not getattr(one, "help", None)
    ]
    assert silent == []
