"""The last release from the repository's history: its tree, its browser bundle, its server over TLS."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.browser.live_server import Certificate

PROJECT_ROOT = Path(__file__).resolve().parent.parent.parent
LAST_RELEASE_COMMIT = "686b108f58aba79cfb21cfe8518d9afba0a38d15"
HISTORY_MISSING_MESSAGE = (
    f"the repository's history does not hold the last release (commit {LAST_RELEASE_COMMIT[:7]}), which this test starts. "
    "In a shallow clone, `git fetch --unshallow` brings it; a copy without .git cannot run this test."
)
# The old tree's test server, in its own process: its arguments are the settings.
SERVE_SCRIPT = """
import sys
from pathlib import Path
from tests.browser import serving
data, cert, key, host, port = sys.argv[1:6]
settings = dict(one.split("=", 1) for one in sys.argv[6:])
serving.free_port = lambda: int(port)
server = serving.Served(Path(data), serving.Certificate(Path(cert), Path(key), ""), app_host=host, **settings)
server.start()
print("ready", flush=True)
sys.stdin.read()
server.stop()
"""


@dataclass(frozen=True)
class LastRelease:
    """Tree of the last release, set up to run with today's packages."""

    root: Path

    @property
    def python(self) -> Path:
        """Return an interpreter whose `diary` is that tree's, in child processes too."""
        return self.root / ".venv" / "bin" / "python"

    def run_command(self, *arguments: str, **environ: str) -> str:
        """Run one of its commands, and return the output."""
        command: list[str | Path] = [self.python, "-m", "diary", *arguments]
        env = {"PATH": "/usr/bin:/bin", **environ}
        result = subprocess.run(command, cwd=self.root, env=env, capture_output=True, text=True, check=False)
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout

    @contextmanager
    def running_server(
        self, data: Path, certificate: Certificate, host: str, port: int, settings: dict[str, str]
    ) -> Iterator[None]:
        """Run its server within the block."""
        arguments = [str(data), str(certificate.cert), str(certificate.key), host, str(port)]
        arguments += [f"{name}={value}" for name, value in settings.items()]
        running = subprocess.Popen(
            [self.python, "-c", SERVE_SCRIPT, *arguments],
            cwd=self.root,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert running.stdin is not None and running.stdout is not None
        try:
            assert running.stdout.readline() == "ready\n", "the server of the last release did not start"
            yield
        finally:
            running.stdin.close()
            running.wait(60)
            running.stdout.close()


def library_digests(root: Path) -> dict[str, str]:
    """Return the packages served to browsers or used in packs: folder, and digest of the archive."""
    locked = json.loads((root / "package-lock.json").read_text("utf-8"))["packages"]
    return {at: one["integrity"] for at, one in locked.items() if at and not one.get("dev")}


def check_out_last_release(folder: Path) -> LastRelease:
    """Check out the tree into `folder`, with the browser libraries and languages of its setup.

    Fails where git lacks it.
    """
    packed = subprocess.run(["git", "archive", LAST_RELEASE_COMMIT], cwd=PROJECT_ROOT, capture_output=True, check=False)
    if packed.returncode:
        pytest.fail(HISTORY_MISSING_MESSAGE)
    folder.mkdir()
    _run(["tar", "-x"], folder, packed.stdout)
    changed = sorted(library_digests(folder).items() - library_digests(PROJECT_ROOT).items())
    if changed:
        pytest.fail(f"these libraries are not what they were in the last release, which needs its own: {changed}")
    shutil.copytree(PROJECT_ROOT / "node_modules", folder / "node_modules", symlinks=True, copy_function=link_or_copy)
    _run([sys.executable, "-m", "venv", "--without-pip", ".venv"], folder)
    # Its worker starts Python isolated (-I), which ignores the current folder and PYTHONPATH.
    own_packages = next((folder / ".venv" / "lib").glob("python3*/site-packages"))
    (own_packages / "last-release.pth").write_text(f"{folder}\n{sysconfig.get_path('purelib')}\n")
    # Its scripts import its own `diary`; our Python would import ours.
    release = LastRelease(folder)
    _run([str(release.python), ".ci/vendor.py"], folder)
    _run([str(release.python), ".ci/languages.py", "build"], folder)
    return release


def link_or_copy(source: str, target: str) -> None:
    """Hard-link a file where possible, else copy it."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _run(command: list[str], folder: Path, given: bytes = b"") -> None:
    result = subprocess.run(command, cwd=folder, input=given, capture_output=True, check=False)
    assert result.returncode == 0, f"{command}: {result.stdout.decode()}{result.stderr.decode()}"
