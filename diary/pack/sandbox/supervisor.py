"""Supervisor of a pack job: starts the isolated processes, limits their combined resources, and ends them all.

[Note: three kinds of process] The supervisor starts first and reads nothing from outside. It forks the worker, which
isolates itself, reads the capsule, decodes pictures, and cannot create processes. To have a document typeset, the
worker sends a request line of fixed form, and the supervisor forks one more isolated process for it. The number of
processes is therefore set here, and no fault in a decoder can change it.

[Note: limits of a job] Each isolated process has its own limits in the kernel; at most 1 + MAX_CONCURRENT_DOCUMENTS
run at a time. New threads are counted before they are created (a seccomp listener). The combined memory and files are
checked five times a second, and the elapsed time in every iteration; beyond a limit the whole process group is killed.
No process can leave the group: setsid and setpgid are refused, orphans become children of the supervisor, and it ends
successfully only when none is left.
"""

import ctypes
import errno
import fcntl
import gc
import os
import re
import select
import signal
import socket
import struct
import sys
import time
import traceback
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final, NoReturn

from diary.errors import Unavailable
from diary.isolation import readable_paths
from diary.pack.sandbox.confinement import isolate_process, set_parent_death_signal

# Limits of the whole job: memory of all its processes plus files, threads ever created, documents, time.
JOB_LIMIT_BYTES: Final = 2 << 30
JOB_FILES_LIMIT: Final = 20_000
JOB_THREADS_LIMIT: Final = 4096
JOB_DOCUMENTS_LIMIT: Final = 256
JOB_LIMIT_SECONDS: Final = 120
MAX_CONCURRENT_DOCUMENTS: Final = 2
# On two processors, the longest document would otherwise wait for the worker's lists and proofs; it ends last.
_WORKER_NICENESS: Final = 5
_CHECK_INTERVAL_SECONDS: Final = 0.2
_OPEN_FILES_LIMIT: Final = 256

_REQUEST_PATTERN: Final = re.compile(rb"([a-z]{1,20}) ([0-9]{2}(?:-[0-9]{1,4})?) ([0-9]{1,15})\n")
_REQUEST_LIMIT_BYTES: Final = 64
_PR_SET_DUMPABLE, _PR_SET_CHILD_SUBREAPER = 4, 36
_NOTIFICATION_BYTES, _NOTIFICATION_RECEIVE, _NOTIFICATION_SEND = 80, 0xC0502100, 0xC0182101
_CONTINUE_FLAG: Final = 1

WorkFunction = Callable[["LayoutClient"], int]
LayoutFunction = Callable[[str, str, int], None]
UnavailableHandler = Callable[[Unavailable], int]


class LayoutClient:
    """The worker's connection to the supervisor: requests documents, and receives the results in the same order."""

    def __init__(self, request_fd: int, result_fd: int) -> None:
        """Use the file descriptors of two pipes."""
        self._request_fd, self._result_fd = request_fd, result_fd

    def request(self, template: str, folder: str, made_at: int) -> None:
        """Request the document in `folder`, which has a name such as 04-1."""
        os.write(self._request_fd, b"%s %s %d\n" % (template.encode("ascii"), folder.encode("ascii"), made_at))

    def wait_for_result(self) -> bool:
        """Return whether the next document, in order of request, was made."""
        return os.read(self._result_fd, 1) == b"1"


@dataclass(frozen=True, slots=True)
class IsolatedJob:
    """A job to supervise.

    `run_work` runs in the worker and returns its exit code. `lay_out(template, folder name, made_at)` runs in a process
    of its own. `folder` is the only one that they may write. `on_unavailable` runs in the worker instead of `run_work`
    if the worker cannot be isolated.
    """

    folder: Path
    run_work: WorkFunction
    lay_out: LayoutFunction
    on_unavailable: UnavailableHandler
    in_bubblewrap: bool = False
    is_unsandboxed: bool = False


def supervise(job: IsolatedJob) -> int:
    """Run a job to its end and return the worker's exit code. Kill everything if a process would be left over."""
    return _Supervisor(job).run()


@dataclass(slots=True)
class _Supervisor:
    """State of one job."""

    job: IsolatedJob
    worker_pid: int = 0
    queue: deque[tuple[int, str, str, int]] = field(default_factory=deque)
    running_documents: dict[int, int] = field(default_factory=dict)
    results: dict[int, bool] = field(default_factory=dict)
    requested_count: int = 0
    answered_count: int = 0
    thread_count: int = 0
    listeners: list[int] = field(default_factory=list)
    partial_request: bytes = b""

    def run(self) -> int:
        """Start the worker, handle its requests, and return its exit code."""
        _become_group_leader()
        poll, wakeup_fd = select.poll(), _child_wakeup_fd()
        (request_reader, request_writer), (result_reader, result_writer) = os.pipe(), os.pipe()
        # Without this, garbage collection in a child would copy every memory page that the imports use.
        gc.freeze()
        self.worker_pid = self._fork(
            lambda: self.job.run_work(LayoutClient(request_writer, result_reader)),
            kept_fds=(0, 1, 2, request_writer, result_reader),
            on_unavailable=self.job.on_unavailable,
            niceness=_WORKER_NICENESS,
        )
        os.close(request_writer)
        os.close(result_reader)
        self._enforce_limits()  # the worker is isolated by now; the job ends here if its memory cannot be read
        for fd in (request_reader, wakeup_fd):
            os.set_blocking(fd, False)
            poll.register(fd, select.POLLIN)
        deadline, exit_code = time.monotonic() + JOB_LIMIT_SECONDS, None
        next_check_at = 0.0
        while exit_code is None:
            for listener in self.listeners:
                poll.register(listener, select.POLLIN)
            for fd, event in poll.poll(_CHECK_INTERVAL_SECONDS * 1000):
                if fd in self.listeners:
                    self._on_listener_event(fd, event, poll)
                elif fd == request_reader and event & select.POLLIN:
                    self._read_requests(os.read(request_reader, 4096))
                elif fd == request_reader:
                    poll.unregister(request_reader)
                else:
                    os.read(wakeup_fd, 4096)
            now = time.monotonic()
            if now > deadline:
                _kill_all()
            if now > next_check_at:
                self._enforce_limits()
                next_check_at = now + _CHECK_INTERVAL_SECONDS
            exit_code = self._reap(result_writer)
        return self._finish(exit_code)

    def _read_requests(self, raw: bytes) -> None:
        """Queue the worker's requests. Anything but a valid request ends the job."""
        self.partial_request += raw
        while b"\n" in self.partial_request:
            line, _, self.partial_request = self.partial_request.partition(b"\n")
            request_match = _REQUEST_PATTERN.fullmatch(line + b"\n")
            if request_match is None or self.requested_count >= JOB_DOCUMENTS_LIMIT:
                _kill_all()
            self.queue.append(
                (self.requested_count, request_match[1].decode(), request_match[2].decode(), int(request_match[3]))
            )
            self.requested_count += 1
        if len(self.partial_request) > _REQUEST_LIMIT_BYTES:
            _kill_all()
        self._start_documents()

    def _start_documents(self) -> None:
        """Start as many documents as may run at a time."""
        while self.queue and len(self.running_documents) < MAX_CONCURRENT_DOCUMENTS:
            number, template, folder, made_at = self.queue.popleft()
            pid = self._fork(partial(self._lay_out, template, folder, made_at), kept_fds=(2,))
            self.running_documents[pid] = number

    def _lay_out(self, template: str, folder: str, made_at: int) -> int:
        """Typeset a document in a process of its own."""
        self.job.lay_out(template, folder, made_at)
        return 0

    def _fork(
        self,
        run: Callable[[], int],
        kept_fds: Sequence[int],
        on_unavailable: UnavailableHandler | None = None,
        niceness: int = 0,
    ) -> int:
        """Fork a child that isolates itself before anything else, and return its pid.

        `kept_fds`: its file descriptors.
        """
        supervisor_socket, child_socket = socket.socketpair()
        parent, child = os.getpid(), os.fork()
        if child == 0:
            _run_child(
                lambda: self._run_isolated(run, on_unavailable, parent, child_socket, niceness),
                (*kept_fds, child_socket.fileno()),
            )
        child_socket.close()
        if not self.job.is_unsandboxed:
            self._receive_listener(supervisor_socket)
        supervisor_socket.close()
        return child

    def _run_isolated(
        self,
        run: Callable[[], int],
        on_unavailable: UnavailableHandler | None,
        parent_pid: int,
        channel: socket.socket,
        niceness: int,
    ) -> int:
        """Isolate this child, run the function, and return the exit code."""
        set_parent_death_signal(signal.SIGKILL)
        if os.getppid() != parent_pid:
            return 1
        os.nice(niceness)
        if self.job.is_unsandboxed:
            channel.close()
            return run()
        try:
            isolate_process(
                readable_paths(),
                [self.job.folder],
                in_bubblewrap=self.job.in_bubblewrap,
                on_listener=lambda listener: _send_listener(channel, listener),
            )
        except Unavailable as error:
            return on_unavailable(error) if on_unavailable else 1
        return run()

    def _receive_listener(self, channel: socket.socket) -> None:
        """Receive the child's listener. A child that could not isolate itself sends none and exits."""
        _, listeners, _, _ = socket.recv_fds(channel, 1, 1)
        self.listeners += listeners

    def _on_listener_event(self, listener: int, event: int, poll: select.poll) -> None:
        """Answer a request for a thread, or remove the listener of a process that has ended."""
        if event & select.POLLIN:
            self.thread_count += 1
            _answer_thread_request(listener, self.thread_count <= JOB_THREADS_LIMIT)
        else:
            poll.unregister(listener)
            self.listeners.remove(listener)
            os.close(listener)

    def _enforce_limits(self) -> None:
        """Kill the job if its processes and files exceed the limit; without isolation there is no limit."""
        if self.job.is_unsandboxed:
            return
        used_bytes = sum(map(_process_memory_bytes, (self.worker_pid, *self.running_documents)))
        if used_bytes + _folder_bytes(self.job.folder, JOB_LIMIT_BYTES - used_bytes) > JOB_LIMIT_BYTES:
            _kill_all()

    def _reap(self, result_writer: int) -> int | None:
        """Collect ended children; return the worker's exit code once it has ended, else None."""
        exit_code = None
        while True:
            try:
                child, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                break
            if child == 0:
                break
            if child == self.worker_pid:
                exit_code = os.waitstatus_to_exitcode(status)
            elif child in self.running_documents:
                self.results[self.running_documents.pop(child)] = status == 0
        self._start_documents()
        while self.answered_count in self.results:
            # A worker that has ended reads no more results.
            try:
                os.write(result_writer, b"1" if self.results[self.answered_count] else b"0")
            except OSError:
                break
            self.answered_count += 1
        return exit_code

    def _finish(self, exit_code: int) -> int:
        """Kill documents that still run, and return the exit code.

        Any other process left over is not permitted; then the whole job is killed.
        """
        for child in self.running_documents:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return 1 if exit_code < 0 else exit_code
        return _kill_all()


def _become_group_leader() -> None:
    """Lead a process group, adopt orphans, and end the whole group when the parent process ends."""
    if os.getpgrp() != os.getpid():
        os.setpgid(0, 0)
    signal.signal(signal.SIGTERM, lambda *_: _kill_all())
    set_parent_death_signal(signal.SIGTERM)
    if not sys.platform.startswith("linux"):
        return
    # The kernel should kill this job before the server when memory runs out. Children inherit this value.
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    # In bubblewrap the worker sees this process under /proc; it must not be able to open its memory.
    prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def _kill_all() -> NoReturn:
    """Kill every process of the job at once, including this one."""
    os.killpg(0, signal.SIGKILL)
    raise SystemExit(1)


def _child_wakeup_fd() -> int:
    """Return a file descriptor that becomes readable when a child has ended."""
    readable, writable = os.pipe()
    os.set_blocking(writable, False)
    signal.set_wakeup_fd(writable, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    return readable


def _run_child(run: Callable[[], int], kept_fds: Sequence[int]) -> NoReturn:
    """Run as a child with these file descriptors, and exit without returning into the parent's stack."""
    exit_code = 1
    try:
        _close_other_fds(kept_fds)
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGTERM, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        exit_code = run()
    except BaseException:  # noqa: BLE001 - a panic of Rust code is not an Exception
        if os.environ.get("KEPT_TYPESET_LOUD"):
            traceback.print_exc()
    finally:
        os._exit(exit_code)


def _close_other_fds(wanted_fds: Sequence[int]) -> None:
    """Close all file descriptors but these and stderr; connect 0 and 1 to /dev/null if they are not among them."""
    null_fd = os.open(os.devnull, os.O_RDWR)
    for fd in range(2):
        if fd not in wanted_fds:
            os.dup2(null_fd, fd)
    kept_fds = {0, 1, 2, *wanted_fds}
    for fd in range(3, _OPEN_FILES_LIMIT):
        if fd not in kept_fds:
            with suppress(OSError):
                os.close(fd)


def _send_listener(channel: socket.socket, listener: int) -> None:
    """Send the listener to the supervisor and close it here, because any process that has it could answer."""
    socket.send_fds(channel, [b"L"], [listener])
    os.close(listener)
    channel.close()


def _answer_thread_request(listener: int, is_allowed: bool) -> None:
    """Allow the thread, or let it fail with EAGAIN.

    The flags are in registers, so they cannot have changed since the filter read them.
    """
    notification = bytearray(_NOTIFICATION_BYTES)
    try:
        fcntl.ioctl(listener, _NOTIFICATION_RECEIVE, notification)
        (notification_id,) = struct.unpack_from("=Q", notification)
        answer = struct.pack(
            "=QqiI", notification_id, 0, 0 if is_allowed else -errno.EAGAIN, _CONTINUE_FLAG if is_allowed else 0
        )
        fcntl.ioctl(listener, _NOTIFICATION_SEND, answer)
    except OSError as error:
        # The process ended while it waited for the answer.
        if error.errno != errno.ENOENT:
            raise


def _process_memory_bytes(pid: int) -> int:
    """Return the memory of a child in bytes, swapped or not; shared pages count in each process.

    Return more than the limit of the job if /proc hides the child: a child has an entry until it is collected.
    """
    try:
        status = Path(f"/proc/{pid}/status").read_bytes()
    except OSError:
        return JOB_LIMIT_BYTES + 1
    return sum(int(row.split()[1]) << 10 for row in status.splitlines() if row.startswith((b"VmRSS:", b"VmSwap:")))


def _folder_bytes(folder: Path, limit_bytes: int) -> int:
    """Return the bytes that a folder occupies on disk.

    Return more than `limit_bytes` as soon as that is exceeded, and for too many files.
    """
    used_bytes, count, folders = 0, 0, [str(folder)]
    while folders:
        try:
            for entry in os.scandir(folders.pop()):
                used_bytes += entry.stat(follow_symlinks=False).st_blocks * 512
                count += 1
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                if used_bytes > limit_bytes or count > JOB_FILES_LIMIT:
                    return limit_bytes + 1
        except OSError:
            continue
    return used_bytes
