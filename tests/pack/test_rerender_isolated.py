"""A malicious PDF that controls its reader: `verify --rerender` reads PDFs only in isolated processes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from diary import isolation
from diary.encoding import b64
from diary.errors import Unavailable
from diary.isolation import Isolation
from tests.pack.conftest import BuiltPack
from tests.pack.pack_members import members_of, rebuild_digest_lists
from tests.pack.test_rerender import CHRONOLOGY_PATH

# The PDF reader in the user's own process does what an attacker wants.
COMPROMISED_PYPDF = """
import pathlib, sys
import pypdf
def attack(*_, **__):
    pathlib.Path(sys.argv[1]).write_text("taken over")
    raise ValueError
pypdf.PdfReader, marker = attack, sys.argv[1]
from diary.cli.main import main
main(sys.argv[2:])
"""
# The same in the isolated process. `CODE` stores its result in `result`, which returns as the key of a picture.
COMPROMISED_WORKER = """
import os, sys
from diary.pack.verify import pdf_worker
def attack(*_):
    scope = dict(os=os, own=sys.argv[1])
    try:
        exec({code!r}, scope)
        result = str(scope.get("result", "done"))
    except BaseException as error:
        result = type(error).__name__
    return [(result, b"picture")]
pdf_worker._volume_pictures = attack
raise SystemExit(pdf_worker.main())
"""


def test_the_main_process_reads_no_pdf(small_pack: BuiltPack, tmp_path: Path) -> None:
    """The main process reads neither the exhibits volumes nor a document that differs."""
    notary, marker, forged_path = tmp_path / "notary.txt", tmp_path / "taken-over", tmp_path / "forged.zip"
    notary.write_text(b64(small_pack.diary.notary.pub))
    members = members_of(small_pack.path)
    rebuild_digest_lists(
        small_pack.path,
        members | {CHRONOLOGY_PATH: members[CHRONOLOGY_PATH] + b"%"},
        forged_path,
        small_pack.diary.author,
    )
    arguments = ["verify", str(forged_path), "--notary", str(notary), "--rerender"]
    completed = subprocess.run(
        [sys.executable, "-c", COMPROMISED_PYPDF, marker, *arguments], capture_output=True, text=True, check=False
    )
    assert not marker.exists()
    assert f"other_release: {CHRONOLOGY_PATH}: " in completed.stdout, completed.stdout + completed.stderr
    assert "04_exhibits" not in completed.stdout


@pytest.fixture
def replace_isolated_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """Return a function that runs a script instead of an isolated module."""
    real = sys.executable

    def replace(module: str, script: str) -> None:
        path, python = tmp_path / "stand_in.py", tmp_path / "python"
        path.write_text(script)
        hostile = f'-m) case "$3" in {module}) shift 3; exec {real} -I {path} "$@";; esac;;'
        python.write_text(f'#!/bin/sh\ncase "$2" in\n{hostile}\nesac\nexec {real} "$@"\n')
        python.chmod(0o755)
        monkeypatch.setattr(sys, "executable", str(python))

    return replace


@pytest.mark.parametrize(
    "code",
    [
        "open('/etc/passwd').read()",
        "open('/dev/shm/kept-test', 'w')",
        "import socket; socket.socket()",
        "os.fork()",
        "os.posix_spawn('/usr/bin/true', ['true'], {})",
        "os.kill(os.getppid(), 0)",
        "os.symlink('/etc/passwd', own + '/1.jpg')",
        "os.chmod(own, 0o777)",
        "os.setsid()",
    ],
)
def test_the_process_that_reads_a_pdf_is_isolated(
    replace_isolated_module: Callable[[str, str], None], code: str
) -> None:
    """The process reaches no other file, no network, no process and no signal, and makes no link."""
    from diary.pack.verify.pdf_reader import read_pictures

    replace_isolated_module("diary.pack.verify.pdf_worker", COMPROMISED_WORKER.format(code=code))
    assert set(read_pictures(b"%PDF-1.7", set())) <= {"PermissionError", "OSError", "FileNotFoundError"}
    replace_isolated_module("diary.pack.verify.pdf_worker", COMPROMISED_WORKER.format(code="result = 'JB/1'"))
    assert read_pictures(b"%PDF-1.7", set()) == {"JB/1": b"picture"}


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "{",
        "[" * 100_000,
        "null",
        '{"0": "JB/1"}',
        json.dumps(["", "\0", "x" * 300, "\ud800", 5, None, ["JB/1"]]),
        '"x"',
        "1e999",
    ],
)
def test_an_invalid_worker_answer_is_ignored(replace_isolated_module: Callable[[str, str], None], answer: str) -> None:
    """Any output of a compromised worker yields no picture, no page and no crash."""
    from diary.pack.verify.pdf_reader import first_differing_page, read_pictures

    lies = f"import sys\nfor n in range(9):\n    open(f'{{sys.argv[1]}}/{{n}}.jpg', 'w').close()\nprint({answer!r})"
    replace_isolated_module("diary.pack.verify.pdf_worker", lies)
    assert read_pictures(b"%PDF-1.7", set()) == {}
    assert first_differing_page(b"%PDF-1.7", b"%PDF-1.7") is None


@pytest.mark.parametrize(
    "answer", ['{"00_READ-FIRST.txt": "/dev/zero"}', '{"x": "../../../dev/zero"}', '["x"]', "{", '{"x": 5}']
)
def test_typeset_files_are_read_only_from_their_own_folder(
    replace_isolated_module: Callable[[str, str], None], small_pack: BuiltPack, tmp_path: Path, answer: str
) -> None:
    """A compromised worker that names an endless file has no effect."""
    notary = tmp_path / "notary.txt"
    notary.write_text(b64(small_pack.diary.notary.pub))
    script = f"import sys\nsys.executable = {str(tmp_path / 'python')!r}\nfrom diary.cli.main import main\nmain(sys.argv[1:])"
    real = sys.executable
    replace_isolated_module("diary.pack.verify.rerender_worker", f"print({answer!r})")
    arguments = ["verify", str(small_pack.path), "--notary", str(notary), "--rerender"]
    completed = subprocess.run(
        [real, "-c", script, *arguments], capture_output=True, text=True, check=False, timeout=60
    )
    assert completed.returncode == 1 and "Traceback" not in completed.stderr, completed.stderr
    assert "not_rerendered" in completed.stdout and "rerendered: " not in completed.stdout.replace(
        "not_rerendered: ", ""
    )


def test_without_isolation_nothing_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading is refused with advice before a process starts."""
    from diary.pack.verify.pdf_reader import first_differing_page, read_pictures

    monkeypatch.setattr(isolation, "landlock_version", lambda: 5)
    monkeypatch.setattr(isolation, "detect_isolation", lambda: Isolation(failure_reason="It needs Landlock 6."))
    for operation in (lambda: read_pictures(b"", set()), lambda: first_differing_page(b"", b"")):
        with pytest.raises(Unavailable, match="--unsandboxed"):
            operation()
