"""The sandbox gives no network, no other program and no file outside its folder, whichever user starts it."""

import subprocess
import sys
from pathlib import Path

import pytest

ATTEMPT_SCRIPT = """
import os, sys, socket, subprocess
from pathlib import Path
from diary.pack.sandbox.confinement import isolate_process
own = Path(sys.argv[1])
isolate_process([Path(p) for p in ("/usr", "/lib", "/lib64", sys.prefix, sys.base_prefix, "/dev/urandom", "/dev/null")], [own])
def attempt(what):
    try:
        exec(what)
        return "done"
    except Exception as error:
        return type(error).__name__
print(attempt(sys.argv[2]))
"""


def run_confined(folder: Path, code: str) -> str:
    """Run code in the sandbox. Return "done" or the name of the exception."""
    completed = subprocess.run(
        [sys.executable, "-I", "-c", ATTEMPT_SCRIPT, str(folder), code],
        capture_output=True,
        text=True,
        env={},
        cwd="/",
        check=False,
    )
    return completed.stdout.strip() or f"exit {completed.returncode}: {completed.stderr[-300:]}"


@pytest.mark.parametrize(
    "code",
    [
        "socket.socket()",
        "socket.socketpair()",
        "socket.create_connection(('127.0.0.1', 80))",
        "subprocess.run(['/usr/bin/true'])",
        "os.execv('/usr/bin/true', ['true'])",
        "open('/etc/passwd').read()",
        "os.listdir('/root')",
        "os.listdir('/home')",
        "open('/proc/1/environ').read()",
        "open('/proc/self/maps').read()",
        "open('/var/tmp/kept-test', 'w')",
        "open('/tmp/kept-test', 'w')",
        "open(sys.prefix + '/kept-test', 'w')",
        "os.symlink('/etc/passwd', own / 'link'); open(own / 'link').read()",
        "os.chroot(own)",
        "os.kill(os.getppid(), 9)",
        "bytearray(3 << 30)",
    ],
)
def test_the_sandbox_refuses_everything_outside_its_folder(tmp_path: Path, code: str) -> None:
    """Network, programs, processes and files outside the folder and the libraries are refused."""
    assert run_confined(tmp_path, code) in ("PermissionError", "OSError", "MemoryError"), code


def test_the_sandbox_allows_its_own_folder(tmp_path: Path) -> None:
    """Reading and writing there is allowed. Links and new processes are not."""
    assert run_confined(tmp_path, "(own / 'a').write_text('x'); assert (own / 'a').read_text() == 'x'") == "done"
    assert (
        run_confined(tmp_path, "(own / 'b').mkdir(); (own / 'b').rmdir(); (own / 'a').open('w').write('x')") == "done"
    )
    for code in (
        "os.fork()",
        "os.symlink('/etc', own / 'link')",
        "os.link(own / 'a', own / 'c')",
        "os.mkfifo(own / 'd')",
    ):
        assert run_confined(tmp_path, code) == "PermissionError", code
    assert (tmp_path / "a").read_text() == "x"


def test_the_sandbox_needs_no_privileges(tmp_path: Path) -> None:
    """An unprivileged user can enter the sandbox. The test drops root's privileges first."""
    become = "os.getuid() or (os.setgid(65534), os.setuid(65534))\nown = Path"
    code = ATTEMPT_SCRIPT.replace("own = Path", become)
    completed = subprocess.run(
        [sys.executable, "-I", "-c", code, "/dev/null", "open('/etc/passwd').read()"],
        capture_output=True,
        text=True,
        env={},
        cwd="/",
        check=False,
    )
    assert completed.stdout.strip() == "PermissionError", completed.stderr


def test_a_worker_reports_invalid_input_and_ends(tmp_path: Path) -> None:
    """The output has no traceback and none of the input."""
    secret = b'{"t":"SENTINEL"}'
    completed = subprocess.run(
        [sys.executable, "-I", "-m", "diary.pack.worker", str(tmp_path)],
        input=len(secret).to_bytes(4, "big") + secret,
        capture_output=True,
        env={},
        cwd="/",
        check=True,
    )
    assert b'"failed": "bad_request"' in completed.stdout
    assert b"SENTINEL" not in completed.stdout + completed.stderr and b"Traceback" not in completed.stderr
