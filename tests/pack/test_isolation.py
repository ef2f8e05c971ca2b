"""How the isolation of workers is chosen on a computer, and what the user is told if there is none."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from diary import isolation
from diary.cli.main import main
from diary.encoding import b64
from diary.errors import BadSetting, Unavailable
from diary.isolation import Isolation
from tests.pack.conftest import BuiltPack


@pytest.fixture(autouse=True)
def reset_isolation() -> Iterator[None]:
    """Let each test detect the isolation afresh, and discard what it found."""
    find = isolation.detect_isolation
    find.cache_clear()
    yield
    find.cache_clear()


def install_fake_bubblewrap(folder: Path, monkeypatch: pytest.MonkeyPatch, shell_code: str) -> Path:
    """Put a fake program first on the path, which is called with bubblewrap's arguments."""
    path = folder / "bwrap"
    path.write_text(f'#!/bin/sh\necho "$@" > {folder}/given\n{shell_code}\n')
    path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return path


RUN_INNER_COMMAND = 'while [ "$1" != -- ]; do shift; done; shift; exec "$@"'


def test_bubblewrap_is_used_only_where_it_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bubblewrap that fails is not used. Landlock still isolates the worker."""
    path = install_fake_bubblewrap(tmp_path, monkeypatch, "exit 1")
    assert isolation.detect_isolation() == Isolation()
    isolation.detect_isolation.cache_clear()
    install_fake_bubblewrap(tmp_path, monkeypatch, RUN_INNER_COMMAND)
    assert isolation.detect_isolation() == Isolation(bubblewrap_path=str(path))


def test_bubblewrap_gets_its_namespaces_and_no_other_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker sees only the folders it needs: not the root, the project, /etc, /home or all of /usr."""
    install_fake_bubblewrap(tmp_path, monkeypatch, RUN_INNER_COMMAND)
    isolation.detect_isolation()
    arguments = (tmp_path / "given").read_text().split()
    assert {
        "--unshare-user",
        "--unshare-pid",
        "--unshare-net",
        "--unshare-ipc",
        "--die-with-parent",
        "--clearenv",
    } <= set(arguments)
    bound_paths = {arguments[at + 1] for at, word in enumerate(arguments) if word in ("--ro-bind", "--bind")}
    project = Path(__file__).parents[2]
    assert not bound_paths & {"/", "/usr", "/etc", "/home", "/root", "/var", "/tmp", "/proc", "/dev", str(project)}
    assert str(project / "diary") in bound_paths


def test_only_code_folders_are_readable() -> None:
    """The folders of the project and of the environment are not readable, nor any folder above them."""
    project = Path(__file__).parents[2]
    for path in isolation.readable_paths():
        assert not project.is_relative_to(path) and not Path(sys.prefix).is_relative_to(path), path
    isolation.check_secrets_unreadable([project / "var", Path("/var/lib/kept")])
    for inner_path in (project / "diary" / "data", project / "diary", isolation.readable_paths()[0] / "x"):
        with pytest.raises(BadSetting):
            isolation.check_secrets_unreadable([inner_path])


def test_a_symlink_into_a_readable_folder_is_resolved(tmp_path: Path) -> None:
    """The folder that a symlink points to becomes readable."""
    (tmp_path / "data").symlink_to(Path(__file__).parents[2] / "diary" / "locale")
    with pytest.raises(BadSetting):
        isolation.check_secrets_unreadable([tmp_path / "data"])


def test_without_any_isolation_the_reason_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reason begins with the worker's own sentence and mentions that bubblewrap did not help."""
    python = tmp_path / "python"
    worker_output = '{"fault": "It needs Landlock 6."}'
    python.write_text(f"#!/bin/sh\necho '{worker_output}'\n")
    python.chmod(0o755)
    install_fake_bubblewrap(tmp_path, monkeypatch, RUN_INNER_COMMAND)
    monkeypatch.setattr(sys, "executable", str(python))
    isolation_found = isolation.detect_isolation()
    assert (
        isolation_found.bubblewrap_path == ""
        and isolation_found.failure_reason.startswith("It needs Landlock 6.")
        and "bubblewrap" in isolation_found.failure_reason
    )
    monkeypatch.setattr(isolation, "landlock_version", lambda: 0)
    with pytest.raises(Unavailable):
        isolation.require_isolation()


def test_decoding_without_isolation_needs_consent(
    small_pack: BuiltPack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without isolation, `verify --rerender` and `pack` need consent. Plain `verify` decodes nothing and runs."""
    monkeypatch.setattr(isolation, "landlock_version", lambda: 5)
    monkeypatch.setattr(isolation, "detect_isolation", lambda: Isolation(failure_reason="It needs Landlock 6."))
    notary, copy = tmp_path / "notary.txt", tmp_path / "diary.kept"
    notary.write_text(b64(small_pack.diary.notary.pub))
    copy.write_bytes(b"")
    check = ["verify", str(small_pack.path), "--notary", str(notary)]
    for command in ([*check, "--rerender"], ["pack", str(copy), "--out", str(tmp_path / "pack.zip")]):
        refused = CliRunner().invoke(main, command, input="words\n")
        assert refused.exit_code == 1 and "--unsandboxed" in refused.output and "Landlock 6" in refused.output
    assert CliRunner().invoke(main, check).exit_code == 0
    result = CliRunner().invoke(main, [*check, "--rerender", "--unsandboxed"])
    # The pack was made by a release of another name. No document differs for another reason.
    assert "rerendered" not in result.output.replace("other_release", "")
    assert "not_rerendered" not in result.output
