"""Set-up for running installs no tests: packages, programs and targets that only tests need are kept apart."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT_ROOT = Path(__file__).resolve().parent.parent
# What a production machine runs (docs/operating.md). README.md names `make run`.
RUNNING_TARGETS = ("setup", "setup-run", "run", "demo")
# Programs that only tests drive, and what installs them.
ONLY_FOR_TESTS = re.compile(
    r"tools\.py|setup\.py test|requirements-dev|apt-get|chromium|redis-server|playwright|pytest", re.IGNORECASE
)


def load_setup_script() -> ModuleType:
    """Load .ci/setup.py."""
    spec = importlib.util.spec_from_file_location("setup_script", PROJECT_ROOT / ".ci" / "setup.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def planned_commands(target: str, *variables: str) -> str:
    """Return every command that `make` would run for `target`."""
    command = ["make", "-n", "-C", str(PROJECT_ROOT), target, *variables]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def locked_names(lock: str) -> set[str]:
    """Return the names of the packages in a lock file."""
    text = (PROJECT_ROOT / lock).read_text(encoding="utf-8")
    return {canonicalize_name(name) for name in re.findall(r"^([A-Za-z0-9._-]+)==", text, re.MULTILINE)}


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-setup.lock"])
def test_no_package_of_the_tests_is_locked_for_running(lock: str) -> None:
    """No package of the extra `dev` is in the lock of a server or of a checkout that runs."""
    project = tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = {canonicalize_name(Requirement(line).name) for line in project["dependencies"]}
    only_tests = {
        canonicalize_name(Requirement(line).name) for line in project["optional-dependencies"]["dev"]
    } - needed
    assert {"playwright", "moto", "pytest", "selenium"} <= only_tests
    assert locked_names(lock) & only_tests == set()
    assert only_tests <= locked_names("requirements-dev.lock")


@pytest.mark.parametrize("variables", [(), ("WHEEL=dist/kept-0-py3-none-any.whl",)])
@pytest.mark.parametrize("target", RUNNING_TARGETS)
def test_no_running_target_installs_tests(target: str, variables: tuple[str, ...]) -> None:
    """`make setup`, `run` and `demo` start no step of the tests' set-up; `make setup-test` does."""
    commands = planned_commands(target, *variables)
    assert ".ci/setup.py run" in commands
    assert ONLY_FOR_TESTS.findall(commands) == []
    assert ONLY_FOR_TESTS.search(planned_commands("setup-test"))


def record_commands(script: Any, folder: Path, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> list[str]:
    """Run the script's main as in a new machine's empty .venv, and return what it would run."""
    commands: list[str] = []
    monkeypatch.setattr(script, "VENV", folder / "venv")
    monkeypatch.setattr(script, "STAMP_FOLDER", folder / "venv" / ".stamps")
    monkeypatch.setattr(script, "WHEEL_VENV", folder / "wheel-venv")
    monkeypatch.setattr(script, "make_venv", lambda at=folder / "venv": at.mkdir(parents=True, exist_ok=True))
    monkeypatch.setattr(script, "ensure_node", lambda: Path("/node/bin"))
    monkeypatch.setattr(
        script, "run_command", lambda command, *_: commands.append(" ".join(str(part) for part in command))
    )
    monkeypatch.setattr(sys, "argv", ["setup.py", *arguments])
    script.main()
    return commands


def test_set_up_for_running_takes_the_small_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a new machine `run` installs from requirements-setup.lock and npm without dev packages; `test` takes both."""
    running = record_commands(load_setup_script(), tmp_path / "run", monkeypatch, "run")
    assert [command for command in running if ONLY_FOR_TESTS.search(command)] == []
    assert any("-r requirements-setup.lock" in command for command in running)
    (npm,) = (command for command in running if "npm ci" in command)
    assert "--omit=dev" in npm and "--ignore-scripts" in npm
    testing = record_commands(load_setup_script(), tmp_path / "test", monkeypatch, "test")
    assert any("-r requirements-dev.lock" in command for command in testing)
    assert not any("--omit=dev" in command for command in testing)


def test_a_wheel_is_set_up_once_and_without_node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two installations by pip, hashes checked, no npm; nothing the second time, all again for another wheel."""
    script = load_setup_script()
    wheel = tmp_path / "kept-1.2.3-py3-none-any.whl"
    wheel.write_bytes(b"wheel")
    (tmp_path / "kept-1.2.3.requirements.txt").write_text("")
    commands = record_commands(script, tmp_path, monkeypatch, "run", "--wheel", str(wheel))
    assert len(commands) == 2 and not any(re.search("node|npm", command) for command in commands)
    assert "--require-hashes" in commands[0] and "kept-1.2.3.requirements.txt" in commands[0]
    assert "--no-index" in commands[1] and commands[1].endswith(str(wheel))
    assert record_commands(script, tmp_path, monkeypatch, "run", "--wheel", str(wheel)) == []
    wheel.write_bytes(b"another")
    assert len(record_commands(script, tmp_path, monkeypatch, "run", "--wheel", str(wheel))) == 2


@pytest.mark.parametrize("name", ["kept-1.2.3-py3-none-any.whl", "kept-1.2.3.tar.gz", "kept-9-py3-none-any.whl"])
def test_a_wheel_that_is_not_whole_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """A missing wheel, another file and a wheel without its list of packages are named; nothing is installed."""
    (tmp_path / "kept-1.2.3.requirements.txt").write_text("")
    (tmp_path / "kept-1.2.3.tar.gz").write_text("")
    (tmp_path / "kept-9-py3-none-any.whl").write_text("")
    with pytest.raises(SystemExit, match=r"is no file of a release\. WHEEL= names a wheel"):
        record_commands(load_setup_script(), tmp_path, monkeypatch, "run", "--wheel", str(tmp_path / name))
    assert not (tmp_path / "wheel-venv").exists()


def test_readme_has_two_commands() -> None:
    """README.md's section has `make run` and `make test`, and no set-up before them."""
    text = (PROJECT_ROOT / "README.md").read_text(encoding="utf-8")
    block = text.partition("## Two commands")[2].split("```")[1]
    assert re.findall(r"^make (\S+)", block, re.MULTILINE) == ["run", "test"]
