"""Attacks from inside a compromised pack worker.

The real queue starts the real worker, with a stand-in that runs the capsule's bytes as code once the worker has
isolated itself, as a fault in a decoder would allow. Its output is the job's failure message.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path

import pytest

from diary import isolation
from diary.ids import new_id
from diary.pack.capsule.builder import build_capsule
from tests.pack.fictional_diary import (
    START_MS,
    FictionalDiary,
    draw_screenshot,
    fictional_diary,
    incident_fields,
    make_print_copy,
)
from tests.pack.pack_jobs import job_folder, make_job_queue, run_job  # noqa: F401 - a fixture

PROJECT_ROOT = Path(__file__).parents[2]
DEFAULT_DATA = PROJECT_ROOT / "var"
JOB_LIMIT_BYTES = 2 << 30
THREADS_LIMIT = 4096

# Compromised: parsing a capsule runs it, and so does typesetting a page. LANDLOCK: the version this computer appears to
# have.
STAND_IN_SCRIPT = """
import ctypes, os, sys
LANDLOCK, PAGE, CDLL = {landlock}, {page!r}, ctypes.CDLL

class Call:
    def __init__(self, real):
        self.real = real
    def __call__(self, number, *rest):
        if LANDLOCK is not None and number == 444 and rest[0] is None:
            return LANDLOCK
        self.real.restype = ctypes.c_long
        return self.real(number, *rest)

class Library:
    def __init__(self, *given, **named):
        self.real = CDLL(*given, **named)
        self.syscall = Call(self.real.syscall)
    def __getattr__(self, name):
        return getattr(self.real, name)

ctypes.CDLL = Library
from diary.errors import BadRequest
from diary.pack import worker
from diary.pack.capsule import reader
from diary.pack.documents import typesetting

def attack(raw, **_):
    scope = dict(os=os, own=sys.argv[1])
    try:
        exec(bytes(raw).decode(), scope)
        said = str(scope.get("said", "done"))
    except BaseException as error:
        said = type(error).__name__
    raise BadRequest("ATTACK " + said)

if PAGE:
    typesetting._compile_pdf = lambda *_, **__: attack(PAGE.encode())
else:
    reader.read_capsule = attack
sys.argv = ["worker", *sys.argv[1:]]
raise SystemExit(worker.main())
"""

Attack = Callable[..., str]


@pytest.fixture(autouse=True)
def without_bubblewrap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the worker isolate itself, as without bubblewrap; the stand-in does not exist inside bubblewrap."""
    monkeypatch.setattr(isolation, "detect_isolation", isolation.Isolation)


@pytest.fixture
def replace_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Start the stand-in in place of the worker."""
    real_python = sys.executable

    def stand_in(landlock: int | None = None, page: str = "") -> None:
        script, python = tmp_path / "stand_in.py", tmp_path / "python"
        script.write_text(STAND_IN_SCRIPT.format(landlock=landlock, page=page))
        hostile = f'-m) case "$3" in diary.pack.worker) shift 3; exec {real_python} -I {script} "$@";; esac;;'
        python.write_text(f'#!/bin/sh\ncase "$2" in\n{hostile}\nesac\nexec {real_python} "$@"\n')
        python.chmod(0o755)
        monkeypatch.setattr(sys, "executable", str(python))

    return stand_in


@pytest.fixture
def attack(replace_worker: Callable[..., None]) -> Callable[..., str]:
    """Run code in the worker. Return its output, or the name of the exception."""

    def attack(code: str, landlock: int | None = None) -> str:
        replace_worker(landlock)
        job = asyncio.run(run_job(make_job_queue(FictionalDiary()), code.encode()))
        assert job.state == "failed"
        return job.failure.removeprefix("ATTACK ")

    return attack


def is_refused(output: str) -> bool:
    """Check whether the attempt failed inside, or the worker did not start at all."""
    return output in ("PermissionError", "FileNotFoundError", "OSError") or "cannot be isolated" in output


def processes_of(folder: Path) -> list[int]:
    """Return the processes whose command line names this test's stand-in."""
    pids = []
    for place in Path("/proc").iterdir():
        if place.name.isdigit():
            try:
                if str(folder / "stand_in.py").encode() in (place / "cmdline").read_bytes():
                    pids.append(int(place.name))
            except OSError:
                continue
    return pids


@pytest.fixture
def pepper() -> Iterator[Path]:
    """Create the pepper of a server with its data in the default folder."""
    folder_existed, path = DEFAULT_DATA.is_dir(), DEFAULT_DATA / "pepper"
    if path.exists():
        yield path
        return
    DEFAULT_DATA.mkdir(exist_ok=True)
    path.write_bytes(bytes(32))
    yield path
    path.unlink()
    if not folder_existed:
        DEFAULT_DATA.rmdir()


def test_the_pepper_in_the_default_data_folder_cannot_be_read(attack: Attack, pepper: Path) -> None:
    """Without the setting DIARY_DATA is `var` beside the program."""
    assert is_refused(attack(f"said = len(open({str(pepper)!r}, 'rb').read())"))


@pytest.mark.parametrize(
    "what",
    [
        f"open({str(PROJECT_ROOT / 'pyproject.toml')!r}).read()",
        f"os.listdir({str(PROJECT_ROOT)!r})",
        f"os.listdir({str(PROJECT_ROOT / '.git')!r})",
        "os.listdir('/usr')",
        "open('/etc/passwd').read()",
        "open('/proc/self/environ').read()",
        "open('/dev/shm/kept-test', 'w')",
        "os.kill(os.getppid(), 0)",
        "os.kill(1, 0)",
        "os.setsid()",
        "os.setpgid(0, 0)",
        "os.fork()",
        "os.posix_spawn('/usr/bin/true', ['true'], {})",
        "os.symlink('/etc', own + '/link')",
        "os.chmod(own, 0o777)",
        "os.utime(own)",
        "os.setxattr(own, 'user.note', b'1')",
        "os.truncate(own + '/x', 0)",
        "os.memfd_create('x')",
        "os.setpriority(os.PRIO_PGRP, 0, 19)",
        "os.sched_setaffinity(0, [0])",
        "os.pipe()",
        "import ctypes; said = 'OSError' if ctypes.CDLL(None).ptrace(16, os.getppid(), 0, 0) else 'traced'",
        "import ctypes; said = 'OSError' if ctypes.CDLL(None).prctl(1, 0, 0, 0, 0) else 'unhooked'",
        "import socket; socket.socketpair()",
    ],
)
def test_system_calls_a_worker_never_needs_are_refused(attack: Attack, what: str) -> None:
    """Each system call is refused."""
    assert is_refused(attack(what)), what


@pytest.mark.parametrize(
    ("what", "fact"),
    [
        ("os.chmod({!r}, 0o777)", lambda path: path.stat().st_mode),
        ("os.utime({!r}, (1, 1))", lambda path: path.stat().st_mtime),
        ("os.setxattr({!r}, 'user.note', b'1')", os.listxattr),
        ("os.truncate({!r}, 0)", lambda path: path.stat().st_size),
        ("os.chown({!r}, 1, 1)", lambda path: path.stat().st_uid),
    ],
)
def test_a_worker_cannot_change_files_outside_its_folder(
    attack: Attack, tmp_path: Path, what: str, fact: Callable[[Path], object]
) -> None:
    """Mode, times, attributes, length and owner are protected, some of which Landlock alone does not cover."""
    victim = tmp_path / "kept.sqlite3"
    victim.write_bytes(b"words")
    before = fact(victim)
    output = attack(what.format(str(victim)))
    assert fact(victim) == before and is_refused(output)


@pytest.mark.parametrize("version", [1, 2, 3, 4, 5])
def test_no_worker_runs_under_an_older_landlock(attack: Attack, tmp_path: Path, version: int) -> None:
    """Under it a worker could truncate the database, or kill another process."""
    victim = tmp_path / "kept.sqlite3"
    victim.write_bytes(b"words")
    with subprocess.Popen(["/bin/sleep", "60"]) as other:
        truncated = attack(f"os.truncate({str(victim)!r}, 0)", version)
        killed = attack(f"os.kill({other.pid}, 9)", version)
        alive = other.poll() is None
        other.kill()
    assert victim.read_bytes() == b"words" and alive
    assert "cannot be isolated" in truncated and "cannot be isolated" in killed


def test_memory_is_bounded_for_the_whole_job(attack: Attack) -> None:
    """Of eight processes with 900 MiB each, only as many run as fit in one job."""
    received = attack(
        "import time\n"
        "got, rows = 0, []\n"
        "for _ in range(8):\n"
        "    try:\n"
        "        down, up = os.pipe()\n"
        "        child = os.fork()\n"
        "    except OSError:\n"
        "        continue\n"
        "    if not child:\n"
        "        try:\n"
        "            held = bytearray(900 << 20)\n"
        "            os.write(up, b'1')\n"
        "            time.sleep(60)\n"
        "        finally:\n"
        "            os._exit(0)\n"
        "    os.close(up)\n"
        "    got += len(os.read(down, 1))\n"
        "said = got * (900 << 20)"
    )
    assert int(received) <= JOB_LIMIT_BYTES


def test_threads_are_bounded_for_the_whole_job(attack: Attack) -> None:
    """Each thread uses kernel memory, which no limit on a process counts."""
    received = attack(
        # Not threading.Thread: its start waits for ever for a thread that got no memory.
        "import _thread\n"
        "_thread.stack_size(32768)\n"
        "wait, said = _thread.allocate_lock(), 0\n"
        # Freed before the answer is made, which needs memory too.
        "held = bytearray(32 << 20)\n"
        "wait.acquire()\n"
        "try:\n"
        f"    for _ in range({THREADS_LIMIT + 1000}):\n"
        "        _thread.start_new_thread(wait.acquire, ())\n"
        "        said += 1\n"
        "except (RuntimeError, MemoryError):\n"
        "    pass\n"
        "held = None\n"
    )
    assert 16 < int(received) <= THREADS_LIMIT


ESCAPE_SCRIPT = """
import time
child = os.fork()
if child:
    os.waitpid(child, 0)
else:
    try:
        os.setsid()
        if not os.fork():
            time.sleep(600)
    finally:
        os._exit(0)
"""


SLEEP_SCRIPT = "open(own + '/asleep', 'w').close()\nimport time\ntime.sleep(600)"


async def processes_left_by(job: Coroutine[object, object, None], folder: Path) -> list[int]:
    """Return stand-in processes that still run after a job. A job that they keep open ends once they are killed."""
    task = asyncio.create_task(job)
    await asyncio.wait({task}, timeout=30)
    # A killed process remains for a moment; a process that should outlive the job sleeps for ten minutes.
    for _ in range(500):
        if not task.done() or not processes_of(folder):
            break
        await asyncio.sleep(0.01)
    remaining = processes_of(folder)
    for pid in remaining:
        os.kill(pid, signal.SIGKILL)
    await task
    return remaining


@pytest.mark.parametrize("ends", ["by itself", "cancelled"])
def test_nothing_of_a_job_outlives_it(replace_worker: Callable[..., None], tmp_path: Path, ends: str) -> None:
    """A child that forks, calls setsid and sleeps ends with its job, however that ends."""
    replace_worker()

    async def job() -> None:
        jobs, account, pack = make_job_queue(FictionalDiary()), new_id(), new_id()
        place = await jobs.enqueue(account, new_id(), pack)
        code = (
            ESCAPE_SCRIPT
            if ends == "by itself"
            else f"try:\n    exec({ESCAPE_SCRIPT!r})\nexcept OSError:\n    pass\n{SLEEP_SCRIPT}"
        )
        await jobs.start_job(account, pack, code.encode())
        assert place.task is not None
        if ends == "cancelled":
            while not (place.folder and (place.folder / "asleep").exists()):
                assert not place.task.done(), place.failure
                await asyncio.sleep(0.01)
            await jobs.cancel_job(account, pack)
        else:
            await place.task

    assert asyncio.run(processes_left_by(job(), tmp_path)) == []


def test_a_page_being_laid_out_is_isolated_too(replace_worker: Callable[..., None], tmp_path: Path) -> None:
    """The typesetting process reads the same pictures: it can change no mode elsewhere and leave no child behind."""
    victim = tmp_path / "kept.sqlite3"
    victim.write_bytes(b"words")
    victim.chmod(0o600)
    tries = (f"os.chmod({str(victim)!r}, 0o777)", ESCAPE_SCRIPT)
    replace_worker(page="\n".join(f"try:\n    exec({code!r})\nexcept OSError:\n    pass" for code in tries))
    diary = fictional_diary(count=1, exhibits=0)

    async def job() -> None:
        job_result = await run_job(
            make_job_queue(diary), build_capsule(diary.versions, diary.wish(), diary.public_keys)
        )
        assert job_result.state == "failed" and "could not be made" in job_result.failure

    assert asyncio.run(processes_left_by(job(), tmp_path)) == []
    assert victim.stat().st_mode & 0o777 == 0o600


def test_bytes_after_a_print_copys_picture_reach_no_page(job_folder: Path) -> None:  # noqa: F811
    """A print copy with bytes behind its image data is encoded again, and the picture is still there."""
    secret = b"SENTINEL-AFTER-THE-PICTURE"
    diary = FictionalDiary()
    incident = diary.add("incident", incident_fields(START_MS, "He sent this."))
    print_copy = make_print_copy(draw_screenshot(1, (60, 90)), 30)
    diary.attach(incident, print_copy, "image/jpeg", "A picture he sent", print_image=print_copy + secret + b"\xff\xd9")
    jobs = make_job_queue(diary)
    job = asyncio.run(run_job(jobs, build_capsule(diary.versions, diary.wish(), diary.public_keys)))
    assert job.state == "done" and job.front_part is not None
    raw = job.front_part.read_bytes()
    assert secret not in raw and raw.count(b"/DCTDecode") == 1


def test_a_server_does_not_start_with_its_data_where_a_worker_may_read(tmp_path: Path) -> None:
    """The program's own folder, for example, is refused."""
    data = PROJECT_ROOT / "diary" / "locale" / f"data-of-{os.getpid()}"
    environment = {"PATH": "/usr/bin:/bin", "DIARY_DATA": str(data), "HOME": str(tmp_path)}
    try:
        for command in ("migrate", "purge"):
            result = subprocess.run(
                [sys.executable, "-m", "diary", command],
                capture_output=True,
                text=True,
                env=environment,
                cwd=PROJECT_ROOT,
                check=False,
            )
        assert result.returncode == 1 and "pack builder may read" in result.stderr and "Traceback" not in result.stderr
        assert not (data / "pepper").exists()
    finally:
        shutil.rmtree(data, ignore_errors=True)
