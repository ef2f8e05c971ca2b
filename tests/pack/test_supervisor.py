"""The supervisor bounds a job as a whole, and nothing of it is left: each limit lowered and met."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

# A job of one's own: WORK is the body of what runs in the worker, DOCUMENT of what lays a page out.
JOB = """
import os, sys, time
from pathlib import Path
from diary.pack.sandbox import supervisor
own = Path(sys.argv[1])
{limits}
def work(spool):
{work}
    return 0
def document(template, folder, made_at):
{document}
def refused(error):
    print(error.sentence)
    return 3
sys.stdout.reconfigure(line_buffering=True)
raise SystemExit(supervisor.supervise(supervisor.Job(own, work, document, refused, is_unsandboxed={unsandboxed})))
"""


def script(work: str, document: str = "pass", limits: str = "", *, unsandboxed: bool = False) -> str:
    """The program of a job."""
    worker, page = (textwrap.indent(body, "    ") for body in (work, document))
    return JOB.format(limits=limits, unsandboxed=unsandboxed, work=worker, document=page)


def run(folder: Path, code: str) -> subprocess.CompletedProcess[str]:
    """One job to its end, in a session of its own."""
    command = [sys.executable, "-I", "-c", code, str(folder)]
    return subprocess.run(command, capture_output=True, text=True, env={}, cwd="/", check=False, timeout=60)


@pytest.mark.parametrize(
    ("limits", "work"),
    [
        ("supervisor.JOB_BYTES = 150 << 20", "held = b'x' * (200 << 20)\ntime.sleep(50)"),
        (
            "supervisor.JOB_BYTES = 150 << 20",
            "for i in '12345678':\n    (own / i).write_bytes(bytes(25 << 20))\ntime.sleep(9)",
        ),
        ("supervisor.JOB_FILES = 50", "for i in range(60):\n    (own / str(i)).mkdir()\ntime.sleep(50)"),
        ("supervisor.JOB_SECONDS = 0.2", "time.sleep(50)"),
        ("supervisor.JOB_DOCUMENTS = 2", "for _ in range(3):\n    spool.ask('page', '01', 0)\ntime.sleep(50)"),
        ("", "spool.ask('../../etc/passwd', '01', 0)\ntime.sleep(50)"),
        ("", "spool.ask('page', '../x', 0)\ntime.sleep(50)"),
        ("", "os.write(spool._asking, b'x' * 100)\ntime.sleep(50)"),
    ],
)
def test_a_job_that_goes_past_a_limit_is_killed_whole(tmp_path: Path, limits: str, work: str) -> None:
    """The supervisor ends with it, killed: whoever started it sees that."""
    assert run(tmp_path, script(work, limits=limits)).returncode == -signal.SIGKILL


def test_memory_is_counted_over_worker_and_documents(tmp_path: Path) -> None:
    """Three processes, none of which goes past the limit alone."""
    held = "held = b'x' * (90 << 20)\ntime.sleep(50)"
    work = "spool.ask('page', '01', 0)\nspool.ask('page', '02', 0)\n" + held
    assert run(tmp_path, script(work, held, "supervisor.JOB_BYTES = 230 << 20")).returncode == -signal.SIGKILL


def test_documents_come_back_in_order_and_say_how_they_went(tmp_path: Path) -> None:
    """The second is ready first; the third fails; there is never a third process beside the two."""
    work = "for folder in ('01', '02', '03', '04'):\n    spool.ask('page', folder, 7)\nprint([spool.wait() for _ in range(4)])"
    document = (
        "(own / f'{folder}-runs').write_text(template)\n"
        "time.sleep(0.3 if folder == '01' else 0)\n"
        "assert len(list(own.glob('*-runs'))) <= supervisor.AT_ONCE\n"
        "(own / f'{folder}-runs').unlink()\n"
        "if folder == '03':\n"
        "    raise ValueError"
    )
    done = run(tmp_path, script(work, document))
    assert (done.returncode, done.stdout.strip()) == (0, "[True, True, False, True]"), done.stderr


def test_the_workers_exit_code_is_passed_on(tmp_path: Path) -> None:
    """Also of one that fails, and of one that is killed."""
    assert run(tmp_path, script("return 5")).returncode == 5
    assert run(tmp_path, script("raise ValueError")).returncode == 1
    assert run(tmp_path, script("import ctypes\nctypes.string_at(0)")).returncode == 1


def test_an_orphan_is_killed_and_the_job_did_not_end_well(tmp_path: Path) -> None:
    """Without isolation a worker can fork; what it leaves is the supervisor's child, and goes."""
    left = tmp_path / "left"
    work = f"child = os.fork()\nif not child:\n    time.sleep(50)\n    os._exit(0)\nPath({str(left)!r}).write_text(str(child))"
    assert run(tmp_path, script(work, unsandboxed=True)).returncode == -signal.SIGKILL
    pid, until = int(left.read_text()), time.monotonic() + 10
    while _runs(pid) and time.monotonic() < until:
        time.sleep(0.02)  # killed, and on a busy machine not gone yet
    assert not _runs(pid)


def test_a_server_that_is_killed_takes_the_job_with_it(tmp_path: Path) -> None:
    """Supervisor, worker and a document, with no time to say goodbye."""
    work = "spool.ask('page', '01', 0)\nwhile not (own / 'page').exists():\n    time.sleep(0.01)\nprint('up')\ntime.sleep(50)"
    code = script(work, "(own / 'page').write_text('')\ntime.sleep(50)")
    server = (
        "import subprocess, sys\n"
        "job = subprocess.Popen([sys.executable, '-I', '-c', sys.argv[1], sys.argv[2]], env={}, start_new_session=True)\n"
        "print(job.pid, flush=True)\n"
        "job.wait()"
    )
    command = [sys.executable, "-I", "-c", server, code, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={}, cwd="/") as started:
        assert started.stdout
        leader = int(started.stdout.readline())
        assert started.stdout.readline() == "up\n"
        group = _group(leader)
        assert len(group) == 3
        started.kill()
    until = time.monotonic() + 20
    while any(map(_runs, group)) and time.monotonic() < until:
        time.sleep(0.02)
    assert not any(map(_runs, group))


def _group(leader: int) -> list[int]:
    """The processes of a process group."""
    found = []
    for place in Path("/proc").iterdir():
        if place.name.isdigit():
            try:
                if os.getpgid(int(place.name)) == leader:
                    found.append(int(place.name))
            except ProcessLookupError:
                continue
    return found


def _runs(pid: int) -> bool:
    """Whether a process is there and not merely unburied."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
