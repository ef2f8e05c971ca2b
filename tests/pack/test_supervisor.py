"""The supervisor limits a job as a whole and leaves nothing running. Each limit is lowered and reached."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

# A made-up job: WORK is the body that runs in the worker, DOCUMENT the body that typesets one document.
JOB_SCRIPT = """
import os, sys, time
from pathlib import Path
from diary.pack.sandbox import supervisor
own = Path(sys.argv[1])
{limits}
def work(layout_client):
{work}
    return 0
def document(template, folder, made_at):
{document}
def refused(error):
    print(error.message)
    return 3
sys.stdout.reconfigure(line_buffering=True)
raise SystemExit(supervisor.supervise(supervisor.IsolatedJob(own, work, document, refused, is_unsandboxed={unsandboxed})))
"""


def job_script(work: str, document: str = "pass", limits: str = "", *, unsandboxed: bool = False) -> str:
    """Return the program of a job."""
    worker, page = (textwrap.indent(body, "    ") for body in (work, document))
    return JOB_SCRIPT.format(limits=limits, unsandboxed=unsandboxed, work=worker, document=page)


def run_job(folder: Path, code: str) -> subprocess.CompletedProcess[str]:
    """Run one job to its end, in its own session."""
    command = [sys.executable, "-I", "-c", code, str(folder)]
    return subprocess.run(command, capture_output=True, text=True, env={}, cwd="/", check=False, timeout=60)


@pytest.mark.parametrize(
    ("limits", "work"),
    [
        ("supervisor.JOB_LIMIT_BYTES = 150 << 20", "held = b'x' * (200 << 20)\ntime.sleep(50)"),
        (
            "supervisor.JOB_LIMIT_BYTES = 150 << 20",
            "for i in '12345678':\n    (own / i).write_bytes(bytes(25 << 20))\ntime.sleep(9)",
        ),
        ("supervisor.JOB_FILES_LIMIT = 50", "for i in range(60):\n    (own / str(i)).mkdir()\ntime.sleep(50)"),
        ("supervisor.JOB_LIMIT_SECONDS = 0.2", "time.sleep(50)"),
        (
            "supervisor.JOB_DOCUMENTS_LIMIT = 2",
            "for _ in range(3):\n    layout_client.request('page', '01', 0)\ntime.sleep(50)",
        ),
        ("", "layout_client.request('../../etc/passwd', '01', 0)\ntime.sleep(50)"),
        ("", "layout_client.request('page', '../x', 0)\ntime.sleep(50)"),
        ("", "os.write(layout_client._request_fd, b'x' * 100)\ntime.sleep(50)"),
    ],
)
def test_a_job_over_a_limit_is_killed_with_its_supervisor(tmp_path: Path, limits: str, work: str) -> None:
    """The supervisor is killed too, so that its parent sees a signal as the exit status."""
    assert run_job(tmp_path, job_script(work, limits=limits)).returncode == -signal.SIGKILL


def test_memory_is_counted_over_all_processes(tmp_path: Path) -> None:
    """Three processes together exceed the limit, though none does alone."""
    memory_code = "held = b'x' * (90 << 20)\ntime.sleep(50)"
    work = "layout_client.request('page', '01', 0)\nlayout_client.request('page', '02', 0)\n" + memory_code
    assert (
        run_job(tmp_path, job_script(work, memory_code, "supervisor.JOB_LIMIT_BYTES = 230 << 20")).returncode
        == -signal.SIGKILL
    )


def test_document_results_are_returned_in_order(tmp_path: Path) -> None:
    """The second document is ready first and the third fails. No more than the permitted number run at once."""
    work = (
        "for folder in ('01', '02', '03', '04'):\n    layout_client.request('page', folder, 7)\n"
        "print([layout_client.wait_for_result() for _ in range(4)])"
    )
    document = (
        "(own / f'{folder}-runs').write_text(template)\n"
        "time.sleep(0.3 if folder == '01' else 0)\n"
        "assert len(list(own.glob('*-runs'))) <= supervisor.MAX_CONCURRENT_DOCUMENTS\n"
        "(own / f'{folder}-runs').unlink()\n"
        "if folder == '03':\n"
        "    raise ValueError"
    )
    completed = run_job(tmp_path, job_script(work, document))
    assert (completed.returncode, completed.stdout.strip()) == (0, "[True, True, False, True]"), completed.stderr


def test_the_workers_exit_code_is_passed_on(tmp_path: Path) -> None:
    """The exit code is passed on also when the worker fails or is killed."""
    assert run_job(tmp_path, job_script("return 5")).returncode == 5
    assert run_job(tmp_path, job_script("raise ValueError")).returncode == 1
    assert run_job(tmp_path, job_script("import ctypes\nctypes.string_at(0)")).returncode == 1


def test_an_orphan_is_killed_and_the_job_fails(tmp_path: Path) -> None:
    """Without isolation a worker can fork. An orphan becomes the supervisor's child and is killed."""
    pid_file = tmp_path / "left"
    work = (
        "child = os.fork()\nif not child:\n    time.sleep(50)\n    "
        f"os._exit(0)\nPath({str(pid_file)!r}).write_text(str(child))"
    )
    assert run_job(tmp_path, job_script(work, unsandboxed=True)).returncode == -signal.SIGKILL
    pid, deadline = int(pid_file.read_text()), time.monotonic() + 10
    while _is_running(pid) and time.monotonic() < deadline:
        time.sleep(0.02)  # killed, but a busy machine may not have removed it yet
    assert not _is_running(pid)


def test_killing_the_server_kills_the_job(tmp_path: Path) -> None:
    """The supervisor, the worker and a document process all end when the server is killed."""
    work = (
        "layout_client.request('page', '01', 0)\nwhile not (own / 'page').exists():\n    time.sleep(0.01)\n"
        "print('up')\ntime.sleep(50)"
    )
    code = job_script(work, "(own / 'page').write_text('')\ntime.sleep(50)")
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
        group = _processes_of_group(leader)
        assert len(group) == 3
        started.kill()
    deadline = time.monotonic() + 20
    while any(map(_is_running, group)) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not any(map(_is_running, group))


def _processes_of_group(leader: int) -> list[int]:
    """Return the processes of a process group."""
    pids = []
    for process_folder in Path("/proc").iterdir():
        if process_folder.name.isdigit():
            try:
                if os.getpgid(int(process_folder.name)) == leader:
                    pids.append(int(process_folder.name))
            except ProcessLookupError:
                continue
    return pids


def _is_running(pid: int) -> bool:
    """Check whether a process exists and is not a zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
