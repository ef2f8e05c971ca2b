"""Only the offline signature decides whether a server serves the release: not the server's disk, and not an error.

Checked with the commands of an operator and of a stranger, on a copy of the program with changed files.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.cli_runner import PROJECT_ROOT

UNRELEASED_LINE = b"\n// a line that nobody released\n"


class ProgramCopy:
    """Copy of the program in its own folder, and its settings."""

    def __init__(self, folder: Path) -> None:
        """Copy the program, and create the database.

        What Python has compiled is copied too, with the times of its sources: compiling all of it again takes longer
        than the commands.
        """
        self.root = folder / "program"
        for name in ("diary", "static", "templates"):
            shutil.copytree(PROJECT_ROOT / name, self.root / name, symlinks=False)
        with socket.create_server(("127.0.0.1", 0)) as port_probe:
            self.port = port_probe.getsockname()[1]
        self.url = f"http://localhost:{self.port}"
        self.env = {"PATH": os.environ["PATH"], "DIARY_DATA": str(folder / "data"), "DIARY_APP_URL": self.url}
        self.env["DIARY_PUBLIC_URL"] = f"http://public.localhost:{self.port}"
        assert self.run("migrate").returncode == 0

    def run(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        """Run a command of the copy."""
        command = [sys.executable, "-m", "diary", *map(str, arguments)]
        return subprocess.run(command, cwd=self.root, env=self.env, capture_output=True, text=True, check=False)

    def sign_release(self, folder: Path) -> tuple[Path, Path]:
        """Create a release key, sign the list of the current files, and configure both. Return the list and the key."""
        key, manifest = folder / "release.key", folder / "release.json"
        assert self.run("release", "key", key).returncode == 0
        assert self.run("release", "make", manifest, "--key", key).returncode == 0
        pub = key.with_name("release.key.pub")
        self.env |= {"DIARY_RELEASE": str(manifest), "DIARY_RELEASE_KEY": pub.read_text().strip()}
        return manifest, pub

    def change_script(self) -> None:
        """Change a script, as somebody with access to the disk could."""
        with (self.root / "static" / "app" / "main.js").open("ab") as script:
            script.write(UNRELEASED_LINE)

    @contextmanager
    def running_server(self) -> Iterator[None]:
        """Run the copy's server until the end of the block."""
        command = [sys.executable, "-m", "diary", "serve", "--bind", f"127.0.0.1:{self.port}"]
        server = subprocess.Popen(
            command, cwd=self.root, env=self.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            while server.poll() is None:
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                        break
                time.sleep(0.05)  # asking without a pause takes as much processor time as the server's start
            assert server.poll() is None
            yield
        finally:
            server.terminate()
            server.wait()


@contextmanager
def failing_host(status: int) -> Iterator[str]:
    """Run a host that answers every request with one status."""

    class Ill(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Suppress the request log."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Ill)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://localhost:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def release_lines(said: str) -> list[str]:
    """Return the lines of `doctor` about served files."""
    return [line for line in said.splitlines() if "release" in line.split(":")[0]]


def test_an_unsigned_release_is_never_confirmed(tmp_path: Path) -> None:
    """Without a signature, a changed script cannot be told from the released one, and `doctor` says so."""
    program = ProgramCopy(tmp_path)
    program.change_script()
    with program.running_server():
        lines = release_lines(program.run("doctor").stdout)
    assert lines
    assert [line for line in lines if line.startswith("green")] == []
    assert any("this release is not signed, so nothing can be compared" in line for line in lines)


def test_a_script_changed_on_disk_is_reported(tmp_path: Path) -> None:
    """Once a signed file is changed, `doctor` and `verify-host` name it; before that, both confirm the release."""
    program = ProgramCopy(tmp_path)
    listed, pub = program.sign_release(tmp_path)
    command = ("verify-host", program.url, "--manifest", listed, "--key", pub)
    with program.running_server():
        lines = release_lines(program.run("doctor").stdout)
        assert [line.split()[0] for line in lines] == ["green"] * len(lines), lines
        assert program.run(*command).returncode == 0
    program.change_script()
    with program.running_server():
        lines = release_lines(program.run("doctor").stdout)
        assert [line for line in lines if line.startswith("green")] == [], lines
        assert any(line.startswith("red") and "/static/app/main.js" in line for line in lines)
        result = program.run(*command)
    assert result.returncode == 1 and "differs: /static/app/main.js" in result.stdout


def run_here(data: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a command of this checkout."""
    env = {"PATH": os.environ["PATH"], "DIARY_DATA": str(data)}
    command = [sys.executable, "-m", "diary", *map(str, arguments)]
    return subprocess.run(command, cwd=PROJECT_ROOT, env=env, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def signed_list(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return the signed list of this checkout's files, and the public key. Commands only read them."""
    folder = tmp_path_factory.mktemp("signed")
    key, listed = folder / "release.key", folder / "release.json"
    assert run_here(folder, "release", "key", key).returncode == 0
    assert run_here(folder, "release", "make", listed, "--key", key).returncode == 0
    return listed, folder / "release.key.pub"


@pytest.mark.parametrize("status", [500, 503, 429, 302, 404])
def test_error_responses_are_not_compared(signed_list: tuple[Path, Path], tmp_path: Path, status: int) -> None:
    """No file is reported as different: nothing was served that could be compared."""
    listed, pub = signed_list
    with failing_host(status) as url:
        result = run_here(tmp_path, "verify-host", url, "--manifest", listed, "--key", pub)
    assert result.returncode != 0
    assert "could not be asked" in result.stdout
    assert "differ" not in result.stdout
