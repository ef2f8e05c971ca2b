"""The process that watches a pack job: it starts the isolated ones, bounds what they use together, and ends them all.

[Note: three kinds of process] The supervisor is started first and reads nothing that came from outside. It forks the
worker, which isolates itself, reads the diary and decodes pictures, and cannot make a process. When the worker wants a
document laid out, it asks for it in a line of fixed form, and the supervisor forks one more isolated process for it. So the
number of processes is set here, and no fault in a decoder changes it.

[Note: what bounds the job] Each isolated process has its own limits in the kernel; at most 1 + AT_ONCE run. New threads are
counted before they are made (a seccomp listener). Memory and files of all of them together are looked at five times a second,
and the time since the start at every turn; past a limit the whole process group is killed. It cannot be left: setsid and
setpgid are refused, and whatever is orphaned becomes a child of the supervisor, which does not end well before it is gone.
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
from pathlib import Path
from typing import Final, NoReturn

from diary.errors import Unavailable
from diary.isolation import readable_paths
from diary.pack.sandbox.confinement import close_in, end_with_parent

# The whole job's: memory of all its processes and files together, threads ever made, documents, time.
JOB_BYTES: Final = 2 << 30
JOB_FILES: Final = 20_000
JOB_THREADS: Final = 4096
JOB_DOCUMENTS: Final = 256
JOB_SECONDS: Final = 120
AT_ONCE: Final = 2
_WATCH_SECONDS: Final = 0.2
_OPEN_FILES: Final = 256

_REQUEST: Final = re.compile(rb"([a-z]{1,20}) ([0-9]{2}(?:-[0-9]{1,4})?) ([0-9]{1,15})\n")
_LINE_BYTES: Final = 64
_PR_SET_DUMPABLE, _PR_SET_CHILD_SUBREAPER = 4, 36
_NOTE_BYTES, _RECEIVE, _SEND = 80, 0xC0502100, 0xC0182101
_CONTINUE: Final = 1

Work = Callable[["Spool"], int]
LayOut = Callable[[str, str, int], None]
Refused = Callable[[Unavailable], int]


class Spool:
    """The worker's end: ask for documents, learn in the same order how each went."""

    def __init__(self, asking: int, told: int) -> None:
        """Over the two pipes' file descriptors."""
        self._asking, self._told = asking, told

    def ask(self, template: str, folder: str, made_at: int) -> None:
        """Have the document in `folder`, a name like 04-1, laid out."""
        os.write(self._asking, b"%s %s %d\n" % (template.encode("ascii"), folder.encode("ascii"), made_at))

    def wait(self) -> bool:
        """Whether the next document, in the order of asking, was made."""
        return os.read(self._told, 1) == b"1"


@dataclass(frozen=True, slots=True)
class Job:
    """What is started. `work` runs in the worker and gives its exit code; `lay_out(template, folder name, made_at)` in a
    process of its own; `folder`: the only one that they may write. `refused`: run in the worker instead of `work` where it
    cannot be isolated."""

    folder: Path
    work: Work
    lay_out: LayOut
    refused: Refused
    is_walled: bool = False
    is_unsandboxed: bool = False


def supervise(job: Job) -> int:
    """Run a job to its end and give the worker's exit code. When something of it would be left, everything is killed."""
    return _Supervisor(job).run()


@dataclass(slots=True)
class _Supervisor:
    """One job's state."""

    job: Job
    worker: int = 0
    queue: deque[tuple[int, str, str, int]] = field(default_factory=deque)
    running: dict[int, int] = field(default_factory=dict)
    results: dict[int, bool] = field(default_factory=dict)
    asked: int = 0
    answered: int = 0
    threads: int = 0
    listeners: list[int] = field(default_factory=list)
    pending: bytes = b""

    def run(self) -> int:
        """Start the worker, serve it, end."""
        _lead()
        poll, wake = select.poll(), _wake_on_children()
        (asked, asking), (told, telling) = os.pipe(), os.pipe()
        # What was imported is never looked over for rubbish in a child: each page that is would be copied into it.
        gc.freeze()
        self.worker = self._fork(
            lambda: self.job.work(Spool(asking, told)), keep=(0, 1, 2, asking, told), refused=self.job.refused
        )
        os.close(asking)
        os.close(told)
        self._look()  # isolated by now: where its memory cannot be seen, nothing is begun
        for fd in (asked, wake):
            os.set_blocking(fd, False)
            poll.register(fd, select.POLLIN)
        until, code = time.monotonic() + JOB_SECONDS, None
        look_at = 0.0
        while code is None:
            for listener in self.listeners:
                poll.register(listener, select.POLLIN)
            for fd, event in poll.poll(_WATCH_SECONDS * 1000):
                if fd in self.listeners:
                    self._on_thread(fd, event, poll)
                elif fd == asked and event & select.POLLIN:
                    self._take(os.read(asked, 4096))
                elif fd == asked:
                    poll.unregister(asked)
                else:
                    os.read(wake, 4096)
            now = time.monotonic()
            if now > until:
                _kill_all()
            if now > look_at:
                self._look()
                look_at = now + _WATCH_SECONDS
            code = self._reap(telling)
        return self._finish(code)

    def _take(self, raw: bytes) -> None:
        """The worker's requests. Anything else than a request ends the job."""
        self.pending += raw
        while b"\n" in self.pending:
            line, _, self.pending = self.pending.partition(b"\n")
            found = _REQUEST.fullmatch(line + b"\n")
            if found is None or self.asked >= JOB_DOCUMENTS:
                _kill_all()
            self.queue.append((self.asked, found[1].decode(), found[2].decode(), int(found[3])))
            self.asked += 1
        if len(self.pending) > _LINE_BYTES:
            _kill_all()
        self._fill()

    def _fill(self) -> None:
        """Begin as many documents as may run at once."""
        while self.queue and len(self.running) < AT_ONCE:
            number, template, folder, made_at = self.queue.popleft()
            self.running[self._fork(lambda: self._lay_out(template, folder, made_at), keep=(2,))] = number  # noqa: B023 - run now

    def _lay_out(self, template: str, folder: str, made_at: int) -> int:
        """In a process of its own."""
        self.job.lay_out(template, folder, made_at)
        return 0

    def _fork(self, run: Callable[[], int], keep: Sequence[int], refused: Refused | None = None) -> int:
        """A child that isolates itself before it does anything else. `keep`: the file descriptors it has."""
        ours, theirs = socket.socketpair()
        parent, child = os.getpid(), os.fork()
        if child == 0:
            _be(lambda: self._isolated(run, refused, parent, theirs), (*keep, theirs.fileno()))
        theirs.close()
        if not self.job.is_unsandboxed:
            self._receive_listener(ours)
        ours.close()
        return child

    def _isolated(self, run: Callable[[], int], refused: Refused | None, parent: int, line: socket.socket) -> int:
        """Isolate this child, then run. The exit code."""
        end_with_parent(signal.SIGKILL)
        if os.getppid() != parent:
            return 1
        if self.job.is_unsandboxed:
            line.close()
            return run()
        try:
            close_in(
                readable_paths(),
                [self.job.folder],
                is_walled=self.job.is_walled,
                give_listener=lambda listener: _give(line, listener),
            )
        except Unavailable as error:
            return refused(error) if refused else 1
        return run()

    def _receive_listener(self, line: socket.socket) -> None:
        """The child's listener. A child that could not isolate itself sends none, and ends by itself."""
        _, found, _, _ = socket.recv_fds(line, 1, 1)
        self.listeners += found

    def _on_thread(self, listener: int, event: int, poll: select.poll) -> None:
        """A process wants a thread, or is gone."""
        if event & select.POLLIN:
            self.threads += 1
            _answer_thread(listener, self.threads <= JOB_THREADS)
        else:
            poll.unregister(listener)
            self.listeners.remove(listener)
            os.close(listener)

    def _look(self) -> None:
        """Kill the job when its processes and files take more than they may; one without isolation has no bounds."""
        if self.job.is_unsandboxed:
            return
        used = sum(map(_memory_of, (self.worker, *self.running)))
        if used + _files_in(self.job.folder, JOB_BYTES - used) > JOB_BYTES:
            _kill_all()

    def _reap(self, telling: int) -> int | None:
        """Collect who has ended; the worker's exit code once it has, else None."""
        code = None
        while True:
            try:
                child, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                break
            if child == 0:
                break
            if child == self.worker:
                code = os.waitstatus_to_exitcode(status)
            elif child in self.running:
                self.results[self.running.pop(child)] = status == 0
        self._fill()
        while self.answered in self.results:
            # A worker that has ended reads nothing more.
            try:
                os.write(telling, b"1" if self.results[self.answered] else b"0")
            except OSError:
                break
            self.answered += 1
        return code

    def _finish(self, code: int) -> int:
        """End the documents nobody waits for. If anything else is left of the job, it was made against the rules: kill all."""
        for child in self.running:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return 1 if code < 0 else code
        return _kill_all()


def _lead() -> None:
    """Lead a process group, be the parent of every orphan below, and end them all when whoever started this ends."""
    if os.getpgrp() != os.getpid():
        os.setpgid(0, 0)
    signal.signal(signal.SIGTERM, lambda *_: _kill_all())
    end_with_parent(signal.SIGTERM)
    if not sys.platform.startswith("linux"):
        return
    # When memory runs out, the kernel should end this job before the server. Children inherit it.
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    # In bubblewrap the worker sees this process under /proc; its memory must not open there.
    prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def _kill_all() -> NoReturn:
    """End every process of the job, this one among them, at once."""
    os.killpg(0, signal.SIGKILL)
    raise SystemExit(1)


def _wake_on_children() -> int:
    """A file descriptor that can be read when a child has ended."""
    readable, writable = os.pipe()
    os.set_blocking(writable, False)
    signal.set_wakeup_fd(writable, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    return readable


def _be(run: Callable[[], int], keep: Sequence[int]) -> NoReturn:
    """Be a child: run with those file descriptors, and never return into the parent's stack."""
    code = 1
    try:
        _only(keep)
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGTERM, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        code = run()
    except BaseException:  # noqa: BLE001 - a Rust panic is no Exception
        if os.environ.get("KEPT_TYPESET_LOUD"):
            traceback.print_exc()
    finally:
        os._exit(code)


def _only(keep: Sequence[int]) -> None:
    """Close every file descriptor but those, with nothing behind the first two where they are not among them."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for fd in range(2):
        if fd not in keep:
            os.dup2(nothing, fd)
    kept = {0, 1, 2, *keep}
    for fd in range(3, _OPEN_FILES):
        if fd not in kept:
            with suppress(OSError):
                os.close(fd)


def _give(line: socket.socket, listener: int) -> None:
    """Hand the listener to the supervisor and forget it: whoever holds it may answer."""
    socket.send_fds(line, [b"L"], [listener])
    os.close(listener)
    line.close()


def _answer_thread(listener: int, is_allowed: bool) -> None:
    """Let the thread be made, or have it fail with EAGAIN. The flags were in registers, so they cannot have changed since."""
    note = bytearray(_NOTE_BYTES)
    try:
        fcntl.ioctl(listener, _RECEIVE, note)
        (number,) = struct.unpack_from("=Q", note)
        answer = struct.pack("=QqiI", number, 0, 0 if is_allowed else -errno.EAGAIN, _CONTINUE if is_allowed else 0)
        fcntl.ioctl(listener, _SEND, answer)
    except OSError as error:
        # The process ended while it waited.
        if error.errno != errno.ENOENT:
            raise


def _memory_of(pid: int) -> int:
    """Bytes of memory of a child, swapped out or not; pages it shares with others are counted in each.

    More than a job may take where that cannot be seen: a child has its entry until it is collected, so /proc hides it.
    """
    try:
        told = Path(f"/proc/{pid}/status").read_bytes()
    except OSError:
        return JOB_BYTES + 1
    return sum(int(row.split()[1]) << 10 for row in told.splitlines() if row.startswith((b"VmRSS:", b"VmSwap:")))


def _files_in(folder: Path, most: int) -> int:
    """Bytes that a folder takes; more than `most` as soon as that is sure, or when there are too many files."""
    used, count, folders = 0, 0, [str(folder)]
    while folders:
        try:
            for entry in os.scandir(folders.pop()):
                used += entry.stat(follow_symlinks=False).st_blocks * 512
                count += 1
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                if used > most or count > JOB_FILES:
                    return most + 1
        except OSError:
            continue
    return used
