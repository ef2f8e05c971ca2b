"""A PDF that takes over whatever reads it: `verify --rerender` reads each in an isolated process, and none in its own."""

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
from tests.pack.rezip import members_of, sealed_again
from tests.pack.test_rerender import CHRONOLOGY

# The reader of PDFs in the person's own process does what an attacker wants.
TAKEN_OVER = """
import pathlib, sys
import pypdf
def attack(*_, **__):
    pathlib.Path(sys.argv[1]).write_text("taken over")
    raise ValueError
pypdf.PdfReader, marker = attack, sys.argv[1]
from diary.cli.main import main
main(sys.argv[2:])
"""
# The same in the isolated process. `CODE` leaves in `said` what it found out, which comes back as the key of a picture.
STAND_IN = """
import os, sys
from diary.pack.verify import pdf_worker
def attack(*_):
    scope = dict(os=os, own=sys.argv[1])
    try:
        exec({code!r}, scope)
        said = str(scope.get("said", "done"))
    except BaseException as error:
        said = type(error).__name__
    return [(said, b"picture")]
pdf_worker._pictures_of = attack
raise SystemExit(pdf_worker.main())
"""


def test_the_started_process_reads_no_pdf(small: BuiltPack, tmp_path: Path) -> None:
    """Neither the volumes of pictures nor a document that differs."""
    notary, marker, forged = tmp_path / "notary.txt", tmp_path / "taken-over", tmp_path / "forged.zip"
    notary.write_text(b64(small.diary.notary.pub))
    held = members_of(small.path)
    sealed_again(small.path, held | {CHRONOLOGY: held[CHRONOLOGY] + b"%"}, forged)
    asked = ["verify", str(forged), "--notary", str(notary), "--rerender"]
    done = subprocess.run(
        [sys.executable, "-c", TAKEN_OVER, marker, *asked], capture_output=True, text=True, check=False
    )
    assert not marker.exists()
    assert f"other_release: {CHRONOLOGY}: " in done.stdout, done.stdout + done.stderr
    assert "04_exhibits" not in done.stdout


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """Start a script in the place of a module that is to be isolated."""
    real = sys.executable

    def start(module: str, script: str) -> None:
        path, python = tmp_path / "stand_in.py", tmp_path / "python"
        path.write_text(script)
        hostile = f'-m) case "$3" in {module}) shift 3; exec {real} -I {path} "$@";; esac;;'
        python.write_text(f'#!/bin/sh\ncase "$2" in\n{hostile}\nesac\nexec {real} "$@"\n')
        python.chmod(0o755)
        monkeypatch.setattr(sys, "executable", str(python))

    return start


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
def test_the_process_that_reads_a_pdf_is_isolated(stand_in: Callable[[str, str], None], code: str) -> None:
    """No file of this computer, no network, no process, no signal, no link to lead its reader away."""
    from diary.pack.verify.pdf_reader import pictures_in

    stand_in("diary.pack.verify.pdf_worker", STAND_IN.format(code=code))
    assert set(pictures_in(b"%PDF-1.7", set())) <= {"PermissionError", "OSError", "FileNotFoundError"}
    stand_in("diary.pack.verify.pdf_worker", STAND_IN.format(code="said = 'JB/1'"))
    assert pictures_in(b"%PDF-1.7", set()) == {"JB/1": b"picture"}


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
def test_an_answer_that_is_none_is_nothing(stand_in: Callable[[str, str], None], answer: str) -> None:
    """Whatever a process that was taken over writes: no picture, no page, and nothing falls over."""
    from diary.pack.verify.pdf_reader import differing_page, pictures_in

    lies = f"import sys\nfor n in range(9):\n    open(f'{{sys.argv[1]}}/{{n}}.jpg', 'w').close()\nprint({answer!r})"
    stand_in("diary.pack.verify.pdf_worker", lies)
    assert pictures_in(b"%PDF-1.7", set()) == {}
    assert differing_page(b"%PDF-1.7", b"%PDF-1.7") is None


@pytest.mark.parametrize(
    "answer", ['{"00_READ-FIRST.txt": "/dev/zero"}', '{"x": "../../../dev/zero"}', '["x"]', "{", '{"x": 5}']
)
def test_typeset_files_are_read_only_from_their_own_folder(
    stand_in: Callable[[str, str], None], small: BuiltPack, tmp_path: Path, answer: str
) -> None:
    """A process that was taken over names a file that never ends."""
    notary = tmp_path / "notary.txt"
    notary.write_text(b64(small.diary.notary.pub))
    script = f"import sys\nsys.executable = {str(tmp_path / 'python')!r}\nfrom diary.cli.main import main\nmain(sys.argv[1:])"
    real = sys.executable
    stand_in("diary.pack.verify.rerender_worker", f"print({answer!r})")
    asked = ["verify", str(small.path), "--notary", str(notary), "--rerender"]
    done = subprocess.run([real, "-c", script, *asked], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1 and "Traceback" not in done.stderr, done.stderr
    assert "not_rerendered" in done.stdout and "rerendered: " not in done.stdout.replace("not_rerendered: ", "")


def test_without_isolation_nothing_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refused with what to do, before a process is started."""
    from diary.pack.verify.pdf_reader import differing_page, pictures_in

    monkeypatch.setattr(isolation, "landlock_version", lambda: 5)
    monkeypatch.setattr(isolation, "find", lambda: Isolation(fault="It needs Landlock 6."))
    for asked in (lambda: pictures_in(b"", set()), lambda: differing_page(b"", b"")):
        with pytest.raises(Unavailable, match="--unsandboxed"):
            asked()
